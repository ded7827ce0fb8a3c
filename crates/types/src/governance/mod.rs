//! What is decided in common: criticality, houses, ballots, and what a proposal does.

mod action;
mod ballot;
mod kind;
mod safety;
mod treasury;
mod upgrade;

pub use action::{Action, ParameterChange, ParameterChanges};
pub use ballot::{Ballot, BallotError, Choice};
pub use kind::Kind;
pub use safety::{
    ChangeEnd, Order, OrderKind, OrderKinds, SafetyMembers, SafetyRules, SafetyRulesError,
};
pub use treasury::{Dependencies, DisbursementReason, DisbursementState, Payment, Payments};
pub use upgrade::{UpgradeEnd, UpgradeFailure};

use crate::{
    codec::{byte_enum, re},
    struct_codec,
};
use core::fmt;
use serde::{Deserialize, Serialize};

byte_enum! {
    /// How much depends on a proposal. It fixes the threshold, how long is voted, and how long it
    /// takes until what was decided happens.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Criticality {
        /// Each validator's own choice.
        0 "optional" Optional,
        /// The common case: 51 %.
        1 "standard" Standard,
        /// 67 %.
        2 "important" Important,
        /// 90 %.
        3 "critical" Critical,
        /// At once, and only for a while.
        4 "emergency" Emergency,
    }
}

byte_enum! {
    /// Why a proposal was rejected.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Rejection {
        /// Too little of all stake took part.
        0 "no-quorum" NoQuorum,
        /// Too few were for it.
        1 "threshold" Threshold,
        /// Too many called it harmful.
        2 "veto" Veto,
    }
}

/// What a validator leaves to its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preferences {
    /// The node adopts what is each validator's own choice.
    pub auto_adopt_optional: bool,
    /// The node votes by itself on proposals of at least this criticality.
    pub minimum_criticality: Criticality,
    /// The longest delay, in blocks, of what the node agrees to by itself. The node keeps to it.
    pub max_delay_tolerance: u64,
}

struct_codec!(Preferences { auto_adopt_optional, minimum_criticality, max_delay_tolerance });

/// Who decides: those who stake, by their stake; the validators, one vote each; or both houses, each
/// of which must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Houses {
    /// The house of stake is asked.
    pub stake: bool,
    /// The house of validators is asked.
    pub validators: bool,
}

impl Houses {
    /// The house of stake alone.
    pub const STAKE: Self = Self { stake: true, validators: false };
    /// The house of validators alone.
    pub const VALIDATORS: Self = Self { stake: false, validators: true };
    /// Both houses.
    pub const BOTH: Self = Self { stake: true, validators: true };

    /// Whoever is asked by one or by the other.
    pub const fn and(self, other: Self) -> Self {
        Self { stake: self.stake || other.stake, validators: self.validators || other.validators }
    }
}

impl fmt::Display for Houses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.stake, self.validators) {
            (true, true) => "both houses",
            (true, false) => "stake",
            (false, true) => "validators",
            (false, false) => "nobody",
        })
    }
}

impl re::Write for Houses {
    fn write(&self, buf: &mut impl re::BufMut) {
        (u8::from(self.stake) | u8::from(self.validators) << 1).write(buf);
    }
}
impl re::EncodeSize for Houses {
    fn encode_size(&self) -> usize {
        1
    }
}
impl re::Read for Houses {
    type Cfg = ();
    fn read_cfg(buf: &mut impl re::Buf, _: &()) -> Result<Self, re::Error> {
        use re::ReadExt as _;
        match u8::read(buf)? {
            1 => Ok(Self::STAKE),
            2 => Ok(Self::VALIDATORS),
            3 => Ok(Self::BOTH),
            _ => Err(re::Error::Invalid("Houses", "not one or both of two")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{DecodeExt as _, Encode as _};

    #[test]
    fn criticality_is_ordered_and_known_by_its_name() {
        assert!(Criticality::Optional < Criticality::Standard);
        assert!(Criticality::Critical < Criticality::Emergency);
        for level in Criticality::ALL {
            assert_eq!(level.name().parse(), Ok(*level));
            assert_eq!(Criticality::decode(level.encode()).unwrap(), *level);
            let text = serde_json::to_string(level).unwrap();
            assert_eq!(serde_json::from_str::<Criticality>(&text).unwrap(), *level);
        }
        assert!(Criticality::decode(vec![5u8]).is_err());
        assert!("high".parse::<Criticality>().is_err());
    }

    #[test]
    fn somebody_is_always_asked() {
        for houses in [Houses::STAKE, Houses::VALIDATORS, Houses::BOTH] {
            assert_eq!(Houses::decode(houses.encode()).unwrap(), houses);
        }
        assert!(Houses::decode(vec![0u8]).is_err());
        assert!(Houses::decode(vec![4u8]).is_err());
        assert_eq!(Houses::STAKE.and(Houses::VALIDATORS), Houses::BOTH);
    }
}
