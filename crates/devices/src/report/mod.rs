//! Attestation reports that a graphics processor signs itself (confidential computing).
//!
//! A report is the answer to an SPDM 1.1 request for measurements. The attestation key of the device
//! signs request and answer with ECDSA over P-384 and SHA-384; certificates lead from that key over
//! the device's identity to NVIDIA's root. The request carries a nonce, so that a report is made for
//! one use. [`verify`] checks all of it.
//!
//! A pure function: no clock (the caller gives the time), no input or output, no panics.
//!
//! Formats: DMTF DSP0274 1.1, sections on GET_MEASUREMENTS and MEASUREMENTS; RFC 5280; numbers of
//! opaque fields as NVIDIA's `nv-local-gpu-verifier` 2.7.3 lists them.
#![deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)]

mod certificate;
mod error;
mod spdm;
#[cfg(test)]
mod tests;

pub use error::ReportError;

use crate::{
    evidence::Version,
    text::{Bytes, Digest, Text},
};
use certificate::Anchor;
use p384::ecdsa::{Signature, signature::Verifier as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Most bytes of a report: what NVML reserves for one.
pub const MAX_REPORT_BYTES: usize = 8 * 1024;
/// Most bytes of one certificate.
pub const MAX_CERTIFICATE_BYTES: usize = 2 * 1024;
/// Most bytes of all certificates together.
pub const MAX_CHAIN_BYTES: usize = 3_840;
/// Most certificates, the root left out.
pub const MAX_CERTIFICATES: usize = 6;
/// Fewest certificates: the attestation key's, the device's, and that of its kind of chip.
pub const MIN_CERTIFICATES: usize = 3;

/// What a nonce is hashed with.
const NONCE: &[u8] = b"althing-device-report-v1";

/// A signed report, as evidence carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HardwareReport {
    /// The height of the chain whose randomness is in the nonce.
    pub height: u64,
    /// Request and answer, as the driver returns them.
    pub report: Bytes<MAX_REPORT_BYTES>,
    /// Certificates in DER, the attestation key's first, without the root.
    pub chain: Vec<Bytes<MAX_CERTIFICATE_BYTES>>,
}

impl HardwareReport {
    /// Bytes of all certificates.
    pub fn chain_bytes(&self) -> usize {
        self.chain.iter().fold(0, |sum, each| sum.saturating_add(each.as_slice().len()))
    }
}

/// What the verifier knows without the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The nonce that must be in the request; see [`nonce`].
    pub nonce: [u8; 32],
    /// The time at which certificates must be valid: seconds since 1970.
    pub time_seconds: u64,
}

/// What a verified report says. The hardware, not the worker, says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The chip, such as `GH100`, from the certificate that the root signed.
    pub chip: Text<16>,
    /// SHA-256 of the public key that was fused into this one device.
    pub identity: Digest,
    /// Version of the driver that the device works with.
    pub driver: Version,
    /// Version of the device's firmware, such as `96.00.9F.00.01`.
    pub vbios: Version,
    /// Project, its SKU and the chip's SKU with dashes between, such as `1010-0200-882`: the kind of
    /// board in NVIDIA's numbering. Empty where the report leaves it out.
    pub board: Version,
}

/// The nonce of a report: SHA-256 over a domain, the hash of the chain's genesis, the worker's
/// address, the device's number (1 byte), a height (8 bytes, big-endian) and the randomness of that
/// height. Nobody knows it before that height, and it serves one device of one worker.
pub fn nonce(
    genesis: &[u8; 32],
    worker: &[u8; 20],
    device: u8,
    height: u64,
    randomness: &[u8; 32],
) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(NONCE);
    hasher.update(genesis);
    hasher.update(worker);
    hasher.update([device]);
    hasher.update(height.to_be_bytes());
    hasher.update(randomness);
    hasher.finalize().into()
}

/// Whether a certificate is the root, which evidence leaves out.
pub fn is_root(der: &[u8]) -> bool {
    der == certificate::ROOT
}

/// Verifies a report and its certificates up to NVIDIA's root for device identities.
///
/// # Errors
/// [`ReportError`]: the first step that fails. The order is form, nonce, certificates from the
/// attestation key upwards, signature, contents.
pub fn verify(report: &HardwareReport, expected: &Expected) -> Result<Statement, ReportError> {
    verify_under(&Anchor::nvidia()?, report, expected)
}

fn verify_under(
    anchor: &Anchor,
    report: &HardwareReport,
    expected: &Expected,
) -> Result<Statement, ReportError> {
    let message = spdm::read(report.report.as_slice())?;
    if message.nonce != expected.nonce {
        return Err(ReportError::Nonce);
    }
    let chain = certificate::verify(anchor, &report.chain, expected.time_seconds)?;
    let signature =
        Signature::from_slice(message.signature).map_err(|_| ReportError::ReportSignature)?;
    chain
        .attestation_key
        .verify(message.signed, &signature)
        .map_err(|_| ReportError::ReportSignature)?;
    if let Some(firmware) = message.opaque.firmware
        && chain.firmware.as_deref() != Some(firmware)
    {
        return Err(ReportError::Firmware);
    }
    Ok(Statement {
        chip: chain.chip,
        identity: chain.identity,
        driver: message.opaque.driver,
        vbios: message.opaque.vbios,
        board: message.opaque.board,
    })
}
