//! Observable facts, recorded in receipts. One variant per fact; tags are never reused.

use crate::{Address, Amount};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt as _, Write};
use serde::{Deserialize, Serialize};

const TAG_TRANSFERRED: u16 = 0x0101;

/// Something that happened while a transaction or a block was executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// Money moved between two accounts.
    Transferred {
        /// Who paid.
        from: Address,
        /// Who received.
        to: Address,
        /// How much, in base units.
        amount: Amount,
    },
}

impl Event {
    /// The name used by the API and the index.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Transferred { .. } => "transferred",
        }
    }

    /// The accounts that this event concerns, for address filters.
    pub fn accounts(&self) -> Vec<Address> {
        match self {
            Self::Transferred { from, to, .. } => vec![*from, *to],
        }
    }
}

impl Write for Event {
    fn write(&self, buf: &mut impl BufMut) {
        match self {
            Self::Transferred { from, to, amount } => {
                TAG_TRANSFERRED.write(buf);
                from.write(buf);
                to.write(buf);
                amount.write(buf);
            }
        }
    }
}

impl EncodeSize for Event {
    fn encode_size(&self) -> usize {
        2 + match self {
            Self::Transferred { from, to, amount } => {
                from.encode_size() + to.encode_size() + amount.encode_size()
            }
        }
    }
}

impl Read for Event {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        match u16::read(buf)? {
            TAG_TRANSFERRED => Ok(Self::Transferred {
                from: Address::read(buf)?,
                to: Address::read(buf)?,
                amount: Amount::read(buf)?,
            }),
            _ => Err(Error::Invalid("Event", "unknown event type")),
        }
    }
}
