//! What the index can be asked about batches of readings, and about what oracles found.

use crate::{
    Index, IndexError,
    decisions::{address_at, height_at},
    energy::{first_reading, reading_place, word_at},
    history::{before_of, limit_of},
    stake::int,
    work::hash_at,
};
use althing_types::{
    Address, Hash, Height, Timestamp,
    energy::{ReadingOutcome, ReportItem},
    limits::MAX_READINGS,
};
use rusqlite::{OptionalExtension as _, Row, params, types::Type};

/// Which batches are wanted, newest first. What is left open is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchQuery {
    /// Only those that are not over, or that are.
    pub open: Option<bool>,
    /// Only those of this provider.
    pub provider: Option<Address>,
    /// Only those with a lower number.
    pub before: Option<u64>,
}

/// A batch of readings, also one that the state has forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRow {
    /// Its number.
    pub number: u64,
    /// Its provider.
    pub provider: Address,
    /// When it came.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// Its readings.
    pub count: u32,
    /// What they say together, in Wh.
    pub wh: u64,
    /// What those that are attested say together, in Wh.
    pub attested_wh: u64,
    /// Those that are not decided.
    pub undecided: u32,
    /// Those that are attested.
    pub attested: u32,
    /// Those that oracles contradicted.
    pub refused: u32,
    /// Those that expired.
    pub expired: u32,
    /// Those that were attested and disproved.
    pub disproved: u32,
    /// When it was over.
    pub closed: Option<Height>,
}

/// A reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadingRow {
    /// The number of its batch.
    pub batch: u64,
    /// Its place in the batch, from 0.
    pub place: u8,
    /// The meter.
    pub meter: Hash,
    /// Its sequence.
    pub sequence: u64,
    /// When its interval began, in seconds since 1970 (UTC).
    pub start: u64,
    /// The length of the interval, in seconds.
    pub seconds: u32,
    /// What was counted in it, in Wh.
    pub wh: u64,
    /// What the meter has counted in all, in Wh.
    pub total_wh: u64,
    /// When the meter signed, in seconds since 1970 (UTC).
    pub signed_at: u64,
    /// What became of it, if that is decided.
    pub outcome: Option<ReadingOutcome>,
    /// When its batch came.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

/// What an oracle found about a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// The oracle.
    pub oracle: Address,
    /// What it found.
    pub report: ReportItem,
    /// Whether all was decided already.
    pub late: bool,
    /// When it came.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

fn batch(row: &Row<'_>) -> rusqlite::Result<BatchRow> {
    Ok(BatchRow {
        number: row.get(0)?,
        provider: address_at(row, 1)?,
        height: Height::new(row.get(2)?),
        time: Timestamp::new(row.get(3)?),
        count: row.get(4)?,
        wh: word_at(row, 5)?,
        attested_wh: word_at(row, 6)?,
        undecided: row.get(7)?,
        attested: row.get(8)?,
        refused: row.get(9)?,
        expired: row.get(10)?,
        disproved: row.get(11)?,
        closed: height_at(row, 12)?,
    })
}

fn outcome_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<ReadingOutcome>> {
    let byte: Option<u8> = row.get(column)?;
    let Some(byte) = byte else { return Ok(None) };
    let known = ReadingOutcome::ALL.iter().copied().find(|outcome| outcome.byte() == byte);
    let wrong = || {
        let why = format!("{byte} is no outcome of a reading");
        rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, why.into())
    };
    known.map(Some).ok_or_else(wrong)
}

fn reading(row: &Row<'_>) -> rusqlite::Result<ReadingRow> {
    let (batch, place) = reading_place(row.get(0)?);
    Ok(ReadingRow {
        batch,
        place,
        meter: hash_at(row, 1)?,
        sequence: word_at(row, 2)?,
        start: word_at(row, 3)?,
        seconds: row.get(4)?,
        wh: word_at(row, 5)?,
        total_wh: word_at(row, 6)?,
        signed_at: word_at(row, 7)?,
        outcome: outcome_at(row, 8)?,
        height: Height::new(row.get(9)?),
        time: Timestamp::new(row.get(10)?),
    })
}

const READING: &str = "SELECT r.id, m.meter, r.sequence, r.start, r.seconds, r.wh, r.total_wh, \
                       r.signed_at, r.outcome, b.height, b.time_ms FROM energy_reading r \
                       JOIN energy_meter m ON m.id = r.meter \
                       JOIN energy_batch b ON b.number = r.id >> 6";

