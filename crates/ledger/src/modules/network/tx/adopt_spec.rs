//! Chooses which version of the configuration the node of a validator runs.

use crate::{
    Invalid, codes,
    error::Failure,
    execute::Context,
    modules::{
        governance,
        network::{NETWORK, Network, adoption_key, error::NetworkError, spec_key, store},
        staking::{self, operator_key, validator_key},
    },
};
use althing_state::{StateKey, View};
use althing_types::{Address, Event, message::AdoptSpec, network::Adoption};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 40_000;

/// Nothing can be wrong with it.
pub(crate) const fn validate(_: &AdoptSpec) -> Result<(), Invalid> {
    Ok(())
}

/// What there is to choose from, what was chosen before, and who may.
pub(crate) fn keys(message: &AdoptSpec, sender: &Address, out: &mut Vec<StateKey>) {
    let AdoptSpec { validator, version } = message;
    out.extend([NETWORK, adoption_key(validator), spec_key(*version), operator_key(sender)]);
    if validator.node_account() == *sender {
        out.extend([governance::preferences_key(validator), validator_key(validator)]);
    }
}

pub(crate) fn execute(
    message: &AdoptSpec,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let AdoptSpec { validator, version } = *message;
    let view = &mut *context.view;
    let network = store::load_network(view)?;
    let before = store::load_adoption(view, &validator)?;
    let by_hand = staking::operated_by(view, &context.sender)? == Some(validator);
    if !by_hand {
        check_node(view, message, &context.sender, &network, before.as_ref())?;
    }
    if version == 0 || version >= network.next {
        return Err(NetworkError::Unknown.into());
    }
    if version != network.current && !network.offered.contains(&version) {
        return Err(NetworkError::NotOffered.into());
    }
    let previous = network.chosen(before.as_ref());
    let said = before.filter(|before| is_open(&network, before.version));
    let again = said.is_some_and(|said| said.by_hand) || !by_hand;
    if previous == version && again {
        return Err(NetworkError::AlreadyAdopted.into());
    }
    if let Some(before) = before {
        staking::know(view, [spec_key(before.version)])?;
        let mut spec = store::require_spec(view, before.version)?;
        spec.adopted = spec.adopted.saturating_sub(1);
        store::save_spec(view, before.version, &spec)?;
    }
    let mut spec = store::require_spec(view, version)?;
    spec.adopted = spec.adopted.saturating_add(1);
    store::save_spec(view, version, &spec)?;
    let adoption = Adoption { version, height: context.block.height, by_hand };
    store::save_adoption(view, &validator, &adoption)?;
    Ok(vec![Event::SpecAdopted { validator, version, previous }])
}

/// Whether a version can be chosen now.
fn is_open(network: &Network, version: u64) -> bool {
    version == network.current || network.offered.contains(&version)
}

/// Whether the operator has left the choice to the sender, the node of the validator: it never
/// changes what its operator chose.
fn check_node(
    view: &View,
    message: &AdoptSpec,
    sender: &Address,
    network: &Network,
    before: Option<&Adoption>,
) -> Result<(), Failure> {
    let AdoptSpec { validator, .. } = message;
    if validator.node_account() != *sender {
        return Err(Failure::Rule(codes::NOT_OPERATOR));
    }
    if staking::load_validator(view, validator)?.is_none() {
        return Err(Failure::Rule(codes::UNKNOWN_VALIDATOR));
    }
    let preferences = governance::preferences(view, validator)?;
    let left = preferences.is_some_and(|preferences| preferences.auto_adopt_optional);
    let by_hand = before.is_some_and(|it| it.by_hand && is_open(network, it.version));
    if left && !by_hand { Ok(()) } else { Err(Failure::Rule(codes::NODE_MAY_NOT)) }
}
