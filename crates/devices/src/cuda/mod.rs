//! Exact products on NVIDIA devices.
//!
//! The driver, NVRTC and cuBLAS are loaded at run time; a machine without them gets a typed error
//! with a sentence. Two arithmetics:
//!
//! - INT8: `cublasGemmEx` with `i8` operands and 32-bit integer accumulation. Exact for every `i8`.
//! - FP16: operands are widened on the device, multiplied with FP32 accumulation in runs of `k` so
//!   short that no partial sum leaves 2^24, and the parts are added as integers. Exact where the
//!   device accumulates FP16 products as FP32 does for integers of 24 bits, which its maker does not
//!   promise: [`CudaDevice::open_tested`] refuses a device that differs from the processor.
//!
//! TF32 and the other fast modes are off, and so are reductions at lower precision.

mod device;
mod raw;

pub use device::{CudaDevice, DeviceMatrix, DeviceProduct};

use crate::product::ProductError;

/// Why a CUDA device cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CudaError {
    /// A library is not installed.
    #[error("{library} cannot be loaded: {mend}")]
    NoLibrary {
        /// Which library.
        library: &'static str,
        /// What to install.
        mend: &'static str,
    },
    /// No such device.
    #[error(
        "there is no CUDA device {ordinal}, the driver counts {count}: check CUDA_VISIBLE_DEVICES and the driver"
    )]
    NoDevice {
        /// The device asked for.
        ordinal: u32,
        /// Devices that there are.
        count: u32,
    },
    /// The driver refused.
    #[error(
        "the CUDA driver failed to {action} ({error}): check the device with its own tools and restart the worker"
    )]
    Driver {
        /// What was tried.
        action: &'static str,
        /// What the driver says.
        error: String,
    },
    /// The kernels were not compiled.
    #[error(
        "NVRTC did not compile the kernels ({0}): install a CUDA toolkit that the driver supports"
    )]
    Compile(String),
    /// cuBLAS refused.
    #[error(
        "cuBLAS failed to {action} ({status}): install cuBLAS of CUDA 12 or newer, or use the other arithmetic"
    )]
    Blas {
        /// What was tried.
        action: &'static str,
        /// What cuBLAS says.
        status: String,
    },
    /// Too large for the device.
    #[error(
        "the product needs {needed} bytes of device memory, but {free} are free: take smaller tasks or close other programs"
    )]
    Memory {
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// The shape or the operands are wrong.
    #[error(transparent)]
    Operands(#[from] ProductError),
    /// A library broke a promise, for example by missing a function.
    #[error("a CUDA library failed unexpectedly ({0}): update the driver and the toolkit")]
    Unexpected(String),
    /// The device computes wrongly.
    #[error("the device is refused, because it computed another result than the processor: {0}")]
    Refused(String),
}

impl From<CudaError> for ProductError {
    fn from(error: CudaError) -> Self {
        match error {
            CudaError::Operands(error) => error,
            other => Self::Device(other.to_string()),
        }
    }
}

/// Whether the libraries can be loaded.
///
/// # Errors
/// [`CudaError::NoLibrary`] for the first that is missing.
pub fn libraries() -> Result<(), CudaError> {
    raw::guarded(raw::libraries)?
}

/// Devices that the driver counts.
///
/// # Errors
/// [`CudaError::NoLibrary`], or [`CudaError::Driver`] where the driver does not start.
pub fn device_count() -> Result<u32, CudaError> {
    libraries()?;
    raw::guarded(raw::device_count)?
}

#[cfg(test)]
mod tests;
