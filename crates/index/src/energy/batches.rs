//! Batches of readings, and what oracles found about them.

use super::{Place, bytes, word, word_at};
use crate::{blob, stake::int};
use althing_types::{
    Address, Event, Hash, Payload, SignedTransaction,
    energy::{Reading, ReadingOutcome, ReportItem},
};
use rusqlite::{OptionalExtension as _, Transaction, params};
use std::collections::BTreeSet;

/// Bits of an id that say the place of a reading in its batch.
const PLACE_BITS: u32 = 6;
/// Seconds in an hour.
const HOUR: u64 = 3_600;

/// The id of the first reading of a batch.
pub(crate) fn first_reading(batch: u64) -> i64 {
    int(batch.checked_shl(PLACE_BITS).filter(|id| id >> PLACE_BITS == batch).unwrap_or(u64::MAX))
        & !((1 << PLACE_BITS) - 1)
}

/// Undoes [`first_reading`] with a place added.
pub(crate) const fn reading_place(id: i64) -> (u64, u8) {
    let id = id.cast_unsigned();
    (id >> PLACE_BITS, (id & ((1 << PLACE_BITS) - 1)) as u8)
}

pub(super) fn write(
    db: &Transaction<'_>,
    place: Place,
    transaction: Option<&SignedTransaction>,
    event: &Event,
) -> rusqlite::Result<()> {
    match event {
        Event::ReadingsSubmitted { provider, batch, readings, wh } => {
            db.prepare_cached(
                "INSERT OR REPLACE INTO energy_batch
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?5, 0, 0, 0, 0, NULL)",
            )?
            .execute(params![
                int(*batch),
                bytes(provider),
                place.height,
                place.time_ms,
                readings,
                word(*wh)
            ])?;
            let payload = transaction.map(|transaction| &transaction.body().payload);
            if let Some(Payload::SubmitReadings(message)) = payload {
                write_readings(db, provider, *batch, &message.readings)?;
            }
            Ok(())
        }
        Event::ReadingsDecided { provider, batch, outcome, readings, wh } => {
            decided(db, *batch, *outcome, (*readings, *wh))?;
            if *outcome == ReadingOutcome::Attested {
                write_hours(db, provider, *batch, *readings)?;
            }
            Ok(())
        }
        Event::BatchClosed { batch, .. } => {
            db.prepare_cached("UPDATE energy_batch SET closed = ?2 WHERE number = ?1")?
                .execute(params![int(*batch), place.height])?;
            Ok(())
        }
        Event::OracleReported { oracle, report, late } => {
            reported(db, place, oracle, report, *late)
        }
        _ => Ok(()),
    }
}

fn write_readings(
    db: &Transaction<'_>,
    provider: &Address,
    batch: u64,
    readings: &[Reading],
) -> rusqlite::Result<()> {
    let mut insert = db.prepare_cached(
        "INSERT OR REPLACE INTO energy_reading VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL)",
    )?;
    for (id, reading) in (first_reading(batch)..).zip(readings) {
        let meter = meter_row(db, provider, &reading.meter)?;
        insert.execute(params![
            id,
            meter,
            word(reading.sequence),
            word(reading.start),
            reading.seconds,
            word(reading.wh),
            word(reading.total_wh),
            word(reading.signed_at)
        ])?;
    }
    Ok(())
}

/// The row of a meter, which is new to an index that began behind its registration.
fn meter_row(db: &Transaction<'_>, provider: &Address, meter: &Hash) -> rusqlite::Result<i64> {
    let mut select = db.prepare_cached("SELECT id FROM energy_meter WHERE meter = ?1")?;
    let known = select.query_row(params![blob(meter)], |row| row.get(0)).optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    db.prepare_cached("INSERT INTO energy_meter (meter, provider) VALUES (?1, ?2)")?
        .insert(params![blob(meter), bytes(provider)])
}

