//! A chain of several validators on which plans are played, and what everybody owns in the end.

use crate::common::{Chain, genesis, tokens};
use althing_ledger::{query, staking};
use althing_types::{
    Address, Allocation, Amount, Authorization, Code, Epoch, Event, Evidence, Gas, GasPrice,
    Genesis, GenesisValidator, Height, Nonce, Payload, Period, Ppm, SignedTransaction, Text,
    Transaction, ValidatorDetails, ValidatorKey, View, consensus_namespace,
    evidence::{Conflict, SignedProposal},
    hash::sha256,
    message::{Delegate, Possession, Redelegate, Registration, Stake, Undelegate, Unstake},
    params::{EmissionParams, FeeSplit},
    validator::sign,
};
use commonware_codec::Encode as _;
use commonware_cryptography::{Signer as _, ed25519};
use std::collections::{BTreeMap, BTreeSet};

/// Blocks of an epoch.
pub const EPOCH: u64 = 20;
/// Blocks that unbonding takes.
pub const UNBONDING: u64 = 50;
/// What every user and every operator owns at first, in tokens.
pub const PURSE: u64 = 5_000_000;

/// An account that the test controls.
pub type User = u32;

/// The account that operates validator `number`.
pub const fn operator(number: usize) -> User {
    1_000_000 + number as User
}

fn authorization(user: User) -> Authorization {
    let mut public_key = [7; 32];
    public_key[..4].copy_from_slice(&user.to_be_bytes());
    Authorization::Ed25519 { public_key, signature: [0; 64] }
}

pub fn address(user: User) -> Address {
    authorization(user).address()
}

pub fn secret(number: usize) -> ed25519::PrivateKey {
    ed25519::PrivateKey::from_seed(number as u64)
}

/// The key of validator `number`.
pub fn key(number: usize) -> ValidatorKey {
    ValidatorKey::from_public_key(&secret(number).public_key())
}

pub fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

/// Validators with these own stakes in tokens, and users `0..users`. Change the rest before it
/// starts.
pub fn plan(stakes: &[u64], users: User) -> Genesis {
    let validators = stakes.iter().enumerate().map(|(number, stake)| GenesisValidator {
        name: format!("validator {number}").parse().unwrap(),
        website: Text::default(),
        description: Text::default(),
        key: key(number),
        endpoint: format!("127.0.0.1:{}", 4_000 + number),
        account: address(operator(number)),
        stake: tokens(*stake),
        commission: ppm(100_000),
    });
    let owners = (0..users).chain((0..stakes.len() + 8).map(operator));
    let allocations = owners.map(|user| Allocation {
        address: address(user),
        amount: tokens(PURSE),
        vesting: None,
    });
    let (validators, allocations) = (validators.collect(), allocations.collect());
    let mut genesis = Genesis { validators, allocations, ..genesis() };
    let params = &mut genesis.params;
    params.epoch_length = EPOCH;
    params.fee_split = FeeSplit::devnet();
    params.emission = EmissionParams::devnet();
    params.staking.min_validator_stake = tokens(1_000);
    params.staking.max_validators = 20;
    params.staking.power_cap_from = 100;
    params.staking.unbonding = Period::blocks(UNBONDING);
    params.min_gas_price = GasPrice::new(0);
    params.registry.node_allowance = Amount::ZERO;
    genesis
}

/// Rewards by a yearly rate on each one's own stake, as on the main network: what one loses moves
/// nobody else's part of the next epochs. Where the pot is fixed, whoever loses stake earns a smaller
/// part of it afterwards, and all others a larger one.
pub fn by_rate(mut genesis: Genesis) -> Genesis {
    genesis.params.emission = EmissionParams::mainnet();
    genesis.reserve = tokens(1_000_000);
    genesis
}

/// A chain with whoever is switched off, and all events so far.
pub struct World {
    pub chain: Chain,
    /// Validators that do not propose.
    pub dead: BTreeSet<ValidatorKey>,
    pub events: Vec<Event>,
    /// What transactions pay for gas: nothing at first, so that rounding shows to the unit.
    pub price: u64,
}

impl World {
    /// After block 1.
    pub fn new(genesis: Genesis) -> Self {
        let mut chain = Chain::new(genesis.normalized().unwrap());
        chain.interval = 600_000;
        let mut world = Self { chain, dead: BTreeSet::new(), events: Vec::new(), price: 0 };
        world.idle(1);
        world
    }

    /// The epoch of the next block.
    pub fn epoch(&self) -> u64 {
        (self.chain.height + 1) / EPOCH
    }

