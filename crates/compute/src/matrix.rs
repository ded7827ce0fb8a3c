//! Results of products.

use crate::{
    commitment::{product_tree, row_digest},
    digest::Digest,
    merkle::Tree,
    shape::Shape,
};
use sha2::{Digest as _, Sha256};

/// The result `C` of a product: `m` rows of `n` integers. Its canonical bytes are its rows one after
/// the other, each entry in 4 bytes, little endian, two's complement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    shape: Shape,
    entries: Vec<i32>,
}

impl Matrix {
    /// A result with these entries, row after row; `None` if there are not `m · n`.
    pub fn new(shape: Shape, entries: Vec<i32>) -> Option<Self> {
        (entries.len() as u64 * 4 == shape.result_bytes()).then_some(Self { shape, entries })
    }

    /// Kind and dimensions of the product.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// All entries, row after row.
    pub fn entries(&self) -> &[i32] {
        &self.entries
    }

    /// The rows, in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[i32]> {
        self.entries.chunks(self.shape.n() as usize)
    }

    /// The canonical bytes of row `row`; `None` if there is no such row.
    pub fn row_bytes(&self, row: u32) -> Option<Vec<u8>> {
        self.rows().nth(row as usize).map(row_bytes)
    }

    /// The canonical bytes of all rows. A copy of the whole result.
    pub fn to_bytes(&self) -> Vec<u8> {
        row_bytes(&self.entries)
    }

    /// SHA-256 over the canonical bytes.
    pub fn sha256(&self) -> Digest {
        let mut hasher = Sha256::new();
        for row in self.rows() {
            hasher.update(row_bytes(row));
        }
        hasher.finalize().into()
    }

    /// The tree over the rows, as product `product` of a batch.
    pub fn tree(&self, product: u32) -> Tree {
        let digests: Vec<_> = self.rows().map(|row| row_digest(&row_bytes(row))).collect();
        product_tree(self.shape, product, &digests)
    }
}

/// The canonical bytes of entries.
pub fn row_bytes(entries: &[i32]) -> Vec<u8> {
    let mut bytes = vec![0; entries.len() * 4];
    for (place, entry) in bytes.as_chunks_mut().0.iter_mut().zip(entries) {
        *place = entry.to_le_bytes();
    }
    bytes
}
