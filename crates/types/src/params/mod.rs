//! Parameters of a chain. They live in the state, governance changes them, and every one has
//! bounds that are checked when a genesis file is read and when a change is proposed.

mod compute;
mod emission;
mod energy;
mod governance;
mod registry;
mod safety;
mod slashing;
mod staking;
mod table;
mod treasury;
mod upgrade;

pub use compute::ComputeParams;
pub use emission::{EmissionParams, Schedule};
pub use energy::EnergyParams;
pub use governance::{GovernanceParams, Track};
pub use registry::RegistryParams;
pub use safety::SafetyParams;
pub use slashing::SlashingParams;
pub use staking::StakingParams;
pub use table::{Area, PARAMETERS, Parameter, ParameterValue};
pub use treasury::TreasuryParams;
pub use upgrade::UpgradeParams;

use crate::{
    Amount, Gas, GasPrice, Period, Ppm, codec,
    limits::{MAX_BLOCK_BYTES, MAX_TRANSACTION_BYTES},
};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt as _, Write};
use serde::{Deserialize, Serialize};

/// Parameters that rules of the chain read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainParams {
    /// Blocks in one epoch, 10 to 1,000,000. Fixed at genesis.
    pub epoch_length: u64,
    /// Time between blocks when there is nothing to do, in milliseconds, 10 to 60,000.
    pub idle_interval_ms: u64,
    /// Shortest time between two blocks under load, in milliseconds, 1 to `idle_interval_ms`.
    pub busy_interval_ms: u64,
    /// Most gas in one block, 1,000,000 to 10^12.
    pub block_gas_limit: Gas,
    /// Most bytes of transactions in one block, 65,536 to 4,194,304.
    pub max_block_bytes: u64,
    /// Lowest gas price that is accepted, in base units a gas.
    pub min_gas_price: GasPrice,
    /// How far ahead of the present height `valid_until` may lie, in blocks, 10 to 1,000,000.
    pub max_validity_blocks: u64,
    /// How fees are split.
    pub fee_split: FeeSplit,
    /// Stake and delegation.
    pub staking: StakingParams,
    /// What blocks pay.
    pub emission: EmissionParams,
    /// Performance and punishment.
    pub slashing: SlashingParams,
    /// The registry of nodes.
    pub registry: RegistryParams,
    /// Proposals and votes.
    pub governance: GovernanceParams,
    /// Disbursements.
    pub treasury: TreasuryParams,
    /// Upgrades.
    pub upgrade: UpgradeParams,
    /// The safety override and emergencies.
    pub safety: SafetyParams,
    /// Compute: workers, tasks, and how results are checked.
    pub compute: ComputeParams,
    /// Energy: providers, meters, oracles, the market and disputes.
    pub energy: EnergyParams,
}

/// Shares of a transaction fee. What rounding leaves is burned; the three parts and the burned
/// part add up to the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeSplit {
    /// To the validator that proposed the block.
    pub proposer: Ppm,
    /// To those who stake.
    pub stakers: Ppm,
    /// To the treasury.
    pub treasury: Ppm,
    /// Burned.
    pub burn: Ppm,
}

/// Which bound a parameter breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// Outside its range.
    #[error("{name} must be from {min} to {max}, not {value}")]
    OutOfRange {
        /// The parameter.
        name: &'static str,
        /// Smallest legal value.
        min: u64,
        /// Largest legal value.
        max: u64,
        /// The offending value.
        value: u64,
    },
    /// An amount outside its range.
    #[error("{name} must be from {min} to {max} base units, not {value}")]
    AmountOutOfRange {
        /// The parameter.
        name: &'static str,
        /// Smallest legal value.
        min: Amount,
        /// Largest legal value.
        max: Amount,
        /// The offending value.
        value: Amount,
    },
    /// No multiple of what it must be one of.
    #[error("{name} must be a multiple of {of}, not {value}")]
    NoMultiple {
        /// The parameter.
        name: &'static str,
        /// Of what.
        of: u64,
        /// The offending value.
        value: u64,
    },
    /// The fee split is not a whole.
    #[error("the parts of fee_split must add up to 1000000 ppm, not {0}")]
    FeeSplit(u64),
}

/// Checks of bounds, with the name of what breaks one.
struct Range;

impl Range {
    fn check(&self, name: &'static str, value: u64, min: u64, max: u64) -> Result<(), ParamsError> {
        if (min..=max).contains(&value) {
            Ok(())
        } else {
            Err(ParamsError::OutOfRange { name, min, max, value })
        }
    }

