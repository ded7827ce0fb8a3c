//! SLIP-0010: a tree of secret keys from one seed, for Ed25519 and NIST P-256.

use hmac::{Hmac, KeyInit as _, Mac as _};
use p256::{
    Scalar, SecretKey,
    elliptic_curve::{ff::PrimeField as _, sec1::ToSec1Point as _},
};
use sha2::Sha512;
use zeroize::Zeroizing;

/// The flag of a hardened step.
pub const HARDENED: u32 = 1 << 31;

/// A curve of SLIP-0010.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// Ed25519; every step is hardened.
    Ed25519,
    /// NIST P-256, also called secp256r1.
    Nist256p1,
}

impl Curve {
    const fn domain(self) -> &'static [u8] {
        match self {
            Self::Ed25519 => b"ed25519 seed",
            Self::Nist256p1 => b"Nist256p1 seed",
        }
    }
}

/// A secret key of the tree with its chain code. Wiped from memory on drop.
pub struct Node {
    curve: Curve,
    key: Zeroizing<[u8; 32]>,
    chain: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("curve", &self.curve).finish_non_exhaustive()
    }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    let digest = Zeroizing::new(<[u8; 64]>::from(mac.finalize().into_bytes()));
    let (mut left, mut right) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
    left.copy_from_slice(&digest[..32]);
    right.copy_from_slice(&digest[32..]);
    (left, right)
}

fn scalar(bytes: &[u8; 32]) -> Option<Scalar> {
    Option::from(Scalar::from_repr((*bytes).into()))
}

impl Node {
    /// The root of the tree of `seed`, which is usually 64 bytes of a mnemonic.
    pub fn master(curve: Curve, seed: &[u8]) -> Self {
        let (mut key, mut chain) = hmac(curve.domain(), &[seed]);
        while curve == Curve::Nist256p1 && SecretKey::from_slice(key.as_ref()).is_err() {
            (key, chain) = hmac(curve.domain(), &[key.as_ref(), chain.as_ref()]);
        }
        Self { curve, key, chain }
    }

    /// The child at `index`; `None` if the curve is Ed25519 and the index is not hardened.
    pub fn child(&self, index: u32) -> Option<Self> {
        match self.curve {
            Curve::Ed25519 if index < HARDENED => None,
            Curve::Ed25519 => {
                let (key, chain) = self.step(&[&[0], self.key.as_ref(), &index.to_be_bytes()]);
                Some(Self { curve: self.curve, key, chain })
            }
            Curve::Nist256p1 => self.child_p256(index),
        }
    }

    fn step(&self, parts: &[&[u8]]) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
        hmac(self.chain.as_ref(), parts)
    }

    fn child_p256(&self, index: u32) -> Option<Self> {
        let parent = scalar(&self.key)?;
        let index_bytes = index.to_be_bytes();
        let (mut left, mut chain) = if index >= HARDENED {
            self.step(&[&[0], self.key.as_ref(), &index_bytes])
        } else {
            let public = SecretKey::from_slice(self.key.as_ref()).ok()?.public_key();
            self.step(&[public.to_sec1_point(true).as_bytes(), &index_bytes])
        };
        loop {
            if let Some(tweak) = scalar(&left) {
                let key = Zeroizing::new(<[u8; 32]>::from((tweak + parent).to_repr()));
                if key.iter().any(|byte| *byte != 0) {
                    return Some(Self { curve: self.curve, key, chain });
                }
            }
            (left, chain) = self.step(&[&[1], chain.as_ref(), &index_bytes]);
        }
    }

    /// The descendant at `path`; `None` as for [`Self::child`].
    pub fn descend(self, path: &[u32]) -> Option<Self> {
        path.iter().try_fold(self, |node, index| node.child(*index))
    }

    /// The secret key: an Ed25519 seed or a P-256 scalar.
    pub fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// The chain code.
    pub fn chain_code(&self) -> &[u8; 32] {
        &self.chain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // From the test vectors of SLIP-0010: curve, seed, path, chain code, secret key.
    const VECTORS: &[(Curve, &str, &[u32], &str, &str)] = &[
        (
            Curve::Ed25519,
            "000102030405060708090a0b0c0d0e0f",
            &[],
            "90046a93de5380a72b5e45010748567d5ea02bbf6522f979e05c0d8d8ca9fffb",
            "2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7",
        ),
        (
            Curve::Ed25519,
            "000102030405060708090a0b0c0d0e0f",
            &[HARDENED],
            "8b59aa11380b624e81507a27fedda59fea6d0b779a778918a2fd3590e16e9c69",
            "68e0fe46dfb67e368c75379acec591dad19df3cde26e63b93a8e704f1dade7a3",
        ),
        (
            Curve::Ed25519,
            "000102030405060708090a0b0c0d0e0f",
            &[HARDENED, HARDENED + 1, HARDENED + 2, HARDENED + 2, HARDENED + 1_000_000_000],
            "68789923a0cac2cd5a29172a475fe9e0fb14cd6adb5ad98a3fa70333e7afa230",
            "8f94d394a8e8fd6b1bc2f3f49f5c47e385281d5c17e65324b0f62483e37e8793",
        ),
        (
            Curve::Nist256p1,
            "000102030405060708090a0b0c0d0e0f",
            &[],
            "beeb672fe4621673f722f38529c07392fecaa61015c80c34f29ce8b41b3cb6ea",
            "612091aaa12e22dd2abef664f8a01a82cae99ad7441b7ef8110424915c268bc2",
        ),
        (
            Curve::Nist256p1,
            "000102030405060708090a0b0c0d0e0f",
            &[HARDENED],
            "3460cea53e6a6bb5fb391eeef3237ffd8724bf0a40e94943c98b83825342ee11",
            "6939694369114c67917a182c59ddb8cafc3004e63ca5d3b84403ba8613debc0c",
        ),
        (
            Curve::Nist256p1,
            "000102030405060708090a0b0c0d0e0f",
            &[HARDENED, 1],
            "4187afff1aafa8445010097fb99d23aee9f599450c7bd140b6826ac22ba21d0c",
            "284e9d38d07d21e4e281b645089a94f4cf5a5a81369acf151a1c3a57f18b2129",
        ),
        // The derivation that must retry.
        (
            Curve::Nist256p1,
            "000102030405060708090a0b0c0d0e0f",
            &[HARDENED + 28_578, 33_941],
            "9e87fe95031f14736774cd82f25fd885065cb7c358c1edf813c72af535e83071",
            "092154eed4af83e078ff9b84322015aefe5769e31270f62c3f66c33888335f3a",
        ),
        // The seed that must retry.
        (
            Curve::Nist256p1,
            "a7305bc8df8d0951f0cb224c0e95d7707cbdf2c6ce7e8d481fec69c7ff5e9446",
            &[],
            "7762f9729fed06121fd13f326884c82f59aa95c57ac492ce8c9654e60efd130c",
            "3b8c18469a4634517d6d0b65448f8e6c62091b45540a1743c5846be55d47d88f",
        ),
    ];

    #[test]
    fn the_official_vectors_hold() {
        for (curve, seed, path, chain, key) in VECTORS {
            let node = Node::master(*curve, &hex::decode(seed).unwrap()).descend(path).unwrap();
            assert_eq!(hex::encode(node.chain_code()), *chain, "{curve:?} {path:?}");
            assert_eq!(hex::encode(node.key()), *key, "{curve:?} {path:?}");
        }
    }

    #[test]
    fn ed25519_has_no_soft_steps() {
        assert!(Node::master(Curve::Ed25519, &[1; 64]).child(0).is_none());
    }
}
