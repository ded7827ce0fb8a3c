//! How validators who do not trust each other put a genesis together: each signs an entry with its
//! consensus key, and everybody who merges the same entries into the same draft gets the same file.

use super::{Allocation, Genesis, GenesisError, GenesisValidator};
use crate::{
    Address, Amount, ChainId, ValidatorKey,
    validator::{Signature64, sign, verify},
};
use commonware_codec::Write as _;
use commonware_cryptography::{Signer as _, ed25519};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const NAMESPACE: &[u8] = b"althing/genesis-entry";

/// What one validator brings to a genesis, signed with its consensus key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisEntry {
    /// The chain. An entry is worth nothing on another.
    pub chain_id: ChainId,
    /// The validator.
    pub validator: GenesisValidator,
    /// Signature of the consensus key over the chain and every field of the validator.
    pub signature: Signature64,
}

/// Why a genesis cannot be put together, or does not hold what its validators signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CeremonyError {
    /// For another chain.
    #[error("the entry of {name:?} is for the chain {found}, the draft is for {expected}")]
    WrongChain {
        /// Name of the validator.
        name: String,
        /// Chain of the draft.
        expected: ChainId,
        /// Chain of the entry.
        found: ChainId,
    },
    /// Not what the consensus key signed.
    #[error(
        "the signature of the entry of {0:?} is not valid: a field was changed, or another key signed"
    )]
    BadSignature(String),
    /// Two validators with the same key, operator, endpoint or name.
    #[error("the validators {first:?} and {second:?} have the same {what}: each needs its own")]
    Duplicate {
        /// `key`, `account`, `endpoint` or `name`.
        what: &'static str,
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// The account that pays for stakes is not in the draft, or its money vests.
    #[error("the account {0}, which stakes are paid from, must have an allocation without vesting")]
    NoPool(Address),
    /// Not enough to pay for stakes.
    #[error(
        "the stakes and node allowances need {needed} base units, but the account {pool} has {available}"
    )]
    PoolTooSmall {
        /// The account.
        pool: Address,
        /// What all validators need.
        needed: Amount,
        /// What there is.
        available: Amount,
    },
    /// No entry of a validator.
    #[error("the validator {0:?} of the genesis has signed no entry")]
    NotSigned(String),
    /// An entry says something else than the genesis.
    #[error("the genesis says something else about the validator {0:?} than its entry")]
    Differs(String),
    /// An entry that is not in the genesis.
    #[error("the entry of {0:?} is not in the genesis")]
    LeftOut(String),
    /// What results breaks a rule.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
}

impl CeremonyError {
    /// Stable machine-readable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongChain { .. } => "entry_wrong_chain",
            Self::BadSignature(_) => "entry_bad_signature",
            Self::Duplicate { .. } => "entry_duplicate",
            Self::NoPool(_) => "entry_no_pool",
            Self::PoolTooSmall { .. } => "entry_pool_too_small",
            Self::NotSigned(_) => "entry_not_signed",
            Self::Differs(_) => "entry_differs",
            Self::LeftOut(_) => "entry_left_out",
            Self::Genesis(error) => error.code(),
        }
    }
}

impl GenesisEntry {
    /// Signs what `validator` says; its key becomes that of `key`.
    pub fn sign(
        chain_id: ChainId,
        mut validator: GenesisValidator,
        key: &ed25519::PrivateKey,
    ) -> Self {
        validator.key = ValidatorKey::from_public_key(&key.public_key());
        let signature = sign(key, NAMESPACE, &message(chain_id, &validator));
        Self { chain_id, validator, signature }
    }

    /// Checks that the entry is for `chain_id` and signed by its own key.
    ///
    /// # Errors
    /// [`CeremonyError::WrongChain`] or [`CeremonyError::BadSignature`].
    pub fn verify(&self, chain_id: ChainId) -> Result<(), CeremonyError> {
        let name = || self.validator.name.to_string();
        if self.chain_id != chain_id {
            let (name, found) = (name(), self.chain_id);
            return Err(CeremonyError::WrongChain { name, expected: chain_id, found });
        }
        let message = message(self.chain_id, &self.validator);
        if verify(&self.validator.key, NAMESPACE, &message, &self.signature) {
            Ok(())
        } else {
            Err(CeremonyError::BadSignature(name()))
        }
    }
}

