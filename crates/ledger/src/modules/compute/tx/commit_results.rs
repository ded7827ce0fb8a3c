//! Binds the sender's worker to results.

use super::worker_of;
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        beacon,
        compute::{
            AGENDA, COMPUTE, Task, TaskResult, VERIFYING, desk::Desk, error::ComputeError, store,
            task_key, worker_key,
        },
        staking::{self, BlockMoment},
    },
    rounds::Missed,
};
use althing_state::StateKey;
use althing_types::{
    Address, Event,
    compute::{Purpose, TaskState, draw},
    message::{CommitResults, Commitment},
};

/// Gas of the message itself, one result included.
pub(crate) const GAS: u64 = 80_000;
/// Gas for each further result.
pub(crate) const GAS_PER_RESULT: u64 = 40_000;

/// There must be results, each once.
pub(crate) fn validate(message: &CommitResults) -> Result<(), Invalid> {
    let mut numbers: Vec<u64> = message.results.iter().map(|result| result.task).collect();
    numbers.sort_unstable();
    let once = numbers.is_sorted_by(|one, next| one < next);
    if numbers.is_empty() || !once { Err(Invalid::NothingToDo) } else { Ok(()) }
}

/// The worker and the tasks.
pub(crate) fn keys(message: &CommitResults, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend([COMPUTE, AGENDA, VERIFYING, worker_key(sender)]);
    out.extend(message.results.iter().map(|result| task_key(result.task)));
}

pub(crate) fn execute(
    message: &CommitResults,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let genesis = context.block.genesis;
    let further = message.results.len().saturating_sub(1);
    let further = u64::try_from(further).unwrap_or(u64::MAX);
    context.meter.charge(further.saturating_mul(GAS_PER_RESULT))?;
    let mut worker = worker_of(context.view, &sender)?;
    let mut desk = Desk::begin(context.view, &moment)?;
    staking::know(desk.view, message.results.iter().map(|result| task_key(result.task)))?;
    let mut missed = Missed::default();
    for commitment in message.results.iter() {
        let taken = take(&mut desk, (&genesis, &sender), commitment);
        let late = missed.step(taken)?.unwrap_or(false);
        let counters = &mut worker.counters;
        counters.committed = counters.committed.saturating_add(1);
        counters.late = counters.late.saturating_add(late.into());
    }
    missed.end()?;
    store::save_worker(desk.view, &sender, &worker)?;
    Ok(desk.finish()?)
}

/// Takes one result, which waits for its challenge from now on. Returns whether it is late.
fn take(
    desk: &mut Desk<'_>,
    (genesis, sender): (&althing_types::Hash, &Address),
    commitment: &Commitment,
) -> Result<bool, Failure> {
    let number = commitment.task;
    let task = store::load_task(desk.view, number)?;
    let mut task = task.ok_or(ComputeError::UnknownTask)?;
    let late = commit(desk, genesis, sender, &mut task, commitment)?;
    let (attempt, worker) = (task.attempt, *sender);
    let Commitment { root, digest, .. } = *commitment;
    desk.events.push(Event::TaskCommitted { task: number, attempt, worker, root, digest });
    if desk.await_challenge(number, &mut task, 0)? {
        Ok(late)
    } else {
        Err(ComputeError::VerifiersBusy.into())
    }
}

/// Binds the worker to one result. Returns whether it is late.
fn commit(
    desk: &mut Desk<'_>,
    genesis: &althing_types::Hash,
    sender: &Address,
    task: &mut Task,
    commitment: &Commitment,
) -> Result<bool, Failure> {
    let moment = desk.moment;
    let assigned = task.assignment.filter(|assignment| assignment.device.worker == *sender);
    let assigned = assigned.filter(|_| task.state == TaskState::Assigned);
    let assignment = assigned.ok_or(ComputeError::NotAssigned)?;
    if moment.height <= assignment.seed_height {
        return Err(ComputeError::CommitEarly.into());
    }
    if moment.is_reached(assignment.deadline) {
        return Err(ComputeError::CommitLate.into());
    }
    if task.purpose == Purpose::Benchmark
        && (commitment.digest.is_none() || assignment.seed_time.is_none())
    {
        return Err(ComputeError::DigestMissing.into());
    }
    let beacon = beacon::at(desk.view, assignment.seed_height)?.ok_or(ComputeError::CommitLate)?;
    let attempt =
        draw::Attempt { task: commitment.task, attempt: task.attempt, device: assignment.device };
    task.result = Some(TaskResult {
        root: commitment.root,
        digest: commitment.digest,
        seed: draw::operand_seed(genesis, &attempt, &beacon),
        height: moment.height,
        time: moment.time,
    });
    Ok(moment.is_reached(assignment.timely))
}
