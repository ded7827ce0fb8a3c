//! ML-DSA-65 (FIPS 204), the post-quantum scheme. Signing is the deterministic variant with an
//! empty context.

use super::KeyError;
use bytes::Bytes;
use ml_dsa::{
    EncodedSignature, EncodedVerifyingKey, MlDsa65, Signature, SigningKey, VerifyingKey,
    signature::{Keypair as _, Signer as _, Verifier as _},
};

pub(super) const PUBLIC_KEY_LEN: usize = 1952;
pub(super) const SIGNATURE_LEN: usize = 3309;

fn signing_key(seed: &[u8; 32]) -> SigningKey<MlDsa65> {
    SigningKey::from_seed(&(*seed).into())
}

pub(super) fn public_key(seed: &[u8; 32]) -> Bytes {
    Bytes::copy_from_slice(&signing_key(seed).verifying_key().encode())
}

pub(super) fn sign(seed: &[u8; 32], message: &[u8]) -> Result<(Bytes, Bytes), KeyError> {
    let key = signing_key(seed);
    let signature: Signature<MlDsa65> = key.try_sign(message).map_err(|_| KeyError::CannotSign)?;
    Ok((
        Bytes::copy_from_slice(&key.verifying_key().encode()),
        Bytes::copy_from_slice(&signature.encode()),
    ))
}

pub(super) fn verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
    let key =
        EncodedVerifyingKey::<MlDsa65>::try_from(public_key).map_err(|_| KeyError::PublicKey)?;
    let signature =
        EncodedSignature::<MlDsa65>::try_from(signature).map_err(|_| KeyError::Signature)?;
    let signature = Signature::<MlDsa65>::decode(&signature).ok_or(KeyError::Signature)?;
    VerifyingKey::<MlDsa65>::decode(&key)
        .verify(message, &signature)
        .map_err(|_| KeyError::Signature)
}
