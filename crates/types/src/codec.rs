//! Small helpers over `commonware-codec` that every encoding uses, and the macros that write the
//! codec of plain records and of lists of variants.

use bytes::{BufMut, Bytes};
use commonware_codec::{Buf, Error, RangeCfg, Read, ReadExt as _, Write as _, varint::UInt};

/// Writes an unsigned integer as a varint: the bytes of the library's `UInt`, in one go.
pub(crate) fn write_u64(value: u64, buf: &mut impl BufMut) {
    let mut bytes = [0; 10];
    let (mut rest, mut length) = (value, 0);
    while rest >= 0x80 {
        bytes[length] = rest as u8 | 0x80;
        (rest, length) = (rest >> 7, length + 1);
    }
    bytes[length] = rest as u8;
    buf.put_slice(&bytes[..=length]);
}

/// Size of [`write_u64`]'s output, in bytes.
pub(crate) fn size_u64(value: u64) -> usize {
    use commonware_codec::EncodeSize as _;
    UInt(value).encode_size()
}

/// Reads a varint written by [`write_u64`].
pub(crate) fn read_u64(buf: &mut impl Buf) -> Result<u64, Error> {
    // The common case: in one piece of memory, at most 9 bytes of 7 bits, the shortest of its value.
    // The library says what is wrong with anything else.
    let mut value = 0;
    for (at, byte) in buf.chunk().iter().take(9).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            if *byte == 0 && at > 0 {
                break;
            }
            buf.advance(at + 1);
            return Ok(value);
        }
    }
    Ok(UInt::<u64>::read(buf)?.into())
}

/// Writes an unsigned 128-bit integer as a varint: the bytes of the library's `UInt`, in one go.
pub(crate) fn write_u128(value: u128, buf: &mut impl BufMut) {
    let mut bytes = [0; 19];
    let (mut rest, mut length) = (value, 0);
    while rest > u128::from(u64::MAX) {
        bytes[length] = rest as u8 | 0x80;
        (rest, length) = (rest >> 7, length + 1);
    }
    let mut rest = rest as u64;
    while rest >= 0x80 {
        bytes[length] = rest as u8 | 0x80;
        (rest, length) = (rest >> 7, length + 1);
    }
    bytes[length] = rest as u8;
    buf.put_slice(&bytes[..=length]);
}

/// Size of [`write_u128`]'s output, in bytes.
pub(crate) fn size_u128(value: u128) -> usize {
    use commonware_codec::EncodeSize as _;
    UInt(value).encode_size()
}

/// Reads a varint written by [`write_u128`].
pub(crate) fn read_u128(buf: &mut impl Buf) -> Result<u128, Error> {
    // As in [`read_u64`], in two halves of at most 9 bytes.
    let (mut low, mut high) = (0u64, 0u64);
    for (at, byte) in buf.chunk().iter().take(18).enumerate() {
        let part = u64::from(byte & 0x7f);
        if at < 9 {
            low |= part << (7 * at);
        } else {
            high |= part << (7 * (at - 9));
        }
        if byte & 0x80 == 0 {
            if *byte == 0 && at > 0 {
                break;
            }
            buf.advance(at + 1);
            return Ok(u128::from(high) << 63 | u128::from(low));
        }
    }
    Ok(UInt::<u128>::read(buf)?.into())
}

/// Reads length-prefixed bytes, at most `max` of them.
pub(crate) fn read_bytes(buf: &mut impl Buf, max: usize) -> Result<Bytes, Error> {
    Bytes::read_cfg(buf, &RangeCfg::from(0..=max))
}

/// Reads exactly `len` bytes without a length prefix.
pub(crate) fn read_exact(buf: &mut impl Buf, len: usize) -> Result<Bytes, Error> {
    if buf.remaining() < len {
        return Err(Error::EndOfBuffer);
    }
    Ok(buf.copy_to_bytes(len))
}

/// Writes a string as length-prefixed UTF-8.
pub(crate) fn write_str(value: &str, buf: &mut impl BufMut) {
    value.as_bytes().write(buf);
}

/// Size of [`write_str`]'s output, in bytes.
pub(crate) fn size_str(value: &str) -> usize {
    use commonware_codec::EncodeSize as _;
    value.as_bytes().encode_size()
}

/// Reads length-prefixed UTF-8, at most `max` bytes.
pub(crate) fn read_str(buf: &mut impl Buf, max: usize) -> Result<String, Error> {
    let bytes = read_bytes(buf, max)?;
    String::from_utf8(bytes.to_vec()).map_err(|_| Error::Invalid("althing", "text is not UTF-8"))
}