fn report(row: &Row<'_>) -> rusqlite::Result<ReportRow> {
    Ok(ReportRow {
        oracle: address_at(row, 0)?,
        report: ReportItem {
            batch: row.get(1)?,
            agree: word_at(row, 2)?,
            contradict: word_at(row, 3)?,
        },
        late: row.get(4)?,
        height: Height::new(row.get(5)?),
        time: Timestamp::new(row.get(6)?),
    })
}

impl Index {
    /// Batches, newest first.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_batches(
        &self,
        query: &BatchQuery,
        limit: usize,
    ) -> Result<Vec<BatchRow>, IndexError> {
        let mut sql = "SELECT * FROM energy_batch WHERE number < ?1".to_owned();
        if query.provider.is_some() {
            sql.push_str(" AND provider = ?2");
        }
        match query.open {
            Some(true) => sql.push_str(" AND closed IS NULL"),
            Some(false) => sql.push_str(" AND closed IS NOT NULL"),
            None => {}
        }
        sql.push_str(" ORDER BY number DESC LIMIT ?3");
        self.read(|db| {
            let provider = query.provider.map(|it| it.as_bytes().to_vec());
            db.prepare_cached(&sql)?
                .query_map(params![before_of(query.before), provider, limit_of(limit)], batch)?
                .collect()
        })
    }

    /// A batch; `None` if there never was one.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_batch(&self, number: u64) -> Result<Option<BatchRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached("SELECT * FROM energy_batch WHERE number = ?1")?
                .query_row(params![int(number)], batch)
                .optional()
        })
    }

    /// Batches with undecided readings, oldest first, from behind a number. With an oracle, those that
    /// are not over and about which it has not reported, also when others have decided them: until a
    /// batch is over a late report counts, and after that the oracle was absent.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn undecided(
        &self,
        oracle: Option<Address>,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<BatchRow>, IndexError> {
        self.read(|db| {
            let (after, limit) = (after.map_or(-1, int), limit_of(limit));
            let Some(oracle) = oracle else {
                let all = "SELECT * FROM energy_batch
                           WHERE undecided > 0 AND number > ?1 ORDER BY number LIMIT ?2";
                return db.prepare_cached(all)?.query_map(params![after, limit], batch)?.collect();
            };
            let owed = "SELECT * FROM energy_batch b WHERE closed IS NULL AND number > ?1 AND NOT EXISTS
                            (SELECT 1 FROM energy_report r WHERE r.oracle = ?3 AND r.batch = b.number)
                        ORDER BY number LIMIT ?2";
            db.prepare_cached(owed)?
                .query_map(params![after, limit, oracle.as_bytes()], batch)?
                .collect()
        })
    }

    /// The readings of a batch, in their order.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn batch_readings(&self, number: u64) -> Result<Vec<ReadingRow>, IndexError> {
        self.read(|db| {
            let last = first_reading(number) + (MAX_READINGS as i64 - 1);
            db.prepare_cached(&format!("{READING} WHERE r.id BETWEEN ?1 AND ?2 ORDER BY r.id"))?
                .query_map(params![first_reading(number), last], reading)?
                .collect()
        })
    }

    /// What oracles found about a batch, in the order of their accounts.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn batch_reports(&self, number: u64) -> Result<Vec<ReportRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached("SELECT * FROM energy_report WHERE batch = ?1 ORDER BY oracle")?
                .query_map(params![int(number)], report)?
                .collect()
        })
    }

    /// Readings of a meter, newest first, before the one at `batch * 64 + place`.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn meter_readings(
        &self,
        meter: Hash,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<ReadingRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(&format!(
                "{READING} WHERE r.meter = (SELECT id FROM energy_meter WHERE meter = ?1)
                 AND r.id < ?2 ORDER BY r.id DESC LIMIT ?3"
            ))?
            .query_map(params![crate::blob(&meter), before_of(before), limit_of(limit)], reading)?
            .collect()
        })
    }

    /// Reports of an oracle, newest batch first, below a batch.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn oracle_reports(
        &self,
        oracle: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<ReportRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT * FROM energy_report WHERE oracle = ?1 AND batch < ?2
                 ORDER BY batch DESC LIMIT ?3",
            )?
            .query_map(
                params![oracle.as_bytes().as_slice(), before_of(before), limit_of(limit)],
                report,
            )?
            .collect()
        })
    }
}
