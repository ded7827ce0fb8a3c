//! Kinds of numbers and sizes of products.

use thiserror::Error;

/// Smallest value of each dimension.
pub const DIMENSION_MIN: u32 = 256;
/// Largest value of each dimension.
pub const DIMENSION_MAX: u32 = 16_384;
/// Columns of a tile: 256 entries are one BLAKE3 chunk of 1,024 bytes. `n` is a multiple of it.
pub const TILE_COLUMNS: u32 = 256;
/// `m` and `k` are multiples of this.
pub const BLOCK: u32 = 64;
/// Bytes of an encoded [`Shape`].
pub const SHAPE_BYTES: usize = 13;

/// The numbers that a product multiplies. Results are exact integers in both kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Signed bytes, multiplied and added as 32-bit integers.
    Int8,
    /// Integers so small that FP16 operands with an FP32 accumulator never round.
    Fp16,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Int8, Self::Fp16];

    /// The byte that stands for the kind in encodings and hashes.
    pub const fn tag(self) -> u8 {
        match self {
            Self::Int8 => 1,
            Self::Fp16 => 2,
        }
    }

    /// The kind with this tag.
    pub const fn from_tag(tag: u8) -> Option<Self> {
        match tag {
            1 => Some(Self::Int8),
            2 => Some(Self::Fp16),
            _ => None,
        }
    }

    /// Name in configuration, events and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Fp16 => "fp16",
        }
    }
}

/// Why a shape is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ShapeError {
    /// A dimension is too small or too large.
    #[error("dimension {name} is {value}; it has to be from 256 to 16,384")]
    Size {
        /// `m`, `n` or `k`.
        name: char,
        /// What was given.
        value: u32,
    },
    /// A dimension is no multiple of its block.
    #[error("dimension {name} is {value}; it has to be a multiple of {of}")]
    Multiple {
        /// `m`, `n` or `k`.
        name: char,
        /// What was given.
        value: u32,
        /// 256 for `n`, 64 for `m` and `k`.
        of: u32,
    },
    /// An unknown tag of a kind.
    #[error("kind {0} is unknown; 1 is int8 and 2 is fp16")]
    Kind(u8),
    /// The bytes have another length.
    #[error("an encoded shape has 13 bytes, not {0}")]
    Length(usize),
}

/// Kind and dimensions of the product `C = A · B`: `A` has `m` rows of `k` entries, `B` has `k` rows
/// of `n` entries, `C` has `m` rows of `n` entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    kind: Kind,
    m: u32,
    n: u32,
    k: u32,
}

impl Shape {
    /// A shape whose dimensions are allowed.
    ///
    /// # Errors
    /// [`ShapeError`] if a dimension is outside 256 to 16,384, `n` is no multiple of 256, or `m` or
    /// `k` no multiple of 64.
    pub const fn new(kind: Kind, m: u32, n: u32, k: u32) -> Result<Self, ShapeError> {
        let dimensions = [('m', m, BLOCK), ('n', n, TILE_COLUMNS), ('k', k, BLOCK)];
        let mut i = 0;
        while i < dimensions.len() {
            let (name, value, of) = dimensions[i];
            if value < DIMENSION_MIN || value > DIMENSION_MAX {
                return Err(ShapeError::Size { name, value });
            }
            if !value.is_multiple_of(of) {
                return Err(ShapeError::Multiple { name, value, of });
            }
            i += 1;
        }
        Ok(Self { kind, m, n, k })
    }

