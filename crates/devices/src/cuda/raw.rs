//! The calls into foreign libraries: the only unsafe code of this crate.
//!
//! Each function checks what its calls rely on and is safe to call with anything. `cudarc` panics
//! where a library or one of its functions is missing, so that everything runs inside [`guarded`].
#![allow(unsafe_code)]

use super::CudaError;
use crate::{attestation::Precision, limits::text_of};
use cudarc::{
    cublas::{CudaBlas, result::gemm_ex, sys as blas},
    driver::{
        CudaContext, CudaFunction, CudaSlice, CudaStream, DevicePtr, DevicePtrMut, DeviceRepr,
        LaunchConfig, PushKernelArg, sys as driver,
    },
    nvrtc::sys as nvrtc,
};
use std::{
    ffi::c_void,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::Arc,
};

/// Threads of one block of every kernel.
const THREADS: u32 = 256;

/// Runs code of `cudarc` and turns a panic into an error.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, CudaError> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|panic| CudaError::Unexpected(text_of(panic.as_ref())))
}

/// Looks for the three libraries.
pub(super) fn libraries() -> Result<(), CudaError> {
    let missing = |library, mend| Err(CudaError::NoLibrary { library, mend });
    // SAFETY: loads a library and thereby runs its initialisation, which the driver's own library is
    // made for. Nothing of it is called here.
    if !unsafe { driver::is_culib_present() } {
        return missing("the CUDA driver (libcuda.so.1)", "install the NVIDIA driver");
    }
    // SAFETY: as above, for the runtime compiler.
    if !unsafe { nvrtc::is_culib_present() } {
        return missing("NVRTC (libnvrtc.so)", INSTALL_TOOLKIT);
    }
    // SAFETY: as above, for cuBLAS.
    if !unsafe { blas::is_culib_present() } {
        return missing("cuBLAS (libcublas.so)", INSTALL_TOOLKIT);
    }
    Ok(())
}

const INSTALL_TOOLKIT: &str = "install the CUDA toolkit 12 or newer, or put its libraries with \
    their plain .so names into a folder that LD_LIBRARY_PATH names";

/// Devices that the driver counts.
pub(super) fn device_count() -> Result<u32, CudaError> {
    cudarc::driver::result::init()
        .and_then(|()| CudaContext::device_count())
        .map(|count| u32::try_from(count).unwrap_or(0))
        .map_err(|error| driver_error("count devices", error))
}

pub(super) fn driver_error(action: &'static str, error: cudarc::driver::DriverError) -> CudaError {
    CudaError::Driver { action, error: format!("{error:?}") }
}

fn blas_error(action: &'static str, error: cudarc::cublas::result::CublasError) -> CudaError {
    CudaError::Blas { action, status: format!("{:?}", error.0) }
}

/// A cuBLAS handle without reductions at lower precision.
pub(super) fn blas_handle(stream: &Arc<CudaStream>) -> Result<CudaBlas, CudaError> {
    let handle = CudaBlas::new(Arc::clone(stream)).map_err(|error| blas_error("start", error))?;
    let mode = blas::cublasMath_t::CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION;
    // SAFETY: the handle was made above and lives until the call returns.
    unsafe { blas::cublasSetMathMode(*handle.handle(), mode) }
        .result()
        .map_err(|error| blas_error("switch reduced precision off", error))?;
    Ok(handle)
}

/// Version of cuBLAS, as it counts: 120401 is 12.4.1.
pub(super) fn blas_version(handle: &CudaBlas) -> Result<i32, CudaError> {
    let mut version = 0;
    // SAFETY: the handle is alive, and the pointer is to a local integer that the call fills.
    unsafe { blas::cublasGetVersion_v2(*handle.handle(), &mut version) }
        .result()
        .map_err(|error| blas_error("tell its version", error))?;
    Ok(version)
}

fn grid(threads: u64) -> Result<LaunchConfig, CudaError> {
    let blocks = threads.div_ceil(u64::from(THREADS));
    match i32::try_from(blocks) {
        Ok(blocks) => Ok(LaunchConfig {
            grid_dim: (blocks.unsigned_abs(), 1, 1),
            block_dim: (THREADS, 1, 1),
            shared_mem_bytes: 0,
        }),
        Err(_) => Err(CudaError::Unexpected("more threads than a grid holds".to_owned())),
    }
}

