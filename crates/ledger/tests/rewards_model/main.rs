//! Random sequences of all messages over 1,000 epochs, against a model that keeps every delegation
//! by itself: money, limits, sets, punishments and rewards are to the unit what the model says, and
//! no claim differs by more than one base unit a claim.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test of several files")]

#[path = "../common/mod.rs"]
mod common;
mod model;
mod replay;

use althing_ledger::{query, staking};
use althing_types::{
    Address, Amount, ChainParams, Epoch, Evidence, Payload, Period, Ppm, SignedTransaction,
    Timestamp, Transfer, ValidatorKey, View,
    message::{
        Delegate, Redelegate, Stake, SubmitEvidence, Undelegate, Unjail, Unstake, UpdateValidator,
    },
    params::Schedule,
};
use common::{Chain, address, network::*, tokens};
use model::{Model, Part};
use ruint::aliases::U512;
use std::collections::{BTreeMap, VecDeque};

const USERS: usize = 30;
const OPERATORS: usize = 100;
const FIRST: usize = 8;
const EPOCHS: u64 = 1_000;

/// Xorshift64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// Between so many tokens, down to the base unit.
    fn amount(&mut self, from: u64, to: u64) -> Amount {
        let span = tokens(to - from).units();
        let wide = u128::from(self.next()) * 1_000_003 + u128::from(self.next());
        Amount::new(tokens(from).units() + wide % span)
    }
}

fn params() -> ChainParams {
    let mut params = ChainParams { epoch_length: 10, ..ChainParams::devnet() };
    params.max_validity_blocks = 100;
    params.fee_split = althing_types::params::FeeSplit {
        proposer: Ppm::new(333_333).unwrap(),
        stakers: Ppm::new(200_001).unwrap(),
        treasury: Ppm::new(66_667).unwrap(),
        burn: Ppm::new(399_999).unwrap(),
    };
    params.staking.max_validators = 8;
    params.staking.max_candidates = 12;
    params.staking.max_validators_per_delegator = 4;
    params.staking.power_cap = Ppm::new(200_000).unwrap();
    params.staking.unbonding = Period::blocks(35);
    params.staking.commission_cooldown = Period::blocks(40);
    params.staking.commission_announcement = Period::blocks(15);
    params.slashing.max_consecutive_misses = 5;
    params.slashing.jail = Period::blocks(30);
    params.slashing.unjail_fee = tokens(10);
    params.emission.schedule = Schedule::Halving { initial: tokens(20), period: 3_000 };
    params.emission.validator_cap = tokens(12);
    params.emission.miner_pool_cap = tokens(500);
    params
}

struct World {
    random: Random,
    chain: Chain,
    model: Model,
    /// Validators that are switched off, by number, with the height at which they come back.
    down: BTreeMap<usize, u64>,
    /// The keys of all validators, by number.
    keys: Vec<ValidatorKey>,
    /// The next validator that has never registered.
    fresh: usize,
    outcomes: BTreeMap<&'static str, u64>,
}

impl World {
    fn new(seed: u64) -> Self {
        let stakes: Vec<Amount> =
            (0..FIRST).map(|number| tokens(3_000 + 100 * number as u64)).collect();
        let mut genesis = network(&stakes, USERS, OPERATORS, tokens(200_000));
        genesis.params = params();
        let genesis = genesis.normalized().unwrap();
        let balances = genesis.allocations.iter().map(|one| (one.address, one.amount.units()));
        let first: Vec<_> =
            genesis.validators.iter().map(|entry| (entry.key, entry.stake.units())).collect();
        let mut model = Model {
            params: genesis.params.clone(),
            balances: balances.collect(),
            treasury_told: 0,
            members: BTreeMap::new(),
            parts: BTreeMap::new(),
            slashes: BTreeMap::new(),
            queue: VecDeque::new(),
            sets: [(0, first.clone()), (1, first)].into(),
            height: 0,
            epoch: 0,
            pool: 0,
            minted: 0,
            worst: U512::ZERO,
            claims: 0,
        };
        for entry in &genesis.validators {
            let mut member = replay::new_member(entry.account, entry.commission.get(), 0);
            (member.tokens, member.epoch_tokens) = (entry.stake.units(), entry.stake.units());
            member.chosen_until = Some(1);
            model.members.insert(entry.key, member);
            let free = model::exact(entry.stake.units());
            model.parts.insert((entry.key, entry.account), Part { free, ..Part::default() });
        }
        let mut chain = Chain::new(genesis);
        chain.audit_every = 7;
        chain.interval = 1_000;
        let (down, outcomes) = (BTreeMap::new(), BTreeMap::new());
        let keys = (0..=OPERATORS).map(validator_key).collect();
        Self { random: Random(seed), chain, model, down, keys, fresh: FIRST, outcomes }
    }

    fn number_of(&self, key: ValidatorKey) -> usize {
        self.keys.iter().position(|known| *known == key).unwrap()
    }

