//! A version for exercises: its migration destroys what it can and then fails. No ledger knows it
//! unless it is told to (`Releases::and`), so no chain in use can decide on it.

use super::{Migration, MigrationError, Moment};
use crate::{
    modules::{governance, staking},
    versions::Release,
};
use althing_state::View;
use althing_types::Version;

/// The version whose upgrade fails.
pub const FAILS: Release = Release {
    version: Version::new(1, 1, 1),
    about: "an exercise: an upgrade that fails",
    migration: Some(Migration { what: "removes the agenda and the stake, and fails", run }),
};

fn run(view: &mut View, _: &Moment) -> Result<(), MigrationError> {
    for key in [governance::AGENDA, staking::TOTALS] {
        view.set(key, None);
    }
    Err(MigrationError::refused("an exercise"))
}
