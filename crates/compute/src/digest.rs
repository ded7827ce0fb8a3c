//! The hash functions of this crate: BLAKE3 with one 32-byte key for each purpose, and SHA-256 for
//! keys of streams and for the hash of a whole result.

use sha2::{Digest as _, Sha256};

/// A 32-byte digest: of a row, a leaf, a tree, a result.
pub type Digest = [u8; 32];

/// Key of the hash of a leaf that stands for a row of a product.
pub const ROW_LEAF: &[u8; 32] = b"althing.compute/1 leaf of a row ";
/// Key of the hash of a leaf that stands for a product of a batch.
pub const PRODUCT_LEAF: &[u8; 32] = b"althing.compute/1 product leaf  ";
/// Key of the hash of a leaf that stands for a row of A or a column of B given by content.
pub const OPERAND_LEAF: &[u8; 32] = b"althing.compute/1 operand leaf  ";
/// Key of the hash of two neighbours in a tree.
pub const NODE: &[u8; 32] = b"althing.compute/1 node of a tree";
/// Key of the hash of the top of a tree with its number of leaves.
pub const ROOT: &[u8; 32] = b"althing.compute/1 root of a tree";

/// BLAKE3 in its keyed mode over `bytes`.
pub(crate) fn keyed(key: &[u8; 32], bytes: &[u8]) -> Digest {
    *blake3::keyed_hash(key, bytes).as_bytes()
}

/// SHA-256 over the parts, one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}
