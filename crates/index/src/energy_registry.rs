//! What the index can be asked about providers, meters, oracles and those who act for them. What
//! they are now is in the state.

use crate::{
    Index, IndexError, decisions::address_at, history::limit_of, stake::int, work::hash_at,
};
use althing_types::{
    Address, Hash,
    energy::{ProviderState, Zone},
};
use rusqlite::{Connection, params};

/// Seconds in an hour.
const HOUR: u64 = 3_600;

/// Which providers are wanted, in the order of their accounts. What is left open is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderQuery {
    /// Only those in this state; those that have left are never among them.
    pub state: Option<ProviderState>,
    /// Only those of this zone.
    pub zone: Option<Zone>,
    /// Only those that have posted a tariff that they did not end.
    pub selling: bool,
    /// Only those behind this account.
    pub after: Option<Address>,
}

/// How much of everything there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnergyCounts {
    /// Providers that submit and sell.
    pub active: u64,
    /// Providers that leave.
    pub leaving: u64,
    /// Providers that must add to their stake.
    pub suspended: u64,
    /// Meters that were ever registered.
    pub meters: u64,
    /// Batches that are not over.
    pub open_batches: u64,
    /// Disputes that are not over.
    pub open_disputes: u64,
}

/// The bytes of an account from behind which a list begins; nothing is before all of them.
fn behind(after: Option<Address>) -> Vec<u8> {
    after.map_or_else(Vec::new, |account| account.as_bytes().to_vec())
}

fn count(db: &Connection, sql: &str) -> rusqlite::Result<u64> {
    db.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

impl Index {
    /// Accounts of providers, in their order.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_providers(
        &self,
        query: &ProviderQuery,
        limit: usize,
    ) -> Result<Vec<Address>, IndexError> {
        // Only what is asked for is said, so that each question finds its own index.
        let mut sql = "SELECT address FROM energy_provider WHERE address > ?1".to_owned();
        sql.push_str(match query.state {
            Some(_) => " AND state = ?2",
            None => " AND state <> 'left'",
        });
        if query.zone.is_some() {
            sql.push_str(" AND zone = ?3");
        }
        if query.selling {
            sql.push_str(" AND tariff = 1");
        }
        sql.push_str(" ORDER BY address LIMIT ?4");
        self.read(|db| {
            db.prepare_cached(&sql)?
                .query_map(
                    params![
                        behind(query.after),
                        query.state.map(ProviderState::name),
                        query.zone.as_ref().map(Zone::as_str),
                        limit_of(limit)
                    ],
                    |row| address_at(row, 0),
                )?
                .collect()
        })
    }

    /// How much of everything there is.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_counts(&self) -> Result<EnergyCounts, IndexError> {
        self.read(|db| {
            let of = |state: ProviderState| {
                db.prepare_cached("SELECT count(*) FROM energy_provider WHERE state = ?1")?
                    .query_row([state.name()], |row| row.get(0))
            };
            let disputes = "SELECT count(*) FROM energy_dispute WHERE state = 'open'";
            Ok(EnergyCounts {
                active: of(ProviderState::Active)?,
                leaving: of(ProviderState::Leaving)?,
                suspended: of(ProviderState::Suspended)?,
                meters: count(db, "SELECT count(*) FROM energy_meter")?,
                open_batches: count(db, "SELECT count(*) FROM energy_batch WHERE closed IS NULL")?,
                open_disputes: count(db, disputes)?,
            })
        })
    }

    /// Meters that were ever bound to a provider, in the order of their ids.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn meters_of(
        &self,
        provider: Address,
        after: Option<Hash>,
        limit: usize,
    ) -> Result<Vec<Hash>, IndexError> {
        self.read(|db| {
            let after = after.map_or_else(Vec::new, |meter| meter.0.to_vec());
            db.prepare_cached(
                "SELECT meter FROM energy_meter WHERE provider = ?1 AND meter > ?2
                 ORDER BY meter LIMIT ?3",
            )?
            .query_map(params![provider.as_bytes().as_slice(), after, limit_of(limit)], |row| {
                hash_at(row, 0)
            })?
            .collect()
        })
    }

    /// When hours began in which a provider made energy that was attested, in seconds since 1970
    /// (UTC), oldest first: those of which a part is from `from` to before `to`.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_hours(
        &self,
        provider: Address,
        (from, to): (u64, u64),
        limit: usize,
    ) -> Result<Vec<u64>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT DISTINCT hour FROM energy_hour WHERE provider = ?1
                 AND hour BETWEEN ?2 AND ?3 ORDER BY hour LIMIT ?4",
            )?
            .query_map(
                params![
                    provider.as_bytes().as_slice(),
                    int(from / HOUR),
                    int(to.saturating_sub(1) / HOUR),
                    limit_of(limit)
                ],
                |row| row.get::<_, u64>(0).map(|hour| hour.saturating_mul(HOUR)),
            )?
            .collect()
        })
    }

    /// Providers of a zone that made energy that was attested in an hour of which a part is from
    /// `from` to before `to`, in seconds since 1970 (UTC), in the order of their accounts.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_makers(
        &self,
        zone: &Zone,
        (from, to): (u64, u64),
        after: Option<Address>,
        limit: usize,
    ) -> Result<Vec<Address>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT DISTINCT provider FROM energy_hour WHERE zone = ?1
                 AND hour BETWEEN ?2 AND ?3 AND provider > ?4 ORDER BY provider LIMIT ?5",
            )?
            .query_map(
                params![
                    zone.as_str(),
                    int(from / HOUR),
                    int(to.saturating_sub(1) / HOUR),
                    behind(after),
                    limit_of(limit)
                ],
                |row| address_at(row, 0),
            )?
            .collect()
        })
    }

    /// Accounts that have staked for an oracle and not left, in their order.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn oracles(
        &self,
        after: Option<Address>,
        limit: usize,
    ) -> Result<Vec<Address>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT address FROM energy_oracle WHERE address > ?1 AND present = 1
                 ORDER BY address LIMIT ?2",
            )?
            .query_map(params![behind(after), limit_of(limit)], |row| address_at(row, 0))?
            .collect()
        })
    }

    /// Accounts to which another one has granted something, in their order. What governance granted
    /// has its account as grantor.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_grants(
        &self,
        grantor: Address,
        after: Option<Address>,
        limit: usize,
    ) -> Result<Vec<Address>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT account FROM energy_grant WHERE grantor = ?1 AND account > ?2
                 ORDER BY account LIMIT ?3",
            )?
            .query_map(
                params![grantor.as_bytes().as_slice(), behind(after), limit_of(limit)],
                |row| address_at(row, 0),
            )?
            .collect()
        })
    }
}
