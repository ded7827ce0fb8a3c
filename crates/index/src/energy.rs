//! Writes what blocks say about metered energy: one row, or one change of a row, for each event. The
//! readings of a batch come from the message that submitted them, so that they are known after the
//! state has forgotten the batch.

mod batches;
mod disputes;
mod market;

pub(crate) use batches::{first_reading, reading_place};

use crate::{
    IndexError, IndexedBlock,
    events::{Place, of_module},
};
use althing_types::{
    Address, Event, SignedTransaction,
    energy::{EnergyRole, ProviderState, Zone},
};
use market::Sales;
use rusqlite::{Row, Transaction, params};

/// Writes what a block says.
pub(crate) fn write(db: &Transaction<'_>, entry: &IndexedBlock) -> Result<(), IndexError> {
    for said in of_module(entry, 0x0d) {
        let (transaction, events) = said?;
        let mut sales = Sales::default();
        for (place, event) in events {
            write_event(db, place, transaction, event)?;
            market::write(db, place, event, &mut sales)?;
        }
    }
    Ok(())
}

fn write_event(
    db: &Transaction<'_>,
    place: Place,
    transaction: Option<&SignedTransaction>,
    event: &Event,
) -> rusqlite::Result<()> {
    write_account(db, event)?;
    batches::write(db, place, transaction, event)?;
    disputes::write(db, place, event)
}

/// Providers, meters, oracles and those who act for them.
fn write_account(db: &Transaction<'_>, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::ProviderRegistered { provider, zone, .. } => {
            db.prepare_cached(
                "INSERT INTO energy_provider VALUES (?1, ?2, ?3, 0)
                 ON CONFLICT DO UPDATE SET zone = ?2, state = ?3, tariff = 0",
            )?
            .execute(params![
                bytes(provider),
                zone.as_str(),
                ProviderState::Active.name()
            ])?;
        }
        Event::ProviderUpdated { provider, state, .. } => {
            db.prepare_cached("UPDATE energy_provider SET state = ?2 WHERE address = ?1")?
                .execute(params![bytes(provider), state.name()])?;
        }
        Event::TariffPosted { provider, wh, .. } => {
            db.prepare_cached("UPDATE energy_provider SET tariff = ?2 WHERE address = ?1")?
                .execute(params![bytes(provider), *wh > 0])?;
        }
        Event::EnergyStakePaid { account, role, .. } => left(db, account, *role)?,
        Event::MeterRegistered { meter, provider, .. } => {
            db.prepare_cached(
                "INSERT OR IGNORE INTO energy_meter (meter, provider) VALUES (?1, ?2)",
            )?
            .execute(params![crate::blob(meter), bytes(provider)])?;
        }
        Event::OracleStaked { oracle, .. } => {
            db.prepare_cached(
                "INSERT INTO energy_oracle VALUES (?1, 1) ON CONFLICT DO UPDATE SET present = 1",
            )?
            .execute(params![bytes(oracle)])?;
        }
        Event::EnergyRoleGranted { grantor, account, scopes, .. } => {
            let grantor = grantor.unwrap_or_else(|| Address::of_module("governance"));
            let sql = if scopes.is_empty() {
                "DELETE FROM energy_grant WHERE grantor = ?1 AND account = ?2"
            } else {
                "INSERT OR IGNORE INTO energy_grant VALUES (?1, ?2)"
            };
            db.prepare_cached(sql)?.execute(params![bytes(&grantor), bytes(account)])?;
        }
        _ => {}
    }
    Ok(())
}

/// A stake was paid: who had it is a provider or an oracle no more.
fn left(db: &Transaction<'_>, account: &Address, role: EnergyRole) -> rusqlite::Result<()> {
    let sql = match role {
        EnergyRole::Provider => {
            "UPDATE energy_provider SET state = 'left', tariff = 0 WHERE address = ?1"
        }
        EnergyRole::Oracle => "UPDATE energy_oracle SET present = 0 WHERE address = ?1",
        EnergyRole::Admin => return Ok(()),
    };
    db.prepare_cached(sql)?.execute(params![bytes(account)])?;
    Ok(())
}

fn bytes(address: &Address) -> &[u8] {
    address.as_bytes().as_slice()
}

/// A number that fills 64 bits, as the integer of the same bits.
pub(crate) const fn word(value: u64) -> i64 {
    value.cast_signed()
}

/// Undoes [`word`].
pub(crate) fn word_at(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}

/// A zone of the chain.
pub(crate) fn zone_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Zone> {
    crate::work::name_at(row, column)
}
