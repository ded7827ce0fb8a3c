//! What providers, oracles and accounts have done, in numbers.

use althing_types::{Amount, Epoch, struct_codec};
use serde::{Deserialize, Serialize};

/// What is known of one trait of a provider, in millionths of an observation. What it begins with
/// is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beta {
    /// Good ones.
    pub good: u64,
    /// Bad ones.
    pub bad: u64,
}

struct_codec!(Beta { good, bad });

/// What is known about how good a provider is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reputation {
    /// Whether it has what it offers.
    pub delivery: Beta,
    /// Whether its readings are right.
    pub accuracy: Beta,
    /// Whether its readings come in time.
    pub latency: Beta,
    /// Whether its meters measure without gaps.
    pub capacity: Beta,
    /// The epoch to which this was brought.
    pub epoch: Epoch,
}

struct_codec!(Reputation { delivery, accuracy, latency, capacity, epoch });

/// What a provider has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderCounters {
    /// Readings that it submitted.
    pub readings: u64,
    /// Of these, such that were attested.
    pub attested: u64,
    /// What they say together, in Wh.
    pub attested_wh: u64,
    /// Energy that it sold, in Wh. What was revoked later is included.
    pub sold_wh: u64,
    /// What it was paid, fees taken off, in base units.
    pub earned: Amount,
    /// Readings that were refused: slashes by quorum.
    pub quorum: u64,
    /// Readings that expired.
    pub expiry: u64,
    /// Disputes that were upheld: slashes by conflict.
    pub conflict: u64,
}

struct_codec!(ProviderCounters {
    readings,
    attested,
    attested_wh,
    sold_wh,
    earned,
    quorum,
    expiry,
    conflict,
});

/// What an oracle has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OracleCounters {
    /// Readings that it found right.
    pub agreed: u64,
    /// Readings that it found wrong.
    pub contradicted: u64,
    /// Readings of its reports about which it said nothing.
    pub abstained: u64,
    /// Readings about which the others decided against it.
    pub overruled: u64,
    /// Reports that came when all was decided.
    pub late: u64,
    /// Batches about which it did not report.
    pub absent: u64,
    /// Disputes that showed that it had agreed with what was false.
    pub slashed: u64,
}

struct_codec!(OracleCounters { agreed, contradicted, abstained, overruled, late, absent, slashed });

/// Messages of an account in a role, in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// The number of the window: the height over its length.
    pub window: u64,
    /// How many.
    pub count: u64,
}

struct_codec!(Rate { window, count });
