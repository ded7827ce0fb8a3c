#![doc = include_str!("../README.md")]

mod backend;
mod check;
mod commitment;
#[cfg(feature = "parallel")]
mod cpu;
mod digest;
pub mod field;
mod kernel;
mod matrix;
pub mod merkle;
mod operands;
pub mod recompute;
mod sample;
mod selftest;
mod shape;
mod simd;
mod stream;
mod tile;

pub use backend::{Backend, BackendError, Control, Portable};
pub use check::{CheckError, Checker, check_full, check_rows, check_sample};
pub use commitment::{
    Batch, OpeningError, PRODUCTS_MAX, Position, RowOpening, batch_root, batch_tree, product_leaf,
    product_tree, row_digest, row_leaf,
};
#[cfg(feature = "parallel")]
pub use cpu::{Cpu, CpuConfig, Prepared, memory_needed};
pub use digest::{Digest, NODE, OPERAND_LEAF, PRODUCT_LEAF, ROOT, ROW_LEAF};
pub use matrix::{Matrix, row_bytes};
pub use operands::{Content, Lines, OperandError, Operands, Source, operand_leaf};
pub use sample::{Row, SAMPLE_DOMAIN, SAMPLES_MAX, SampleError, sample};
pub use selftest::{
    BENCHMARK_RESULT, BENCHMARK_SEED, BENCHMARK_SHAPE, SELF_TEST, SelfTestCase, SelfTestError,
    SelfTestOperands, benchmark_operands, self_test,
};
pub use shape::{
    BLOCK, DIMENSION_MAX, DIMENSION_MIN, Kind, SHAPE_BYTES, Shape, ShapeError, TILE_COLUMNS,
};
pub use stream::{STREAM_DOMAIN, Side};
pub use tile::{TILE_BYTES, TileOpening};
