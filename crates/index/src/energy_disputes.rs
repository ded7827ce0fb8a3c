//! What the index can be asked about disputes about energy.

use crate::{
    Index, IndexError,
    decisions::{address_at, decoded, height_at},
    energy::word_at,
    history::{amount_at, before_of, limit_of},
    stake::int,
    work::{hash_at, maybe_address_at, name_at},
};
use althing_types::{
    Address, Amount, Hash, Height, Timestamp,
    energy::{DisputeEnd, DisputeReason, DisputeSubject},
};
use rusqlite::{OptionalExtension as _, Row, params};

/// Which disputes are wanted, newest first. What is left open is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DisputeQuery {
    /// Only open ones (`Some(None)`), or those that ended so.
    pub state: Option<Option<DisputeEnd>>,
    /// Only those about this provider.
    pub provider: Option<Address>,
    /// Only those with a lower number.
    pub before: Option<u64>,
}

/// A dispute, also one that the state has forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisputeRow {
    /// Its number.
    pub number: u64,
    /// Who opened it.
    pub opener: Address,
    /// About what.
    pub subject: DisputeSubject,
    /// Why.
    pub reason: DisputeReason,
    /// SHA-256 of the evidence.
    pub evidence: Hash,
    /// The provider that it is about; unknown to an index that began behind what is disputed.
    pub provider: Option<Address>,
    /// When it was opened.
    pub opened: Height,
    /// The height at which it ends by itself.
    pub ends: Height,
    /// Oracles that uphold it.
    pub uphold: u32,
    /// Oracles that dismiss it.
    pub dismiss: u32,
    /// How it ended.
    pub ended: Option<DisputeOutcome>,
}

/// How a dispute ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisputeOutcome {
    /// How.
    pub end: DisputeEnd,
    /// What was revoked, in Wh.
    pub revoked_wh: u64,
    /// What who opened it got besides its bond, in base units.
    pub reward: Amount,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

/// What an oracle said about a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisputeVoteRow {
    /// The oracle.
    pub oracle: Address,
    /// Whether who opened it is right.
    pub uphold: bool,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

fn dispute(row: &Row<'_>) -> rusqlite::Result<DisputeRow> {
    let ended = match height_at(row, 12)? {
        None => None,
        Some(height) => Some(DisputeOutcome {
            end: name_at(row, 1)?,
            revoked_wh: word_at(row, 10)?,
            reward: amount_at(row, 11)?,
            height,
            time: Timestamp::new(row.get(13)?),
        }),
    };
    Ok(DisputeRow {
        number: row.get(0)?,
        opener: address_at(row, 2)?,
        subject: decoded(row, 3)?,
        reason: name_at(row, 4)?,
        evidence: hash_at(row, 5)?,
        provider: maybe_address_at(row, 6)?,
        opened: Height::new(row.get(7)?),
        ends: Height::new(row.get(8)?),
        uphold: row.get(9)?,
        dismiss: row.get(14)?,
        ended,
    })
}

const DISPUTE: &str = "SELECT number, state, opener, subject, reason, evidence, provider, opened, \
                       ends, uphold, revoked_wh, reward, ended, ended_ms, dismiss \
                       FROM energy_dispute";

impl Index {
    /// Disputes, newest first.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_disputes(
        &self,
        query: &DisputeQuery,
        limit: usize,
    ) -> Result<Vec<DisputeRow>, IndexError> {
        let mut sql = format!("{DISPUTE} WHERE number < ?1");
        if query.state.is_some() {
            sql.push_str(" AND state = ?2");
        }
        if query.provider.is_some() {
            sql.push_str(" AND provider = ?3");
        }
        sql.push_str(" ORDER BY number DESC LIMIT ?4");
        self.read(|db| {
            db.prepare_cached(&sql)?
                .query_map(
                    params![
                        before_of(query.before),
                        query.state.map(|end| end.map_or("open", DisputeEnd::name)),
                        query.provider.map(|it| it.as_bytes().to_vec()),
                        limit_of(limit)
                    ],
                    dispute,
                )?
                .collect()
        })
    }

    /// A dispute; `None` if there never was one.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_dispute(&self, number: u64) -> Result<Option<DisputeRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(&format!("{DISPUTE} WHERE number = ?1"))?
                .query_row(params![int(number)], dispute)
                .optional()
        })
    }

    /// What oracles said about a dispute, in the order of their accounts.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn dispute_votes(&self, number: u64) -> Result<Vec<DisputeVoteRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT oracle, uphold, height, time_ms FROM energy_vote WHERE dispute = ?1
                 ORDER BY oracle",
            )?
            .query_map(params![int(number)], |row| {
                Ok(DisputeVoteRow {
                    oracle: address_at(row, 0)?,
                    uphold: row.get(1)?,
                    height: Height::new(row.get(2)?),
                    time: Timestamp::new(row.get(3)?),
                })
            })?
            .collect()
        })
    }
}
