//! Ed25519 with ZIP-215 validation, one by one or in batches with cached public keys.

use super::KeyError;
use commonware_codec::{Copying, DecodeExt as _, FixedSize as _};
use commonware_cryptography::{
    BatchEntry, BatchVerifier as _, Signer as _, Verifier as _, ed25519 as scheme,
};
use commonware_parallel::Strategy;
use std::collections::HashMap;

pub(super) const PUBLIC_KEY_LEN: usize = 32;

/// A secret key made ready: deriving the public key costs as much as signing, so it is done once.
#[derive(Clone)]
pub(super) struct Signing {
    key: scheme::PrivateKey,
    public_key: [u8; 32],
}

impl Signing {
    pub(super) fn new(seed: &[u8; 32]) -> Self {
        let key = match scheme::PrivateKey::decode(seed.as_slice().to_vec()) {
            Ok(key) => key,
            Err(_) => unreachable!("every 32-byte string is an Ed25519 seed"),
        };
        let mut public_key = [0; 32];
        public_key.copy_from_slice(key.public_key().as_ref());
        Self { key, public_key }
    }

    pub(super) const fn public_key(&self) -> &[u8; 32] {
        &self.public_key
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let (namespace, tail) = strip(message);
        let mut bytes = [0; 64];
        debug_assert_eq!(scheme::Signature::SIZE, bytes.len());
        bytes.copy_from_slice(self.key.sign(namespace, tail).as_ref());
        bytes
    }
}

fn split(
    public_key: &[u8; 32],
    signature: &[u8; 64],
) -> Result<(scheme::PublicKey, scheme::Signature), KeyError> {
    let key = scheme::PublicKey::decode(Copying(public_key.as_slice()))
        .map_err(|_| KeyError::PublicKey)?;
    let signature = scheme::Signature::decode(Copying(signature.as_slice()))
        .map_err(|_| KeyError::Signature)?;
    Ok((key, signature))
}

// Messages arrive with one of our namespaces prepended as `union_unique` does it. The scheme's own
// `sign(namespace, message)` prepends the same way, so the namespace is split off again here.
fn strip(message: &[u8]) -> (&[u8], &[u8]) {
    for prefix in [super::TRANSACTION_NAMESPACE, super::METER_NAMESPACE] {
        let tail =
            message.strip_prefix(&[prefix.len() as u8]).and_then(|rest| rest.strip_prefix(prefix));
        if let Some(tail) = tail {
            return (prefix, tail);
        }
    }
    (b"", message)
}

pub(super) fn verify(
    public_key: &[u8; 32],
    message: &[u8],
    signature: &[u8; 64],
) -> Result<(), KeyError> {
    let (key, signature) = split(public_key, signature)?;
    let (namespace, tail) = strip(message);
    if key.verify(namespace, tail, &signature) { Ok(()) } else { Err(KeyError::Signature) }
}

/// Public keys that have been decompressed, so that the next signature of the same account costs a
/// third less. Bounded: at `capacity` keys the cache starts over.
#[derive(Debug)]
pub struct KeyCache {
    keys: HashMap<[u8; 32], scheme::PublicKey>,
    capacity: usize,
}

impl KeyCache {
    /// A cache of at most `capacity` keys (about 250 bytes each).
    pub fn new(capacity: usize) -> Self {
        Self { keys: HashMap::new(), capacity: capacity.max(1) }
    }

    fn get(&mut self, bytes: &[u8; 32]) -> Option<scheme::PublicKey> {
        if let Some(key) = self.keys.get(bytes) {
            return Some(key.clone());
        }
        let key = scheme::PublicKey::decode(Copying(bytes.as_slice())).ok()?;
        if self.keys.len() >= self.capacity {
            self.keys.clear();
        }
        self.keys.insert(*bytes, key.clone());
        Some(key)
    }
}

