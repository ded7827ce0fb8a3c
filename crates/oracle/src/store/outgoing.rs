//! What goes out: transactions on their way, batches that are not decided, reports that are due.

use super::{Count, Store, StoreError, from_json, intake::write_refusal, read_span, to_json};
use crate::series::Span;
use althing_types::{Hash, Height, SignedTransaction};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

/// A reading that is in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The number of its channel here.
    pub series: i64,
    /// Its sequence.
    pub sequence: u64,
    /// When it began, in unix seconds.
    pub start: u64,
    /// How long it was, in seconds.
    pub seconds: u32,
    /// What it says, in Wh.
    pub wh: u64,
}

impl Sent {
    /// The first second that no longer belongs to it.
    pub const fn end(&self) -> u64 {
        self.start.saturating_add(self.seconds as u64)
    }
}

/// A report that is in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The batch.
    pub batch: u64,
    /// Readings that are right.
    pub agree: u64,
    /// Readings that are wrong.
    pub contradict: u64,
    /// How many readings it has.
    pub readings: u8,
}

/// What a transaction is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// Readings of meters.
    Readings(Vec<Sent>),
    /// Reports about batches.
    Reports(Vec<Report>),
}

/// A transaction that is on its way. These bytes are sent, and sent again after a crash, and never
/// others with the same content before this one is settled: so nothing happens twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Its hash.
    pub hash: Hash,
    /// The transaction.
    pub transaction: SignedTransaction,
    /// The last height at which it may be included.
    pub valid_until: Height,
    /// What it is about.
    pub content: Content,
}

/// Readings of a batch that is not decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its number.
    pub number: u64,
    /// Its readings, by place.
    pub readings: Vec<Sent>,
}

/// Something that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The number of the channel here.
    pub series: i64,
    /// When it began, in unix seconds.
    pub start: u64,
    /// How long it was, in seconds.
    pub seconds: u32,
    /// Its energy, in milliwatt-hours.
    pub energy: u64,
    /// A stable name of the rule.
    pub code: String,
    /// A sentence that names channel and time.
    pub words: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words)
    }
}

fn read_sending(row: &Row<'_>) -> rusqlite::Result<Sending> {
    let (bytes, content): (Vec<u8>, String) = (row.get("bytes")?, row.get("content")?);
    let transaction =
        SignedTransaction::from_bytes(bytes::Bytes::from(bytes)).map_err(super::damaged)?;
    Ok(Sending {
        hash: transaction.hash(),
        transaction,
        valid_until: Height::new(row.get("valid_until")?),
        content: from_json(&content)?,
    })
}

fn forget_spans(db: &Connection, series: i64, last_end: u64) -> rusqlite::Result<u64> {
    let sql = "DELETE FROM span WHERE series = ?1 AND start < ?2 AND start + seconds <= ?2";
    let gone = db.prepare_cached(sql)?.execute(params![series, super::stored(last_end)])?;
    Ok(u64::try_from(gone).unwrap_or(u64::MAX))
}

