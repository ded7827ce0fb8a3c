use super::{VestingRecord, key};
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::Address;

/// The schedule of an account that has one.
pub(crate) fn load(view: &View, address: &Address) -> Result<VestingRecord, Fault> {
    store::require(view, &key(address), "a vesting schedule is absent or does not decode")
}

/// Writes a schedule.
pub(crate) fn save(
    view: &mut View,
    address: &Address,
    record: &VestingRecord,
) -> Result<(), Fault> {
    store::save(view, key(address), record)
}
