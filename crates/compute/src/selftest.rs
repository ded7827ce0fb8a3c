//! Products whose results are known: what a device has to compute before it may work.

use crate::{
    backend::{Backend, BackendError, Control},
    digest::Digest,
    operands::{Content, Operands, Source},
    shape::{Kind, Shape},
    stream::Side,
};
use thiserror::Error;

/// Where the operands of a case come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTestOperands {
    /// From this seed.
    Seed([u8; 32]),
    /// The smallest entry everywhere: sums reach the bound.
    Smallest,
    /// Largest entries, and one odd entry at the end of each line: sums near the bound of which the
    /// lowest bit counts, which accumulators of fewer bits round.
    Largest,
    /// Rows of the smallest entries against columns that alternate between runs of smallest and
    /// largest: sums that climb to half of the bound and fall back to a small remainder.
    Climbing,
}

/// A product whose result is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfTestCase {
    /// The product.
    pub shape: Shape,
    /// Its operands.
    pub operands: SelfTestOperands,
    /// Number of the product in the batch.
    pub product: u32,
    /// SHA-256 over the canonical bytes of the result.
    pub result: Digest,
}

/// Why a device may not work.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SelfTestError {
    /// A result differs.
    #[error(
        "{backend} computes a wrong result for case {case} of the self-test; it must not be used"
    )]
    Wrong {
        /// Name of the backend.
        backend: String,
        /// Position in [`SELF_TEST`].
        case: usize,
    },
    /// There is no result.
    #[error("case {case} of the self-test failed: {error}")]
    Failed {
        /// Position in [`SELF_TEST`].
        case: usize,
        /// Why.
        error: BackendError,
    },
}

/// Seed of the benchmark.
pub const BENCHMARK_SEED: [u8; 32] = *b"althing.compute/1 benchmark task";
/// Shape of the benchmark: FP16, 4,096 in each dimension.
pub const BENCHMARK_SHAPE: Shape = shape(Kind::Fp16, 4_096, 4_096, 4_096);
/// SHA-256 over the canonical bytes of the result of the benchmark.
pub const BENCHMARK_RESULT: Digest =
    digest("d1f37a53ae0f881f161428e61affd37e3bc3587df4d6f1ac83de899b157b3aca");

/// The operands of the benchmark; its result is that of product 0.
pub const fn benchmark_operands() -> Operands {
    Operands::from_seed(BENCHMARK_SHAPE, BENCHMARK_SEED)
}

const fn shape(kind: Kind, m: u32, n: u32, k: u32) -> Shape {
    match Shape::new(kind, m, n, k) {
        Ok(shape) => shape,
        Err(_) => panic!("a shape of the self-test is not allowed"),
    }
}

/// Reads 64 lowercase hex characters, when the crate is compiled.
const fn digest(hex: &str) -> Digest {
    const fn nibble(character: u8) -> u8 {
        match character {
            b'0'..=b'9' => character - b'0',
            b'a'..=b'f' => character - b'a' + 10,
            _ => panic!("no hex character"),
        }
    }
    let (hex, mut digest, mut i) = (hex.as_bytes(), [0; 32], 0);
    assert!(hex.len() == 64);
    while i < 32 {
        digest[i] = nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]);
        i += 1;
    }
    digest
}

const fn case(
    shape: Shape,
    operands: SelfTestOperands,
    product: u32,
    result: &str,
) -> SelfTestCase {
    SelfTestCase { shape, operands, product, result: digest(result) }
}

const SEED: SelfTestOperands = SelfTestOperands::Seed(*b"althing.compute/1 self-test seed");

