//! Request and answer of SPDM 1.1 as one text: what a driver returns as an attestation report.
//!
//! ```text
//! request   version 0x11 | code 0xe0 | 1: signed | 0xff: all | nonce (32) | slot
//! answer    version 0x11 | code 0x60 | 2 reserved | blocks | length (3) | measurements | nonce (32)
//!           | length (2) | opaque data | signature (96)
//! block     index | 1: DMTF | length (2) | kind | length (2) | value
//! opaque    kind (2) | length (2) | value, repeated
//! ```
//!
//! Numbers are little-endian; the signature is `r` and `s`, big-endian, over all before it.

use super::{ReportError, Version};
use crate::text::Text;

const VERSION: u8 = 0x11;
const GET_MEASUREMENTS: u8 = 0xe0;
const MEASUREMENTS: u8 = 0x60;
const SIGNED: u8 = 1;
const ALL: u8 = 0xff;
const DMTF: u8 = 1;
const SIGNATURE_BYTES: usize = 96;

/// Kinds of opaque fields that are read; others are passed over.
mod kind {
    pub(super) const DRIVER: u16 = 3;
    pub(super) const VBIOS: u16 = 6;
    pub(super) const CHIP_SKU: u16 = 15;
    pub(super) const PROJECT: u16 = 17;
    pub(super) const PROJECT_SKU: u16 = 18;
    pub(super) const FIRMWARE: u16 = 20;
}

/// A report that has its form. Nothing of it is verified.
pub(super) struct Message<'a> {
    /// The nonce of the request.
    pub(super) nonce: [u8; 32],
    /// What is signed.
    pub(super) signed: &'a [u8],
    /// The signature.
    pub(super) signature: &'a [u8],
    /// The maker's fields.
    pub(super) opaque: Opaque<'a>,
}

/// The maker's fields.
pub(super) struct Opaque<'a> {
    pub(super) driver: Version,
    pub(super) vbios: Version,
    pub(super) board: Version,
    pub(super) firmware: Option<&'a [u8]>,
}

/// Reads bytes from the front; `None` where there are too few.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(front)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn short(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    /// A block of bytes after its length.
    fn block(&mut self) -> Option<&'a [u8]> {
        let length = self.short()?;
        self.take(usize::from(length))
    }

    const fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads a report.
pub(super) fn read(bytes: &[u8]) -> Result<Message<'_>, ReportError> {
    let rest = bytes.len().checked_sub(SIGNATURE_BYTES).ok_or(ReportError::Truncated)?;
    let (signed, signature) = bytes.split_at_checked(rest).ok_or(ReportError::Truncated)?;
    let mut cursor = Cursor(signed);
    let truncated = ReportError::Truncated;
    let [version, code, signs, which] = cursor.array().ok_or(truncated)?;
    let nonce = cursor.array().ok_or(truncated)?;
    let _slot = cursor.byte().ok_or(truncated)?;
    if [version, code, which] != [VERSION, GET_MEASUREMENTS, ALL] || signs & SIGNED == 0 {
        return Err(ReportError::NotMeasurements);
    }
    let [version, code, _, _] = cursor.array().ok_or(truncated)?;
    if [version, code] != [VERSION, MEASUREMENTS] {
        return Err(ReportError::NotMeasurements);
    }
    let blocks = cursor.byte().ok_or(truncated)?;
    let [low, middle, high] = cursor.array().ok_or(truncated)?;
    let length = u32::from_le_bytes([low, middle, high, 0]);
    let length = usize::try_from(length).map_err(|_| truncated)?;
    let measurements = cursor.take(length).ok_or(truncated)?;
    let _nonce_of_the_device: [u8; 32] = cursor.array().ok_or(truncated)?;
    let fields = cursor.block().ok_or(truncated)?;
    if !cursor.is_done() {
        return Err(truncated);
    }
    check_measurements(measurements, blocks)?;
    Ok(Message { nonce, signed, signature, opaque: opaque(fields)? })
}

/// Blocks with rising numbers, as many as the answer says, each of one value.
fn check_measurements(bytes: &[u8], blocks: u8) -> Result<(), ReportError> {
    let mut cursor = Cursor(bytes);
    let mut last = 0;
    for _ in 0..blocks {
        last = next_measurement(&mut cursor, last).ok_or(ReportError::Measurements)?;
    }
    if blocks > 0 && cursor.is_done() { Ok(()) } else { Err(ReportError::Measurements) }
}

fn next_measurement(cursor: &mut Cursor<'_>, last: u8) -> Option<u8> {
    let [index, specification] = cursor.array()?;
    let mut inner = Cursor(cursor.block()?);
    let _kind = inner.byte()?;
    let _value = inner.block()?;
    (index > last && specification == DMTF && inner.is_done()).then_some(index)
}

fn opaque(bytes: &[u8]) -> Result<Opaque<'_>, ReportError> {
    let mut cursor = Cursor(bytes);
    let mut fields: Vec<(u16, &[u8])> = Vec::new();
    while !cursor.is_done() {
        let kind = cursor.short().ok_or(ReportError::Opaque)?;
        let value = cursor.block().ok_or(ReportError::Opaque)?;
        if fields.iter().any(|(other, _)| *other == kind) {
            return Err(ReportError::Opaque);
        }
        fields.push((kind, value));
    }
    let field = |kind| fields.iter().find(|(other, _)| *other == kind).map(|(_, value)| *value);
    let text_of = |kind| field(kind).map(text).transpose();
    let driver = text_of(kind::DRIVER)?.filter(|driver| !driver.is_empty());
    let vbios = field(kind::VBIOS).map(vbios).transpose()?;
    let (Some(driver), Some(vbios)) = (driver, vbios) else {
        return Err(ReportError::NoVersion);
    };
    let parts = [text_of(kind::PROJECT)?, text_of(kind::PROJECT_SKU)?, text_of(kind::CHIP_SKU)?];
    let board = match parts {
        [Some(project), Some(sku), Some(chip)] => {
            Text::new(format!("{project}-{sku}-{chip}")).map_err(|_| ReportError::Opaque)?
        }
        _ => Version::default(),
    };
    Ok(Opaque { driver, vbios, board, firmware: field(kind::FIRMWARE) })
}

/// Text up to its first zero byte.
fn text(bytes: &[u8]) -> Result<Version, ReportError> {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let text = std::str::from_utf8(text).map_err(|_| ReportError::Opaque)?;
    Version::new(text).map_err(|_| ReportError::Opaque)
}

/// A version of firmware: two little-endian words, the second of which holds one more number.
fn vbios(bytes: &[u8]) -> Result<Version, ReportError> {
    let [d, c, b, a, e, _, _, _] = bytes else {
        return Err(ReportError::Opaque);
    };
    Version::new(format!("{a:02X}.{b:02X}.{c:02X}.{d:02X}.{e:02X}"))
        .map_err(|_| ReportError::Opaque)
}