fn long_enough<T>(name: &str, slice: &CudaSlice<T>, needed: u64) -> Result<(), CudaError> {
    if slice.len() as u64 >= needed {
        Ok(())
    } else {
        Err(CudaError::Unexpected(format!("{name} holds {} of {needed} entries", slice.len())))
    }
}

/// Rows of keystream that a kernel writes.
pub(super) struct Rows {
    /// Sixteen words: the cipher's state for row 0, block 0.
    pub(super) start: CudaSlice<u32>,
    pub(super) first: u32,
    pub(super) rows: u32,
    /// Entries of one row.
    pub(super) length: u32,
    /// Distance between rows, a multiple of 16, at least `length`.
    pub(super) stride: u32,
    /// Places that each byte is shifted, at most 7.
    pub(super) shift: u32,
}

/// Fills rows with keystream.
pub(super) fn keystream(
    stream: &Arc<CudaStream>,
    kernel: &CudaFunction,
    out: &mut CudaSlice<i8>,
    rows: &Rows,
) -> Result<(), CudaError> {
    long_enough("the state of the cipher", &rows.start, 16)?;
    long_enough("the matrix", out, u64::from(rows.rows) * u64::from(rows.stride))?;
    if !rows.stride.is_multiple_of(16) || rows.stride < rows.length || rows.length == 0 {
        return Err(CudaError::Unexpected("the stride does not fit the rows".to_owned()));
    }
    let blocks = rows.length.div_ceil(crate::keystream::BLOCK_BYTES);
    let config = grid(u64::from(rows.rows) * u64::from(blocks))?;
    let mut launch = stream.launch_builder(kernel);
    launch.arg(out).arg(&rows.start).arg(&rows.first).arg(&rows.rows);
    launch.arg(&blocks).arg(&rows.length).arg(&rows.stride).arg(&rows.shift);
    // SAFETY: the arguments are those of `chacha8_rows` in number, order and type. Each thread reads
    // 16 words of `start` and writes entries below `length` of a row below `rows`, which lie inside
    // `out` by the checks above; words are aligned because stride and block size are multiples of 4
    // and allocations of 256.
    unsafe { launch.launch(config) }
        .map(|_| ())
        .map_err(|error| driver_error("generate operands", error))
}

/// Widens int8 to FP16.
pub(super) fn widen(
    stream: &Arc<CudaStream>,
    kernel: &CudaFunction,
    out: &mut CudaSlice<u16>,
    values: &CudaSlice<i8>,
) -> Result<(), CudaError> {
    let count = values.len() as u64;
    long_enough("the widened matrix", out, count)?;
    let config = grid(count)?;
    let mut launch = stream.launch_builder(kernel);
    launch.arg(out).arg(values).arg(&count);
    // SAFETY: the arguments are those of `widen`; each thread touches one entry below `count`, which
    // both buffers hold.
    unsafe { launch.launch(config) }
        .map(|_| ())
        .map_err(|error| driver_error("widen operands", error))
}

/// Adds FP32 parts to the integer result.
pub(super) fn accumulate(
    stream: &Arc<CudaStream>,
    kernel: &CudaFunction,
    out: &mut CudaSlice<i32>,
    part: &CudaSlice<f32>,
    is_first: bool,
) -> Result<(), CudaError> {
    let count = part.len() as u64;
    long_enough("the result", out, count)?;
    let config = grid(count)?;
    let is_first = u32::from(is_first);
    let mut launch = stream.launch_builder(kernel);
    launch.arg(out).arg(part).arg(&count).arg(&is_first);
    // SAFETY: the arguments are those of `accumulate`; each thread touches one entry below `count`,
    // which both buffers hold.
    unsafe { launch.launch(config) }
        .map(|_| ())
        .map_err(|error| driver_error("add parts of the result", error))
}

/// Types and scalars of one arithmetic of cuBLAS.
pub(super) trait Arithmetic {
    /// An operand's entry.
    type Operand: DeviceRepr;
    /// A result's entry, and the type of the scalars.
    type Sum: DeviceRepr;
    const PRECISION: Precision;
    const OPERAND: blas::cudaDataType;
    const SUM: blas::cudaDataType;
    const COMPUTE: blas::cublasComputeType_t;
    const ONE: Self::Sum;
    const ZERO: Self::Sum;
}

/// `i8` operands, `i32` sums.
pub(super) struct Int8;