/// Implements the codec for a newtype over `u64` as a varint.
macro_rules! varint_codec {
    ($name:ident) => {
        impl commonware_codec::Write for $name {
            fn write(&self, buf: &mut impl bytes::BufMut) {
                crate::codec::write_u64(self.0, buf);
            }
        }
        impl commonware_codec::EncodeSize for $name {
            fn encode_size(&self) -> usize {
                crate::codec::size_u64(self.0)
            }
        }
        impl commonware_codec::Read for $name {
            type Cfg = ();
            fn read_cfg(
                buf: &mut impl commonware_codec::Buf,
                _: &(),
            ) -> Result<Self, commonware_codec::Error> {
                crate::codec::read_u64(buf).map(Self)
            }
        }
    };
}
pub(crate) use varint_codec;

/// Implements the codec of a struct: its fields one after the other. Every field's type must
/// decode without a configuration. Plain `u64` and `u32` fields take 8 and 4 bytes.
#[macro_export]
macro_rules! struct_codec {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::codec::re::Write for $name {
            fn write(&self, buf: &mut impl $crate::codec::re::BufMut) {
                $( $crate::codec::re::Write::write(&self.$field, buf); )*
                let _ = buf;
            }
        }
        impl $crate::codec::re::EncodeSize for $name {
            fn encode_size(&self) -> usize {
                let size = 0usize;
                $( let size = size.saturating_add(
                    $crate::codec::re::EncodeSize::encode_size(&self.$field)
                ); )*
                size
            }
        }
        impl $crate::codec::re::Read for $name {
            type Cfg = ();
            fn read_cfg(
                buf: &mut impl $crate::codec::re::Buf,
                _: &(),
            ) -> Result<Self, $crate::codec::re::Error> {
                let _ = &buf;
                Ok(Self { $( $field: $crate::codec::re::ReadExt::read(buf)?, )* })
            }
        }
    };
}