    fn transaction(&self, user: User, earlier: u64, payload: Payload) -> SignedTransaction {
        let nonce = self.chain.account(address(user)).nonce.get() + earlier;
        let body = Transaction {
            chain_id: "ledger-test".parse().unwrap(),
            sender: address(user),
            nonce: Nonce::new(nonce),
            gas_limit: Gas::new(200_000),
            gas_price: GasPrice::new(self.price),
            valid_until: Height::new(self.chain.height + 50),
            memo: String::new(),
            payload,
        };
        SignedTransaction::new(body, authorization(user))
    }

    /// One block with these transactions, all of which enter it, by the next leader who is alive.
    pub fn block(&mut self, messages: Vec<(User, Payload)>) -> Vec<Code> {
        let mut earlier: BTreeMap<User, u64> = BTreeMap::new();
        let transactions: Vec<SignedTransaction> = messages
            .into_iter()
            .map(|(user, payload)| {
                let count = earlier.entry(user).or_default();
                *count += 1;
                self.transaction(user, *count - 1, payload)
            })
            .collect();
        while self.dead.contains(&self.chain.next().proposer) {
            self.chain.skip += 1;
        }
        let (outcome, results) = self.chain.advance(&transactions);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let receipts = &outcome.receipts;
        self.events.extend(receipts.iter().flat_map(|receipt| receipt.events.clone()));
        receipts[..transactions.len()].iter().map(|receipt| receipt.code).collect()
    }

    /// One block with one transaction.
    pub fn send(&mut self, user: User, payload: Payload) -> Code {
        self.block(vec![(user, payload)])[0]
    }

    /// One block with one transaction that must succeed.
    pub fn must(&mut self, user: User, payload: Payload) {
        assert_eq!(self.send(user, payload), Code::OK);
    }

    /// So many blocks without transactions.
    pub fn idle(&mut self, blocks: u64) {
        for _ in 0..blocks {
            self.block(Vec::new());
        }
    }

    /// Blocks until the next one is of this height.
    pub fn until(&mut self, height: u64) {
        assert!(self.chain.height < height, "too late");
        self.idle(height - 1 - self.chain.height);
    }

    /// Blocks until the next one is the last of its epoch.
    pub fn until_last(&mut self) {
        while !(self.chain.height + 2).is_multiple_of(EPOCH) {
            self.idle(1);
        }
    }

    /// Blocks until the next one is the first of an epoch; a whole epoch if it is now.
    pub fn until_first(&mut self) {
        self.idle(1);
        while !(self.chain.height + 1).is_multiple_of(EPOCH) {
            self.idle(1);
        }
    }

    pub fn epochs(&mut self, count: u64) {
        (0..count).for_each(|_| self.until_first());
    }

    pub fn validator(&self, number: usize) -> staking::Validator {
        self.chain.validator(key(number))
    }

    pub fn is_member(&self, number: usize, epoch: u64) -> bool {
        self.chain.set(Epoch::new(epoch)).position(&key(number)).is_some()
    }

    fn read<T>(
        &self,
        key: althing_state::StateKey,
        decode: impl FnOnce(&[u8]) -> Result<T, commonware_codec::Error>,
    ) -> Option<T> {
        self.chain.state.get(&key).map(|value| decode(value).unwrap())
    }

    pub fn delegation(&self, user: User, number: usize) -> Option<staking::Delegation> {
        let at = query::delegation_key(address(user), key(number));
        self.read(at, query::decode_delegation)
    }

    pub fn slashes(&self, validator: ValidatorKey) -> staking::Slashes {
        self.read(query::slashes_key(validator), query::decode_slashes).unwrap_or_default()
    }

    pub fn balance(&self, user: User) -> u128 {
        self.chain.account(address(user)).balance.units()
    }

    /// What a user's stake in a validator is worth, in base units.
    pub fn stake(&self, user: User, validator: ValidatorKey) -> u128 {
        let at = query::delegation_key(address(user), validator);
        let Some(delegation) = self.read(at, query::decode_delegation) else { return 0 };
        let now = staking::Now {
            height: Height::new(self.chain.height + 1),
            epoch: Epoch::new(self.epoch()),
            time: althing_types::Timestamp::new(self.chain.time + self.chain.interval),
        };
        let conversion = staking::query::conversion_needed(&delegation, now.epoch).map(|epoch| {
            let at = query::conversion_key(validator, epoch);
            self.read(at, query::decode_conversion).unwrap()
        });
        let sources: Vec<_> = staking::query::slashes_needed(&delegation)
            .map(|from| (from, self.slashes(from)))
            .collect();
        let settled = staking::query::settle(
            self.chain.validator(validator),
            delegation,
            now,
            conversion,
            &sources,
        )
        .unwrap();
        staking::query::worth(&settled.validator, &settled.delegation).unwrap().total.units()
    }

