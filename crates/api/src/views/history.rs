//! What validators did, epoch by epoch, as JSON.

use super::{HealthView, Show};
use crate::backend::{BeatState, EpochState, StandingState};
use althing_types::{Amount, ValidatorKey};
use serde::Serialize;
use utoipa::ToSchema;

/// Something that happened to a validator.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StandingView {
    /// Name of the event, for example `jailed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The height.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
    /// Why it was slashed: `downtime` or `equivocation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The part that was slashed, or the commission, in parts per million.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ppm: Option<u32>,
    /// What was slashed, or paid as fee or reward, in base units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_display: Option<String>,
}

impl StandingView {
    fn new(standing: &StandingState, show: Show<'_>) -> Self {
        Self {
            kind: standing.kind.clone(),
            height: standing.height.get(),
            time_ms: standing.time.get(),
            reason: standing.reason.clone(),
            ppm: standing.ppm.map(althing_types::Ppm::get),
            amount: standing.amount.map(|amount| amount.to_string()),
            amount_display: standing.amount.map(|amount| show.amount(amount)),
        }
    }
}

/// An epoch of a validator.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ValidatorEpochView {
    /// The epoch.
    pub epoch: u64,
    /// Proposals that became blocks.
    pub made: u64,
    /// Turns that passed without a block, also those that the network was to blame for.
    pub missed: u64,
    /// The part of its turns that it used, in parts per million; absent if it had none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<u32>,
    /// What it earned for itself and its delegators, in base units.
    pub reward: String,
    /// The same for people.
    pub reward_display: String,
    /// The operator's part of it, in base units.
    pub commission: String,
    /// The same for people.
    pub commission_display: String,
    /// Stake after the reward, in base units; absent if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<String>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_display: Option<String>,
    /// What happened to it.
    pub events: Vec<StandingView>,
}

impl ValidatorEpochView {
    fn new(state: &EpochState, show: Show<'_>) -> Self {
        let due = state.made.saturating_add(state.missed);
        let score = state.made.saturating_mul(1_000_000).checked_div(due);
        let reward = state.paid.map_or(Amount::ZERO, |paid| paid.reward);
        let commission = state.paid.map_or(Amount::ZERO, |paid| paid.commission);
        Self {
            epoch: state.epoch.get(),
            made: state.made,
            missed: state.missed,
            score: score.and_then(|score| u32::try_from(score).ok()),
            reward: reward.to_string(),
            reward_display: show.amount(reward),
            commission: commission.to_string(),
            commission_display: show.amount(commission),
            tokens: state.paid.map(|paid| paid.tokens.to_string()),
            tokens_display: state.paid.map(|paid| show.amount(paid.tokens)),
            events: state.events.iter().map(|event| StandingView::new(event, show)).collect(),
        }
    }
}

/// A heartbeat.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BeatView {
    /// The height of its block.
    pub height: u64,
    /// The time of its block.
    pub time_ms: u64,
    /// What the node measured.
    pub health: HealthView,
}

/// What a validator did, epoch by epoch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ValidatorHistory {
    /// Its key.
    pub key: String,
    /// Epochs in which it had a turn or earned something, newest first.
    pub epochs: Vec<ValidatorEpochView>,
    /// The last heartbeats of its node, newest first; on the first page only.
    pub heartbeats: Vec<BeatView>,
    /// Give this as `before` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl ValidatorHistory {
    pub(crate) fn new(
        key: ValidatorKey,
        epochs: &[EpochState],
        beats: &[BeatState],
        next: Option<u64>,
        show: Show<'_>,
    ) -> Self {
        let beat = |beat: &BeatState| BeatView {
            height: beat.height.get(),
            time_ms: beat.time.get(),
            health: beat.health.into(),
        };
        Self {
            key: key.to_string(),
            epochs: epochs.iter().map(|epoch| ValidatorEpochView::new(epoch, show)).collect(),
            heartbeats: beats.iter().map(beat).collect(),
            next,
        }
    }
}
