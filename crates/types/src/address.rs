//! Account addresses: 20 bytes, written as bech32m with the chain's prefix (`cpc1…`).

use crate::hash::sha256;
use bech32::{Bech32m, Hrp, primitives::decode::CheckedHrpstring};
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt as _, Write};
use core::{fmt, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::sync::OnceLock;

/// The prefix of addresses on chains whose genesis names no other.
pub const DEFAULT_PREFIX: &str = "cpc";

static PREFIX: OnceLock<String> = OnceLock::new();

/// Sets the prefix that this process prints and accepts. The first call wins; a process serves one
/// chain. Addresses in consensus data are bytes, so the prefix never affects the state.
///
/// # Errors
/// [`AddressError::Malformed`] if `prefix` is no legal bech32 prefix, [`AddressError::WrongPrefix`]
/// if another prefix is in use already.
pub fn set_prefix(prefix: &str) -> Result<(), AddressError> {
    if Hrp::parse(prefix).is_err() || prefix.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(AddressError::Malformed);
    }
    match PREFIX.get_or_init(|| prefix.to_owned()) {
        current if current == prefix => Ok(()),
        current => {
            Err(AddressError::WrongPrefix { expected: current.clone(), found: prefix.to_owned() })
        }
    }
}

/// The prefix in use.
pub fn prefix() -> &'static str {
    PREFIX.get().map_or(DEFAULT_PREFIX, String::as_str)
}

/// Why a text is no address of this chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not bech32m, or a mistyped character.
    #[error("not a valid address: check it for a missing or mistyped character")]
    Malformed,
    /// A valid address of another chain.
    #[error("the address starts with {found}1, but this chain uses {expected}1")]
    WrongPrefix {
        /// The prefix of this chain.
        expected: String,
        /// The prefix of the text.
        found: String,
    },
    /// Bech32m, but not of 20 bytes.
    #[error("an address holds 20 bytes, this one holds {0}")]
    WrongLength(usize),
}

/// An account address: the first 20 bytes of
/// SHA-256(`"althing/address"` ‖ key scheme ‖ public key).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Address([u8; 20]);

impl Address {
    /// From raw bytes.
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The address of a public key given as its scheme number and its encoding.
    pub fn of_key(scheme: u8, key: &[u8]) -> Self {
        Self::derive(b"althing/address", &[&[scheme], key])
    }

    /// The address of a protocol account (for example the treasury), which no key controls.
    pub fn of_module(name: &str) -> Self {
        Self::derive(b"althing/module", &[name.as_bytes()])
    }

    fn derive(domain: &[u8], parts: &[&[u8]]) -> Self {
        let mut all = vec![domain];
        all.extend_from_slice(parts);
        let digest = sha256(&all);
        let mut bytes = [0; 20];
        bytes.copy_from_slice(&digest.as_ref()[..20]);
        Self(bytes)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hrp = Hrp::parse(prefix()).map_err(|_| fmt::Error)?;
        bech32::encode_lower_to_fmt::<Bech32m, _>(f, hrp, &self.0).map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let checked =
            CheckedHrpstring::new::<Bech32m>(text).map_err(|_| AddressError::Malformed)?;
        let found = checked.hrp().to_lowercase();
        if found != prefix() {
            return Err(AddressError::WrongPrefix { expected: prefix().to_owned(), found });
        }
        let bytes: Vec<u8> = checked.byte_iter().collect();
        bytes.try_into().map(Self).map_err(|bytes: Vec<u8>| AddressError::WrongLength(bytes.len()))
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Write for Address {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(&self.0);
    }
}
impl FixedSize for Address {
    const SIZE: usize = 20;
}
impl Read for Address {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        <[u8; 20]>::read(buf).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        let address = Address::new([7; 20]);
        assert_eq!(address.to_string().parse(), Ok(address));
        assert!(address.to_string().starts_with("cpc1"));
    }

    #[test]
    fn one_mistyped_character_is_caught() {
        let text = Address::new([7; 20]).to_string();
        for index in 4..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[index] = if wrong[index] == b'q' { b'p' } else { b'q' };
            let wrong = String::from_utf8(wrong).unwrap();
            assert_eq!(wrong.parse::<Address>(), Err(AddressError::Malformed), "{wrong}");
        }
    }

    #[test]
    fn an_address_of_another_chain_says_so() {
        let hrp = Hrp::parse("other").unwrap();
        let text = bech32::encode::<Bech32m>(hrp, &[7; 20]).unwrap();
        assert_eq!(
            text.parse::<Address>(),
            Err(AddressError::WrongPrefix { expected: "cpc".into(), found: "other".into() })
        );
    }
}