impl Arithmetic for Int8 {
    type Operand = i8;
    type Sum = i32;
    const PRECISION: Precision = Precision::Int8;
    const OPERAND: blas::cudaDataType = blas::cudaDataType::CUDA_R_8I;
    const SUM: blas::cudaDataType = blas::cudaDataType::CUDA_R_32I;
    const COMPUTE: blas::cublasComputeType_t = blas::cublasComputeType_t::CUBLAS_COMPUTE_32I;
    const ONE: i32 = 1;
    const ZERO: i32 = 0;
}

/// FP16 operands (as their bits), FP32 sums.
pub(super) struct Fp16;

impl Arithmetic for Fp16 {
    type Operand = u16;
    type Sum = f32;
    const PRECISION: Precision = Precision::Fp16;
    const OPERAND: blas::cudaDataType = blas::cudaDataType::CUDA_R_16F;
    const SUM: blas::cudaDataType = blas::cudaDataType::CUDA_R_32F;
    const COMPUTE: blas::cublasComputeType_t = blas::cublasComputeType_t::CUBLAS_COMPUTE_32F;
    const ONE: f32 = 1.0;
    const ZERO: f32 = 0.0;
}

/// A product of padded matrices over the terms `from..from + terms`.
pub(super) struct Gemm {
    /// Padded rows of the left operand and of the result.
    pub(super) m: u32,
    /// Padded columns of the right operand; distance between rows of the result.
    pub(super) n: u32,
    /// Distance between rows of either operand.
    pub(super) stride: u32,
    pub(super) from: u32,
    pub(super) terms: u32,
}

/// `out = left · right` over a run of terms.
///
/// cuBLAS counts by columns: it sees the transposed result, `right` as k×n to be transposed (the
/// layout that integer tensor cores want) and `left` as k×m.
pub(super) fn gemm<A: Arithmetic>(
    handle: &CudaBlas,
    stream: &Arc<CudaStream>,
    shape: &Gemm,
    left: &CudaSlice<A::Operand>,
    right: &CudaSlice<A::Operand>,
    out: &mut CudaSlice<A::Sum>,
) -> Result<(), CudaError> {
    long_enough("the left operand", left, u64::from(shape.m) * u64::from(shape.stride))?;
    long_enough("the right operand", right, u64::from(shape.n) * u64::from(shape.stride))?;
    long_enough("the result", out, u64::from(shape.m) * u64::from(shape.n))?;
    let inside = shape.from.checked_add(shape.terms).is_some_and(|end| end <= shape.stride);
    let size = |value: u32| i32::try_from(value).ok().filter(|value| *value > 0);
    let (Some(m), Some(n), Some(stride), Some(terms), true) =
        (size(shape.m), size(shape.n), size(shape.stride), size(shape.terms), inside)
    else {
        return Err(CudaError::Unexpected("the dimensions do not fit cuBLAS".to_owned()));
    };
    let skipped = u64::from(shape.from) * size_of::<A::Operand>() as u64;
    let (left, _left_in_use) = left.device_ptr(stream);
    let (right, _right_in_use) = right.device_ptr(stream);
    let (out, _out_in_use) = out.device_ptr_mut(stream);
    let (one, zero) = (A::ONE, A::ZERO);
    let host = |scalar: &A::Sum| ptr::from_ref(scalar).cast::<c_void>();
    // SAFETY: the handle is alive and uses this stream. The pointers are of device allocations that
    // stay borrowed until the call returns, and whose later use the stream orders. cuBLAS reads
    // `terms` entries of each of `n` and `m` rows, `stride` apart, beginning `from` entries in, and
    // writes `m * n` entries: all inside the buffers by the checks above. The scalars are host
    // values, as the handle's default pointer mode says, of the type that the compute type asks for.
    let result = unsafe {
        gemm_ex(
            *handle.handle(),
            blas::cublasOperation_t::CUBLAS_OP_T,
            blas::cublasOperation_t::CUBLAS_OP_N,
            n,
            m,
            terms,
            host(&one),
            (right + skipped) as *const c_void,
            A::OPERAND,
            stride,
            (left + skipped) as *const c_void,
            A::OPERAND,
            stride,
            host(&zero),
            out as *mut c_void,
            A::SUM,
            n,
            A::COMPUTE,
            blas::cublasGemmAlgo_t::CUBLAS_GEMM_DEFAULT,
        )
    };
    result.map_err(|error| match A::PRECISION {
        Precision::Int8 => blas_error("multiply INT8 matrices", error),
        Precision::Fp16 => blas_error("multiply FP16 matrices", error),
    })
}
