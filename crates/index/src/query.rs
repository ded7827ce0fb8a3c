//! What the index can be asked.

use crate::{Index, IndexError, Position, blob, pack, unpack, write};
use althing_types::{Address, Hash, Height};
use rusqlite::{Connection, OptionalExtension as _, params};

const MINUTE_MS: u64 = 60_000;

/// Totals since the first block of the index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Highest block applied.
    pub last_height: Option<Height>,
    /// Blocks applied.
    pub blocks: u64,
    /// Transactions in them.
    pub transactions: u64,
    /// Those that were included and failed.
    pub failed: u64,
    /// The same by message type, ordered by name.
    pub kinds: Vec<Kind>,
}

/// Totals of one message type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Name of the message type, for example `transfer`.
    pub name: String,
    /// Transactions.
    pub transactions: u64,
    /// Those that failed.
    pub failed: u64,
}

/// Sums of one minute of block time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minute {
    /// Start of the minute, in milliseconds since the Unix epoch.
    pub start_ms: u64,
    /// Blocks.
    pub blocks: u64,
    /// Transactions.
    pub transactions: u64,
    /// Those that failed.
    pub failed: u64,
    /// Gas used.
    pub gas_used: u64,
}

impl Index {
    /// The highest block applied; `None` if the index is empty.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn last_height(&self) -> Result<Option<Height>, IndexError> {
        self.read(write::last_height)
    }

    /// Height of the block with this digest.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn height_of(&self, hash: &Hash) -> Result<Option<Height>, IndexError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT height FROM block WHERE hash = ?1")?;
            let height: Option<u64> =
                statement.query_row([blob(hash)], |row| row.get(0)).optional()?;
            Ok(height.map(Height::new))
        })
    }

    /// Where the transaction with this hash was included.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn position(&self, hash: &Hash) -> Result<Option<Position>, IndexError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT position FROM tx WHERE hash = ?1")?;
            let position: Option<i64> =
                statement.query_row([blob(hash)], |row| row.get(0)).optional()?;
            Ok(position.map(unpack))
        })
    }

    /// Transactions that concern an account, newest first, before `before` (exclusive).
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn account_transactions(
        &self,
        address: Address,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Position>, IndexError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT position FROM account_tx WHERE address = ?1 AND position < ?2
                 ORDER BY position DESC LIMIT ?3",
            )?;
            let before = before.and_then(pack).unwrap_or(i64::MAX);
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement
                .query_map(params![address.as_bytes().as_slice(), before, limit], |row| {
                    row.get(0).map(unpack)
                })?;
            rows.collect()
        })
    }

    /// Newest transactions of the chain before `before` (exclusive).
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn recent_transactions(
        &self,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Position>, IndexError> {
        self.read(|db| recent(db, before, limit))
    }

    /// Totals.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn stats(&self) -> Result<Stats, IndexError> {
        self.read(|db| {
            let kinds = db
                .prepare_cached("SELECT name, transactions, failed FROM kind ORDER BY name")?
                .query_map([], |row| {
                    Ok(Kind { name: row.get(0)?, transactions: row.get(1)?, failed: row.get(2)? })
                })?
                .collect::<Result<Vec<_>, _>>()?;
            let blocks: Option<u64> =
                db.query_row("SELECT sum(blocks) FROM minute", [], |row| row.get(0))?;
            Ok(Stats {
                last_height: write::last_height(db)?,
                blocks: blocks.unwrap_or(0),
                transactions: kinds.iter().map(|kind| kind.transactions).sum(),
                failed: kinds.iter().map(|kind| kind.failed).sum(),
                kinds,
            })
        })
    }

    /// Sums of the last `limit` minutes that have blocks, newest first.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn minutes(&self, limit: usize) -> Result<Vec<Minute>, IndexError> {
        self.read(|db| {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            db.prepare_cached("SELECT * FROM minute ORDER BY minute DESC LIMIT ?1")?
                .query_map([limit], |row| {
                    Ok(Minute {
                        start_ms: row.get::<_, u64>(0)?.saturating_mul(MINUTE_MS),
                        blocks: row.get(1)?,
                        transactions: row.get(2)?,
                        failed: row.get(3)?,
                        gas_used: row.get(4)?,
                    })
                })?
                .collect()
        })
    }
}

/// Positions in a block are dense, so the newest transactions follow from the blocks alone.
fn recent(
    db: &Connection,
    before: Option<Position>,
    limit: usize,
) -> rusqlite::Result<Vec<Position>> {
    let (height, index) = before.unwrap_or((Height::new(i64::MAX as u64), 0));
    let mut statement = db.prepare_cached(
        "SELECT height, transactions FROM block WHERE height <= ?1 AND transactions > 0
         ORDER BY height DESC LIMIT ?2",
    )?;
    // One block more than positions, because the first may lie behind the cursor entirely.
    let blocks = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
    let top = i64::try_from(height.get()).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![top, blocks], |row| {
        Ok((Height::new(row.get(0)?), row.get::<_, u32>(1)?))
    })?;
    let mut found = Vec::with_capacity(limit.min(1_024));
    for row in rows {
        let (at, count) = row?;
        let end = if at == height { count.min(index) } else { count };
        let room = limit - found.len();
        found.extend((0..end).rev().take(room).map(|index| (at, index)));
        if found.len() == limit {
            break;
        }
    }
    Ok(found)
}
