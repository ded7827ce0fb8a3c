//! Invariants of the whole state, and a recount of the supply. They need every record, in any order,
//! and remember nothing for an account: tests check them after every block, a node or a tool that
//! wants to can check them against a dump.

mod beacon;
mod compute;
mod energy;
mod governance;
mod network;
mod records;
mod report;
mod safety;
mod schedule;
mod treasury;

pub use report::{Audit, SupplyReport};

use crate::Broken;
use althing_state::StateKey;
use althing_types::Height;

/// Checks every invariant over all records of the state after a block of this `height`, in any
/// order.
///
/// # Errors
/// [`Broken`] naming the first record that breaks one.
pub fn invariants<'a>(
    height: Height,
    records: impl IntoIterator<Item = (StateKey, &'a [u8])>,
) -> Result<SupplyReport, Broken> {
    let mut audit = Audit::new(height);
    for (key, value) in records {
        audit.add(key, value)?;
    }
    audit.finish()
}
