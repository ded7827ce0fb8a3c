//! Disputes about readings and sales.

use super::{Place, batches, bytes, word};
use crate::{
    blob,
    decisions::{address_at, decoded},
    stake::{int, wide},
};
use althing_types::{
    Address, Event,
    energy::{DisputeEnd, DisputeSubject},
};
use commonware_codec::Encode as _;
use rusqlite::{OptionalExtension as _, Transaction, params};

pub(super) fn write(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::EnergyDisputeOpened { dispute, opener, subject, reason, evidence, ends } => {
            let provider = provider_of(db, subject)?;
            db.prepare_cached(
                "INSERT OR REPLACE INTO energy_dispute
                 VALUES (?1, 'open', ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, NULL, NULL, NULL, NULL)",
            )?
            .execute(params![
                int(*dispute),
                bytes(opener),
                subject.encode().as_ref(),
                reason.name(),
                blob(evidence),
                provider.as_ref().map(bytes),
                place.height,
                int(ends.get())
            ])?;
            Ok(())
        }
        Event::EnergyDisputeVoted { dispute, oracle, uphold } => {
            let sql = if *uphold {
                "UPDATE energy_dispute SET uphold = uphold + 1 WHERE number = ?1"
            } else {
                "UPDATE energy_dispute SET dismiss = dismiss + 1 WHERE number = ?1"
            };
            db.prepare_cached(sql)?.execute(params![int(*dispute)])?;
            db.prepare_cached("INSERT OR REPLACE INTO energy_vote VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![
                    int(*dispute),
                    bytes(oracle),
                    uphold,
                    place.height,
                    place.time_ms
                ])?;
            Ok(())
        }
        Event::EnergyDisputeEnded { .. } => ended(db, place, event),
        _ => Ok(()),
    }
}

/// Whom a dispute is about, as far as this index knows.
fn provider_of(
    db: &Transaction<'_>,
    subject: &DisputeSubject,
) -> rusqlite::Result<Option<Address>> {
    let (sql, number) = match subject {
        DisputeSubject::Reading { batch, .. } => {
            ("SELECT provider FROM energy_batch WHERE number = ?1", batch)
        }
        DisputeSubject::Certificate { certificate } => {
            ("SELECT provider FROM energy_sale WHERE number = ?1", certificate)
        }
    };
    let mut select = db.prepare_cached(sql)?;
    select.query_row(params![int(*number)], |row| address_at(row, 0)).optional()
}

fn ended(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    let Event::EnergyDisputeEnded { dispute, provider, end, revoked_wh, reward } = event else {
        return Ok(());
    };
    db.prepare_cached(
        "UPDATE energy_dispute SET state = ?2, provider = ?3, revoked_wh = ?4, reward = ?5,
         ended = ?6, ended_ms = ?7 WHERE number = ?1",
    )?
    .execute(params![
        int(*dispute),
        end.name(),
        bytes(provider),
        word(*revoked_wh),
        wide(reward.units()),
        place.height,
        place.time_ms
    ])?;
    if *end != DisputeEnd::Upheld {
        return Ok(());
    }
    let mut select = db.prepare_cached("SELECT subject FROM energy_dispute WHERE number = ?1")?;
    let subject = select.query_row(params![int(*dispute)], |row| decoded(row, 0)).optional()?;
    match subject {
        Some(DisputeSubject::Reading { batch, reading }) => batches::disproved(db, batch, reading),
        Some(DisputeSubject::Certificate { .. }) | None => Ok(()),
    }
}
