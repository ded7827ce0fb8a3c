//! Takes a task back that nobody works on.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        compute::{AGENDA, COMPUTE, desk::Desk, error::ComputeError, store, task_key},
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event,
    compute::{RefundReason, TaskState},
    message::CancelTask,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 60_000;

/// Nothing can be wrong with it.
pub(crate) const fn validate(_: &CancelTask) -> Result<(), Invalid> {
    Ok(())
}

/// The task, and where its price is.
pub(crate) fn keys(message: &CancelTask, _: &Address, out: &mut Vec<StateKey>) {
    out.extend([COMPUTE, AGENDA, task_key(message.task)]);
    out.push(accounts::key(bank::compute_account()));
}

pub(crate) fn execute(
    message: &CancelTask,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let number = message.task;
    staking::know(context.view, [task_key(number), accounts::key(&sender)])?;
    let task = store::load_task(context.view, number)?;
    let mut task = task.ok_or(ComputeError::UnknownTask)?;
    if task.requester != Some(sender) {
        return Err(ComputeError::NotRequester.into());
    }
    if task.state != TaskState::Open {
        return Err(ComputeError::TaskNotOpen.into());
    }
    let mut desk = Desk::begin(context.view, &moment)?;
    desk.refund((number, &mut task), RefundReason::Cancelled, TaskState::Cancelled)?;
    Ok(desk.finish()?)
}
