//! Bytes that only their own format explains, with a bound that is part of their type.

use crate::codec;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, Write};
use core::{fmt, ops::Deref};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// At most `MAX` bytes; in JSON as hex.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Blob<const MAX: usize>(Vec<u8>);

impl<const MAX: usize> Blob<MAX> {
    /// These bytes; `None` if there are more than `MAX`.
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= MAX).then_some(Self(bytes))
    }
}

impl<const MAX: usize> Deref for Blob<MAX> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for Blob<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<const MAX: usize> Serialize for Blob<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Blob<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = hex::decode(text.strip_prefix("0x").unwrap_or(&text))
            .map_err(|_| D::Error::custom("expected an even number of hex characters"))?;
        let too_long = || D::Error::custom(format!("at most {MAX} bytes are accepted"));
        Self::new(bytes).ok_or_else(too_long)
    }
}

impl<const MAX: usize> Write for Blob<MAX> {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.as_slice().write(buf);
    }
}
impl<const MAX: usize> EncodeSize for Blob<MAX> {
    fn encode_size(&self) -> usize {
        self.0.as_slice().encode_size()
    }
}
impl<const MAX: usize> Read for Blob<MAX> {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self(codec::read_bytes(buf, MAX)?.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{DecodeExt as _, Encode as _};

    #[test]
    fn bytes_keep_their_bound_however_they_are_made() {
        let blob = Blob::<4>::new(vec![1, 2, 0xab]).unwrap();
        assert_eq!(Blob::<4>::decode(blob.encode()).unwrap(), blob);
        assert!(Blob::<4>::new(vec![0; 5]).is_none());
        let longer = Blob::<9>::new(vec![0; 5]).unwrap();
        assert!(Blob::<4>::decode(longer.encode()).is_err());
        assert_eq!(serde_json::to_string(&blob).unwrap(), "\"0102ab\"");
        assert_eq!(serde_json::from_str::<Blob<4>>("\"0x0102ab\"").unwrap(), blob);
        assert!(serde_json::from_str::<Blob<4>>("\"0102abcdef\"").is_err());
        assert!(serde_json::from_str::<Blob<4>>("\"012\"").is_err());
    }
}
