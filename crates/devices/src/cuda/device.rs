//! One device: operands and results in its memory, products, times.

use super::{
    CudaError,
    raw::{self, Fp16, Gemm, Int8, Rows, driver_error, guarded},
};
use crate::{
    attestation::Precision,
    keystream::{Alphabet, Keystream},
    product::{
        MAX_INNER, MAX_OUTER, Multiply, Product, ProductError, Shape, bound, exact_fp16_run,
    },
    selftest,
};
use cudarc::{
    cublas::CudaBlas,
    driver::{CudaContext, CudaEvent, CudaFunction, CudaSlice, CudaStream, sys::CUevent_flags},
    nvrtc,
};
use std::sync::Arc;

const KERNELS: &str = include_str!("kernels.cu");
/// Rows and terms are padded to this multiple: tensor cores load 16 bytes at a time.
const ALIGNMENT: u32 = 16;

/// An opened CUDA device.
pub struct CudaDevice {
    name: String,
    stream: Arc<CudaStream>,
    blas: CudaBlas,
    keystream: CudaFunction,
    widen: CudaFunction,
    accumulate: CudaFunction,
}

/// Rows of `i8` in device memory, padded with zeros. An A lies row by row, a B column by column.
pub struct DeviceMatrix {
    data: CudaSlice<i8>,
    rows: u32,
    length: u32,
    bound: u32,
}

impl DeviceMatrix {
    /// Rows of an A, columns of a B.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Entries of one row: the terms of each sum.
    pub fn length(&self) -> u32 {
        self.length
    }
}

/// A result in device memory.
pub struct DeviceProduct {
    data: CudaSlice<i32>,
    shape: Shape,
    micros: u64,
}

impl DeviceProduct {
    /// Time of the multiplication alone, measured by the device, microseconds.
    pub fn micros(&self) -> u64 {
        self.micros
    }
}

fn padded(size: u32) -> u32 {
    size.div_ceil(ALIGNMENT) * ALIGNMENT
}

impl CudaDevice {
    /// Opens a device and compiles the kernels. Its results are unproved: workers use
    /// [`CudaDevice::open_tested`].
    ///
    /// # Errors
    /// [`CudaError`], with what to install or mend.
    pub fn open(ordinal: u32) -> Result<Self, CudaError> {
        let count = super::device_count()?;
        if ordinal >= count {
            return Err(CudaError::NoDevice { ordinal, count });
        }
        guarded(|| Self::start(ordinal))?
    }

    /// Opens a device and compares it with the processor; a device that differs is refused.
    ///
    /// # Errors
    /// As [`CudaDevice::open`], and [`CudaError::Refused`] with the first difference.
    pub fn open_tested(ordinal: u32) -> Result<Self, CudaError> {
        let mut device = Self::open(ordinal)?;
        let comparisons = selftest::compare(&mut device, &selftest::Plan::quick());
        match comparisons.iter().find_map(selftest::Comparison::objection) {
            Some(objection) => Err(CudaError::Refused(objection)),
            None => Ok(device),
        }
    }

    fn start(ordinal: u32) -> Result<Self, CudaError> {
        let context = CudaContext::new(ordinal as usize)
            .map_err(|error| driver_error("open the device", error))?;
        let stream = context.default_stream();
        let name = context.name().map_err(|error| driver_error("name the device", error))?;
        let program =
            nvrtc::compile_ptx(KERNELS).map_err(|error| CudaError::Compile(error.to_string()))?;
        let module = context.load_module(program).map_err(|error| {
            CudaError::Compile(format!("the driver does not load them: {error:?}"))
        })?;
        let kernel = |name: &str| {
            module.load_function(name).map_err(|error| driver_error("find a kernel", error))
        };
        let blas = raw::blas_handle(&stream)?;
        let version = raw::blas_version(&blas)?;
        Ok(Self {
            name: format!("CUDA device {ordinal} ({name}, cuBLAS {version})"),
            keystream: kernel("chacha8_rows")?,
            widen: kernel("widen")?,
            accumulate: kernel("accumulate")?,
            stream,
            blas,
        })
    }

