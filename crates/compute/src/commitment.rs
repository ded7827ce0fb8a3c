//! Commitments to results, and openings of rows.

use crate::{
    digest::{Digest, PRODUCT_LEAF, ROW_LEAF, keyed},
    merkle::{Path, Tree},
    shape::Shape,
};
use thiserror::Error;

/// Most products of a batch.
pub const PRODUCTS_MAX: u32 = 65_536;

/// Why an opening is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpeningError {
    /// The batch has no product, or too many.
    #[error("a batch has from 1 to 65,536 products, not {0}")]
    Products(u32),
    /// There is no such product, row or tile.
    #[error("product {product}, row {row} is outside the batch")]
    Position {
        /// Number of the product in the batch.
        product: u32,
        /// Number of the row in the product.
        row: u32,
    },
    /// The row or tile has another number of bytes.
    #[error("{expected} bytes are needed, not {found}")]
    Length {
        /// What the shape asks for.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// The hashes do not lead to the root of the batch.
    #[error("product {product}, row {row}: the opening does not lead to the committed root")]
    Root {
        /// Number of the product in the batch.
        product: u32,
        /// Number of the row in the product.
        row: u32,
    },
}

/// A batch: so many products of one shape, under one root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Shape of each product.
    pub shape: Shape,
    products: u32,
}

impl Batch {
    /// A batch of so many products.
    ///
    /// # Errors
    /// [`OpeningError::Products`] if there is none, or more than [`PRODUCTS_MAX`].
    pub const fn new(shape: Shape, products: u32) -> Result<Self, OpeningError> {
        if products == 0 || products > PRODUCTS_MAX {
            return Err(OpeningError::Products(products));
        }
        Ok(Self { shape, products })
    }

    /// Number of products.
    pub const fn products(self) -> u32 {
        self.products
    }

    /// Rows of all products.
    pub const fn rows(self) -> u64 {
        self.products as u64 * self.shape.m() as u64
    }

    pub(crate) fn check(self, product: u32, row: u32) -> Result<(), OpeningError> {
        if product >= self.products || row >= self.shape.m() {
            return Err(OpeningError::Position { product, row });
        }
        Ok(())
    }
}

/// BLAKE3 of a row: `n` integers of 4 bytes, little endian.
pub fn row_digest(row: &[u8]) -> Digest {
    *blake3::hash(row).as_bytes()
}

/// Leaf of a row: shape, product and row (4 bytes each, little endian), digest of the row.
pub fn row_leaf(shape: Shape, product: u32, row: u32, digest: &Digest) -> Digest {
    let mut bytes = [0; 53];
    bytes[..13].copy_from_slice(&shape.to_bytes());
    bytes[13..17].copy_from_slice(&product.to_le_bytes());
    bytes[17..21].copy_from_slice(&row.to_le_bytes());
    bytes[21..].copy_from_slice(digest);
    keyed(ROW_LEAF, &bytes)
}

/// Leaf of a product: shape, product (4 bytes, little endian), root over its rows.
pub fn product_leaf(shape: Shape, product: u32, root: &Digest) -> Digest {
    let mut bytes = [0; 49];
    bytes[..13].copy_from_slice(&shape.to_bytes());
    bytes[13..17].copy_from_slice(&product.to_le_bytes());
    bytes[17..].copy_from_slice(root);
    keyed(PRODUCT_LEAF, &bytes)
}

/// The tree over the rows of one product.
pub fn product_tree(shape: Shape, product: u32, digests: &[Digest]) -> Tree {
    let leaves = (0..).zip(digests).map(|(row, digest)| row_leaf(shape, product, row, digest));
    Tree::new(leaves.collect())
}

/// The tree over the roots of all products of a batch.
pub fn batch_tree(shape: Shape, roots: &[Digest]) -> Tree {
    let leaves = (0..).zip(roots).map(|(product, root)| product_leaf(shape, product, root));
    Tree::new(leaves.collect())
}

/// The root of a batch from the roots of its products.
pub fn batch_root(shape: Shape, roots: &[Digest]) -> Digest {
    batch_tree(shape, roots).root()
}

/// Where a row stands, and the neighbours that lead from it to the root of the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Number of the product in the batch.
    pub product: u32,
    /// Number of the row in the product.
    pub row: u32,
    /// From the leaf of the row to the root of the product.
    pub row_path: Path,
    /// From the leaf of the product to the root of the batch.
    pub product_path: Path,
}

