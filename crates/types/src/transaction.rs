//! Transactions, unsigned and signed.
//!
//! A signed transaction is `length ‖ body ‖ authorization`. Its hash is the SHA-256 of
//! `body ‖ authorization`; its key signs `"althing/tx/1" ‖ body` (see [`crate::keys`]).

use crate::{
    Address, Amount, Authorization, Gas, GasPrice, Hash, Height, Nonce, Payload, SecretKey, codec,
    hash::sha256,
    keys::{KeyError, signing_bytes},
    limits::{MAX_CHAIN_ID_BYTES, MAX_MEMO_BYTES, MAX_TRANSACTION_BYTES},
};
use bytes::{BufMut, Bytes, BytesMut};
use commonware_codec::{
    Buf, DecodeExt as _, Encode as _, EncodeSize, Error, Read, ReadExt as _, Write,
};
use core::{fmt, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::sync::Arc;

const VERSION: u8 = 1;

/// The name of a chain, for example `cpc-devnet-1`: 1 to 31 characters of `a-z`, `0-9` and `-`.
/// It is part of every signed transaction, so a transaction cannot be replayed on another chain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChainId {
    bytes: [u8; MAX_CHAIN_ID_BYTES],
    len: u8,
}

/// The text is no chain id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a chain id is 1 to 31 characters of a-z, 0-9 and '-'")]
pub struct ChainIdError;

impl ChainId {
    /// The text.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }

    fn from_bytes(text: &[u8]) -> Result<Self, ChainIdError> {
        let legal = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if text.is_empty() || text.len() > MAX_CHAIN_ID_BYTES || !text.iter().all(legal) {
            return Err(ChainIdError);
        }
        let mut bytes = [0; MAX_CHAIN_ID_BYTES];
        bytes[..text.len()].copy_from_slice(text);
        Ok(Self { bytes, len: text.len() as u8 })
    }
}

impl FromStr for ChainId {
    type Err = ChainIdError;
    fn from_str(text: &str) -> Result<Self, ChainIdError> {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ChainId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ChainId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Write for ChainId {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_u8(self.len);
        buf.put_slice(&self.bytes[..usize::from(self.len)]);
    }
}
impl EncodeSize for ChainId {
    fn encode_size(&self) -> usize {
        1 + usize::from(self.len)
    }
}
impl Read for ChainId {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let len = usize::from(u8::read(buf)?);
        if len > MAX_CHAIN_ID_BYTES {
            return Err(Error::InvalidLength(len));
        }
        let mut bytes = [0; MAX_CHAIN_ID_BYTES];
        if buf.remaining() < len {
            return Err(Error::EndOfBuffer);
        }
        buf.copy_to_slice(&mut bytes[..len]);
        Self::from_bytes(&bytes[..len]).map_err(|_| Error::Invalid("ChainId", "illegal characters"))
    }
}

/// A transaction before it is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// The chain it is for.
    pub chain_id: ChainId,
    /// The account that pays and acts.
    pub sender: Address,
    /// How many transactions of the sender were included before this one.
    pub nonce: Nonce,
    /// The most gas it may use. The fee is charged for the gas used.
    pub gas_limit: Gas,
    /// What the sender pays for one gas, in base units.
    pub gas_price: GasPrice,
    /// The last height at which it may be included.
    pub valid_until: Height,
    /// Free text, at most 256 bytes.
    #[serde(default)]
    pub memo: String,
    /// What to do.
    pub payload: Payload,
}

impl Transaction {
    /// The most that including this transaction can cost its sender in fees.
    pub fn max_fee(&self) -> Amount {
        self.gas_price.cost(self.gas_limit)
    }

    /// Signs with `key`. The sender must be the address of the key.
    ///
    /// # Errors
    /// [`KeyError`] if the key cannot sign.
    pub fn sign(self, key: &SecretKey) -> Result<SignedTransaction, KeyError> {
        let authorization = key.sign(&signing_bytes(&self.encode()))?;
        Ok(SignedTransaction::new(self, authorization))
    }
}

impl Write for Transaction {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_u8(VERSION);
        self.chain_id.write(buf);
        self.sender.write(buf);
        self.nonce.write(buf);
        self.gas_limit.write(buf);
        self.gas_price.write(buf);
        self.valid_until.write(buf);
        codec::write_str(&self.memo, buf);
        self.payload.write(buf);
    }
}

