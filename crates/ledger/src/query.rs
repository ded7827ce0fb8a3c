//! Keys and records for readers of the state: the API, the mempool, proofs.

use crate::{
    Account, Income, Supply,
    modules::{accounts, bank, params, performance, registry, rewards, validators, vesting},
};
use althing_state::StateKey;
use althing_types::{Address, ChainParams, Epoch, ValidatorKey, ValidatorSet};
use commonware_codec::{Copying, DecodeExt as _, Error};

pub use crate::modules::staking::query::{
    candidates_key, conversion_key, decode_candidates, decode_conversion, decode_delegation,
    decode_delegator, decode_operator, decode_past, decode_profile, decode_queue, decode_slashes,
    decode_snapshots, decode_totals, decode_unbonding, decode_validator, delegation_key,
    delegator_key, operator_key, past_key, profile_key, queue_key, room, slashes_key,
    snapshots_key, totals_key, unbonding_key, validator_key,
};

pub use crate::modules::performance::score;

macro_rules! decoders {
    ($( $(#[$doc:meta])* $name:ident -> $record:ty; )*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// A codec error if the bytes are no such record.
            pub fn $name(value: &[u8]) -> Result<$record, Error> {
                <$record>::decode(Copying(value))
            }
        )*
    };
}

decoders! {
    /// Reads an account's record. An account without a record is `Account::default()`.
    decode_account -> Account;
    /// Reads the supply record.
    decode_supply -> Supply;
    /// Reads what the treasury has earned in the running epoch. Without a record that is nothing.
    decode_income -> Income;
    /// Reads the parameters.
    decode_params -> ChainParams;
    /// Reads a validator set.
    decode_validators -> ValidatorSet;
    /// Reads what a validator proposed and missed.
    decode_performance -> performance::Performance;
    /// Reads what was emitted.
    decode_emission -> rewards::Emission;
    /// Reads what a node says about itself.
    decode_node -> registry::Node;
    /// Reads the vesting schedule of an account.
    decode_vesting -> vesting::VestingRecord;
}

/// The key of an account's record.
pub const fn account_key(address: Address) -> StateKey {
    accounts::key(&address)
}

/// The key of the supply record.
pub const fn supply_key() -> StateKey {
    bank::SUPPLY
}

/// The key of what the treasury has earned in the running epoch; absent if nothing.
pub const fn income_key() -> StateKey {
    bank::INCOME
}

/// The key of the parameters.
pub const fn params_key() -> StateKey {
    params::PARAMS
}

/// The key of the validator set of an epoch. Present for the last `slashing.evidence_epochs`
/// epochs, the present one and the next.
pub const fn validators_key(epoch: Epoch) -> StateKey {
    validators::set_key(epoch)
}

/// The key of what a validator proposed and missed.
pub const fn performance_key(validator: ValidatorKey) -> StateKey {
    performance::performance_key(&validator)
}

/// The key of what was emitted.
pub const fn emission_key() -> StateKey {
    rewards::EMISSION
}

/// The key of what the node of a validator says about itself.
pub const fn node_key(validator: ValidatorKey) -> StateKey {
    registry::key(&validator)
}

/// The key of the vesting schedule of an account.
pub const fn vesting_key(address: Address) -> StateKey {
    vesting::key(&address)
}
