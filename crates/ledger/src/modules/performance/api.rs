use super::{Turns, store};
use crate::error::Fault;
use althing_state::View;
use althing_types::{Amount, Epoch, ValidatorKey};

/// The turns of a validator in `epoch`, and the fees that wait for it.
pub(crate) fn turns(
    view: &View,
    validator: &ValidatorKey,
    epoch: Epoch,
) -> Result<(Turns, Amount), Fault> {
    let record = store::load(view, validator)?;
    let fees = if record.epoch == epoch { record.fees } else { Amount::ZERO };
    Ok((record.turns(epoch), fees))
}