/// One signature of a batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchItem<'a> {
    /// The 32-byte public key.
    pub public_key: &'a [u8; 32],
    /// The 64-byte signature.
    pub signature: &'a [u8; 64],
    /// The transaction body, without namespace.
    pub body: &'a [u8],
}

/// Verifies Ed25519 signatures of transaction bodies together: true if all are good. When it says
/// false, verify one by one to find the bad ones.
///
/// Single and batch verification accept exactly the same signatures (ZIP-215), so nodes that
/// batch differently never disagree.
pub fn verify_batch(
    items: &[BatchItem<'_>],
    cache: &mut KeyCache,
    strategy: &impl Strategy,
) -> bool {
    let mut prepared = Vec::with_capacity(items.len());
    for item in items {
        let Some(key) = cache.get(item.public_key) else { return false };
        let Some(item) = PreparedItem::new(PreparedKey(key), item.signature, item.body) else {
            return false;
        };
        prepared.push(item);
    }
    verify_prepared(&prepared, strategy)
}

/// A public key that has been decompressed (about 200 bytes). Making one takes microseconds,
/// using it again saves a third of the next verification, so caches keep them.
#[derive(Clone, Debug)]
pub struct PreparedKey(scheme::PublicKey);

impl PreparedKey {
    /// Decompresses a key; `None` if the bytes are no point of the curve.
    pub fn new(bytes: &[u8; 32]) -> Option<Self> {
        scheme::PublicKey::decode(Copying(bytes.as_slice())).ok().map(Self)
    }
}

/// One signature of a batch with its key decompressed.
#[derive(Clone, Debug)]
pub struct PreparedItem<'a> {
    key: PreparedKey,
    signature: scheme::Signature,
    body: &'a [u8],
}

impl<'a> PreparedItem<'a> {
    /// Joins a key, a 64-byte signature and the transaction body that it covers. `None` if the
    /// signature is malformed.
    pub fn new(key: PreparedKey, signature: &[u8; 64], body: &'a [u8]) -> Option<Self> {
        let signature = scheme::Signature::decode(Copying(signature.as_slice())).ok()?;
        Some(Self { key, signature, body })
    }

    /// Checks this one signature. Accepts exactly what [`verify_prepared`] accepts.
    pub fn verify(&self) -> bool {
        self.key.0.verify(super::TRANSACTION_NAMESPACE, self.body, &self.signature)
    }
}

/// Like [`verify_batch`], with keys that the caller keeps. False for an empty batch.
pub fn verify_prepared(items: &[PreparedItem<'_>], strategy: &impl Strategy) -> bool {
    scheme::PublicKey::verify_batch(
        &mut rand::rng(),
        items,
        |_, item| BatchEntry {
            namespace: super::TRANSACTION_NAMESPACE,
            message: item.body,
            public_key: &item.key.0,
            signature: &item.signature,
        },
        strategy,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::signing_bytes;
    use commonware_parallel::Sequential;

    #[test]
    fn a_batch_agrees_with_single_verification() {
        let bodies: Vec<Vec<u8>> = (0u8..70).map(|i| vec![i; 40]).collect();
        let signed: Vec<_> = bodies
            .iter()
            .enumerate()
            .map(|(i, body)| {
                let key = Signing::new(&[i as u8; 32]);
                (*key.public_key(), key.sign(&signing_bytes(body)))
            })
            .collect();
        let mut cache = KeyCache::new(8);
        let batch: Vec<_> = bodies
            .iter()
            .zip(&signed)
            .map(|(body, (public_key, signature))| BatchItem { public_key, signature, body })
            .collect();
        assert!(verify_batch(&batch, &mut cache, &Sequential));
        for item in &batch {
            assert_eq!(verify(item.public_key, &signing_bytes(item.body), item.signature), Ok(()));
        }
        let mut wrong = batch.clone();
        wrong[41].body = b"another body";
        assert!(!verify_batch(&wrong, &mut cache, &Sequential));
    }
}
