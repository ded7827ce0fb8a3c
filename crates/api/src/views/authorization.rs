//! Authorizations as JSON, in and out.

use althing_types::{
    Authorization,
    keys::{
        KeyScheme, MAX_AUTHENTICATOR_DATA_BYTES, MAX_CLIENT_DATA_BYTES, PublicKey,
        WebAuthnAssertion,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The proof that a transaction was authorised. Every field but the scheme is hex.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "scheme", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AuthorizationJson {
    /// Ed25519.
    Ed25519 {
        /// 32 bytes.
        public_key: String,
        /// 64 bytes.
        signature: String,
    },
    /// ECDSA over P-256.
    Secp256r1 {
        /// Compressed point, 33 bytes.
        public_key: String,
        /// `r ‖ s`, 64 bytes.
        signature: String,
    },
    /// A passkey's assertion over P-256.
    Webauthn {
        /// Compressed point, 33 bytes.
        public_key: String,
        /// `r ‖ s`, 64 bytes.
        signature: String,
        /// `authenticatorData`.
        authenticator_data: String,
        /// `clientDataJSON`.
        client_data_json: String,
    },
    /// ML-DSA-65.
    #[serde(rename = "ml-dsa-65")]
    MlDsa65 {
        /// 1952 bytes.
        public_key: String,
        /// 3309 bytes.
        signature: String,
    },
}

/// Bytes of an ML-DSA-65 signature.
const ML_DSA_65_SIGNATURE_BYTES: usize = 3_309;

impl From<&Authorization> for AuthorizationJson {
    fn from(authorization: &Authorization) -> Self {
        match authorization {
            Authorization::Ed25519 { public_key, signature } => Self::Ed25519 {
                public_key: hex::encode(public_key),
                signature: hex::encode(signature),
            },
            Authorization::Secp256r1 { public_key, signature } => Self::Secp256r1 {
                public_key: hex::encode(public_key),
                signature: hex::encode(signature),
            },
            Authorization::WebAuthn(assertion) => Self::Webauthn {
                public_key: hex::encode(assertion.public_key),
                signature: hex::encode(assertion.signature),
                authenticator_data: hex::encode(&assertion.authenticator_data),
                client_data_json: hex::encode(&assertion.client_data_json),
            },
            Authorization::MlDsa65 { public_key, signature } => Self::MlDsa65 {
                public_key: hex::encode(public_key),
                signature: hex::encode(signature),
            },
        }
    }
}

fn array<const N: usize>(name: &str, text: &str) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| format!("{name} is {N} bytes of hex"))?;
    Ok(bytes)
}

fn at_most(name: &str, text: &str, max: usize) -> Result<Vec<u8>, String> {
    let bytes = hex::decode(text).ok().filter(|bytes| bytes.len() <= max);
    bytes.ok_or_else(|| format!("{name} is at most {max} bytes of hex"))
}

impl AuthorizationJson {
    /// The authorization that this describes.
    ///
    /// # Errors
    /// A clause that names the field that is malformed.
    pub fn parse(self) -> Result<Authorization, String> {
        Ok(match self {
            Self::Ed25519 { public_key, signature } => Authorization::Ed25519 {
                public_key: array("public_key", &public_key)?,
                signature: array("signature", &signature)?,
            },
            Self::Secp256r1 { public_key, signature } => Authorization::Secp256r1 {
                public_key: array("public_key", &public_key)?,
                signature: array("signature", &signature)?,
            },
            Self::Webauthn { public_key, signature, authenticator_data, client_data_json } => {
                Authorization::WebAuthn(Box::new(WebAuthnAssertion {
                    public_key: array("public_key", &public_key)?,
                    signature: array("signature", &signature)?,
                    authenticator_data: at_most(
                        "authenticator_data",
                        &authenticator_data,
                        MAX_AUTHENTICATOR_DATA_BYTES,
                    )?
                    .into(),
                    client_data_json: at_most(
                        "client_data_json",
                        &client_data_json,
                        MAX_CLIENT_DATA_BYTES,
                    )?
                    .into(),
                }))
            }
            Self::MlDsa65 { public_key, signature } => {
                let scheme = KeyScheme::MlDsa65;
                let key = at_most("public_key", &public_key, scheme.public_key_len())?;
                let key = PublicKey::new(scheme, key.into()).map_err(|error| error.to_string())?;
                let signature = array::<ML_DSA_65_SIGNATURE_BYTES>("signature", &signature)?;
                Authorization::MlDsa65 {
                    public_key: key.bytes().clone(),
                    signature: signature.to_vec().into(),
                }
            }
        })
    }
}
