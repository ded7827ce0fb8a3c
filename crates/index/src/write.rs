//! The writer: blocks become rows.

use crate::{Index, IndexError, blob, compute, energy, governance, pack, stake::StakeRows};
use althing_types::{Address, Block, Hash, Height, Payload, Receipt, SignedTransaction};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use std::{collections::BTreeMap, sync::Arc};

const MINUTE_MS: u64 = 60_000;

/// A finalized block with its outcome.
#[derive(Clone, Debug)]
pub struct IndexedBlock {
    /// The block.
    pub block: Arc<Block>,
    /// Its digest.
    pub hash: Hash,
    /// Outcomes of its transactions, in order, and of what the block did by itself, if anything.
    pub receipts: Arc<Vec<Receipt>>,
}

/// Rows of one batch, collected so that each table is written in the order of its key.
#[derive(Default)]
struct Rows {
    transactions: Vec<(Hash, i64)>,
    accounts: Vec<(Address, i64)>,
    minutes: BTreeMap<u64, Sums>,
    kinds: BTreeMap<&'static str, Sums>,
}

#[derive(Default)]
struct Sums {
    blocks: u64,
    transactions: u64,
    failed: u64,
    gas_used: u64,
}

impl Index {
    /// Writes blocks, oldest first, in one database transaction. Blocks that the index already
    /// holds are compared and skipped, so applying a block twice changes nothing. The first block
    /// of an empty index may have any height; afterwards there are no gaps.
    ///
    /// # Errors
    /// [`IndexError`]; nothing of the batch is written then.
    pub fn apply(&self, blocks: &[IndexedBlock]) -> Result<(), IndexError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        let mut last = last_height(&transaction)?;
        let mut rows = Rows::default();
        let mut stake = StakeRows::default();
        for entry in blocks {
            let height = entry.block.header.height;
            match last {
                Some(last) if height <= last => {
                    check_same(&transaction, height, &entry.hash)?;
                    continue;
                }
                Some(last) if last.next() != Some(height) => {
                    let expected = last.next().unwrap_or(last);
                    return Err(IndexError::Gap { expected, found: height });
                }
                _ => {}
            }
            write_block(&transaction, entry)?;
            rows.add(entry)?;
            stake.add(&transaction, entry)?;
            governance::write(&transaction, entry)?;
            compute::write(&transaction, entry)?;
            energy::write(&transaction, entry)?;
            last = Some(height);
        }
        rows.write(&transaction)?;
        stake.write(&transaction)?;
        transaction.commit()?;
        Ok(())
    }
}

/// The highest block in the database.
pub(crate) fn last_height(connection: &Connection) -> rusqlite::Result<Option<Height>> {
    let height: Option<u64> =
        connection.query_row("SELECT max(height) FROM block", [], |row| row.get(0))?;
    Ok(height.map(Height::new))
}

fn check_same(db: &Transaction<'_>, height: Height, hash: &Hash) -> Result<(), IndexError> {
    let mut statement = db.prepare_cached("SELECT hash FROM block WHERE height = ?1")?;
    let held: Option<Vec<u8>> = statement.query_row([height.get()], |row| row.get(0)).optional()?;
    match held {
        Some(held) if held != blob(hash) => Err(IndexError::Diverged(height)),
        // Heights before the first block of the index are none of its business.
        _ => Ok(()),
    }
}

fn write_block(db: &Transaction<'_>, entry: &IndexedBlock) -> Result<(), IndexError> {
    let header = &entry.block.header;
    let (transactions, receipts) = (entry.block.transactions.len(), entry.receipts.len());
    let of_block = entry.receipts.last().is_some_and(Receipt::is_of_block);
    if receipts != transactions.saturating_add(usize::from(of_block)) {
        return Err(IndexError::Receipts { height: header.height, transactions, receipts });
    }
    let time_ms = i64::try_from(header.timestamp.get()).unwrap_or(i64::MAX);
    db.prepare_cached("INSERT INTO block VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        header.height.get(),
        blob(&entry.hash),
        time_ms,
        transactions,
    ])?;
    Ok(())
}

impl Rows {
    fn add(&mut self, entry: &IndexedBlock) -> Result<(), IndexError> {
        let header = &entry.block.header;
        let first = pack((header.height, 0)).ok_or(IndexError::OutOfRange(header.height))?;
        let minute = self.minutes.entry(header.timestamp.get() / MINUTE_MS).or_default();
        minute.blocks += 1;
        minute.transactions += entry.block.transactions.len() as u64;
        minute.gas_used = minute.gas_used.saturating_add(header.gas_used.get());
        let transactions = entry.block.transactions.iter().zip(entry.receipts.iter());
        let mut concerned = Vec::with_capacity(4);
        for ((transaction, receipt), position) in transactions.zip(first..) {
            let failed = u64::from(!receipt.code.is_ok());
            minute.failed += failed;
            let kind = self.kinds.entry(transaction.body().payload.name()).or_default();
            kind.transactions += 1;
            kind.failed += failed;
            self.transactions.push((transaction.hash(), position));
            accounts(transaction, receipt, &mut concerned);
            self.accounts.extend(concerned.drain(..).map(|account| (account, position)));
        }
        Ok(())
    }

    fn write(mut self, db: &Transaction<'_>) -> rusqlite::Result<()> {
        // Neighbours share pages: a sorted batch touches each page once.
        self.transactions.sort_unstable();
        self.accounts.sort_unstable();
        // A hash can appear once only, because the nonce is part of it.
        let mut insert = db.prepare_cached("INSERT OR REPLACE INTO tx VALUES (?1, ?2)")?;
        for (hash, position) in &self.transactions {
            insert.execute(params![blob(hash), position])?;
        }
        let mut insert = db.prepare_cached("INSERT OR IGNORE INTO account_tx VALUES (?1, ?2)")?;
        for (address, position) in &self.accounts {
            insert.execute(params![address.as_bytes().as_slice(), position])?;
        }
        let mut upsert = db.prepare_cached(
            "INSERT INTO minute VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET
             blocks = blocks + ?2, transactions = transactions + ?3, failed = failed + ?4,
             gas_used = gas_used + ?5",
        )?;
        for (minute, sums) in &self.minutes {
            let gas_used = i64::try_from(sums.gas_used).unwrap_or(i64::MAX);
            let minute = i64::try_from(*minute).unwrap_or(i64::MAX);
            upsert.execute(params![
                minute,
                sums.blocks,
                sums.transactions,
                sums.failed,
                gas_used
            ])?;
        }
        let mut upsert = db.prepare_cached(
            "INSERT INTO kind VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET
             transactions = transactions + ?2, failed = failed + ?3",
        )?;
        for (name, sums) in &self.kinds {
            upsert.execute(params![name, sums.transactions, sums.failed])?;
        }
        Ok(())
    }
}

/// The accounts that a transaction concerns, each once: its sender, those its payload names (also
/// when it failed) and those of its events.
fn accounts(transaction: &SignedTransaction, receipt: &Receipt, out: &mut Vec<Address>) {
    out.push(transaction.sender());
    // The other messages name validators, and the sender's own money.
    if let Payload::Transfer(transfer) = &transaction.body().payload {
        out.push(transfer.to);
    }
    for event in &receipt.events {
        out.extend(event.accounts());
    }
    out.sort_unstable();
    out.dedup();
}
