//! Sources: files that are read to their end and looked at again, devices that are asked.

use crate::settings::Source;
use althing_meters::{
    Cause, Direction, Fault, Format, Meter, Place, RawCounter, Record, Source as Records, Totals,
    backfill::{Backfill, Cursor},
    detect, open,
    sunspec::{Connection, DEFAULT_TIMEOUT},
    validate::{Finding, Report, Validator},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    fs, io,
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::UNIX_EPOCH,
};

/// Records that are taken in at once: one write to the queue.
const BATCH: NonZeroUsize = NonZeroUsize::new(1_024).expect("not zero");

/// The format of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceFormat {
    /// That of each file, by its first bytes.
    #[default]
    Auto,
    /// AEMO interval data.
    Nem12,
    /// AEMO accumulated data.
    Nem13,
    /// NAESB ESPI, an Atom feed.
    GreenButton,
    /// A table.
    Csv,
    /// A device over Modbus TCP.
    Sunspec,
}

impl SourceFormat {
    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Nem12 => "nem12",
            Self::Nem13 => "nem13",
            Self::GreenButton => "green-button",
            Self::Csv => "csv",
            Self::Sunspec => "sunspec",
        }
    }

    fn of_file(self, path: &Path) -> Result<Format, Fault> {
        Ok(match self {
            Self::Nem12 => Format::Nem12,
            Self::Nem13 => Format::Nem13,
            Self::GreenButton => Format::GreenButton,
            Self::Csv => Format::Csv,
            Self::Auto | Self::Sunspec => detect(path)?,
        })
    }
}

/// A file of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Its name in the folder of the source.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// By what a change of it is seen.
    pub stamp: Stamp,
}

/// By what a change of a file is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Its size, in bytes.
    pub bytes: u64,
    /// When it was changed, in milliseconds since 1970; 0 if the system does not say.
    pub modified_ms: u64,
}

/// The files of a source, in the order of their names. Names that begin with a point are passed over.
///
/// # Errors
/// What the system says: the path is not there, or may not be read.
pub fn files(path: &Path) -> io::Result<Vec<FileEntry>> {
    let entry = |path: PathBuf| -> io::Result<Option<FileEntry>> {
        let about = fs::metadata(&path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !about.is_file() || name.starts_with('.') {
            return Ok(None);
        }
        let modified = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let modified_ms = modified.map_or(0, |since| since.as_millis());
        let modified_ms = u64::try_from(modified_ms).unwrap_or(u64::MAX);
        let stamp = Stamp { bytes: about.len(), modified_ms };
        Ok(Some(FileEntry { name, path, stamp }))
    };
    if !fs::metadata(path)?.is_dir() {
        return Ok(entry(path.to_owned())?.into_iter().collect());
    }
    let mut found = Vec::new();
    for file in fs::read_dir(path)? {
        found.extend(entry(file?.path())?);
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

fn open_file(source: &Source, path: &Path) -> Result<Box<dyn Records + Send>, Fault> {
    open(path, source.format.of_file(path)?, source.nem, source.csv.as_ref())
}

/// What a file holds, from its beginning to its end.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Records, those of channels that are left out among them.
    pub records: u64,
    /// Sums of each channel.
    pub totals: BTreeMap<Arc<Meter>, Totals>,
    /// What was found.
    pub report: Report,
}

/// Reads a file to its end, so that one with a fault is not taken in half.
///
/// # Errors
/// The fault of the file.
pub fn survey(source: &Source, path: &Path) -> Result<Survey, Fault> {
    let mut validator = Validator::new(source.check_limits());
    let mut records = 0;
    let mut opened = open_file(source, path)?;
    let counted = std::iter::from_fn(|| {
        let next = opened.next()?;
        if let Ok(record) = &next {
            records += 1;
            validator.take(record);
        }
        Some(next)
    });
    let totals = althing_meters::check(Placeless(counted))?;
    Ok(Survey { records, totals, report: validator.finish() })
}

/// Records whose places nobody asks for: a fault has its own.
struct Placeless<I>(I);

impl<I: Iterator<Item = Result<Record, Fault>>> Iterator for Placeless<I> {
    type Item = Result<Record, Fault>;
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

impl<I: Iterator<Item = Result<Record, Fault>>> Records for Placeless<I> {
    fn place(&self) -> Place {
        Place::Source
    }
}

type Found = Arc<Mutex<VecDeque<Vec<Finding>>>>;

/// Records that a validator sees on their way, those before a cursor too: so that what is a spike does
/// not depend on where a file was taken up again.
struct Seen {
    source: Box<dyn Records + Send>,
    validator: Validator,
    found: Found,
}

impl Iterator for Seen {
    type Item = Result<Record, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.source.next()?;
        if let Ok(record) = &next
            && !matches!(record, Record::Refused(..))
        {
            let found = self.validator.examine(record);
            self.found.lock().unwrap_or_else(PoisonError::into_inner).push_back(found);
        }
        Some(next)
    }
}

impl Records for Seen {
    fn place(&self) -> Place {
        self.source.place()
    }
}

/// A file that is being taken in.
pub struct Reader {
    backfill: Backfill<Seen>,
    found: Found,
}

/// Some records with what was found with each, and where the file is taken up after them.
pub struct Portion {
    /// In the order of the file.
    pub records: Vec<(Record, Vec<Finding>)>,
    /// What is kept with them.
    pub next: Cursor,
}

impl Reader {
    /// Opens a file behind a cursor.
    ///
    /// # Errors
    /// Faults of the file; `source_changed` if it does not begin as it did.
    pub fn open(source: &Source, path: &Path, cursor: Cursor) -> Result<Self, Fault> {
        let found = Found::default();
        let validator = Validator::new(source.check_limits());
        let seen = Seen { source: open_file(source, path)?, validator, found: Arc::clone(&found) };
        let backfill = Backfill::new(seen, cursor, BATCH)?;
        found.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(Self { backfill, found })
    }

    /// The next records; none at the end.
    ///
    /// # Errors
    /// The fault of the file.
    pub fn portion(&mut self) -> Result<Option<Portion>, Fault> {
        let Some(batch) = self.backfill.next().transpose()? else { return Ok(None) };
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let records =
            batch.records.into_iter().map(|record| (record, found.pop_front().unwrap_or_default()));
        Ok(Some(Portion { records: records.collect(), next: batch.next }))
    }
}

/// What a device's counter shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The device and its counter.
    pub meter: Meter,
    /// Which way the energy goes that it counts.
    pub direction: Direction,
    /// The number.
    pub counter: RawCounter,
}

/// Reads all counters of a device.
///
/// # Errors
/// The fault of the network or of the device. When to ask again is the matter of the caller.
pub async fn ask(address: SocketAddr, unit: u8) -> Result<Vec<Shown>, Fault> {
    let mut connection = Connection::open(address, unit, DEFAULT_TIMEOUT).await?;
    let readings = connection.read().await?;
    // The answer is there; how the connection ends does not matter.
    let _ = connection.close().await;
    let mut shown = Vec::new();
    for reading in readings {
        let fault = |cause: Cause| Fault::new(Place::Source, cause);
        let counters = [Some(reading.exported), reading.imported];
        let registers = reading.registers(0).map_err(fault)?;
        shown.extend(registers.into_iter().zip(counters.into_iter().flatten()).map(
            |((meter, register), counter)| Shown { meter, direction: register.direction, counter },
        ));
    }
    Ok(shown)
}
