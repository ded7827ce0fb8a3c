//! Keys of meters. A meter signs with Ed25519 or with ML-DSA-65.

use crate::{
    codec,
    codec::re,
    keys::{KeyError, KeyScheme, PublicKey, SecretKey, meter_signing_bytes},
};
use bytes::Bytes;
use core::{fmt, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The schemes that meters may use.
const SCHEMES: [KeyScheme; 2] = [KeyScheme::Ed25519, KeyScheme::MlDsa65];

/// Why a text is no key or signature of a meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected ed25519: or ml-dsa-65: and the bytes in hex, of the length that the scheme has")]
pub struct MeterKeyError;

fn from_text(text: &str, length: impl Fn(KeyScheme) -> usize) -> Option<(KeyScheme, Bytes)> {
    let (scheme, digits) = text.split_once(':')?;
    let scheme = SCHEMES.into_iter().find(|known| known.name() == scheme)?;
    let bytes = hex::decode(digits).ok()?;
    (bytes.len() == length(scheme)).then(|| (scheme, Bytes::from(bytes)))
}

fn read(
    buf: &mut impl re::Buf,
    length: impl Fn(KeyScheme) -> usize,
) -> Result<(KeyScheme, Bytes), re::Error> {
    let byte: u8 = re::ReadExt::read(buf)?;
    let scheme = SCHEMES.into_iter().find(|scheme| *scheme as u8 == byte);
    let scheme = scheme.ok_or(re::Error::Invalid("MeterKey", "not a scheme of meters"))?;
    Ok((scheme, codec::read_exact(buf, length(scheme))?))
}

/// The public key of a meter: `ed25519:` or `ml-dsa-65:` and hex in JSON; the byte of the scheme and
/// the encoding on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MeterKey(PublicKey);

impl MeterKey {
    /// This key.
    ///
    /// # Errors
    /// [`KeyError::PublicKey`] if the scheme is not one of meters.
    pub fn new(key: PublicKey) -> Result<Self, KeyError> {
        if SCHEMES.contains(&key.scheme()) { Ok(Self(key)) } else { Err(KeyError::PublicKey) }
    }

    /// The scheme.
    pub const fn scheme(&self) -> KeyScheme {
        self.0.scheme()
    }

    /// The encoding: 32 or 1,952 bytes.
    pub const fn bytes(&self) -> &Bytes {
        self.0.bytes()
    }

    /// Checks a signature over the bytes of a message of meters, without the namespace.
    ///
    /// # Errors
    /// [`KeyError`] naming what does not match; a signature of the other scheme never does.
    pub fn verify(&self, body: &[u8], signature: &MeterSignature) -> Result<(), KeyError> {
        if signature.scheme != self.scheme() {
            return Err(KeyError::Signature);
        }
        self.0.verify(&meter_signing_bytes(body), &signature.bytes)
    }
}

impl fmt::Display for MeterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl FromStr for MeterKey {
    type Err = MeterKeyError;
    fn from_str(text: &str) -> Result<Self, MeterKeyError> {
        let (scheme, bytes) = from_text(text, KeyScheme::public_key_len).ok_or(MeterKeyError)?;
        PublicKey::new(scheme, bytes).map(Self).map_err(|_| MeterKeyError)
    }
}

impl re::Write for MeterKey {
    fn write(&self, buf: &mut impl re::BufMut) {
        buf.put_u8(self.scheme() as u8);
        buf.put_slice(self.bytes());
    }
}
impl re::EncodeSize for MeterKey {
    fn encode_size(&self) -> usize {
        1 + self.bytes().len()
    }
}
impl re::Read for MeterKey {
    type Cfg = ();
    fn read_cfg(buf: &mut impl re::Buf, _: &()) -> Result<Self, re::Error> {
        let (scheme, bytes) = read(buf, KeyScheme::public_key_len)?;
        let wrong = |_| re::Error::Invalid("MeterKey", "not a public key");
        PublicKey::new(scheme, bytes).map(Self).map_err(wrong)
    }
}

/// A signature of a meter, in the same forms as its key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MeterSignature {
    scheme: KeyScheme,
    bytes: Bytes,
}

