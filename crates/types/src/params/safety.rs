//! Parameters of the safety override and of emergencies.

use super::{ParamsError, Range, ppm};
use crate::{Period, Ppm, struct_codec};
use serde::{Deserialize, Serialize};

/// Parameters of module `safety`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafetyParams {
    /// How long a call of the override waits for the approvals of its members.
    pub call: Period,
    /// How long what the override or an emergency changed holds without being ratified.
    pub ratification: Period,
    /// Longest pause of the treasury.
    pub max_pause: Period,
    /// The part of all validators that lets something happen in an emergency, 666,667 to 1,000,000
    /// ppm.
    pub threshold: Ppm,
    /// How long is voted in an emergency, at least: a vote that has not reached the threshold ends with
    /// an epoch.
    pub voting: Period,
}

struct_codec!(SafetyParams { call, ratification, max_pause, threshold, voting });

impl SafetyParams {
    /// Development networks: minutes instead of days.
    pub fn devnet() -> Self {
        Self {
            call: Period::blocks(200),
            ratification: Period::blocks(200),
            max_pause: Period::blocks(2_000),
            threshold: ppm(900_000),
            voting: Period::blocks(90),
        }
    }

    /// Public networks.
    pub fn public() -> Self {
        let day = Period::ms(Period::DAY_MS);
        let max_pause = Period::ms(7 * Period::DAY_MS);
        Self { call: day, ratification: day, max_pause, voting: day, ..Self::devnet() }
    }

    pub(super) fn validate(&self, range: &Range) -> Result<(), ParamsError> {
        range.period("safety.call", self.call)?;
        range.period("safety.ratification", self.ratification)?;
        range.period("safety.max_pause", self.max_pause)?;
        range.check("safety.threshold", self.threshold.get().into(), 666_667, 1_000_000)?;
        range.period("safety.voting", self.voting)
    }
}
