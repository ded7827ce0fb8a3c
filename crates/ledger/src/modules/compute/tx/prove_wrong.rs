//! Proves that a result is wrong: the ledger computes one entry again. Who is wrong about that loses
//! a bond.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        compute::{
            AGENDA, COMPUTE, Task, TaskResult, VERIFYING, desk::Desk, error::ComputeError,
            proof::judge_task, store, task_key,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, compute::TaskState, message::ProveWrong};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 120_000;
/// Gas for each term of the sum that is computed again: both entries are drawn and multiplied.
pub(crate) const GAS_PER_TERM: u64 = 10;

/// There must be a tile.
pub(crate) fn validate(message: &ProveWrong) -> Result<(), Invalid> {
    if message.opening.tile.is_empty() { Err(Invalid::NothingToDo) } else { Ok(()) }
}

/// The task; its worker comes in a second round.
pub(crate) fn keys(message: &ProveWrong, _: &Address, out: &mut Vec<StateKey>) {
    out.extend([COMPUTE, AGENDA, VERIFYING, task_key(message.task)]);
}

/// The result of a task that can be proven wrong.
fn disputable(task: &Task) -> Result<TaskResult, ComputeError> {
    let open =
        matches!(task.state, TaskState::Committed | TaskState::Challenged | TaskState::Accepted);
    task.result.filter(|_| open).ok_or(ComputeError::NotDisputable)
}

pub(crate) fn execute(
    message: &ProveWrong,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let number = message.task;
    staking::know(context.view, [task_key(number)])?;
    let task = store::load_task(context.view, number)?;
    let mut task = task.ok_or(ComputeError::UnknownTask)?;
    let result = disputable(&task)?;
    context.meter.charge(u64::from(task.shape.k).saturating_mul(GAS_PER_TERM))?;
    let judged = judge_task(&task, &result, &message.opening)?;
    if judged.wrong {
        let mut desk = Desk::begin(context.view, &moment)?;
        desk.disprove((number, &mut task), sender, judged.entry)?;
        return Ok(desk.finish()?);
    }
    let protocol = moment.protocol;
    let keys = [accounts::key(&sender), accounts::key(&protocol.treasury), bank::SUPPLY];
    staking::know(context.view, keys)?;
    let bond = moment.params.compute.dispute_bond;
    let share = moment.params.treasury.penalty_share;
    bank::pay_penalty(context.view, protocol, &sender, (bond, share), moment.time)?;
    Ok(vec![Event::DisputeFailed { task: number, sender, bond }])
}
