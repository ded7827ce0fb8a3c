//! Small helpers over `commonware-codec` that every encoding uses, and the macros that write the
//! codec of plain records and of lists of variants.

use bytes::{BufMut, Bytes};
use commonware_codec::{Buf, Error, RangeCfg, Read, ReadExt as _, Write as _, varint::UInt};

/// Writes an unsigned integer as a varint.
pub(crate) fn write_u64(value: u64, buf: &mut impl BufMut) {
    UInt(value).write(buf);
}

/// Size of [`write_u64`]'s output, in bytes.
pub(crate) fn size_u64(value: u64) -> usize {
    use commonware_codec::EncodeSize as _;
    UInt(value).encode_size()
}

/// Reads a varint written by [`write_u64`].
pub(crate) fn read_u64(buf: &mut impl Buf) -> Result<u64, Error> {
    Ok(UInt::<u64>::read(buf)?.into())
}

/// Writes an unsigned 128-bit integer as a varint.
pub(crate) fn write_u128(value: u128, buf: &mut impl BufMut) {
    UInt(value).write(buf);
}

/// Size of [`write_u128`]'s output, in bytes.
pub(crate) fn size_u128(value: u128) -> usize {
    use commonware_codec::EncodeSize as _;
    UInt(value).encode_size()
}

/// Reads a varint written by [`write_u128`].
pub(crate) fn read_u128(buf: &mut impl Buf) -> Result<u128, Error> {
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

/// What the macros name. Not for use by hand.
#[doc(hidden)]
pub mod re {
    pub use bytes::BufMut;
    pub use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt, Write};
}
