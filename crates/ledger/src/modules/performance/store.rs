use super::{Performance, performance_key};
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::ValidatorKey;

/// What a validator proposed and missed; nothing if it has no record yet.
pub(super) fn load(view: &View, validator: &ValidatorKey) -> Result<Performance, Fault> {
    let record = store::load(view, &performance_key(validator), "the performance does not decode")?;
    Ok(record.unwrap_or_default())
}

/// Writes what a validator proposed and missed.
pub(super) fn save(
    view: &mut View,
    validator: &ValidatorKey,
    record: &Performance,
) -> Result<(), Fault> {
    store::save(view, performance_key(validator), record)
}
