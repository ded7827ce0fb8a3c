//! The read model: a disposable SQLite database written from finalized blocks only.
//!
//! One writer applies blocks in order; readers have connections of their own and never block it.
//! The database can be deleted at any time and filled again from the node's blocks. It may lag
//! behind the chain without harm.

mod compute;
mod decisions;
mod energy;
mod energy_batches;
mod energy_disputes;
mod energy_market;
mod energy_registry;
mod error;
mod events;
mod facts;
mod governance;
mod history;
mod query;
mod rewards;
mod stake;
mod work;
mod workers;
mod write;

pub use decisions::{
    ChangeRow, DisbursementRow, DisbursementSum, EventPlace, ProposalQuery, ProposalRow, VoteRow,
};
pub use energy_batches::{BatchQuery, BatchRow, ReadingRow, ReportRow};
pub use energy_disputes::{DisputeOutcome, DisputeQuery, DisputeRow, DisputeVoteRow};
pub use energy_market::{OrderRow, OwnerRow, SalePayment, SaleQuery, SaleRow, SlotRow};
pub use energy_registry::{EnergyCounts, ProviderQuery};
pub use error::IndexError;
pub use facts::{FactRow, Topic};
pub use history::{Beat, DelegatorRow, EpochRow, Standing, UnbondingRow};
pub use query::{Kind, Minute, Stats};
pub use rewards::Reward;
pub use stake::KEPT_HEARTBEATS;
pub use work::{AttemptRow, SettlementRow, TaskQuery, TaskRow, VerdictRow};
pub use workers::{DeviceReading, WorkerQuery, WorkerRow};
pub use write::IndexedBlock;

use althing_types::{Hash, Height, limits::MAX_BLOCK_TRANSACTIONS};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Number of the schema in `schema.sql`; raise it with every change there. A database with another
/// number is rebuilt.
pub const SCHEMA_VERSION: i32 = 7;

/// Idle read connections that are kept open.
const MAX_IDLE_READERS: usize = 8;
/// Pages written to the log before it is folded back, 4 KiB each.
const CHECKPOINT_PAGES: u32 = 8_192;
/// Page cache of the writer, in KiB.
const WRITER_CACHE_KIB: i64 = 65_536;
/// Page cache of each reader, in KiB.
const READER_CACHE_KIB: i64 = 4_096;
/// Files that make up a database, as suffixes of its path.
const FILE_SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

/// A place in the chain: height and position in the block.
pub type Position = (Height, u32);

const INDEX_BITS: u32 = 16;
const _: () = assert!(MAX_BLOCK_TRANSACTIONS <= 1 << INDEX_BITS);

/// The database. Share it behind an `Arc`; every method may be called from any thread.
///
/// Calls block the thread for a disk access, so asynchronous callers wrap them in
/// `spawn_blocking`.
pub struct Index {
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    /// `None` for a database in memory, which has one connection only.
    path: Option<PathBuf>,
}

impl Index {
    /// Opens or creates the database at `path`. A database with another schema version, or one that
    /// is damaged, is deleted and created empty: [`Index::last_height`] is then `None`, and the
    /// caller applies the chain again.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`] if the file cannot be opened or created.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let writer = match open_writer(path) {
            Ok(Some(writer)) => writer,
            Ok(None) => rebuild(path)?,
            Err(IndexError::Sqlite(error)) if is_damaged(&error) => rebuild(path)?,
            Err(error) => return Err(error),
        };
        Ok(Self {
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            path: Some(path.to_owned()),
        })
    }

    /// A database that is gone when it is dropped. Reads wait for the writer.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn in_memory() -> Result<Self, IndexError> {
        let writer = Connection::open_in_memory()?;
        configure(&writer, WRITER_CACHE_KIB)?;
        create(&writer)?;
        Ok(Self { writer: Mutex::new(writer), readers: Mutex::new(Vec::new()), path: None })
    }

    /// Size of the database on disk, in bytes; 0 in memory.
    pub fn bytes_on_disk(&self) -> u64 {
        let Some(path) = &self.path else { return 0 };
        let size =
            |suffix| std::fs::metadata(with_suffix(path, suffix)).map_or(0, |file| file.len());
        FILE_SUFFIXES.into_iter().map(size).sum()
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        // A panic while writing leaves a transaction that SQLite rolls back: the data stay valid.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `query` on a read connection.
    fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, IndexError> {
        let Some(path) = &self.path else { return Ok(query(&self.writer())?) };
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_reader(path)?,
        };
        let result = query(&connection)?;
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < MAX_IDLE_READERS {
            readers.push(connection);
        }
        Ok(result)
    }
}

/// Opens the writer; `None` if the schema is another one.
fn open_writer(path: &Path) -> Result<Option<Connection>, IndexError> {
    let connection = Connection::open(path)?;
    configure(&connection, WRITER_CACHE_KIB)?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (version, tables) {
        (SCHEMA_VERSION, _) => Ok(Some(connection)),
        (0, 0) => {
            create(&connection)?;
            Ok(Some(connection))
        }
        _ => Ok(None),
    }
}

fn open_reader(path: &Path) -> Result<Connection, IndexError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

fn rebuild(path: &Path) -> Result<Connection, IndexError> {
    for suffix in FILE_SUFFIXES {
        match std::fs::remove_file(with_suffix(path, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(IndexError::Io(error));
            }
            _ => {}
        }
    }
    let connection = Connection::open(path)?;
    configure(&connection, WRITER_CACHE_KIB)?;
    create(&connection)?;
    Ok(connection)
}

fn configure(connection: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // In WAL mode this survives a crash of the process without loss and a crash of the machine
    // without damage; what is lost then is applied again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn create(connection: &Connection) -> rusqlite::Result<()> {
    let schema = include_str!("schema.sql");
    connection
        .execute_batch(&format!("BEGIN; {schema} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"))
}

fn is_damaged(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A position as one integer that sorts like the chain. `None` beyond 2^47 blocks.
fn pack((height, index): Position) -> Option<i64> {
    let height = i64::try_from(height.get()).ok()?;
    if index >> INDEX_BITS != 0 || height >> (63 - INDEX_BITS) != 0 {
        return None;
    }
    Some((height << INDEX_BITS) | i64::from(index))
}

/// Undoes [`pack`].
fn unpack(position: i64) -> Position {
    let position = position.unsigned_abs();
    (Height::new(position >> INDEX_BITS), (position & ((1 << INDEX_BITS) - 1)) as u32)
}

/// The raw bytes of a digest, as they are stored.
fn blob(hash: &Hash) -> &[u8] {
    hash.as_ref()
}
