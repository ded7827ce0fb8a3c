//! What the index can be asked about tasks: what became of them, who checked them, what they earned.

use crate::{
    EventPlace, Index, IndexError,
    decisions::{address_at, decoded, height_at, time_at},
    history::{amount_at, before_of, limit_of},
    stake::{int, key_at},
    unpack,
};
use althing_types::{
    Address, Amount, Epoch, Hash, Height, Timestamp, ValidatorKey,
    compute::{
        Factors, Operands, Payment, Purpose, RefundReason, RejectReason, Shape, TaskState, Verdict,
    },
};
use rusqlite::{OptionalExtension as _, Row, params, types::Type};
use std::str::FromStr;

/// Which tasks are wanted. What is left open is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskQuery {
    /// Where they are in their lives.
    pub state: Option<TaskState>,
    /// Why they exist.
    pub purpose: Option<Purpose>,
    /// Who pays for them.
    pub requester: Option<Address>,
    /// Who has, or had, them.
    pub worker: Option<Address>,
    /// Only those with a lower number.
    pub before: Option<u64>,
}

/// A task, also one that the state has forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// Its number.
    pub number: u64,
    /// Why it exists.
    pub purpose: Purpose,
    /// Who pays for it, if somebody does.
    pub requester: Option<Address>,
    /// The shape of its products.
    pub shape: Shape,
    /// How many there are.
    pub count: u32,
    /// What is paid for each of them, in base units.
    pub price: Amount,
    /// Where it is in its life.
    pub state: TaskState,
    /// How many workers had it.
    pub attempt: u32,
    /// Who had it last.
    pub worker: Option<Address>,
    /// The number of that worker's device.
    pub device: Option<u8>,
    /// Root of the roots of its products.
    pub root: Option<Hash>,
    /// SHA-256 of the bytes of the result of a benchmark.
    pub digest: Option<Hash>,
    /// The committee that checked it last: 0 or 1.
    pub round: u8,
    /// Why the last attempt that failed did so.
    pub reason: Option<RejectReason>,
    /// Why its price went back.
    pub refund: Option<RefundReason>,
    /// Who proved it wrong.
    pub prover: Option<Address>,
    /// The height at which it was created.
    pub created: Height,
    /// The time of that block.
    pub created_time: Timestamp,
    /// When it was assigned last.
    pub assigned: Option<Timestamp>,
    /// When its worker committed to a result.
    pub committed: Option<Timestamp>,
    /// When a committee was first drawn for that.
    pub challenged: Option<Timestamp>,
    /// When the committee accepted it.
    pub accepted: Option<Timestamp>,
    /// The height at which it was over.
    pub ended: Option<Height>,
    /// The time of that block.
    pub ended_time: Option<Timestamp>,
    /// Where the matrices come from.
    pub operands: Operands,
    /// Where matrices that the requester has are fetched, or empty.
    pub source: String,
}

/// An attempt of a worker at a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// The task as it is now.
    pub task: TaskRow,
    /// How many workers had it, this one included.
    pub attempt: u32,
    /// The number of the device.
    pub device: u8,
    /// When it was assigned.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// The name of the state of this attempt, or of the reason why it failed.
    pub outcome: String,
}

/// What a member of a committee found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerdictRow {
    /// Which attempt it is about.
    pub attempt: u32,
    /// The first committee or the second one: 0 or 1.
    pub round: u8,
    /// The member.
    pub validator: ValidatorKey,
    /// What it found.
    pub verdict: Verdict,
    /// SHA-256 over the values that it got for its samples.
    pub transcript: Hash,
    /// When it voted.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

/// A result that was paid or credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementRow {
    /// The task.
    pub task: u64,
    /// The worker.
    pub worker: Address,
    /// The epoch in which it counts.
    pub epoch: Epoch,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// The shape of its products.
    pub shape: Shape,
    /// What was paid, in base units.
    pub payment: Payment,
    /// What its weight is made of; of work of the network alone.
    pub factors: Option<Factors>,
    /// The weight, in millionths of a unit of work.
    pub credit: Amount,
}

/// A name of the chain.
fn named<T: FromStr>(column: usize, name: &str) -> rusqlite::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    name.parse().map_err(|error: T::Err| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

pub(crate) fn name_at<T: FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    named(column, row.get_ref(column)?.as_str()?)
}