/// Declares an enum whose variants have named fields, a two-byte tag, and a name for the API and
/// the read model: `tag "name" Variant { field: Type }`. Tags are never reused.
#[macro_export]
macro_rules! tagged_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $(
                $(#[$vmeta:meta])*
                $tag:literal $text:literal $variant:ident {
                    $( $(#[$fmeta:meta])* $field:ident: $ty:ty ),* $(,)?
                }
            ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis enum $name {
            $(
                $(#[$vmeta])*
                $variant { $( $(#[$fmeta])* $field: $ty ),* },
            )*
        }

        impl $name {
            /// Every tag with its name.
            pub const NAMES: &'static [(u16, &'static str)] = &[$( ($tag, $text) ),*];

            /// The wire tag.
            pub const fn tag(&self) -> u16 {
                match self { $( Self::$variant { .. } => $tag, )* }
            }

            /// The name used by the API, the read model and the metrics.
            pub const fn name(&self) -> &'static str {
                match self { $( Self::$variant { .. } => $text, )* }
            }
        }

        impl $crate::codec::re::Write for $name {
            fn write(&self, buf: &mut impl $crate::codec::re::BufMut) {
                $crate::codec::re::Write::write(&self.tag(), buf);
                match self {
                    $( Self::$variant { $( $field ),* } => {
                        $( $crate::codec::re::Write::write($field, buf); )*
                    } )*
                }
            }
        }
        impl $crate::codec::re::EncodeSize for $name {
            fn encode_size(&self) -> usize {
                match self {
                    $( Self::$variant { $( $field ),* } => {
                        let size = 2usize;
                        $( let size = size.saturating_add(
                            $crate::codec::re::EncodeSize::encode_size($field)
                        ); )*
                        size
                    } )*
                }
            }
        }
        impl $crate::codec::re::Read for $name {
            type Cfg = ();
            fn read_cfg(
                buf: &mut impl $crate::codec::re::Buf,
                _: &(),
            ) -> Result<Self, $crate::codec::re::Error> {
                let tag: u16 = $crate::codec::re::ReadExt::read(buf)?;
                match tag {
                    $( $tag => Ok(Self::$variant {
                        $( $field: $crate::codec::re::ReadExt::read(buf)?, )*
                    }), )*
                    _ => Err($crate::codec::re::Error::Invalid(stringify!($name), "unknown tag")),
                }
            }
        }
    };
}

/// Declares an enum without fields that is one byte on the wire and a word in JSON:
/// `byte "name" Variant`. Bytes are never reused.
#[macro_export]
macro_rules! byte_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $( $(#[$vmeta:meta])* $byte:literal $text:literal $variant:ident ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis enum $name {
            $( $(#[$vmeta])* $variant, )*
        }

        impl $name {
            /// All of them, in the order of their bytes.
            pub const ALL: &'static [Self] = &[$( Self::$variant ),*];

            /// The byte on the wire.
            pub const fn byte(self) -> u8 {
                match self { $( Self::$variant => $byte, )* }
            }

            /// The name used by the API, the read model and the metrics.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $text, )* }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::codec::UnknownName;
            fn from_str(text: &str) -> Result<Self, $crate::codec::UnknownName> {
                let found = Self::ALL.iter().copied().find(|value| value.name() == text);
                found.ok_or($crate::codec::UnknownName { names: &[$( $text ),*] })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl $crate::codec::re::Write for $name {
            fn write(&self, buf: &mut impl $crate::codec::re::BufMut) {
                $crate::codec::re::Write::write(&self.byte(), buf);
            }
        }
        impl $crate::codec::re::EncodeSize for $name {
            fn encode_size(&self) -> usize {
                1
            }
        }
        impl $crate::codec::re::Read for $name {
            type Cfg = ();
            fn read_cfg(
                buf: &mut impl $crate::codec::re::Buf,
                _: &(),
            ) -> Result<Self, $crate::codec::re::Error> {
                let byte: u8 = $crate::codec::re::ReadExt::read(buf)?;
                match byte {
                    $( $byte => Ok(Self::$variant), )*
                    _ => Err($crate::codec::re::Error::Invalid(stringify!($name), "unknown byte")),
                }
            }
        }
    };
}
pub use byte_enum;

/// A word that names nothing of a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// What there is.
    pub names: &'static [&'static str],
}

impl core::fmt::Display for UnknownName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "expected one of {}", self.names.join(", "))
    }
}

impl core::error::Error for UnknownName {}

/// What the macros name. Not for use by hand.
#[doc(hidden)]
pub mod re {
    pub use bytes::BufMut;
    pub use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt, Write};
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Buf as _;
    use commonware_codec::Encode as _;
    use proptest::prelude::*;

    /// Numbers of every length.
    fn number() -> impl Strategy<Value = u128> {
        (any::<u128>(), 0u32..128).prop_map(|(number, shift)| number >> shift)
    }

    proptest! {
        #[test]
        fn numbers_are_written_and_read_as_the_library_does(value in number()) {
            let mut bytes = Vec::new();
            write_u128(value, &mut bytes);
            prop_assert_eq!(&bytes, &UInt(value).encode().to_vec());
            prop_assert_eq!(bytes.len(), size_u128(value));
            let mut rest = Bytes::from(bytes.clone());
            prop_assert_eq!(read_u128(&mut rest).ok(), Some(value));
            prop_assert!(rest.is_empty());
            let small = u64::try_from(value).ok();
            prop_assert_eq!(read_u64(&mut Bytes::from(bytes)).ok(), small);
        }

        #[test]
        fn bytes_that_are_no_number_are_refused_as_the_library_does(
            bytes in proptest::collection::vec(prop_oneof![Just(0x80u8), Just(0xff), any::<u8>()], 0..24),
        ) {
            let all = Bytes::from(bytes);
            let (mut ours, mut theirs) = (all.clone(), all.clone());
            let expected = UInt::<u128>::read(&mut theirs).map(u128::from).ok();
            prop_assert_eq!(read_u128(&mut ours).ok(), expected);
            if expected.is_some() {
                prop_assert_eq!(ours.len(), theirs.len());
            }
            let expected = UInt::<u64>::read(&mut all.clone()).map(u64::from).ok();
            prop_assert_eq!(read_u64(&mut all.clone()).ok(), expected);
        }
    }

    #[test]
    fn a_number_may_be_spread_over_pieces_of_memory() {
        let mut bytes = Vec::new();
        write_u128(u128::MAX - 5, &mut bytes);
        for cut in 0..=bytes.len() {
            let (first, second) = bytes.split_at(cut);
            let mut pieces = Bytes::copy_from_slice(first).chain(Bytes::copy_from_slice(second));
            assert_eq!(read_u128(&mut pieces).ok(), Some(u128::MAX - 5));
        }
    }
}
