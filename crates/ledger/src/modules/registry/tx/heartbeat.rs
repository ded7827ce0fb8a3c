//! Says that the sender's node is well.

use crate::{
    Invalid, codes,
    error::Failure,
    execute::Context,
    modules::{
        registry::{self, Node, store},
        staking,
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, message::Heartbeat};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 21_000;

/// Nothing can be wrong with it.
pub(crate) const fn validate(_: &Heartbeat) -> Result<(), Invalid> {
    Ok(())
}

/// The validator and its node.
pub(crate) fn keys(message: &Heartbeat, _: &Address, out: &mut Vec<StateKey>) {
    out.extend([staking::validator_key(&message.validator), registry::key(&message.validator)]);
}

pub(crate) fn execute(
    message: &Heartbeat,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let Heartbeat { validator, health } = *message;
    store::check_sender(context.view, &context.sender, &validator)?;
    let (time, params) = (context.block.time, &context.block.params.registry);
    let node = store::load(context.view, &validator)?;
    let mut node = node.unwrap_or_else(|| Node::new(time, params));
    node.beat(time, params, health).map_err(|_| Failure::Rule(codes::HEARTBEAT_EARLY))?;
    store::save(context.view, &validator, &node)?;
    Ok(vec![Event::Heartbeat { validator, health }])
}
