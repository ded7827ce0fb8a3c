//! Writes what blocks say about workers, their devices and their tasks: one row, or one change of a
//! row, for each event.

use crate::{
    IndexError, IndexedBlock, blob,
    events::{Place, of_module},
    stake::{int, wide},
};
use althing_types::{
    Address, Amount, Event, Payload, SignedTransaction,
    compute::{Operands, Purpose, RefundReason, RejectReason, TaskState, WorkerState},
};
use commonware_codec::Encode as _;
use rusqlite::{Transaction, params};

/// Writes what a block says.
pub(crate) fn write(db: &Transaction<'_>, entry: &IndexedBlock) -> Result<(), IndexError> {
    for said in of_module(entry, 0x0c) {
        let (transaction, events) = said?;
        for (place, event) in events {
            note(db, place, event)?;
            write_worker(db, place, event)?;
            write_work(db, place, transaction, event)?;
            write_check(db, place, event)?;
            write_end(db, place, event)?;
        }
    }
    Ok(())
}

/// Writes where an event of a task is.
fn note(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    let Some(task) = event.task() else { return Ok(()) };
    db.prepare_cached("INSERT OR REPLACE INTO task_event VALUES (?1, ?2, ?3)")?
        .execute(params![int(task), place.position, place.seq])?;
    Ok(())
}

fn write_worker(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::WorkerRegistered { worker, stake } => {
            db.prepare_cached(
                "INSERT INTO worker VALUES (?1, 'active', ?2, ?3, '', NULL)
                 ON CONFLICT DO UPDATE SET state = 'active', stake = ?2",
            )?
            .execute(params![bytes(worker), wide(stake.units()), place.height])?;
            Ok(())
        }
        Event::WorkerUpdated { worker, state, stake } => {
            set_worker(db, worker, *state, Some(*stake))
        }
        Event::WorkerLeaving { worker, state, .. } => set_worker(db, worker, *state, None),
        Event::WorkerUnbonded { worker, .. } => {
            // Who was banned stays so.
            let sql = "UPDATE worker SET stake = ?2, state = CASE state WHEN 'banned' THEN state
                       ELSE 'left' END WHERE address = ?1";
            db.prepare_cached(sql)?.execute(params![bytes(worker), wide(0)])?;
            Ok(())
        }
        Event::WorkerHeard { worker, version } => {
            let sql = "UPDATE worker SET version = ?2, heard_ms = ?3 WHERE address = ?1";
            db.prepare_cached(sql)?.execute(params![
                bytes(worker),
                version.as_str(),
                place.time_ms
            ])?;
            Ok(())
        }
        Event::WorkerSlashed { worker, amount, .. } => slashed(db, worker, *amount),
        Event::DeviceAttested { .. } | Event::DeviceRemoved { .. } => reading(db, place, event),
        _ => Ok(()),
    }
}

fn set_worker(
    db: &Transaction<'_>,
    worker: &Address,
    state: WorkerState,
    stake: Option<Amount>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE worker SET state = ?2, stake = coalesce(?3, stake) WHERE address = ?1";
    let stake = stake.map(|stake| wide(stake.units()));
    db.prepare_cached(sql)?.execute(params![bytes(worker), state.name(), stake])?;
    Ok(())
}

fn slashed(db: &Transaction<'_>, worker: &Address, amount: Amount) -> rusqlite::Result<()> {
    let sql = "SELECT stake FROM worker WHERE address = ?1";
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query(params![bytes(worker)])?;
    let Some(row) = rows.next()? else { return Ok(()) };
    let stake = crate::history::amount_at(row, 0)?;
    let left = stake.units().saturating_sub(amount.units());
    db.prepare_cached("UPDATE worker SET stake = ?2 WHERE address = ?1")?
        .execute(params![bytes(worker), wide(left)])?;
    Ok(())
}

