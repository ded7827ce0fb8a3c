use super::store;
use crate::error::Fault;
use althing_state::View;
use althing_types::{Amount, Epoch, ValidatorKey};

/// What a validator did with its turns in one epoch, and the fees that wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Turns {
    pub(crate) made: u32,
    pub(crate) due: u32,
    pub(crate) fees: Amount,
}

/// The turns of a validator in `epoch`.
pub(crate) fn turns(view: &View, validator: &ValidatorKey, epoch: Epoch) -> Result<Turns, Fault> {
    let record = store::load(view, validator)?;
    if record.epoch != epoch {
        return Ok(Turns::default());
    }
    let due = record.made.saturating_add(record.missed);
    Ok(Turns { made: record.made, due, fees: record.fees })
}
