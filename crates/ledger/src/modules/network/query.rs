//! Read-only views of the configuration of the network: keys and records.

use super::{Cohort, Network, Spec};
use althing_state::StateKey;
use althing_types::{ValidatorKey, network::Adoption};
use commonware_codec::{Copying, DecodeExt as _, Error};

macro_rules! records {
    ($( $(#[$doc:meta])* $key:ident($($arg:ident: $ty:ty),*) $decode:ident -> $record:ty = $of:expr; )*) => {
        $(
            $(#[$doc])*
            pub const fn $key($($arg: $ty),*) -> StateKey {
                $of
            }

            /// Reads the record under that key.
            ///
            /// # Errors
            /// A codec error if the bytes are no such record.
            pub fn $decode(value: &[u8]) -> Result<$record, Error> {
                <$record>::decode(Copying(value))
            }
        )*
    };
}

records! {
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
