//! Computes results: on the processor, or on a device behind [`Backend`].

use crate::{
    job::JobKey,
    journal::Found,
    plant::Plant,
    results::{Results, Writer},
};
use althing_compute::{
    Backend, BackendError, Batch, Control, Cpu, CpuConfig, Matrix, Operands, Shape, memory_needed,
};
use std::{
    io,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum ComputeError {
    /// The device gave none.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// It could not be stored.
    #[error("the result cannot be stored: {0}")]
    File(#[from] io::Error),
}

impl ComputeError {
    /// Whether the computation was stopped by the worker itself.
    pub const fn is_cancelled(&self) -> bool {
        matches!(self, Self::Backend(BackendError::Cancelled))
    }
}

/// What a worker computes with: one slot, in which one batch is computed at a time.
pub trait Engine: Send + Sync {
    /// Name for tables.
    fn name(&self) -> String;

    /// Whether products of this shape fit into its memory.
    ///
    /// # Errors
    /// [`BackendError::Memory`] says how much they need and how much is allowed.
    fn fits(&self, shape: Shape) -> Result<(), BackendError>;

    /// Computes all products of a batch, in order, and hands each over.
    ///
    /// # Errors
    /// [`ComputeError`] of the device, or of whoever took a product.
    fn products(
        &self,
        operands: &Operands,
        count: u32,
        control: &Control<'_>,
        each: &mut dyn FnMut(Matrix) -> io::Result<()>,
    ) -> Result<(), ComputeError>;
}

/// The processor, as an engine: B is drawn and packed once for all products of a batch.
pub struct CpuEngine {
    config: CpuConfig,
    name: String,
}

impl CpuEngine {
    /// The processor within these limits.
    ///
    /// # Errors
    /// [`BackendError::Device`] if threads cannot be started.
    pub fn new(config: CpuConfig) -> Result<Self, BackendError> {
        let name = Cpu::new(config)?.name().to_owned();
        Ok(Self { config, name })
    }

    /// As a backend. Its kernels stay on the thread that chose them, so there is one for each batch.
    ///
    /// # Errors
    /// [`BackendError::Device`] if threads cannot be started.
    pub fn backend(&self) -> Result<Cpu, BackendError> {
        Cpu::new(self.config)
    }
}

fn fits(shape: Shape, limit: u64) -> Result<(), BackendError> {
    let needed = memory_needed(shape);
    if needed > limit {
        return Err(BackendError::Memory { needed, limit });
    }
    Ok(())
}

impl Engine for CpuEngine {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn fits(&self, shape: Shape) -> Result<(), BackendError> {
        fits(shape, self.config.memory_bytes)
    }

    fn products(
        &self,
        operands: &Operands,
        count: u32,
        control: &Control<'_>,
        each: &mut dyn FnMut(Matrix) -> io::Result<()>,
    ) -> Result<(), ComputeError> {
        self.fits(operands.shape())?;
        let cpu = self.backend()?;
        let prepared = cpu.prepare(operands)?;
        for product in 0..count {
            control.check()?;
            each(prepared.multiply(product, control)?)?;
        }
        Ok(())
    }
}

/// Any other backend as an engine, with a bound on the memory of the machine.
pub struct BackendEngine<B> {
    backend: B,
    memory_bytes: u64,
}

impl<B: Backend> BackendEngine<B> {
    /// An engine over `backend`. A result is copied to main memory, where products may take
    /// `memory_bytes`.
    pub const fn new(backend: B, memory_bytes: u64) -> Self {
        Self { backend, memory_bytes }
    }
}

impl<B: Backend + Send + Sync> Engine for BackendEngine<B> {
    fn name(&self) -> String {
        self.backend.name().to_owned()
    }

    fn fits(&self, shape: Shape) -> Result<(), BackendError> {
        fits(shape, self.memory_bytes)
    }

    fn products(
        &self,
        operands: &Operands,
        count: u32,
        control: &Control<'_>,
        each: &mut dyn FnMut(Matrix) -> io::Result<()>,
    ) -> Result<(), ComputeError> {
        self.fits(operands.shape())?;
        for product in 0..count {
            control.check()?;
            each(self.backend.multiply(operands, product, control)?)?;
        }
        Ok(())
    }
}

/// A computation as others see it: how far it is, and whether it is to stop.
#[derive(Debug, Default)]
pub struct Watch {
    rows: AtomicU64,
    cancelled: AtomicBool,
}

impl Watch {
    /// Rows that are done, of all products together.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Stops the computation soon.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it was stopped.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// Computes a batch, makes it wrong where it is planted, and stores it.
///
/// # Errors
/// [`ComputeError`]; nothing is shown to anybody then.
pub fn compute(
    engine: &dyn Engine,
    results: &Results,
    key: JobKey,
    (batch, operands): (Batch, &Operands),
    plant: Option<&Plant>,
    watch: &Watch,
) -> Result<Found, ComputeError> {
    let mut writer: Writer = results.writer(key, batch)?;
    let before = AtomicU64::new(0);
    let progress = |rows: u32| {
        let rows = before.load(Ordering::Relaxed).saturating_add(rows.into());
        watch.rows.store(rows, Ordering::Relaxed);
    };
    let control = Control { progress: Some(&progress), cancelled: Some(&watch.cancelled) };
    engine.products(operands, batch.products(), &control, &mut |matrix| {
        before.fetch_add(batch.shape.m().into(), Ordering::Relaxed);
        writer.add(&matrix, plant)
    })?;
    let (root, digest) = writer.finish()?;
    Ok(Found { root, digest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{ResultError, Stored};
    use althing_compute::{
        CheckError, Checker, CpuConfig, Kind, Portable, check_sample, recompute, row_bytes,
    };
    use althing_types::{Hash, hash::sha256};
    use std::{num::NonZeroUsize, sync::Arc};

    const KEY: JobKey = JobKey { task: 7, attempt: 1 };

    fn batch() -> Batch {
        Batch::new(Shape::new(Kind::Int8, 320, 256, 256).unwrap(), 3).unwrap()
    }

    fn engine(memory_bytes: u64) -> CpuEngine {
        CpuEngine::new(CpuConfig { threads: NonZeroUsize::MIN, memory_bytes }).unwrap()
    }

    fn stored(root: Hash, plant: Option<Plant>) -> Stored {
        let operands = Arc::new(Operands::from_seed(batch().shape, [3; 32]));
        Stored { batch: batch(), root, operands, plant }
    }

    fn computed(results: &Results, plant: Option<&Plant>) -> Found {
        let operands = Operands::from_seed(batch().shape, [3; 32]);
        let work = (batch(), &operands);
        compute(&engine(1 << 30), results, KEY, work, plant, &Watch::default()).unwrap()
    }

    #[test]
    fn a_stored_result_passes_the_whole_check() {
        let folder = tempfile::tempdir().unwrap();
        let results = Results::new(folder.path().join("results"), 1 << 30).unwrap();
        let found = computed(&results, None);
        assert!(matches!(results.open(KEY, 0, 0), Err(ResultError::Unknown(_))));
        results.show(KEY, stored(found.root, None)).unwrap();
        let challenge = [9; 32];
        let rows = althing_compute::sample(&challenge, batch(), 40).unwrap();
        let openings: Vec<_> =
            rows.iter().map(|(product, row)| results.open(KEY, *product, *row).unwrap()).collect();
        let operands = Operands::from_seed(batch().shape, [3; 32]);
        check_sample(batch(), &operands, &found.root.0, &challenge, 40, &openings).unwrap();
        assert_eq!(results.latest(7), Some(KEY));
        results.retain(|key| key == KEY);
        assert!(results.open(KEY, 0, 0).is_ok());
        assert!(matches!(results.open(KEY, 3, 0), Err(ResultError::Row { .. })));
        results.remove(KEY);
        assert_eq!(results.used_bytes(), 0);
        computed(&results, None);
        results.retain(|_| false);
        assert_eq!(results.used_bytes(), 0);
    }

    #[test]
    fn lost_or_damaged_rows_are_computed_again_and_lost_digests_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results");
        let results = Results::new(path.clone(), 1 << 30).unwrap();
        let plant = Plant::new(&sha256(&[b"secret"]), &sha256(&[b"seed"]), batch().shape);
        let found = computed(&results, Some(&plant));
        results.show(KEY, stored(found.root, Some(plant))).unwrap();
        let before: Vec<_> = (0..320).map(|row| results.open(KEY, 1, row).unwrap()).collect();
        std::fs::write(path.join("7-1.rows"), vec![1; 5_000]).unwrap();
        let after: Vec<_> = (0..320).map(|row| results.open(KEY, 1, row).unwrap()).collect();
        assert!(before == after);
        std::fs::remove_file(path.join("7-1.rows")).unwrap();
        assert!(results.open(KEY, 1, 5).unwrap() == before[5]);
        std::fs::write(path.join("7-1.digests"), vec![0; 32 * 960]).unwrap();
        let lost = results.show(KEY, stored(found.root, Some(plant)));
        assert!(matches!(lost, Err(ResultError::Lost(_))));
    }

    #[test]
    fn rows_are_not_kept_without_room_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let results = Results::new(folder.path().join("results"), 100_000).unwrap();
        let found = computed(&results, None);
        assert_eq!(results.used_bytes(), batch().rows() * 32);
        results.show(KEY, stored(found.root, None)).unwrap();
        let opening = results.open(KEY, 2, 319).unwrap();
        opening.verify(batch(), &found.root.0).unwrap();
    }

    #[test]
    fn a_planted_result_is_wrong_where_its_plant_says() {
        let folder = tempfile::tempdir().unwrap();
        let results = Results::new(folder.path().join("results"), 1 << 30).unwrap();
        let plant = Plant::new(&sha256(&[b"secret"]), &sha256(&[b"seed"]), batch().shape);
        let found = computed(&results, Some(&plant));
        results.show(KEY, stored(found.root, Some(plant))).unwrap();
        let operands = Operands::from_seed(batch().shape, [3; 32]);
        let checker = Checker::new(&operands, &[5; 32]).unwrap();
        let mut wrong = 0;
        for row in 0..320 {
            let opening = results.open(KEY, 0, row).unwrap();
            let verdict = checker.row(0, row, &opening.bytes);
            let planted = plant.column(0, row).is_some();
            assert_eq!(verdict == Err(CheckError::Wrong { product: 0, row }), planted);
            wrong += u32::from(planted);
        }
        assert!(wrong >= 80);
        let (row, column) = plant.first();
        let tile = results.tile(KEY, 0, row, column).unwrap();
        tile.verify(batch(), &found.root.0).unwrap();
        let right = recompute::tile(&operands, 0, row, 0).unwrap();
        assert_ne!(tile.entries()[column as usize % 256], right[column as usize % 256]);
    }

    #[test]
    fn engines_agree_refuse_what_does_not_fit_and_stop() {
        let operands = Operands::from_seed(batch().shape, [3; 32]);
        let mut rows = Vec::new();
        let mut collect = |matrix: Matrix| {
            rows.push(row_bytes(matrix.entries()));
            Ok(())
        };
        let control = Control::default();
        engine(1 << 30).products(&operands, 2, &control, &mut collect).unwrap();
        let portable = BackendEngine::new(Portable, 1 << 30);
        portable.products(&operands, 2, &control, &mut collect).unwrap();
        assert!(rows[..2] == rows[2..]);
        let small = engine(1 << 20).products(&operands, 1, &control, &mut |_| Ok(()));
        assert!(matches!(small, Err(ComputeError::Backend(BackendError::Memory { .. }))));
        let cancelled = AtomicBool::new(true);
        let control = Control { progress: None, cancelled: Some(&cancelled) };
        let stopped = portable.products(&operands, 1, &control, &mut |_| Ok(())).unwrap_err();
        assert!(stopped.is_cancelled());
    }
}
