use serde::{Deserialize, Serialize};

/// Why a report does not count: the step that failed. Certificates are counted from 0, that of the
/// attestation key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum ReportError {
    /// Too short, too long, or lengths that do not add up.
    #[error("its lengths do not add up: send it as the driver returned it")]
    Truncated,
    /// Not a signed answer of SPDM 1.1 with all measurements.
    #[error("it is not a signed SPDM 1.1 answer with all measurements")]
    NotMeasurements,
    /// Measurements that break their form.
    #[error("its measurements break the form of SPDM 1.1")]
    Measurements,
    /// Opaque data that break their form.
    #[error("the maker's fields in it are cut off, doubled or no text")]
    Opaque,
    /// No driver or firmware version.
    #[error("it names no version of the driver or of the firmware")]
    NoVersion,
    /// Made for something else.
    #[error(
        "it was made for another nonce: ask the device again, for this worker, device number and height"
    )]
    Nonce,
    /// Too few or too many certificates.
    #[error("three to six certificates are expected, the root left out")]
    ChainLength,
    /// Not a certificate.
    #[error("certificate {at} is not an X.509 version 3 certificate in DER")]
    Certificate {
        /// Which.
        at: u8,
    },
    /// Another algorithm.
    #[error("certificate {at} is not of P-384 signed with ECDSA and SHA-384")]
    Algorithm {
        /// Which.
        at: u8,
    },
    /// An extension that must be understood and is not, or that is there twice.
    #[error("certificate {at} has an extension that is critical and unknown, doubled or malformed")]
    Extension {
        /// Which.
        at: u8,
    },
    /// Before its time.
    #[error("certificate {at} is not valid yet")]
    NotYetValid {
        /// Which.
        at: u8,
    },
    /// After its time.
    #[error("certificate {at} is not valid any more")]
    Expired {
        /// Which.
        at: u8,
    },
    /// Names that do not fit each other.
    #[error("certificate {at} names another issuer than the next one: send them in their order")]
    Issuer {
        /// Which.
        at: u8,
    },
    /// An issuer that may not issue.
    #[error("certificate {at} may not sign certificates")]
    NotAuthority {
        /// Which.
        at: u8,
    },
    /// More certificates below than allowed.
    #[error("certificate {at} allows fewer certificates below it")]
    PathLength {
        /// Which.
        at: u8,
    },
    /// An attestation key that may not sign, or that is an authority.
    #[error("the key of certificate 0 is not for signatures alone")]
    Usage,
    /// A signature of a certificate.
    #[error("the signature of certificate {at} is not that of its issuer")]
    CertificateSignature {
        /// Which.
        at: u8,
    },
    /// A certificate below the root that names no chip.
    #[error("the last certificate is not that of a kind of NVIDIA chip")]
    Chip,
    /// The signature of the report.
    #[error("the attestation key did not sign it")]
    ReportSignature,
    /// Firmware that differs.
    #[error("it names other firmware than the certificate of the attestation key")]
    Firmware,
    /// What a chain wrote down earlier.
    #[error("it was refused when the device was attested: attest again with a new one")]
    Recorded,
}