/// How a device was scored, or that it is there no more.
fn reading(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    let mut insert = db.prepare_cached(
        "INSERT OR REPLACE INTO device_reading
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    match event {
        Event::DeviceAttested {
            worker, device, kind, points, performance, tier, flagged, ..
        } => {
            insert.execute(params![
                bytes(worker),
                device,
                place.position,
                place.seq,
                place.time_ms,
                kind.name(),
                points.encode().as_ref(),
                int(*performance),
                tier.get(),
                flagged
            ])?;
        }
        Event::DeviceRemoved { worker, device } => {
            let none = rusqlite::types::Null;
            insert.execute(params![
                bytes(worker),
                device,
                place.position,
                place.seq,
                place.time_ms,
                none,
                none,
                0,
                0,
                false
            ])?;
        }
        _ => {}
    }
    Ok(())
}

/// Where the matrices of a new task come from, and where they are fetched: the message that orders it
/// says so. All other tasks have a seed.
fn operands(transaction: Option<&SignedTransaction>) -> (Operands, &str) {
    match transaction.map(|transaction| &transaction.body().payload) {
        Some(Payload::CreateTask(order)) => (order.operands, order.source.as_str()),
        _ => (Operands::Seed {}, ""),
    }
}

fn write_work(
    db: &Transaction<'_>,
    place: Place,
    transaction: Option<&SignedTransaction>,
    event: &Event,
) -> rusqlite::Result<()> {
    match event {
        Event::TaskCreated { task, purpose, requester, shape, count, price } => {
            let (operands, source) = operands(transaction);
            db.prepare_cached(
                "INSERT OR REPLACE INTO task VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open', 0, NULL, NULL,
                 NULL, NULL, 0, NULL, NULL, NULL, ?7, ?8, NULL, NULL, NULL, NULL, NULL, NULL, ?9,
                 ?10)",
            )?
            .execute(params![
                int(*task),
                purpose.name(),
                requester.as_ref().map(bytes),
                shape.encode().as_ref(),
                count,
                wide(price.units()),
                place.height,
                place.time_ms,
                operands.encode().as_ref(),
                source
            ])?;
            Ok(())
        }
        Event::TaskAssigned { task, attempt, worker, device, .. } => {
            db.prepare_cached(
                "UPDATE task SET state = 'assigned', attempt = ?2, worker = ?3, device = ?4,
                 assigned_ms = ?5, root = NULL, digest = NULL, round = 0, committed_ms = NULL,
                 challenged_ms = NULL, accepted_ms = NULL WHERE number = ?1",
            )?
            .execute(params![
                int(*task),
                attempt,
                bytes(worker),
                device,
                place.time_ms
            ])?;
            db.prepare_cached(
                "INSERT OR REPLACE INTO attempt VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'assigned')",
            )?
            .execute(params![
                bytes(worker),
                int(*task),
                attempt,
                device,
                place.height,
                place.time_ms
            ])?;
            Ok(())
        }
        Event::TaskCommitted { task, root, digest, .. } => {
            db.prepare_cached(
                "UPDATE task SET root = ?2, digest = ?3, committed_ms = ?4 WHERE number = ?1",
            )?
            .execute(params![
                int(*task),
                blob(root),
                digest.as_ref().map(blob),
                place.time_ms
            ])?;
            become_state(db, *task, TaskState::Committed)
        }
        _ => Ok(()),
    }
}

