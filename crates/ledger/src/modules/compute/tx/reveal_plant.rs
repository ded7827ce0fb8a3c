//! Shows that a wrong result was planted to keep those honest who check results: its worker was bound
//! to the secret before the seed was drawn, and the secret won for that seed.

use super::worker_of;
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        compute::{
            AGENDA, COMPUTE, Task, desk::Desk, error::ComputeError, proof::judge_task, store,
            task_key, worker_key,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Amount, Event,
    compute::{Purpose, TaskState, draw},
    message::RevealPlant,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 150_000;

/// There must be a tile.
pub(crate) fn validate(message: &RevealPlant) -> Result<(), Invalid> {
    if message.opening.tile.is_empty() { Err(Invalid::NothingToDo) } else { Ok(()) }
}

/// The task and its worker.
pub(crate) fn keys(message: &RevealPlant, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend([COMPUTE, AGENDA, task_key(message.task), worker_key(sender)]);
}

pub(crate) fn execute(
    message: &RevealPlant,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let number = message.task;
    staking::know(context.view, [task_key(number)])?;
    let task = store::load_task(context.view, number)?;
    let mut task = task.ok_or(ComputeError::UnknownTask)?;
    let decided = matches!(task.state, TaskState::Accepted | TaskState::Disproved);
    let owned = task.assignment.filter(|assignment| assignment.device.worker == sender);
    let (Some(assignment), Some(result)) = (owned, task.result.filter(|_| decided)) else {
        return Err(ComputeError::NotPlanted.into());
    };
    let rate = moment.params.compute.plant_rate.get();
    let bound = draw::plant_commitment(&message.secret) == assignment.plant;
    let won = draw::is_planted(&message.secret, &result.seed, rate);
    if task.purpose != Purpose::Network || !bound || !won {
        return Err(ComputeError::NotPlanted.into());
    }
    let terms = u64::from(task.shape.k);
    context.meter.charge(terms.saturating_mul(super::prove_wrong::GAS_PER_TERM))?;
    let judged = judge_task(&task, &result, &message.opening)?;
    if !judged.wrong {
        return Err(ComputeError::NotPlanted.into());
    }
    let mut worker = worker_of(context.view, &sender)?;
    // The old secret is public now: it shall bind nothing that is yet to come.
    if worker.plant == assignment.plant {
        worker.plant = message.next;
        store::save_worker(context.view, &sender, &worker)?;
    }
    let mut desk = Desk::begin(context.view, &moment)?;
    desk.blame(number, &mut task, judged.entry)?;
    let faults = task.check.iter().flat_map(|check| check.members.iter());
    let faults = faults.filter(|member| member.faulted).count();
    let faults = u32::try_from(faults).unwrap_or(u32::MAX);
    if task.state == TaskState::Accepted
        && let Some(check) = task.check.clone()
    {
        desk.count_checkers(&check)?;
    }
    let (prover, bounty) = (task.prover, pay_bounty(&mut desk, &task)?);
    desk.events.push(Event::PlantRevealed { task: number, worker: sender, faults, prover, bounty });
    desk.reward(number, &mut task, true)?;
    Ok(desk.finish()?)
}

/// Who found the plant gets the bounty, as far as the miners' pool has it.
fn pay_bounty(desk: &mut Desk<'_>, task: &Task) -> Result<Amount, Failure> {
    let Some(prover) = task.prover else { return Ok(Amount::ZERO) };
    let miners = desk.moment.protocol.miners;
    staking::know(desk.view, [accounts::key(&miners), accounts::key(&prover)])?;
    let bounty = desk.params().plant_bounty.min(bank::balance_of(desk.view, &miners)?);
    bank::move_held(desk.view, &miners, &prover, bounty)?;
    Ok(bounty)
}
