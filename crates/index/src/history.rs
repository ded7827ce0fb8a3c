//! What the index can be asked about validators and delegators.

use crate::{
    Index, IndexError, Position,
    stake::{key_at, narrow, version_at},
    unpack,
};
use althing_types::{
    Address, Amount, Due, Epoch, Height, Ppm, Shares, Timestamp, ValidatorKey, message::Health,
};
use rusqlite::{OptionalExtension as _, Row, params};

/// What an epoch was to a validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochRow {
    /// The epoch.
    pub epoch: Epoch,
    /// Proposals that became blocks.
    pub made: u64,
    /// Turns that passed without a block; 0 if the members of the epoch are unknown.
    pub missed: u64,
    /// What it was paid at the end; `None` if nothing, or if the epoch has not ended.
    pub paid: Option<PaidRow>,
}

/// What a validator was paid for an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidRow {
    /// Where the event is.
    pub at: (Position, u32),
    /// Emission and fees, in base units.
    pub reward: Amount,
    /// The operator's part of it, in base units.
    pub commission: Amount,
    /// Stake after the reward, in base units.
    pub tokens: Amount,
    /// The shares that own it.
    pub shares: Shares,
}

/// Something that happened to a validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The validator.
    pub validator: ValidatorKey,
    /// The block, and the receipt in it.
    pub at: Position,
    /// Place of the event in its receipt.
    pub seq: u32,
    /// The epoch.
    pub epoch: Epoch,
    /// Time of the block.
    pub time: Timestamp,
    /// Name of the event, for example `jailed`.
    pub kind: String,
    /// Why it was slashed: `downtime` or `equivocation`.
    pub reason: Option<String>,
    /// The part that was slashed, or the commission.
    pub ppm: Option<Ppm>,
    /// What was slashed, or paid as fee or reward, in base units.
    pub amount: Option<Amount>,
}

/// Somebody who has delegated to a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelegatorRow {
    /// Who.
    pub delegator: Address,
    /// The height at which that began.
    pub since: Height,
}

/// An entry of the unbonding queue, waiting or paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnbondingRow {
    /// Its number.
    pub entry: u64,
    /// The validator it was taken from.
    pub validator: ValidatorKey,
    /// What it was worth when it began, in base units.
    pub amount: Amount,
    /// What was burned at once, in base units.
    pub penalty: Amount,
    /// The height at which it began.
    pub began: Height,
    /// When it is paid.
    pub due: Due,
    /// The height at which it was paid, what was paid and what slashes took, in base units.
    pub paid: Option<(Height, Amount, Amount)>,
}

/// A heartbeat of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// The height of its block.
    pub height: Height,
    /// The time of its block.
    pub time: Timestamp,
    /// What the node measured.
    pub health: Health,
}

pub(crate) fn amount_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Amount> {
    let value: Vec<u8> = row.get(column)?;
    narrow(column, &value).map(Amount::new)
}

pub(crate) fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(crate) fn before_of(before: Option<u64>) -> i64 {
    before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX)
}

/// Columns 0 to 8: epoch, made, missed, position, seq, reward, commission, tokens, shares.
pub(crate) fn epoch_row(row: &Row<'_>) -> rusqlite::Result<EpochRow> {
    let position: Option<i64> = row.get(3)?;
    let paid = match position {
        None => None,
        Some(position) => Some(PaidRow {
            at: (unpack(position), row.get(4)?),
            reward: amount_at(row, 5)?,
            commission: amount_at(row, 6)?,
            tokens: amount_at(row, 7)?,
            shares: Shares::new(amount_at(row, 8)?.units()),
        }),
    };
    Ok(EpochRow { epoch: Epoch::new(row.get(0)?), made: row.get(1)?, missed: row.get(2)?, paid })
}

fn standing(row: &Row<'_>) -> rusqlite::Result<Standing> {
    let amount: Option<Vec<u8>> = row.get(8)?;
    let ppm: Option<u32> = row.get(7)?;
    Ok(Standing {
        validator: key_at(row, 0)?,
        at: unpack(row.get(1)?),
        seq: row.get(2)?,
        epoch: Epoch::new(row.get(3)?),
        time: Timestamp::new(row.get(4)?),
        kind: row.get(5)?,
        reason: row.get(6)?,
        ppm: ppm.and_then(Ppm::new),
        amount: amount.map(|value| narrow(8, &value).map(Amount::new)).transpose()?,
    })
}

