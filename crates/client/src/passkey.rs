//! A passkey in software: signs as an authenticator and a browser do together, so that WebAuthn
//! accounts can be used and tested without a device.

use althing_types::{
    Authorization, KeyScheme, SecretKey,
    hash::sha256,
    keys::{KeyError, WebAuthnAssertion},
};
use base64::Engine as _;
use bytes::Bytes;

/// The relying party: whoever asks for the assertion.
const RELYING_PARTY: &[u8] = b"localhost";
/// User present and user verified.
const FLAGS: u8 = 0x05;

/// Signs `message` (the output of `signing_bytes`) with an assertion.
///
/// # Errors
/// [`KeyError::CannotSign`] if the key is not of secp256r1.
pub fn assert(key: &SecretKey, message: &[u8]) -> Result<Authorization, KeyError> {
    let (authenticator_data, client_data_json) = (authenticator_data(), client_data(message));
    let client_hash = sha256(&[&client_data_json]);
    let signed = [authenticator_data.as_ref(), client_hash.as_ref()].concat();
    if key.scheme() != KeyScheme::Secp256r1 {
        return Err(KeyError::CannotSign);
    }
    let Authorization::Secp256r1 { public_key, signature } = key.sign(&signed)? else {
        return Err(KeyError::CannotSign);
    };
    Ok(Authorization::WebAuthn(Box::new(WebAuthnAssertion {
        public_key,
        signature,
        authenticator_data,
        client_data_json,
    })))
}

/// An assertion of the right size without a signature, for dry runs.
pub(crate) fn unsigned(public_key: [u8; 33]) -> Authorization {
    Authorization::WebAuthn(Box::new(WebAuthnAssertion {
        public_key,
        signature: [0; 64],
        authenticator_data: authenticator_data(),
        client_data_json: client_data(&[]),
    }))
}

/// Hash of the relying party, flags, and a counter that stays 0, as passkeys have it.
fn authenticator_data() -> Bytes {
    let mut data = sha256(&[RELYING_PARTY]).as_ref().to_vec();
    data.push(FLAGS);
    data.extend_from_slice(&[0; 4]);
    data.into()
}

fn client_data(message: &[u8]) -> Bytes {
    let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha256(&[message]));
    let text = format!(
        r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"http://localhost","crossOrigin":false}}"#
    );
    text.into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assertion_holds_for_its_message_only() {
        let key = SecretKey::from_seed(KeyScheme::Secp256r1, [3; 32]).unwrap();
        let assertion = assert(&key, b"pay").unwrap();
        assert_eq!(assertion.verify(b"pay"), Ok(()));
        assert!(matches!(assertion.verify(b"pray"), Err(KeyError::Assertion(_))));
        assert_eq!(assertion.address(), key.address());
    }

    #[test]
    fn keys_of_other_schemes_are_no_passkeys() {
        for scheme in [KeyScheme::Ed25519, KeyScheme::MlDsa65] {
            let key = SecretKey::from_seed(scheme, [3; 32]).unwrap();
            assert_eq!(assert(&key, b"pay"), Err(KeyError::CannotSign));
        }
    }
}
