//! The chain that is simulated: keys of validators and users, and the genesis.

use crate::plan::{Rules, Scenario};
use althing_engine::types::{PrivateKey, PublicKey};
use althing_types::{
    Address, Allocation, Amount, ChainParams, Gas, Genesis, GenesisValidator, Hash, KeyScheme,
    Period, Ppm, SecretKey, Text, Timestamp, ValidatorKey, hash,
    params::{EmissionParams, Schedule},
};
use commonware_cryptography::Signer as _;
use std::sync::Arc;

/// When simulated time begins, in milliseconds since the Unix epoch.
pub const START_MS: u64 = 1_800_000_000_000;
/// Accounts that send transactions.
pub const USERS: usize = 12;
/// Stake of each validator of the genesis, in tokens.
pub const STAKE: u64 = 100;
/// What is emitted for a block at first, in base units, where anything is: no round number.
pub const EMISSION: u128 = 12_345_678_901_234_567;
/// What each operator owns besides, in tokens. Their nodes own one.
pub const PURSE: u64 = 1_000;
/// What each of those owns who compute or trade, in tokens: oracles stake a thousand.
const CAPITAL: u64 = 5_000;

/// A chain with keys for everybody in it.
#[derive(Clone)]
pub struct Setup {
    /// The genesis.
    pub genesis: Arc<Genesis>,
    /// Keys of the validators of the genesis, ordered by public key, then of those who may join.
    pub validators: Vec<PrivateKey>,
    /// Keys of the operators of those validators.
    pub operators: Vec<SecretKey>,
    /// Keys of the users.
    pub users: Vec<SecretKey>,
    /// Keys of those who compute or trade.
    pub actors: Vec<SecretKey>,
}

impl Setup {
    /// A chain of `validators` validators, and `joiners` who are none yet.
    ///
    /// # Panics
    /// Never: the genesis is legal.
    pub fn new(validators: usize, joiners: usize) -> Self {
        Self::ruled(validators, joiners, 0, Rules::LENIENT)
    }

    /// The chain of a scenario.
    ///
    /// # Panics
    /// Never: the genesis is legal.
    pub fn of(scenario: &Scenario) -> Self {
        let Scenario { validators, joiners, rules, .. } = *scenario;
        Self::ruled(validators, joiners, scenario.actors(), rules)
    }

    fn ruled(validators: usize, joiners: usize, actors: usize, rules: Rules) -> Self {
        let key = |index| PrivateKey::from_seed(1_000 + index);
        let mut keys: Vec<PrivateKey> = (0..validators as u64).map(key).collect();
        keys.sort_by_key(|key| key.public_key());
        keys.extend((0..joiners as u64).map(|index| key(validators as u64 + index)));
        let operator = |index| account(b"althing/sim/operator", index);
        let operators: Vec<SecretKey> = (0..keys.len()).map(operator).collect();
        let actor = |index| account(b"althing/sim/actor", index);
        let actors: Vec<SecretKey> = (0..actors).map(actor).collect();
        let users: Vec<SecretKey> = (0..USERS).map(user).collect();
        let tokens = |tokens| Amount::from_tokens(tokens).expect("few tokens fit");
        let members = keys.iter().zip(&operators).enumerate().take(validators);
        let validators = members.map(|(index, (key, operator))| GenesisValidator {
            name: Text::new(format!("v{index}")).expect("the name is short"),
            website: Text::default(),
            description: Text::default(),
            key: ValidatorKey::from_public_key(&key.public_key()),
            endpoint: endpoint(index),
            account: operator.address(),
            stake: tokens(STAKE),
            commission: Ppm::new(100_000).unwrap_or(Ppm::ZERO),
        });
        let owns = |address: Address, amount| Allocation {
            address,
            amount: tokens(amount),
            vesting: None,
        };
        let allocations = users.iter().map(|key| owns(key.address(), 50));
        let nodes = keys.iter().map(|key| ValidatorKey::from_public_key(&key.public_key()));
        let genesis = Genesis {
            chain_id: "althing-sim".parse().expect("the chain id is legal"),
            genesis_time: Timestamp::new(START_MS),
            address_prefix: "cpc".to_owned(),
            symbol: "CPC".to_owned(),
            params: params(rules),
            validators: validators.collect(),
            allocations: allocations
                .chain(operators.iter().map(|key| owns(key.address(), PURSE)))
                .chain(actors.iter().map(|key| owns(key.address(), CAPITAL)))
                .chain(nodes.map(|key| owns(key.node_account(), 1)))
                .collect(),
            reserve: Amount::ZERO,
            network: None,
            safety: None,
            load_accounts: None,
        };
        let genesis = genesis.normalized().expect("the genesis is legal");
        Self { genesis: Arc::new(genesis), validators: keys, operators, users, actors }
    }

