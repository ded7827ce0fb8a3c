//! Account keys and the proof that a transaction was authorised by one.
//!
//! Three schemes: Ed25519 (the default), secp256r1 (raw, or a passkey's WebAuthn assertion) and
//! ML-DSA-65 (post-quantum). A scheme lives in one file; this file only dispatches.

mod ed25519;
mod ml_dsa_65;
mod secp256r1;
mod webauthn;

pub use ed25519::{BatchItem, KeyCache, PreparedItem, PreparedKey, verify_batch, verify_prepared};
pub use webauthn::{MAX_AUTHENTICATOR_DATA_BYTES, MAX_CLIENT_DATA_BYTES, WebAuthnAssertion};

use crate::{Address, codec};
use bytes::{BufMut, Bytes};
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt as _, Write};
use core::fmt;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Prepended (length-prefixed) to every message an account key signs.
pub const TRANSACTION_NAMESPACE: &[u8] = b"althing/tx/1";
/// Prepended (length-prefixed) to every message a key of an electricity meter signs.
pub const METER_NAMESPACE: &[u8] = b"althing/meter/1";

/// A signature scheme for accounts. The number is part of the address and of the wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum KeyScheme {
    /// Ed25519 with ZIP-215 validation.
    Ed25519 = 0,
    /// ECDSA over NIST P-256 with SHA-256 and low `s`.
    Secp256r1 = 1,
    /// FIPS 204 ML-DSA-65, post-quantum.
    #[serde(rename = "ml-dsa-65")]
    MlDsa65 = 2,
}

impl KeyScheme {
    /// All schemes.
    pub const ALL: [Self; 3] = [Self::Ed25519, Self::Secp256r1, Self::MlDsa65];

    /// The name used by the CLI and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Secp256r1 => "secp256r1",
            Self::MlDsa65 => "ml-dsa-65",
        }
    }

    /// Looks a scheme up by [`Self::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    /// Size of a signature, in bytes; passkey assertions aside.
    pub const fn signature_len(self) -> usize {
        match self {
            Self::Ed25519 | Self::Secp256r1 => 64,
            Self::MlDsa65 => ml_dsa_65::SIGNATURE_LEN,
        }
    }

    /// Size of a public key, in bytes.
    pub const fn public_key_len(self) -> usize {
        match self {
            Self::Ed25519 => ed25519::PUBLIC_KEY_LEN,
            Self::Secp256r1 => secp256r1::PUBLIC_KEY_LEN,
            Self::MlDsa65 => ml_dsa_65::PUBLIC_KEY_LEN,
        }
    }
}

impl fmt::Display for KeyScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a key or a signature is no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bytes are not a public key of this scheme.
    #[error("the public key is malformed")]
    PublicKey,
    /// The bytes are not a secret key of this scheme.
    #[error("the secret key is malformed: expected 32 bytes")]
    SecretKey,
    /// The signature does not match the key and the message.
    #[error("the signature does not match the transaction and the public key")]
    Signature,
    /// The passkey assertion is about something else.
    #[error("the WebAuthn assertion does not cover this transaction: {0}")]
    Assertion(&'static str),
    /// This scheme cannot sign here (a passkey's secret never leaves its device).
    #[error("this key cannot sign here")]
    CannotSign,
}

/// The public key of an account: its scheme and its encoding. The encoding is not checked until a
/// signature is verified.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey {
    scheme: KeyScheme,
    bytes: Bytes,
}

impl PublicKey {
    /// From an encoding of the right length.
    ///
    /// # Errors
    /// [`KeyError::PublicKey`] if the length is wrong for the scheme.
    pub fn new(scheme: KeyScheme, bytes: Bytes) -> Result<Self, KeyError> {
        if bytes.len() != scheme.public_key_len() {
            return Err(KeyError::PublicKey);
        }
        Ok(Self { scheme, bytes })
    }

    /// The scheme.
    pub const fn scheme(&self) -> KeyScheme {
        self.scheme
    }

    /// Checks a signature over `message`. Passkeys sign in another way, see [`Authorization`].
    ///
    /// # Errors
    /// [`KeyError`] naming what does not match.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        let bytes: &[u8] = &self.bytes;
        let short = || -> Result<&[u8; 64], KeyError> {
            signature.try_into().map_err(|_| KeyError::Signature)
        };
        match self.scheme {
            KeyScheme::Ed25519 => {
                let key = bytes.try_into().map_err(|_| KeyError::PublicKey)?;
                ed25519::verify(key, message, short()?)
            }
            KeyScheme::Secp256r1 => {
                let key = bytes.try_into().map_err(|_| KeyError::PublicKey)?;
                secp256r1::verify(key, message, short()?)
            }
            KeyScheme::MlDsa65 => ml_dsa_65::verify(bytes, message, signature),
        }
    }

    /// The encoding: 32 bytes (Ed25519), 33 bytes (compressed P-256) or 1952 bytes (ML-DSA-65).
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The account that this key controls.
    pub fn address(&self) -> Address {
        Address::of_key(self.scheme as u8, &self.bytes)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme, hex::encode(&self.bytes))
    }
}

