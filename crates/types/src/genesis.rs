//! The genesis file: one JSON document that every node of a chain shares.
//!
//! Its hash is taken over a canonical encoding, not over the JSON text, so white space and the
//! order of fields do not matter; the order of allocations and validators does not either, because
//! both are sorted.

mod ceremony;
mod error;

pub use ceremony::{CeremonyError, GenesisEntry};
pub use error::GenesisError;

use crate::{
    Address, Amount, ChainId, ChainParams, Hash, Ppm, Text, Timestamp, ValidatorEntry,
    ValidatorKey, ValidatorSet, Version, address, codec,
    governance::SafetyRules,
    hash::sha256,
    limits::{
        MAX_BOOT_NODES, MAX_ENDPOINT_BYTES, MAX_VALIDATOR_DESCRIPTION_BYTES,
        MAX_VALIDATOR_NAME_BYTES, MAX_VALIDATOR_WEBSITE_BYTES,
    },
    network::{BootNode, BootNodes, NetworkLimits, NetworkSpec, Strictness, is_endpoint},
    struct_codec,
};
use bytes::{BufMut, BytesMut};
use commonware_codec::Write as _;
use serde::{Deserialize, Serialize};

/// Everything a node needs to know to take part in a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// Name of the chain.
    pub chain_id: ChainId,
    /// When the chain starts, in milliseconds since the Unix epoch. Block 1 is not earlier.
    pub genesis_time: Timestamp,
    /// Prefix of addresses.
    #[serde(default = "default_prefix")]
    pub address_prefix: String,
    /// Symbol of the native token, for display.
    #[serde(default = "default_symbol")]
    pub symbol: String,
    /// Parameters at the start.
    pub params: ChainParams,
    /// The first validators.
    pub validators: Vec<GenesisValidator>,
    /// Who owns what at the start.
    pub allocations: Vec<Allocation>,
    /// What the emission schedule `target-apr` releases over the years, in base units. Part of the
    /// supply from the start.
    #[serde(default, skip_serializing_if = "nothing")]
    pub reserve: Amount,
    /// The first configuration of the network; without it, one whose boot nodes are the validators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkSpec>,
    /// Who holds the safety override; without this there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safety: Option<SafetyRules>,
    /// Accounts for load tests, derived from a seed instead of being listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_accounts: Option<LoadAccounts>,
}

/// A validator of the first set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisValidator {
    /// A name for people.
    pub name: Text<MAX_VALIDATOR_NAME_BYTES>,
    /// A web address, or empty.
    #[serde(default, skip_serializing_if = "empty")]
    pub website: Text<MAX_VALIDATOR_WEBSITE_BYTES>,
    /// A few sentences, or empty.
    #[serde(default, skip_serializing_if = "empty")]
    pub description: Text<MAX_VALIDATOR_DESCRIPTION_BYTES>,
    /// Consensus and network key.
    pub key: ValidatorKey,
    /// Where its p2p port is reached, `host:port`.
    pub endpoint: String,
    /// Its operator: the account that owns its stake and earns its commission.
    pub account: Address,
    /// Its own stake, in base units.
    pub stake: Amount,
    /// What it keeps of its delegators' rewards.
    #[serde(default)]
    pub commission: Ppm,
}

impl GenesisValidator {
    /// Every field, as the hash of the genesis and the signature of an entry cover it.
    fn write(&self, buf: &mut impl BufMut) {
        self.name.write(buf);
        self.website.write(buf);
        self.description.write(buf);
        self.key.write(buf);
        codec::write_str(&self.endpoint, buf);
        self.account.write(buf);
        self.stake.write(buf);
        self.commission.write(buf);
    }

    /// Whether its endpoint is `host:port`.
    fn has_endpoint(&self) -> bool {
        is_endpoint(&self.endpoint) && self.endpoint.len() <= MAX_ENDPOINT_BYTES
    }
}

/// Money that an account owns at the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    /// Who.
    pub address: Address,
    /// How much, in base units; more than zero.
    pub amount: Amount,
    /// If present, the whole amount is locked at first and set free over time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vesting: Option<Vesting>,
}

/// How locked money is set free: nothing before the cliff, then as much as a straight line from
/// `start` to `end` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vesting {
    /// Where the line begins, in milliseconds since the Unix epoch.
    pub start: Timestamp,
    /// Before this nothing is free; from `start` to `end`.
    pub cliff: Timestamp,
    /// From then on all is free; after `start`.
    pub end: Timestamp,
}

struct_codec!(Vesting { start, cliff, end });

impl Vesting {
    /// Whether the times are in order.
    pub fn is_legal(&self) -> bool {
        self.start < self.end && (self.start..=self.end).contains(&self.cliff)
    }

