//! Read-only views of the configuration of the network: keys and records.

use super::{Cohort, Network, Spec};
use althing_types::{ValidatorKey, network::Adoption};

crate::records::records! {
    /// The key of what is in force, what is tried, and what is offered.
    network_key() decode_network -> Network = super::NETWORK;
    /// The key of a version of the configuration.
    spec_key(version: u64) decode_spec -> Spec = super::spec_key(version);
    /// The key of what a validator chose; absent if it never did.
    adoption_key(validator: ValidatorKey) decode_adoption -> Adoption =
        super::adoption_key(&validator);
    /// The key of those who are watched while a version is tried; gone when that is over.
    cohort_key(version: u64) decode_cohort -> Cohort = super::cohort_key(version);
}