/// What authorises a transaction: a public key with a signature over [`signing_bytes`], or a
/// passkey assertion whose challenge is the SHA-256 of [`signing_bytes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// Ed25519 key and signature.
    Ed25519 {
        /// The 32-byte public key.
        public_key: [u8; 32],
        /// The 64-byte signature.
        signature: [u8; 64],
    },
    /// P-256 key and a plain ECDSA signature.
    Secp256r1 {
        /// The compressed point, 33 bytes.
        public_key: [u8; 33],
        /// `r ‖ s`, 64 bytes, with low `s`.
        signature: [u8; 64],
    },
    /// P-256 key and a WebAuthn assertion.
    WebAuthn(Box<WebAuthnAssertion>),
    /// ML-DSA-65 key and signature.
    MlDsa65 {
        /// The public key, 1952 bytes.
        public_key: Bytes,
        /// The signature, 3309 bytes.
        signature: Bytes,
    },
}

impl Authorization {
    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        let (scheme, bytes) = match self {
            Self::Ed25519 { public_key, .. } => {
                (KeyScheme::Ed25519, Bytes::copy_from_slice(public_key))
            }
            Self::Secp256r1 { public_key, .. } => {
                (KeyScheme::Secp256r1, Bytes::copy_from_slice(public_key))
            }
            Self::WebAuthn(assertion) => {
                (KeyScheme::Secp256r1, Bytes::copy_from_slice(&assertion.public_key))
            }
            Self::MlDsa65 { public_key, .. } => (KeyScheme::MlDsa65, public_key.clone()),
        };
        PublicKey { scheme, bytes }
    }

    /// The account of the public key, without allocating.
    pub fn address(&self) -> Address {
        match self {
            Self::Ed25519 { public_key, .. } => Address::of_key(0, public_key),
            Self::Secp256r1 { public_key, .. } => Address::of_key(1, public_key),
            Self::WebAuthn(assertion) => Address::of_key(1, &assertion.public_key),
            Self::MlDsa65 { public_key, .. } => Address::of_key(2, public_key),
        }
    }

    /// Checks the signature over `message` (the output of [`signing_bytes`]).
    ///
    /// # Errors
    /// [`KeyError`] naming what does not match.
    pub fn verify(&self, message: &[u8]) -> Result<(), KeyError> {
        match self {
            Self::Ed25519 { public_key, signature } => {
                ed25519::verify(public_key, message, signature)
            }
            Self::Secp256r1 { public_key, signature } => {
                secp256r1::verify(public_key, message, signature)
            }
            Self::WebAuthn(assertion) => assertion.verify(message),
            Self::MlDsa65 { public_key, signature } => {
                ml_dsa_65::verify(public_key, message, signature)
            }
        }
    }
}

/// The bytes a meter's key signs; `body` begins with what kind of message it is.
pub fn meter_signing_bytes(body: &[u8]) -> Vec<u8> {
    commonware_utils::union_unique(METER_NAMESPACE, body)
}

/// The bytes an account key signs for a transaction body.
pub fn signing_bytes(body: &[u8]) -> Vec<u8> {
    commonware_utils::union_unique(TRANSACTION_NAMESPACE, body)
}

const TAG_ED25519: u8 = 0;
const TAG_SECP256R1: u8 = 1;
const TAG_ML_DSA_65: u8 = 2;
const TAG_WEBAUTHN: u8 = 3;

impl Write for Authorization {
    fn write(&self, buf: &mut impl BufMut) {
        match self {
            Self::Ed25519 { public_key, signature } => {
                buf.put_u8(TAG_ED25519);
                buf.put_slice(public_key);
                buf.put_slice(signature);
            }
            Self::Secp256r1 { public_key, signature } => {
                buf.put_u8(TAG_SECP256R1);
                buf.put_slice(public_key);
                buf.put_slice(signature);
            }
            Self::WebAuthn(assertion) => {
                buf.put_u8(TAG_WEBAUTHN);
                assertion.write(buf);
            }
            Self::MlDsa65 { public_key, signature } => {
                buf.put_u8(TAG_ML_DSA_65);
                buf.put_slice(public_key);
                buf.put_slice(signature);
            }
        }
    }
}

impl EncodeSize for Authorization {
    fn encode_size(&self) -> usize {
        1 + match self {
            Self::Ed25519 { .. } => ed25519::PUBLIC_KEY_LEN + 64,
            Self::Secp256r1 { .. } => secp256r1::PUBLIC_KEY_LEN + 64,
            Self::WebAuthn(assertion) => assertion.encode_size(),
            Self::MlDsa65 { public_key, signature } => public_key.len() + signature.len(),
        }
    }
}