    /// All that a user owns, in base units: balance, stakes, what unbonds; without slashes that
    /// are decided and not taken yet.
    pub fn wealth(&self, user: User) -> u128 {
        let lists = self.read(query::delegator_key(address(user)), query::decode_delegator);
        let lists = lists.unwrap_or_default();
        let stakes = lists.validators.iter().map(|validator| self.stake(user, *validator));
        let unbonding = lists.unbonding.iter().map(|number| {
            let entry = self.read(query::unbonding_key(*number), query::decode_unbonding).unwrap();
            let staking::Slashes(slashes) = self.slashes(entry.validator);
            slashes
                .iter()
                .skip(entry.slashes as usize)
                .filter(|slash| slash.since <= entry.began)
                .fold(entry.amount.units(), |left, slash| {
                    left - (left * u128::from(slash.fraction.get())).div_ceil(1_000_000)
                })
        });
        self.balance(user) + stakes.sum::<u128>() + unbonding.sum::<u128>()
    }

    pub fn wealth_of(&self, users: &[User]) -> u128 {
        users.iter().map(|user| self.wealth(*user)).sum()
    }

    pub fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| is(event)).count()
    }

    pub fn jails(&self) -> usize {
        self.count(|event| matches!(event, Event::Jailed { .. }))
    }

    /// Two votes of validator `number` for different blocks in one view of `epoch`.
    pub fn double_vote(&self, number: usize, epoch: u64) -> Evidence {
        let genesis = self.chain.ledger.genesis().hash();
        let (epoch, view) = (Epoch::new(epoch), View::new(3));
        let vote = |block: &[u8]| {
            let (parent, block) = (View::new(2), sha256(&[block]));
            let mut namespace = consensus_namespace(&genesis);
            namespace.extend_from_slice(b"_NOTARIZE");
            let message = [epoch.encode(), view.encode(), parent.encode(), block.encode()].concat();
            SignedProposal { parent, block, signature: sign(&secret(number), &namespace, &message) }
        };
        let conflict = Conflict::Notarize { first: vote(b"one"), second: vote(b"other") };
        Evidence { validator: key(number), epoch, view, conflict }
    }
}

/// What validator `number` registers with.
pub fn register(number: usize, amount: u64) -> Payload {
    let chain = "ledger-test".parse().unwrap();
    let claim = Possession { chain, operator: address(operator(number)) };
    let name = format!("validator {number}").parse().unwrap();
    let registration = Registration {
        details: ValidatorDetails { name, ..ValidatorDetails::default() },
        endpoint: format!("127.0.0.1:{}", 4_000 + number).parse().unwrap(),
        commission: ppm(100_000),
        possession: claim.sign(&secret(number)),
    };
    let registration = Some(registration);
    Payload::Stake(Stake { validator: key(number), amount: tokens(amount), registration })
}

pub fn stake(number: usize, amount: Amount) -> Payload {
    Payload::Stake(Stake { validator: key(number), amount, registration: None })
}

pub const fn unstake(amount: Option<Amount>) -> Payload {
    Payload::Unstake(Unstake { amount })
}

pub fn delegate(number: usize, amount: Amount) -> Payload {
    Payload::Delegate(Delegate { validator: key(number), amount })
}

pub fn undelegate(number: usize, amount: Option<Amount>) -> Payload {
    Payload::Undelegate(Undelegate { validator: key(number), amount })
}

pub fn redelegate(from: usize, to: usize, amount: Option<Amount>) -> Payload {
    Payload::Redelegate(Redelegate { from: key(from), to: key(to), amount })
}

pub fn evidence(evidence: Evidence) -> Payload {
    Payload::SubmitEvidence(althing_types::message::SubmitEvidence { evidence })
}

/// What an attack brought to those who tried it, next to a twin of the chain on which they did not:
/// printed, and never more than nothing.
#[derive(Clone, Copy)]
pub struct Verdict {
    attack: i128,
    victims: i128,
}

impl Verdict {
    /// Compares what `attackers` and `victims` own on both chains.
    pub fn of(attack: &World, twin: &World, attackers: &[User], victims: &[User]) -> Self {
        let difference = |users: &[User]| {
            attack.wealth_of(users).cast_signed() - twin.wealth_of(users).cast_signed()
        };
        Self { attack: difference(attackers), victims: difference(victims) }
    }

    /// Prints it, and fails if the attackers gained.
    pub fn expect_no_gain(self, scenario: &str) {
        let coins = |units: i128| {
            let (sign, units) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
            format!("{sign}{} CPC", Amount::new(units).to_tokens())
        };
        let Self { attack, victims } = self;
        println!("{scenario}: attackers {}, others {}", coins(attack), coins(victims));
        assert!(attack <= 0, "{scenario} pays: {}", coins(attack));
    }
}
