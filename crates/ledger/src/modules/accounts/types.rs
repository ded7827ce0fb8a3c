use althing_types::{Amount, Nonce};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt as _, Write};
use serde::{Deserialize, Serialize};

/// The record of an account. The default is what an account without a record counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// How many of its transactions entered blocks; the next one carries this number.
    pub nonce: Nonce,
    /// What it owns, in base units.
    pub balance: Amount,
    /// Whether a vesting schedule locks a part of it; see module `vesting`.
    #[serde(default)]
    pub vesting: bool,
}

impl Write for Account {
    fn write(&self, buf: &mut impl BufMut) {
        self.nonce.write(buf);
        self.balance.write(buf);
        self.vesting.write(buf);
    }
}

impl EncodeSize for Account {
    #[expect(clippy::arithmetic_side_effects, reason = "at most 10 + 19 + 1 bytes")]
    fn encode_size(&self) -> usize {
        self.nonce.encode_size() + self.balance.encode_size() + self.vesting.encode_size()
    }
}

impl Read for Account {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self {
            nonce: Nonce::read(buf)?,
            balance: Amount::read(buf)?,
            vesting: bool::read(buf)?,
        })
    }
}
