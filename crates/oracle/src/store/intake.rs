//! What comes in: how far sources were read, and the intervals of channels.

use super::{Count, Refusal, Store, StoreError, from_json, to_json};
use crate::{
    series::{Series, Span},
    source::Stamp,
};
use althing_meters::backfill::Cursor;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::collections::BTreeSet;

/// How many refusals of a channel and a code are kept with their words.
const EXAMPLES: u64 = 100;

/// A channel that the configuration wants, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `feed` or `attest`.
    pub job: &'static str,
    /// The name of the meter.
    pub name: String,
    /// The name of the source.
    pub source: String,
    /// Everything that decides what the channel holds. Another text is another channel.
    pub origin: String,
    /// Whether the source can be read again.
    pub again: bool,
}

/// How far a file was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    /// Behind what was taken in.
    pub cursor: Cursor,
    /// What it was when it was taken in to its end; none if it was not.
    pub done: Option<Stamp>,
}

/// What is taken in at once.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// The source and the file, and where it is taken up after this.
    pub file: Option<(String, String, Cursor)>,
    /// Intervals that count, with their channels.
    pub spans: Vec<(i64, Span)>,
    /// Where channels stand after them.
    pub states: Vec<(i64, Series)>,
    /// What is counted.
    pub counts: Vec<Count>,
    /// What was refused.
    pub refusals: Vec<Refusal>,
    /// Channels whose intervals that begin before a time are kept no longer.
    pub forget: Vec<(i64, u64)>,
}

pub(super) fn write_refusal(db: &Connection, refusal: &Refusal) -> rusqlite::Result<()> {
    let sql = "INSERT INTO refusal (series, start, seconds, energy, code, words)
               SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE
               (SELECT count(*) FROM refusal WHERE series = ?1 AND code = ?5) < ?7";
    let Refusal { series, start, seconds, energy, code, words } = refusal;
    let (start, energy) = (super::stored(*start), super::stored(*energy));
    db.prepare_cached(sql)?
        .execute(params![series, start, seconds, energy, code, words, EXAMPLES])
        .map(drop)
}

fn forget_source(db: &Connection, source: &str) -> rusqlite::Result<()> {
    let of = "(SELECT id FROM series WHERE source = ?)";
    db.execute(&format!("DELETE FROM span WHERE series IN {of}"), [source])?;
    let empty = to_json(&Series::default())?;
    db.execute("UPDATE series SET state = ? WHERE source = ?", [&empty, source])?;
    db.execute("DELETE FROM file WHERE source = ?", [source]).map(drop)
}

fn find(db: &Connection, origin: &Origin) -> rusqlite::Result<Option<(i64, String, String)>> {
    let sql = "SELECT id, source, origin FROM series WHERE job = ? AND name = ?";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    db.query_row(sql, [origin.job, &origin.name], read).optional()
}

