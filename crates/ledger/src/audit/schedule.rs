//! What a recount of a module's queue remembers.

use super::records::{SUM, Wrong};
use crate::modules::schedule::{Agenda, DueCount};
use althing_state::StateKey;

/// The agenda, and what it should say.
#[derive(Debug, Default)]
pub(super) struct Queued {
    pub(super) agenda: Option<Agenda>,
    /// Entries that are there.
    entries: u64,
    /// Entries that the buckets say they hold.
    counted: u64,
}

impl Queued {
    /// Takes the size of a bucket.
    pub(super) fn bucket(&mut self, count: DueCount) -> Result<(), &'static str> {
        self.counted = self.counted.checked_add(count.entries.into()).ok_or(SUM)?;
        Ok(())
    }

    /// Takes an entry.
    pub(super) fn entry(&mut self) -> Result<(), &'static str> {
        self.entries = self.entries.checked_add(1).ok_or(SUM)?;
        Ok(())
    }

    /// Whether the agenda, whose key this is, counts all that is due.
    pub(super) fn judge(&self, key: StateKey) -> Result<(), Wrong> {
        let agenda = self.agenda.ok_or((key, "the record is absent"))?;
        let left = self.counted.checked_sub(agenda.place.into());
        if agenda.open != self.entries || left != Some(self.entries) {
            return Err((key, "what is due is not what is counted"));
        }
        Ok(())
    }
}
