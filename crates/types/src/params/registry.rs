//! Parameters of the registry of nodes.

use super::{ParamsError, Range, tokens};
use crate::{Amount, Period, struct_codec};
use serde::{Deserialize, Serialize};

/// Parameters of module `registry`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryParams {
    /// From one heartbeat to the next, in milliseconds of block time, 1,000 to 86,400,000.
    pub heartbeat_interval_ms: u64,
    /// Of these intervals as many as the registry score looks back, 8 to 256. A day is 144 of ten
    /// minutes.
    pub score_slots: u64,
    /// What a validator that registers gives its node's own account, from which the node pays for
    /// heartbeats and evidence.
    pub node_allowance: Amount,
}

struct_codec!(RegistryParams { heartbeat_interval_ms, score_slots, node_allowance });

impl RegistryParams {
    /// Highest legal `score_slots`: the record of a node holds as many.
    pub const MAX_SCORE_SLOTS: u64 = 256;

    /// Development networks: a heartbeat a minute.
    pub fn devnet() -> Self {
        Self {
            heartbeat_interval_ms: Period::MINUTE_MS,
            score_slots: 144,
            node_allowance: tokens(1),
        }
    }

    /// Public networks: a heartbeat every ten minutes, so that the score covers 24 hours.
    pub fn public() -> Self {
        Self { heartbeat_interval_ms: 10 * Period::MINUTE_MS, ..Self::devnet() }
    }

    pub(super) fn validate(&self, range: &Range) -> Result<(), ParamsError> {
        let interval = self.heartbeat_interval_ms;
        range.check("registry.heartbeat_interval_ms", interval, 1_000, Period::DAY_MS)?;
        range.check("registry.score_slots", self.score_slots, 8, Self::MAX_SCORE_SLOTS)?;
        range.at_most("registry.node_allowance", self.node_allowance, tokens(1_000))
    }
}