fn message(chain_id: ChainId, validator: &GenesisValidator) -> Vec<u8> {
    let mut message = Vec::new();
    chain_id.write(&mut message);
    validator.write(&mut message);
    message
}

impl Genesis {
    /// Adds the validators of `entries` to this draft, each with the allowance of its node. Stakes
    /// and allowances are taken from the allocation of `pool`; without one they add to the supply.
    /// The order of the entries does not matter.
    ///
    /// # Errors
    /// [`CeremonyError`] naming the first fault.
    pub fn merge(
        self,
        entries: &[GenesisEntry],
        pool: Option<Address>,
    ) -> Result<Self, CeremonyError> {
        for entry in entries {
            entry.verify(self.chain_id)?;
        }
        self.with_validators(entries.iter().map(|entry| entry.validator.clone()).collect(), pool)
    }

    /// [`Self::merge`] of validators whose signatures were checked, or do not matter.
    ///
    /// # Errors
    /// [`CeremonyError`] naming the first fault.
    pub fn with_validators(
        mut self,
        validators: Vec<GenesisValidator>,
        pool: Option<Address>,
    ) -> Result<Self, CeremonyError> {
        let overflow = |_| CeremonyError::Genesis(GenesisError::SupplyOverflow);
        let allowance = self.params.registry.node_allowance;
        let mut known: BTreeSet<Address> =
            self.allocations.iter().map(|entry| entry.address).collect();
        let mut needed = Amount::ZERO;
        for validator in &validators {
            needed = needed.checked_add(validator.stake).map_err(overflow)?;
            let address = validator.key.node_account();
            if !allowance.is_zero() && known.insert(address) {
                needed = needed.checked_add(allowance).map_err(overflow)?;
                self.allocations.push(Allocation { address, amount: allowance, vesting: None });
            }
        }
        if let Some(pool) = pool {
            self.take(pool, needed)?;
        }
        self.validators.extend(validators);
        self.check_unique()?;
        Ok(self.normalized()?)
    }

    /// Takes money from an allocation; one that is used up is left out.
    fn take(&mut self, pool: Address, needed: Amount) -> Result<(), CeremonyError> {
        let is_pool = |entry: &Allocation| entry.address == pool && entry.vesting.is_none();
        let at = self.allocations.iter().position(is_pool).ok_or(CeremonyError::NoPool(pool))?;
        let available = self.allocations[at].amount;
        let too_small = |_| CeremonyError::PoolTooSmall { pool, needed, available };
        let left = available.checked_sub(needed).map_err(too_small)?;
        if left.is_zero() {
            self.allocations.remove(at);
        } else {
            self.allocations[at].amount = left;
        }
        Ok(())
    }

    fn check_unique(&self) -> Result<(), CeremonyError> {
        type Field = fn(&GenesisValidator) -> String;
        let fields: [(&'static str, Field); 4] = [
            ("key", |validator| validator.key.to_string()),
            ("account", |validator| validator.account.to_string()),
            ("endpoint", |validator| validator.endpoint.clone()),
            ("name", |validator| validator.name.to_string()),
        ];
        for (what, field) in fields {
            let mut seen = BTreeMap::new();
            for validator in &self.validators {
                let second = validator.name.to_string();
                if let Some(first) = seen.insert(field(validator), second.clone()) {
                    return Err(CeremonyError::Duplicate { what, first, second });
                }
            }
        }
        Ok(())
    }

    /// Checks that the validators of this genesis are exactly those of `entries`, each as it
    /// signed.
    ///
    /// # Errors
    /// [`CeremonyError`] naming the first validator of whom this is not true.
    pub fn verify_entries(&self, entries: &[GenesisEntry]) -> Result<(), CeremonyError> {
        let mut signed = BTreeMap::new();
        for entry in entries {
            entry.verify(self.chain_id)?;
            let second = entry.validator.name.to_string();
            if let Some(first) = signed.insert(entry.validator.key, &entry.validator) {
                let first = first.name.to_string();
                return Err(CeremonyError::Duplicate { what: "key", first, second });
            }
        }
        for validator in &self.validators {
            let name = || validator.name.to_string();
            match signed.remove(&validator.key) {
                None => return Err(CeremonyError::NotSigned(name())),
                Some(entry) if entry != validator => return Err(CeremonyError::Differs(name())),
                Some(_) => {}
            }
        }
        match signed.into_values().next() {
            Some(validator) => Err(CeremonyError::LeftOut(validator.name.to_string())),
            None => Ok(()),
        }
    }
}