/// The cases: both kinds, short and long sums, several products, and sums as large as they can be.
pub const SELF_TEST: [SelfTestCase; 13] = [
    case(
        shape(Kind::Int8, 320, 512, 448),
        SEED,
        0,
        "7fe49aae5d9c5463a7738642398de3616331a672a1e1e3381364274cac8f40b3",
    ),
    case(
        shape(Kind::Int8, 256, 256, 4_096),
        SEED,
        7,
        "ae203f4224ce7a9e2049ad339830a5a9da00a4126bb1db74d02a01dbe8e2931a",
    ),
    case(
        shape(Kind::Int8, 256, 256, 16_384),
        SEED,
        65_535,
        "e3b965d490efc2d94e7d90a4559dd6a0394f0073598de95fb178d4540fc32af2",
    ),
    case(
        shape(Kind::Fp16, 320, 512, 448),
        SEED,
        0,
        "b7f8007c656a43aac0a279365ccdf589d94d5296eeacbd252b2242a9bf86f8da",
    ),
    case(
        shape(Kind::Fp16, 256, 256, 4_096),
        SEED,
        7,
        "b146e2632fc47332c9da1983bad5165c6439583ab491708be16ddfba1a67711b",
    ),
    case(
        shape(Kind::Fp16, 256, 256, 8_192),
        SEED,
        1,
        "1fe561b83fc77ce0badb6971e98a05e57325c5bb7dfcde37ddb76afccef62f44",
    ),
    case(
        shape(Kind::Fp16, 256, 256, 16_384),
        SEED,
        65_535,
        "53eb3006c887102b1c7f01b39e90560cd4e9bf91c77ad62fe85a451cee42714f",
    ),
    case(
        shape(Kind::Int8, 256, 256, 16_384),
        SelfTestOperands::Smallest,
        0,
        "0b66b1e565c0a3525cb1d5703996813f3f84c7bc0cef179dc315663b0428e3d9",
    ),
    case(
        shape(Kind::Int8, 256, 512, 16_384),
        SelfTestOperands::Climbing,
        0,
        "b23092823fa8383ee53f20bf4f53220c492d2e96c7a12d220d1df2d733b8a928",
    ),
    case(
        shape(Kind::Fp16, 256, 256, 4_096),
        SelfTestOperands::Smallest,
        0,
        "0b17117af4bea82050f55d5f9603b45ec6a122342a7699a10428696951f95bb9",
    ),
    case(
        shape(Kind::Fp16, 512, 256, 4_096),
        SelfTestOperands::Largest,
        0,
        "a62641a5d5c270a19e12581ebbb0482c68c2002855c6bdb45e74c140851d0040",
    ),
    case(
        shape(Kind::Fp16, 256, 512, 4_096),
        SelfTestOperands::Climbing,
        0,
        "57f4d056049164b6d998e8798c8a2dc14fa65a225036e6beb7d3523c8d64c147",
    ),
    case(
        shape(Kind::Fp16, 256, 256, 16_384),
        SelfTestOperands::Largest,
        0,
        "fcf594920e2859b24bba5c4b5cfdf6cc75a7de6fc3937ced5f6a3a40eb011a0b",
    ),
];

impl SelfTestCase {
    /// The operands of the case.
    ///
    /// # Errors
    /// None for the cases of [`SELF_TEST`]; an entry could be outside the kind.
    pub fn operands(&self) -> Result<Operands, BackendError> {
        let side = |side| self.side(side);
        Ok(match self.operands {
            SelfTestOperands::Seed(seed) => Operands::from_seed(self.shape, seed),
            _ => Operands::new(self.shape, side(Side::A)?, side(Side::B)?),
        })
    }

    fn side(&self, side: Side) -> Result<Source, BackendError> {
        let shape = self.shape;
        let lines = match side {
            Side::A => shape.m(),
            Side::B => shape.n(),
        };
        let lines = (0..lines as usize).map(|index| self.line(side, index)).collect();
        Ok(Source::Content(Content::whole(side, shape, 1, lines)?.0))
    }

    fn line(&self, side: Side, index: usize) -> Vec<i8> {
        let k = self.shape.k() as usize;
        let smallest = -1i8 << self.shape.width();
        let largest = !smallest;
        let mut line = match (self.operands, side) {
            (SelfTestOperands::Largest, _) => vec![largest; k],
            (SelfTestOperands::Climbing, Side::B) => {
                let run = (k / 2) >> (index % 4);
                (0..k)
                    .map(|i| if (i / run).is_multiple_of(2) { smallest } else { largest })
                    .collect()
            }
            _ => vec![smallest; k],
        };
        match (self.operands, side) {
            (SelfTestOperands::Largest, Side::B) => line[index % k] -= 1,
            (SelfTestOperands::Climbing, Side::A) => line[k - 1 - index % k] = 1,
            _ => {}
        }
        line
    }
}

/// Lets a backend compute every case of [`SELF_TEST`]. A backend that fails must not be used: one bit
/// in one entry is enough to lose a stake.
///
/// # Errors
/// [`SelfTestError`] names the first case whose result is wrong or missing.
pub fn self_test(backend: &dyn Backend) -> Result<(), SelfTestError> {
    for (number, case) in SELF_TEST.iter().enumerate() {
        let failed = |error| SelfTestError::Failed { case: number, error };
        let operands = case.operands().map_err(failed)?;
        let result =
            backend.multiply(&operands, case.product, &Control::default()).map_err(failed)?;
        if result.shape() != case.shape || result.sha256() != case.result {
            let backend = backend.name().to_owned();
            return Err(SelfTestError::Wrong { backend, case: number });
        }
    }
    Ok(())
}