    fn multiple(&self, name: &'static str, value: u64, of: u64) -> Result<(), ParamsError> {
        let right = value.is_multiple_of(of);
        if right { Ok(()) } else { Err(ParamsError::NoMultiple { name, of, value }) }
    }

    fn amounts(
        &self,
        name: &'static str,
        value: Amount,
        min: Amount,
        max: Amount,
    ) -> Result<(), ParamsError> {
        if (min..=max).contains(&value) {
            Ok(())
        } else {
            Err(ParamsError::AmountOutOfRange { name, min, max, value })
        }
    }

    /// At least one base unit, at most a billion tokens.
    fn amount(&self, name: &'static str, value: Amount) -> Result<(), ParamsError> {
        self.amounts(name, value, Amount::new(1), tokens(1_000_000_000))
    }

    fn at_most(&self, name: &'static str, value: Amount, max: Amount) -> Result<(), ParamsError> {
        self.amounts(name, value, Amount::ZERO, max)
    }

    fn period(&self, name: &'static str, period: Period) -> Result<(), ParamsError> {
        self.check(name, period.blocks, 0, Period::MAX_BLOCKS)?;
        self.check(name, period.ms, 0, Period::MAX_MS)
    }
}

fn ppm(value: u32) -> Ppm {
    Ppm::new(value).unwrap_or(Ppm::ONE)
}

fn tokens(count: u64) -> Amount {
    Amount::from_tokens(count).unwrap_or(Amount::MAX)
}

impl ChainParams {
    /// Parameters of public test networks.
    pub fn testnet() -> Self {
        Self {
            epoch_length: 600,
            staking: StakingParams::testnet(),
            slashing: SlashingParams::testnet(),
            registry: RegistryParams::public(),
            governance: GovernanceParams::public(),
            treasury: TreasuryParams::public(),
            safety: SafetyParams::public(),
            compute: ComputeParams::testnet(),
            energy: EnergyParams::public(),
            ..Self::devnet()
        }
    }

    /// Parameters of the main network.
    pub fn mainnet() -> Self {
        Self {
            epoch_length: 3_600,
            fee_split: FeeSplit::mainnet(),
            staking: StakingParams::mainnet(),
            emission: EmissionParams::mainnet(),
            slashing: SlashingParams::mainnet(),
            compute: ComputeParams::mainnet(),
            energy: EnergyParams::mainnet(),
            ..Self::testnet()
        }
    }

    /// Parameters of development networks: short epochs, the split of the devnet preset.
    pub fn devnet() -> Self {
        Self {
            epoch_length: 100,
            idle_interval_ms: 1_000,
            busy_interval_ms: 25,
            block_gas_limit: Gas::new(500_000_000),
            max_block_bytes: MAX_BLOCK_BYTES as u64,
            min_gas_price: GasPrice::new(1_000_000_000),
            max_validity_blocks: 100_000,
            fee_split: FeeSplit::devnet(),
            staking: StakingParams::devnet(),
            emission: EmissionParams::devnet(),
            slashing: SlashingParams::devnet(),
            registry: RegistryParams::devnet(),
            governance: GovernanceParams::devnet(),
            treasury: TreasuryParams::devnet(),
            upgrade: UpgradeParams::common(),
            safety: SafetyParams::devnet(),
            compute: ComputeParams::devnet(),
            energy: EnergyParams::devnet(),
        }
    }

    /// Checks every bound.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn validate(&self) -> Result<(), ParamsError> {
        let all = Range;
        let range = |name, value, min, max| all.check(name, value, min, max);
        range("epoch_length", self.epoch_length, 10, 1_000_000)?;
        range("idle_interval_ms", self.idle_interval_ms, 10, 60_000)?;
        range("busy_interval_ms", self.busy_interval_ms, 1, self.idle_interval_ms)?;
        range("block_gas_limit", self.block_gas_limit.get(), 1_000_000, 1_000_000_000_000)?;
        range(
            "max_block_bytes",
            self.max_block_bytes,
            MAX_TRANSACTION_BYTES as u64,
            MAX_BLOCK_BYTES as u64,
        )?;
        range("max_validity_blocks", self.max_validity_blocks, 10, 1_000_000)?;
        range("min_gas_price", self.min_gas_price.get(), 0, u64::MAX / 2)?;
        self.fee_split.validate()?;
        self.staking.validate(&all)?;
        self.emission.validate(&all)?;
        self.slashing.validate(&all)?;
        self.registry.validate(&all)?;
        self.governance.validate(&all)?;
        self.treasury.validate(&all)?;
        self.upgrade.validate(&all)?;
        self.safety.validate(&all)?;
        self.compute.validate(&all)?;
        self.energy.validate(&all)
    }
}

