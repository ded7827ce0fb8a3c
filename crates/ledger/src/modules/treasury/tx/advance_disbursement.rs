//! Takes the next step of a disbursement, if it is due.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        staking::{self, BlockMoment},
        treasury::{
            PENDING, TREASURY, disbursement_key, error::TreasuryError, executor::Executor, keys_of,
            store,
        },
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, message::AdvanceDisbursement};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 60_000;
/// Gas for each payment and each dependency.
pub(crate) const GAS_PER_PART: u64 = 2_000;

/// Nothing can be wrong with it.
pub(crate) const fn validate(_: &AdvanceDisbursement) -> Result<(), Invalid> {
    Ok(())
}

/// The disbursement; what it depends on comes in a second round.
pub(crate) fn keys(message: &AdvanceDisbursement, _: &Address, out: &mut Vec<StateKey>) {
    out.extend([TREASURY, PENDING, disbursement_key(message.disbursement)]);
}

pub(crate) fn execute(
    message: &AdvanceDisbursement,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let number = message.disbursement;
    let moment = BlockMoment::from(context.block);
    let record = store::load_disbursement(context.view, number)?.ok_or(TreasuryError::Unknown)?;
    let paused = !moment.is_reached(store::load_treasury(context.view)?.paused_until);
    if paused || !record.is_pending() {
        return Err(TreasuryError::NotReady.into());
    }
    let parts = record.payments.len().saturating_add(record.deps.len());
    let parts = u64::try_from(parts).unwrap_or(u64::MAX);
    context.meter.charge(parts.saturating_mul(GAS_PER_PART))?;
    let mut keys = Vec::new();
    keys_of(context.view, &moment, number, &mut keys)?;
    staking::know(context.view, keys)?;
    let mut executor = Executor::begin(context.view, &moment)?;
    if !executor.step(number)? {
        return Err(TreasuryError::NotReady.into());
    }
    Ok(executor.finish()?)
}