fn write_check(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::TaskChallenged { task, round, .. } => {
            let sql = "UPDATE task SET round = ?2, challenged_ms = coalesce(challenged_ms, ?3)
                       WHERE number = ?1";
            db.prepare_cached(sql)?.execute(params![int(*task), round, place.time_ms])?;
            become_state(db, *task, TaskState::Challenged)
        }
        Event::ResultVoted { task, validator, verdict, transcript } => {
            db.prepare_cached(
                "INSERT OR REPLACE INTO verdict
                 SELECT number, attempt, round, ?2, ?3, ?4, ?5, ?6 FROM task WHERE number = ?1",
            )?
            .execute(params![
                int(*task),
                validator.as_bytes().as_slice(),
                verdict.name(),
                blob(transcript),
                place.height,
                place.time_ms
            ])?;
            Ok(())
        }
        Event::TaskAccepted { task, .. } => {
            db.prepare_cached("UPDATE task SET accepted_ms = ?2 WHERE number = ?1")?
                .execute(params![int(*task), place.time_ms])?;
            become_state(db, *task, TaskState::Accepted)
        }
        Event::ResultDisproved { task, prover, .. } => {
            db.prepare_cached("UPDATE task SET prover = ?2 WHERE number = ?1")?
                .execute(params![int(*task), bytes(prover)])?;
            become_state(db, *task, TaskState::Disproved)
        }
        _ => Ok(()),
    }
}

fn write_end(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::TaskSettled { task, worker, payment, epoch, factors, credit, .. } => {
            db.prepare_cached(
                "INSERT OR REPLACE INTO settlement
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                int(epoch.get()),
                int(*task),
                bytes(worker),
                place.height,
                place.time_ms,
                wide(payment.worker.units()),
                wide(payment.validators.units()),
                wide(payment.burned.units()),
                factors.map(|factors| factors.encode().to_vec()),
                wide(credit.units())
            ])?;
            become_state(db, *task, TaskState::Settled)?;
            over(db, place, *task)
        }
        Event::TaskRejected { task, attempt, worker, reason } => {
            rejected(db, place, (*task, *attempt, worker), *reason)
        }
        Event::TaskRefunded { task, reason, .. } => {
            let state = match reason {
                RefundReason::Cancelled => TaskState::Cancelled,
                RefundReason::NoWorker | RefundReason::Attempts => TaskState::Failed,
            };
            db.prepare_cached("UPDATE task SET state = ?2, refund = ?3 WHERE number = ?1")?
                .execute(params![int(*task), state.name(), reason.name()])?;
            over(db, place, *task)
        }
        _ => Ok(()),
    }
}

/// The task and its present attempt are in this state.
fn become_state(db: &Transaction<'_>, task: u64, state: TaskState) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE task SET state = ?2 WHERE number = ?1")?
        .execute(params![int(task), state.name()])?;
    let sql = "UPDATE attempt SET outcome = ?2 WHERE task = ?1
               AND attempt = (SELECT attempt FROM task WHERE number = ?1)";
    db.prepare_cached(sql)?.execute(params![int(task), state.name()])?;
    Ok(())
}

/// An attempt failed. A paid task waits for another worker, unless its price goes back; all others
/// are over.
fn rejected(
    db: &Transaction<'_>,
    place: Place,
    (task, attempt, worker): (u64, u32, &Address),
    reason: RejectReason,
) -> rusqlite::Result<()> {
    let sql = "UPDATE attempt SET outcome = ?4 WHERE worker = ?1 AND task = ?2 AND attempt = ?3";
    db.prepare_cached(sql)?.execute(params![bytes(worker), int(task), attempt, reason.name()])?;
    let sql = "UPDATE task SET reason = ?2, state = CASE WHEN ended IS NOT NULL THEN state
               WHEN purpose = ?3 THEN 'open' ELSE 'failed' END WHERE number = ?1";
    let paid = Purpose::Paid.name();
    db.prepare_cached(sql)?.execute(params![int(task), reason.name(), paid])?;
    let sql = "UPDATE task SET ended = coalesce(ended, ?2), ended_ms = coalesce(ended_ms, ?3)
               WHERE number = ?1 AND purpose <> ?4";
    db.prepare_cached(sql)?.execute(params![int(task), place.height, place.time_ms, paid])?;
    Ok(())
}

fn over(db: &Transaction<'_>, place: Place, task: u64) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE task SET ended = ?2, ended_ms = ?3 WHERE number = ?1")?
        .execute(params![int(task), place.height, place.time_ms])?;
    Ok(())
}

fn bytes(address: &Address) -> &[u8] {
    address.as_bytes().as_slice()
}
