use super::{Cohort, NETWORK, Network, Spec, adoption_key, cohort_key, spec_key};
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::{ValidatorKey, network::Adoption};

pub(super) fn load_network(view: &View) -> Result<Network, Fault> {
    store::require(view, &NETWORK, "the record of the network is absent or does not decode")
}

pub(super) fn save_network(view: &mut View, network: &Network) -> Result<(), Fault> {
    store::save(view, NETWORK, network)
}

pub(super) fn require_spec(view: &View, version: u64) -> Result<Spec, Fault> {
    let what = "a version of the configuration is absent or does not decode";
    store::require(view, &spec_key(version), what)
}

pub(super) fn save_spec(view: &mut View, version: u64, spec: &Spec) -> Result<(), Fault> {
    store::save(view, spec_key(version), spec)
}

/// What a validator chose; `None` if it never did.
pub(super) fn load_adoption(
    view: &View,
    validator: &ValidatorKey,
) -> Result<Option<Adoption>, Fault> {
    store::load(view, &adoption_key(validator), "the choice of a validator does not decode")
}

pub(super) fn save_adoption(
    view: &mut View,
    validator: &ValidatorKey,
    adoption: &Adoption,
) -> Result<(), Fault> {
    store::save(view, adoption_key(validator), adoption)
}

pub(super) fn require_cohort(view: &View, version: u64) -> Result<Cohort, Fault> {
    let what = "the validators of a rollout are absent or do not decode";
    store::require(view, &cohort_key(version), what)
}

pub(super) fn save_cohort(view: &mut View, version: u64, cohort: &Cohort) -> Result<(), Fault> {
    store::save(view, cohort_key(version), cohort)
}

pub(super) fn remove_cohort(view: &mut View, version: u64) {
    view.set(cohort_key(version), None);
}
