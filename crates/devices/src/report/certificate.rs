//! Certificates from an attestation key up to the root, by RFC 5280, section 6.1, as far as these
//! certificates use it: no policies, no constraints of names, no revocation lists.

use super::{
    MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES, MAX_CHAIN_BYTES, MIN_CERTIFICATES, ReportError,
};
use crate::text::{Bytes, Digest, Text};
use p384::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};
use sha2::{Digest as _, Sha256};
use x509_cert::{
    AlgorithmIdentifier, Certificate as Whole, TbsCertificate, Version,
    der::{
        Decode as _, Header, Reader as _, SliceReader,
        asn1::{AnyRef, ObjectIdentifier, OctetStringRef},
    },
    ext::pkix::{BasicConstraints, KeyUsage},
    name::Name,
};

/// NVIDIA's root for device identities, "NVIDIA Device Identity CA", in DER: the certificate
/// `verifier/certs/verifier_device_root.pem` of `nv-local-gpu-verifier` 2.7.3 (Python package index),
/// the same that devices return as the last of their chain. SHA-256 of the DER:
/// `102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48`.
pub(super) const ROOT: &[u8] = include_bytes!("../../data/nvidia-device-identity-ca.der");

const ECDSA_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
/// The identifier of firmware by TCG DICE: a version, the key of the device, hash and algorithm.
const FIRMWARE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.5.4.1");

/// What is trusted without a certificate above it.
pub(super) struct Anchor {
    pub(super) name: Name,
    pub(super) key: VerifyingKey,
}

impl Anchor {
    /// NVIDIA's.
    pub(super) fn nvidia() -> Result<Self, ReportError> {
        let root = Certificate::read(ROOT, u8::MAX)?;
        Ok(Self { name: root.body.subject().clone(), key: root.key })
    }
}

/// What verified certificates say.
pub(super) struct Chain {
    pub(super) attestation_key: VerifyingKey,
    pub(super) firmware: Option<Vec<u8>>,
    pub(super) identity: Digest,
    pub(super) chip: Text<16>,
}

/// One certificate that can be read.
struct Certificate {
    /// The bytes that its issuer signed, as they stand there.
    signed: Vec<u8>,
    body: TbsCertificate,
    signature: Signature,
    key: VerifyingKey,
    key_bytes: Vec<u8>,
    constraints: Option<BasicConstraints>,
    usage: Option<KeyUsage>,
    at: u8,
}

/// Verifies certificates, the attestation key's first.
pub(super) fn verify(
    anchor: &Anchor,
    chain: &[Bytes<MAX_CERTIFICATE_BYTES>],
    time_seconds: u64,
) -> Result<Chain, ReportError> {
    let bytes = chain.iter().fold(0_usize, |sum, each| sum.saturating_add(each.as_slice().len()));
    if !(MIN_CERTIFICATES..=MAX_CERTIFICATES).contains(&chain.len()) || bytes > MAX_CHAIN_BYTES {
        return Err(ReportError::ChainLength);
    }
    let certificates = (0..)
        .zip(chain)
        .map(|(at, bytes)| Certificate::read(bytes.as_slice(), at))
        .collect::<Result<Vec<_>, _>>()?;
    let issuers = certificates
        .iter()
        .skip(1)
        .map(|issuer| (issuer.body.subject(), &issuer.key))
        .chain([(&anchor.name, &anchor.key)]);
    for (certificate, issuer) in certificates.iter().zip(issuers) {
        certificate.check(time_seconds)?;
        certificate.check_issuer(issuer)?;
    }
    let (Some(leaf), Some(device), Some(kind)) =
        (certificates.first(), certificates.get(1), certificates.last())
    else {
        return Err(ReportError::ChainLength);
    };
    Ok(Chain {
        attestation_key: leaf.key,
        firmware: leaf.firmware()?,
        identity: Digest(Sha256::digest(&device.key_bytes).into()),
        chip: kind.chip().ok_or(ReportError::Chip)?,
    })
}