    /// Copies rows to the device.
    ///
    /// # Errors
    /// [`CudaError::Operands`] for a wrong length, [`CudaError::Memory`] or [`CudaError::Driver`].
    pub fn upload(&self, values: &[i8], rows: u32, length: u32) -> Result<DeviceMatrix, CudaError> {
        let expected = u64::from(rows) * u64::from(length);
        if values.len() as u64 != expected {
            let length = values.len();
            return Err(ProductError::BadOperand { operand: 'A', length, expected }.into());
        }
        let mut matrix = self.empty(rows, length, bound(values))?;
        let stride = padded(length) as usize;
        let copied = guarded(|| {
            if stride == length as usize {
                return self.stream.memcpy_htod(values, &mut matrix.data);
            }
            let mut wide = vec![0; rows as usize * stride];
            for (to, from) in
                wide.chunks_exact_mut(stride).zip(values.chunks_exact(length as usize))
            {
                to[..from.len()].copy_from_slice(from);
            }
            self.stream.memcpy_htod(&wide, &mut matrix.data)
        })?;
        copied.map_err(|error| driver_error("copy operands to the device", error))?;
        Ok(matrix)
    }

    /// Generates rows on the device: nothing is shipped.
    ///
    /// # Errors
    /// [`CudaError::Operands`], [`CudaError::Memory`] or [`CudaError::Driver`].
    pub fn generate(
        &self,
        streams: &Keystream,
        alphabet: Alphabet,
        first: u32,
        rows: u32,
        length: u32,
    ) -> Result<DeviceMatrix, CudaError> {
        let mut matrix = self.empty(rows, length, alphabet.bound())?;
        guarded(|| {
            let start = self
                .stream
                .clone_htod(&streams.start())
                .map_err(|error| driver_error("copy the key to the device", error))?;
            let rows = Rows {
                start,
                first,
                rows,
                length,
                stride: padded(length),
                shift: alphabet.shift(),
            };
            raw::keystream(&self.stream, &self.keystream, &mut matrix.data, &rows)
        })??;
        Ok(matrix)
    }

    fn empty(&self, rows: u32, length: u32, bound: u32) -> Result<DeviceMatrix, CudaError> {
        if !(1..=MAX_OUTER).contains(&rows) || !(1..=MAX_INNER).contains(&length) {
            return Err(ProductError::BadShape(Shape { m: rows, n: 1, k: length }).into());
        }
        let entries = u64::from(padded(rows)) * u64::from(padded(length));
        self.require(entries)?;
        let data = guarded(|| self.stream.alloc_zeros::<i8>(entries as usize))?
            .map_err(|error| driver_error("reserve memory", error))?;
        Ok(DeviceMatrix { data, rows, length, bound })
    }

    /// Refuses what does not fit the memory that is free now.
    fn require(&self, needed: u64) -> Result<(), CudaError> {
        let (free, _) = guarded(|| self.stream.context().mem_get_info())?
            .map_err(|error| driver_error("tell its free memory", error))?;
        let free = free as u64;
        if needed <= free { Ok(()) } else { Err(CudaError::Memory { needed, free }) }
    }

    /// Multiplies matrices that are on the device: `a` by rows, `b` by columns.
    ///
    /// # Errors
    /// [`CudaError`].
    pub fn product(
        &self,
        a: &DeviceMatrix,
        b: &DeviceMatrix,
        precision: Precision,
    ) -> Result<DeviceProduct, CudaError> {
        if a.length != b.length {
            let (length, expected) = (b.length as usize, u64::from(a.length));
            return Err(ProductError::BadOperand { operand: 'B', length, expected }.into());
        }
        let shape = Shape::new(a.rows, b.rows, a.length)?;
        let entries = u64::from(padded(shape.m)) * u64::from(padded(shape.n));
        let widened = 2 * (a.data.len() + b.data.len()) as u64 + 4 * entries;
        self.require(match precision {
            Precision::Int8 => 4 * entries,
            Precision::Fp16 => 4 * entries + widened,
        })?;
        guarded(|| {
            let mut data = self
                .stream
                .alloc_zeros::<i32>(entries as usize)
                .map_err(|error| driver_error("reserve memory", error))?;
            let micros = match precision {
                Precision::Int8 => self.int8(shape, a, b, &mut data)?,
                Precision::Fp16 => self.fp16(shape, a, b, &mut data)?,
            };
            Ok(DeviceProduct { data, shape, micros })
        })?
    }

    fn int8(
        &self,
        shape: Shape,
        a: &DeviceMatrix,
        b: &DeviceMatrix,
        out: &mut CudaSlice<i32>,
    ) -> Result<u64, CudaError> {
        let stride = padded(shape.k);
        let call = Gemm { m: padded(shape.m), n: padded(shape.n), stride, from: 0, terms: stride };
        self.timed(|| raw::gemm::<Int8>(&self.blas, &self.stream, &call, &a.data, &b.data, out))
    }

