//! The chain that `althing dev` starts: genesis, well-known keys, free ports.
//!
//! Every key here derives from a public text. They are for development only, and the binary says so.

use crate::cli::args::Holders;
use althing_client::dev;
use althing_types::{
    Address, Allocation, Amount, ChainId, ChainParams, Genesis, GenesisValidator, KeyScheme,
    Period, Ppm, SecretKey, Text, Timestamp, ValidatorKey,
    genesis::{CeremonyError, LoadAccounts},
    governance::{OrderKind, SafetyRules, SafetyRulesError},
    hash::sha256,
    keys::KeyError,
};
use commonware_codec::DecodeExt as _;
use commonware_cryptography::{Signer as _, ed25519};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    ops::Range,
    time::Duration,
};

/// Chain id of development networks.
pub(super) const CHAIN_ID: &str = "cpc-devnet-1";
/// Text that the load-test accounts derive from.
pub(super) const LOAD_SEED: &str = "dev";
/// What each load-test account owns, in whole tokens.
const LOAD_TOKENS: u64 = 1_000;
/// What each validator of a development network stakes, in whole tokens.
const STAKE_TOKENS: u64 = 100_000;
/// What the operator of each validator owns besides, for fees and to leave jail, in whole tokens.
const OPERATOR_TOKENS: u64 = 10_000;
/// What the faucet owns, in whole tokens.
const FAUCET_TOKENS: u64 = 10_000_000;

/// Domain of the operators' keys.
const OPERATORS: &[u8] = b"althing/dev-validator-account";

