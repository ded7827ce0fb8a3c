use crate::{Ppm, codec::byte_enum, codec::re};
use serde::{Deserialize, Serialize};

byte_enum! {
    /// What a voter can say.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Choice {
        /// For it.
        0 "yes" Yes,
        /// Against it.
        1 "no" No,
        /// Counted as taking part, neither for nor against.
        2 "abstain" Abstain,
        /// Against it, and it is harmful: enough of these cost its proposer the deposit.
        3 "veto" Veto,
    }
}

/// How a voter divides its weight. The four parts add up to the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Ballot {
    yes: Ppm,
    no: Ppm,
    abstain: Ppm,
    veto: Ppm,
}

/// The parts of a ballot do not add up to the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parts of a ballot must add up to 1000000 ppm, not {0}")]
pub struct BallotError(u32);

/// A ballot that was not checked. A part that is left out is nothing.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Parts {
    #[serde(skip_serializing_if = "is_zero")]
    yes: Ppm,
    #[serde(skip_serializing_if = "is_zero")]
    no: Ppm,
    #[serde(skip_serializing_if = "is_zero")]
    abstain: Ppm,
    #[serde(skip_serializing_if = "is_zero")]
    veto: Ppm,
}

fn is_zero(part: &Ppm) -> bool {
    *part == Ppm::ZERO
}

impl TryFrom<Parts> for Ballot {
    type Error = BallotError;
    fn try_from(parts: Parts) -> Result<Self, BallotError> {
        Self::new(parts.yes, parts.no, parts.abstain, parts.veto)
    }
}

impl From<Ballot> for Parts {
    fn from(ballot: Ballot) -> Self {
        let Ballot { yes, no, abstain, veto } = ballot;
        Self { yes, no, abstain, veto }
    }
}

impl Ballot {
    /// Divided.
    ///
    /// # Errors
    /// [`BallotError`] unless the parts add up to the whole.
    pub fn new(yes: Ppm, no: Ppm, abstain: Ppm, veto: Ppm) -> Result<Self, BallotError> {
        let sum = yes.get() + no.get() + abstain.get() + veto.get();
        let ballot = Self { yes, no, abstain, veto };
        if sum == Ppm::ONE.get() { Ok(ballot) } else { Err(BallotError(sum)) }
    }

    /// Undivided.
    pub const fn all(choice: Choice) -> Self {
        let nothing = Self { yes: Ppm::ZERO, no: Ppm::ZERO, abstain: Ppm::ZERO, veto: Ppm::ZERO };
        match choice {
            Choice::Yes => Self { yes: Ppm::ONE, ..nothing },
            Choice::No => Self { no: Ppm::ONE, ..nothing },
            Choice::Abstain => Self { abstain: Ppm::ONE, ..nothing },
            Choice::Veto => Self { veto: Ppm::ONE, ..nothing },
        }
    }

    /// The part of a choice.
    pub const fn part(&self, choice: Choice) -> Ppm {
        match choice {
            Choice::Yes => self.yes,
            Choice::No => self.no,
            Choice::Abstain => self.abstain,
            Choice::Veto => self.veto,
        }
    }
}

impl re::Write for Ballot {
    fn write(&self, buf: &mut impl re::BufMut) {
        for choice in Choice::ALL {
            self.part(*choice).write(buf);
        }
    }
}
impl re::EncodeSize for Ballot {
    fn encode_size(&self) -> usize {
        Choice::ALL.iter().map(|choice| self.part(*choice).encode_size()).sum()
    }
}
impl re::Read for Ballot {
    type Cfg = ();
    fn read_cfg(buf: &mut impl re::Buf, _: &()) -> Result<Self, re::Error> {
        use re::ReadExt as _;
        let (yes, no) = (Ppm::read(buf)?, Ppm::read(buf)?);
        let (abstain, veto) = (Ppm::read(buf)?, Ppm::read(buf)?);
        Self::new(yes, no, abstain, veto)
            .map_err(|_| re::Error::Invalid("Ballot", "the parts are not a whole"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{DecodeExt as _, Encode as _};

    fn ppm(parts: u32) -> Ppm {
        Ppm::new(parts).unwrap()
    }

    #[test]
    fn a_ballot_is_a_whole_however_it_is_made() {
        let divided = Ballot::new(ppm(600_000), ppm(0), ppm(399_999), ppm(1)).unwrap();
        assert_eq!(Ballot::decode(divided.encode()).unwrap(), divided);
        assert_eq!(Ballot::new(ppm(1), ppm(2), ppm(3), ppm(4)), Err(BallotError(10)));
        let short = (ppm(1), (ppm(2), ppm(3)), ppm(4)).encode();
        assert!(Ballot::decode(short).is_err());
        let text = serde_json::to_string(&divided).unwrap();
        assert_eq!(text, r#"{"yes":600000,"abstain":399999,"veto":1}"#);
        assert_eq!(serde_json::from_str::<Ballot>(&text).unwrap(), divided);
        assert!(serde_json::from_str::<Ballot>(r#"{"yes":999999}"#).is_err());
        assert!(serde_json::from_str::<Ballot>(r#"{"yes":1000000,"maybe":0}"#).is_err());
    }

    #[test]
    fn an_undivided_ballot_says_one_thing() {
        for choice in Choice::ALL {
            for other in Choice::ALL {
                let part = if choice == other { Ppm::ONE } else { Ppm::ZERO };
                assert_eq!(Ballot::all(*choice).part(*other), part);
            }
        }
    }
}
