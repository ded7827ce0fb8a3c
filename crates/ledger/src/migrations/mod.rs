//! What an upgrade does to the state, one file each. A migration runs once, before the first block
//! with its rules, and has no more work than a block may have: it changes lists that have a bound, or
//! what only needs to be read differently stays as it was, and readers tell by the record.

pub mod agenda_kinds;
pub mod drill;

use crate::{
    error::Fault,
    modules::{bank, params},
    versions::Release,
};
use althing_state::{Missing, View};
use althing_types::{Height, Timestamp, governance::UpgradeFailure};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A step from the version before to the one that it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// What it does to the state, in a sentence.
    pub what: &'static str,
    /// Does it. What it misses is fetched, and it runs again on the same state.
    pub run: fn(&mut View, &Moment) -> Result<(), MigrationError>,
}

/// The block before whose transactions a migration runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Its height.
    pub height: Height,
    /// Its time.
    pub time: Timestamp,
}

/// Why a migration did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MigrationError {
    /// Fetch these keys and run it again.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The upgrade fails, and nothing changes.
    #[error("{reason}: {what}")]
    Failed {
        /// Of which kind.
        reason: UpgradeFailure,
        /// What was found.
        what: &'static str,
    },
}

impl MigrationError {
    /// A state that the migration cannot change.
    pub const fn refused(what: &'static str) -> Self {
        Self::Failed { reason: UpgradeFailure::Refused, what }
    }
}

impl From<Fault> for MigrationError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Missing(missing) => Self::Missing(missing),
            Fault::Corrupt { what, .. } => Self::Failed { reason: UpgradeFailure::Record, what },
        }
    }
}

/// Runs the migrations of these releases, one after the other. Money is neither made nor destroyed,
/// and the parameters keep their bounds: what would break that fails, as does what panics. The caller
/// rolls the view back on every error.
pub(crate) fn run(
    view: &mut View,
    path: &[Release],
    moment: &Moment,
) -> Result<(), MigrationError> {
    let before = bank::load(view)?;
    for migration in path.iter().filter_map(|release| release.migration) {
        // The view is rolled back then, so that nobody sees what was left half done.
        let done = catch_unwind(AssertUnwindSafe(|| (migration.run)(view, moment)));
        let panicked = || MigrationError::Failed {
            reason: UpgradeFailure::Panicked,
            what: "the migration panicked",
        };
        done.map_err(|_| panicked())??;
    }
    if bank::load(view)? != before {
        let (reason, what) = (UpgradeFailure::Supply, "the supply would be another one");
        return Err(MigrationError::Failed { reason, what });
    }
    match params::load(view) {
        Ok(_) => Ok(()),
        Err(Fault::Missing(missing)) => Err(missing.into()),
        Err(Fault::Corrupt { what, .. }) => {
            Err(MigrationError::Failed { reason: UpgradeFailure::Params, what })
        }
    }
}