    fn fp16(
        &self,
        shape: Shape,
        a: &DeviceMatrix,
        b: &DeviceMatrix,
        out: &mut CudaSlice<i32>,
    ) -> Result<u64, CudaError> {
        let reserve = |count: usize| {
            self.stream
                .alloc_zeros::<u16>(count)
                .map_err(|error| driver_error("reserve memory", error))
        };
        let (mut left, mut right) = (reserve(a.data.len())?, reserve(b.data.len())?);
        let mut part = self
            .stream
            .alloc_zeros::<f32>(out.len())
            .map_err(|error| driver_error("reserve memory", error))?;
        let stride = padded(shape.k);
        let run = exact_fp16_run(a.bound, b.bound).unwrap_or(stride).min(stride);
        self.timed(|| {
            raw::widen(&self.stream, &self.widen, &mut left, &a.data)?;
            raw::widen(&self.stream, &self.widen, &mut right, &b.data)?;
            for from in (0..stride).step_by(run as usize) {
                let terms = run.min(stride - from);
                let call = Gemm { m: padded(shape.m), n: padded(shape.n), stride, from, terms };
                raw::gemm::<Fp16>(&self.blas, &self.stream, &call, &left, &right, &mut part)?;
                raw::accumulate(&self.stream, &self.accumulate, out, &part, from == 0)?;
            }
            Ok(())
        })
    }

    /// Microseconds between two events of the device around some work.
    fn timed(&self, work: impl FnOnce() -> Result<(), CudaError>) -> Result<u64, CudaError> {
        let time = |error| driver_error("measure time", error);
        let event = || -> Result<CudaEvent, CudaError> {
            let flags = Some(CUevent_flags::CU_EVENT_DEFAULT);
            self.stream.context().new_event(flags).map_err(time)
        };
        let (begin, end) = (event()?, event()?);
        begin.record(&self.stream).map_err(time)?;
        work()?;
        end.record(&self.stream).map_err(time)?;
        let milliseconds = begin.elapsed_ms(&end).map_err(time)?;
        // The device's clock ticks in half microseconds; work that it ran took at least one.
        Ok(((f64::from(milliseconds) * 1_000.0).round() as u64).max(1))
    }

    /// Copies a result back, row by row.
    ///
    /// # Errors
    /// [`CudaError::Driver`].
    pub fn download(&self, product: &DeviceProduct) -> Result<Vec<i32>, CudaError> {
        let wide = guarded(|| self.stream.clone_dtoh(&product.data))?
            .map_err(|error| driver_error("copy the result from the device", error))?;
        let Shape { m, n, .. } = product.shape;
        Ok(cropped(&wide, m, n))
    }

    /// Copies a matrix back, row by row.
    ///
    /// # Errors
    /// [`CudaError::Driver`].
    pub fn download_matrix(&self, matrix: &DeviceMatrix) -> Result<Vec<i8>, CudaError> {
        let wide = guarded(|| self.stream.clone_dtoh(&matrix.data))?
            .map_err(|error| driver_error("copy a matrix from the device", error))?;
        Ok(cropped(&wide, matrix.rows, matrix.length))
    }
}

/// The first `length` entries of each of the first `rows` rows of a padded matrix.
fn cropped<T: Copy>(wide: &[T], rows: u32, length: u32) -> Vec<T> {
    wide.chunks_exact(padded(length) as usize)
        .take(rows as usize)
        .flat_map(|row| row.iter().take(length as usize).copied())
        .collect()
}

impl Multiply for CudaDevice {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn precisions(&self) -> Vec<Precision> {
        vec![Precision::Int8, Precision::Fp16]
    }

    fn multiply(
        &mut self,
        shape: Shape,
        a: &[i8],
        b: &[i8],
        precision: Precision,
    ) -> Result<Product, ProductError> {
        shape.check_operands(a, b)?;
        let a = self.upload(a, shape.m, shape.k)?;
        let b = self.upload(b, shape.n, shape.k)?;
        let product = self.product(&a, &b, precision)?;
        Ok(Product { entries: self.download(&product)?, micros: product.micros() })
    }

    fn generate(
        &mut self,
        streams: &Keystream,
        alphabet: Alphabet,
        first: u32,
        rows: u32,
        length: u32,
    ) -> Result<Vec<i8>, ProductError> {
        let matrix = CudaDevice::generate(self, streams, alphabet, first, rows, length)?;
        Ok(self.download_matrix(&matrix)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_cut_off_again() {
        let stride = padded(17) as usize;
        let wide: Vec<i32> = (0..(32 * stride) as i32).collect();
        let small = cropped(&wide, 2, 17);
        assert_eq!(stride, 32);
        assert_eq!(small.len(), 34);
        assert_eq!((small[0], small[16], small[17], small[33]), (0, 16, 32, 48));
    }
}