pub(crate) fn maybe_name_at<T: FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    row.get_ref(column)?.as_str_or_null()?.map(|name| named(column, name)).transpose()
}

pub(crate) fn maybe_address_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Address>> {
    let bytes: Option<[u8; 20]> = row.get(column)?;
    Ok(bytes.map(Address::new))
}

pub(crate) fn hash_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Hash> {
    let bytes: [u8; 32] = row.get(column)?;
    Ok(Hash::from(bytes))
}

fn maybe_hash_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Hash>> {
    let bytes: Option<[u8; 32]> = row.get(column)?;
    Ok(bytes.map(Hash::from))
}

/// The columns of a task, in the order that [`task`] reads.
macro_rules! task_columns {
    () => {
        "number, purpose, requester, shape, count, price, state, task.attempt, task.worker, \
         task.device, root, digest, round, reason, refund, prover, created, created_ms, \
         assigned_ms, committed_ms, challenged_ms, accepted_ms, ended, ended_ms, operands, source"
    };
}

/// How many they are.
const TASK_COLUMNS: usize = 26;

fn task(row: &Row<'_>) -> rusqlite::Result<TaskRow> {
    Ok(TaskRow {
        number: row.get(0)?,
        purpose: name_at(row, 1)?,
        requester: maybe_address_at(row, 2)?,
        shape: decoded(row, 3)?,
        count: row.get(4)?,
        price: amount_at(row, 5)?,
        state: name_at(row, 6)?,
        attempt: row.get(7)?,
        worker: maybe_address_at(row, 8)?,
        device: row.get(9)?,
        root: maybe_hash_at(row, 10)?,
        digest: maybe_hash_at(row, 11)?,
        round: row.get(12)?,
        reason: maybe_name_at(row, 13)?,
        refund: maybe_name_at(row, 14)?,
        prover: maybe_address_at(row, 15)?,
        created: Height::new(row.get(16)?),
        created_time: Timestamp::new(row.get(17)?),
        assigned: time_at(row, 18)?,
        committed: time_at(row, 19)?,
        challenged: time_at(row, 20)?,
        accepted: time_at(row, 21)?,
        ended: height_at(row, 22)?,
        ended_time: time_at(row, 23)?,
        operands: decoded(row, 24)?,
        source: row.get(25)?,
    })
}

fn settlement(row: &Row<'_>) -> rusqlite::Result<SettlementRow> {
    let factors = match row.get_ref(9)? {
        rusqlite::types::ValueRef::Null => None,
        _ => Some(decoded(row, 9)?),
    };
    Ok(SettlementRow {
        epoch: Epoch::new(row.get(0)?),
        task: row.get(1)?,
        worker: address_at(row, 2)?,
        height: Height::new(row.get(3)?),
        time: Timestamp::new(row.get(4)?),
        shape: decoded(row, 5)?,
        payment: Payment {
            worker: amount_at(row, 6)?,
            validators: amount_at(row, 7)?,
            burned: amount_at(row, 8)?,
        },
        factors,
        credit: amount_at(row, 10)?,
    })
}

const SETTLEMENT: &str = "SELECT s.epoch, s.task, s.worker, s.height, s.time_ms, t.shape, \
                          s.worker_got, s.checkers, s.burned, s.factors, s.credit \
                          FROM settlement s JOIN task t ON t.number = s.task";

