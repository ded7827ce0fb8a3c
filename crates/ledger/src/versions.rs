//! The versions of the protocol that this software knows. Rules that a version brought are read off
//! the version of the chain: `if block.version >= V1_1`.

use crate::migrations::{Migration, agenda_kinds};
use althing_types::Version;

/// Kinds on the agenda, counts of voters, and text proposals without a delay.
pub const V1_1: Version = Version::new(1, 1, 0);

/// A version, and how a chain gets to it.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// What is new, in a sentence.
    pub about: &'static str,
    /// What the state needs so that its rules can hold; none if nothing.
    pub migration: Option<Migration>,
}

/// Every version, ordered. A line never changes once a chain has gone past it.
pub const KNOWN: &[Release] = &[
    Release {
        version: Version::GENESIS,
        about: "the rules that every chain begins with",
        migration: None,
    },
    Release {
        version: V1_1,
        about: "the agenda says what proposals are about, votes say how many took part, and a text \
                that was accepted waits for nothing",
        migration: Some(agenda_kinds::MIGRATION),
    },
];

/// Versions that a ledger knows: all of them, unless somebody wants to try something.
#[derive(Clone, Debug)]
pub struct Releases(Vec<Release>);

impl Default for Releases {
    fn default() -> Self {
        Self(KNOWN.to_vec())
    }
}

impl Releases {
    /// As older software knows them: nothing later than `newest`.
    #[must_use]
    pub fn until(mut self, newest: Version) -> Self {
        self.0.retain(|release| release.version == Version::GENESIS || release.version <= newest);
        self
    }

    /// With one more, which is later than all others; otherwise nothing changes.
    #[must_use]
    pub fn and(mut self, release: Release) -> Self {
        if release.version > self.newest() {
            self.0.push(release);
        }
        self
    }

    /// The latest.
    pub fn newest(&self) -> Version {
        self.0.last().map_or(Version::GENESIS, |release| release.version)
    }

    /// Whether this version is one of them.
    pub fn knows(&self, version: Version) -> bool {
        self.0.iter().any(|release| release.version == version)
    }

    /// What lies between two versions, the second one included, in order. `None` if one of them is
    /// not known, or the second is not later.
    pub fn path(&self, from: Version, to: Version) -> Option<Vec<Release>> {
        let known = self.knows(from) && self.knows(to) && to > from;
        let between = |release: &&Release| release.version > from && release.version <= to;
        known.then(|| self.0.iter().filter(between).copied().collect())
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Release> {
        self.0.iter()
    }
}

/// Whether a chain may go from one version to the other: to a later one, without leaving a major
/// version out.
pub const fn follows(from: Version, to: Version) -> bool {
    let later = to.major > from.major
        || to.major == from.major
            && (to.minor > from.minor || to.minor == from.minor && to.patch > from.patch);
    later && to.major <= from.major.saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: Version = Version::GENESIS;

    fn plain(version: Version) -> Release {
        Release { version, about: "nothing is new", migration: None }
    }

    #[test]
    fn versions_are_listed_in_order_and_begin_with_that_of_genesis() {
        assert_eq!(KNOWN[0].version, V1);
        assert!(KNOWN.windows(2).all(|pair| pair[0].version < pair[1].version));
        assert_eq!(Releases::default().newest(), KNOWN[KNOWN.len() - 1].version);
    }

    #[test]
    fn older_software_knows_nothing_later() {
        let old = Releases::default().until(V1);
        assert_eq!((old.newest(), old.knows(V1_1)), (V1, false));
        assert_eq!(Releases::default().until(Version::new(0, 1, 0)).newest(), V1);
    }

    #[test]
    fn a_path_has_every_version_between_two_that_are_known() {
        let (last, between) = (Version::new(9, 2, 0), Version::new(9, 1, 0));
        let releases = Releases::default().and(plain(between)).and(plain(last)).and(plain(between));
        let versions = |from, to| {
            let path = releases.path(from, to)?;
            Some(path.iter().map(|release| release.version).collect::<Vec<_>>())
        };
        assert_eq!(versions(V1, V1_1), Some(vec![V1_1]));
        assert_eq!(versions(V1_1, last), Some(vec![between, last]));
        assert_eq!(versions(V1_1, V1_1), None);
        assert_eq!(versions(last, V1), None);
        assert_eq!(versions(V1, Version::new(9, 1, 1)), None);
        assert_eq!(versions(Version::new(1, 0, 1), last), None);
    }

    #[test]
    fn a_major_version_is_not_left_out() {
        let v = Version::new;
        for (from, to, expected) in [
            (v(1, 0, 0), v(1, 0, 1), true),
            (v(1, 9, 9), v(2, 0, 0), true),
            (v(1, 2, 3), v(1, 3, 0), true),
            (v(1, 0, 0), v(3, 0, 0), false),
            (v(1, 2, 0), v(1, 1, 9), false),
            (v(1, 1, 0), v(1, 1, 0), false),
            (v(2, 0, 0), v(1, 9, 0), false),
        ] {
            assert_eq!(follows(from, to), expected, "{from} {to}");
        }
    }
}