impl Store {
    /// Intervals of a channel that end after a time, in the order of time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn spans(
        &mut self,
        series: i64,
        last_end: u64,
        most: usize,
    ) -> Result<Vec<Span>, StoreError> {
        let last_end = super::stored(last_end);
        self.ask(|db| {
            let sql = "SELECT start, seconds, before, energy FROM span
                       WHERE series = ? AND start + seconds > ? ORDER BY start LIMIT ?";
            db.prepare_cached(sql)?.query_map(params![series, last_end, most], read_span)?.collect()
        })
    }

    /// Intervals of a channel that share seconds with a time from `start` to `end`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn spans_over(
        &mut self,
        series: i64,
        (start, end): (u64, u64),
        most: usize,
    ) -> Result<Vec<Span>, StoreError> {
        let (start, end) = (super::stored(start), super::stored(end));
        self.ask(|db| {
            let sql = "SELECT start, seconds, before, energy FROM span
                       WHERE series = ?1 AND start < ?3 AND start + seconds > ?2 AND start >= coalesce(
                           (SELECT max(start) FROM span WHERE series = ?1 AND start <= ?2), ?2)
                       ORDER BY start LIMIT ?4";
            let mut rows = db.prepare_cached(sql)?;
            rows.query_map(params![series, start, end, most], read_span)?.collect()
        })
    }

    /// How many intervals of a channel wait.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn waiting(&mut self, series: i64) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM span WHERE series = ?";
        self.ask(|db| db.prepare_cached(sql)?.query_row([series], |row| row.get(0)))
    }

    /// Forgets what the chain has; how many intervals those were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget(&mut self, series: i64, last_end: u64) -> Result<u64, StoreError> {
        self.commit(&[], |db| forget_spans(db, series, last_end))
    }

    /// Refuses an interval: it is not sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn refuse(&mut self, refusal: &Refusal, counts: &[Count]) -> Result<(), StoreError> {
        self.commit(counts, |db| {
            let sql = "DELETE FROM span WHERE series = ? AND start = ?";
            db.execute(sql, params![refusal.series, super::stored(refusal.start)])?;
            write_refusal(db, refusal)
        })
    }

    /// What was refused: the first of each channel and code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn refusals(&mut self) -> Result<Vec<Refusal>, StoreError> {
        self.ask(|db| {
            let mut rows = db.prepare("SELECT * FROM refusal ORDER BY id")?;
            let read = |row: &Row<'_>| {
                Ok(Refusal {
                    series: row.get("series")?,
                    start: row.get("start")?,
                    seconds: row.get("seconds")?,
                    energy: row.get("energy")?,
                    code: row.get("code")?,
                    words: row.get("words")?,
                })
            };
            rows.query_map([], read)?.collect()
        })
    }

    /// A transaction is about to be sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin(&mut self, sending: &Sending) -> Result<(), StoreError> {
        self.commit(&[], |db| {
            let sql = "INSERT INTO sending VALUES (?, (SELECT coalesce(max(place), 0) + 1 FROM sending), ?, ?, ?)";
            let bytes: &[u8] = sending.transaction.bytes();
            let (until, content) = (sending.valid_until.get(), to_json(&sending.content)?);
            let row = params![sending.hash.0, bytes, super::stored(until), content];
            db.execute(sql, row).map(drop)
        })
    }

    /// Transactions on their way, in the order in which they were sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sendings(&mut self) -> Result<Vec<Sending>, StoreError> {
        self.ask(|db| {
            let mut rows = db.prepare_cached("SELECT * FROM sending ORDER BY place")?;
            rows.query_map([], read_sending)?.collect()
        })
    }

    /// Nothing more happens to a transaction. Readings that are on the chain are forgotten here, and
    /// the batch that holds them is watched; batches that were reported about are no duty any more. Gives
    /// how many intervals of which channels went.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn settle(
        &mut self,
        sending: &Sending,
        done: bool,
        batch: Option<u64>,
        counts: &[Count],
    ) -> Result<Vec<(i64, u64)>, StoreError> {
        self.commit(counts, |db| {
            let mut gone = Vec::new();
            db.execute("DELETE FROM sending WHERE hash = ?", [sending.hash.0])?;
            if !done {
                return Ok(gone);
            }
            match &sending.content {
                Content::Readings(readings) => {
                    for reading in readings {
                        let spans = forget_spans(db, reading.series, reading.end())?;
                        gone.push((reading.series, spans));
                    }
                    if let Some(number) = batch {
                        let sql = "INSERT OR IGNORE INTO batch VALUES (?, ?)";
                        db.execute(sql, params![super::stored(number), to_json(readings)?])?;
                    }
                }
                Content::Reports(reports) => {
                    for report in reports {
                        let sql = "DELETE FROM duty WHERE batch = ?";
                        db.execute(sql, [super::stored(report.batch)])?;
                    }
                }
            }
            Ok(gone)
        })
    }

    /// Batches that were sent and are not decided, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn batches(&mut self) -> Result<Vec<Held>, StoreError> {
        self.ask(|db| {
            let mut rows =
                db.prepare_cached("SELECT number, readings FROM batch ORDER BY number")?;
            let read = |row: &Row<'_>| {
                let readings: String = row.get(1)?;
                Ok(Held { number: row.get(0)?, readings: from_json(&readings)? })
            };
            rows.query_map([], read)?.collect()
        })
    }

    /// A batch is decided.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn close(
        &mut self,
        batch: u64,
        refusals: &[Refusal],
        counts: &[Count],
    ) -> Result<(), StoreError> {
        self.commit(counts, |db| {
            db.execute("DELETE FROM batch WHERE number = ?", [super::stored(batch)])?;
            refusals.iter().try_for_each(|refusal| write_refusal(db, refusal))
        })
    }

    /// Batches that a report is due about, and when they expire.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn duties(&mut self) -> Result<Vec<(u64, Height)>, StoreError> {
        self.ask(|db| {
            let mut rows = db.prepare_cached("SELECT batch, expires FROM duty ORDER BY batch")?;
            let read = |row: &Row<'_>| Ok((row.get(0)?, Height::new(row.get(1)?)));
            rows.query_map([], read)?.collect()
        })
    }

    /// A report is due about these batches.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn owe(&mut self, batches: &[(u64, Height)]) -> Result<(), StoreError> {
        self.commit(&[], |db| {
            let mut insert = db.prepare_cached("INSERT OR IGNORE INTO duty VALUES (?, ?)")?;
            for (batch, expires) in batches {
                let row = params![super::stored(*batch), super::stored(expires.get())];
                insert.execute(row)?;
            }
            Ok(())
        })
    }

    /// No report is due about a batch any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn release(&mut self, batch: u64, counts: &[Count]) -> Result<(), StoreError> {
        let sql = "DELETE FROM duty WHERE batch = ?";
        self.commit(counts, |db| db.execute(sql, [super::stored(batch)]).map(drop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{Address, Amount, Authorization, Gas, GasPrice, Nonce, Payload, Transfer};

    fn sending(nonce: u64, content: Content) -> Sending {
        let payload = Payload::Transfer(Transfer { to: Address::default(), amount: Amount::ZERO });
        let body = althing_types::Transaction {
            chain_id: "test-1".parse().unwrap(),
            sender: Address::default(),
            nonce: Nonce::new(nonce),
            gas_limit: Gas::new(1),
            gas_price: GasPrice::new(1),
            valid_until: Height::new(9),
            memo: String::new(),
            payload,
        };
        let unsigned = Authorization::Ed25519 { public_key: [1; 32], signature: [2; 64] };
        let transaction = SignedTransaction::new(body, unsigned);
        Sending { hash: transaction.hash(), transaction, valid_until: Height::new(9), content }
    }

    #[test]
    fn what_is_on_its_way_is_read_as_it_was_written_and_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let sent = Sent { series: 1, sequence: 7, start: 900, seconds: 900, wh: 5 };
        let report = Report { batch: 3, agree: u64::MAX, contradict: 0, readings: 64 };
        let both =
            [sending(1, Content::Readings(vec![sent])), sending(0, Content::Reports(vec![report]))];
        both.iter().for_each(|one| store.begin(one).unwrap());
        drop(store);
        let mut store = Store::open(folder.path()).unwrap();
        assert_eq!(store.sendings().unwrap(), both);
        store.owe(&[(3, Height::new(9))]).unwrap();
        assert_eq!(store.settle(&both[0], true, Some(11), &[]).unwrap(), [(1, 0)]);
        store.settle(&both[1], true, None, &[]).unwrap();
        assert!(store.sendings().unwrap().is_empty() && store.duties().unwrap().is_empty());
        let held = [Held { number: 11, readings: vec![sent] }];
        assert_eq!(store.batches().unwrap(), held);
    }

    #[test]
    fn a_full_disk_is_said_and_what_was_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        store.count("feed", "sent", 1).unwrap();
        store.connection.pragma_update(None, "max_page_count", 1).unwrap();
        let report = Report { batch: 3, agree: 1, contradict: 0, readings: 1 };
        let large = sending(0, Content::Reports(vec![report; 10_000]));
        let error = store.begin(&large).unwrap_err();
        assert!(matches!(error, StoreError::Full { .. }), "{error}");
        assert!(error.to_string().contains("make room"), "{error}");
        assert!(store.sendings().unwrap().is_empty());
        drop(store);
        let mut store = Store::open(folder.path()).unwrap();
        store.begin(&large).unwrap();
        assert_eq!(store.tally("feed", "sent"), 1);
    }
}
