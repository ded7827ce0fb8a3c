//! NVIDIA graphics processors as engines. Operands that follow from a seed are drawn on the device;
//! matrices of requesters are copied there.

use crate::executor::{ComputeError, Engine};
use althing_compute::{
    Backend, BackendError, Control, Kind, Matrix, Operands, Shape, Side, memory_needed,
};
use althing_devices::{
    attestation::Precision,
    cuda::{CudaDevice, CudaError, DeviceMatrix},
    keystream::{Alphabet, Keystream},
};
use std::{
    io,
    sync::{Mutex, PoisonError},
};

/// A graphics processor.
pub struct Cuda {
    device: Mutex<CudaDevice>,
    name: String,
    memory_bytes: u64,
}

fn failed(error: impl ToString) -> BackendError {
    BackendError::Device(error.to_string())
}

impl Cuda {
    /// The device that the driver counts as `ordinal`, compared with the processor. A result is copied
    /// to main memory, of which a product may take `memory_bytes`.
    ///
    /// # Errors
    /// [`CudaError`] says what to install or mend.
    pub fn open(ordinal: u32, memory_bytes: u64) -> Result<Self, CudaError> {
        let device = CudaDevice::open_tested(ordinal)?;
        let name = format!("CUDA device {ordinal}");
        Ok(Self { device: Mutex::new(device), name, memory_bytes })
    }

    fn check(&self, shape: Shape) -> Result<(), BackendError> {
        let (needed, limit) = (memory_needed(shape), self.memory_bytes);
        if needed > limit {
            return Err(BackendError::Memory { needed, limit });
        }
        Ok(())
    }

    /// A row-wise A, or a column-wise B, on the device.
    fn operand(
        device: &CudaDevice,
        operands: &Operands,
        side: Side,
        product: u32,
    ) -> Result<DeviceMatrix, BackendError> {
        let shape = operands.shape();
        let (lines, rows) = match side {
            Side::A => (operands.a_rows(product), shape.m()),
            Side::B => (operands.b_columns(), shape.n()),
        };
        if let Some(key) = operands.stream_key(side, product) {
            let alphabet = Alphabet::new(shape.width())
                .ok_or_else(|| failed("entries are wider than a byte"))?;
            let generated = device.generate(&Keystream::new(&key), alphabet, 0, rows, shape.k());
            return generated.map_err(failed);
        }
        let k = shape.k() as usize;
        let mut values = vec![0; rows as usize * k];
        for (index, line) in (0..).zip(values.chunks_mut(k)) {
            lines.write(index, line)?;
        }
        device.upload(&values, rows, shape.k()).map_err(failed)
    }

    fn product(
        device: &CudaDevice,
        operands: &Operands,
        product: u32,
        b: &DeviceMatrix,
    ) -> Result<Matrix, BackendError> {
        let shape = operands.shape();
        let precision = match shape.kind() {
            Kind::Int8 => Precision::Int8,
            Kind::Fp16 => Precision::Fp16,
        };
        let a = Self::operand(device, operands, Side::A, product)?;
        let found = device.product(&a, b, precision).map_err(failed)?;
        let entries = device.download(&found).map_err(failed)?;
        Matrix::new(shape, entries).ok_or_else(|| failed("wrong size"))
    }
}

impl Engine for Cuda {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn fits(&self, shape: Shape) -> Result<(), BackendError> {
        self.check(shape)
    }

    fn products(
        &self,
        operands: &Operands,
        count: u32,
        control: &Control<'_>,
        each: &mut dyn FnMut(Matrix) -> io::Result<()>,
    ) -> Result<(), ComputeError> {
        self.check(operands.shape())?;
        // A panic of the driver's bindings is caught below; what it left is closed with the device.
        let device = self.device.lock().unwrap_or_else(PoisonError::into_inner);
        let b = Self::operand(&device, operands, Side::B, 0)?;
        for product in 0..count {
            control.check()?;
            let found = Self::product(&device, operands, product, &b)?;
            control.done(operands.shape().m());
            each(found)?;
        }
        Ok(())
    }
}

impl Backend for Cuda {
    fn name(&self) -> &str {
        &self.name
    }

    fn multiply(
        &self,
        operands: &Operands,
        product: u32,
        control: &Control<'_>,
    ) -> Result<Matrix, BackendError> {
        control.check()?;
        self.check(operands.shape())?;
        let device = self.device.lock().unwrap_or_else(PoisonError::into_inner);
        let b = Self::operand(&device, operands, Side::B, product)?;
        Self::product(&device, operands, product, &b)
    }
}