    /// A validator that is registered, more often one that can be delegated to.
    fn some_validator(&mut self) -> ValidatorKey {
        let is_open = |member: &model::Member| !member.ejected && !member.leaving;
        let open = self.model.members.iter().filter(|(_, member)| is_open(member));
        let open: Vec<ValidatorKey> = open.map(|(key, _)| *key).collect();
        let all: Vec<ValidatorKey> = self.model.members.keys().copied().collect();
        let from = if open.is_empty() || self.random.below(40) == 0 { &all } else { &open };
        from[self.random.below(from.len())]
    }

    /// One of the validators that a user has something with.
    fn own_validator(&mut self, user: usize) -> ValidatorKey {
        let owner = address(user);
        let mine = self.model.parts.keys().filter(|(_, by)| *by == owner);
        let mine: Vec<ValidatorKey> = mine.map(|(key, _)| *key).collect();
        if mine.is_empty() { self.some_validator() } else { mine[self.random.below(mine.len())] }
    }

    /// A user and what it asks for.
    fn action(&mut self) -> (usize, Payload) {
        let user = self.random.below(USERS);
        match self.random.below(100) {
            0..=24 => {
                let (validator, amount) = (self.some_validator(), self.random.amount(50, 2_000));
                (user, Payload::Delegate(Delegate { validator, amount }))
            }
            25..=39 => {
                let validator = self.own_validator(user);
                let amount = (self.random.below(3) > 0).then(|| self.random.amount(1, 800));
                (user, Payload::Undelegate(Undelegate { validator, amount }))
            }
            40..=54 => {
                let (from, to) = (self.own_validator(user), self.some_validator());
                let amount = (self.random.below(2) > 0).then(|| self.random.amount(100, 900));
                (user, Payload::Redelegate(Redelegate { from, to, amount }))
            }
            55..=59 => {
                let (to, amount) = (address(self.random.below(USERS)), self.random.amount(1, 50));
                (user, Payload::Transfer(Transfer { to, amount }))
            }
            60 if self.random.below(3) == 0 => {
                let evidence = self.evidence();
                (user, Payload::SubmitEvidence(SubmitEvidence { evidence }))
            }
            _ => self.operation(),
        }
    }

    /// What an operator asks for.
    fn operation(&mut self) -> (usize, Payload) {
        let missing = self.model.members.values().filter(|member| !member.ejected).count() < 10;
        if missing && self.fresh < OPERATORS && self.random.below(4) == 0 {
            let number = self.fresh;
            self.fresh += 1;
            let commission = Ppm::new(self.random.below(200_001) as u32).unwrap();
            let registration = Some(registration(number, commission));
            let (validator, amount) = (self.keys[number], self.random.amount(1_000, 3_000));
            let stake = Stake { validator, amount, registration };
            return (operator(number), Payload::Stake(stake));
        }
        let key = self.some_validator();
        let number = self.number_of(key);
        let payload = match self.random.below(20) {
            0..=4 => {
                let amount = self.random.amount(1, 500);
                Payload::Stake(Stake { validator: key, amount, registration: None })
            }
            5..=7 => Payload::Unstake(Unstake { amount: Some(self.random.amount(1, 600)) }),
            8 if self.random.below(6) == 0 => Payload::Unstake(Unstake { amount: None }),
            8 | 9 => {
                // One that has left may come back.
                let registration = Some(registration(number, Ppm::ZERO));
                let amount = self.random.amount(1_000, 2_000);
                Payload::Stake(Stake { validator: key, amount, registration })
            }
            10..=13 => {
                let commission = Some(Ppm::new(self.random.below(220_000) as u32).unwrap());
                Payload::UpdateValidator(UpdateValidator { commission, ..Default::default() })
            }
            _ => Payload::Unjail(Unjail {}),
        };
        (operator(number), payload)
    }

    /// Good evidence, evidence against somebody who was ejected already, or of a foreign epoch.
    fn evidence(&mut self) -> Evidence {
        let back = self.random.below(20) as u64;
        let epoch = self.model.epoch.saturating_sub(back);
        let present = &self.model.sets[&self.model.epoch];
        let set = self.model.sets.get(&epoch).unwrap_or(present);
        let ejected = set.iter().find(|(key, _)| self.model.members[key].ejected);
        let key = match self.random.below(6) {
            0 => set[self.random.below(set.len())].0,
            1..=3 => ejected.map_or(self.keys[OPERATORS], |(key, _)| *key),
            _ => self.keys[OPERATORS],
        };
        let number = self.number_of(key);
        let chain = self.chain.ledger.genesis().hash();
        double_vote(number, &chain, Epoch::new(epoch), View::new(3))
    }

    /// Switches validators off and on: mostly one at a time, sometimes half of them.
    fn switch(&mut self) {
        let height = self.chain.height;
        self.down.retain(|_, until| *until > height);
        if self.random.below(90) == 0 {
            let until = height + 5 + self.random.below(90) as u64;
            self.down.insert(self.random.below(self.fresh), until);
        }
        if self.random.below(1_500) == 0 {
            for number in 0..self.fresh {
                if self.random.below(2) == 0 {
                    self.down.insert(number, height + 40);
                }
            }
        }
    }

