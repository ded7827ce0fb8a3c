//! Small values with a fixed form: bounded text and bytes, SHA-256 digests, PCI identifiers and
//! addresses.
//!
//! Everything that evidence and whitelists are made of has one spelling in JSON and a known largest
//! size, so that a transaction that carries it can be priced before it is read.
#![deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// Why a value could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// More bytes than the field may hold.
    #[error("the text has {length} bytes, but this field holds at most {maximum}: shorten it")]
    TooLong {
        /// Bytes of the text.
        length: usize,
        /// Bytes that the field may hold.
        maximum: usize,
    },
    /// A byte outside printable ASCII.
    #[error("the text may hold printable ASCII only: remove other characters")]
    NotPrintable,
    /// Not bytes in base64.
    #[error("expected bytes in base64 with its padding")]
    Base64,
    /// Not 64 hexadecimal digits.
    #[error("expected a SHA-256 as 64 lower-case hexadecimal digits")]
    Digest,
    /// Not four hexadecimal digits.
    #[error("expected a PCI identifier as four lower-case hexadecimal digits, such as 10de")]
    PciId,
    /// Not a PCI address.
    #[error("expected a PCI address such as 0000:01:00.0")]
    PciAddress,
}

/// Printable ASCII of at most `MAX` bytes.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// Checks and wraps a text.
    ///
    /// # Errors
    /// [`TextError::TooLong`] or [`TextError::NotPrintable`].
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        if text.len() > MAX {
            return Err(TextError::TooLong { length: text.len(), maximum: MAX });
        }
        if !text.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
            return Err(TextError::NotPrintable);
        }
        Ok(Self(text))
    }

    /// What a machine answered, made to fit: other characters become `?`, the rest is cut off.
    pub fn fitted(text: &str) -> Self {
        let printable = |c: char| if (' '..='~').contains(&c) { c } else { '?' };
        Self(text.trim().chars().map(printable).take(MAX).collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const MAX: usize> FromStr for Text<MAX> {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::new(text)
    }
}

/// At most `MAX` bytes, shown in base64 with padding.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes<const MAX: usize>(Vec<u8>);

impl<const MAX: usize> Bytes<MAX> {
    /// Checks and wraps bytes.
    ///
    /// # Errors
    /// [`TextError::TooLong`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, TextError> {
        let bytes = bytes.into();
        if bytes.len() > MAX {
            return Err(TextError::TooLong { length: bytes.len(), maximum: MAX });
        }
        Ok(Self(bytes))
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> fmt::Display for Bytes<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(&self.0))
    }
}

impl<const MAX: usize> fmt::Debug for Bytes<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const MAX: usize> FromStr for Bytes<MAX> {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        // The engine refuses missing padding and stray bits: one spelling.
        Self::new(STANDARD.decode(text).map_err(|_| TextError::Base64)?)
    }
}

/// A SHA-256, shown as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| TextError::Digest)?;
        let digest = Self(bytes);
        // One spelling: upper-case digits would give the same evidence two encodings.
        if digest.to_string() == text { Ok(digest) } else { Err(TextError::Digest) }
    }
}

/// The vendor number of NVIDIA in the PCI registry.
pub const NVIDIA: PciId = PciId(0x10de);

/// A 16-bit identifier of the PCI registry: a vendor, a device or a subsystem.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PciId(pub u16);

impl fmt::Display for PciId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}", self.0)
    }
}

impl FromStr for PciId {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        lower_hex(text, 4)
            .and_then(|value| u16::try_from(value).ok())
            .map(Self)
            .ok_or(TextError::PciId)
    }
}

/// Where a function sits on the PCI buses: `domain:bus:device.function`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PciAddress {
    /// PCI domain; 0 on most machines.
    pub domain: u16,
    /// Bus in the domain.
    pub bus: u8,
    /// Device on the bus, below 32.
    pub device: u8,
    /// Function of the device, below 8.
    pub function: u8,
}

impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:02x}:{:02x}.{}", self.domain, self.bus, self.device, self.function)
    }
}

impl FromStr for PciAddress {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        parse_address(text).ok_or(TextError::PciAddress)
    }
}

fn parse_address(text: &str) -> Option<PciAddress> {
    let (domain, rest) = text.split_once(':')?;
    let (bus, rest) = rest.split_once(':')?;
    let (device, function) = rest.split_once('.')?;
    let address = PciAddress {
        domain: u16::try_from(lower_hex(domain, 4)?).ok()?,
        bus: u8::try_from(lower_hex(bus, 2)?).ok()?,
        device: u8::try_from(lower_hex(device, 2)?).ok()?,
        function: u8::try_from(lower_hex(function, 1)?).ok()?,
    };
    (address.device < 32 && address.function < 8).then_some(address)
}

/// Exactly `digits` lower-case hexadecimal digits.
fn lower_hex(text: &str, digits: usize) -> Option<u32> {
    let legal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != digits || !text.bytes().all(legal) {
        return None;
    }
    u32::from_str_radix(text, 16).ok()
}

/// Serializes by `Display`, reads by `FromStr`.
macro_rules! as_text {
    ($($name:ty),*) => { $(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )* };
}

as_text!(Digest, PciId, PciAddress);

impl<const MAX: usize> Serialize for Bytes<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Bytes<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl<const MAX: usize> Serialize for Text<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_bounded_and_printable() {
        assert!(Text::<3>::new("abc").is_ok());
        assert_eq!(Text::<3>::new("abcd"), Err(TextError::TooLong { length: 4, maximum: 3 }));
        assert_eq!(Text::<9>::new("a\nb"), Err(TextError::NotPrintable));
        assert_eq!(Text::<4>::fitted(" a\u{fc}bcd ").as_str(), "a?bc");
        assert!(serde_json::from_str::<Text<2>>("\"abc\"").is_err());
    }

    #[test]
    fn identifiers_have_one_spelling() {
        assert_eq!("10de".parse(), Ok(NVIDIA));
        for wrong in ["10DE", "0x10de", "10d", "+0de", ""] {
            assert_eq!(wrong.parse::<PciId>(), Err(TextError::PciId), "{wrong}");
        }
        let upper = "A".repeat(64);
        assert_eq!(upper.parse::<Digest>(), Err(TextError::Digest));
        assert_eq!(upper.to_lowercase().parse::<Digest>(), Ok(Digest([0xaa; 32])));
    }

    #[test]
    fn bytes_have_one_spelling_and_a_bound() {
        let bytes = Bytes::<4>::new([0xfb, 0xff, 0x01]).expect("few bytes");
        assert_eq!(bytes.to_string(), "+/8B");
        assert_eq!("+/8B".parse(), Ok(bytes));
        assert_eq!("/w==".parse(), Bytes::<4>::new([0xff]));
        for wrong in ["/w", "/x==", "_w==", "/w==\n", "/w= ="] {
            assert_eq!(wrong.parse::<Bytes<4>>(), Err(TextError::Base64), "{wrong}");
        }
        let long = "AAAAAAA=".parse::<Bytes<4>>();
        assert_eq!(long, Err(TextError::TooLong { length: 5, maximum: 4 }));
    }

    #[test]
    fn addresses_are_read_as_they_are_shown() {
        let address = PciAddress { domain: 1, bus: 0x2a, device: 31, function: 7 };
        assert_eq!(address.to_string(), "0001:2a:1f.7");
        assert_eq!("0001:2a:1f.7".parse(), Ok(address));
        for wrong in ["0000:00:20.0", "0000:00:00.8", "00:00.0", "0000:00:00.0.0"] {
            assert_eq!(wrong.parse::<PciAddress>(), Err(TextError::PciAddress), "{wrong}");
        }
    }
}
