//! What height 1 writes before its first transaction: everything that the genesis file says.

use crate::{
    error::Fault,
    modules::{
        accounts::{self, Account},
        bank, compute, energy, governance, network, params, rewards, safety, staking, treasury,
        upgrade, validators, vesting,
    },
};
use althing_state::View;
use althing_types::{
    Address, Amount, Epoch, Genesis, GenesisError, Height, KeyScheme, SecretKey, Timestamp,
};

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
    protocol: &bank::ProtocolAccounts,
    load_addresses: &[Address],
) -> Result<Vec<(Address, Amount)>, GenesisError> {
    let listed = genesis.allocations.iter().map(|entry| (entry.address, entry.amount));
    let stakes = genesis.validators.iter().map(|validator| (protocol.stake, validator.stake));
    let load_amount = genesis.load_accounts.as_ref().map_or(Amount::ZERO, |load| load.amount);
    let load = load_addresses.iter().map(|address| (*address, load_amount));
    let reserve = Some((protocol.reserve, genesis.reserve)).filter(|(_, part)| !part.is_zero());
    let mut all: Vec<(Address, Amount)> = listed.chain(stakes).chain(load).chain(reserve).collect();
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
    time: Timestamp,
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
    let exists = genesis.supply().map_err(illegal)?;
    let supply = bank::Supply { genesis: exists, ..bank::Supply::default() };
    bank::save(view, &supply)?;
    let set = genesis.validator_set().map_err(illegal)?;
    for epoch in [Epoch::ZERO, Epoch::new(1)] {
        validators::save_set(view, epoch, &set)?;
    }
    staking::genesis(view, genesis)?;
    rewards::genesis(view, time)?;
    governance::genesis(view)?;
    treasury::genesis(view)?;
    compute::genesis(view)?;
    energy::genesis(view)?;
    network::genesis(view, genesis.network_spec().map_err(illegal)?)?;
    upgrade::genesis(view, Height::new(1))?;
    safety::genesis(view, genesis.safety.as_ref())?;
    let mut written = Amount::ZERO;
    for (address, balance) in balances(genesis, protocol, load_addresses).map_err(illegal)? {
        accounts::save(view, &address, &Account { balance, ..Account::default() })?;
        written = written.checked_add(balance).unwrap_or(Amount::MAX);
    }
    for entry in &genesis.allocations {
        if let Some(line) = entry.vesting {
            vesting::begin(view, &entry.address, entry.amount, line)?;
        }
    }
    if written == exists {
        return Ok(());
    }
    Err(Fault::Corrupt {
        key: bank::SUPPLY,
        what: "the balances of genesis are not what the genesis file adds up to",
    })
}