/// What can go wrong while a development chain is laid out.
#[derive(Debug, thiserror::Error)]
pub enum DevChainError {
    /// The arguments make no legal genesis.
    #[error(transparent)]
    Genesis(#[from] CeremonyError),
    /// No free port on loopback.
    #[error("no free port on 127.0.0.1: {0}")]
    Port(#[from] std::io::Error),
    /// An amount overflows.
    #[error("the balances add up to more than the largest amount")]
    Amount,
    /// The arguments make no legal override.
    #[error(transparent)]
    Override(#[from] SafetyRulesError),
    /// A derived key is no key. Cannot happen for Ed25519.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The account that pays the faucet of a development network.
///
/// # Errors
/// None for Ed25519 keys.
pub(super) fn faucet() -> Result<SecretKey, KeyError> {
    derive(b"althing/dev-faucet", 0)
}

fn derive(domain: &[u8], index: u64) -> Result<SecretKey, KeyError> {
    SecretKey::from_seed(KeyScheme::Ed25519, sha256(&[domain, &index.to_be_bytes()]).0)
}

/// Consensus key of development validator `index`.
pub(crate) fn validator(index: u16) -> ed25519::PrivateKey {
    let seed = sha256(&[b"althing/dev-validator", &index.to_be_bytes()]).0;
    match ed25519::PrivateKey::decode(seed.to_vec()) {
        Ok(key) => key,
        Err(_) => unreachable!("every 32-byte string is an Ed25519 seed"),
    }
}

/// The account that operates development validator `index`.
pub(crate) fn operator(index: u16) -> SecretKey {
    match derive(OPERATORS, index.into()) {
        Ok(key) => key,
        Err(_) => unreachable!("every 32-byte string is an Ed25519 seed"),
    }
}

/// What a development chain looks like.
#[derive(Clone, Debug)]
pub(super) struct DevChain {
    /// Its validators.
    pub validators: u16,
    /// Time between blocks without load.
    pub block_time: Duration,
    /// Funded well-known accounts.
    pub accounts: u32,
    /// What each of them owns.
    pub balance: Amount,
    /// Load-test accounts.
    pub load_accounts: u64,
    /// Who holds the safety override.
    pub holders: Option<Holders>,
    /// What it starts from, but for times and counts above.
    pub params: ChainParams,
}

/// The override of the first well-known accounts, which may order everything.
fn override_of(holders: Holders) -> Result<SafetyRules, DevChainError> {
    let Holders { needed, members } = holders;
    let members = (0..members).map(|index| dev::account(index).address()).collect();
    let (allowed, cooldown) = (OrderKind::ALL.to_vec(), Period::default());
    Ok(SafetyRules::new(members, needed, allowed, None, cooldown)?)
}

/// Symbol of the token of development networks.
pub(super) const SYMBOL: &str = "CPC";

impl DevChain {
    /// The genesis file. It depends only on the arguments and on `endpoints` (one `host:port` a
    /// validator), so a chain in a kept folder can be continued.
    ///
    /// # Errors
    /// [`DevChainError`] if the arguments break a bound of the genesis.
    pub(super) fn genesis(&self, endpoints: &[SocketAddr]) -> Result<Genesis, DevChainError> {
        let tokens = |count| Amount::from_tokens(count).map_err(|_| DevChainError::Amount);
        let mut params = self.params.clone();
        params.idle_interval_ms = u64::try_from(self.block_time.as_millis()).unwrap_or(u64::MAX);
        params.busy_interval_ms = params.busy_interval_ms.min(params.idle_interval_ms.max(1));
        let most = &mut params.staking.max_validators;
        *most = (*most).max(u64::from(self.validators));

        let plain = |address, amount| Allocation { address, amount, vesting: None };
        let mut allocations = vec![plain(faucet()?.address(), tokens(FAUCET_TOKENS)?)];
        for index in 0..self.accounts {
            allocations.push(plain(dev::account(index).address(), self.balance));
        }
        let mut validators = Vec::with_capacity(endpoints.len());
        for (index, endpoint) in (0..self.validators).zip(endpoints) {
            let operator = self.validator_account(index)?;
            allocations.push(plain(operator, tokens(OPERATOR_TOKENS)?));
            validators.push(GenesisValidator {
                name: Text::new(format!("validator-{index}")).unwrap_or_default(),
                website: Text::default(),
                description: Text::default(),
                key: ValidatorKey::from_public_key(&validator(index).public_key()),
                endpoint: endpoint.to_string(),
                account: operator,
                stake: tokens(STAKE_TOKENS)?,
                commission: Ppm::ZERO,
            });
        }
        let load_accounts = match self.load_accounts {
            0 => None,
            count => Some(LoadAccounts {
                seed: LOAD_SEED.to_owned(),
                count,
                amount: tokens(LOAD_TOKENS)?,
            }),
        };
        let chain_id: ChainId = CHAIN_ID.parse().map_err(|_| DevChainError::Amount)?;
        let genesis = Genesis {
            chain_id,
            genesis_time: Timestamp::new(0),
            address_prefix: althing_types::address::DEFAULT_PREFIX.to_owned(),
            symbol: SYMBOL.to_owned(),
            params,
            validators: Vec::new(),
            allocations,
            reserve: Amount::ZERO,
            network: None,
            safety: self.holders.map(override_of).transpose()?,
            load_accounts,
        };
        Ok(genesis.with_validators(validators, None)?)
    }

    fn validator_account(&self, index: u16) -> Result<Address, KeyError> {
        Ok(derive(OPERATORS, u64::from(index))?.address())
    }
}

/// Ports that a development network listens on. A chain that is kept returns to its ports after a
/// restart, so they lie below those that the system gives to outgoing connections, one of which
/// could hold the port just then.
const PORTS: Range<u16> = 20_000..32_768;

/// Loopback addresses with ports that are free now, all different.
///
/// # Errors
/// An I/O error if there is none.
pub(super) fn free_endpoints(count: u16) -> std::io::Result<Vec<SocketAddr>> {
    // The search begins anywhere, so that networks that start together seldom meet.
    let first = rand::random_range(PORTS);
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrInUse);
    // All listeners are held until the last port is known, so that no port is given out twice.
    let mut listeners = Vec::new();
    for port in (first..PORTS.end).chain(PORTS.start..first) {
        if listeners.len() == usize::from(count) {
            break;
        }
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => listeners.push(listener),
            Err(error) => last = error,
        }
    }
    if listeners.len() < usize::from(count) {
        return Err(last);
    }
    listeners.iter().map(TcpListener::local_addr).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_development_genesis_is_legal_and_repeatable() {
        let chain = DevChain {
            validators: 4,
            block_time: Duration::from_millis(250),
            accounts: 3,
            balance: Amount::from_tokens(5).unwrap(),
            load_accounts: 10,
            holders: Some(Holders { needed: 2, members: 3 }),
            params: ChainParams::devnet(),
        };
        let endpoints = free_endpoints(4).unwrap();
        let genesis = chain.genesis(&endpoints).unwrap();
        assert_eq!(genesis.hash(), chain.genesis(&endpoints).unwrap().hash());
        assert_eq!(genesis.validators.len(), 4);
        // The faucet, three accounts, and for each validator its operator and its node.
        assert_eq!(genesis.allocations.len(), 12);
        assert_eq!(Genesis::from_json(&genesis.to_json()).unwrap().hash(), genesis.hash());
    }
}
