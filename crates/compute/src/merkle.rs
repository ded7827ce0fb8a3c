//! Binary Merkle trees over an ordered list of leaf hashes. An odd node at the end of a level moves
//! up unchanged; the root hashes the top together with the number of leaves, so neither a position
//! nor a length can be exchanged.

use crate::digest::{Digest, NODE, ROOT, keyed};

/// Most leaves of a tree: rows of A in the largest batch.
pub const LEAVES_MAX: u64 = 1 << 40;

/// All levels of a tree, so that many positions are proven without hashing again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Level 0 are the leaves; the last level has one node. One empty level if there are no leaves.
    levels: Vec<Vec<Digest>>,
}

fn node(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(left);
    bytes[32..].copy_from_slice(right);
    keyed(NODE, &bytes)
}

fn finish(leaves: u64, top: &Digest) -> Digest {
    let mut bytes = [0; 40];
    bytes[..8].copy_from_slice(&leaves.to_le_bytes());
    bytes[8..].copy_from_slice(top);
    keyed(ROOT, &bytes)
}

impl Tree {
    /// The tree over these leaf hashes.
    pub fn new(leaves: Vec<Digest>) -> Self {
        let mut levels = vec![leaves];
        while let Some(last) = levels.last().filter(|level| level.len() > 1) {
            let next = last
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => node(left, right),
                    rest => rest[0],
                })
                .collect();
            levels.push(next);
        }
        Self { levels }
    }

    /// Number of leaves.
    pub fn leaves(&self) -> u64 {
        self.levels[0].len() as u64
    }

    /// The root. Of no leaves, the hash of the number 0 and 32 zero bytes.
    pub fn root(&self) -> Digest {
        let top = self.levels.last().and_then(|level| level.first());
        finish(self.leaves(), top.unwrap_or(&[0; 32]))
    }

    /// The path from leaf `position` to the root; `None` if there is no such leaf.
    pub fn path(&self, position: u64) -> Option<Path> {
        let mut index = usize::try_from(position).ok()?;
        self.levels[0].get(index)?;
        let mut siblings = Vec::with_capacity(self.levels.len());
        for level in &self.levels {
            siblings.extend(level.get(index ^ 1));
            index /= 2;
        }
        Some(Path { siblings })
    }
}

/// The root over these leaf hashes.
pub fn root(leaves: &[Digest]) -> Digest {
    Tree::new(leaves.to_vec()).root()
}

/// The neighbours on the way from a leaf to the root, lowest first. A node that moved up unchanged
/// has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// The neighbours.
    pub siblings: Vec<Digest>,
}

impl Path {
    /// How many neighbours the path of `position` has in a tree with this many leaves.
    pub const fn length(position: u64, leaves: u64) -> usize {
        let (mut index, mut width, mut length) = (position, leaves, 0);
        while width > 1 {
            length += (index ^ 1 < width) as usize;
            index /= 2;
            width = width.div_ceil(2);
        }
        length
    }

    /// The root of the tree of `leaves` leaves that has `leaf` at `position` and these neighbours;
    /// `None` if there is no such position, or a path of another length would be needed.
    pub fn root(&self, leaf: &Digest, position: u64, leaves: u64) -> Option<Digest> {
        if position >= leaves || leaves > LEAVES_MAX {
            return None;
        }
        let (mut index, mut width, mut hash) = (position, leaves, *leaf);
        let mut siblings = self.siblings.iter();
        while width > 1 {
            if index ^ 1 < width {
                let sibling = siblings.next()?;
                hash = if index % 2 == 0 { node(&hash, sibling) } else { node(sibling, &hash) };
            }
            index /= 2;
            width = width.div_ceil(2);
        }
        siblings.next().is_none().then(|| finish(leaves, &hash))
    }

    /// Whether `leaf` stands at `position` of the tree of `leaves` leaves with this `root`.
    pub fn verify(&self, leaf: &Digest, position: u64, leaves: u64, root: &Digest) -> bool {
        self.root(leaf, position, leaves).as_ref() == Some(root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u64) -> Vec<Digest> {
        (0..count).map(|i| keyed(NODE, &i.to_le_bytes())).collect()
    }

    #[test]
    fn every_position_of_lists_up_to_33_is_provable_and_bound() {
        for count in 1..=33 {
            let leaves = leaves(count);
            let tree = Tree::new(leaves.clone());
            for position in 0..count {
                let path = tree.path(position).unwrap();
                let leaf = &leaves[position as usize];
                assert_eq!(path.siblings.len(), Path::length(position, count));
                assert!(path.verify(leaf, position, count, &tree.root()));
                for other in (0..=count).filter(|other| *other != position) {
                    assert!(!path.verify(leaf, other, count, &tree.root()));
                }
                assert!(!path.verify(leaf, position, count + 1, &tree.root()));
                let mut longer = path.clone();
                longer.siblings.push([0; 32]);
                assert!(!longer.verify(leaf, position, count, &tree.root()));
            }
            assert!(tree.path(count).is_none());
        }
    }

    #[test]
    fn roots_bind_the_number_of_leaves() {
        let one = leaves(1);
        assert_ne!(root(&one), one[0]);
        assert_ne!(root(&[]), root(&[[0; 32]]));
        assert_ne!(root(&leaves(3)), root(&[leaves(3), vec![leaves(3)[2]]].concat()));
    }
}
