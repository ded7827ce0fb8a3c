//! What the daemon has done and where it stands. The command line prints it; nothing here prints.

use crate::store::Refusal;
use althing_types::Height;
use serde::Serialize;
use std::collections::BTreeMap;

/// The daemon at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The chain's last height; none before it was reached.
    pub height: Option<Height>,
    /// Whether the node answers.
    pub connected: bool,
    /// By how many seconds this clock is ahead of the last block; negative if it is behind.
    pub clock_off_s: i64,
    /// Sources, in the order of the configuration.
    pub sources: Vec<SourceProgress>,
    /// What is sent; none if nothing is.
    pub feed: Option<FeedProgress>,
    /// What is checked; none if nothing is.
    pub oracle: Option<OracleProgress>,
    /// Transactions on their way.
    pub in_flight: usize,
    /// Whether every source was read to its end and everything is decided.
    pub finished: bool,
    /// The last thing that went wrong. The rest says whether it was mended.
    pub trouble: Option<String>,
}

/// A source at a moment. Counts are those since the queue was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SourceProgress {
    /// Its name.
    pub name: String,
    /// Its format.
    pub format: &'static str,
    /// Records of its files, as far as they are known; none for a device.
    pub total: Option<u64>,
    /// Records that were read.
    pub read: u64,
    /// Intervals that count, once for each meter.
    pub counted: u64,
    /// Records of channels that no meter is bound to.
    pub unmapped: u64,
    /// Records that do not count, by reason.
    pub left_out: BTreeMap<String, u64>,
    /// What was found, by kind.
    pub findings: BTreeMap<String, u64>,
    /// Intervals that wait to be sent.
    pub queued: u64,
    /// Readings that the chain took.
    pub sent: u64,
    /// Readings that were attested.
    pub attested: u64,
    /// Whether it was read to its end; never for a device.
    pub at_end: bool,
    /// What is wrong with it now.
    pub fault: Option<String>,
}

/// What is sent, at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FeedProgress {
    /// Intervals that wait to be sent.
    pub queued: u64,
    /// Batches that the chain took and that are not decided.
    pub undecided: u64,
    /// Readings that the chain took.
    pub sent: u64,
    /// What they say together, in Wh.
    pub sent_wh: u64,
    /// Readings that were attested.
    pub attested: u64,
    /// What they say together, in Wh.
    pub attested_wh: u64,
    /// What was refused, by the daemon, the chain or oracles, by code.
    pub refused: BTreeMap<String, u64>,
    /// Transactions that were tried again.
    pub retries: u64,
    /// What holds all of it back now: this clock, or the provider's state.
    pub held: Option<String>,
    /// Meters that cannot be sent for now, with the reason.
    pub blocked: BTreeMap<String, String>,
}

/// What is checked, at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OracleProgress {
    /// Batches that were reported about.
    pub reports: u64,
    /// Readings that were found right.
    pub agreed: u64,
    /// Readings that were found wrong.
    pub contradicted: u64,
    /// Readings about which the own data say nothing.
    pub abstained: u64,
    /// Batches that expired without a report of this oracle.
    pub missed: u64,
    /// Batches that others decided before this oracle had reported.
    pub late: u64,
    /// Batches that wait for own data.
    pub waiting: u64,
    /// Transactions that were tried again.
    pub retries: u64,
}

/// What the daemon did until it stopped. Counts are those since the queue was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Where it stood at the end.
    pub progress: Progress,
    /// What was refused: the first of each channel and code.
    pub refusals: Vec<Refusal>,
}

impl Summary {
    /// Whether nothing was refused, missed or left behind. `althing oracle run --backfill-only` fails
    /// otherwise.
    pub fn is_clean(&self) -> bool {
        let feed = self.progress.feed.as_ref();
        let feed = feed.is_none_or(|feed| {
            feed.refused.values().all(|count| *count == 0) && feed.blocked.is_empty()
        });
        let missed = self.progress.oracle.map_or(0, |oracle| oracle.missed);
        feed && missed == 0 && self.progress.sources.iter().all(|source| source.fault.is_none())
    }
}
