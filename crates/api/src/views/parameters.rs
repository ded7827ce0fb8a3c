//! Parameters, tracks, and what a proposal would change, as JSON.

use super::{Reason, RuleView, Show, governance::houses_of};
use crate::backend::ParameterChangeState;
use althing_types::{
    ChainParams, Period, Ppm,
    governance::{Criticality, Houses},
    params::{Parameter, ParameterValue, Schedule},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A length of time for people: `24 h`, `90 blocks`, or both.
pub(crate) fn period_text(period: Period) -> String {
    let time = match period.ms {
        ms if ms >= 2 * Period::DAY_MS && ms % Period::DAY_MS == 0 => {
            format!("{} d", ms / Period::DAY_MS)
        }
        ms if ms >= Period::HOUR_MS && ms % Period::HOUR_MS == 0 => {
            format!("{} h", ms / Period::HOUR_MS)
        }
        ms if ms >= 1_000 && ms % 1_000 == 0 => format!("{} s", ms / 1_000),
        ms => format!("{ms} ms"),
    };
    match (period.blocks, period.ms) {
        (0, _) => time,
        (blocks, 0) => format!("{blocks} blocks"),
        (blocks, _) => format!("{blocks} blocks and {time}"),
    }
}

/// A part for people: `33.4 %`.
pub(crate) fn part_text(part: Ppm) -> String {
    let (whole, rest) = (part.get() / 10_000, part.get() % 10_000);
    match rest {
        0 => format!("{whole} %"),
        rest => format!("{whole}.{} %", format!("{rest:04}").trim_end_matches('0')),
    }
}

/// A value for people.
pub(crate) fn value_text(value: &ParameterValue, show: Show<'_>) -> String {
    match value {
        ParameterValue::Number { value } => value.to_string(),
        ParameterValue::Amount { value } => show.amount(*value),
        ParameterValue::Part { value } => part_text(*value),
        ParameterValue::Period { value } => period_text(*value),
        ParameterValue::FeeSplit { value } => format!(
            "proposer {}, stakers {}, treasury {}, burned {}",
            part_text(value.proposer),
            part_text(value.stakers),
            part_text(value.treasury),
            part_text(value.burn)
        ),
        ParameterValue::Schedule { value: Schedule::Halving { initial, period } } => {
            format!("{} a block, halved every {period} blocks", show.amount(*initial))
        }
        ParameterValue::Schedule { value: Schedule::TargetApr { start, step, floor } } => format!(
            "{} a year, {} less each year, never below {}",
            part_text(*start),
            part_text(*step),
            part_text(*floor)
        ),
    }
}

/// `type` and `value`, as proposals write it.
fn value_json(value: &ParameterValue) -> Value {
    // Values hold strings and numbers only, which always serialize.
    serde_json::to_value(value).unwrap_or_default()
}

/// A parameter of the chain.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ParameterView {
    /// Its name.
    #[schema(example = "staking.min_delegation")]
    pub name: String,
    /// What it is about: `network`, `economy` or `governance`.
    pub area: String,
    /// Who decides about it: `stake`, `validators` or `both`.
    pub houses: String,
    /// A sentence with its unit.
    pub about: String,
    /// What it is: `type` and `value`, as a proposal writes it.
    pub value: Value,
    /// The same for people.
    pub display: String,
}

impl ParameterView {
    pub(crate) fn new(parameter: &Parameter, params: &ChainParams, show: Show<'_>) -> Self {
        let value = parameter.get(params);
        Self {
            name: parameter.name.to_owned(),
            area: parameter.area.name().to_owned(),
            houses: houses_of(parameter.area.houses()).to_owned(),
            about: parameter.about.to_owned(),
            value: value_json(&value),
            display: value_text(&value, show),
        }
    }
}

/// Every parameter that a proposal can change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ParameterList {
    /// The height this was read at.
    pub height: u64,
    /// Blocks in an epoch; this alone never changes.
    pub epoch_length: u64,
    /// The parameters, by area.
    pub parameters: Vec<ParameterView>,
}

/// A parameter that changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ParameterChangeView {
    /// Number of the change, from 1 in the order of the chain.
    pub number: u64,
    /// The height from whose end on it is so.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
    /// The proposal that changed it.
    pub proposal: u64,
    /// Which.
    pub name: String,
    /// What it was: `type` and `value`.
    pub from: Value,
    /// The same for people.
    pub from_display: String,
    /// What it is since: `type` and `value`.
    pub to: Value,
    /// The same for people.
    pub to_display: String,
}

impl ParameterChangeView {
    pub(crate) fn new(state: &ParameterChangeState, show: Show<'_>) -> Self {
        let change = &state.change;
        Self {
            number: state.number,
            height: state.height.get(),
            time_ms: state.time.get(),
            proposal: state.proposal,
            name: change.name.to_string(),
            from: value_json(&change.from),
            from_display: value_text(&change.from, show),
            to: value_json(&change.to),
            to_display: value_text(&change.to, show),
        }
    }
}