impl Certificate {
    fn read(bytes: &[u8], at: u8) -> Result<Self, ReportError> {
        let malformed = ReportError::Certificate { at };
        let whole = Whole::from_der(bytes).map_err(|_| malformed)?;
        let signed = signed_part(bytes).ok_or(malformed)?.to_vec();
        let body = whole.tbs_certificate().clone();
        if body.version() != Version::V3 {
            return Err(malformed);
        }
        let algorithm = ReportError::Algorithm { at };
        let key_info = body.subject_public_key_info();
        let is_expected = is_signature_algorithm(whole.signature_algorithm())
            && body.signature() == whole.signature_algorithm()
            && key_info.algorithm.oid == EC_PUBLIC_KEY
            && key_info.algorithm.parameters.as_ref().and_then(|any| any.decode_as().ok())
                == Some(P384);
        if !is_expected {
            return Err(algorithm);
        }
        let key_bytes = key_info.subject_public_key.as_bytes().ok_or(algorithm)?.to_vec();
        let key = VerifyingKey::from_sec1_bytes(&key_bytes).map_err(|_| algorithm)?;
        let signature = whole.signature().as_bytes().ok_or(algorithm)?;
        let signature = Signature::from_der(signature).map_err(|_| algorithm)?;
        let extension = ReportError::Extension { at };
        check_extensions(&body).ok_or(extension)?;
        let constraints =
            body.get_extension::<BasicConstraints>().map_err(|_| extension)?.map(|(_, it)| it);
        let usage = body.get_extension::<KeyUsage>().map_err(|_| extension)?.map(|(_, it)| it);
        Ok(Self { signed, body, signature, key, key_bytes, constraints, usage, at })
    }

    /// Time, and what the key may be used for.
    fn check(&self, time_seconds: u64) -> Result<(), ReportError> {
        let at = self.at;
        let validity = self.body.validity();
        if time_seconds < validity.not_before.to_unix_duration().as_secs() {
            return Err(ReportError::NotYetValid { at });
        }
        if time_seconds > validity.not_after.to_unix_duration().as_secs() {
            return Err(ReportError::Expired { at });
        }
        let is_authority = self.constraints.as_ref().is_some_and(|constraints| constraints.ca);
        let Some(below) = at.checked_sub(1) else {
            let signs = self.usage.is_some_and(|usage| usage.digital_signature());
            return if signs && !is_authority { Ok(()) } else { Err(ReportError::Usage) };
        };
        if !is_authority || !self.usage.is_some_and(|usage| usage.key_cert_sign()) {
            return Err(ReportError::NotAuthority { at });
        }
        let most = self.constraints.as_ref().and_then(|it| it.path_len_constraint);
        if most.is_some_and(|most| below > most) {
            return Err(ReportError::PathLength { at });
        }
        Ok(())
    }

    fn check_issuer(&self, (name, key): (&Name, &VerifyingKey)) -> Result<(), ReportError> {
        let at = self.at;
        if self.body.issuer() != name {
            return Err(ReportError::Issuer { at });
        }
        key.verify(&self.signed, &self.signature)
            .map_err(|_| ReportError::CertificateSignature { at })
    }

    /// The hash of the firmware that the key belongs to, if the certificate names one.
    fn firmware(&self) -> Result<Option<Vec<u8>>, ReportError> {
        let mut extensions = self.body.extensions().into_iter().flatten();
        let Some(found) = extensions.find(|each| each.extn_id == FIRMWARE) else {
            return Ok(None);
        };
        let extension = ReportError::Extension { at: self.at };
        let hash = firmware_hash(found.extn_value.as_bytes()).map_err(|_| extension)?;
        Ok(Some(hash))
    }

    /// `GH100` of `NVIDIA GH100 Identity`.
    fn chip(&self) -> Option<Text<16>> {
        let name = self.body.subject().common_name().ok()??;
        let name = name.value();
        let chip = name.strip_prefix("NVIDIA ")?.strip_suffix(" Identity")?;
        let is_chip = !chip.is_empty() && chip.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Text::new(chip).ok().filter(|_| is_chip)
    }
}

fn is_signature_algorithm(algorithm: &AlgorithmIdentifier) -> bool {
    algorithm.oid == ECDSA_WITH_SHA384 && algorithm.parameters.is_none()
}

/// The first part of a certificate, which is signed, with its header.
fn signed_part(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = SliceReader::new(bytes).ok()?;
    Header::decode(&mut reader).ok()?;
    reader.tlv_bytes().ok()
}

/// None twice, and none that must be understood but those that are.
fn check_extensions(body: &TbsCertificate) -> Option<()> {
    let extensions = body.extensions()?;
    let known = |id: ObjectIdentifier| id == BASIC_CONSTRAINTS || id == KEY_USAGE;
    let sound = extensions.iter().enumerate().all(|(place, each)| {
        let twice = extensions.iter().skip(place.saturating_add(1));
        (!each.critical || known(each.extn_id))
            && twice.filter(|other| other.extn_id == each.extn_id).count() == 0
    });
    sound.then_some(())
}

/// `SEQUENCE { version INTEGER, key, SEQUENCE { algorithm, hash OCTET STRING } }`.
fn firmware_hash(bytes: &[u8]) -> x509_cert::der::Result<Vec<u8>> {
    AnyRef::from_der(bytes)?.sequence(|outer| {
        AnyRef::decode(outer)?;
        AnyRef::decode(outer)?;
        outer.sequence(|inner| {
            AnyRef::decode(inner)?;
            <&OctetStringRef>::decode(inner).map(|hash| hash.as_bytes().to_vec())
        })
    })
}
