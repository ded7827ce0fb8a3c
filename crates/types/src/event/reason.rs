use crate::codec::re;
use serde::{Deserialize, Serialize};

/// Why a validator was slashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlashReason {
    /// It missed its proposals.
    Downtime,
    /// It contradicted itself in consensus.
    Equivocation,
}

impl re::Write for SlashReason {
    fn write(&self, buf: &mut impl re::BufMut) {
        let byte: u8 = match self {
            Self::Downtime => 0,
            Self::Equivocation => 1,
        };
        byte.write(buf);
    }
}
impl re::EncodeSize for SlashReason {
    fn encode_size(&self) -> usize {
        1
    }
}
impl re::Read for SlashReason {
    type Cfg = ();
    fn read_cfg(buf: &mut impl re::Buf, _: &()) -> Result<Self, re::Error> {
        use re::ReadExt as _;
        match u8::read(buf)? {
            0 => Ok(Self::Downtime),
            1 => Ok(Self::Equivocation),
            _ => Err(re::Error::Invalid("SlashReason", "unknown reason")),
        }
    }
}
