//! Operands of a batch of products: from a seed, or given by content under a Merkle root.

use crate::{
    digest::{Digest, OPERAND_LEAF, keyed},
    merkle::{Path, Tree},
    shape::Shape,
    stream::{self, Side},
};
use std::collections::BTreeMap;
use thiserror::Error;

/// Why an operand cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OperandError {
    /// A row or column that nobody has opened.
    #[error("line {index} of operand {side:?} is not known; open it with its proof first")]
    Missing {
        /// The operand.
        side: Side,
        /// Number of the row or column in the whole batch.
        index: u64,
    },
    /// A product, row or column outside the batch.
    #[error("line {index} of operand {side:?} does not exist; there are {lines}")]
    Index {
        /// The operand.
        side: Side,
        /// What was asked for.
        index: u64,
        /// How many there are.
        lines: u64,
    },
    /// A line of another length than `k`.
    #[error("a line of an operand has {expected} entries, not {found}")]
    Length {
        /// `k`.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// An entry that the kind does not allow.
    #[error("entry {position} is {value}; the kind allows integers of {width} bits and a sign")]
    Entry {
        /// Position in the line.
        position: usize,
        /// The entry.
        value: i8,
        /// [`Shape::width`].
        width: u32,
    },
    /// The proof does not lead to the root.
    #[error(
        "the proof of line {index} of operand {side:?} does not lead to the root of the operand"
    )]
    Proof {
        /// The operand.
        side: Side,
        /// Number of the line.
        index: u64,
    },
}

/// Rows of A of all products one after the other, or columns of B, under a Merkle root. It holds the
/// lines that are known: all of them, or those that were opened.
#[derive(Clone, Debug)]
pub struct Content {
    side: Side,
    shape: Shape,
    lines: u64,
    root: Digest,
    known: BTreeMap<u64, Vec<i8>>,
}

/// Lines of an operand in a batch: `m` rows for each product, or `n` columns.
const fn lines_of(side: Side, shape: Shape, products: u32) -> u64 {
    match side {
        Side::A => products as u64 * shape.m() as u64,
        Side::B => shape.n() as u64,
    }
}

/// Hash of the leaf of a line: letter, shape, index (8 bytes), length (4 bytes), both little endian,
/// and the BLAKE3 hash of its entries, one byte each in two's complement.
pub fn operand_leaf(side: Side, shape: Shape, index: u64, entries: &[i8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    let mut piece = [0; 1024];
    for some in entries.chunks(piece.len()) {
        let bytes = &mut piece[..some.len()];
        for (byte, entry) in bytes.iter_mut().zip(some) {
            *byte = *entry as u8;
        }
        hasher.update(bytes);
    }
    let mut bytes = vec![side.letter()];
    bytes.extend_from_slice(&shape.to_bytes());
    bytes.extend_from_slice(&index.to_le_bytes());
    bytes.extend_from_slice(&(entries.len() as u32).to_le_bytes());
    bytes.extend_from_slice(hasher.finalize().as_bytes());
    keyed(OPERAND_LEAF, &bytes)
}

fn check_line(shape: Shape, entries: &[i8]) -> Result<(), OperandError> {
    let expected = shape.k() as usize;
    if entries.len() != expected {
        return Err(OperandError::Length { expected, found: entries.len() });
    }
    let width = shape.width();
    match entries.iter().position(|entry| !matches!(*entry >> width, 0 | -1)) {
        Some(position) => Err(OperandError::Entry { position, value: entries[position], width }),
        None => Ok(()),
    }
}

impl Content {
    /// An operand all of whose lines are at hand, and the tree to open them with.
    ///
    /// # Errors
    /// [`OperandError`] if the number of lines, a length or an entry does not fit the shape.
    pub fn whole(
        side: Side,
        shape: Shape,
        products: u32,
        lines: Vec<Vec<i8>>,
    ) -> Result<(Self, Tree), OperandError> {
        let count = lines_of(side, shape, products);
        if lines.len() as u64 != count {
            return Err(OperandError::Index { side, index: lines.len() as u64, lines: count });
        }
        let mut leaves = Vec::with_capacity(lines.len());
        for (index, entries) in (0..).zip(&lines) {
            check_line(shape, entries)?;
            leaves.push(operand_leaf(side, shape, index, entries));
        }
        let tree = Tree::new(leaves);
        let known = (0..).zip(lines).collect();
        Ok((Self { side, shape, lines: count, root: tree.root(), known }, tree))
    }

    /// An operand of which only the root is known.
    pub fn opened(side: Side, shape: Shape, products: u32, root: Digest) -> Self {
        let lines = lines_of(side, shape, products);
        Self { side, shape, lines, root, known: BTreeMap::new() }
    }

    /// Adds a line that is proven to belong to this operand.
    ///
    /// # Errors
    /// [`OperandError`] if the line does not exist, does not fit the shape, or the proof fails.
    pub fn insert(
        &mut self,
        index: u64,
        entries: Vec<i8>,
        path: &Path,
    ) -> Result<(), OperandError> {
        let (side, lines) = (self.side, self.lines);
        if index >= lines {
            return Err(OperandError::Index { side, index, lines });
        }
        check_line(self.shape, &entries)?;
        let leaf = operand_leaf(side, self.shape, index, &entries);
        if !path.verify(&leaf, index, lines, &self.root) {
            return Err(OperandError::Proof { side, index });
        }
        self.known.insert(index, entries);
        Ok(())
    }

    /// The Merkle root over all lines.
    pub const fn root(&self) -> &Digest {
        &self.root
    }
}

/// Where the lines of an operand come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Everybody draws them from this seed; nothing is sent.
    Seed([u8; 32]),
    /// They were sent, and a root binds them.
    Content(Content),
}