impl Index {
    /// Epochs of a validator in which it had a turn or was paid, newest first, before `before`.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn validator_epochs(
        &self,
        validator: ValidatorKey,
        before: Option<Epoch>,
        limit: usize,
    ) -> Result<Vec<EpochRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT epoch, made, missed, position, seq, reward, commission, tokens, shares
                 FROM validator_epoch
                 WHERE validator = ?1 AND epoch < ?2 AND (made + missed > 0 OR reward IS NOT NULL)
                 ORDER BY epoch DESC LIMIT ?3",
            )?
            .query_map(
                params![
                    validator.as_bytes().as_slice(),
                    before_of(before.map(Epoch::get)),
                    limit_of(limit)
                ],
                epoch_row,
            )?
            .collect()
        })
    }

    /// What happened to a validator in these epochs, oldest first.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn validator_standings(
        &self,
        validator: ValidatorKey,
        first: Epoch,
        last: Epoch,
        limit: usize,
    ) -> Result<Vec<Standing>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT validator, position, seq, epoch, time_ms, kind, reason, ppm, amount
                 FROM validator_event WHERE validator = ?1 AND epoch >= ?2 AND epoch <= ?3
                 ORDER BY position, seq LIMIT ?4",
            )?
            .query_map(
                params![
                    validator.as_bytes().as_slice(),
                    before_of(Some(first.get())),
                    before_of(Some(last.get())),
                    limit_of(limit)
                ],
                standing,
            )?
            .collect()
        })
    }

    /// Validators that were ejected or have wanted to leave, ordered by key. Some of them may be
    /// validators again, and some may be forgotten by the chain.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn former(&self, limit: usize) -> Result<Vec<ValidatorKey>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT DISTINCT validator FROM validator_event
                 WHERE kind IN ('ejected', 'validator-leaving') ORDER BY validator LIMIT ?1",
            )?
            .query_map([limit_of(limit)], |row| key_at(row, 0))?
            .collect()
        })
    }

    /// Who has ever delegated to a validator, ordered by address, from behind `after`. What is left
    /// of a delegation is in the state.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn delegators(
        &self,
        validator: ValidatorKey,
        after: Option<Address>,
        limit: usize,
    ) -> Result<Vec<DelegatorRow>, IndexError> {
        self.read(|db| {
            let after: &[u8] = after.as_ref().map_or(&[], |address| address.as_bytes().as_slice());
            db.prepare_cached(
                "SELECT delegator, position FROM delegation WHERE validator = ?1 AND delegator > ?2
                 ORDER BY delegator LIMIT ?3",
            )?
            .query_map(params![validator.as_bytes().as_slice(), after, limit_of(limit)], |row| {
                let bytes: [u8; 20] = row.get(0)?;
                let (since, _) = unpack(row.get(1)?);
                Ok(DelegatorRow { delegator: Address::new(bytes), since })
            })?
            .collect()
        })
    }

    /// Unbonding entries of an account, newest first, before `before`.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn unbondings(
        &self,
        delegator: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<UnbondingRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT entry, validator, amount, penalty, position, due_height, due_time_ms,
                        paid_position, paid, slashed
                 FROM unbonding WHERE delegator = ?1 AND entry < ?2 ORDER BY entry DESC LIMIT ?3",
            )?
            .query_map(
                params![delegator.as_bytes().as_slice(), before_of(before), limit_of(limit)],
                unbonding,
            )?
            .collect()
        })
    }

    /// The last heartbeats of a validator's node, newest first; at most [`crate::KEPT_HEARTBEATS`].
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn heartbeats(
        &self,
        validator: ValidatorKey,
        limit: usize,
    ) -> Result<Vec<Beat>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT position, time_ms, height, peers, mempool, memory_mib, free_disk_mib,
                        uptime_s, spec, protocol
                 FROM heartbeat WHERE validator = ?1 ORDER BY position DESC LIMIT ?2",
            )?
            .query_map(params![validator.as_bytes().as_slice(), limit_of(limit)], |row| {
                let (height, _) = unpack(row.get(0)?);
                Ok(Beat {
                    height,
                    time: Timestamp::new(row.get(1)?),
                    health: Health {
                        height: Height::new(row.get(2)?),
                        peers: row.get(3)?,
                        mempool: row.get(4)?,
                        memory_mib: row.get(5)?,
                        free_disk_mib: row.get(6)?,
                        uptime_s: row.get(7)?,
                        spec: row.get(8)?,
                        protocol: version_at(row, 9)?,
                    },
                })
            })?
            .collect()
        })
    }

    /// The account that operates a validator, or operated it before it was removed.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn operator(&self, validator: ValidatorKey) -> Result<Option<Address>, IndexError> {
        self.read(|db| {
            db.prepare_cached("SELECT operator FROM operator WHERE validator = ?1")?
                .query_row([validator.as_bytes().as_slice()], |row| {
                    let bytes: [u8; 20] = row.get(0)?;
                    Ok(Address::new(bytes))
                })
                .optional()
        })
    }
}

fn unbonding(row: &Row<'_>) -> rusqlite::Result<UnbondingRow> {
    let (began, _) = unpack(row.get(4)?);
    let paid: Option<i64> = row.get(7)?;
    let paid = match paid {
        None => None,
        Some(position) => Some((unpack(position).0, amount_at(row, 8)?, amount_at(row, 9)?)),
    };
    Ok(UnbondingRow {
        entry: row.get(0)?,
        validator: key_at(row, 1)?,
        amount: amount_at(row, 2)?,
        penalty: amount_at(row, 3)?,
        began,
        due: Due { height: Height::new(row.get(5)?), time: Timestamp::new(row.get(6)?) },
        paid,
    })
}
