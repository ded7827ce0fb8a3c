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

/// A chain of one process: every record is in the view.
#[derive(Clone)]
struct World {
    view: View,
    params: ChainParams,
    protocol: ProtocolAccounts,
    height: u64,
    /// Keys that were asked for one by one, because no message had named them.
    unforeseen: Vec<StateKey>,
}

impl World {
    /// Validators 1 to `validators` run since genesis. Epoch 1 begins.
    fn new(validators: u8) -> Self {
        Self::with(validators, small())
    }

    fn with(count: u8, params: ChainParams) -> Self {
        let protocol = ProtocolAccounts::new();
        let mut world =
            Self { view: View::new(), params, protocol, height: 1, unforeseen: Vec::new() };
        let file = world.file(count);
        let set = file.validator_set().unwrap();
        for epoch in 0..2 {
            validators::save_set(&mut world.view, Epoch::new(epoch), &set).unwrap();
        }
        params::save(&mut world.view, &world.params).unwrap();
        genesis(&mut world.view, &file).unwrap();
        let supply = Supply::default();
        bank::save(&mut world.view, &supply).unwrap();
        world.view.commit();
        let stake = world.protocol.stake;
        world.mint(stake, OWN * u128::from(count));
        for n in (0..16).chain(101..116) {
            world.mint(user(n), FUNDS);
        }
        world.check();
        world.turn();
        world
    }

    fn file(&self, count: u8) -> Genesis {
        let validator = |n| GenesisValidator {
            name: format!("v{n}").parse().unwrap(),
            website: Default::default(),
            description: Default::default(),
            key: key(n),
            endpoint: format!("10.0.0.{n}:1"),
            account: operator(n),
            stake: units(OWN),
            commission: ppm(100_000),
        };
        Genesis {
            chain_id: "stake-test".parse().unwrap(),
            genesis_time: Timestamp::ZERO,
            address_prefix: "cpc".into(),
            symbol: "CPC".into(),
            params: self.params.clone(),
            validators: (1..=count).map(validator).collect(),
            allocations: Vec::new(),
            reserve: Amount::ZERO,
            network: None,
            safety: None,
            load_accounts: None,
        }
    }

    fn mint(&mut self, to: Address, amount: u128) {
        self.run(|view, _| bank::mint(view, &to, units(amount)));
    }

    fn epoch(&self) -> Epoch {
        Height::new(self.height).epoch(EPOCH)
    }

