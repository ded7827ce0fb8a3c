//! What a member of committees found. The sender is the account of the validator's node.

use crate::{
    Invalid, codes,
    error::Failure,
    execute::Context,
    modules::{
        compute::{AGENDA, COMPUTE, VERIFYING, desk::Desk, error::ComputeError, task_key},
        staking::{self, BlockMoment},
    },
    rounds::Missed,
};
use althing_state::StateKey;
use althing_types::{Address, Event, message::VoteResults};

/// Gas of the message itself, one vote included.
pub(crate) const GAS: u64 = 50_000;
/// Gas for each further vote.
pub(crate) const GAS_PER_VOTE: u64 = 15_000;

/// There must be votes, each about another task.
pub(crate) fn validate(message: &VoteResults) -> Result<(), Invalid> {
    let mut numbers: Vec<u64> = message.votes.iter().map(|vote| vote.task).collect();
    numbers.sort_unstable();
    let once = numbers.is_sorted_by(|one, next| one < next);
    if numbers.is_empty() || !once { Err(Invalid::NothingToDo) } else { Ok(()) }
}

/// The tasks.
pub(crate) fn keys(message: &VoteResults, _: &Address, out: &mut Vec<StateKey>) {
    out.extend([COMPUTE, AGENDA, VERIFYING]);
    out.extend(message.votes.iter().map(|vote| task_key(vote.task)));
}

/// Votes that do not count, because a task went on meanwhile, are passed over; one must count.
pub(crate) fn execute(
    message: &VoteResults,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (validator, moment) = (message.validator, BlockMoment::from(context.block));
    if validator.node_account() != context.sender {
        return Err(Failure::Rule(codes::WRONG_NODE));
    }
    let further = u64::try_from(message.votes.len().saturating_sub(1)).unwrap_or(u64::MAX);
    context.meter.charge(further.saturating_mul(GAS_PER_VOTE))?;
    let mut desk = Desk::begin(context.view, &moment)?;
    staking::know(desk.view, message.votes.iter().map(|vote| task_key(vote.task)))?;
    let mut counted = false;
    let mut missed = Missed::default();
    for vote in message.votes.iter() {
        counted |= missed.step(desk.vote(&validator, vote))?.unwrap_or(false);
    }
    missed.end()?;
    if !counted {
        return Err(ComputeError::NoVoteCounts.into());
    }
    Ok(desk.finish()?)
}
