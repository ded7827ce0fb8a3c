//! Keys of the state.

use althing_types::limits::MAX_STATE_KEY_BYTES;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt as _, Write};
use core::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
};

/// A key of the state: one byte that names the table, then the parts, 1 to 64 bytes in all. Held
/// inline, so copying it allocates nothing. Ordered as bytes.
///
/// Encoded as one byte for the length and the bytes.
#[derive(Clone, Copy)]
pub struct StateKey {
    bytes: [u8; MAX_STATE_KEY_BYTES],
    len: u8,
}

impl StateKey {
    /// The key of table `prefix` with `parts` one after the other; `None` above 64 bytes.
    pub fn new(prefix: u8, parts: &[&[u8]]) -> Option<Self> {
        let mut bytes = [0; MAX_STATE_KEY_BYTES];
        bytes[0] = prefix;
        let mut end = 1usize;
        for part in parts {
            let start = end;
            end = end.checked_add(part.len())?;
            bytes.get_mut(start..end)?.copy_from_slice(part);
        }
        Some(Self { bytes, len: u8::try_from(end).ok()? })
    }

    /// The key of table `prefix` with one part whose length is known when this is compiled, which
    /// is also when it is checked to fit.
    pub const fn fixed<const N: usize>(prefix: u8, part: &[u8; N]) -> Self {
        const { assert!(N < MAX_STATE_KEY_BYTES, "a state key has at most 64 bytes") };
        let mut bytes = [0; MAX_STATE_KEY_BYTES];
        bytes[0] = prefix;
        let mut index = 0;
        while index < N {
            bytes[index + 1] = part[index];
            index += 1;
        }
        Self { bytes, len: N as u8 + 1 }
    }

    /// The key with these bytes, the table's first; `None` unless there are 1 to 64.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (prefix, part) = bytes.split_first()?;
        Self::new(*prefix, &[part])
    }

    /// The byte that names the table.
    pub const fn prefix(&self) -> u8 {
        self.bytes[0]
    }

    /// All bytes, the table's first.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl Deref for StateKey {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsRef<[u8]> for StateKey {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq for StateKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for StateKey {}

impl PartialOrd for StateKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for StateKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for StateKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.as_bytes());
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.as_bytes()))
    }
}

impl fmt::Display for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Write for StateKey {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_u8(self.len);
        buf.put_slice(self.as_bytes());
    }
}

impl EncodeSize for StateKey {
    fn encode_size(&self) -> usize {
        1 + usize::from(self.len)
    }
}

impl Read for StateKey {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let len = u8::read(buf)?;
        let size = usize::from(len);
        if !(1..=MAX_STATE_KEY_BYTES).contains(&size) {
            return Err(Error::InvalidLength(size));
        }
        if buf.remaining() < size {
            return Err(Error::EndOfBuffer);
        }
        let mut bytes = [0; MAX_STATE_KEY_BYTES];
        buf.copy_to_slice(&mut bytes[..size]);
        Ok(Self { bytes, len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{DecodeExt as _, Encode as _};

    #[test]
    fn parts_are_joined_after_the_prefix() {
        let key = StateKey::new(7, &[b"ab", b"", b"c"]).unwrap();
        assert_eq!(&*key, b"\x07abc");
        assert_eq!(key, StateKey::fixed(7, b"abc"));
        assert_eq!(key.prefix(), 7);
        assert_eq!(format!("{key}"), "07616263");
    }

    #[test]
    fn sixty_four_bytes_fit_and_sixty_five_do_not() {
        assert_eq!(StateKey::new(1, &[&[0; 63]]).unwrap().len(), 64);
        assert!(StateKey::new(1, &[&[0; 64]]).is_none());
        assert!(StateKey::new(1, &[&[0; 40], &[0; 40]]).is_none());
    }

    #[test]
    fn encodings_round_trip_and_lengths_are_bounded() {
        for key in [StateKey::fixed(1, &[]), StateKey::fixed(9, &[5; 63])] {
            assert_eq!(StateKey::decode(key.encode()).unwrap(), key);
            assert_eq!(key.encode_size(), key.len() + 1);
        }
        assert!(StateKey::decode(vec![0]).is_err());
        assert!(StateKey::decode(vec![65; 66]).is_err());
        assert!(StateKey::decode(vec![3, 1, 2]).is_err());
    }

    #[test]
    fn order_is_that_of_the_bytes() {
        let short = StateKey::fixed(1, &[2]);
        let long = StateKey::fixed(1, &[2, 0]);
        assert!(short < long && long < StateKey::fixed(2, &[]));
    }
}
