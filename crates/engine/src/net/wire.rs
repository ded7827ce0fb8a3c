//! What travels on the channels for transactions, status and evidence. Every decoder is bounded
//! before it allocates, and rejects trailing bytes.

use crate::limits::MAX_EXTENSION_PAYLOAD;
use althing_types::{Hash, SignedTransaction, limits::MAX_TRANSACTION_BYTES};
use bytes::{BufMut, Bytes, BytesMut};
use commonware_codec::{
    Buf, EncodeSize as _, Error, FixedSize as _, ReadExt as _, Write as _, varint::UInt,
};

/// Bytes that a message of transactions has beside them.
const OVERHEAD: usize = 16;
/// Most encoded bytes of transactions in one message, their length prefixes included.
pub const MAX_BODIES: usize = MAX_EXTENSION_PAYLOAD - OVERHEAD;
/// Most transactions in one message: none encodes to less than 64 bytes.
pub const MAX_COUNT: usize = MAX_EXTENSION_PAYLOAD / 64;
/// Most hashes in one inventory or request.
pub const MAX_HASHES: usize = 4_096;

const BODIES: u8 = 0;
const INVENTORY: u8 = 1;
const REQUEST: u8 = 2;

/// What a message on the channel for transactions holds, told by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole transactions.
    Bodies,
    /// Hashes of transactions that the sender offers.
    Inventory,
    /// Hashes of transactions that the sender wants.
    Request,
}

impl Kind {
    /// The kind of a message; `None` if there is none such.
    pub fn of(message: &[u8]) -> Option<Self> {
        match *message.first()? {
            BODIES => Some(Self::Bodies),
            INVENTORY => Some(Self::Inventory),
            REQUEST => Some(Self::Request),
            _ => None,
        }
    }
}

pub(super) fn invalid(what: &'static str) -> Error {
    Error::Invalid("althing-net", what)
}

/// Size of a transaction in a message, its length prefix included.
pub fn size_of(transaction: &SignedTransaction) -> usize {
    transaction.encode_size()
}

/// Encodes whole transactions. They must fit [`MAX_BODIES`] and [`MAX_COUNT`].
pub fn bodies(transactions: &[SignedTransaction]) -> Bytes {
    let size: usize = transactions.iter().map(size_of).sum();
    let mut buffer = BytesMut::with_capacity(size + OVERHEAD);
    buffer.put_u8(BODIES);
    UInt(transactions.len() as u64).write(&mut buffer);
    for transaction in transactions {
        transaction.write(&mut buffer);
    }
    buffer.freeze()
}

/// Decodes whole transactions. Each gets memory of its own, so that none keeps the message alive.
///
/// # Errors
/// A codec error that says what is malformed.
pub fn read_bodies(mut message: impl Buf) -> Result<Vec<SignedTransaction>, Error> {
    let buf = &mut message;
    if u8::read(buf)? != BODIES {
        return Err(invalid("not a message of transactions"));
    }
    let count = read_length(buf, MAX_COUNT)?;
    let mut transactions = Vec::with_capacity(count.min(buf.remaining() / 64 + 1));
    for _ in 0..count {
        let length = read_length(buf, MAX_TRANSACTION_BYTES)?;
        if buf.remaining() < length {
            return Err(Error::EndOfBuffer);
        }
        let mut bytes = vec![0; length];
        buf.copy_to_slice(&mut bytes);
        transactions.push(SignedTransaction::from_bytes(bytes.into())?);
    }
    finished(buf)?;
    Ok(transactions)
}

/// Encodes hashes that are offered. At most [`MAX_HASHES`].
pub fn inventory(hashes: &[Hash]) -> Bytes {
    with_hashes(INVENTORY, hashes)
}

/// Encodes hashes that are wanted. At most [`MAX_HASHES`].
pub fn request(hashes: &[Hash]) -> Bytes {
    with_hashes(REQUEST, hashes)
}

fn with_hashes(kind: u8, hashes: &[Hash]) -> Bytes {
    let mut buffer = BytesMut::with_capacity(hashes.len() * Hash::SIZE + OVERHEAD);
    buffer.put_u8(kind);
    UInt(hashes.len() as u64).write(&mut buffer);
    for hash in hashes {
        hash.write(&mut buffer);
    }
    buffer.freeze()
}

/// Decodes the hashes of an inventory or a request.
///
/// # Errors
/// A codec error that says what is malformed.
pub fn read_hashes(mut message: impl Buf) -> Result<Vec<Hash>, Error> {
    let buf = &mut message;
    if !matches!(u8::read(buf)?, INVENTORY | REQUEST) {
        return Err(invalid("not a message of hashes"));
    }
    let count = read_length(buf, MAX_HASHES)?;
    if buf.remaining() != count * Hash::SIZE {
        return Err(Error::InvalidLength(buf.remaining()));
    }
    (0..count).map(|_| Hash::read(buf)).collect()
}

pub(super) fn read_length(buf: &mut impl Buf, max: usize) -> Result<usize, Error> {
    let length = u64::from(UInt::<u64>::read(buf)?);
    let length = usize::try_from(length).map_err(|_| Error::InvalidLength(usize::MAX))?;
    if length > max { Err(Error::InvalidLength(length)) } else { Ok(length) }
}

/// Writes a text, cut to at most `max` bytes.
pub(super) fn write_text(text: &str, max: usize, buf: &mut BytesMut) {
    let text = &text[..text.floor_char_boundary(max)];
    text.as_bytes().write(buf);
}

/// Reads a text of at most `max` bytes.
pub(super) fn read_text(buf: &mut impl Buf, max: usize) -> Result<String, Error> {
    let length = read_length(buf, max)?;
    if buf.remaining() < length {
        return Err(Error::EndOfBuffer);
    }
    let mut bytes = vec![0; length];
    buf.copy_to_slice(&mut bytes);
    String::from_utf8(bytes).map_err(|_| invalid("text is not UTF-8"))
}

pub(super) fn finished(buf: &impl Buf) -> Result<(), Error> {
    if buf.has_remaining() { Err(Error::ExtraData(buf.remaining())) } else { Ok(()) }
}
