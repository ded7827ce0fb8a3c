//! The outcome of an included transaction.

use crate::{Amount, Event, Gas, Hash, codec, hash::sha256, limits::MAX_RECEIPT_EVENTS};
use bytes::BufMut;
use commonware_codec::{Buf, Encode as _, EncodeSize, Error, RangeCfg, Read, ReadExt as _, Write};
use serde::{Deserialize, Serialize};

/// Outcome of a transaction: 0 is success, every other number is a rule of the ledger. The list
/// of codes with their names is the ledger's; numbers are never reused.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Code(u16);

impl Code {
    /// The transaction did what it asked for.
    pub const OK: Self = Self(0);

    /// From its number.
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// Its number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whether the transaction succeeded.
    pub const fn is_ok(self) -> bool {
        self.0 == 0
    }
}

/// What happened to one included transaction, or, as the last of a block, what the block did by
/// itself. Committed to by the header's receipts root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Hash of the transaction.
    #[serde(with = "crate::hash::serde_hex")]
    pub transaction: Hash,
    /// Success, or the rule that failed.
    pub code: Code,
    /// Gas that was used and paid for.
    pub gas_used: Gas,
    /// Fee that was charged, in base units.
    pub fee: Amount,
    /// What happened, in order. Empty if the transaction failed.
    pub events: Vec<Event>,
}

impl Receipt {
    /// The receipt of what a block did by itself, after its transactions: it names no transaction
    /// and costs nothing. A block that did nothing by itself has none.
    pub fn of_block(events: Vec<Event>) -> Self {
        let (gas_used, fee) = (Gas::ZERO, Amount::ZERO);
        Self { transaction: crate::hash::zero(), code: Code::OK, gas_used, fee, events }
    }

    /// Whether this is the receipt of a block, not of a transaction.
    pub fn is_of_block(&self) -> bool {
        self.transaction == crate::hash::zero()
    }

    /// SHA-256 of the encoding: the leaf of the receipts tree.
    pub fn hash(&self) -> Hash {
        sha256(&[&self.encode()])
    }
}

impl Write for Receipt {
    fn write(&self, buf: &mut impl BufMut) {
        self.transaction.write(buf);
        codec::write_u64(u64::from(self.code.0), buf);
        self.gas_used.write(buf);
        self.fee.write(buf);
        self.events.write(buf);
    }
}
impl EncodeSize for Receipt {
    fn encode_size(&self) -> usize {
        32 + codec::size_u64(u64::from(self.code.0))
            + self.gas_used.encode_size()
            + self.fee.encode_size()
            + self.events.encode_size()
    }
}
impl Read for Receipt {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self {
            transaction: Hash::read(buf)?,
            code: u16::try_from(codec::read_u64(buf)?)
                .map(Code)
                .map_err(|_| Error::Invalid("Receipt", "code above 65535"))?,
            gas_used: Gas::read(buf)?,
            fee: Amount::read(buf)?,
            events: Vec::read_cfg(buf, &(RangeCfg::from(0..=MAX_RECEIPT_EVENTS), ()))?,
        })
    }
}
