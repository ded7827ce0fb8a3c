//! Results on disk: rows, as long as there is room, and a digest of each row, always.
//!
//! Nothing here has to survive: rows that are lost are computed again one by one from the seed, and
//! digests that are lost by computing the whole result again. Both are compared with the root that the
//! worker is bound to, so that damaged files are noticed and never shown to anybody.

use crate::{files, job::JobKey, plant::Plant};
use althing_compute::{
    Batch, Digest, Matrix, OperandError, Operands, Position, RowOpening, TileOpening, batch_tree,
    merkle::Tree, product_tree, recompute, row_bytes, row_digest,
};
use althing_types::Hash;
use commonware_cryptography::sha256;
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, VecDeque},
    fs::{self, File},
    io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Results whose trees are in memory: 64 bytes a row.
const TREES: usize = 4;

/// Why a result cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ResultError {
    /// The worker is not bound to such a result, or not any more.
    #[error("there is no committed result of {0} here")]
    Unknown(JobKey),
    /// There is no such row.
    #[error("{key} has no row {row} in a product {product}")]
    Row {
        /// Of which task.
        key: JobKey,
        /// Number of the product.
        product: u32,
        /// Number of the row.
        row: u32,
    },
    /// Files are damaged; the result has to be computed again.
    #[error("the result of {0} is lost and has to be computed again")]
    Lost(JobKey),
    /// A matrix of the requester is not at hand.
    #[error(transparent)]
    Operand(#[from] OperandError),
    /// A file.
    #[error("results cannot be stored: {0}")]
    File(#[from] io::Error),
}

/// A result that the worker is bound to, and what it can be computed of again.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its size.
    pub batch: Batch,
    /// Root of the roots of its products.
    pub root: Hash,
    /// Its matrices.
    pub operands: Arc<Operands>,
    /// Where it is wrong on purpose.
    pub plant: Option<Plant>,
}

/// What proves rows of a result.
struct Trees {
    digests: Vec<Digest>,
    products: Vec<Tree>,
    batch: Tree,
}

#[derive(Default)]
struct Inner {
    shown: BTreeMap<JobKey, Stored>,
    trees: VecDeque<(JobKey, Arc<Trees>)>,
}

/// All results of a worker.
pub struct Results {
    folder: PathBuf,
    limit_bytes: u64,
    inner: Mutex<Inner>,
}