impl FeeSplit {
    /// 90 % to the proposer, 10 % to the treasury.
    pub fn devnet() -> Self {
        Self { proposer: ppm(900_000), stakers: Ppm::ZERO, treasury: ppm(100_000), burn: Ppm::ZERO }
    }

    /// 40 % to those who stake, 10 % to the treasury, half is burned.
    pub fn mainnet() -> Self {
        let stakers = ppm(400_000);
        Self { proposer: Ppm::ZERO, stakers, treasury: ppm(100_000), burn: ppm(500_000) }
    }

    fn validate(&self) -> Result<(), ParamsError> {
        let sum: u64 = [self.proposer, self.stakers, self.treasury, self.burn]
            .iter()
            .map(|part| u64::from(part.get()))
            .sum();
        if sum == 1_000_000 { Ok(()) } else { Err(ParamsError::FeeSplit(sum)) }
    }
}

impl Write for FeeSplit {
    fn write(&self, buf: &mut impl BufMut) {
        self.proposer.write(buf);
        self.stakers.write(buf);
        self.treasury.write(buf);
        self.burn.write(buf);
    }
}
impl EncodeSize for FeeSplit {
    fn encode_size(&self) -> usize {
        self.proposer.encode_size()
            + self.stakers.encode_size()
            + self.treasury.encode_size()
            + self.burn.encode_size()
    }
}
impl Read for FeeSplit {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self {
            proposer: Ppm::read(buf)?,
            stakers: Ppm::read(buf)?,
            treasury: Ppm::read(buf)?,
            burn: Ppm::read(buf)?,
        })
    }
}

impl Write for ChainParams {
    fn write(&self, buf: &mut impl BufMut) {
        codec::write_u64(self.epoch_length, buf);
        codec::write_u64(self.idle_interval_ms, buf);
        codec::write_u64(self.busy_interval_ms, buf);
        self.block_gas_limit.write(buf);
        codec::write_u64(self.max_block_bytes, buf);
        self.min_gas_price.write(buf);
        codec::write_u64(self.max_validity_blocks, buf);
        self.fee_split.write(buf);
        self.staking.write(buf);
        self.emission.write(buf);
        self.slashing.write(buf);
        self.registry.write(buf);
        self.governance.write(buf);
        self.treasury.write(buf);
        self.upgrade.write(buf);
        self.safety.write(buf);
        self.compute.write(buf);
        self.energy.write(buf);
    }
}
impl EncodeSize for ChainParams {
    fn encode_size(&self) -> usize {
        codec::size_u64(self.epoch_length)
            + codec::size_u64(self.idle_interval_ms)
            + codec::size_u64(self.busy_interval_ms)
            + self.block_gas_limit.encode_size()
            + codec::size_u64(self.max_block_bytes)
            + self.min_gas_price.encode_size()
            + codec::size_u64(self.max_validity_blocks)
            + self.fee_split.encode_size()
            + self.staking.encode_size()
            + self.emission.encode_size()
            + self.slashing.encode_size()
            + self.registry.encode_size()
            + self.governance.encode_size()
            + self.treasury.encode_size()
            + self.upgrade.encode_size()
            + self.safety.encode_size()
            + self.compute.encode_size()
            + self.energy.encode_size()
    }
}
impl Read for ChainParams {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let params = Self {
            epoch_length: codec::read_u64(buf)?,
            idle_interval_ms: codec::read_u64(buf)?,
            busy_interval_ms: codec::read_u64(buf)?,
            block_gas_limit: Gas::read(buf)?,
            max_block_bytes: codec::read_u64(buf)?,
            min_gas_price: GasPrice::read(buf)?,
            max_validity_blocks: codec::read_u64(buf)?,
            fee_split: FeeSplit::read(buf)?,
            staking: StakingParams::read(buf)?,
            emission: EmissionParams::read(buf)?,
            slashing: SlashingParams::read(buf)?,
            registry: RegistryParams::read(buf)?,
            governance: GovernanceParams::read(buf)?,
            treasury: TreasuryParams::read(buf)?,
            upgrade: UpgradeParams::read(buf)?,
            safety: SafetyParams::read(buf)?,
            compute: ComputeParams::read(buf)?,
            energy: EnergyParams::read(buf)?,
        };
        params.validate().map_err(|_| Error::Invalid("ChainParams", "a bound is broken"))?;
        Ok(params)
    }
}
