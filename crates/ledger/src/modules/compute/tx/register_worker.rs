//! Makes the sender a worker.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        compute::{
            COMPUTE, Counters, Worker, beats_key,
            desk::{Desk, broken},
            error::ComputeError,
            store, worker_key,
        },
        registry::Node,
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Amount, Due, Event, List, compute::WorkerState, message::RegisterWorker,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 60_000;

/// The worker must say where its results are fetched.
pub(crate) fn validate(message: &RegisterWorker) -> Result<(), Invalid> {
    if message.endpoint.is_empty() {
        return Err(Invalid::BadEndpoint(String::new()));
    }
    if message.stake.is_zero() { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// The worker, its heartbeats, and where its stake goes.
pub(crate) fn keys(_: &RegisterWorker, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend([COMPUTE, worker_key(sender), beats_key(sender)]);
    out.push(accounts::key(bank::compute_account()));
}

pub(crate) fn execute(
    message: &RegisterWorker,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let mut desk = Desk::begin(context.view, &moment)?;
    staking::know(desk.view, [worker_key(&sender), beats_key(&sender)])?;
    let (mut counters, mut strikes, mut registered) = (Counters::default(), 0, moment.height);
    // Who comes back keeps its past.
    if let Some(known) = store::load_worker(desk.view, &sender)? {
        match known.state {
            WorkerState::Left => {
                (counters, strikes, registered) = (known.counters, known.strikes, known.registered);
            }
            WorkerState::Banned => return Err(ComputeError::WorkerBanned.into()),
            WorkerState::Active | WorkerState::Paused | WorkerState::Leaving => {
                return Err(ComputeError::WorkerExists.into());
            }
        }
    }
    if message.stake < desk.params().min_stake {
        return Err(ComputeError::StakeTooLow.into());
    }
    take_stake(&mut desk, &sender, message.stake)?;
    let worker = Worker {
        state: WorkerState::Active,
        endpoint: message.endpoint.clone(),
        stake: message.stake,
        plant: message.plant,
        registered,
        devices: 0,
        tasks: List::default(),
        strikes,
        unbonds: Due::default(),
        counters,
    };
    store::save_worker(desk.view, &sender, &worker)?;
    // From now on heartbeats are due.
    let beats = Node::new(moment.time, &moment.params.registry);
    store::save_beats(desk.view, &sender, &beats)?;
    desk.totals.workers =
        desk.totals.workers.checked_add(1).ok_or(broken("there are too many workers"))?;
    desk.events.push(Event::WorkerRegistered { worker: sender, stake: message.stake });
    Ok(desk.finish()?)
}

/// Moves stake of a worker to the account `compute`.
pub(super) fn take_stake(
    desk: &mut Desk<'_>,
    worker: &Address,
    amount: Amount,
) -> Result<(), Failure> {
    let (to, time) = (desk.moment.protocol.compute, desk.moment.time);
    staking::know(desk.view, [accounts::key(worker), accounts::key(&to)])?;
    bank::transfer(desk.view, worker, &to, amount, time)?;
    let stakes = desk.totals.stakes.checked_add(amount);
    desk.totals.stakes = stakes.map_err(|_| broken("the sum of stakes does not fit"))?;
    Ok(())
}
