//! Roots over ordered lists (transactions, receipts) and proofs of membership, by
//! `commonware_storage::bmt`: leaves are bound to their position, the root to the list's length.

use crate::Hash;
use commonware_codec::{DecodeExt as _, Encode as _};
use commonware_cryptography::Sha256;
use commonware_storage::bmt;

/// Proof that a digest stands at a position of a list with a given root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Position in the list, from 0.
    pub position: u32,
    inner: bmt::Proof<Hash>,
}

fn tree(leaves: &[Hash]) -> bmt::Tree<Hash> {
    let mut builder = bmt::Builder::<Sha256>::new(leaves.len());
    for leaf in leaves {
        builder.add(leaf);
    }
    builder.build()
}

/// The root of a list.
pub fn root(leaves: &[Hash]) -> Hash {
    tree(leaves).root()
}

/// Proves the digest at `position`; `None` if the list is shorter.
pub fn prove(leaves: &[Hash], position: u32) -> Option<Proof> {
    let inner = tree(leaves).proof(position).ok()?;
    Some(Proof { position, inner })
}

impl Proof {
    /// Whether `leaf` stands at this position of the list with this `root`.
    pub fn verify(&self, leaf: &Hash, root: &Hash) -> bool {
        self.inner.verify_element_inclusion::<Sha256>(leaf, self.position, root).is_ok()
    }

    /// Encoded: position (4 bytes, big endian), leaf count (4 bytes), siblings.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.position.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.inner.encode());
        bytes
    }

    /// Reads [`Self::to_bytes`].
    ///
    /// # Errors
    /// A codec error if the bytes are malformed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, commonware_codec::Error> {
        let Some((position, rest)) = bytes.split_at_checked(4) else {
            return Err(commonware_codec::Error::EndOfBuffer);
        };
        let position = u32::decode(position.to_vec())?;
        let inner = <bmt::Proof<Hash> as commonware_codec::Decode>::decode_cfg(rest.to_vec(), &1)?;
        Ok(Self { position, inner })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::sha256;

    #[test]
    fn every_position_of_lists_up_to_33_is_provable_and_bound() {
        for len in 1u32..=33 {
            let leaves: Vec<Hash> = (0..len).map(|i| sha256(&[&i.to_be_bytes()])).collect();
            let root = root(&leaves);
            for position in 0..len {
                let proof = prove(&leaves, position).unwrap();
                let proof = Proof::from_bytes(&proof.to_bytes()).unwrap();
                assert!(proof.verify(&leaves[position as usize], &root));
                let other = leaves[((position + 1) % len) as usize];
                assert_eq!(proof.verify(&other, &root), len == 1);
            }
        }
    }
}
