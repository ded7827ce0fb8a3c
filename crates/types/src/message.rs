//! What a transaction asks for. Each message type has a fixed two-byte tag: the high byte names
//! the module, the low byte the message. Tags are never reused, so new messages can be added
//! without changing how old ones are read.

use crate::{Address, Amount};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt as _, Write};
use serde::{Deserialize, Serialize};

const TAG_TRANSFER: u16 = 0x0101;

/// The body of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Payload {
    /// Moves money from the sender to another account.
    Transfer(Transfer),
}

/// Moves `amount` from the sender to `to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Who receives. The account need not exist yet.
    pub to: Address,
    /// How much, in base units; more than zero.
    pub amount: Amount,
}

impl Payload {
    /// The wire tag.
    pub const fn tag(&self) -> u16 {
        match self {
            Self::Transfer(_) => TAG_TRANSFER,
        }
    }

    /// The name used by the API, the index and the metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Transfer(_) => "transfer",
        }
    }
}

impl Write for Payload {
    fn write(&self, buf: &mut impl BufMut) {
        self.tag().write(buf);
        match self {
            Self::Transfer(Transfer { to, amount }) => {
                to.write(buf);
                amount.write(buf);
            }
        }
    }
}

impl EncodeSize for Payload {
    fn encode_size(&self) -> usize {
        2 + match self {
            Self::Transfer(Transfer { to, amount }) => to.encode_size() + amount.encode_size(),
        }
    }
}

impl Read for Payload {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        match u16::read(buf)? {
            TAG_TRANSFER => {
                Ok(Self::Transfer(Transfer { to: Address::read(buf)?, amount: Amount::read(buf)? }))
            }
            _ => Err(Error::Invalid("Payload", "unknown message type")),
        }
    }
}
