//! Products on the processor, on several threads.

use crate::{
    backend::{Backend, BackendError, Control, multiply_rows, portable_columns},
    matrix::Matrix,
    operands::{OperandError, Operands},
    shape::Shape,
};
use rayon::prelude::*;
use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix, QuantParams};
use rten_tensor::NdTensorView;
use std::num::NonZeroUsize;

/// Rows that are computed at once: between two reports of progress, and before a cancellation is seen.
const ROWS: usize = 512;
/// What is added to the entries of A for instructions that multiply unsigned with signed bytes.
const OFFSET: u8 = 128;
/// Memory apart from matrices: threads, packing of a block of A.
const OTHER_BYTES: u64 = 64 << 20;

/// Limits of the computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuConfig {
    /// Most threads.
    pub threads: NonZeroUsize,
    /// Most memory of one product, in bytes; see [`memory_needed`].
    pub memory_bytes: u64,
}

/// Most memory, in bytes, that a product of this shape takes on the processor: the result, B as it is
/// drawn, B as it is packed (two bytes an entry where it has to be widened), a block of A.
pub const fn memory_needed(shape: Shape) -> u64 {
    let k = shape.k() as u64;
    let block = ROWS as u64 * k * 4;
    shape.result_bytes() + 3 * k * shape.n() as u64 + block + OTHER_BYTES
}

/// The processor. It multiplies bytes with the vector instructions for that if there are any that do
/// not saturate, and otherwise as 16-bit integers.
pub struct Cpu {
    config: CpuConfig,
    pool: rayon::ThreadPool,
    bytes: Option<GemmExecutor<u8, i8, i32>>,
    name: String,
}

/// A batch whose B is packed: it is shared by all products.
pub struct Prepared<'a> {
    cpu: &'a Cpu,
    operands: &'a Operands,
    b: PackedB,
}

enum PackedB {
    Bytes(PackedBMatrix<i8>),
    Wide(Vec<Vec<i16>>),
}

impl Cpu {
    /// The processor within these limits.
    ///
    /// # Errors
    /// [`BackendError::Device`] if threads cannot be started.
    pub fn new(config: CpuConfig) -> Result<Self, BackendError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(config.threads.get())
            .thread_name(|index| format!("product-{index}"))
            .build()
            .map_err(|error| BackendError::Device(error.to_string()))?;
        let executor = GemmExecutor::<u8, i8, i32>::new();
        let bytes = (!executor.may_saturate()).then_some(executor);
        let kernel = bytes.as_ref().map_or("16-bit", |executor| executor.kernel_name());
        let name = format!("cpu {kernel}, threads: {}", config.threads);
        Ok(Self { config, pool, bytes, name })
    }

    /// The same processor with products of 16-bit integers, as it computes without instructions for
    /// bytes.
    #[must_use]
    pub fn without_byte_instructions(mut self) -> Self {
        self.name = format!("cpu 16-bit, threads: {}", self.config.threads);
        self.bytes = None;
        self
    }

    /// Draws and packs B for all products of a batch.
    ///
    /// # Errors
    /// [`BackendError`] if the product needs more memory than allowed or an operand is not known.
    pub fn prepare<'a>(&'a self, operands: &'a Operands) -> Result<Prepared<'a>, BackendError> {
        let needed = memory_needed(operands.shape());
        let limit = self.config.memory_bytes;
        if needed > limit {
            return Err(BackendError::Memory { needed, limit });
        }
        let b = match &self.bytes {
            None => PackedB::Wide(portable_columns(operands)?),
            Some(executor) => self.pool.install(|| pack(executor, operands))?,
        };
        Ok(Prepared { cpu: self, operands, b })
    }
}

fn pack(
    executor: &GemmExecutor<u8, i8, i32>,
    operands: &Operands,
) -> Result<PackedB, OperandError> {
    let (n, k) = (operands.shape().n() as usize, operands.shape().k() as usize);
    let lines = operands.b_columns();
    let mut columns = vec![0i8; n * k];
    columns
        .par_chunks_mut(k)
        .enumerate()
        .try_for_each(|(index, column)| lines.write(index as u32, column))?;
    let columns = NdTensorView::from_data([n, k], &columns[..]);
    Ok(PackedB::Bytes(executor.prepack_b(columns.transposed())))
}