    /// A product of square matrices.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub const fn square(kind: Kind, size: u32) -> Result<Self, ShapeError> {
        Self::new(kind, size, size, size)
    }

    /// The kind of the numbers.
    pub const fn kind(self) -> Kind {
        self.kind
    }

    /// Rows of `A` and of `C`.
    pub const fn m(self) -> u32 {
        self.m
    }

    /// Columns of `B` and of `C`.
    pub const fn n(self) -> u32 {
        self.n
    }

    /// Columns of `A` and rows of `B`: the length of each sum.
    pub const fn k(self) -> u32 {
        self.k
    }

    /// `w`: operands are integers from `-2^w` to `2^w - 1`. It is 7 for [`Kind::Int8`]; for
    /// [`Kind::Fp16`] it is `min(6, floor((24 - ceil(log2 k)) / 2))`, so that a sum of `k` products
    /// never exceeds `2^24` in absolute value and FP32 holds every partial sum exactly.
    pub const fn width(self) -> u32 {
        match self.kind {
            Kind::Int8 => 7,
            Kind::Fp16 => {
                let log2 = self.k.next_power_of_two().trailing_zeros();
                let width = (24 - log2) / 2;
                if width < 6 { width } else { 6 }
            }
        }
    }

    /// The largest absolute value that an entry of `C` can have: `k · 4^w`, at most `2^28`.
    pub const fn bound(self) -> i32 {
        (self.k << (2 * self.width())) as i32
    }

    /// Bytes of a row of `C`.
    pub const fn row_bytes(self) -> usize {
        self.n as usize * 4
    }

    /// Bytes of `C`.
    pub const fn result_bytes(self) -> u64 {
        self.m as u64 * self.row_bytes() as u64
    }

    /// Tiles in a row of `C`.
    pub const fn tiles(self) -> u32 {
        self.n / TILE_COLUMNS
    }

    /// Multiplications, each with its addition, that the product needs: `m · n · k`.
    pub const fn multiply_adds(self) -> u64 {
        self.m as u64 * self.n as u64 * self.k as u64
    }

    /// Tag of the kind, then `m`, `n` and `k` as 4 bytes each, little endian.
    pub fn to_bytes(self) -> [u8; SHAPE_BYTES] {
        let mut bytes = [self.kind.tag(); SHAPE_BYTES];
        bytes[1..5].copy_from_slice(&self.m.to_le_bytes());
        bytes[5..9].copy_from_slice(&self.n.to_le_bytes());
        bytes[9..13].copy_from_slice(&self.k.to_le_bytes());
        bytes
    }

    /// Reads [`Self::to_bytes`].
    ///
    /// # Errors
    /// [`ShapeError`] if the bytes are not those of an allowed shape.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShapeError> {
        let Ok(bytes) = <[u8; SHAPE_BYTES]>::try_from(bytes) else {
            return Err(ShapeError::Length(bytes.len()));
        };
        let kind = Kind::from_tag(bytes[0]).ok_or(ShapeError::Kind(bytes[0]))?;
        let number = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        Self::new(kind, number(1), number(5), number(9))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fp16_entries_shrink_as_sums_grow() {
        for (k, width) in [(256, 6), (4_096, 6), (4_160, 5), (8_192, 5), (16_384, 5)] {
            let shape = Shape::new(Kind::Fp16, 256, 256, k).unwrap();
            assert_eq!(shape.width(), width, "k = {k}");
            assert!(shape.bound() <= 1 << 24);
        }
        assert_eq!(Shape::square(Kind::Int8, 16_384).unwrap().bound(), 1 << 28);
    }

    #[test]
    fn sizes_that_are_not_allowed_are_named() {
        let new = |m, n, k| Shape::new(Kind::Int8, m, n, k);
        assert_eq!(new(192, 256, 256), Err(ShapeError::Size { name: 'm', value: 192 }));
        assert_eq!(
            new(256, 320, 256),
            Err(ShapeError::Multiple { name: 'n', value: 320, of: 256 })
        );
        assert_eq!(new(256, 256, 300), Err(ShapeError::Multiple { name: 'k', value: 300, of: 64 }));
        assert_eq!(new(256, 256, 16_448), Err(ShapeError::Size { name: 'k', value: 16_448 }));
        assert!(new(320, 256, 448).is_ok());
    }

    #[test]
    fn a_shape_survives_its_encoding_and_no_other_bytes_are_read() {
        let shape = Shape::new(Kind::Fp16, 256, 512, 320).unwrap();
        assert_eq!(Shape::from_bytes(&shape.to_bytes()), Ok(shape));
        assert_eq!(Shape::from_bytes(&[1; 12]), Err(ShapeError::Length(12)));
        let mut bytes = shape.to_bytes();
        bytes[0] = 3;
        assert_eq!(Shape::from_bytes(&bytes), Err(ShapeError::Kind(3)));
    }
}
