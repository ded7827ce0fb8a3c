//! Validator sets. A validator is known by its Ed25519 consensus key, which is also its network
//! identity; account keys are separate.

use crate::{
    Address, Amount, Hash, KeyScheme, codec,
    limits::{MAX_ENDPOINT_BYTES, MAX_VALIDATORS},
};
use bytes::BufMut;
use commonware_codec::{
    Buf, DecodeExt as _, EncodeSize, Error, FixedSize, RangeCfg, Read, ReadExt as _, Write,
};
use commonware_cryptography::{Signer as _, Verifier as _, ed25519};
use core::{fmt, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// What the consensus messages of a chain are signed under: votes and certificates of one chain are
/// worth nothing on another.
pub fn consensus_namespace(genesis: &Hash) -> Vec<u8> {
    let mut namespace = b"althing/".to_vec();
    namespace.extend_from_slice(genesis.as_ref());
    namespace
}

/// An Ed25519 signature by a consensus key, written as 128 hex characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature64([u8; 64]);

impl Signature64 {
    /// From raw bytes.
    pub const fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Debug for Signature64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Serialize for Signature64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}
impl<'de> Deserialize<'de> for Signature64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut bytes = [0; 64];
        hex::decode_to_slice(String::deserialize(deserializer)?, &mut bytes)
            .map_err(|_| D::Error::custom("a signature is 128 hex characters"))?;
        Ok(Self(bytes))
    }
}

impl Write for Signature64 {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(&self.0);
    }
}
impl FixedSize for Signature64 {
    const SIZE: usize = 64;
}
impl Read for Signature64 {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        <[u8; 64]>::read(buf).map(Self)
    }
}

/// Signs `message` under `namespace` with a consensus key.
pub fn sign(key: &ed25519::PrivateKey, namespace: &[u8], message: &[u8]) -> Signature64 {
    let mut bytes = [0; 64];
    bytes.copy_from_slice(key.sign(namespace, message).as_ref());
    Signature64(bytes)
}

/// Whether the consensus key `validator` signed `message` under `namespace`.
pub fn verify(
    validator: &ValidatorKey,
    namespace: &[u8],
    message: &[u8],
    signature: &Signature64,
) -> bool {
    let Some(key) = validator.to_public_key() else { return false };
    let Ok(signature) = ed25519::Signature::decode(signature.0.to_vec()) else { return false };
    key.verify(namespace, message, &signature)
}

/// The Ed25519 consensus key of a validator, written as 64 hex characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValidatorKey([u8; 32]);

impl ValidatorKey {
    /// From raw bytes, which need not be a point of the curve.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The account that this key controls: the node itself pays from it, for heartbeats and
    /// evidence.
    pub fn node_account(&self) -> Address {
        Address::of_key(KeyScheme::Ed25519 as u8, &self.0)
    }

    /// The key as the consensus engine uses it; `None` if the bytes are no point of the curve.
    pub fn to_public_key(self) -> Option<ed25519::PublicKey> {
        ed25519::PublicKey::decode(self.0.to_vec()).ok()
    }

    /// From the consensus engine's form.
    pub fn from_public_key(key: &ed25519::PublicKey) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(key.as_ref());
        Self(bytes)
    }
}

impl fmt::Display for ValidatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}
impl fmt::Debug for ValidatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no validator key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a validator key is 64 hex characters that encode an Ed25519 public key")]
pub struct ValidatorKeyError;

impl FromStr for ValidatorKey {
    type Err = ValidatorKeyError;
    fn from_str(text: &str) -> Result<Self, ValidatorKeyError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| ValidatorKeyError)?;
        let key = Self(bytes);
        key.to_public_key().map(|_| key).ok_or(ValidatorKeyError)
    }
}

impl Serialize for ValidatorKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for ValidatorKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Write for ValidatorKey {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(&self.0);
    }
}
impl FixedSize for ValidatorKey {
    const SIZE: usize = 32;
}
impl Read for ValidatorKey {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        <[u8; 32]>::read(buf).map(Self)
    }
}

