use super::{Network, Spec, store};
use crate::error::Fault;
use althing_state::View;
use althing_types::{
    Height, List,
    network::{GENESIS_SPEC, NetworkSpec, SpecStatus},
};

/// Writes the first version of the configuration, which is in force.
pub(crate) fn genesis(view: &mut View, document: NetworkSpec) -> Result<(), Fault> {
    let spec = Spec {
        document,
        base: 0,
        proposal: 0,
        made: Height::ZERO,
        status: SpecStatus::Active,
        since: Height::ZERO,
        reason: None,
        health: None,
        adopted: 0,
    };
    store::save_spec(view, GENESIS_SPEC, &spec)?;
    let network = Network {
        current: GENESIS_SPEC,
        next: GENESIS_SPEC.saturating_add(1),
        staged: None,
        offered: List::default(),
    };
    store::save_network(view, &network)
}
