//! The 32-byte SHA-256 digest that identifies transactions, blocks and roots.

use commonware_cryptography::{Hasher as _, Sha256, sha256};

/// A SHA-256 digest. Printed as 64 lowercase hex characters.
pub type Hash = sha256::Digest;

/// SHA-256 of the concatenation of `parts`.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    Sha256::hash(parts)
}

/// A digest of 32 zero bytes, used where no value exists yet (for example the genesis parent).
pub fn zero() -> Hash {
    sha256::Digest([0; 32])
}

/// Parses 64 hex characters, with or without a leading `0x`.
pub fn parse(text: &str) -> Option<Hash> {
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes).ok()?;
    Some(sha256::Digest(bytes))
}

/// Serde adapter: a [`Hash`] as a hex string.
pub mod serde_hex {
    use super::Hash;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    /// Writes the digest as 64 hex characters.
    pub fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(hash.as_ref()))
    }

    /// Reads 64 hex characters.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse(&text).ok_or_else(|| D::Error::custom("expected 64 hex characters"))
    }
}

/// Serde adapter: a [`Hash`] as a hex string, or nothing.
pub mod serde_hex_option {
    use super::Hash;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};

    /// Writes the digest as 64 hex characters, or null.
    pub fn serialize<S: Serializer>(hash: &Option<Hash>, serializer: S) -> Result<S::Ok, S::Error> {
        hash.as_ref().map(|hash| hex::encode(hash.as_ref())).serialize(serializer)
    }

    /// Reads 64 hex characters, or null.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Hash>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let Some(text) = text else { return Ok(None) };
        super::parse(&text).map(Some).ok_or_else(|| D::Error::custom("expected 64 hex characters"))
    }
}