impl Prepared<'_> {
    /// Product `product` of the batch.
    ///
    /// # Errors
    /// [`BackendError`] if an operand is not known, the computation is cancelled, or it fails.
    pub fn multiply(&self, product: u32, control: &Control<'_>) -> Result<Matrix, BackendError> {
        let shape = self.operands.shape();
        let n = shape.n() as usize;
        let mut entries = vec![0i32; shape.m() as usize * n];
        self.cpu.pool.install(|| {
            for (index, out) in entries.chunks_mut(ROWS * n).enumerate() {
                control.check()?;
                let first = index * ROWS;
                self.rows(product, first, out)?;
                control.done((first + out.len() / n) as u32);
            }
            Ok::<_, BackendError>(())
        })?;
        Matrix::new(shape, entries).ok_or_else(|| BackendError::Device("wrong size".into()))
    }

    fn rows(&self, product: u32, first: usize, out: &mut [i32]) -> Result<(), BackendError> {
        match (&self.b, &self.cpu.bytes) {
            (PackedB::Bytes(b), Some(executor)) => {
                self.rows_of_bytes(executor, b, product, first, out)
            }
            (PackedB::Wide(b), _) => Ok(self.wide_rows(b, product, first, out)?),
            (PackedB::Bytes(_), None) => Err(BackendError::Device("no byte instructions".into())),
        }
    }

    fn rows_of_bytes(
        &self,
        executor: &GemmExecutor<u8, i8, i32>,
        b: &PackedBMatrix<i8>,
        product: u32,
        first: usize,
        out: &mut [i32],
    ) -> Result<(), BackendError> {
        let shape = self.operands.shape();
        let (k, rows) = (shape.k() as usize, out.len() / shape.n() as usize);
        let lines = self.operands.a_rows(product);
        let mut a = vec![0u8; rows * k];
        a.par_chunks_mut(k).enumerate().try_for_each_init(
            || vec![0i8; k],
            |line, (row, bytes)| {
                lines.write((first + row) as u32, line)?;
                for (byte, entry) in bytes.iter_mut().zip(line) {
                    *byte = *entry as u8 ^ OFFSET;
                }
                Ok::<_, OperandError>(())
            },
        )?;
        let offsets = vec![OFFSET; rows];
        let a = NdTensorView::from_data([rows, k], &a[..]);
        let options = GemmOptions {
            a_quant: Some(QuantParams { zero_point: &offsets }),
            ..Default::default()
        };
        executor
            .gemm(out, GemmInputA::Unpacked(a), GemmInputB::Packed(b), options)
            .map_err(|error| BackendError::Device(error.to_string()))
    }

    fn wide_rows(
        &self,
        b: &[Vec<i16>],
        product: u32,
        first: usize,
        out: &mut [i32],
    ) -> Result<(), OperandError> {
        const PART: usize = 64;
        let shape = self.operands.shape();
        let (n, k) = (shape.n() as usize, shape.k() as usize);
        let lines = self.operands.a_rows(product);
        out.par_chunks_mut(PART * n).enumerate().try_for_each(|(part, out)| {
            let mut line = vec![0; k];
            let mut a = Vec::with_capacity(PART * k);
            for row in 0..out.len() / n {
                lines.write((first + part * PART + row) as u32, &mut line)?;
                a.extend(line.iter().map(|entry| i16::from(*entry)));
            }
            multiply_rows(&a, b, shape, out);
            Ok(())
        })
    }
}

impl Backend for Cpu {
    fn name(&self) -> &str {
        &self.name
    }

    fn multiply(
        &self,
        operands: &Operands,
        product: u32,
        control: &Control<'_>,
    ) -> Result<Matrix, BackendError> {
        self.prepare(operands)?.multiply(product, control)
    }
}
