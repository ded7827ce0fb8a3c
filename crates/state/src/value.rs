//! Values of the state.

use althing_types::limits::MAX_STATE_VALUE_BYTES;
use bytes::{BufMut, Bytes};
use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, Write};
use core::{fmt, ops::Deref};

/// A value of the state: at most 64 KiB. Cloning is cheap.
///
/// Encoded as a varint for the length and the bytes.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct StateValue(Bytes);

/// The bytes are more than a value may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a state value holds at most 65536 bytes, not {0}")]
pub struct ValueTooLong(pub usize);

impl StateValue {
    /// From its bytes.
    ///
    /// # Errors
    /// [`ValueTooLong`] above 64 KiB.
    pub fn new(bytes: Bytes) -> Result<Self, ValueTooLong> {
        if bytes.len() > MAX_STATE_VALUE_BYTES {
            return Err(ValueTooLong(bytes.len()));
        }
        Ok(Self(bytes))
    }

    /// The bytes, shared.
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }
}

impl Deref for StateValue {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for StateValue {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for StateValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl Write for StateValue {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for StateValue {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for StateValue {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Bytes::read_cfg(buf, &RangeCfg::from(0..=MAX_STATE_VALUE_BYTES)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{DecodeExt as _, Encode as _};

    #[test]
    fn encodings_round_trip_up_to_the_bound() {
        for len in [0, 1, 200, MAX_STATE_VALUE_BYTES] {
            let value = StateValue::new(Bytes::from(vec![3; len])).unwrap();
            assert_eq!(StateValue::decode(value.encode()).unwrap(), value);
        }
        let long = Bytes::from(vec![3; MAX_STATE_VALUE_BYTES + 1]);
        assert_eq!(StateValue::new(long.clone()), Err(ValueTooLong(65_537)));
        assert!(StateValue::decode(long.encode()).is_err());
    }
}
