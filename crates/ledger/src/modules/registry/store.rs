use super::{Node, key};
use crate::{codes, error::Failure, error::Fault, modules::staking, store};
use althing_state::View;
use althing_types::{Address, ValidatorKey};

/// The record of a node; `None` if it has said nothing yet.
pub(crate) fn load(view: &View, validator: &ValidatorKey) -> Result<Option<Node>, Fault> {
    store::load(view, &key(validator), "the record of a node does not decode")
}

/// Writes the record of a node.
pub(crate) fn save(view: &mut View, validator: &ValidatorKey, node: &Node) -> Result<(), Fault> {
    store::save(view, key(validator), node)
}

/// Checks that `sender` is the node of a registered validator.
pub(crate) fn check_sender(
    view: &View,
    sender: &Address,
    validator: &ValidatorKey,
) -> Result<(), Failure> {
    if validator.node_account() != *sender {
        return Err(Failure::Rule(codes::WRONG_NODE));
    }
    match view.get(&staking::validator_key(validator)).map_err(Fault::from)? {
        Some(_) => Ok(()),
        None => Err(Failure::Rule(codes::UNKNOWN_VALIDATOR)),
    }
}