impl Position {
    /// Proves a row with the trees of its product and of the batch; `None` if it is in neither.
    pub fn open(batch: &Tree, of_product: &Tree, product: u32, row: u32) -> Option<Self> {
        let row_path = of_product.path(u64::from(row))?;
        let product_path = batch.path(u64::from(product))?;
        Some(Self { product, row, row_path, product_path })
    }

    /// Whether the row with this digest is the committed one.
    ///
    /// # Errors
    /// [`OpeningError`] if it is outside the batch or the hashes do not lead to `root`.
    pub fn verify(&self, batch: Batch, digest: &Digest, root: &Digest) -> Result<(), OpeningError> {
        let (product, row) = (self.product, self.row);
        batch.check(product, row)?;
        let leaf = row_leaf(batch.shape, product, row, digest);
        self.row_path
            .root(&leaf, u64::from(row), u64::from(batch.shape.m()))
            .map(|of_product| product_leaf(batch.shape, product, &of_product))
            .and_then(|leaf| {
                self.product_path.root(&leaf, u64::from(product), u64::from(batch.products))
            })
            .filter(|found| found == root)
            .map(|_| ())
            .ok_or(OpeningError::Root { product, row })
    }

    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.product.to_le_bytes());
        bytes.extend_from_slice(&self.row.to_le_bytes());
        for sibling in self.row_path.siblings.iter().chain(&self.product_path.siblings) {
            bytes.extend_from_slice(sibling);
        }
    }

    /// Reads what [`Self::write`] wrote, and returns what follows. The position says how many
    /// neighbours there are.
    pub(crate) fn read(batch: Batch, bytes: &[u8]) -> Result<(Self, &[u8]), OpeningError> {
        let (head, rest) = split(bytes, 8)?;
        let number =
            |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (product, row) = (number(0), number(4));
        batch.check(product, row)?;
        let (row_path, rest) = path(rest, u64::from(row), u64::from(batch.shape.m()))?;
        let (product_path, rest) = path(rest, u64::from(product), u64::from(batch.products))?;
        Ok((Self { product, row, row_path, product_path }, rest))
    }
}

pub(crate) fn split(bytes: &[u8], at: usize) -> Result<(&[u8], &[u8]), OpeningError> {
    bytes.split_at_checked(at).ok_or(OpeningError::Length { expected: at, found: bytes.len() })
}

fn path(bytes: &[u8], position: u64, leaves: u64) -> Result<(Path, &[u8]), OpeningError> {
    let (siblings, rest) = split(bytes, Path::length(position, leaves) * 32)?;
    Ok((Path { siblings: digests(siblings) }, rest))
}

pub(crate) fn digests(bytes: &[u8]) -> Vec<Digest> {
    bytes.as_chunks().0.to_vec()
}

/// A whole row with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowOpening {
    /// Where it stands.
    pub position: Position,
    /// The row: `n` integers of 4 bytes, little endian.
    pub bytes: Vec<u8>,
}

impl RowOpening {
    /// Whether this is the committed row. Says nothing about its entries.
    ///
    /// # Errors
    /// [`OpeningError`] if not.
    pub fn verify(&self, batch: Batch, root: &Digest) -> Result<(), OpeningError> {
        let (expected, found) = (batch.shape.row_bytes(), self.bytes.len());
        if expected != found {
            return Err(OpeningError::Length { expected, found });
        }
        self.position.verify(batch, &row_digest(&self.bytes), root)
    }

    /// Product and row (4 bytes each, little endian), neighbours of the row, neighbours of the
    /// product, the row. All lengths follow from the batch and the position.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.position.write(&mut bytes);
        bytes.extend_from_slice(&self.bytes);
        bytes
    }

    /// Reads [`Self::to_bytes`].
    ///
    /// # Errors
    /// [`OpeningError`] if the length is wrong or the position is outside the batch.
    pub fn from_bytes(batch: Batch, bytes: &[u8]) -> Result<Self, OpeningError> {
        let (position, rest) = Position::read(batch, bytes)?;
        let (expected, found) = (batch.shape.row_bytes(), rest.len());
        if expected != found {
            return Err(OpeningError::Length { expected, found });
        }
        Ok(Self { position, bytes: rest.to_vec() })
    }
}