impl Index {
    /// Tasks, newest first.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn tasks(&self, query: &TaskQuery, limit: usize) -> Result<Vec<TaskRow>, IndexError> {
        self.read(|db| {
            let bytes = |address: &Option<Address>| address.map(|it| it.as_bytes().to_vec());
            db.prepare_cached(concat!(
                "SELECT ",
                task_columns!(),
                " FROM task WHERE number < ?1 AND (?2 IS NULL OR state = ?2)
                 AND (?3 IS NULL OR purpose = ?3) AND (?4 IS NULL OR requester = ?4)
                 AND (?5 IS NULL OR number IN (SELECT task FROM attempt WHERE worker = ?5))
                 ORDER BY number DESC LIMIT ?6"
            ))?
            .query_map(
                params![
                    before_of(query.before),
                    query.state.map(TaskState::name),
                    query.purpose.map(Purpose::name),
                    bytes(&query.requester),
                    bytes(&query.worker),
                    limit_of(limit)
                ],
                task,
            )?
            .collect()
        })
    }

    /// A task, also one that the state has forgotten; `None` if there never was one.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn task(&self, number: u64) -> Result<Option<TaskRow>, IndexError> {
        self.read(|db| {
            let sql = concat!("SELECT ", task_columns!(), " FROM task WHERE number = ?1");
            db.prepare_cached(sql)?.query_row(params![int(number)], task).optional()
        })
    }

    /// How many tasks are in each state; states without any are there, too.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn task_counts(&self) -> Result<Vec<(TaskState, u64)>, IndexError> {
        self.read(|db| {
            let mut select = db.prepare_cached("SELECT count(*) FROM task WHERE state = ?1")?;
            let count = |state: &TaskState| {
                Ok((*state, select.query_row(params![state.name()], |row| row.get(0))?))
            };
            TaskState::ALL.iter().map(count).collect()
        })
    }

    /// Where the events of a task are, oldest first.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn task_events(&self, number: u64, limit: usize) -> Result<Vec<EventPlace>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT position, seq FROM task_event WHERE task = ?1
                 ORDER BY position, seq LIMIT ?2",
            )?
            .query_map(params![int(number), limit_of(limit)], |row| {
                Ok(EventPlace { at: unpack(row.get(0)?), seq: row.get(1)? })
            })?
            .collect()
        })
    }

    /// Attempts of a worker, newest task first, below a number.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn attempts(
        &self,
        worker: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AttemptRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(concat!(
                "SELECT ",
                task_columns!(),
                ", a.attempt, a.device, a.height, a.time_ms, a.outcome
                 FROM attempt a JOIN task ON number = a.task WHERE a.worker = ?1 AND a.task < ?2
                 ORDER BY a.task DESC, a.attempt DESC LIMIT ?3"
            ))?
            .query_map(
                params![worker.as_bytes().as_slice(), before_of(before), limit_of(limit)],
                |row| {
                    Ok(AttemptRow {
                        task: task(row)?,
                        attempt: row.get(TASK_COLUMNS)?,
                        device: row.get(TASK_COLUMNS + 1)?,
                        height: Height::new(row.get(TASK_COLUMNS + 2)?),
                        time: Timestamp::new(row.get(TASK_COLUMNS + 3)?),
                        outcome: row.get(TASK_COLUMNS + 4)?,
                    })
                },
            )?
            .collect()
        })
    }

    /// What members of committees found about a task, in the order of attempts, committees and
    /// keys.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn verdicts(&self, number: u64) -> Result<Vec<VerdictRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT attempt, round, validator, verdict, transcript, height, time_ms
                 FROM verdict WHERE task = ?1 ORDER BY attempt, round, validator",
            )?
            .query_map(params![int(number)], |row| {
                Ok(VerdictRow {
                    attempt: row.get(0)?,
                    round: row.get(1)?,
                    validator: key_at(row, 2)?,
                    verdict: name_at(row, 3)?,
                    transcript: hash_at(row, 4)?,
                    height: Height::new(row.get(5)?),
                    time: Timestamp::new(row.get(6)?),
                })
            })?
            .collect()
        })
    }

    /// What a task was paid or credited; `None` if it was not.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn settlement(&self, task: u64) -> Result<Option<SettlementRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(&format!("{SETTLEMENT} WHERE s.task = ?1"))?
                .query_row(params![int(task)], settlement)
                .optional()
        })
    }

    /// Credited results of an epoch in the order of their numbers, from behind `after`.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn credited(
        &self,
        epoch: Epoch,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<SettlementRow>, IndexError> {
        self.read(|db| {
            let after = after.map_or(-1, int);
            db.prepare_cached(&format!(
                "{SETTLEMENT} WHERE s.epoch = ?1 AND s.task > ?2 AND s.factors IS NOT NULL
                 ORDER BY s.task LIMIT ?3"
            ))?
            .query_map(params![int(epoch.get()), after, limit_of(limit)], settlement)?
            .collect()
        })
    }
}