impl EncodeSize for Transaction {
    fn encode_size(&self) -> usize {
        1 + self.chain_id.encode_size()
            + self.sender.encode_size()
            + self.nonce.encode_size()
            + self.gas_limit.encode_size()
            + self.gas_price.encode_size()
            + self.valid_until.encode_size()
            + codec::size_str(&self.memo)
            + self.payload.encode_size()
    }
}

impl Read for Transaction {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        match u8::read(buf)? {
            VERSION => {}
            _ => return Err(Error::Invalid("Transaction", "unknown format version")),
        }
        Ok(Self {
            chain_id: ChainId::read(buf)?,
            sender: Address::read(buf)?,
            nonce: Nonce::read(buf)?,
            gas_limit: Gas::read(buf)?,
            gas_price: GasPrice::read(buf)?,
            valid_until: Height::read(buf)?,
            memo: codec::read_str(buf, MAX_MEMO_BYTES)?,
            payload: Payload::read(buf)?,
        })
    }
}

/// A transaction with its authorization, its exact bytes and its hash. Cloning is cheap.
///
/// Decoding checks the format only; signatures are checked by
/// [`Authorization::verify`] or [`crate::keys::verify_batch`].
#[derive(Clone)]
pub struct SignedTransaction(Arc<Inner>);

struct Inner {
    body: Transaction,
    authorization: Authorization,
    bytes: Bytes,
    body_len: usize,
    hash: Hash,
}

impl SignedTransaction {
    /// Joins a body and an authorization. Nothing is verified.
    pub fn new(body: Transaction, authorization: Authorization) -> Self {
        let mut bytes = BytesMut::with_capacity(body.encode_size() + authorization.encode_size());
        body.write(&mut bytes);
        let body_len = bytes.len();
        authorization.write(&mut bytes);
        Self::assemble(body, authorization, bytes.freeze(), body_len)
    }

    fn assemble(
        body: Transaction,
        authorization: Authorization,
        bytes: Bytes,
        body_len: usize,
    ) -> Self {
        let hash = sha256(&[&bytes]);
        Self(Arc::new(Inner { body, authorization, bytes, body_len, hash }))
    }

    /// Decodes `body ‖ authorization`, the form that clients submit and that [`Self::bytes`]
    /// returns.
    ///
    /// # Errors
    /// A codec error that says what is malformed.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, Error> {
        if bytes.len() > MAX_TRANSACTION_BYTES {
            return Err(Error::InvalidLength(bytes.len()));
        }
        let mut rest = bytes.clone();
        let body = Transaction::read(&mut rest)?;
        let body_len = bytes.len() - rest.len();
        let authorization = Authorization::decode(rest)?;
        Ok(Self::assemble(body, authorization, bytes, body_len))
    }

    /// The unsigned part.
    pub fn body(&self) -> &Transaction {
        &self.0.body
    }

    /// The authorization.
    pub fn authorization(&self) -> &Authorization {
        &self.0.authorization
    }

    /// The exact bytes, `body ‖ authorization`, without a length prefix.
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// The exact bytes of the body, which (with the namespace) the key signed.
    pub fn body_bytes(&self) -> &[u8] {
        &self.0.bytes[..self.0.body_len]
    }

    /// SHA-256 of [`Self::bytes`]; identifies the transaction.
    pub fn hash(&self) -> Hash {
        self.0.hash
    }

    /// The account that pays and acts.
    pub fn sender(&self) -> Address {
        self.0.body.sender
    }

    /// Checks that the key belongs to the sender and that the signature covers the body.
    ///
    /// # Errors
    /// [`KeyError`] naming what does not match.
    pub fn verify_signature(&self) -> Result<(), KeyError> {
        if self.0.authorization.address() != self.0.body.sender {
            return Err(KeyError::PublicKey);
        }
        self.0.authorization.verify(&signing_bytes(self.body_bytes()))
    }
}

impl PartialEq for SignedTransaction {
    fn eq(&self, other: &Self) -> bool {
        self.0.hash == other.0.hash
    }
}
impl Eq for SignedTransaction {}

impl fmt::Debug for SignedTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedTransaction")
            .field("hash", &self.0.hash)
            .field("body", &self.0.body)
            .finish_non_exhaustive()
    }
}

impl Write for SignedTransaction {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.bytes.write(buf);
    }
}
impl EncodeSize for SignedTransaction {
    fn encode_size(&self) -> usize {
        self.0.bytes.encode_size()
    }
}
impl Read for SignedTransaction {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Self::from_bytes(codec::read_bytes(buf, MAX_TRANSACTION_BYTES)?)
    }
}
