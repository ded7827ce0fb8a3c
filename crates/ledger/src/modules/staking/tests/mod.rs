//! Messages and turns of the epoch on a state in memory, without rewards of their own: a test says
//! what is earned, and who is punished.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod delegate;
mod epoch;
mod invariants;
mod prop;
mod redelegate;
mod slash;
mod stake;
mod undelegate;
mod unstake;
mod update_validator;
mod world;

use super::{
    BlockMoment, Delegation, Delegator, Queue, SlashOrder, Totals, Unbonding, Validator, api,
    block, genesis,
    query::{self, Owned},
    slash::SlashResult,
    store,
};
use crate::{
    ApplyError, Invalid, Supply,
    error::Fault,
    execute::{self, Environment, Keys},
    modules::{
        accounts::{self, Account},
        bank::{self, ProtocolAccounts},
        params, validators,
    },
    prefix,
};
use althing_state::{Missing, StateKey, StateValue, View};
use althing_types::{
    Address, Amount, Authorization, ChainParams, Code, Due, Epoch, Event, Gas, GasPrice, Genesis,
    GenesisValidator, Height, Payload, Period, Ppm, Receipt, SignedTransaction, Timestamp,
    Transaction, ValidatorDetails, ValidatorKey, ValidatorSet,
    event::SlashReason,
    message::{
        Delegate, Possession, Redelegate, Registration, Stake, Undelegate, Unstake, UpdateValidator,
    },
    params::FeeSplit,
};
use commonware_cryptography::{Signer as _, ed25519};
use std::collections::BTreeMap;
use world::World;

/// What every user owns at the start.
const FUNDS: u128 = 1_000_000;
/// What every validator of genesis stakes.
const OWN: u128 = 10_000;
const EPOCH: u64 = 10;
const UNBONDING: u64 = 25;

fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

fn units(units: u128) -> Amount {
    Amount::new(units)
}

/// The account of user `n`.
fn user(n: u8) -> Address {
    Address::new([n; 20])
}

fn consensus_key(n: u8) -> ed25519::PrivateKey {
    ed25519::PrivateKey::from_seed(n.into())
}

/// The key of validator `n`, which user `100 + n` operates.
fn key(n: u8) -> ValidatorKey {
    ValidatorKey::from_public_key(&consensus_key(n).public_key())
}

fn operator(n: u8) -> Address {
    user(100 + n)
}

/// Small numbers, so that roundings show.
fn small() -> ChainParams {
    let mut params = ChainParams { epoch_length: EPOCH, ..ChainParams::devnet() };
    params.min_gas_price = GasPrice::new(0);
    params.staking.min_validator_stake = units(1_000);
    params.staking.min_delegation = units(100);
    params.staking.max_candidates = 8;
    params.staking.max_validators = 4;
    params.staking.max_validators_per_delegator = 3;
    params.staking.unbonding = Period::blocks(UNBONDING);
    params.staking.commission_cooldown = Period::blocks(30);
    params.staking.commission_announcement = Period::blocks(3);
    params.slashing.evidence_epochs = 1;
    params.registry.node_allowance = units(7);
    params.validate().unwrap();
    params
}

fn delegate(n: u8, amount: u128) -> Payload {
    Payload::Delegate(Delegate { validator: key(n), amount: units(amount) })
}

fn undelegate(n: u8, amount: impl Into<Option<u128>>) -> Payload {
    let amount = amount.into().map(units);
    Payload::Undelegate(Undelegate { validator: key(n), amount })
}

fn redelegate(from: u8, to: u8, amount: impl Into<Option<u128>>) -> Payload {
    let amount = amount.into().map(units);
    Payload::Redelegate(Redelegate { from: key(from), to: key(to), amount })
}

fn add_stake(n: u8, amount: u128) -> Payload {
    Payload::Stake(Stake { validator: key(n), amount: units(amount), registration: None })
}

fn unstake(amount: impl Into<Option<u128>>) -> Payload {
    Payload::Unstake(Unstake { amount: amount.into().map(units) })
}

/// What operator `n` registers validator `n` with.
fn registration(n: u8) -> Registration {
    let chain = "stake-test".parse().unwrap();
    let possession = Possession { chain, operator: operator(n) }.sign(&consensus_key(n));
    let name = format!("v{n}").parse().unwrap();
    let details = ValidatorDetails { name, ..ValidatorDetails::default() };
    let endpoint = format!("10.0.0.{n}:1").parse().unwrap();
    Registration { details, endpoint, commission: ppm(50_000), possession }
}

fn register(n: u8, amount: u128) -> Payload {
    register_as(n, amount, registration(n))
}

fn register_as(n: u8, amount: u128, registration: Registration) -> Payload {
    let registration = Some(registration);
    Payload::Stake(Stake { validator: key(n), amount: units(amount), registration })
}