impl Store {
    /// Brings the channels to what the configuration wants, and gives their numbers and where they stand,
    /// in the same order. If a channel of a file is new or comes from elsewhere, its source is read again:
    /// what the chain has is not sent twice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn channels(&mut self, wanted: &[Origin]) -> Result<Vec<(i64, Series)>, StoreError> {
        self.commit(&[], |db| {
            let mut anew = BTreeSet::new();
            let mut numbers = Vec::new();
            for one in wanted {
                let known = find(db, one)?;
                if let Some((id, source, origin)) = &known
                    && *source == one.source
                    && *origin == one.origin
                {
                    numbers.push(*id);
                    continue;
                }
                if let Some((id, ..)) = known {
                    db.execute("DELETE FROM span WHERE series = ?", [id])?;
                    db.execute("DELETE FROM series WHERE id = ?", [id])?;
                }
                let sql =
                    "INSERT INTO series (job, name, source, origin, state) VALUES (?, ?, ?, ?, ?)";
                let state = to_json(&Series::default())?;
                db.execute(sql, [one.job, &one.name, &one.source, &one.origin, &state])?;
                numbers.push(db.last_insert_rowid());
                if one.again {
                    anew.insert(one.source.as_str());
                }
            }
            anew.into_iter().try_for_each(|source| forget_source(db, source))?;
            let mut found = Vec::new();
            for id in numbers {
                let sql = "SELECT state FROM series WHERE id = ?";
                let state: String = db.query_row(sql, [id], |row| row.get(0))?;
                found.push((id, from_json(&state)?));
            }
            Ok(found)
        })
    }

    /// How far a file was taken in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn file(&mut self, source: &str, name: &str) -> Result<FileState, StoreError> {
        self.ask(|db| {
            let sql = "SELECT cursor, stamp FROM file WHERE source = ? AND name = ?";
            let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let found: Option<(String, Option<String>)> =
                db.prepare_cached(sql)?.query_row([source, name], read).optional()?;
            let Some((cursor, stamp)) = found else {
                return Ok(FileState { cursor: Cursor::START, done: None });
            };
            let done = stamp.as_deref().map(from_json).transpose()?;
            Ok(FileState { cursor: from_json(&cursor)?, done })
        })
    }

    /// A file was taken in to its end, or is looked at again when it changes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn file_done(
        &mut self,
        source: &str,
        name: &str,
        (cursor, stamp): (Cursor, Stamp),
    ) -> Result<(), StoreError> {
        self.commit(&[], |db| {
            let sql = "INSERT INTO file VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET stamp = excluded.stamp";
            db.execute(sql, [source, name, &to_json(&cursor)?, &to_json(&stamp)?]).map(drop)
        })
    }

    /// Takes a portion in: all of it, or nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take(&mut self, taken: &Taken) -> Result<(), StoreError> {
        self.commit(&taken.counts, |db| {
            if let Some((source, name, cursor)) = &taken.file {
                let sql = "INSERT INTO file VALUES (?, ?, ?, NULL)
                           ON CONFLICT DO UPDATE SET cursor = excluded.cursor, stamp = NULL";
                db.execute(sql, [source, name, &to_json(cursor)?])?;
            }
            let mut insert = db.prepare_cached("INSERT INTO span VALUES (?, ?, ?, ?, ?)")?;
            for (series, span) in &taken.spans {
                let Span { start, seconds, before, energy } = span;
                insert.execute(params![series, start, seconds, before, energy])?;
            }
            for (series, state) in &taken.states {
                let sql = "UPDATE series SET state = ? WHERE id = ?";
                db.prepare_cached(sql)?.execute(params![to_json(state)?, series])?;
            }
            for (series, before) in &taken.forget {
                let sql = "DELETE FROM span WHERE series = ? AND start < ?";
                db.prepare_cached(sql)?.execute(params![series, before])?;
            }
            taken.refusals.iter().try_for_each(|refusal| write_refusal(db, refusal))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(name: &str, origin: &str) -> Origin {
        let (name, source, origin) = (name.into(), "files".into(), origin.into());
        Origin { job: "feed", name, source, origin, again: true }
    }

    fn span(start: u64) -> Span {
        Span { start, seconds: 900, before: 0, energy: 1 }
    }

    #[test]
    fn a_portion_is_taken_in_with_its_cursor() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let id = store.channels(&[origin("m", "E1")]).unwrap()[0].0;
        let cursor = Cursor { records: 3, checksum: u64::MAX, ..Cursor::START };
        let taken = Taken {
            file: Some(("files".into(), "a".into(), cursor)),
            spans: vec![(id, span(0)), (id, span(900))],
            counts: vec![("files".into(), "read".into(), 3)],
            ..Taken::default()
        };
        store.take(&taken).unwrap();
        let known = FileState { cursor, done: None };
        assert_eq!(store.file("files", "a").unwrap(), known);
        // The same again breaks a rule of the table, so nothing of it is kept.
        assert!(store.take(&taken).is_err());
        assert_eq!(store.tally("files", "read"), 3);
        let stamp = Stamp { bytes: 1, modified_ms: 2 };
        store.file_done("files", "a", (cursor, stamp)).unwrap();
        let known = FileState { cursor, done: Some(stamp) };
        assert_eq!(store.file("files", "a").unwrap(), known);
        assert_eq!(store.spans(id, 0, 10).unwrap(), [span(0), span(900)]);
    }

    #[test]
    fn a_channel_that_comes_from_elsewhere_has_its_source_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let both = [origin("m", "E1"), origin("n", "B1")];
        let ids: Vec<i64> = store.channels(&both).unwrap().iter().map(|(id, _)| *id).collect();
        let file = Some(("files".into(), "a".into(), Cursor { records: 1, ..Cursor::START }));
        let spans = ids.iter().map(|id| (*id, span(0))).collect();
        store.take(&Taken { file, spans, ..Taken::default() }).unwrap();
        assert_eq!(store.channels(&both).unwrap().len(), 2);
        assert_eq!(store.spans(ids[1], 0, 10).unwrap().len(), 1);
        let changed = [origin("m", "E2"), origin("n", "B1")];
        let now = store.channels(&changed).unwrap();
        assert_eq!(now[1].0, ids[1]);
        assert!(store.spans(ids[1], 0, 10).unwrap().is_empty());
        assert_eq!(store.file("files", "a").unwrap().cursor, Cursor::START);
    }
}
