use super::{Turns, score, store};
use crate::error::Fault;
use althing_state::View;
use althing_types::{Amount, Epoch, Ppm, ValidatorKey};

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

/// The part of its turns that a validator used over the last `window` epochs before `epoch`, which
/// begins; the whole if it had none.
pub(crate) fn consensus_score(
    view: &View,
    validator: &ValidatorKey,
    epoch: Epoch,
    window: u64,
) -> Result<Ppm, Fault> {
    let record = store::load(view, validator)?;
    Ok(score::score(&record, epoch, window).unwrap_or(Ppm::ONE))
}

/// Blocks that a validator has made and turns that it has missed since it registered.
pub(crate) fn totals(view: &View, validator: &ValidatorKey) -> Result<(u64, u64), Fault> {
    let record = store::load(view, validator)?;
    Ok((record.made_total, record.missed_total))
}
