//! Openings of a tile: 256 entries of a row, one chunk of BLAKE3, proven within the hash of the row.
//! A dispute carries about a kilobyte and two paths, not the row.

use crate::{
    commitment::{Batch, OpeningError, Position, digests},
    digest::Digest,
    shape::{Shape, TILE_COLUMNS},
};
use blake3::{
    CHUNK_LEN, Hasher,
    hazmat::{HasherExt as _, Mode, merge_subtrees_non_root, merge_subtrees_root},
};

/// Bytes of a tile.
pub const TILE_BYTES: usize = TILE_COLUMNS as usize * 4;
const _: () = assert!(TILE_BYTES == CHUNK_LEN);

/// A run of chunks under one node of BLAKE3's tree.
#[derive(Clone, Copy)]
struct Span {
    first: usize,
    chunks: usize,
}

/// Splits a node as BLAKE3 does: the left part is the largest power of two below the whole.
/// Returns the part with `tile`, the other, and whether the tile is on the left.
fn descend(span: Span, tile: usize) -> (Span, Span, bool) {
    let half = span.chunks.next_power_of_two() / 2;
    let left = Span { first: span.first, chunks: half };
    let right = Span { first: span.first + half, chunks: span.chunks - half };
    if tile < right.first { (left, right, true) } else { (right, left, false) }
}

/// From the whole row down to `tile`: the nodes beside the way, and whether the way goes left.
fn way(chunks: usize, tile: usize) -> Vec<(Span, bool)> {
    let mut span = Span { first: 0, chunks };
    let mut beside = Vec::new();
    while span.chunks > 1 {
        let (next, other, left) = descend(span, tile);
        beside.push((other, left));
        span = next;
    }
    beside
}

fn chaining_value(row: &[u8], span: Span) -> Digest {
    let start = span.first * CHUNK_LEN;
    let mut hasher = Hasher::new();
    hasher.set_input_offset(start as u64);
    hasher.update(&row[start..start + span.chunks * CHUNK_LEN]);
    hasher.finalize_non_root()
}

/// 256 consecutive entries of a row with their proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileOpening {
    /// Where the row stands.
    pub position: Position,
    /// Number of the tile in the row: it holds columns `256 · tile` to `256 · tile + 255`.
    pub tile: u32,
    /// The entries: 256 integers of 4 bytes, little endian.
    pub bytes: Vec<u8>,
    /// Chaining values beside the way from the tile to the hash of the row, lowest first.
    pub chaining: Vec<Digest>,
}

impl TileOpening {
    /// Opens a tile of a row; `None` if the row has no such tile or is not of whole tiles.
    pub fn open(position: Position, row: &[u8], tile: u32) -> Option<Self> {
        let chunks = row.len() / CHUNK_LEN;
        let index = tile as usize;
        if !row.len().is_multiple_of(CHUNK_LEN) || index >= chunks {
            return None;
        }
        let bytes = row[index * CHUNK_LEN..(index + 1) * CHUNK_LEN].to_vec();
        let beside = way(chunks, index);
        let chaining = beside.iter().rev().map(|(span, _)| chaining_value(row, *span)).collect();
        Some(Self { position, tile, bytes, chaining })
    }

    /// The hash of the row that has these bytes in this tile.
    fn row_digest(&self, shape: Shape) -> Option<Digest> {
        let beside = way(shape.tiles() as usize, self.tile as usize);
        if beside.len() != self.chaining.len() {
            return None;
        }
        if beside.is_empty() {
            return Some(*blake3::hash(&self.bytes).as_bytes());
        }
        let mut hasher = Hasher::new();
        hasher.set_input_offset(u64::from(self.tile) * CHUNK_LEN as u64);
        hasher.update(&self.bytes);
        let mut value = hasher.finalize_non_root();
        for (level, ((_, is_left), other)) in
            (0..beside.len()).rev().zip(beside.iter().rev().zip(&self.chaining))
        {
            let (left, right) = if *is_left { (&value, other) } else { (other, &value) };
            value = match level {
                0 => *merge_subtrees_root(left, right, Mode::Hash).as_bytes(),
                _ => merge_subtrees_non_root(left, right, Mode::Hash),
            };
        }
        Some(value)
    }

    /// Whether this is the committed tile. Says nothing about its entries.
    ///
    /// # Errors
    /// [`OpeningError`] if not.
    pub fn verify(&self, batch: Batch, root: &Digest) -> Result<(), OpeningError> {
        let (product, row) = (self.position.product, self.position.row);
        if self.bytes.len() != TILE_BYTES {
            return Err(OpeningError::Length { expected: TILE_BYTES, found: self.bytes.len() });
        }
        if self.tile >= batch.shape.tiles() {
            return Err(OpeningError::Position { product, row });
        }
        let digest = self.row_digest(batch.shape).ok_or(OpeningError::Root { product, row })?;
        self.position.verify(batch, &digest, root)
    }

    /// The entries, in order of columns.
    pub fn entries(&self) -> Vec<i32> {
        self.bytes.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes)).collect()
    }

    /// Product and row (4 bytes each, little endian), neighbours of the row, neighbours of the
    /// product, tile (4 bytes, little endian), its bytes, chaining values.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.position.write(&mut bytes);
        bytes.extend_from_slice(&self.tile.to_le_bytes());
        bytes.extend_from_slice(&self.bytes);
        bytes.extend_from_slice(self.chaining.as_flattened());
        bytes
    }

    /// Reads [`Self::to_bytes`].
    ///
    /// # Errors
    /// [`OpeningError`] if the length is wrong or the position is outside the batch.
    pub fn from_bytes(batch: Batch, bytes: &[u8]) -> Result<Self, OpeningError> {
        let (position, rest) = Position::read(batch, bytes)?;
        let Some((number, rest)) = rest.split_first_chunk() else {
            return Err(OpeningError::Length { expected: 4, found: rest.len() });
        };
        let tile = u32::from_le_bytes(*number);
        if tile >= batch.shape.tiles() {
            return Err(OpeningError::Position { product: position.product, row: position.row });
        }
        let length = way(batch.shape.tiles() as usize, tile as usize).len();
        let (expected, found) = (TILE_BYTES + length * 32, rest.len());
        if expected != found {
            return Err(OpeningError::Length { expected, found });
        }
        let (tile_bytes, chaining) = rest.split_at(TILE_BYTES);
        Ok(Self { position, tile, bytes: tile_bytes.to_vec(), chaining: digests(chaining) })
    }
}
