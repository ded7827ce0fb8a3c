//! The plan of a chain's first money: who gets which share of the supply, and how it is locked.
//!
//! A TOML file that people read and agree on before there are validators. [`Plan::parse`] checks
//! that every share adds up to the base unit and names the line of the first fault; the draft that
//! [`Plan::draft`] makes is the same on every machine.

mod airdrop;
mod read;

pub use read::{PlanError, parse_time};

use althing_types::{
    Address, Allocation, Amount, ChainId, ChainParams, Genesis, Ppm, Timestamp,
    genesis::{CeremonyError, GenesisEntry, Vesting},
    governance::SafetyRules,
    network::NetworkSpec,
};
use std::path::Path;

/// A plan with comments, for the main network. Its accounts are placeholders.
pub const EXAMPLE: &str = include_str!("genesis_plan/example.toml");

/// A plan whose sums are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    chain_id: ChainId,
    genesis_time: Timestamp,
    address_prefix: String,
    symbol: String,
    params: ChainParams,
    total: Amount,
    shares: Vec<Share>,
    pool: Option<Address>,
    network: Option<NetworkSpec>,
    safety: Option<SafetyRules>,
}

/// A part of the supply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// What it is called in the plan.
    pub name: String,
    /// Its part of the supply.
    pub part: Ppm,
    /// The same in base units.
    pub amount: Amount,
    /// What of it the emission schedule releases over the years, in base units.
    pub reserve: Amount,
    /// What of it validators' stakes are paid from.
    pub pool: Option<Allocation>,
    /// Who gets the rest.
    pub accounts: Vec<Allocation>,
}

impl Plan {
    /// Reads and checks a plan; files that it names are looked for in `folder`. Sets the address
    /// prefix of this process first, because the plan's addresses use it.
    ///
    /// # Errors
    /// [`PlanError`] naming the line and the field of the first fault.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, PlanError> {
        read::plan(text, folder)
    }

    /// What exists at the start, in base units.
    pub const fn total(&self) -> Amount {
        self.total
    }

    /// The shares, in the order of the file.
    pub fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// The account that stakes and node allowances are paid from.
    pub const fn pool(&self) -> Option<Address> {
        self.pool
    }

    /// The genesis without validators. Its supply is exactly [`Self::total`].
    pub fn draft(&self) -> Genesis {
        let pools = self.shares.iter().filter_map(|share| share.pool.clone());
        let accounts = self.shares.iter().flat_map(|share| share.accounts.iter().cloned());
        let mut allocations: Vec<Allocation> = pools.chain(accounts).collect();
        allocations.sort_by_key(|entry| entry.address);
        let reserves = self.shares.iter().map(|share| share.reserve.units());
        Genesis {
            chain_id: self.chain_id,
            genesis_time: self.genesis_time,
            address_prefix: self.address_prefix.clone(),
            symbol: self.symbol.clone(),
            params: self.params.clone(),
            validators: Vec::new(),
            allocations,
            // The shares add up to the total, so the reserves do not overflow.
            reserve: Amount::new(reserves.fold(0, u128::saturating_add)),
            network: self.network.clone(),
            safety: self.safety.clone(),
            load_accounts: None,
        }
    }

    /// The genesis with the validators of `entries`.
    ///
    /// # Errors
    /// [`CeremonyError`] naming the first fault.
    pub fn merge(&self, entries: &[GenesisEntry]) -> Result<Genesis, CeremonyError> {
        self.draft().merge(entries, self.pool)
    }

    /// Whether `genesis` is this plan with some validators, to the unit and the parameter.
    ///
    /// # Errors
    /// [`CeremonyError`] if its validators do not fit the plan at all.
    pub fn is_kept_by(&self, genesis: &Genesis) -> Result<bool, CeremonyError> {
        let rebuilt = self.draft().with_validators(genesis.validators.clone(), self.pool)?;
        Ok(rebuilt == *genesis)
    }
}

/// How a share is locked: `days` from the genesis time on, nothing free before `cliff_days`.
const fn line(genesis_time: Timestamp, cliff_days: u32, days: u32) -> Vesting {
    const DAY_MS: u64 = althing_types::Period::DAY_MS;
    let start = genesis_time.get();
    Vesting {
        start: genesis_time,
        cliff: Timestamp::new(start.saturating_add((cliff_days as u64).saturating_mul(DAY_MS))),
        end: Timestamp::new(start.saturating_add((days as u64).saturating_mul(DAY_MS))),
    }
}

#[cfg(test)]
mod tests;
