//! Text that people wrote, with a bound that is part of its type.

use crate::codec;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, Write};
use core::{fmt, ops::Deref, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// At most `MAX` bytes of UTF-8 without control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(String);

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Too long.
    #[error("the text has {length} bytes: shorten it to at most {maximum}")]
    TooLong {
        /// Its bytes.
        length: usize,
        /// Most bytes.
        maximum: usize,
    },
    /// A control character, which could deceive who reads it.
    #[error("the text holds a control character: leave it out")]
    Control,
}

impl<const MAX: usize> Text<MAX> {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        if text.len() > MAX {
            return Err(TextError::TooLong { length: text.len(), maximum: MAX });
        }
        if text.chars().any(char::is_control) {
            return Err(TextError::Control);
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Deref for Text<MAX> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> FromStr for Text<MAX> {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::new(text)
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

impl<const MAX: usize> Write for Text<MAX> {
    fn write(&self, buf: &mut impl BufMut) {
        codec::write_str(&self.0, buf);
    }
}

impl<const MAX: usize> EncodeSize for Text<MAX> {
    fn encode_size(&self) -> usize {
        codec::size_str(&self.0)
    }
}

impl<const MAX: usize> Read for Text<MAX> {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Self::new(codec::read_str(buf, MAX)?)
            .map_err(|_| Error::Invalid("Text", "too long, or a control character"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{DecodeExt as _, Encode as _};

    #[test]
    fn a_text_keeps_its_bound_however_it_is_made() {
        let text = Text::<4>::new("abcd").unwrap();
        assert_eq!(Text::<4>::decode(text.encode()).unwrap(), text);
        assert_eq!(Text::<4>::new("abcde"), Err(TextError::TooLong { length: 5, maximum: 4 }));
        assert_eq!(Text::<4>::new("a\nb"), Err(TextError::Control));
        let longer = Text::<9>::new("abcde").unwrap();
        assert!(Text::<4>::decode(longer.encode()).is_err());
        assert!(serde_json::from_str::<Text<4>>("\"abcde\"").is_err());
    }
}
