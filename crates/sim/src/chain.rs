//! The chain that is simulated: keys of validators and users, and the genesis.

use althing_engine::types::{PrivateKey, PublicKey};
use althing_types::{
    Address, Allocation, Amount, ChainParams, Gas, Genesis, GenesisValidator, KeyScheme, Ppm,
    SecretKey, Timestamp, ValidatorKey, hash,
};
use commonware_cryptography::Signer as _;
use std::sync::Arc;

/// When simulated time begins, in milliseconds since the Unix epoch.
pub const START_MS: u64 = 1_800_000_000_000;
/// Accounts that send transactions.
pub const USERS: usize = 12;
/// Time between blocks when nothing happens, in milliseconds.
pub const IDLE_MS: u64 = 200;
/// Blocks in an epoch.
pub const EPOCH_LENGTH: u64 = 10;

/// A chain with keys for everybody in it.
#[derive(Clone)]
pub struct Setup {
    /// The genesis.
    pub genesis: Arc<Genesis>,
    /// Keys of the validators, ordered by public key.
    pub validators: Vec<PrivateKey>,
    /// Keys of the users.
    pub users: Vec<SecretKey>,
}

impl Setup {
    /// A chain of `validators` validators.
    ///
    /// # Panics
    /// Never: the genesis is legal.
    pub fn new(validators: usize) -> Self {
        let mut keys: Vec<PrivateKey> =
            (0..validators as u64).map(|index| PrivateKey::from_seed(1_000 + index)).collect();
        keys.sort_by_key(|key| key.public_key());
        let users: Vec<SecretKey> = (0..USERS).map(user).collect();
        let tokens = |tokens| Amount::from_tokens(tokens).expect("few tokens fit");
        let validators = keys.iter().enumerate().map(|(index, key)| GenesisValidator {
            name: format!("v{index}"),
            key: ValidatorKey::from_public_key(&key.public_key()),
            endpoint: format!("127.0.0.1:{}", 27_000 + index),
            account: Address::new([index as u8 + 1; 20]),
            stake: tokens(100),
        });
        let genesis = Genesis {
            chain_id: "althing-sim".parse().expect("the chain id is legal"),
            genesis_time: Timestamp::new(START_MS),
            address_prefix: "cpc".to_owned(),
            symbol: "CPC".to_owned(),
            params: params(),
            validators: validators.collect(),
            allocations: users
                .iter()
                .map(|key| Allocation { address: key.address(), amount: tokens(50) })
                .collect(),
            load_accounts: None,
        };
        let genesis = genesis.normalized().expect("the genesis is legal");
        Self { genesis: Arc::new(genesis), validators: keys, users }
    }

    /// Public keys of the validators.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.validators.iter().map(|key| key.public_key()).collect()
    }
}

/// One user of each rarer kind of key; the others have the usual one.
fn user(index: usize) -> SecretKey {
    let scheme = match index {
        0 => KeyScheme::MlDsa65,
        1 => KeyScheme::Secp256r1,
        _ => KeyScheme::Ed25519,
    };
    let seed = hash::sha256(&[b"althing/sim/user", &index.to_be_bytes()]);
    SecretKey::from_seed(scheme, seed.0).expect("a hash is a seed of every scheme")
}

/// Fees go four ways; blocks hold few transactions, so that they fill.
fn params() -> ChainParams {
    let ppm = |value| Ppm::new(value).unwrap_or(Ppm::ZERO);
    let mut params = ChainParams {
        epoch_length: EPOCH_LENGTH,
        idle_interval_ms: IDLE_MS,
        block_gas_limit: Gas::new(1_500_000),
        max_validity_blocks: 1_000,
        ..ChainParams::devnet()
    };
    params.fee_split.proposer = ppm(333_333);
    params.fee_split.stakers = ppm(100_000);
    params.fee_split.treasury = ppm(66_667);
    params.fee_split.burn = ppm(500_000);
    params
}
