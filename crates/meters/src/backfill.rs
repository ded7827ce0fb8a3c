//! Splits a source into batches that can be sent one after the other and taken up again after a crash.

use crate::{
    Cause, Fault, Place,
    record::{Direction, Quality, Record, Refusal, Source},
};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// Where a source has been read to. Keep the cursor of the last batch that was sent; it is small, and
/// plain data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Records that were read.
    pub records: u64,
    /// The line, or the byte of an XML document, of the last of them, for people.
    pub position: u64,
    /// The latest end of an interval so far, in unix seconds.
    pub last_end: u64,
    /// A checksum of the records: the same only if the source begins as it did. It guards against
    /// mistakes, not against an enemy.
    pub checksum: u64,
}

impl Cursor {
    /// The beginning of a source.
    pub const START: Self =
        Self { records: 0, position: 0, last_end: 0, checksum: 0xcbf2_9ce4_8422_2325 };

    /// The cursor after one more record.
    fn after(mut self, record: &Record, place: &Place) -> Self {
        self.records += 1;
        self.position = match place {
            Place::Line(line) => *line,
            Place::Element { offset, .. } => *offset,
            Place::Register(_) | Place::Source => self.records,
        };
        let meter = record.meter();
        for text in [&meter.id, &meter.channel, &meter.unit] {
            self.mix(text.as_bytes());
        }
        self.mix(meter.serial.as_deref().unwrap_or("").as_bytes());
        let numbers = match record {
            Record::Interval(_, interval) => {
                self.last_end = self.last_end.max(interval.end());
                let flags = flags(interval.quality, interval.direction);
                [1, interval.start, interval.seconds.into(), interval.milliwatt_hours, flags]
            }
            Record::Register(_, register) => {
                let flags = flags(register.quality, register.direction);
                [2, register.at, 0, register.milliwatt_hours, flags]
            }
            Record::Refused(_, refusal) => [3, refusal_number(*refusal), 0, 0, 0],
        };
        for number in numbers {
            self.mix(&number.to_le_bytes());
        }
        self
    }

