//! Keys and records for readers of the state: the API, the mempool, proofs.

use crate::{
    Account, Supply,
    modules::{accounts, bank, params, validators},
};
use althing_state::StateKey;
use althing_types::{Address, ChainParams, Epoch, ValidatorSet};
use commonware_codec::{Copying, DecodeExt as _, Error};

/// The key of an account's record.
pub const fn account_key(address: Address) -> StateKey {
    accounts::key(&address)
}

/// Reads an account's record. An account without a record is `Account::default()`.
///
/// # Errors
/// A codec error if the bytes are no such record.
pub fn decode_account(value: &[u8]) -> Result<Account, Error> {
    Account::decode(Copying(value))
}

/// The key of the supply record.
pub const fn supply_key() -> StateKey {
    bank::SUPPLY
}

/// Reads the supply record.
///
/// # Errors
/// A codec error if the bytes are no such record.
pub fn decode_supply(value: &[u8]) -> Result<Supply, Error> {
    Supply::decode(Copying(value))
}

/// The key of the parameters.
pub const fn params_key() -> StateKey {
    params::PARAMS
}

/// Reads the parameters.
///
/// # Errors
/// A codec error if the bytes are no such record.
pub fn decode_params(value: &[u8]) -> Result<ChainParams, Error> {
    ChainParams::decode(Copying(value))
}

/// The key of the validator set of an epoch. Present for the last 16 epochs, the present one and
/// the next.
pub const fn validators_key(epoch: Epoch) -> StateKey {
    validators::set_key(epoch)
}

/// Reads a validator set.
///
/// # Errors
/// A codec error if the bytes are no such record.
pub fn decode_validators(value: &[u8]) -> Result<ValidatorSet, Error> {
    ValidatorSet::decode(Copying(value))
}