    /// The key of a validator in the chain's own form.
    pub fn key(&self, index: usize) -> ValidatorKey {
        ValidatorKey::from_public_key(&self.validators[index].public_key())
    }

    /// Public keys of the validators.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.validators.iter().map(|key| key.public_key()).collect()
    }
}

/// Where a validator is said to be reached.
pub fn endpoint(index: usize) -> String {
    format!("127.0.0.1:{}", 27_000 + index)
}

fn account(role: &[u8], index: usize) -> SecretKey {
    secret(KeyScheme::Ed25519, hash::sha256(&[role, &index.to_be_bytes()]))
}

fn secret(scheme: KeyScheme, seed: Hash) -> SecretKey {
    SecretKey::from_seed(scheme, seed.0).expect("a hash is a seed of every scheme")
}

/// One user of each rarer kind of key; the others have the usual one.
fn user(index: usize) -> SecretKey {
    let scheme = match index {
        0 => KeyScheme::MlDsa65,
        1 => KeyScheme::Secp256r1,
        _ => KeyScheme::Ed25519,
    };
    secret(scheme, hash::sha256(&[b"althing/sim/user", &index.to_be_bytes()]))
}

/// Fees go four ways; blocks hold few transactions, so that they fill.
fn params(rules: Rules) -> ChainParams {
    let ppm = |value| Ppm::new(value).unwrap_or(Ppm::ZERO);
    let mut params = ChainParams {
        epoch_length: rules.epoch_length,
        busy_interval_ms: rules.busy_ms,
        idle_interval_ms: rules.idle_ms,
        block_gas_limit: Gas::new(1_500_000),
        max_validity_blocks: 1_000,
        ..ChainParams::devnet()
    };
    let tokens = |tokens| Amount::from_tokens(tokens).unwrap_or(Amount::ZERO);
    params.staking.min_validator_stake = tokens(50);
    params.staking.min_delegation = tokens(1);
    params.staking.max_validators = 100;
    params.staking.power_cap_from = rules.power_cap_from;
    params.staking.unbonding = Period::blocks(20);
    params.emission = match rules.halving {
        0 => EmissionParams::none(),
        period => {
            let initial = Amount::new(EMISSION);
            let schedule = Schedule::Halving { initial, period };
            EmissionParams { schedule, ..params.emission }
        }
    };
    params.governance.deposit = tokens(10);
    for track in [
        &mut params.governance.standard,
        &mut params.governance.important,
        &mut params.governance.critical,
    ] {
        // Blocks may come fast; nodes look once a second.
        let voting = Period { blocks: rules.voting_blocks, ms: 120 * rules.voting_blocks };
        (track.voting, track.delay) = (voting, Period::blocks(1));
    }
    params.slashing.max_consecutive_misses = rules.misses;
    params.slashing.min_score = ppm(rules.min_score);
    params.slashing.min_due = rules.min_due;
    params.slashing.jail = Period::blocks(20);
    params.registry.heartbeat_interval_ms = rules.heartbeat_ms;
    params.compute.committee = rules.committee;
    // The smallest there is: simulated workers compute it for real.
    params.compute.cpu_benchmark_size = 256;
    // The miners' pool keeps a hundred of these back, and is small in a short run.
    params.compute.plant_bounty = Amount::new(EMISSION / 1_000);
    // A minute, and the auction a little later.
    (params.energy.slot_s, params.energy.clear_delay_s) = (60, 20);
    params.fee_split.proposer = ppm(333_333);
    params.fee_split.stakers = ppm(100_000);
    params.fee_split.treasury = ppm(66_667);
    params.fee_split.burn = ppm(500_000);
    params
}