    /// What of `total` is still locked at `time`, rounded up.
    pub fn locked(&self, total: Amount, time: Timestamp) -> Amount {
        if time < self.cliff {
            return total;
        }
        if time >= self.end {
            return Amount::ZERO;
        }
        let span = self.end.get().saturating_sub(self.start.get()).max(1);
        let left = self.end.get().saturating_sub(time.get());
        total.mul_div_up(left.into(), span.into()).unwrap_or(total)
    }
}

fn nothing(amount: &Amount) -> bool {
    amount.is_zero()
}

fn empty<const MAX: usize>(text: &Text<MAX>) -> bool {
    text.is_empty()
}

/// `count` accounts whose Ed25519 seeds are SHA-256(`"althing/load"` ‖ seed ‖ index as 8 bytes big
/// endian), each with `amount`. For test networks only: anybody can derive the keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadAccounts {
    /// Text that the keys derive from.
    pub seed: String,
    /// How many accounts, at most 1,000,000.
    pub count: u64,
    /// What each owns, in base units.
    pub amount: Amount,
}

impl LoadAccounts {
    /// The Ed25519 seed of account `index`.
    pub fn secret(&self, index: u64) -> [u8; 32] {
        let digest = sha256(&[b"althing/load", self.seed.as_bytes(), &index.to_be_bytes()]);
        digest.0
    }
}

fn default_prefix() -> String {
    address::DEFAULT_PREFIX.to_owned()
}

fn default_symbol() -> String {
    "CPC".to_owned()
}

/// Most load accounts a genesis may name.
pub const MAX_LOAD_ACCOUNTS: u64 = 1_000_000;

impl Genesis {
    /// Reads and checks a genesis file, and sorts its lists. Sets the address prefix of this
    /// process first, because the file's addresses use it.
    ///
    /// # Errors
    /// [`GenesisError`] naming the first fault.
    pub fn from_json(text: &str) -> Result<Self, GenesisError> {
        #[derive(Deserialize)]
        struct Prefix {
            #[serde(default = "default_prefix")]
            address_prefix: String,
        }
        let json = |error: serde_json::Error| GenesisError::Json(error.to_string());
        let prefix: Prefix = serde_json::from_str(text).map_err(json)?;
        address::set_prefix(&prefix.address_prefix)
            .map_err(|error| GenesisError::Json(format!("address_prefix: {error}")))?;
        let genesis: Self = serde_json::from_str(text).map_err(json)?;
        genesis.normalized()
    }

    /// Sorts the lists and checks every rule.
    ///
    /// # Errors
    /// [`GenesisError`] naming the first fault.
    pub fn normalized(mut self) -> Result<Self, GenesisError> {
        self.allocations.sort_by_key(|allocation| allocation.address);
        self.validators.sort_by_key(|validator| validator.key);
        self.params.validate()?;
        self.validator_set()?;
        for validator in &self.validators {
            if !validator.has_endpoint() {
                return Err(GenesisError::Endpoint(
                    validator.endpoint.clone(),
                    validator.name.to_string(),
                ));
            }
        }
        self.check_validators()?;
        for pair in self.allocations.windows(2) {
            if pair[0].address == pair[1].address {
                return Err(GenesisError::DuplicateAccount(pair[0].address));
            }
        }
        if let Some(zero) = self.allocations.iter().find(|entry| entry.amount.is_zero()) {
            return Err(GenesisError::ZeroAllocation(zero.address));
        }
        let disordered = |entry: &&Allocation| entry.vesting.is_some_and(|line| !line.is_legal());
        if let Some(entry) = self.allocations.iter().find(disordered) {
            return Err(GenesisError::Vesting(entry.address));
        }
        if let Some(load) = &self.load_accounts
            && load.count > MAX_LOAD_ACCOUNTS
        {
            return Err(GenesisError::TooManyLoadAccounts(load.count));
        }
        self.network_spec()?.validate().map_err(GenesisError::Network)?;
        self.supply()?;
        self.check_reserve()?;
        Ok(self)
    }

    /// Whether there is a reserve if the schedule of emission releases one. Holds for a draft too,
    /// which has no validators yet.
    ///
    /// # Errors
    /// [`GenesisError::EmptyReserve`].
    pub fn check_reserve(&self) -> Result<(), GenesisError> {
        if self.reserve.is_zero() && self.params.emission.schedule.needs_reserve() {
            return Err(GenesisError::EmptyReserve);
        }
        Ok(())
    }

