//! ECDSA over NIST P-256 with SHA-256. Signatures must have low `s`, so that nobody can turn a
//! valid signature into a second one.

use super::KeyError;
use p256::ecdsa::{
    Signature, SigningKey, VerifyingKey,
    signature::{Signer as _, Verifier as _},
};

pub(super) const PUBLIC_KEY_LEN: usize = 33;

fn signing_key(seed: &[u8; 32]) -> Result<SigningKey, KeyError> {
    SigningKey::from_slice(seed).map_err(|_| KeyError::SecretKey)
}

fn encode(key: &VerifyingKey) -> Result<[u8; 33], KeyError> {
    key.to_sec1_point(true).as_bytes().try_into().map_err(|_| KeyError::PublicKey)
}

pub(super) fn public_key(seed: &[u8; 32]) -> Result<[u8; 33], KeyError> {
    encode(signing_key(seed)?.verifying_key())
}

pub(super) fn sign(seed: &[u8; 32], message: &[u8]) -> Result<([u8; 33], [u8; 64]), KeyError> {
    let key = signing_key(seed)?;
    let signature: Signature = key.sign(message);
    let signature = signature.normalize_s();
    Ok((encode(key.verifying_key())?, signature.to_bytes().into()))
}

pub(super) fn verify(
    public_key: &[u8; 33],
    message: &[u8],
    signature: &[u8; 64],
) -> Result<(), KeyError> {
    let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| KeyError::PublicKey)?;
    let signature = Signature::from_slice(signature).map_err(|_| KeyError::Signature)?;
    if signature.normalize_s() != signature {
        return Err(KeyError::Signature);
    }
    key.verify(message, &signature).map_err(|_| KeyError::Signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirrored_signature_is_rejected() {
        let (public_key, signature) = sign(&[3; 32], b"message").unwrap();
        let parsed = Signature::from_slice(&signature).unwrap();
        let mirrored = Signature::from_scalars(parsed.r().to_bytes(), (-*parsed.s()).to_bytes());
        let mirrored: [u8; 64] = mirrored.unwrap().to_bytes().into();
        assert_eq!(verify(&public_key, b"message", &signature), Ok(()));
        assert_eq!(verify(&public_key, b"message", &mirrored), Err(KeyError::Signature));
    }

    #[test]
    fn the_zero_scalar_is_no_key() {
        assert_eq!(public_key(&[0; 32]), Err(KeyError::SecretKey));
    }
}
