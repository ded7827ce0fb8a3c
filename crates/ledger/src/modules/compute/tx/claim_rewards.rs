//! Pays a worker its parts of the miners' pool. Anybody may send it.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        compute::{COMPUTE, credits_key, desk::Desk},
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, message::ClaimRewards};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 80_000;

/// Nothing can be wrong with it.
pub(crate) const fn validate(_: &ClaimRewards) -> Result<(), Invalid> {
    Ok(())
}

/// What the worker has earned; the pools come in a second round.
pub(crate) fn keys(message: &ClaimRewards, _: &Address, out: &mut Vec<StateKey>) {
    out.extend([COMPUTE, credits_key(&message.worker), accounts::key(&message.worker)]);
    out.push(accounts::key(bank::compute_account()));
}

pub(crate) fn execute(
    message: &ClaimRewards,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let moment = BlockMoment::from(context.block);
    let mut desk = Desk::begin(context.view, &moment)?;
    desk.claim(&message.worker)?;
    Ok(desk.finish()?)
}
