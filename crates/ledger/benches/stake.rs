//! Prints what stake costs: blocks of 1,000 messages of stake beside blocks of 1,000 transfers, and
//! the turn of an epoch, with 100 active validators, 500 candidates and 1,000,000 delegations. Takes
//! about a minute, most of it to delegate. Run with `cargo bench -p althing-ledger --bench stake`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a program for developers")]
#![allow(clippy::disallowed_types, reason = "a benchmark reads the clock; the ledger does not")]

mod common;

use althing_ledger::{ApplyError, BeginError, BlockContext, Ledger, Outcome, query};
use althing_state::{Missing, StateKey, StateValue, View as StateView};
use althing_types::{
    Address, Allocation, Amount, Authorization, Gas, GasPrice, Genesis, GenesisValidator, Height,
    Nonce, Payload, Period, Ppm, SignedTransaction, Text, Timestamp, Transaction, Transfer,
    ValidatorKey, View, hash,
    message::{
        Delegate, Possession, Redelegate, Registration, Stake, Undelegate, ValidatorDetails,
    },
};
use common::{Random, authorization};
use commonware_cryptography::{Signer as _, ed25519};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

const ACTIVE: usize = 100;
const CANDIDATES: usize = 500;
const USERS: usize = 112_000;
/// Delegations of each.
const EACH: usize = 9;
const MESSAGES: usize = 1_000;
const EPOCHS: u64 = 20;

fn tokens(count: u64) -> Amount {
    Amount::from_tokens(count).unwrap()
}

fn validator_key(number: usize) -> ValidatorKey {
    let key = ed25519::PrivateKey::from_seed(number as u64);
    ValidatorKey::from_public_key(&key.public_key())
}

fn genesis() -> Genesis {
    let validators = (0..ACTIVE).map(|number| GenesisValidator {
        name: format!("validator {number}").parse().unwrap(),
        website: Text::default(),
        description: Text::default(),
        key: validator_key(number),
        endpoint: format!("10.0.0.{number}:4000"),
        account: authorization(USERS + number).address(),
        stake: tokens(10_000 + number as u64),
        commission: Ppm::new(50_000).unwrap(),
    });
    let allocations = (0..USERS + CANDIDATES).map(|user| Allocation {
        address: authorization(user).address(),
        amount: tokens(100_000),
        vesting: None,
    });
    let (validators, allocations) = (validators.collect(), allocations.collect());
    let mut genesis = Genesis { validators, allocations, ..common::genesis(&[]) };
    genesis.params.epoch_length = 10;
    genesis.params.staking.max_validators = ACTIVE as u64;
    genesis.params.staking.unbonding = Period::blocks(200);
    genesis.params.staking.max_unbonding_per_epoch = Ppm::ONE;
    genesis.normalized().unwrap()
}

struct Chain {
    ledger: Ledger,
    authorizations: Vec<Authorization>,
    addresses: Vec<Address>,
    keys: Vec<ValidatorKey>,
    nonces: Vec<u64>,
    state: BTreeMap<StateKey, StateValue>,
    height: u64,
    random: Random,
}

/// What a block took, without its reads from the state.
#[derive(Clone, Copy, Default)]
struct Cost {
    begin: Duration,
    apply: Duration,
    finish: Duration,
    /// Records that were read or written, each once.
    touched: usize,
    written: usize,
    /// How often reads had to be fetched on the way.
    rounds: usize,
}

impl Cost {
    fn total(&self) -> Duration {
        self.begin + self.apply + self.finish
    }
}

impl Chain {
    fn new() -> Self {
        let genesis = Arc::new(genesis());
        let authorizations: Vec<_> = (0..USERS + CANDIDATES).map(authorization).collect();
        Self {
            ledger: Ledger::new(genesis).unwrap(),
            addresses: authorizations.iter().map(Authorization::address).collect(),
            authorizations,
            keys: (0..ACTIVE).map(validator_key).collect(),
            nonces: vec![0; USERS + CANDIDATES],
            state: BTreeMap::new(),
            height: 0,
            random: Random(0x9e37_79b9_7f4a_7c15),
        }
    }

    fn context(&self) -> BlockContext {
        let genesis = self.ledger.genesis();
        let height = Height::new(self.height + 1);
        let epoch = height.epoch(genesis.params.epoch_length);
        let view = View::new(height.get() % genesis.params.epoch_length + 1);
        let set = match self.state.get(&query::validators_key(epoch)) {
            Some(set) => query::decode_validators(set).unwrap(),
            None => genesis.validator_set().unwrap(),
        };
        let proposer = set.leader(epoch, view).key;
        let parent_view = view.previous().unwrap();
        let timestamp = Timestamp::new(height.get() * 1_000);
        let (parent, reveal) = (hash::zero(), hash::zero());
        BlockContext { height, epoch, timestamp, proposer, view, parent_view, parent, reveal }
    }

