//! Lets the sender's worker leave: its stake unbonds.

use super::present;
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        compute::{AGENDA, COMPUTE, desk::Desk, error::ComputeError, store, worker_key},
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, compute::WorkerState, message::LeaveWork};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 80_000;

/// Nothing can be wrong with it.
pub(crate) const fn validate(_: &LeaveWork) -> Result<(), Invalid> {
    Ok(())
}

/// The worker; its devices come in a second round.
pub(crate) fn keys(_: &LeaveWork, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend([COMPUTE, AGENDA, worker_key(sender)]);
}

pub(crate) fn execute(_: &LeaveWork, context: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let mut worker = present(context.view, &sender)?;
    if !worker.tasks.is_empty() {
        return Err(ComputeError::WorkerBusy.into());
    }
    let mut desk = Desk::begin(context.view, &moment)?;
    worker.state = WorkerState::Leaving;
    desk.unbond(&sender, &mut worker)?;
    desk.enlist_all(&sender, &worker)?;
    store::save_worker(desk.view, &sender, &worker)?;
    Ok(desk.finish()?)
}
