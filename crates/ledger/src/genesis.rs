//! What height 1 writes before its first transaction: everything that the genesis file says.

use crate::{
    error::Fault,
    modules::{
        accounts::{self, Account},
        bank, params, staking, validators, vesting,
    },
};
use althing_state::View;
use althing_types::{Address, Amount, Epoch, Genesis, GenesisError, KeyScheme, Nonce, SecretKey};

/// Addresses of the accounts for load tests. Deriving one takes about 15 microseconds.
pub(crate) fn load_addresses(genesis: &Genesis) -> Vec<Address> {
    let Some(load) = &genesis.load_accounts else { return Vec::new() };
    (0..load.count)
        .map(|index| match SecretKey::from_seed(KeyScheme::Ed25519, load.secret(index)) {
            Ok(key) => key.address(),
            Err(_) => unreachable!("every 32-byte string is an Ed25519 seed"),
        })
        .collect()
}

/// Who owns what at the start, ordered by address. An account that is listed in several places
/// owns the sum.
fn balances(
    genesis: &Genesis,
    stake_account: Address,
    load_addresses: &[Address],
) -> Result<Vec<(Address, Amount)>, GenesisError> {
    let listed = genesis.allocations.iter().map(|entry| (entry.address, entry.amount));
    let stakes = genesis.validators.iter().map(|validator| (stake_account, validator.stake));
    let load_amount = genesis.load_accounts.as_ref().map_or(Amount::ZERO, |load| load.amount);
    let load = load_addresses.iter().map(|address| (*address, load_amount));
    let mut all: Vec<(Address, Amount)> = listed.chain(stakes).chain(load).collect();
    all.sort_unstable();
    let mut merged: Vec<(Address, Amount)> = Vec::with_capacity(all.len());
    for (address, amount) in all {
        match merged.last_mut() {
            Some((last, sum)) if *last == address => {
                *sum = sum.checked_add(amount).map_err(|_| GenesisError::SupplyOverflow)?;
            }
            _ => merged.push((address, amount)),
        }
    }
    Ok(merged)
}

/// Writes the genesis state.
pub(crate) fn apply(
    view: &mut View,
    genesis: &Genesis,
    protocol: &bank::ProtocolAccounts,
    load_addresses: &[Address],
) -> Result<(), Fault> {
    let illegal = |_: GenesisError| Fault::Corrupt {
        key: params::PARAMS,
        what: "the genesis file is not legal",
    };
    if view.get(&params::PARAMS)?.is_some() {
        return Err(Fault::Corrupt {
            key: params::PARAMS,
            what: "the state under height 1 is not empty",
        });
    }
    params::save(view, &genesis.params)?;
    let supply =
        bank::Supply { genesis: genesis.supply().map_err(illegal)?, ..bank::Supply::default() };
    bank::save(view, &supply)?;
    let set = genesis.validator_set().map_err(illegal)?;
    for epoch in [Epoch::ZERO, Epoch::new(1)] {
        validators::save_set(view, epoch, &set)?;
    }
    staking::genesis(view, genesis)?;
    for (address, balance) in balances(genesis, protocol.stake, load_addresses).map_err(illegal)? {
        accounts::save(view, &address, &Account { nonce: Nonce::ZERO, balance, vesting: false })?;
    }
    for entry in &genesis.allocations {
        if let Some(line) = entry.vesting {
            vesting::begin(view, &entry.address, entry.amount, line)?;
        }
    }
    view.commit();
    Ok(())
}