impl Read for Authorization {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        match u8::read(buf)? {
            TAG_ED25519 => Ok(Self::Ed25519 {
                public_key: <[u8; 32]>::read(buf)?,
                signature: <[u8; 64]>::read(buf)?,
            }),
            TAG_SECP256R1 => Ok(Self::Secp256r1 {
                public_key: <[u8; 33]>::read(buf)?,
                signature: <[u8; 64]>::read(buf)?,
            }),
            TAG_WEBAUTHN => Ok(Self::WebAuthn(Box::new(WebAuthnAssertion::read(buf)?))),
            TAG_ML_DSA_65 => Ok(Self::MlDsa65 {
                public_key: codec::read_exact(buf, ml_dsa_65::PUBLIC_KEY_LEN)?,
                signature: codec::read_exact(buf, ml_dsa_65::SIGNATURE_LEN)?,
            }),
            tag => Err(Error::InvalidEnum(tag)),
        }
    }
}

/// A secret key that can sign here. Every scheme derives from a 32-byte seed, which is what the
/// keystore holds. The seed is wiped from memory on drop, and never printed.
#[derive(Clone)]
pub struct SecretKey {
    scheme: KeyScheme,
    seed: Zeroizing<[u8; 32]>,
    ed25519: Option<ed25519::Signing>,
}

impl SecretKey {
    /// From a 32-byte seed. For secp256r1 the seed is the scalar itself.
    ///
    /// # Errors
    /// [`KeyError::SecretKey`] if a secp256r1 scalar is zero or too large.
    pub fn from_seed(scheme: KeyScheme, seed: [u8; 32]) -> Result<Self, KeyError> {
        let ed25519 = (scheme == KeyScheme::Ed25519).then(|| ed25519::Signing::new(&seed));
        let key = Self { scheme, seed: Zeroizing::new(seed), ed25519 };
        if scheme == KeyScheme::Secp256r1 {
            secp256r1::public_key(&key.seed)?;
        }
        Ok(key)
    }

    /// The scheme.
    pub const fn scheme(&self) -> KeyScheme {
        self.scheme
    }

    /// The 32-byte seed. Handle with care.
    pub fn expose_seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        let bytes = match self.scheme {
            KeyScheme::Ed25519 => Bytes::copy_from_slice(self.ed25519().public_key()),
            KeyScheme::Secp256r1 => match secp256r1::public_key(&self.seed) {
                Ok(bytes) => Bytes::copy_from_slice(&bytes),
                Err(_) => unreachable!("the scalar was checked in from_seed"),
            },
            KeyScheme::MlDsa65 => ml_dsa_65::public_key(&self.seed),
        };
        PublicKey { scheme: self.scheme, bytes }
    }

    fn ed25519(&self) -> &ed25519::Signing {
        match &self.ed25519 {
            Some(signing) => signing,
            None => unreachable!("from_seed prepares every Ed25519 key"),
        }
    }

    /// The account this key controls.
    pub fn address(&self) -> Address {
        self.public_key().address()
    }

    /// Signs `message` (the output of [`signing_bytes`]).
    ///
    /// # Errors
    /// [`KeyError::CannotSign`] if the scheme refuses, which no valid key does.
    pub fn sign(&self, message: &[u8]) -> Result<Authorization, KeyError> {
        match self.scheme {
            KeyScheme::Ed25519 => {
                let key = self.ed25519();
                Ok(Authorization::Ed25519 {
                    public_key: *key.public_key(),
                    signature: key.sign(message),
                })
            }
            KeyScheme::Secp256r1 => {
                let (public_key, signature) = secp256r1::sign(&self.seed, message)?;
                Ok(Authorization::Secp256r1 { public_key, signature })
            }
            KeyScheme::MlDsa65 => {
                let (public_key, signature) = ml_dsa_65::sign(&self.seed, message)?;
                Ok(Authorization::MlDsa65 { public_key, signature })
            }
        }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.scheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{DecodeExt as _, Encode as _};

    #[test]
    fn every_scheme_signs_verifies_and_round_trips() {
        for scheme in KeyScheme::ALL {
            let key = SecretKey::from_seed(scheme, [9; 32]).unwrap();
            let authorization = key.sign(b"message").unwrap();
            assert_eq!(authorization.verify(b"message"), Ok(()), "{scheme}");
            assert_eq!(authorization.verify(b"massage"), Err(KeyError::Signature), "{scheme}");
            assert_eq!(authorization.address(), key.address(), "{scheme}");
            assert_eq!(authorization.public_key(), key.public_key(), "{scheme}");
            let decoded = Authorization::decode(authorization.encode()).unwrap();
            assert_eq!(decoded, authorization, "{scheme}");
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let key = SecretKey::from_seed(KeyScheme::Ed25519, [0xab; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(ed25519)");
    }
}
