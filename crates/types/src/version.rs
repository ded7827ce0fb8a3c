//! Versions of the protocol: of the rules that all nodes share.

use crate::struct_codec;
use core::{fmt, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A semantic version, `major.minor.patch`, each from 0 to 65,535. Later ones are greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Changes when old software cannot follow.
    pub major: u16,
    /// Changes when rules are added.
    pub minor: u16,
    /// Changes when a mistake is mended.
    pub patch: u16,
}

struct_codec!(Version { major, minor, patch });

/// A text that is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a version is three numbers from 0 to 65535 without leading zeros, such as 1.2.3")]
pub struct VersionError;

impl Version {
    /// The rules that every chain begins with.
    pub const GENESIS: Self = Self::new(1, 0, 0);

    /// `major.minor.patch`.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = VersionError;
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let mut parts = text.split('.').map(|part| {
            let plain = part.bytes().all(|byte| byte.is_ascii_digit());
            let shortest = part == "0" || !part.starts_with('0');
            let number = if plain && shortest { part.parse().ok() } else { None };
            number.ok_or(VersionError)
        });
        let mut next = || parts.next().ok_or(VersionError)?;
        let version = Self::new(next()?, next()?, next()?);
        if parts.next().is_some() { Err(VersionError) } else { Ok(version) }
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{DecodeExt as _, Encode as _};

    #[test]
    fn a_version_has_one_text_and_one_encoding() {
        let version = Version::new(1, 20, 300);
        assert_eq!(version.to_string(), "1.20.300");
        assert_eq!("1.20.300".parse(), Ok(version));
        assert_eq!(version.encode().as_ref(), [0, 1, 0, 20, 1, 44]);
        assert_eq!(Version::decode(version.encode()).unwrap(), version);
        assert_eq!(serde_json::to_string(&version).unwrap(), "\"1.20.300\"");
        assert_eq!(serde_json::from_str::<Version>("\"1.20.300\"").unwrap(), version);
        for text in
            ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.+2.3", "1.2.65536", "v1.2.3", "1..3", "1.2.3 "]
        {
            assert_eq!(text.parse::<Version>(), Err(VersionError), "{text}");
        }
    }

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        let mut versions =
            [[1, 10, 0], [2, 0, 0], [1, 9, 9], [1, 10, 1]].map(|[a, b, c]| Version::new(a, b, c));
        versions.sort_unstable();
        let texts = versions.map(|version| version.to_string());
        assert_eq!(texts, ["1.9.9", "1.10.0", "1.10.1", "2.0.0"]);
    }
}
