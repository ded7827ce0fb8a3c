//! What a worker has done and is about to do, on disk before it happens.
//!
//! A file that only grows. Each entry is its length (4 bytes, little endian), the first 8 bytes of the
//! SHA-256 of its number and its text, and its text, which is JSON. A crash can cut the file anywhere:
//! an entry that is not whole is dropped when the file is opened, and the entries before it stand.
//! What must be known before something is sent is synced to the disk before it is sent.

use crate::{files, job::JobKey};
use althing_types::{
    Due, Hash, Height, SignedTransaction,
    compute::{Operands, Purpose, Shape},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

const HEAD: usize = 12;
/// No entry is longer: a transaction of 64 KiB in hex and some words.
const LONGEST: usize = 256 * 1024;
/// A file that is longer is written anew, without what is over.
const COMPACT_ABOVE: u64 = 4 * 1024 * 1024;

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file.
    #[error("the journal {path} cannot be used: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// Something that the worker must not forget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Entry {
    /// It got a task.
    Job {
        /// Which.
        key: JobKey,
        /// What it is.
        job: JobRecord,
    },
    /// The result is there.
    Computed {
        /// Of which task.
        key: JobKey,
        /// What it is.
        found: Found,
    },
    /// A transaction is about to be sent.
    Sending {
        /// It.
        sending: Sending,
    },
    /// Nothing more happens to that transaction.
    Sent {
        /// Its hash.
        #[serde(with = "althing_types::hash::serde_hex")]
        hash: Hash,
    },
    /// The task is over.
    Over {
        /// Which.
        key: JobKey,
    },
}

/// A task that the worker got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRecord {
    /// The number of the device.
    pub device: u8,
    /// Why the task exists.
    pub purpose: Purpose,
    /// The shape of its products.
    pub shape: Shape,
    /// How many there are.
    pub count: u32,
    /// Where the matrices come from.
    pub operands: Operands,
    /// Where those of the requester are fetched.
    pub source: String,
    /// What the matrices and the plant follow from.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub seed: Hash,
    /// The number of the secret of the plant, if the result is planted.
    pub plant: Option<u32>,
    /// A result after this does not count.
    pub deadline: Due,
}

/// What a computation gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Root of the roots of the products.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub root: Hash,
    /// SHA-256 of the bytes of the result.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub digest: Hash,
}

/// A transaction that is on its way. These bytes are sent, and sent again after a crash, and never
/// others with the same purpose before this one is settled: so nothing happens twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// What it is for: the name of its message.
    pub purpose: String,
    /// Its hash.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub hash: Hash,
    /// The last height at which it may be included.
    pub valid_until: Height,
    /// Its bytes, in hex.
    pub bytes: String,
}

impl Sending {
    /// The transaction; `None` if the bytes are none.
    pub fn transaction(&self) -> Option<SignedTransaction> {
        let bytes = hex::decode(&self.bytes).ok()?;
        SignedTransaction::from_bytes(bytes.into()).ok()
    }
}

/// A task with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The task.
    pub job: JobRecord,
    /// What was computed.
    pub found: Option<Found>,
}

/// What the entries say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Tasks that are not over.
    pub jobs: BTreeMap<JobKey, Known>,
    /// The transaction that is on its way.
    pub sending: Option<Sending>,
}

impl Memory {
    fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Job { key, job } => {
                self.jobs.entry(key).or_insert(Known { job, found: None });
            }
            Entry::Computed { key, found } => {
                if let Some(known) = self.jobs.get_mut(&key) {
                    known.found = Some(found);
                }
            }
            Entry::Sending { sending } => self.sending = Some(sending),
            Entry::Sent { hash } => {
                if self.sending.as_ref().is_some_and(|sending| sending.hash == hash) {
                    self.sending = None;
                }
            }
            Entry::Over { key } => {
                self.jobs.remove(&key);
            }
        }
    }

    /// The fewest entries that say the same.
    fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (key, known) in &self.jobs {
            entries.push(Entry::Job { key: *key, job: known.job.clone() });
            entries.extend(known.found.map(|found| Entry::Computed { key: *key, found }));
        }
        entries.extend(self.sending.clone().map(|sending| Entry::Sending { sending }));
        entries
    }
}

