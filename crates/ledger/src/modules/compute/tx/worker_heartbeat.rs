//! Says that the sender's worker is well.

use super::present;
use crate::{
    Invalid, codes,
    error::Failure,
    execute::Context,
    modules::{
        compute::{beats_key, store, worker_key},
        registry::Node,
        staking,
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event,
    message::{Health, WorkerHeartbeat},
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 21_000;

/// The worker must say which software it runs.
pub(crate) fn validate(message: &WorkerHeartbeat) -> Result<(), Invalid> {
    if message.version.is_empty() { Err(Invalid::NothingToDo) } else { Ok(()) }
}

/// The worker and its heartbeats.
pub(crate) fn keys(_: &WorkerHeartbeat, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend([worker_key(sender), beats_key(sender)]);
}

pub(crate) fn execute(
    message: &WorkerHeartbeat,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (worker, time) = (context.sender, context.block.time);
    present(context.view, &worker)?;
    staking::know(context.view, [beats_key(&worker)])?;
    let params = &context.block.params.registry;
    let beats = store::load_beats(context.view, &worker)?;
    let mut beats = beats.unwrap_or_else(|| Node::new(time, params));
    let beat = beats.beat(time, params, Health::default());
    beat.map_err(|_| Failure::Rule(codes::HEARTBEAT_EARLY))?;
    beats.version = message.version.clone();
    store::save_beats(context.view, &worker, &beats)?;
    Ok(vec![Event::WorkerHeard { worker, version: message.version.clone() }])
}