/// Readings of a batch that were undecided are decided.
fn decided(
    db: &Transaction<'_>,
    batch: u64,
    outcome: ReadingOutcome,
    (readings, wh): (u64, u64),
) -> rusqlite::Result<()> {
    let attested = outcome == ReadingOutcome::Attested;
    let sql = match outcome {
        ReadingOutcome::Attested => {
            "UPDATE energy_batch SET undecided = undecided - ?2, attested = attested + ?2
             WHERE number = ?1"
        }
        ReadingOutcome::Refused => {
            "UPDATE energy_batch SET undecided = undecided - ?2, refused = refused + ?2
             WHERE number = ?1"
        }
        ReadingOutcome::Expired => {
            "UPDATE energy_batch SET undecided = undecided - ?2, expired = expired + ?2
             WHERE number = ?1"
        }
        // Only what was attested is ever disproved.
        ReadingOutcome::Disproved => {
            "UPDATE energy_batch SET attested = attested - ?2, disproved = disproved + ?2
             WHERE number = ?1"
        }
    };
    db.prepare_cached(sql)?.execute(params![int(batch), readings.count_ones()])?;
    if attested || outcome == ReadingOutcome::Disproved {
        change_attested(db, batch, |sum| {
            if attested { sum.wrapping_add(wh) } else { sum.wrapping_sub(wh) }
        })?;
    }
    db.prepare_cached(
        "UPDATE energy_reading SET outcome = ?2
         WHERE id BETWEEN ?1 AND ?1 + 63 AND (?3 >> (id & 63)) & 1 = 1",
    )?
    .execute(params![first_reading(batch), outcome.byte(), word(readings)])?;
    Ok(())
}

/// SQLite has no 64 unsigned bits: the sum is made here.
fn change_attested(
    db: &Transaction<'_>,
    batch: u64,
    change: impl FnOnce(u64) -> u64,
) -> rusqlite::Result<()> {
    let mut select = db.prepare_cached("SELECT attested_wh FROM energy_batch WHERE number = ?1")?;
    let known = select.query_row(params![int(batch)], |row| word_at(row, 0)).optional()?;
    let Some(sum) = known else { return Ok(()) };
    db.prepare_cached("UPDATE energy_batch SET attested_wh = ?2 WHERE number = ?1")?
        .execute(params![int(batch), word(change(sum))])?;
    Ok(())
}

/// A reading that was attested was false.
pub(super) fn disproved(db: &Transaction<'_>, batch: u64, reading: u8) -> rusqlite::Result<()> {
    let id = first_reading(batch) | i64::from(reading);
    let mut select = db.prepare_cached("SELECT wh FROM energy_reading WHERE id = ?1")?;
    let wh = select.query_row(params![id], |row| word_at(row, 0)).optional()?.unwrap_or(0);
    let bit = 1u64.checked_shl(reading.into()).unwrap_or(0);
    decided(db, batch, ReadingOutcome::Disproved, (bit, wh))
}

/// Notes the hours in which something was attested.
fn write_hours(
    db: &Transaction<'_>,
    provider: &Address,
    batch: u64,
    readings: u64,
) -> rusqlite::Result<()> {
    let mut select = db.prepare_cached(
        "SELECT start, seconds FROM energy_reading
         WHERE id BETWEEN ?1 AND ?1 + 63 AND (?2 >> (id & 63)) & 1 = 1",
    )?;
    let spans = select.query_map(params![first_reading(batch), word(readings)], |row| {
        Ok((word_at(row, 0)?, row.get::<_, u32>(1)?))
    })?;
    let mut hours = BTreeSet::new();
    for span in spans {
        let (start, seconds) = span?;
        let last = start.saturating_add(u64::from(seconds).saturating_sub(1));
        hours.extend(start / HOUR..=last / HOUR);
    }
    let mut insert = db.prepare_cached(
        "INSERT OR IGNORE INTO energy_hour
         SELECT address, ?2, zone FROM energy_provider WHERE address = ?1",
    )?;
    for hour in hours {
        insert.execute(params![bytes(provider), int(hour)])?;
    }
    Ok(())
}

fn reported(
    db: &Transaction<'_>,
    place: Place,
    oracle: &Address,
    report: &ReportItem,
    late: bool,
) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO energy_report VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![
            bytes(oracle),
            int(report.batch),
            word(report.agree),
            word(report.contradict),
            late,
            place.height,
            place.time_ms
        ])?;
    Ok(())
}
