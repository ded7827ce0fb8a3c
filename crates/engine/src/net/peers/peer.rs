//! What is known of one peer, and its score.
//!
//! **Score**, 0 to 100: 100 less the points of recent offences, less 10 if the peer runs another
//! version, less one for each 25 ms of latency (at most 20); 0 while it is shut out. Points fade by
//! one every six seconds.

use althing_types::{Height, Timestamp, ValidatorKey};
use std::time::Duration;

/// One point fades in so many milliseconds.
const FADE_MS: u64 = 6_000;

/// Name and origin of the software that a node runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Software {
    /// Its version, at most 32 bytes.
    pub version: String,
    /// The commit that it was built from, at most 64 bytes.
    pub commit: String,
}

impl std::fmt::Display for Software {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.version, self.commit)
    }
}

/// What a peer did that an honest one does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offence {
    /// A message that is not what it claims to be.
    Malformed,
    /// A transaction whose signature is wrong, or evidence that proves nothing.
    Forged,
    /// More than its share.
    Flood,
}

impl Offence {
    pub(super) const fn points(self) -> u64 {
        match self {
            Self::Malformed | Self::Forged => 25,
            Self::Flood => 2,
        }
    }

    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "sent malformed messages",
            Self::Forged => "sent transactions or evidence with wrong signatures",
            Self::Flood => "sent more than its share",
        }
    }
}

/// Why and until when a peer is shut out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// The reason, for people.
    pub reason: String,
    /// When it ends; `None` for a ban without an end.
    pub until: Option<Timestamp>,
}

impl Ban {
    pub(in crate::net) fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// A peer, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerInfo {
    /// Who it is.
    pub key: ValidatorKey,
    /// Where it is reached; empty if that is not known.
    pub endpoint: String,
    /// Whether [`super::PeerTable::add`] named it.
    pub added: bool,
    /// Whether a connection stands.
    pub connected: bool,
    /// Its protocol version, after the handshake.
    pub protocol: Option<u32>,
    /// Its software, after the handshake.
    pub software: Option<Software>,
    /// The height that it reported last.
    pub height: Option<Height>,
    /// When its process started.
    pub started_at: Option<Timestamp>,
    /// Round trip, smoothed.
    pub latency: Option<Duration>,
    /// From 0 (useless) to 100.
    pub score: u8,
    /// Why it is shut out, if it is.
    pub ban: Option<Ban>,
    /// Why it refuses this node, if it said so.
    pub refusal: Option<String>,
}

/// What a peer said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::net) struct Greeting {
    pub(in crate::net) protocol: u32,
    pub(in crate::net) software: Software,
    pub(in crate::net) started_at: Timestamp,
    pub(in crate::net) differs: bool,
}

#[derive(Default)]
pub(super) struct Peer {
    pub(super) connected: bool,
    pub(super) greeting: Option<Greeting>,
    pub(super) height: Option<Height>,
    pub(super) latency: Option<Duration>,
    pub(super) refusal: Option<String>,
    pub(super) backlog: u64,
    pub(super) points: u64,
    /// When points were last brought up to date.
    faded: Timestamp,
}

impl Peer {
    pub(super) fn fade(&mut self, now: Timestamp) {
        let steps = now.get().saturating_sub(self.faded.get()) / FADE_MS;
        if self.points == 0 || self.faded == Timestamp::new(0) {
            self.faded = now;
        } else {
            self.points = self.points.saturating_sub(steps);
            self.faded = Timestamp::new(self.faded.get() + steps * FADE_MS);
        }
    }

    pub(super) fn score(&mut self, now: Timestamp) -> u8 {
        self.fade(now);
        let differs = self.greeting.as_ref().is_some_and(|greeting| greeting.differs);
        let slow = self.latency.map_or(0, |latency| (latency.as_millis() as u64 / 25).min(20));
        let lost = self.points + slow + if differs { 10 } else { 0 };
        100u64.saturating_sub(lost) as u8
    }
}