impl MeterSignature {
    /// Signs the bytes of a message of meters, without the namespace.
    ///
    /// # Errors
    /// [`KeyError::CannotSign`] if the key is of another scheme.
    pub fn sign(key: &SecretKey, body: &[u8]) -> Result<Self, KeyError> {
        let scheme = key.scheme();
        let bytes = match key.sign(&meter_signing_bytes(body))? {
            crate::Authorization::Ed25519 { signature, .. } => Bytes::copy_from_slice(&signature),
            crate::Authorization::MlDsa65 { signature, .. } => signature,
            _ => return Err(KeyError::CannotSign),
        };
        Ok(Self { scheme, bytes })
    }

    /// The scheme.
    pub const fn scheme(&self) -> KeyScheme {
        self.scheme
    }
}

impl fmt::Display for MeterSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme, hex::encode(&self.bytes))
    }
}

impl FromStr for MeterSignature {
    type Err = MeterKeyError;
    fn from_str(text: &str) -> Result<Self, MeterKeyError> {
        let (scheme, bytes) = from_text(text, KeyScheme::signature_len).ok_or(MeterKeyError)?;
        Ok(Self { scheme, bytes })
    }
}

impl re::Write for MeterSignature {
    fn write(&self, buf: &mut impl re::BufMut) {
        buf.put_u8(self.scheme as u8);
        buf.put_slice(&self.bytes);
    }
}
impl re::EncodeSize for MeterSignature {
    fn encode_size(&self) -> usize {
        1 + self.bytes.len()
    }
}
impl re::Read for MeterSignature {
    type Cfg = ();
    fn read_cfg(buf: &mut impl re::Buf, _: &()) -> Result<Self, re::Error> {
        let (scheme, bytes) = read(buf, KeyScheme::signature_len)?;
        Ok(Self { scheme, bytes })
    }
}

macro_rules! text_in_json {
    ($($name:ident),*) => { $(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )* };
}

text_in_json!(MeterKey, MeterSignature);

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{DecodeExt as _, Encode as _};

    fn secret(scheme: KeyScheme) -> SecretKey {
        SecretKey::from_seed(scheme, [5; 32]).unwrap()
    }

    #[test]
    fn keys_of_both_schemes_verify_what_they_signed_and_nothing_else() {
        for scheme in SCHEMES {
            let key = MeterKey::new(secret(scheme).public_key()).unwrap();
            let signature = MeterSignature::sign(&secret(scheme), b"reading").unwrap();
            assert_eq!(key.verify(b"reading", &signature), Ok(()), "{scheme}");
            assert_eq!(key.verify(b"riding", &signature), Err(KeyError::Signature), "{scheme}");
            assert_eq!(key.to_string().parse(), Ok(key.clone()));
            assert_eq!(signature.to_string().parse(), Ok(signature.clone()));
            assert_eq!(MeterKey::decode(key.encode()).unwrap(), key);
            assert_eq!(MeterSignature::decode(signature.encode()).unwrap(), signature);
        }
    }

    #[test]
    fn passkeys_are_no_keys_of_meters_and_schemes_do_not_mix() {
        let passkey = secret(KeyScheme::Secp256r1);
        assert_eq!(MeterKey::new(passkey.public_key()), Err(KeyError::PublicKey));
        assert_eq!(MeterSignature::sign(&passkey, b"reading"), Err(KeyError::CannotSign));
        let [ed25519, ml_dsa_65] = SCHEMES.map(secret);
        let key = MeterKey::new(ed25519.public_key()).unwrap();
        let other = MeterSignature::sign(&ml_dsa_65, b"reading").unwrap();
        assert_eq!(key.verify(b"reading", &other), Err(KeyError::Signature));
        assert!(MeterKey::decode(vec![1; 34]).is_err());
        assert!("secp256r1:00".parse::<MeterKey>().is_err());
    }

    #[test]
    fn a_signature_of_a_meter_is_none_of_a_transaction() {
        let key = secret(KeyScheme::Ed25519);
        let signed = MeterSignature::sign(&key, b"body").unwrap();
        let message = crate::keys::signing_bytes(b"body");
        assert!(key.public_key().verify(&message, &signed.bytes).is_err());
        let message = meter_signing_bytes(b"body");
        assert!(key.public_key().verify(&message, &signed.bytes).is_ok());
    }
}
