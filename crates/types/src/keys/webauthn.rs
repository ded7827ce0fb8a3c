//! A passkey's WebAuthn assertion as the signature of a transaction.
//!
//! The authenticator signs `authenticatorData ‖ SHA-256(clientDataJSON)` with P-256 (Web
//! Authentication Level 3, section 6.3.3). The client data must name the type `webauthn.get` and a
//! challenge equal to the base64url of SHA-256 over the transaction's signing bytes, and the
//! authenticator must have seen the user (flag UP).

use super::{KeyError, secp256r1};
use crate::{codec, hash::sha256};
use base64::Engine as _;
use bytes::{BufMut, Bytes};
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt as _, Write};
use serde::Deserialize;

/// Longest authenticator data accepted, in bytes (37 without extensions).
pub const MAX_AUTHENTICATOR_DATA_BYTES: usize = 512;
/// Longest client data accepted, in bytes.
pub const MAX_CLIENT_DATA_BYTES: usize = 1024;

const FLAGS_OFFSET: usize = 32;
const MIN_AUTHENTICATOR_DATA_BYTES: usize = 37;
const FLAG_USER_PRESENT: u8 = 0x01;

/// A WebAuthn assertion with the public key that it claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAuthnAssertion {
    /// The compressed P-256 point, 33 bytes.
    pub public_key: [u8; 33],
    /// `r ‖ s`, 64 bytes, with low `s`.
    pub signature: [u8; 64],
    /// `authenticatorData` as the authenticator returned it.
    pub authenticator_data: Bytes,
    /// `clientDataJSON` as the browser returned it.
    pub client_data_json: Bytes,
}

#[derive(Deserialize)]
struct ClientData<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    challenge: &'a str,
}

impl WebAuthnAssertion {
    pub(super) fn verify(&self, message: &[u8]) -> Result<(), KeyError> {
        let client: ClientData<'_> = serde_json::from_slice(&self.client_data_json)
            .map_err(|_| KeyError::Assertion("the client data is not the expected JSON"))?;
        if client.kind != "webauthn.get" {
            return Err(KeyError::Assertion("its type is not webauthn.get"));
        }
        let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha256(&[message]));
        if client.challenge != challenge {
            return Err(KeyError::Assertion("its challenge is not the hash of the transaction"));
        }
        if self.authenticator_data.len() < MIN_AUTHENTICATOR_DATA_BYTES {
            return Err(KeyError::Assertion("the authenticator data is too short"));
        }
        if self.authenticator_data[FLAGS_OFFSET] & FLAG_USER_PRESENT == 0 {
            return Err(KeyError::Assertion("the user was not present"));
        }
        let client_hash = sha256(&[&self.client_data_json]);
        let mut signed = self.authenticator_data.to_vec();
        signed.extend_from_slice(client_hash.as_ref());
        secp256r1::verify(&self.public_key, &signed, &self.signature)
    }
}

impl Write for WebAuthnAssertion {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(&self.public_key);
        buf.put_slice(&self.signature);
        self.authenticator_data.write(buf);
        self.client_data_json.write(buf);
    }
}

impl EncodeSize for WebAuthnAssertion {
    fn encode_size(&self) -> usize {
        33 + 64 + self.authenticator_data.encode_size() + self.client_data_json.encode_size()
    }
}

impl Read for WebAuthnAssertion {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self {
            public_key: <[u8; 33]>::read(buf)?,
            signature: <[u8; 64]>::read(buf)?,
            authenticator_data: codec::read_bytes(buf, MAX_AUTHENTICATOR_DATA_BYTES)?,
            client_data_json: codec::read_bytes(buf, MAX_CLIENT_DATA_BYTES)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Authorization;

    fn assertion(message: &[u8], kind: &str, flags: u8) -> WebAuthnAssertion {
        let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha256(&[message]));
        let client_data_json = Bytes::from(format!(
            r#"{{"type":"{kind}","challenge":"{challenge}","origin":"https://wallet.example","crossOrigin":false}}"#
        ));
        let mut authenticator_data = vec![0u8; MIN_AUTHENTICATOR_DATA_BYTES];
        authenticator_data[FLAGS_OFFSET] = flags;
        let mut signed = authenticator_data.clone();
        signed.extend_from_slice(sha256(&[&client_data_json]).as_ref());
        let (public_key, signature) = secp256r1::sign(&[5; 32], &signed).unwrap();
        WebAuthnAssertion {
            public_key,
            signature,
            authenticator_data: authenticator_data.into(),
            client_data_json,
        }
    }

    #[test]
    fn a_passkey_assertion_authorises_its_transaction_only() {
        let good = assertion(b"transaction", "webauthn.get", FLAG_USER_PRESENT);
        assert_eq!(good.verify(b"transaction"), Ok(()));
        assert!(matches!(good.verify(b"another"), Err(KeyError::Assertion(_))));
        let raw = secp256r1::public_key(&[5; 32]).unwrap();
        let authorization = Authorization::WebAuthn(Box::new(good));
        assert_eq!(authorization.address(), crate::Address::of_key(1, &raw));
    }

    #[test]
    fn an_assertion_of_the_wrong_kind_or_without_the_user_is_rejected() {
        for wrong in [
            assertion(b"transaction", "webauthn.create", FLAG_USER_PRESENT),
            assertion(b"transaction", "webauthn.get", 0),
        ] {
            assert!(matches!(wrong.verify(b"transaction"), Err(KeyError::Assertion(_))));
        }
    }

    #[test]
    fn a_changed_byte_of_the_client_data_is_rejected() {
        let mut wrong = assertion(b"transaction", "webauthn.get", FLAG_USER_PRESENT);
        let text = String::from_utf8(wrong.client_data_json.to_vec()).unwrap();
        wrong.client_data_json = text.replace("wallet", "wullet").into();
        assert_eq!(wrong.verify(b"transaction"), Err(KeyError::Signature));
    }
}