    /// FNV-1a in 64 bits, with the length before the bytes so that texts cannot run together.
    fn mix(&mut self, bytes: &[u8]) {
        for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
            self.checksum = (self.checksum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn flags(quality: Quality, direction: Direction) -> u64 {
    let quality = match quality {
        Quality::Actual => 0,
        Quality::Substituted => 1,
        Quality::Estimated => 2,
        Quality::Questionable => 3,
        Quality::Missing => 4,
    };
    quality * 2 + u64::from(direction == Direction::Export)
}

fn refusal_number(refusal: Refusal) -> u64 {
    match refusal {
        Refusal::NotEnergy => 0,
        Refusal::NotElectricity => 1,
        Refusal::Unsupported => 2,
    }
}

/// Some records, and where the next batch begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Intervals and registers in the order of the source: as many as asked for, fewer in the last.
    pub records: Vec<Record>,
    /// The cursor to keep once the batch has been sent.
    pub next: Cursor,
}

/// Gives the batches of a source. Its records and the size of batches alone decide what they hold.
pub struct Backfill<S> {
    source: S,
    cursor: Cursor,
    size: NonZeroUsize,
    done: bool,
}

impl<S: Source> Backfill<S> {
    /// Begins a source, or takes it up again behind a cursor: `source` must be at its beginning, and
    /// what was read before is read again and compared.
    ///
    /// # Errors
    /// `source_changed` when the records before the cursor are not those that made it; faults of the
    /// source.
    pub fn new(mut source: S, cursor: Cursor, size: NonZeroUsize) -> Result<Self, Fault> {
        let changed = |place| Fault::new(place, Cause::SourceChanged { records: cursor.records });
        let mut now = Cursor::START;
        while now.records < cursor.records {
            let Some(record) = source.next() else { return Err(changed(source.place())) };
            now = now.after(&record?, &source.place());
        }
        if now.checksum != cursor.checksum || now.last_end != cursor.last_end {
            return Err(changed(source.place()));
        }
        Ok(Self { source, cursor: now, size, done: false })
    }

    /// Where it stands.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }
}

impl<S: Source> Iterator for Backfill<S> {
    type Item = Result<Batch, Fault>;

    /// The next batch. A fault of the source takes the batch in which it is found with it: what is
    /// not complete is not sent.
    fn next(&mut self) -> Option<Self::Item> {
        let mut records = Vec::new();
        let mut cursor = self.cursor;
        while !self.done && records.len() < self.size.get() {
            match self.source.next() {
                Some(Ok(record)) => {
                    cursor = cursor.after(&record, &self.source.place());
                    if !matches!(record, Record::Refused(..)) {
                        records.push(record);
                    }
                }
                Some(Err(fault)) => {
                    self.done = true;
                    return Some(Err(fault));
                }
                None => self.done = true,
            }
        }
        self.cursor = cursor;
        (!records.is_empty()).then_some(Ok(Batch { records, next: cursor }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NemOptions, nem12::Nem12};

    fn file(days: usize) -> String {
        let mut text = String::from("100,NEM12\n");
        for day in 1..=days {
            let values: String = (0..48).map(|n| format!(",{n}.{day}")).collect();
            for (suffix, unit) in [("E1", "kWh"), ("Q1", "kVArh"), ("B1", "Wh")] {
                text += &format!("200,N,,,{suffix},,,{unit},30\n300,200402{day:02}{values},A\n");
            }
        }
        text + "900\n"
    }

    fn source(text: &str) -> Nem12<&[u8]> {
        Nem12::new(text.as_bytes(), NemOptions::default())
    }

    fn all(text: &str) -> Vec<Record> {
        let records = source(text).map(|record| record.expect("good"));
        records.filter(|record| !matches!(record, Record::Refused(..))).collect()
    }

    fn size(size: usize) -> NonZeroUsize {
        NonZeroUsize::new(size).expect("not zero")
    }

    #[test]
    fn batches_hold_everything_once_at_every_size() {
        let text = file(2);
        for n in [1, 2, 47, 48, 49, 100, 191, 192, 193, 1_000] {
            let batches: Vec<Batch> = Backfill::new(source(&text), Cursor::START, size(n))
                .expect("begun")
                .collect::<Result<_, _>>()
                .expect("good");
            assert!(batches.iter().rev().skip(1).all(|batch| batch.records.len() == n));
            let records: Vec<Record> =
                batches.into_iter().flat_map(|batch| batch.records).collect();
            assert_eq!(records, all(&text), "batches of {n}");
        }
    }

    #[test]
    fn nothing_is_lost_or_sent_twice_at_any_crash() {
        let text = file(2);
        let want = all(&text);
        for n in [1, 7, 50] {
            for crash in 0..want.len() / n + 2 {
                let mut sent = vec![];
                let mut kept = serde_json::to_string(&Cursor::START).expect("json");
                let mut first =
                    Backfill::new(source(&text), Cursor::START, size(n)).expect("begun");
                for batch in first.by_ref().take(crash) {
                    let batch = batch.expect("good");
                    sent.extend(batch.records);
                    kept = serde_json::to_string(&batch.next).expect("json");
                }
                let cursor = serde_json::from_str(&kept).expect("kept");
                for batch in Backfill::new(source(&text), cursor, size(n)).expect("taken up") {
                    sent.extend(batch.expect("good").records);
                }
                assert_eq!(sent, want, "batches of {n}, crash after {crash}");
            }
        }
    }

    #[test]
    fn another_file_is_not_taken_up() {
        let text = file(2);
        let mut backfill = Backfill::new(source(&text), Cursor::START, size(60)).expect("begun");
        let cursor = backfill.next().expect("a batch").expect("good").next;
        assert_eq!((cursor.records, cursor.last_end), (61, 1_075_644_000));
        assert_eq!(cursor.position, 7, "the line of the last record");
        for other in
            [text.replacen(",5.1", ",5.2", 1), text.replace("200,N,", "200,M,"), file(0) + "\n"]
        {
            let fault = Backfill::new(source(&other), cursor, size(60)).err().expect("changed");
            assert!(["source_changed", "nem_no_data"].contains(&fault.code()), "{fault}");
        }
        let later = text.replacen(",5.2", ",5.3", 1);
        assert!(
            Backfill::new(source(&later), cursor, size(60)).is_ok(),
            "what comes later may change"
        );
    }

    #[test]
    fn a_fault_takes_its_batch_with_it() {
        let text = file(1).replace("900\n", "");
        let found: Vec<_> =
            Backfill::new(source(&text), Cursor::START, size(50)).expect("begun").collect();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].as_ref().expect_err("cut").code(), "nem_end_missing");
    }
}