    /// How many views pass before a leader who is up has its turn.
    fn skipped(&self) -> u64 {
        let next = self.chain.next();
        let set = self.chain.set(next.epoch);
        let is_up = |skip: &u64| {
            let view = View::new(next.view.get() + skip);
            let leader = set.leader(next.epoch, view).key;
            !self.down.contains_key(&self.number_of(leader))
        };
        (0..set.entries().len() as u64).find(is_up).unwrap_or_default()
    }

    fn block(&mut self) {
        self.switch();
        self.chain.skip = self.skipped();
        let mut sent: BTreeMap<usize, u64> = BTreeMap::new();
        let mut transactions: Vec<SignedTransaction> = Vec::new();
        for _ in 0..self.random.below(6) {
            let (user, payload) = self.action();
            let earlier = sent.entry(user).or_default();
            transactions.push(self.chain.transaction(user, *earlier, payload));
            *earlier += 1;
        }
        let context = self.chain.next();
        let (outcome, results) = self.chain.advance(&transactions);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        self.model.begin(&context);
        let mut fees = 0;
        for (transaction, receipt) in transactions.iter().zip(&outcome.receipts) {
            self.model.transaction(transaction, receipt);
            fees += receipt.fee.units();
            *self.outcomes.entry(althing_ledger::codes::name_of(receipt.code)).or_default() += 1;
        }
        self.model.end(&context, &outcome, fees);
    }

    /// Compares everything that can be compared.
    fn compare(&mut self) {
        for (address, balance) in &self.model.balances {
            assert_eq!(self.chain.account(*address).balance.units(), *balance, "{address}");
        }
        assert_eq!(self.chain.supply().minted.units(), self.model.minted);
        for (key, member) in &self.model.members {
            let record = self.chain.validator(*key);
            let told = (record.tokens.units(), record.pending.units(), record.commission.get());
            assert_eq!(told, (member.tokens, member.pending, member.commission), "{key}");
        }
        let parts: Vec<_> = self.model.parts.clone().into_iter().collect();
        for ((key, owner), mut part) in parts {
            self.model.settled(&mut part);
            self.model.compare("a delegation", &key, self.worth(key, owner), part.total());
        }
    }

    /// What the records say that a delegation is worth.
    fn worth(&self, key: ValidatorKey, owner: Address) -> u128 {
        let state = &self.chain.state;
        let record = &state[&query::delegation_key(owner, key)];
        let delegation = query::decode_delegation(record).unwrap();
        let (height, time) = (self.chain.height, Timestamp::new(self.chain.time));
        let epoch = Epoch::new(self.model.epoch);
        let now = staking::Now { height: height_of(height), epoch, time };
        let conversion = staking::query::conversion_needed(&delegation, epoch).map(|epoch| {
            query::decode_conversion(&state[&query::conversion_key(key, epoch)]).unwrap()
        });
        let slashes: Vec<_> = staking::query::slashes_needed(&delegation)
            .map(|from| {
                let record = state.get(&query::slashes_key(from));
                let slashes = record.map(|record| query::decode_slashes(record).unwrap());
                (from, slashes.unwrap_or_default())
            })
            .collect();
        let validator = self.chain.validator(key);
        let owned = staking::query::owned(validator, delegation, now, conversion, &slashes);
        owned.unwrap().worth.total.units()
    }
}

fn height_of(height: u64) -> althing_types::Height {
    althing_types::Height::new(height)
}

#[test]
fn a_thousand_epochs_of_every_message_are_what_the_plain_model_says() {
    let mut world = World::new(0x5eed_0f57_a1e5);
    while world.chain.height + 1 < EPOCHS * world.model.params.epoch_length {
        world.block();
        if world.chain.height % 10 == 9 && world.model.epoch.is_multiple_of(5) {
            world.compare();
        }
    }
    world.compare();
    let report = world.chain.audit();
    println!("{} validators registered", world.fresh);
    println!("{:?}", world.outcomes);
    println!(
        "{} blocks executed again, {} claims, worst {} millionths of a unit a claim, {} slashes",
        world.chain.repeats.get(),
        world.model.claims,
        world.model.worst_millionths(),
        world.model.slashes.values().map(Vec::len).sum::<usize>(),
    );
    println!("{report:?}");
    assert!(world.model.worst_millionths() <= 1_000_000);
    for reached in [
        "ok",
        "delegation_too_low",
        "power_cap",
        "unbonding_limit",
        "insufficient_delegation",
        "stake_pending",
        "redelegation_locked",
        "same_validator",
        "too_many_validators",
        "stake_too_low",
        "delegation_dust",
        "validator_exists",
        "validator_ejected",
        "not_jailed",
        "commission_step",
        "commission_cooldown",
        "evidence_foreign",
        "evidence_duplicate",
        "evidence_stale",
    ] {
        assert!(world.outcomes.contains_key(reached), "nothing was {reached}");
    }
}