/// Both operands of a batch of products of one shape.
#[derive(Clone, Debug)]
pub struct Operands {
    shape: Shape,
    a: Source,
    b: Source,
}

impl Operands {
    /// Both operands from one seed.
    pub const fn from_seed(shape: Shape, seed: [u8; 32]) -> Self {
        Self::new(shape, Source::Seed(seed), Source::Seed(seed))
    }

    /// Each operand from its own source. Content has to be of the matching side and shape: lines of
    /// any other are missing when they are asked for.
    pub const fn new(shape: Shape, a: Source, b: Source) -> Self {
        Self { shape, a, b }
    }

    /// Kind and dimensions of each product.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// Key of the streams of an operand that is drawn from a seed, for devices that draw it
    /// themselves; `None` for content. All products share B.
    pub fn stream_key(&self, side: Side, product: u32) -> Option<[u8; 32]> {
        let source = match side {
            Side::A => &self.a,
            Side::B => &self.b,
        };
        match source {
            Source::Seed(seed) => Some(stream::key(seed, side, self.shape, product)),
            Source::Content(_) => None,
        }
    }

    /// Writes row `row` of A of product `product` to `out`, which has `k` entries.
    ///
    /// # Errors
    /// [`OperandError`] if there is no such row, it is not known, or `out` has another length.
    pub fn a_row(&self, product: u32, row: u32, out: &mut [i8]) -> Result<(), OperandError> {
        self.a_rows(product).write(row, out)
    }

    /// The rows of A of one product. Cheaper than [`Self::a_row`] if many are needed.
    pub fn a_rows(&self, product: u32) -> Lines<'_> {
        let m = self.shape.m();
        let inner = match &self.a {
            Source::Seed(seed) => Inner::Stream(stream::key(seed, Side::A, self.shape, product)),
            Source::Content(content) => Inner::Content(content, u64::from(product) * u64::from(m)),
        };
        Lines { side: Side::A, shape: self.shape, count: m, inner }
    }

    /// The columns of B.
    pub fn b_columns(&self) -> Lines<'_> {
        let inner = match &self.b {
            Source::Content(content) => Inner::Content(content, 0),
            Source::Seed(seed) => Inner::Stream(stream::key(seed, Side::B, self.shape, 0)),
        };
        Lines { side: Side::B, shape: self.shape, count: self.shape.n(), inner }
    }

    /// Writes column `column` of B to `out`, which has `k` entries.
    ///
    /// # Errors
    /// As [`Self::a_row`].
    pub fn b_column(&self, column: u32, out: &mut [i8]) -> Result<(), OperandError> {
        self.b_columns().write(column, out)
    }
}

#[derive(Clone, Copy, Debug)]
enum Inner<'a> {
    Stream([u8; 32]),
    Content(&'a Content, u64),
}

/// Rows of one A, or columns of B.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a> {
    side: Side,
    shape: Shape,
    count: u32,
    inner: Inner<'a>,
}

impl Lines<'_> {
    /// Writes line `index` to `out`.
    ///
    /// # Errors
    /// [`OperandError`] if there is no such line, it is not known, or `out` has not `k` entries.
    pub fn write(&self, index: u32, out: &mut [i8]) -> Result<(), OperandError> {
        let (side, shape) = (self.side, self.shape);
        if index >= self.count {
            let (index, lines) = (u64::from(index), u64::from(self.count));
            return Err(OperandError::Index { side, index, lines });
        }
        if out.len() != shape.k() as usize {
            return Err(OperandError::Length { expected: shape.k() as usize, found: out.len() });
        }
        match self.inner {
            Inner::Stream(key) => stream::line(&key, index, shape.width(), out),
            Inner::Content(content, first) => {
                let index = first + u64::from(index);
                let line = content
                    .known
                    .get(&index)
                    .filter(|_| content.side == side && content.shape == shape)
                    .ok_or(OperandError::Missing { side, index })?;
                out.copy_from_slice(line);
            }
        }
        Ok(())
    }
}