    /// The rules that stake obeys on a running chain.
    fn check_validators(&self) -> Result<(), GenesisError> {
        let staking = &self.params.staking;
        let mut operators = std::collections::BTreeSet::new();
        for validator in &self.validators {
            let name = || validator.name.to_string();
            if validator.stake.is_zero() {
                return Err(GenesisError::ZeroStake(name()));
            }
            if validator.stake < staking.min_validator_stake {
                return Err(GenesisError::StakeTooLow(name(), staking.min_validator_stake));
            }
            if validator.commission > staking.max_commission {
                return Err(GenesisError::Commission(name()));
            }
            if !operators.insert(validator.account) {
                return Err(GenesisError::DuplicateOperator(validator.account));
            }
        }
        if self.validators.len() as u64 > staking.max_validators {
            let (count, most) = (self.validators.len(), staking.max_validators);
            return Err(GenesisError::TooManyValidators(count, most));
        }
        Ok(())
    }

    /// The JSON document, indented.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The validators of epochs 0 and 1.
    ///
    /// # Errors
    /// [`GenesisError::Validators`].
    pub fn validator_set(&self) -> Result<ValidatorSet, GenesisError> {
        let entries = self.validators.iter().map(|validator| ValidatorEntry {
            key: validator.key,
            endpoint: validator.endpoint.clone(),
            stake: validator.stake,
        });
        Ok(ValidatorSet::new(entries.collect())?)
    }

    /// The first configuration of the network: what the file says, or the endpoints of the validators
    /// and what is usual otherwise.
    ///
    /// # Errors
    /// [`GenesisError::Endpoint`].
    pub fn network_spec(&self) -> Result<NetworkSpec, GenesisError> {
        if let Some(spec) = &self.network {
            return Ok(spec.clone());
        }
        let mut nodes = Vec::new();
        for validator in self.validators.iter().take(MAX_BOOT_NODES) {
            let bad =
                |_| GenesisError::Endpoint(validator.endpoint.clone(), validator.name.to_string());
            let endpoint = Text::new(validator.endpoint.clone()).map_err(bad)?;
            nodes.push(BootNode { key: validator.key, endpoint });
        }
        Ok(NetworkSpec {
            boot_nodes: BootNodes::new(nodes).unwrap_or_default(),
            min_version: Version::GENESIS,
            strictness: Strictness::default(),
            limits: NetworkLimits::default(),
        })
    }

    /// Everything that exists at the start: allocations, load accounts, stakes and the reserve.
    ///
    /// # Errors
    /// [`GenesisError::SupplyOverflow`].
    pub fn supply(&self) -> Result<Amount, GenesisError> {
        let overflow = |_| GenesisError::SupplyOverflow;
        let mut sum = self.reserve;
        let stakes = self.validators.iter().map(|validator| validator.stake);
        for amount in self.allocations.iter().map(|entry| entry.amount).chain(stakes) {
            sum = sum.checked_add(amount).map_err(overflow)?;
        }
        if let Some(load) = &self.load_accounts {
            let all = load.amount.units().checked_mul(u128::from(load.count));
            let all = Amount::new(all.ok_or(GenesisError::SupplyOverflow)?);
            sum = sum.checked_add(all).map_err(overflow)?;
        }
        Ok(sum)
    }

    /// SHA-256 of the canonical encoding. Nodes with different hashes refuse each other.
    pub fn hash(&self) -> Hash {
        let mut buf = BytesMut::new();
        buf.put_slice(b"althing/genesis/1");
        self.chain_id.write(&mut buf);
        self.genesis_time.write(&mut buf);
        codec::write_str(&self.address_prefix, &mut buf);
        codec::write_str(&self.symbol, &mut buf);
        self.params.write(&mut buf);
        codec::write_u64(self.validators.len() as u64, &mut buf);
        for validator in &self.validators {
            validator.write(&mut buf);
        }
        codec::write_u64(self.allocations.len() as u64, &mut buf);
        for allocation in &self.allocations {
            allocation.address.write(&mut buf);
            allocation.amount.write(&mut buf);
            allocation.vesting.write(&mut buf);
        }
        self.reserve.write(&mut buf);
        if let Some(load) = &self.load_accounts {
            codec::write_str(&load.seed, &mut buf);
            codec::write_u64(load.count, &mut buf);
            load.amount.write(&mut buf);
        }
        if let Some(network) = &self.network {
            // No seed of load accounts is that long.
            codec::write_u64(u64::MAX, &mut buf);
            network.write(&mut buf);
        }
        if let Some(safety) = &self.safety {
            // No seed of load accounts is that long.
            codec::write_u64(u64::MAX - 1, &mut buf);
            safety.write(&mut buf);
        }
        sha256(&[&buf])
    }
}
