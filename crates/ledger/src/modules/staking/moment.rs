use crate::{error::Fault, execute::Environment, modules::bank::ProtocolAccounts};
use althing_types::{ChainParams, Due, Epoch, Height, Period, Timestamp, Version};

/// A moment of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The height of the block.
    pub height: Height,
    /// The epoch that counts: the block's own, or the next one when the epoch turns.
    pub epoch: Epoch,
    /// The time of the block.
    pub time: Timestamp,
}

/// What staking needs to know about the block it works in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockMoment<'a> {
    pub(crate) height: Height,
    pub(crate) epoch: Epoch,
    /// Time of the block.
    pub(crate) time: Timestamp,
    /// The version of the rules.
    pub(crate) version: Version,
    pub(crate) params: &'a ChainParams,
    pub(crate) protocol: &'a ProtocolAccounts,
    /// Most that `staking.max_validators` can ever be on this chain.
    pub(crate) validator_ceiling: u64,
}

impl<'a> From<&'a Environment<'a>> for BlockMoment<'a> {
    fn from(block: &'a Environment<'a>) -> Self {
        let Environment { height, epoch, time, version, params, protocol, .. } = *block;
        let validator_ceiling = block.validator_ceiling;
        Self { height, epoch, time, version, params, protocol, validator_ceiling }
    }
}

impl BlockMoment<'_> {
    pub(crate) const fn now(&self) -> Now {
        Now { height: self.height, epoch: self.epoch, time: self.time }
    }

    /// Whether that moment has come.
    pub(crate) const fn is_reached(&self, due: Due) -> bool {
        due.is_reached(self.height, self.time)
    }

    /// When a period that begins now is over.
    pub(crate) const fn after(&self, period: Period) -> Due {
        period.from(self.height, self.time)
    }

    /// The same block, once the epoch has turned.
    pub(super) fn turned(self) -> Result<Self, Fault> {
        let what = "there are no epochs left";
        let epoch = self.epoch.next().ok_or(Fault::Corrupt { key: super::TOTALS, what })?;
        Ok(Self { epoch, ..self })
    }
}
