//! Parameters of emission: how much is paid for blocks, and to whom.

use super::{ParamsError, Range, ppm, tokens};
use crate::{Amount, Ppm, codec::re, struct_codec};
use serde::{Deserialize, Serialize};

/// Parameters of module `rewards`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmissionParams {
    /// How much is emitted.
    pub schedule: Schedule,
    /// The part of an emission that goes to validators and their delegators; the rest goes to the
    /// miner pool.
    pub validator_share: Ppm,
    /// Most that validators and delegators earn by emission for one block; the excess is burned.
    pub validator_cap: Amount,
    /// Most that the miner pool earns by emission for one block; the excess is burned.
    pub miner_cap: Amount,
    /// Most that the miner pool carries over the end of an epoch; the excess is burned.
    pub miner_pool_cap: Amount,
}

/// How much is emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Schedule {
    /// New money for each block: `initial` at first, half as much after each `period` blocks.
    Halving {
        /// Base units a block at the start.
        initial: Amount,
        /// Blocks from one halving to the next, at least 1.
        period: u64,
    },
    /// A yearly return on the active stake, released from the reserve that genesis set aside: the
    /// supply does not grow. Falls by `step` after each year of chain time until it is `floor`.
    TargetApr {
        /// In the first year, at most 500,000.
        start: Ppm,
        /// Less in each later year, at most `start`.
        step: Ppm,
        /// Never less; at most `start`.
        floor: Ppm,
    },
}

/// Highest legal return of the first year, in parts per million.
const MAX_APR: u64 = 500_000;

impl Schedule {
    /// Whether what it pays comes from the reserve of genesis.
    pub fn needs_reserve(&self) -> bool {
        matches!(self, Self::TargetApr { start, .. } if *start > Ppm::ZERO)
    }
}

const HALVING: u8 = 0;
const TARGET_APR: u8 = 1;

impl re::Write for Schedule {
    fn write(&self, buf: &mut impl re::BufMut) {
        match self {
            Self::Halving { initial, period } => {
                HALVING.write(buf);
                initial.write(buf);
                period.write(buf);
            }
            Self::TargetApr { start, step, floor } => {
                TARGET_APR.write(buf);
                start.write(buf);
                step.write(buf);
                floor.write(buf);
            }
        }
    }
}

impl re::EncodeSize for Schedule {
    fn encode_size(&self) -> usize {
        1 + match self {
            Self::Halving { initial, period } => initial.encode_size() + period.encode_size(),
            Self::TargetApr { start, step, floor } => {
                start.encode_size() + step.encode_size() + floor.encode_size()
            }
        }
    }
}

impl re::Read for Schedule {
    type Cfg = ();
    fn read_cfg(buf: &mut impl re::Buf, _: &()) -> Result<Self, re::Error> {
        use re::ReadExt as _;
        match u8::read(buf)? {
            HALVING => Ok(Self::Halving { initial: Amount::read(buf)?, period: u64::read(buf)? }),
            TARGET_APR => Ok(Self::TargetApr {
                start: Ppm::read(buf)?,
                step: Ppm::read(buf)?,
                floor: Ppm::read(buf)?,
            }),
            _ => Err(re::Error::Invalid("Schedule", "unknown schedule")),
        }
    }
}

struct_codec!(EmissionParams {
    schedule,
    validator_share,
    validator_cap,
    miner_cap,
    miner_pool_cap,
});

impl EmissionParams {
    /// Development and test networks: 10 CPC a block, halved every million blocks.
    pub fn devnet() -> Self {
        Self {
            schedule: Schedule::Halving { initial: tokens(10), period: 1_000_000 },
            validator_share: ppm(700_000),
            validator_cap: tokens(7),
            miner_cap: tokens(3),
            miner_pool_cap: tokens(1_000_000),
        }
    }

    /// The main network: 12 % in the first year, 2 points less each year, never below 4 %.
    pub fn mainnet() -> Self {
        let schedule =
            Schedule::TargetApr { start: ppm(120_000), step: ppm(20_000), floor: ppm(40_000) };
        Self { schedule, ..Self::devnet() }
    }

    /// Nothing is emitted: for tests and load networks.
    pub fn none() -> Self {
        let schedule = Schedule::Halving { initial: Amount::ZERO, period: 1 };
        Self { schedule, ..Self::devnet() }
    }

    pub(super) fn validate(&self, range: &Range) -> Result<(), ParamsError> {
        match self.schedule {
            Schedule::Halving { initial, period } => {
                range.check("emission.schedule.period", period, 1, u64::MAX)?;
                range.at_most("emission.schedule.initial", initial, tokens(1_000_000))?;
            }
            Schedule::TargetApr { start, step, floor } => {
                let [start, step, floor] = [start, step, floor].map(|part| part.get().into());
                range.check("emission.schedule.start", start, 0, MAX_APR)?;
                range.check("emission.schedule.step", step, 0, start)?;
                range.check("emission.schedule.floor", floor, 0, start)?;
            }
        }
        range.at_most("emission.validator_cap", self.validator_cap, tokens(1_000_000))?;
        range.at_most("emission.miner_cap", self.miner_cap, tokens(1_000_000))?;
        range.at_most("emission.miner_pool_cap", self.miner_pool_cap, tokens(1_000_000_000))
    }
}
