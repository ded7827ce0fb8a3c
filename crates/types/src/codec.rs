//! Small helpers over `commonware-codec` that every encoding in this crate uses.

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