/// One member of a validator set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorEntry {
    /// Consensus and network key.
    pub key: ValidatorKey,
    /// Where its p2p port is reached, `host:port`.
    pub endpoint: String,
    /// Stake behind it, in base units. Membership follows stake; every member has one vote.
    pub stake: Amount,
}

impl Write for ValidatorEntry {
    fn write(&self, buf: &mut impl BufMut) {
        self.key.write(buf);
        codec::write_str(&self.endpoint, buf);
        self.stake.write(buf);
    }
}
impl EncodeSize for ValidatorEntry {
    fn encode_size(&self) -> usize {
        32 + codec::size_str(&self.endpoint) + self.stake.encode_size()
    }
}
impl Read for ValidatorEntry {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self {
            key: ValidatorKey::read(buf)?,
            endpoint: codec::read_str(buf, MAX_ENDPOINT_BYTES)?,
            stake: Amount::read(buf)?,
        })
    }
}

/// The validators of one epoch, ordered by key, without repetition: 1 to 100 of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ValidatorSet(Vec<ValidatorEntry>);

/// Why a list is no validator set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorSetError {
    /// Empty.
    #[error("a validator set needs at least one validator")]
    Empty,
    /// More than 100.
    #[error("a validator set holds at most 100 validators")]
    TooLarge,
    /// The same key twice.
    #[error("a validator key appears twice")]
    Duplicate,
    /// A key that is no point of the curve.
    #[error("a validator key is not an Ed25519 public key")]
    BadKey,
}

impl ValidatorSet {
    /// Sorts `entries` by key and checks them.
    ///
    /// # Errors
    /// [`ValidatorSetError`] naming the rule that is broken.
    pub fn new(mut entries: Vec<ValidatorEntry>) -> Result<Self, ValidatorSetError> {
        if entries.is_empty() {
            return Err(ValidatorSetError::Empty);
        }
        if entries.len() > MAX_VALIDATORS {
            return Err(ValidatorSetError::TooLarge);
        }
        entries.sort_by_key(|entry| entry.key);
        if entries.windows(2).any(|pair| pair[0].key == pair[1].key) {
            return Err(ValidatorSetError::Duplicate);
        }
        if entries.iter().any(|entry| entry.key.to_public_key().is_none()) {
            return Err(ValidatorSetError::BadKey);
        }
        Ok(Self(entries))
    }

    /// The members, ordered by key.
    pub fn entries(&self) -> &[ValidatorEntry] {
        &self.0
    }

    /// How many signatures make a certificate: `n - (n - 1) / 3`.
    pub fn quorum(&self) -> usize {
        self.0.len() - (self.0.len() - 1) / 3
    }

    /// Who proposes in `view` of `epoch`: the members take turns, in the order of their keys.
    /// Consensus elects by the same rule, which a test of the engine checks.
    pub fn leader(&self, epoch: crate::Epoch, view: crate::View) -> &ValidatorEntry {
        let turn = epoch.get().wrapping_add(view.get()) % self.0.len() as u64;
        &self.0[turn as usize]
    }

    /// Position of a key in the set.
    pub fn position(&self, key: &ValidatorKey) -> Option<usize> {
        self.0.binary_search_by_key(key, |entry| entry.key).ok()
    }
}

impl Write for ValidatorSet {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}
impl EncodeSize for ValidatorSet {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}
impl Read for ValidatorSet {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let entries =
            Vec::<ValidatorEntry>::read_cfg(buf, &(RangeCfg::from(1..=MAX_VALIDATORS), ()))?;
        if entries.windows(2).any(|pair| pair[0].key >= pair[1].key) {
            return Err(Error::Invalid("ValidatorSet", "not ordered by key"));
        }
        Self::new(entries).map_err(|_| Error::Invalid("ValidatorSet", "not a validator set"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::sha256;

    #[test]
    fn namespaces_of_different_chains_differ() {
        assert_ne!(consensus_namespace(&sha256(&[b"a"])), consensus_namespace(&sha256(&[b"b"])));
    }
}