impl Results {
    /// Results in this folder, of which rows take at most so many bytes.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn new(folder: PathBuf, limit_bytes: u64) -> io::Result<Self> {
        files::folder(&folder)?;
        Ok(Self { folder, limit_bytes, inner: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // What a panic left is whole: every change is one insertion or removal.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, key: JobKey, kind: &str) -> PathBuf {
        self.folder.join(format!("{}-{}.{kind}", key.task, key.attempt))
    }

    /// Bytes of all files.
    pub fn used_bytes(&self) -> u64 {
        let Ok(entries) = fs::read_dir(&self.folder) else { return 0 };
        entries.flatten().filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
    }

    /// Begins to write a result. Its rows are kept if there is room for them.
    ///
    /// # Errors
    /// If a file cannot be made.
    pub fn writer(&self, key: JobKey, batch: Batch) -> io::Result<Writer> {
        let path = self.path(key, "rows");
        let _ = fs::remove_file(&path);
        let needed = crate::job::result_bytes(batch);
        let keep = self.used_bytes().saturating_add(needed) <= self.limit_bytes;
        let create =
            |path: &Path| files::private().write(true).create(true).truncate(true).open(path);
        let rows = keep.then(|| create(&path)).transpose()?.map(BufWriter::new);
        let digests = BufWriter::new(create(&self.path(key, "digests"))?);
        Ok(Writer { batch, rows, digests, roots: Vec::new(), hasher: Sha256::new() })
    }

    /// Lets others see a result: from now on the worker is bound to it.
    ///
    /// # Errors
    /// [`ResultError::Lost`] if its digests do not lead to the root; it has to be computed again.
    pub fn show(&self, key: JobKey, stored: Stored) -> Result<(), ResultError> {
        let trees = self.read_trees(key, &stored)?;
        let mut inner = self.lock();
        inner.shown.insert(key, stored);
        remember(&mut inner.trees, key, trees);
        Ok(())
    }

    /// Whether others see the result.
    pub fn is_shown(&self, key: JobKey) -> bool {
        self.lock().shown.contains_key(&key)
    }

    /// Hides a result and deletes its files.
    pub fn remove(&self, key: JobKey) {
        let mut inner = self.lock();
        inner.shown.remove(&key);
        inner.trees.retain(|(other, _)| *other != key);
        drop(inner);
        for kind in ["rows", "digests"] {
            // What is not there needs no removal.
            let _ = fs::remove_file(self.path(key, kind));
        }
    }

    /// Deletes the files of all results but these: what a crash left behind.
    pub fn retain(&self, keep: impl Fn(JobKey) -> bool) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let key = name.to_str().and_then(|name| name.split_once('.')?.0.split_once('-'));
            let key = key.and_then(|(task, attempt)| {
                Some(JobKey { task: task.parse().ok()?, attempt: attempt.parse().ok()? })
            });
            if key.is_some_and(|key| !keep(key)) {
                // What cannot be deleted now is looked at again at the next start.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// The result that the worker is bound to.
    ///
    /// # Errors
    /// [`ResultError::Unknown`].
    pub fn stored(&self, key: JobKey) -> Result<Stored, ResultError> {
        self.lock().shown.get(&key).cloned().ok_or(ResultError::Unknown(key))
    }

    /// The last attempt at a task that the worker is bound to.
    pub fn latest(&self, task: u64) -> Option<JobKey> {
        let range = JobKey { task, attempt: 0 }..=JobKey { task, attempt: u32::MAX };
        self.lock().shown.range(range).next_back().map(|(key, _)| *key)
    }

    fn read_trees(&self, key: JobKey, stored: &Stored) -> Result<Arc<Trees>, ResultError> {
        let batch = stored.batch;
        let lost = || ResultError::Lost(key);
        let mut bytes = Vec::new();
        let file = File::open(self.path(key, "digests")).map_err(|_| lost())?;
        file.take(batch.rows() * 32 + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != batch.rows() * 32 {
            return Err(lost());
        }
        let digests: Vec<Digest> = bytes.as_chunks().0.to_vec();
        let products: Vec<Tree> = (0..)
            .zip(digests.chunks(batch.shape.m() as usize))
            .map(|(product, digests)| product_tree(batch.shape, product, digests))
            .collect();
        let roots: Vec<Digest> = products.iter().map(Tree::root).collect();
        let tree = batch_tree(batch.shape, &roots);
        if tree.root() != stored.root.0 {
            return Err(lost());
        }
        Ok(Arc::new(Trees { digests, products, batch: tree }))
    }

    fn trees(&self, key: JobKey, stored: &Stored) -> Result<Arc<Trees>, ResultError> {
        let found = self.lock().trees.iter().find(|(other, _)| *other == key).cloned();
        if let Some((_, trees)) = found {
            return Ok(trees);
        }
        let trees = self.read_trees(key, stored)?;
        remember(&mut self.lock().trees, key, Arc::clone(&trees));
        Ok(trees)
    }

    /// A row with its proof.
    ///
    /// # Errors
    /// [`ResultError`].
    pub fn open(&self, key: JobKey, product: u32, row: u32) -> Result<RowOpening, ResultError> {
        let stored = self.stored(key)?;
        let outside = || ResultError::Row { key, product, row };
        if product >= stored.batch.products() || row >= stored.batch.shape.m() {
            return Err(outside());
        }
        let trees = self.trees(key, &stored)?;
        let of_product = trees.products.get(product as usize).ok_or_else(outside)?;
        let position =
            Position::open(&trees.batch, of_product, product, row).ok_or_else(outside)?;
        let bytes = self.row(key, &stored, &trees, (product, row))?;
        Ok(RowOpening { position, bytes })
    }

    /// A tile of a row with its proof: the one that holds `column`.
    ///
    /// # Errors
    /// [`ResultError`].
    pub fn tile(
        &self,
        key: JobKey,
        product: u32,
        row: u32,
        column: u32,
    ) -> Result<TileOpening, ResultError> {
        let RowOpening { position, bytes } = self.open(key, product, row)?;
        let tile = column / althing_compute::TILE_COLUMNS;
        TileOpening::open(position, &bytes, tile).ok_or(ResultError::Row { key, product, row })
    }

    /// The bytes of a row: from the file if it holds them, otherwise computed again.
    fn row(
        &self,
        key: JobKey,
        stored: &Stored,
        trees: &Trees,
        (product, row): (u32, u32),
    ) -> Result<Vec<u8>, ResultError> {
        let shape = stored.batch.shape;
        let number = u64::from(product) * u64::from(shape.m()) + u64::from(row);
        let expected = trees.digests.get(number as usize);
        if let Some(bytes) = self.read_row(key, number, shape.row_bytes())
            && Some(&row_digest(&bytes)) == expected
        {
            return Ok(bytes);
        }
        let mut entries = recompute::row(&stored.operands, product, row)?;
        if let Some(plant) = &stored.plant {
            plant.apply(product, row, &mut entries);
        }
        let bytes = row_bytes(&entries);
        if Some(&row_digest(&bytes)) == expected { Ok(bytes) } else { Err(ResultError::Lost(key)) }
    }

    fn read_row(&self, key: JobKey, number: u64, length: usize) -> Option<Vec<u8>> {
        let mut file = File::open(self.path(key, "rows")).ok()?;
        file.seek(SeekFrom::Start(number * length as u64)).ok()?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }
}

fn remember(trees: &mut VecDeque<(JobKey, Arc<Trees>)>, key: JobKey, fresh: Arc<Trees>) {
    trees.retain(|(other, _)| *other != key);
    trees.push_front((key, fresh));
    trees.truncate(TREES);
}

/// Writes a result product by product.
pub struct Writer {
    batch: Batch,
    rows: Option<BufWriter<File>>,
    digests: BufWriter<File>,
    roots: Vec<Digest>,
    hasher: Sha256,
}

impl Writer {
    /// Adds the next product.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn add(&mut self, result: &Matrix, plant: Option<&Plant>) -> io::Result<()> {
        let product = self.roots.len() as u32;
        let mut digests = Vec::with_capacity(self.batch.shape.m() as usize);
        let mut changed = Vec::new();
        for (row, entries) in (0..).zip(result.rows()) {
            changed.clear();
            changed.extend_from_slice(entries);
            if let Some(plant) = plant {
                plant.apply(product, row, &mut changed);
            }
            let bytes = row_bytes(&changed);
            let digest = row_digest(&bytes);
            self.hasher.update(&bytes);
            self.digests.write_all(&digest)?;
            digests.push(digest);
            if let Some(rows) = &mut self.rows {
                rows.write_all(&bytes)?;
            }
        }
        self.roots.push(product_tree(self.batch.shape, product, &digests).root());
        Ok(())
    }

    /// Ends the result: its root, and SHA-256 of its bytes.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn finish(mut self) -> io::Result<(Hash, Hash)> {
        self.digests.flush()?;
        if let Some(rows) = &mut self.rows {
            rows.flush()?;
        }
        let root = batch_tree(self.batch.shape, &self.roots).root();
        let digest: [u8; 32] = self.hasher.finalize().into();
        Ok((sha256::Digest(root), sha256::Digest(digest)))
    }
}
