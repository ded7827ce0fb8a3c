//! The queue on disk: what was taken in, what is on its way, what is not decided.
//!
//! SQLite with a write-ahead log, synced at every commit. What happens together is one commit, so after a
//! crash it has happened or not. It holds nothing that cannot be had again: sources can be read again, and
//! the chain says what it has.

mod intake;
mod outgoing;

pub use intake::{FileState, Origin, Taken};
pub use outgoing::{Content, Held, Refusal, Report, Sending, Sent};

use crate::{files, series::Span};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Row, params};
use std::{
    collections::BTreeMap,
    fs::File,
    io,
    path::{Path, PathBuf},
};

/// The version of the tables.
const VERSION: &str = "1";

/// Why the queue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made or read.
    #[error("the folder {} cannot be used: {error}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Another process has it.
    #[error(
        "another oracle runs with the folder {}: stop it, or choose another data_dir",
        .0.display()
    )]
    Locked(PathBuf),
    /// The disk is full, or may not be written.
    #[error(
        "the queue {} cannot be written ({reason}): make room or mend the permissions, and start again. \
         Nothing is lost",
        path.display()
    )]
    Full {
        /// The file.
        path: PathBuf,
        /// What the database says.
        reason: String,
    },
    /// The file is damaged.
    #[error(
        "the queue {} is damaged ({reason}): move it away and start again. Files are read again, and what \
         the chain has is not sent twice. A device is followed from its next reading on: what it counted \
         since the last one is not known any more",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the database says.
        reason: String,
    },
    /// It was made by another version.
    #[error("the queue {} is of version {found}, and this program reads {VERSION}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: String,
    },
    /// It belongs to another chain.
    #[error(
        "the queue {} belongs to another chain: choose another data_dir for this one",
        .0.display()
    )]
    OtherChain(PathBuf),
}

/// A database error, with the file it is about.
fn explain(path: &Path, error: &rusqlite::Error) -> StoreError {
    let (path, reason) = (path.to_owned(), error.to_string());
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::CannotOpen
            | ErrorCode::SystemIoFailure
            | ErrorCode::FileLockingProtocolFailed,
        ) => StoreError::Full { path, reason },
        _ => StoreError::Damaged { path, reason },
    }
}

/// The queue. One process has it at a time.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    tallies: Tallies,
    _lock: File,
}

/// What was counted: by whom or of what, and what.
pub type Tallies = BTreeMap<(String, String), u64>;

/// Something to count: of what, what, and how often.
pub type Count = (String, String, u64);

fn read_span(row: &Row<'_>) -> rusqlite::Result<Span> {
    Ok(Span {
        start: row.get("start")?,
        seconds: row.get("seconds")?,
        before: row.get("before")?,
        energy: row.get("energy")?,
    })
}

fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(damaged)
}

fn to_json<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(damaged)
}

/// As a column holds it: numbers of the chain and of files never come near the limit.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn count(connection: &Connection, scope: &str, name: &str, more: u64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO tally VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value";
    connection.prepare_cached(sql)?.execute(params![scope, name, more]).map(drop)
}

impl Store {
    /// Opens the queue in a folder, or makes it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let system = |error| StoreError::Folder { path: folder.to_owned(), error };
        files::folder(folder).map_err(system)?;
        let lock = files::lock(&folder.join("lock")).map_err(system)?;
        let lock = lock.ok_or_else(|| StoreError::Locked(folder.to_owned()))?;
        let path = folder.join("queue.sqlite");
        let failed = |error: rusqlite::Error| explain(&path, &error);
        let connection = Connection::open(&path).map_err(failed)?;
        prepare(&connection).map_err(failed)?;
        let tallies = Tallies::new();
        let mut store = Self { connection, path: path.clone(), tallies, _lock: lock };
        let check: String =
            store.ask(|db| db.query_row("PRAGMA quick_check", [], |row| row.get(0)))?;
        if check != "ok" {
            return Err(StoreError::Damaged { path, reason: check });
        }
        match store.meta("version")? {
            None => store.set_meta("version", VERSION)?,
            Some(found) if found != VERSION => return Err(StoreError::Version { path, found }),
            Some(_) => {}
        }
        store.tallies = store.ask(|db| {
            let mut rows = db.prepare("SELECT scope, name, value FROM tally")?;
            let read = |row: &Row<'_>| Ok(((row.get(0)?, row.get(1)?), row.get(2)?));
            rows.query_map([], read)?.collect()
        })?;
        Ok(store)
    }

    fn ask<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        work(&self.connection).map_err(|error| explain(&self.path, &error))
    }

    /// Does everything and counts, or nothing.
    fn commit<T>(
        &mut self,
        counts: &[Count],
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let done = || {
            let transaction = self.connection.transaction()?;
            let result = work(&transaction)?;
            for (scope, name, more) in counts {
                count(&transaction, scope, name, *more)?;
            }
            transaction.commit()?;
            Ok(result)
        };
        let result = done().map_err(|error| explain(&self.path, &error))?;
        for (scope, name, more) in counts {
            *self.tallies.entry((scope.clone(), name.clone())).or_default() += more;
        }
        Ok(result)
    }

    fn meta(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT value FROM meta WHERE name = ?";
        self.ask(|db| db.query_row(sql, [name], |row| row.get(0)).optional())
    }

    fn set_meta(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.commit(&[], |db| db.execute("INSERT INTO meta VALUES (?, ?)", [name, value]).map(drop))
    }

    /// Binds the queue to a chain, by the hash of its genesis in hex.
    ///
    /// # Errors
    /// [`StoreError::OtherChain`].
    pub fn bind(&mut self, genesis: &str) -> Result<(), StoreError> {
        match self.meta("genesis")? {
            None => self.set_meta("genesis", genesis),
            Some(known) if known == genesis => Ok(()),
            Some(_) => Err(StoreError::OtherChain(self.path.clone())),
        }
    }

    /// Everything that was counted since the queue was made.
    pub const fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// How often something was counted.
    pub fn tally(&self, scope: &str, name: &str) -> u64 {
        self.tallies.get(&(scope.to_owned(), name.to_owned())).copied().unwrap_or(0)
    }

    /// Counts something.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count(&mut self, scope: &str, name: &str, more: u64) -> Result<(), StoreError> {
        self.commit(&[(scope.to_owned(), name.to_owned(), more)], |_| Ok(()))
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'";
    let made: u64 = connection.query_row(sql, [], |row| row.get(0))?;
    if made == 0 {
        let tables = include_str!("schema.sql");
        connection.execute_batch(&format!("BEGIN; {tables} COMMIT;"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_of_one_process_and_of_one_chain() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        assert!(matches!(Store::open(folder.path()), Err(StoreError::Locked(_))));
        store.bind("aa").unwrap();
        drop(store);
        let mut store = Store::open(folder.path()).unwrap();
        store.bind("aa").unwrap();
        assert!(matches!(store.bind("bb"), Err(StoreError::OtherChain(_))));
    }

    #[test]
    fn a_damaged_queue_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path()).unwrap());
        std::fs::write(folder.path().join("queue.sqlite"), vec![7; 8_192]).unwrap();
        let error = Store::open(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("move it away"), "{error}");
    }

    #[test]
    fn what_is_counted_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        store.count("feed", "sent", 2).unwrap();
        store.count("feed", "sent", 3).unwrap();
        drop(store);
        assert_eq!(Store::open(folder.path()).unwrap().tally("feed", "sent"), 5);
    }
}
