//! 1.0.0 to 1.1.0: proposals that something will happen to.

use super::{Migration, MigrationError, Moment};
use crate::modules::governance;
use althing_state::View;

/// At most 500 proposals are on the agenda. The others are over: their records stay as they are.
pub const MIGRATION: Migration = Migration {
    what: "every proposal on the agenda says there what it is about, and its record begins to count \
           who votes on it",
    run,
};

fn run(view: &mut View, moment: &Moment) -> Result<(), MigrationError> {
    Ok(governance::add_kinds_and_turnout(view, moment.height)?)
}