/// Changes of a parameter, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ParameterHistory {
    /// The parameter.
    pub name: String,
    /// The changes.
    pub changes: Vec<ParameterChangeView>,
    /// Give this as `before` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// What a criticality asks for. Parts are in parts per million.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TrackView {
    /// Its name.
    #[schema(example = "standard")]
    pub criticality: String,
    /// The part that must be for it.
    pub threshold: u32,
    /// How long is voted, at least, in blocks.
    pub voting_blocks: u64,
    /// How long is voted, at least, in milliseconds.
    pub voting_ms: u64,
    /// The same for people.
    pub voting_display: String,
    /// From the end of the vote to the enactment, in blocks.
    pub delay_blocks: u64,
    /// From the end of the vote to the enactment, in milliseconds.
    pub delay_ms: u64,
    /// The same for people.
    pub delay_display: String,
}

impl TrackView {
    /// What a criticality asks for, if anybody votes on it in this way.
    pub(crate) fn new(criticality: Criticality, params: &ChainParams) -> Option<Self> {
        let track = params.governance.track(criticality)?;
        Some(Self {
            criticality: criticality.name().to_owned(),
            threshold: track.threshold.get(),
            voting_blocks: track.voting.blocks,
            voting_ms: track.voting.ms,
            voting_display: period_text(track.voting),
            delay_blocks: track.delay.blocks,
            delay_ms: track.delay.ms,
            delay_display: period_text(track.delay),
        })
    }
}

/// Who decides about an action.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ActionTrackView {
    /// Name of the action.
    #[schema(example = "treasury")]
    pub action: String,
    /// Which of these.
    pub case: String,
    /// Who decides: `stake`, `validators` or `both`.
    pub houses: String,
    /// The criticalities that it may have, least first.
    pub criticalities: Vec<String>,
}

impl ActionTrackView {
    pub(crate) fn new(
        (action, case): (&str, &str),
        houses: Houses,
        criticalities: &[Criticality],
    ) -> Self {
        Self {
            action: action.to_owned(),
            case: case.to_owned(),
            houses: houses_of(houses).to_owned(),
            criticalities: criticalities.iter().map(|level| level.name().to_owned()).collect(),
        }
    }
}

/// The rules of votes. Parts are in parts per million.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TracksView {
    /// The height this was read at.
    pub height: u64,
    /// What a proposal costs until it is decided, in base units.
    pub deposit: String,
    /// The same for people.
    pub deposit_display: String,
    /// The part of all stake that must take part.
    pub quorum: u32,
    /// The part of a house that rejects a proposal as harmful.
    pub veto: u32,
    /// The least uptime of a validator that votes in its house.
    pub min_uptime: u32,
    /// Proposals that are not decided or not enacted yet.
    pub open: usize,
    /// Most of them.
    pub max_open: u64,
    /// Most of one account.
    pub max_open_per_account: u64,
    /// What each criticality asks for.
    pub tracks: Vec<TrackView>,
    /// Who decides about what.
    pub actions: Vec<ActionTrackView>,
}

/// Something that would be different.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EffectView {
    /// What: the name of a parameter, `treasury`, an address, or `disbursement 7`.
    pub what: String,
    /// What it is now.
    pub from: String,
    /// What it would be.
    pub to: String,
    /// What the proposal says it is now, where that is something else: then it would fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

/// What a proposal would come to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckView {
    /// The height this was tried at.
    pub height: u64,
    /// Whether the chain would take it.
    pub valid: bool,
    /// The rule that it breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleView>,
    /// Why it could not even enter a block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The number that it would have now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Name of the action.
    pub kind: String,
    /// Who decides: `stake`, `validators` or `both`; absent if the action cannot have this
    /// criticality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub houses: Option<String>,
    /// What it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<TrackView>,
    /// The part of all stake that must take part, in parts per million.
    pub quorum: u32,
    /// What it costs until it is decided, in base units.
    pub deposit: String,
    /// The same for people.
    pub deposit_display: String,
    /// Gas that the transaction would use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gas_used: Option<u64>,
    /// Everything that would be different.
    pub effects: Vec<EffectView>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_and_parts_are_written_for_people() {
        for (period, text) in [
            (Period::blocks(90), "90 blocks"),
            (Period::ms(24 * Period::HOUR_MS), "24 h"),
            (Period::ms(48 * Period::HOUR_MS), "2 d"),
            (Period::ms(90_000), "90 s"),
            (Period::ms(1), "1 ms"),
            (Period { blocks: 7, ms: 1_000 }, "7 blocks and 1 s"),
        ] {
            assert_eq!(period_text(period), text);
        }
        for (parts, text) in [
            (0, "0 %"),
            (330_000, "33 %"),
            (334_000, "33.4 %"),
            (1, "0.0001 %"),
            (1_000_000, "100 %"),
        ] {
            assert_eq!(part_text(Ppm::new(parts).unwrap()), text);
        }
    }
}