    fn moment(&self) -> BlockMoment<'_> {
        BlockMoment {
            height: Height::new(self.height),
            epoch: self.epoch(),
            time: Timestamp::new(self.height * 1_000),
            version: althing_types::Version::GENESIS,
            params: &self.params,
            protocol: &self.protocol,
            validator_ceiling: 100,
        }
    }

    /// Runs a step, fetching what it misses: there is nothing outside the view.
    fn run<T>(&mut self, step: impl Fn(&mut View, &BlockMoment<'_>) -> Result<T, Fault>) -> T {
        let mut view = core::mem::take(&mut self.view);
        loop {
            match step(&mut view, &self.moment()) {
                Ok(value) => {
                    view.commit();
                    self.view = view;
                    return value;
                }
                Err(Fault::Missing(Missing(keys))) => {
                    view.rollback();
                    keys.into_iter().for_each(|key| view.prefetch(key, None));
                }
                Err(Fault::Corrupt { key, what }) => panic!("{key}: {what}"),
            }
        }
    }

    /// What a step that changes nothing reads.
    fn read<T>(&self, step: impl Fn(&mut View) -> Result<T, Fault>) -> T {
        self.clone().run(|view, _| step(view))
    }

    fn transaction(&self, sender: Address, payload: Payload, price: u64) -> SignedTransaction {
        let nonce = self.account(sender).nonce;
        let body = Transaction {
            chain_id: "stake-test".parse().unwrap(),
            sender,
            nonce,
            gas_limit: Gas::new(100_000),
            gas_price: GasPrice::new(price),
            valid_until: Height::new(self.height + 1),
            memo: String::new(),
            payload,
        };
        let authorization = Authorization::Ed25519 { public_key: [0; 32], signature: [0; 64] };
        SignedTransaction::new(body, authorization)
    }

    /// Runs a transaction and checks every invariant. What it misses after the keys that it names
    /// is noted in `unforeseen`.
    fn try_send(
        &mut self,
        sender: Address,
        payload: Payload,
        price: u64,
    ) -> Result<Receipt, Invalid> {
        let transaction = self.transaction(sender, payload, price);
        let mut keys = vec![accounts::key(&sender), bank::SUPPLY];
        crate::dispatch::keys(&transaction.body().payload, &sender, &mut keys);
        keys.into_iter().for_each(|key| self.view.prefetch(key, None));
        let mut view = core::mem::take(&mut self.view);
        let moment = self.moment();
        let environment = Environment {
            chain_id: "stake-test".parse().unwrap(),
            genesis: althing_types::hash::sha256(&[]),
            height: moment.height,
            epoch: moment.epoch,
            time: moment.time,
            version: moment.version,
            params: moment.params,
            protocol: moment.protocol,
            validator_ceiling: moment.validator_ceiling,
        };
        let mut unforeseen = Vec::new();
        let result = loop {
            match execute::transaction(&mut view, &environment, &transaction, Keys::Ignored) {
                Ok(receipt) => break Ok(receipt),
                Err(ApplyError::Invalid(invalid)) => break Err(invalid),
                Err(ApplyError::Fatal(broken)) => panic!("{broken}"),
                Err(ApplyError::Missing(Missing(keys))) => {
                    keys.iter().for_each(|key| view.prefetch(*key, None));
                    unforeseen.extend(keys);
                }
            }
        };
        self.view = view;
        self.unforeseen = unforeseen;
        let fee = result.as_ref().map_or(Amount::ZERO, |receipt| receipt.fee);
        let [proposer, stakers, treasury] = [Ppm::ZERO; 3];
        let split = FeeSplit { proposer, stakers, treasury, burn: Ppm::ONE };
        self.run(|view, moment| bank::settle_fees(view, &split, moment.protocol, fee));
        self.check();
        result
    }

    fn send(&mut self, sender: Address, payload: Payload) -> Receipt {
        self.try_send(sender, payload, 0).unwrap()
    }

    /// A transaction that does what it asks for.
    fn does(&mut self, sender: Address, payload: Payload) -> Vec<Event> {
        let receipt = self.send(sender, payload);
        assert_eq!(crate::codes::name_of(receipt.code), "ok");
        receipt.events
    }

    /// A transaction that fails with this code, and leaves nothing behind but its nonce and a fee.
    fn fails(&mut self, sender: Address, payload: Payload, code: Code) {
        let mut before = self.records();
        let receipt = self.try_send(sender, payload, 1).unwrap();
        let names = (crate::codes::name_of(receipt.code), crate::codes::name_of(code));
        assert_eq!(names.0, names.1);
        assert!(receipt.events.is_empty() && !receipt.fee.is_zero());
        let mut after = self.records();
        let account = accounts::key(&sender);
        let (old, new) = (before.remove(&account), after.remove(&account));
        let decode = |value: Option<StateValue>| {
            value.map(|value| crate::query::decode_account(&value).unwrap()).unwrap_or_default()
        };
        let (old, new): (Account, Account) = (decode(old), decode(new));
        let paid = old.balance.checked_sub(receipt.fee).unwrap();
        assert_eq!((new.nonce, new.balance), (old.nonce.next().unwrap(), paid));
        before.remove(&bank::SUPPLY);
        after.remove(&bank::SUPPLY);
        assert_eq!(before, after);
    }

    /// Every record of the state.
    fn records(&self) -> BTreeMap<StateKey, StateValue> {
        let writes = self.view.clone().into_writes();
        writes.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }

    /// Checks every invariant, and that all money is where it belongs.
    fn check(&self) {
        let (mut records, mut sum) = (invariants::Records::default(), Amount::ZERO);
        for (key, value) in self.records() {
            records.add(&key, &value).unwrap();
            if key.prefix() == prefix::ACCOUNT {
                let account = crate::query::decode_account(&value).unwrap();
                sum = sum.checked_add(account.balance).unwrap();
            }
        }
        let held = self.balance(self.protocol.stake);
        records.check(self.epoch(), units(held)).unwrap();
        assert_eq!(self.supply().total(), Some(sum));
    }

    /// Goes on to the next block. The last block of an epoch turns it.
    fn next(&mut self) -> Vec<Event> {
        let mut view = core::mem::take(&mut self.view);
        let is_end = Height::new(self.height).is_epoch_end(EPOCH);
        loop {
            let mut keys = Vec::new();
            block::missing_for_block(&view, &self.moment(), &mut keys).unwrap();
            if is_end {
                block::missing_for_epoch_end(&view, &self.moment(), &mut keys).unwrap();
            }
            keys.retain(|key| !view.knows(key));
            if keys.is_empty() {
                break;
            }
            keys.into_iter().for_each(|key| view.prefetch(key, None));
        }
        let moment = self.moment();
        let mut events = block::pay_unbonding(&mut view, &moment).unwrap();
        if is_end {
            events.extend(block::end_epoch_commissions(&mut view, &moment).unwrap());
            events.extend(block::end_epoch_conversions(&mut view, &moment).unwrap());
            events.extend(block::end_epoch_leaving(&mut view, &moment).unwrap());
            validators::choose(&mut view, &moment).unwrap();
            events.extend(block::end_epoch_removals(&mut view, &moment).unwrap());
        }
        view.commit();
        self.view = view;
        self.height += 1;
        self.check();
        events
    }

    /// Goes on until the first block of the next epoch.
    fn turn(&mut self) -> Vec<Event> {
        let epoch = self.epoch();
        let mut events = Vec::new();
        while self.epoch() == epoch {
            events.extend(self.next());
        }
        events
    }

    fn skip(&mut self, blocks: u64) -> Vec<Event> {
        (0..blocks).flat_map(|_| self.next()).collect()
    }

    /// Validator `n` earns, for all of its delegators.
    fn reward(&mut self, n: u8, amount: u128) {
        let stake = self.protocol.stake;
        self.run(|view, _| {
            bank::mint(view, &stake, units(amount))?;
            api::add_reward(view, &key(n), units(amount))
        });
        self.check();
    }

    fn slash(&mut self, n: u8, fraction: u32, since: u64) -> SlashResult {
        let order = SlashOrder {
            fraction: ppm(fraction),
            since: Height::new(since),
            reason: SlashReason::Downtime,
            reward: None,
        };
        let result = self.run(|view, moment| api::slash(view, moment, &key(n), order));
        self.check();
        result
    }

    fn jail(&mut self, n: u8) {
        let until = self.moment().after(Period::blocks(50));
        self.run(|view, _| api::jail(view, &key(n), until));
    }

    fn eject(&mut self, n: u8) {
        self.run(|view, _| api::eject(view, &key(n)));
        self.check();
    }

    fn account(&self, address: Address) -> Account {
        self.read(|view| accounts::load(view, &address)).unwrap_or_default()
    }

    fn balance(&self, address: Address) -> u128 {
        self.account(address).balance.units()
    }

    fn supply(&self) -> Supply {
        let record = self.view.get(&bank::SUPPLY).unwrap().unwrap();
        crate::query::decode_supply(record).unwrap()
    }

    fn validator(&self, n: u8) -> Validator {
        self.read(|view| api::require_validator(view, &key(n)))
    }

    fn is_registered(&self, n: u8) -> bool {
        self.read(|view| api::load_validator(view, &key(n))).is_some()
    }

    fn tokens(&self, n: u8) -> u128 {
        self.validator(n).tokens.units()
    }

    fn delegation(&self, who: Address, n: u8) -> Option<Delegation> {
        self.read(|view| store::load_delegation(view, &who, &key(n)))
    }

    fn delegator(&self, who: Address) -> Delegator {
        self.read(|view| store::load_delegator(view, &who))
    }

    fn entry(&self, number: u64) -> Unbonding {
        self.read(|view| store::require_unbonding(view, number))
    }

    fn queue(&self) -> Queue {
        self.read(|view| store::load_queue(view))
    }

    fn totals(&self) -> Totals {
        self.read(|view| api::load_totals(view))
    }

    fn set(&self, epoch: u64) -> ValidatorSet {
        self.read(|view| validators::load_set(view, Epoch::new(epoch)))
    }

    fn members(&self, epoch: u64) -> Vec<ValidatorKey> {
        self.set(epoch).entries().iter().map(|entry| entry.key).collect()
    }

    /// What an account owns of a validator, as the API says it.
    fn owned(&self, who: Address, n: u8) -> Owned {
        let Some(delegation) = self.delegation(who, n) else { return Owned::default() };
        let now = self.moment().now();
        let conversion = query::conversion_needed(&delegation, now.epoch)
            .and_then(|epoch| self.read(|view| store::load_conversion(view, &key(n), epoch)));
        let slashes: Vec<_> = query::slashes_needed(&delegation)
            .map(|from| (from, self.read(|view| api::load_slashes(view, &from))))
            .collect();
        query::owned(self.validator(n), delegation, now, conversion, &slashes).unwrap()
    }

    fn worth(&self, who: Address, n: u8) -> u128 {
        self.owned(who, n).worth.total.units()
    }

    fn due_in(&self, blocks: u64) -> Due {
        Period::blocks(blocks).from(self.moment().height, self.moment().time)
    }
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
