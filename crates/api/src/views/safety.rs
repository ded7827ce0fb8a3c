//! The safety override, and what holds until it is ratified, as JSON.

use super::DueView;
use althing_ledger::safety::{Call, Change, Changes, OpenCall, Safety};
use althing_types::{Height, Period, Timestamp, params::SafetyParams};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A length of time: both parts must pass.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct PeriodView {
    /// Blocks.
    pub blocks: u64,
    /// Milliseconds of block time.
    pub ms: u64,
}

impl From<Period> for PeriodView {
    fn from(period: Period) -> Self {
        Self { blocks: period.blocks, ms: period.ms }
    }
}

/// A call that waits for approvals.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallView {
    /// The number that its members gave it.
    pub call: u64,
    /// What would happen: `type` and its fields.
    pub order: Value,
    /// The member that began it.
    pub began_by: String,
    /// Members that approve, in the order in which they did.
    pub approvals: Vec<String>,
    /// Approvals that are still needed.
    pub missing: u32,
    /// From then on it is too late.
    pub expires: DueView,
    /// Whether it is too late now.
    pub expired: bool,
}

/// Who holds the safety override, within which limits, and how far these are used up.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OverrideView {
    /// The members.
    pub members: Vec<String>,
    /// How many must approve.
    pub needed: u32,
    /// What may be ordered.
    pub allowed: Vec<String>,
    /// How often it was used under these rules.
    pub used: u32,
    /// How often it may be; absent if that is not limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// The rest from one use to the next.
    pub cooldown: PeriodView,
    /// When it was used last; absent if never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_use_height: Option<u64>,
    /// The time of that block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_use_ms: Option<u64>,
    /// When that rest is over; absent if it was never used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<DueView>,
    /// `ready`, `resting` or `spent`.
    #[schema(example = "ready")]
    pub status: String,
    /// Calls that wait for approvals.
    pub calls: Vec<CallView>,
}

/// A call of the list, and its record.
pub(crate) type Open = (OpenCall, Call);

impl OverrideView {
    fn new(safety: &Safety, calls: &[Open], (height, time): (Height, Timestamp)) -> Self {
        let rules = &safety.rules;
        let ready = safety.ready();
        let status = match ready {
            _ if safety.is_spent() => "spent",
            Some(ready) if !ready.is_reached(height, time) => "resting",
            _ => "ready",
        };
        let call = |(open, call): &Open| CallView {
            call: call.number,
            order: serde_json::to_value(&call.order).unwrap_or_default(),
            began_by: open.by.to_string(),
            approvals: call.approvals.iter().map(ToString::to_string).collect(),
            missing: rules
                .needed()
                .saturating_sub(u32::try_from(call.approvals.len()).unwrap_or(u32::MAX)),
            expires: call.expires.into(),
            expired: call.expires.is_reached(height, time),
        };
        Self {
            members: rules.members().iter().map(ToString::to_string).collect(),
            needed: rules.needed(),
            allowed: rules.allowed().iter().map(|kind| kind.name().to_owned()).collect(),
            used: safety.used,
            uses: rules.uses(),
            cooldown: rules.cooldown().into(),
            last_use_height: safety.last.map(|used| used.height.get()),
            last_use_ms: safety.last.map(|used| used.time.get()),
            ready: ready.map(DueView::from),
            status: status.to_owned(),
            calls: calls.iter().map(call).collect(),
        }
    }
}

/// Something that holds until it lapses, unless it is ratified before.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangeView {
    /// Its number.
    pub change: u64,
    /// The kind of the order that made it.
    #[schema(example = "pause-treasury")]
    pub order: String,
    /// What was before, and will be again if it lapses: `type` and its fields.
    pub before: Value,
    /// It lapses with the first epoch that ends at or after this.
    pub lapses: DueView,
    /// The proposal to ratify it that the chain made; absent if the agenda was full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<u64>,
}

impl From<&Change> for ChangeView {
    fn from(change: &Change) -> Self {
        Self {
            change: change.number,
            order: change.order.name().to_owned(),
            before: serde_json::to_value(change.before).unwrap_or_default(),
            lapses: change.lapses.into(),
            proposal: change.proposal,
        }
    }
}

/// How long what is about the override and about emergencies takes: parameters of the chain.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct SafetyLimitsView {
    /// How long a call waits for approvals.
    pub call: PeriodView,
    /// How long a change holds that is not ratified.
    pub ratification: PeriodView,
    /// The longest pause of the treasury.
    pub max_pause: PeriodView,
    /// The part of all validators that decides an emergency, in parts per million.
    pub threshold: u32,
    /// How long an emergency is voted on.
    pub voting: PeriodView,
}

impl From<&SafetyParams> for SafetyLimitsView {
    fn from(params: &SafetyParams) -> Self {
        Self {
            call: params.call.into(),
            ratification: params.ratification.into(),
            max_pause: params.max_pause.into(),
            threshold: params.threshold.get(),
            voting: params.voting.into(),
        }
    }
}

/// The safety override, and what holds until it is ratified.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SafetyView {
    /// The height this was read at.
    pub height: u64,
    /// The override; absent if there is none, because the chain began without one or abolished it.
    #[serde(rename = "override", skip_serializing_if = "Option::is_none")]
    pub held: Option<OverrideView>,
    /// What holds until it lapses, oldest first.
    pub changes: Vec<ChangeView>,
    /// Parameters of the chain.
    pub limits: SafetyLimitsView,
}

impl SafetyView {
    pub(crate) fn new(
        (height, time): (Height, Timestamp),
        held: Option<(&Safety, &[Open])>,
        changes: &Changes,
        params: &SafetyParams,
    ) -> Self {
        let view =
            |(safety, calls): (&Safety, &[Open])| OverrideView::new(safety, calls, (height, time));
        Self {
            height: height.get(),
            held: held.map(view),
            changes: changes.open.iter().map(ChangeView::from).collect(),
            limits: params.into(),
        }
    }
}