/// The journal of a worker.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Number of the next entry.
    next: u64,
    memory: Memory,
}

fn check(number: u64, text: &[u8]) -> [u8; 8] {
    let mut hasher = Sha256::new();
    hasher.update(number.to_le_bytes());
    hasher.update(text);
    let digest: [u8; 32] = hasher.finalize().into();
    let mut check = [0; 8];
    check.copy_from_slice(&digest[..8]);
    check
}

fn encode(number: u64, entry: &Entry) -> io::Result<Vec<u8>> {
    let text = serde_json::to_vec(entry)?;
    let length = u32::try_from(text.len()).map_err(io::Error::other)?;
    let mut bytes = Vec::with_capacity(HEAD + text.len());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&check(number, &text));
    bytes.extend_from_slice(&text);
    Ok(bytes)
}

/// The entry at the beginning, and how many bytes it has; `None` if it is not whole.
fn decode(number: u64, bytes: &[u8]) -> Option<(Entry, usize)> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let length = u32::from_le_bytes(*head.first_chunk()?) as usize;
    let text = rest.get(..length).filter(|_| length <= LONGEST)?;
    let entry = (head[4..] == check(number, text)).then(|| serde_json::from_slice(text))?;
    Some((entry.ok()?, HEAD + length))
}

impl Journal {
    /// Opens the journal, or begins one. What is not whole at its end is cut off; it is kept beside the
    /// journal if it is more than one entry that was being written.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let failed = |error| JournalError::File { path: path.to_owned(), error };
        Self::open_file(path).map_err(failed)
    }

    fn open_file(path: &Path) -> io::Result<Self> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let (mut memory, mut next, mut end) = (Memory::default(), 0, 0);
        while let Some((entry, length)) = decode(next, &bytes[end..]) {
            memory.add(entry);
            next += 1;
            end += length;
        }
        let lost = bytes.len() - end;
        if lost > HEAD + LONGEST {
            tracing::warn!(lost, "the journal is damaged; what cannot be read is kept beside it");
            files::replace(&path.with_extension("damaged"), &bytes[end..])?;
        }
        let file = files::private().create(true).append(true).open(path)?;
        if lost > 0 {
            file.set_len(end as u64)?;
        }
        file.sync_all()?;
        path.parent().map_or(Ok(()), files::sync_folder)?;
        let mut journal = Self { path: path.to_owned(), file, next, memory };
        if end as u64 > COMPACT_ABOVE {
            journal.compact()?;
        }
        Ok(journal)
    }

    /// Writes the journal anew without what is over.
    fn compact(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        let entries = self.memory.entries();
        for (number, entry) in (0..).zip(&entries) {
            bytes.extend(encode(number, entry)?);
        }
        files::replace(&self.path, &bytes)?;
        self.file = files::private().append(true).open(&self.path)?;
        self.next = entries.len() as u64;
        Ok(())
    }

    /// What is known.
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Writes an entry and waits until it is on the disk.
    ///
    /// # Errors
    /// [`JournalError`]; the worker must stop then, because it could forget what it does next.
    pub fn write(&mut self, entry: Entry) -> Result<(), JournalError> {
        let failed = |error| JournalError::File { path: self.path.clone(), error };
        let bytes = encode(self.next, &entry).map_err(failed)?;
        let written = self.file.write_all(&bytes).and_then(|()| self.file.sync_data());
        written.map_err(|error| JournalError::File { path: self.path.clone(), error })?;
        self.next += 1;
        self.memory.add(entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{Timestamp, compute::ProductKind, hash::sha256};

    fn key(task: u64) -> JobKey {
        JobKey { task, attempt: 1 }
    }

    fn job() -> JobRecord {
        JobRecord {
            device: 0,
            purpose: Purpose::Network,
            shape: Shape::square(ProductKind::Int8, 256),
            count: 2,
            operands: Operands::Seed {},
            source: String::new(),
            seed: sha256(&[b"seed"]),
            plant: Some(3),
            deadline: Due { height: Height::new(9), time: Timestamp::new(7) },
        }
    }

    #[test]
    fn a_transaction_that_is_on_its_way_is_read_back() {
        use althing_client::builder::{Builder, Method, sign};
        use althing_types::{Gas, GasPrice, KeyScheme, Nonce, SecretKey};
        let key = SecretKey::from_seed(KeyScheme::Ed25519, [7; 32]).unwrap();
        let draft = Builder::leave_work(key.public_key())
            .chain_id("test-1".parse().ok())
            .nonce(Some(Nonce::ZERO))
            .gas_limit(Some(Gas::new(90_000)))
            .gas_price(Some(GasPrice::new(1)))
            .valid_until(Some(Height::new(9)))
            .offline()
            .unwrap();
        let signed = sign(draft.transaction, &key, Method::Plain).unwrap();
        let sending = Sending {
            purpose: "leave-work".to_owned(),
            hash: signed.hash(),
            valid_until: Height::new(9),
            bytes: hex::encode(signed.bytes()),
        };
        assert_eq!(sending.transaction(), Some(signed));
    }

    fn entries() -> Vec<Entry> {
        let found = Found { root: sha256(&[b"root"]), digest: sha256(&[b"digest"]) };
        let sending = |name: &str| Sending {
            purpose: name.to_owned(),
            hash: sha256(&[name.as_bytes()]),
            valid_until: Height::new(50),
            bytes: "00ff".to_owned(),
        };
        vec![
            Entry::Job { key: key(1), job: job() },
            Entry::Computed { key: key(1), found },
            Entry::Sending { sending: sending("commit-result") },
            Entry::Job { key: key(2), job: job() },
            Entry::Sent { hash: sha256(&[b"commit-result"]) },
            Entry::Over { key: key(1) },
            Entry::Sending { sending: sending("take-work") },
        ]
    }

    fn memory_of(entries: &[Entry]) -> Memory {
        let mut memory = Memory::default();
        entries.iter().cloned().for_each(|entry| memory.add(entry));
        memory
    }

    #[test]
    fn a_journal_cut_at_any_byte_keeps_every_whole_entry_and_can_be_continued() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).unwrap();
        let mut ends = vec![0];
        for entry in entries() {
            journal.write(entry).unwrap();
            ends.push(std::fs::metadata(&path).unwrap().len() as usize);
        }
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let mut journal = Journal::open(&path).unwrap();
            let kept = ends.iter().rposition(|end| *end <= cut).unwrap();
            assert_eq!(*journal.memory(), memory_of(&entries()[..kept]), "cut at {cut}");
            journal.write(Entry::Job { key: key(9), job: job() }).unwrap();
            let again = Journal::open(&path).unwrap();
            assert!(again.memory().jobs.contains_key(&key(9)), "cut at {cut}");
            assert_eq!(again.memory(), journal.memory());
        }
    }

    #[test]
    fn a_changed_byte_ends_what_is_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).unwrap();
        entries().into_iter().for_each(|entry| journal.write(entry).unwrap());
        let whole = std::fs::read(&path).unwrap();
        let first = decode(0, &whole).unwrap().1;
        for position in [0, 5, HEAD, first - 1] {
            let mut bytes = whole.clone();
            bytes[position] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(*Journal::open(&path).unwrap().memory(), Memory::default());
        }
        // An entry is bound to its number: it cannot stand twice.
        let doubled = [&whole[..first], &whole[..first]].concat();
        std::fs::write(&path, doubled).unwrap();
        assert_eq!(*Journal::open(&path).unwrap().memory(), memory_of(&entries()[..1]));
    }

    #[test]
    fn a_long_journal_is_written_anew_and_says_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).unwrap();
        entries().into_iter().for_each(|entry| journal.write(entry).unwrap());
        let before = std::fs::metadata(&path).unwrap().len();
        journal.compact().unwrap();
        assert!(std::fs::metadata(&path).unwrap().len() < before);
        journal.write(Entry::Over { key: key(2) }).unwrap();
        let again = Journal::open(&path).unwrap();
        let mut expected = memory_of(&entries());
        expected.jobs.clear();
        assert_eq!(*again.memory(), expected);
    }
}
