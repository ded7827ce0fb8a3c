use althing_types::{
    Ppm, Text, Timestamp,
    limits::{MAX_ENDPOINT_BYTES, MAX_NODE_TEXT_BYTES},
    message::Health,
    params::RegistryParams,
    struct_codec,
};
use serde::{Deserialize, Serialize};

/// Slots that a record holds: no score looks back further.
const RING: u64 = RegistryParams::MAX_SCORE_SLOTS;
const RING_BYTES: usize = (RING / 8) as usize;

/// What a validator's node said about itself, and when it was heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Where its API is reached from outside, or empty.
    pub endpoint: Text<MAX_ENDPOINT_BYTES>,
    /// The version of its software.
    pub version: Text<MAX_NODE_TEXT_BYTES>,
    /// The commit that its software was built from, or empty.
    pub commit: Text<MAX_NODE_TEXT_BYTES>,
    /// Where in the world it stands, or empty.
    pub region: Text<MAX_NODE_TEXT_BYTES>,
    /// When it was first heard.
    pub registered: Timestamp,
    /// Length of a slot, in milliseconds, at least 1: the parameter `heartbeat_interval_ms` as of
    /// the last heartbeat.
    pub interval_ms: u64,
    /// Slots that the score looks back, at least 1: the parameter `score_slots` as of the last
    /// heartbeat.
    pub score_slots: u64,
    /// From when on heartbeats are due: when it was first heard, or when the length of a slot
    /// changed.
    pub since: Timestamp,
    /// The last heartbeat.
    pub last: Option<Timestamp>,
    /// What it said with it.
    pub health: Option<Health>,
    /// A ring of bits, the one of a slot at its number modulo 256: whether it was heard then.
    pub(super) beats: [u8; RING_BYTES],
}

struct_codec!(Node {
    endpoint,
    version,
    commit,
    region,
    registered,
    interval_ms,
    score_slots,
    since,
    last,
    health,
    beats,
});

/// A second heartbeat in one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Early;

impl Node {
    /// A node that is first heard at `time`.
    pub(crate) fn new(time: Timestamp, params: &RegistryParams) -> Self {
        Self {
            endpoint: Text::default(),
            version: Text::default(),
            commit: Text::default(),
            region: Text::default(),
            registered: time,
            interval_ms: params.heartbeat_interval_ms.max(1),
            score_slots: params.score_slots.max(1),
            since: time,
            last: None,
            health: None,
            beats: [0; RING_BYTES],
        }
    }

    /// Counts a heartbeat at `time`. When slots have another length than before, counting starts
    /// over; when the score looks back another number of them, it does so at once.
    pub(crate) fn beat(
        &mut self,
        time: Timestamp,
        params: &RegistryParams,
        health: Health,
    ) -> Result<(), Early> {
        let interval_ms = params.heartbeat_interval_ms.max(1);
        let changed = self.interval_ms != interval_ms;
        let slot = slot(time, interval_ms);
        let last = self.last.map(|last| self::slot(last, interval_ms));
        if last.is_some_and(|last| last >= slot) {
            return Err(Early);
        }
        if changed {
            (self.interval_ms, self.since, self.beats) = (interval_ms, time, [0; RING_BYTES]);
        }
        self.score_slots = params.score_slots.max(1);
        let oldest = slot.saturating_sub(RING.saturating_sub(1));
        let silent = last.map_or(oldest, |last| last.saturating_add(1).max(oldest));
        for silent in silent..slot {
            self.mark(silent, false);
        }
        self.mark(slot, true);
        (self.last, self.health) = (Some(time), Some(health));
        Ok(())
    }

    /// Heartbeats in the slots that the score looks back, and how many were due: one in each slot since it was first
    /// heard. The running slot is due once its heartbeat is there.
    pub fn heard(&self, now: Timestamp) -> (u64, u64) {
        let slot = |time| slot(time, self.interval_ms.max(1));
        let last = self.last.map(slot);
        // The slot after the last one that counts.
        let end = if last >= Some(slot(now)) { slot(now).saturating_add(1) } else { slot(now) };
        let start = slot(self.since).max(end.saturating_sub(self.score_slots.min(RING)));
        let known = last.map_or(start, |last| end.min(last.saturating_add(1)));
        let heard = (start..known).filter(|slot| self.is_marked(*slot)).count();
        (u64::try_from(heard).unwrap_or(u64::MAX), end.saturating_sub(start))
    }

    /// The part of the due heartbeats that came; nothing if none was due yet.
    pub fn score(&self, now: Timestamp) -> Ppm {
        let (heard, due) = self.heard(now);
        let part = heard.saturating_mul(1_000_000).checked_div(due).unwrap_or(0);
        u32::try_from(part).ok().and_then(Ppm::new).unwrap_or(Ppm::ONE)
    }

    fn mark(&mut self, slot: u64, heard: bool) {
        let (byte, bit) = place(slot);
        if let Some(byte) = self.beats.get_mut(byte) {
            *byte = if heard { *byte | bit } else { *byte & !bit };
        }
    }

    fn is_marked(&self, slot: u64) -> bool {
        let (byte, bit) = place(slot);
        self.beats.get(byte).is_some_and(|byte| byte & bit != 0)
    }
}

/// The number of the slot that `time` lies in.
fn slot(time: Timestamp, interval_ms: u64) -> u64 {
    time.get().checked_div(interval_ms).unwrap_or(0)
}

/// The byte and the bit of a slot in the ring.
fn place(slot: u64) -> (usize, u8) {
    let position = slot % RING;
    (usize::try_from(position / 8).unwrap_or(0), 1 << (position % 8))
}

#[cfg(test)]
mod tests;
