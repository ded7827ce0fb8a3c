//! An upgrade tried out on a state that somebody reads, without changing it.

use super::{Protocol, store};
use crate::{
    Broken,
    audit::{Audit, SupplyReport},
    error::Fault,
    migrations::{self, MigrationError, Moment},
    versions::{Release, Releases},
};
use althing_state::{Missing, StateKey, StateValue, View, Write};
use althing_types::{Height, Version, governance::UpgradeFailure};
use std::collections::BTreeSet;

/// An upgrade that is tried out: run it, give it what it misses, and run it again.
#[derive(Clone, Debug)]
pub struct Check {
    releases: Releases,
    moment: Moment,
    to: Version,
    view: View,
    read: u64,
}

/// What an upgrade would do.
#[derive(Clone, Debug)]
pub struct Report {
    /// The version of the state.
    pub from: Version,
    /// The version after it.
    pub to: Version,
    /// Every version on the way, in order, and what its migration does.
    pub steps: Vec<Step>,
    /// Records that were read, absent ones included.
    pub read: u64,
    /// What would be written, ordered by key; nothing if it fails.
    pub writes: Vec<Write>,
    /// Why it would fail, and what was found.
    pub failure: Option<(UpgradeFailure, &'static str)>,
}

/// A version on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The version.
    pub version: Version,
    /// What is new in it.
    pub about: &'static str,
    /// What its migration does; none if it has none.
    pub migration: Option<&'static str>,
}

/// Why an upgrade could not be tried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// Give these and run it again.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// This software does not know one of the two versions.
    #[error("this software knows versions up to {newest}, not the way from {from} to {to}")]
    Unknown {
        /// The version of the state.
        from: Version,
        /// The version that is wanted.
        to: Version,
        /// The latest that is known.
        newest: Version,
    },
    /// The state is there already, or past it.
    #[error("the state has version {from} already: nothing leads from there to {to}")]
    NotLater {
        /// The version of the state.
        from: Version,
        /// The version that is wanted.
        to: Version,
    },
    /// The state has no version, or one that does not decode.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl Check {
    /// An upgrade to `to`, before the first transaction of this block.
    pub fn new(releases: Releases, moment: Moment, to: Version) -> Self {
        Self { releases, moment, to, view: View::new(), read: 0 }
    }

    /// What the state holds for a key; `None` if it has no such key.
    pub fn give(&mut self, key: StateKey, value: Option<StateValue>) {
        if !self.view.knows(&key) {
            self.read = self.read.saturating_add(1);
        }
        self.view.prefetch(key, value);
    }

    /// Tries it out.
    ///
    /// # Errors
    /// [`CheckError`]; on [`CheckError::Missing`], give the keys and call again.
    pub fn run(&mut self) -> Result<Report, CheckError> {
        self.view.rollback();
        let height = self.moment.height;
        let before = store::load(&self.view).map_err(|fault| broken(fault, height))?;
        let (from, to) = (before.version, self.to);
        if to <= from {
            return Err(CheckError::NotLater { from, to });
        }
        let newest = self.releases.newest();
        let path = self.releases.path(from, to);
        let path = path.ok_or(CheckError::Unknown { from, to, newest })?;
        let failure = self.migrate(before, &path)?;
        let writes = core::mem::take(&mut self.view).into_writes();
        let steps = path.iter().map(Step::from).collect();
        Ok(Report { from, to, steps, read: self.read, writes, failure })
    }

    fn migrate(
        &mut self,
        before: Protocol,
        path: &[Release],
    ) -> Result<Option<(UpgradeFailure, &'static str)>, CheckError> {
        let height = self.moment.height;
        match migrations::run(&mut self.view, path, &self.moment) {
            Ok(()) => {
                let after = before.upgraded(self.to, height);
                store::save(&mut self.view, &after).map_err(|fault| broken(fault, height))?;
                self.view.commit();
                Ok(None)
            }
            Err(MigrationError::Missing(missing)) => {
                self.view.rollback();
                Err(missing.into())
            }
            Err(MigrationError::Failed { reason, what }) => {
                self.view.rollback();
                Ok(Some((reason, what)))
            }
        }
    }
}

fn broken(fault: Fault, height: Height) -> CheckError {
    fault.at(height)
}

impl From<&Release> for Step {
    fn from(release: &Release) -> Self {
        let Release { version, about, migration } = *release;
        Self { version, about, migration: migration.map(|migration| migration.what) }
    }
}

impl Report {
    /// Records that would be written, and those that would be removed.
    pub fn counts(&self) -> (usize, usize) {
        let removed = self.writes.iter().filter(|(_, value)| value.is_none()).count();
        (self.writes.len().saturating_sub(removed), removed)
    }

    /// What the upgrade makes of a record: `None` leaves it as it is, `Some(None)` removes it.
    fn change(&self, key: &StateKey) -> Option<Option<&StateValue>> {
        let at = self.writes.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
        self.writes.get(at).map(|(_, value)| value.as_ref())
    }

    /// Begins an audit of the state as it would be after the upgrade. `height` is that of the block
    /// before it.
    pub fn audit(&self, height: Height) -> Audited<'_> {
        Audited { report: self, audit: Audit::new(height), seen: BTreeSet::new() }
    }
}

/// An audit of a state as it would be after an upgrade.
#[derive(Debug)]
pub struct Audited<'a> {
    report: &'a Report,
    audit: Audit,
    seen: BTreeSet<StateKey>,
}

impl Audited<'_> {
    /// Counts a record of the state before the upgrade. The order does not matter; each comes once.
    ///
    /// # Errors
    /// [`Broken`] as [`Audit::add`] says.
    pub fn add(&mut self, key: StateKey, value: &[u8]) -> Result<(), Broken> {
        match self.report.change(&key) {
            None => self.audit.add(key, value),
            Some(changed) => {
                self.seen.insert(key);
                changed.map_or(Ok(()), |value| self.audit.add(key, value))
            }
        }
    }

    /// Counts what the upgrade adds, and judges the whole.
    ///
    /// # Errors
    /// [`Broken`] naming a record that breaks an invariant.
    pub fn finish(mut self) -> Result<SupplyReport, Broken> {
        for (key, value) in &self.report.writes {
            if let Some(value) = value.as_ref().filter(|_| !self.seen.contains(key)) {
                self.audit.add(*key, value)?;
            }
        }
        self.audit.finish()
    }
}