    fn transaction(&mut self, user: usize, payload: Payload) -> SignedTransaction {
        let nonce = self.nonces[user];
        self.nonces[user] += 1;
        let body = Transaction {
            chain_id: self.ledger.genesis().chain_id,
            sender: self.addresses[user],
            nonce: Nonce::new(nonce),
            gas_limit: Gas::new(100_000),
            gas_price: GasPrice::new(1_000_000_000),
            valid_until: Height::new(self.height + 50),
            memo: String::new(),
            payload,
        };
        SignedTransaction::new(body, self.authorizations[user].clone())
    }

    fn fetch(&self, view: &mut StateView, keys: &[StateKey], touched: &mut Vec<StateKey>) {
        for key in keys {
            view.prefetch(*key, self.state.get(key).cloned());
        }
        touched.extend_from_slice(keys);
    }

    fn block(&mut self, transactions: &[SignedTransaction]) -> (Outcome, Cost) {
        let context = self.context();
        let mut cost = Cost::default();
        let mut touched = Vec::new();
        let mut keys = self.ledger.block_keys(&context);
        for transaction in transactions {
            self.ledger.transaction_keys(transaction, &mut keys);
        }
        keys.sort_unstable();
        keys.dedup();
        let mut view = StateView::with_capacity(keys.len());
        self.fetch(&mut view, &keys, &mut touched);
        let mut block = loop {
            let start = Instant::now();
            let result = self.ledger.begin(context, view);
            cost.begin += start.elapsed();
            match result {
                Ok(block) => break block,
                Err((mut back, BeginError::Missing(Missing(keys)))) => {
                    self.fetch(&mut back, &keys, &mut touched);
                    cost.rounds += 1;
                    view = back;
                }
                Err((_, error)) => panic!("{error}"),
            }
        };
        for transaction in transactions {
            loop {
                let start = Instant::now();
                let result = block.apply(transaction);
                cost.apply += start.elapsed();
                match result {
                    Ok(()) => break,
                    Err(ApplyError::Missing(Missing(keys))) => {
                        self.fetch(block.view_mut(), &keys, &mut touched);
                        cost.rounds += 1;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        }
        let start = Instant::now();
        let outcome = block.finish().unwrap();
        cost.finish = start.elapsed();
        cost.written = outcome.writes.len();
        touched.extend(outcome.writes.iter().map(|(key, _)| *key));
        touched.sort_unstable();
        touched.dedup();
        cost.touched = touched.len();
        for (key, value) in &outcome.writes {
            match value {
                Some(value) => self.state.insert(*key, value.clone()),
                None => self.state.remove(key),
            };
        }
        self.height += 1;
        (outcome, cost)
    }

    /// Registers candidates that have too little stake to be chosen.
    fn crowd(&mut self) {
        let registrations = (ACTIVE..CANDIDATES).map(|number| {
            let operator = USERS + number;
            let secret = ed25519::PrivateKey::from_seed(number as u64);
            let chain = self.ledger.genesis().chain_id;
            let claim = Possession { chain, operator: self.addresses[operator] };
            let name = format!("candidate {number}").parse().unwrap();
            let registration = Registration {
                details: ValidatorDetails { name, ..ValidatorDetails::default() },
                endpoint: format!("10.1.0.1:{number}").parse().unwrap(),
                commission: Ppm::ZERO,
                possession: claim.sign(&secret),
            };
            let stake = Stake {
                validator: validator_key(number),
                amount: tokens(1_000),
                registration: Some(registration),
            };
            (operator, Payload::Stake(stake))
        });
        let registrations: Vec<_> = registrations.collect();
        let registrations: Vec<_> =
            registrations.into_iter().map(|(user, stake)| self.transaction(user, stake)).collect();
        self.all(&registrations);
    }

    /// A block whose transactions all succeed.
    fn all(&mut self, transactions: &[SignedTransaction]) -> Cost {
        let (outcome, cost) = self.block(transactions);
        let failed = outcome.receipts.iter().find(|receipt| !receipt.code.is_ok());
        assert!(failed.is_none(), "{failed:?}");
        cost
    }

    /// The validator of a user's delegation `number`: a user has nine, and may have a tenth.
    fn validator(&self, user: usize, number: usize) -> ValidatorKey {
        self.keys[(user + 11 * number) % ACTIVE]
    }

    /// Every user delegates to nine validators.
    fn delegate(&mut self) {
        for number in 0..EACH {
            for first in (0..USERS).step_by(4_000) {
                let users = first..(first + 4_000).min(USERS);
                let messages: Vec<SignedTransaction> = users
                    .map(|user| {
                        let validator = self.validator(user, number);
                        let amount = tokens(500);
                        self.transaction(user, Payload::Delegate(Delegate { validator, amount }))
                    })
                    .collect();
                self.all(&messages);
            }
        }
        let totals = query::decode_totals(&self.state[&query::totals_key()]).unwrap();
        println!(
            "{} delegations of {USERS} accounts to {ACTIVE} validators, {CANDIDATES} candidates, {} \
             records",
            totals.delegations,
            self.state.len(),
        );
    }

    /// Delegations, additions to them, withdrawals, moves, stakes.
    fn messages(&mut self, round: usize) -> Vec<SignedTransaction> {
        let mut messages = Vec::with_capacity(MESSAGES);
        for number in 0..MESSAGES {
            let user = (round * MESSAGES + number) % USERS;
            let [own, other, new] = [0, 1, EACH].map(|number| self.validator(user, number));
            let amount = Some(tokens(150));
            let payload = match number % 10 {
                0..=2 => Payload::Delegate(Delegate { validator: new, amount: tokens(200) }),
                3 | 4 => Payload::Delegate(Delegate { validator: own, amount: tokens(200) }),
                5..=7 => Payload::Undelegate(Undelegate { validator: own, amount }),
                8 => Payload::Redelegate(Redelegate { from: own, to: other, amount }),
                _ => {
                    let operator = USERS + number / 10 % ACTIVE;
                    let validator = self.keys[operator - USERS];
                    let stake = Stake { validator, amount: tokens(1), registration: None };
                    let message = self.transaction(operator, Payload::Stake(stake));
                    messages.push(message);
                    continue;
                }
            };
            let message = self.transaction(user, payload);
            messages.push(message);
        }
        messages
    }

    fn transfers(&mut self) -> Vec<SignedTransaction> {
        (0..MESSAGES)
            .map(|_| {
                let (user, to) = (self.random.below(USERS), self.random.below(USERS));
                let to = self.addresses[to];
                self.transaction(user, Payload::Transfer(Transfer { to, amount: Amount::new(9) }))
            })
            .collect()
    }
}

/// The best of many: the machine may do other things too.
fn best(costs: Vec<Cost>) -> Cost {
    costs.into_iter().min_by_key(Cost::total).unwrap()
}

fn print(name: &str, cost: &Cost) {
    println!(
        "{name:>10}: {:?} (begin {:?}, apply {:?}, finish {:?}), {} records touched, {} written, \
         {} fetches on the way",
        cost.total(),
        cost.begin,
        cost.apply,
        cost.finish,
        cost.touched,
        cost.written,
        cost.rounds,
    );
}

fn main() {
    let mut chain = Chain::new();
    chain.block(&[]);
    chain.crowd();
    chain.delegate();
    let (mut stakes, mut transfers, mut turns) = (Vec::new(), Vec::new(), Vec::new());
    let length = chain.ledger.genesis().params.epoch_length;
    let mut round = 0;
    chain.block(&[]);
    while !chain.height.is_multiple_of(length) {
        chain.block(&[]);
    }
    let end = chain.height + EPOCHS * length;
    while chain.height < end {
        let is_turn = (chain.height + 2).is_multiple_of(length);
        if is_turn {
            turns.push(chain.block(&[]).1);
        } else if chain.height.is_multiple_of(2) {
            let messages = chain.transfers();
            transfers.push(chain.block(&messages).1);
        } else if round < USERS / MESSAGES {
            let messages = chain.messages(round);
            round += 1;
            stakes.push(chain.all(&messages));
        } else {
            chain.block(&[]);
        }
    }
    transfers.truncate(stakes.len());
    let worst = turns.iter().map(Cost::total).max().unwrap();
    let (stakes, transfers, turns) = (best(stakes), best(transfers), best(turns));
    print("transfers", &transfers);
    print("stake", &stakes);
    print("epoch turn", &turns);
    println!("the slowest of all turns: {worst:?}");
    let cost = stakes.total().as_secs_f64() / transfers.total().as_secs_f64();
    let touched = stakes.touched as f64 / transfers.touched as f64;
    println!(
        "stake costs {cost:.2} of transfers and touches {touched:.2} of their records: {:.2} a record",
        cost / touched,
    );
}
