//! What happened to the safety override, to the rules of the chain and to the network, and what the
//! treasury earned.

use crate::{
    Index, IndexError,
    decisions::decoded,
    governance::Place,
    history::{before_of, limit_of},
};
use althing_types::{Event, Height, Timestamp};
use commonware_codec::Encode as _;
use rusqlite::{Transaction, params};

/// What an event is a part of the history of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The safety override, emergencies, and what they left in force.
    Safety,
    /// The version of the rules.
    Upgrade,
    /// The configuration of the network; which validator chose which version is not told.
    Network,
    /// What the treasury earned, epoch by epoch.
    Income,
}

impl Topic {
    /// The name of the topic in the database.
    const fn name(self) -> &'static str {
        match self {
            Self::Safety => "safety",
            Self::Upgrade => "upgrade",
            Self::Network => "network",
            Self::Income => "income",
        }
    }

    /// The topic of an event; `None` if it is told nowhere here.
    const fn of(event: &Event) -> Option<Self> {
        match event {
            Event::OverrideApproved { .. }
            | Event::OverrideUsed { .. }
            | Event::EmergencyUsed { .. }
            | Event::SafetyRulesChanged { .. }
            | Event::ChangeBegun { .. }
            | Event::ChangeEnded { .. } => Some(Self::Safety),
            Event::UpgradeScheduled { .. }
            | Event::UpgradePostponed { .. }
            | Event::UpgradeCancelled { .. }
            | Event::Upgraded { .. }
            | Event::UpgradeFailed { .. } => Some(Self::Upgrade),
            Event::SpecOffered { .. }
            | Event::SpecStaged { .. }
            | Event::SpecWatched { .. }
            | Event::SpecActivated { .. }
            | Event::SpecRolledBack { .. }
            | Event::SpecWithdrawn { .. } => Some(Self::Network),
            Event::TreasuryEarned { .. } => Some(Self::Income),
            _ => None,
        }
    }
}

/// An event of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactRow {
    /// Its number, from 1 in the order of the chain; numbers of all topics rise together.
    pub number: u64,
    /// The height.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// What happened.
    pub event: Event,
}

/// Writes an event that belongs to a history.
pub(crate) fn write(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    let Some(topic) = Topic::of(event) else { return Ok(()) };
    db.prepare_cached("INSERT INTO fact (topic, height, time_ms, event) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![topic.name(), place.height, place.time_ms, event.encode().as_ref()])?;
    Ok(())
}

impl Index {
    /// The history of a topic, newest first, below a number.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn facts(
        &self,
        topic: Topic,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<FactRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT number, height, time_ms, event FROM fact
                 WHERE topic = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3",
            )?
            .query_map(params![topic.name(), before_of(before), limit_of(limit)], |row| {
                Ok(FactRow {
                    number: row.get(0)?,
                    height: Height::new(row.get(1)?),
                    time: Timestamp::new(row.get(2)?),
                    event: decoded(row, 3)?,
                })
            })?
            .collect()
        })
    }
}
