//! Offers, orders, slots that were cleared, sales and certificates.

use super::{Place, bytes, word, word_at};
use crate::{
    history::amount_at,
    stake::{int, wide},
};
use althing_types::{Address, Amount, Event, energy::Zone};
use rusqlite::{OptionalExtension as _, Transaction, params};
use std::collections::BTreeMap;

/// How many sales of each slot a receipt has told so far: those of a clearing come before it.
#[derive(Default)]
pub(super) struct Sales(BTreeMap<(Zone, u64), u32>);

pub(super) fn write(
    db: &Transaction<'_>,
    place: Place,
    event: &Event,
    sales: &mut Sales,
) -> rusqlite::Result<()> {
    match event {
        Event::EnergyOffered { provider, zone, slot, number, wh, min_price } => {
            entered(db, (*number, provider, true), (zone, *slot), (*wh, *min_price))
        }
        Event::EnergyOrdered { buyer, zone, slot, number, wh, max_price } => {
            entered(db, (*number, buyer, false), (zone, *slot), (*wh, *max_price))
        }
        Event::EnergyOrderCancelled { number, .. } => {
            db.prepare_cached("DELETE FROM energy_order WHERE number = ?1")?
                .execute(params![int(*number)])?;
            Ok(())
        }
        Event::EnergySold { zone, slot, .. } => {
            let count = sales.0.entry((zone.clone(), *slot)).or_default();
            *count = count.saturating_add(1);
            sold(db, place, event)
        }
        Event::SlotCleared { zone, slot, .. } => {
            let count = sales.0.remove(&(zone.clone(), *slot)).unwrap_or(0);
            cleared(db, place, event, count)
        }
        _ => write_certificate(db, place, event),
    }
}

fn entered(
    db: &Transaction<'_>,
    (number, account, offer): (u64, &Address, bool),
    (zone, slot): (&Zone, u64),
    (wh, price): (u64, Amount),
) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO energy_order VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![
        int(number),
        bytes(account),
        offer,
        zone.as_str(),
        int(slot),
        word(wh),
        wide(price.units())
    ])?;
    Ok(())
}

fn cleared(db: &Transaction<'_>, place: Place, event: &Event, sales: u32) -> rusqlite::Result<()> {
    let Event::SlotCleared { zone, slot, price, wh, paid, refunds } = event else { return Ok(()) };
    db.prepare_cached("DELETE FROM energy_order WHERE zone = ?1 AND slot = ?2")?
        .execute(params![zone.as_str(), int(*slot)])?;
    db.prepare_cached(
        "INSERT INTO energy_slot (zone, slot, price, wh, paid, refunds, sales, height, time_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        zone.as_str(),
        int(*slot),
        wide(price.units()),
        word(*wh),
        wide(paid.units()),
        wide(refunds.units()),
        sales,
        place.height,
        place.time_ms
    ])?;
    Ok(())
}

fn sold(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    let Event::EnergySold { certificate, provider, buyer, zone, slot, wh, price, paid } = event
    else {
        return Ok(());
    };
    db.prepare_cached(
        "INSERT OR REPLACE INTO energy_sale VALUES (?1, 'held', ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
         ?9, ?10, 0, ?11, NULL, NULL, NULL, NULL, NULL)",
    )?
    .execute(params![
        int(*certificate),
        bytes(buyer),
        bytes(provider),
        zone.as_str(),
        int(*slot),
        word(*wh),
        wide(price.units()),
        wide(paid.units()),
        place.height,
        place.time_ms,
        wide(0)
    ])?;
    owned(db, place, *certificate, buyer)
}

/// A certificate has this owner from now on.
fn owned(
    db: &Transaction<'_>,
    place: Place,
    certificate: u64,
    owner: &Address,
) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE energy_sale SET owner = ?2 WHERE number = ?1")?
        .execute(params![int(certificate), bytes(owner)])?;
    db.prepare_cached("INSERT OR REPLACE INTO energy_owner VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            int(certificate),
            place.position,
            place.seq,
            bytes(owner),
            place.height,
            place.time_ms
        ])?;
    Ok(())
}

fn write_certificate(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::EnergyPaid { certificate, amount, fee, .. } => {
            db.prepare_cached(
                "UPDATE energy_sale SET amount = ?2, fee = ?3, settled = ?4, settled_ms = ?5
                 WHERE number = ?1",
            )?
            .execute(params![
                int(*certificate),
                wide(amount.units()),
                wide(fee.units()),
                place.height,
                place.time_ms
            ])?;
            Ok(())
        }
        Event::CertificateTransferred { certificate, to, .. } => owned(db, place, *certificate, to),
        Event::CertificateRetired { certificate, .. } => {
            let sql = "UPDATE energy_sale SET state = 'retired', retired = ?2 WHERE number = ?1";
            db.prepare_cached(sql)?.execute(params![int(*certificate), place.height])?;
            Ok(())
        }
        Event::CertificateRevoked { certificate, wh, refund, .. } => {
            revoked(db, *certificate, *wh, *refund)
        }
        _ => Ok(()),
    }
}

/// A part of a sale was undone; with the last one the certificate is gone.
fn revoked(
    db: &Transaction<'_>,
    certificate: u64,
    wh: u64,
    refund: Amount,
) -> rusqlite::Result<()> {
    let sql = "SELECT wh, revoked_wh, refund FROM energy_sale WHERE number = ?1";
    let known = db
        .prepare_cached(sql)?
        .query_row(params![int(certificate)], |row| {
            Ok((word_at(row, 0)?, word_at(row, 1)?, amount_at(row, 2)?))
        })
        .optional()?;
    let Some((sold, before, paid_back)) = known else { return Ok(()) };
    let gone = before.saturating_add(wh);
    let refund = paid_back.units().saturating_add(refund.units());
    db.prepare_cached(
        "UPDATE energy_sale SET revoked_wh = ?2, refund = ?3,
         state = CASE WHEN ?4 THEN 'revoked' ELSE state END WHERE number = ?1",
    )?
    .execute(params![int(certificate), word(gone), wide(refund), gone >= sold])?;
    Ok(())
}
