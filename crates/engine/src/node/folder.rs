//! The folder of a node: one process, one chain.

use crate::error::EngineError;
use althing_types::Hash;
use std::{
    fs::{self, File, TryLockError},
    io::Write as _,
    path::{Path, PathBuf},
};

const LOCK: &str = "LOCK";
const GENESIS: &str = "GENESIS";
const STORAGE: &str = "chain";

/// A locked data folder. The lock ends with the value, or with the process.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Creates the folder if needed, locks it, and binds it to a chain.
    pub(super) fn open(path: &Path, genesis: &Hash) -> Result<Self, EngineError> {
        let failed = |error: std::io::Error| EngineError::DataFolder {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        fs::create_dir_all(path.join(STORAGE)).map_err(failed)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(EngineError::Locked(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let expected = genesis.to_string();
        match fs::read_to_string(path.join(GENESIS)) {
            Ok(found) if found.trim() == expected => {}
            Ok(found) => {
                let found = found.trim().to_owned();
                return Err(EngineError::OtherGenesis { path: path.to_owned(), found, expected });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut file = File::create(path.join(GENESIS)).map_err(failed)?;
                writeln!(file, "{expected}").and_then(|()| file.sync_all()).map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Where the runtime stores its data.
    pub(super) fn storage(&self) -> PathBuf {
        self.path.join(STORAGE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::hash::sha256;

    #[test]
    fn a_folder_is_for_one_process_and_one_chain() {
        let dir = tempfile::tempdir().unwrap();
        let (mine, other) = (sha256(&[b"mine"]), sha256(&[b"other"]));
        let first = Folder::open(dir.path(), &mine).unwrap();
        let second = Folder::open(dir.path(), &mine).err().unwrap();
        assert_eq!(second.code(), "data_folder_locked");
        drop(first);
        let third = Folder::open(dir.path(), &other).err().unwrap();
        assert_eq!(third.code(), "other_genesis");
        assert!(Folder::open(dir.path(), &mine).is_ok());
    }

    #[test]
    fn a_path_that_is_a_file_is_a_clear_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, b"x").unwrap();
        let error = Folder::open(&path, &sha256(&[b"mine"])).err().unwrap();
        assert_eq!(error.code(), "data_folder");
    }
}
