//! Describes the sender's node.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        registry::{self, Node, store},
        staking,
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, message::RegisterNode};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 30_000;

/// The node must say which software it runs.
pub(crate) fn validate(message: &RegisterNode) -> Result<(), Invalid> {
    if message.version.is_empty() { Err(Invalid::NothingToDo) } else { Ok(()) }
}

/// The validator and its node.
pub(crate) fn keys(message: &RegisterNode, _: &Address, out: &mut Vec<StateKey>) {
    out.extend([staking::validator_key(&message.validator), registry::key(&message.validator)]);
}

pub(crate) fn execute(
    message: &RegisterNode,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let validator = message.validator;
    store::check_sender(context.view, &context.sender, &validator)?;
    let (time, params) = (context.block.time, &context.block.params.registry);
    let known = store::load(context.view, &validator)?;
    let node = Node {
        endpoint: message.endpoint.clone(),
        version: message.version.clone(),
        commit: message.commit.clone(),
        region: message.region.clone(),
        ..known.unwrap_or_else(|| Node::new(time, params))
    };
    store::save(context.view, &validator, &node)?;
    Ok(vec![Event::NodeRegistered { validator, version: message.version.clone() }])
}
