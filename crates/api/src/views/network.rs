//! The configuration of the network as JSON.

use super::DueView;
use althing_ledger::network::{Network, Rollout, Spec};
use althing_types::{
    Height,
    network::{NetworkSpec, RolloutHealth},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// How those do who run a version first.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct RolloutHealthView {
    /// Validators that run it first.
    pub cohort: u32,
    /// Those of them whose nodes said that they run it.
    pub applied: u32,
    /// Turns that they had since.
    pub turns: u64,
    /// Those of the turns that they missed.
    pub missed: u64,
    /// Turns that the others had since.
    pub other_turns: u64,
    /// Those of the turns that they missed.
    pub other_missed: u64,
}

impl From<RolloutHealth> for RolloutHealthView {
    fn from(health: RolloutHealth) -> Self {
        let RolloutHealth { cohort, applied, turns, missed, other_turns, other_missed } = health;
        Self { cohort, applied, turns, missed, other_turns, other_missed }
    }
}

/// A version of the configuration of the network.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NetworkSpecView {
    /// Its number.
    pub version: u64,
    /// `active`, `staged` (some run it first), `offered`, `superseded` or `rolled-back`.
    #[schema(example = "active")]
    pub status: String,
    /// The version that it was made for; 0 of the first.
    pub base: u64,
    /// The proposal that made it; 0 of the first.
    pub proposal: u64,
    /// When it was made.
    pub made_height: u64,
    /// Since when it is what it is.
    pub since_height: u64,
    /// Why it was rolled back: `misses` or `silence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How those did who ran it first, when they were looked at last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<RolloutHealthView>,
    /// Validators that chose it last.
    pub adopted: u32,
    /// What it says, in the newest format.
    pub document: Value,
}

impl NetworkSpecView {
    pub(crate) fn new(version: u64, spec: &Spec) -> Self {
        let newest = NetworkSpec::FORMATS.last().copied().unwrap_or_default();
        Self {
            version,
            status: spec.status.name().to_owned(),
            base: spec.base,
            proposal: spec.proposal,
            made_height: spec.made.get(),
            since_height: spec.since.get(),
            reason: spec.reason.map(|reason| reason.name().to_owned()),
            health: spec.health.map(RolloutHealthView::from),
            adopted: spec.adopted,
            document: spec.document.render(version, newest).unwrap_or_default(),
        }
    }
}

/// A version that some validators run first.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct RolloutView {
    /// The version.
    pub version: u64,
    /// The part of the validators that runs it first, in parts per million.
    pub first: u32,
    /// How healthy they must be, in parts per million.
    pub min_health: u32,
    /// They are watched until the first epoch that ends at or after this.
    pub until: DueView,
}

impl From<Rollout> for RolloutView {
    fn from(rollout: Rollout) -> Self {
        Self {
            version: rollout.version,
            first: rollout.plan.first.get(),
            min_health: rollout.plan.min_health.get(),
            until: rollout.until.into(),
        }
    }
}

/// What is in force, what is tried, what is offered, and every version, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NetworkSpecPage {
    /// The height this was read at.
    pub height: u64,
    /// The version in force.
    pub current: u64,
    /// What some validators run first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staged: Option<RolloutView>,
    /// Versions that each validator may choose.
    pub offered: Vec<u64>,
    /// Formats that `/v1/network/spec` is served in.
    pub formats: Vec<u16>,
    /// The versions.
    pub specs: Vec<NetworkSpecView>,
    /// Give this as `before` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl NetworkSpecPage {
    pub(crate) fn new(
        height: Height,
        network: &Network,
        (specs, next): (Vec<NetworkSpecView>, Option<u64>),
    ) -> Self {
        Self {
            height: height.get(),
            current: network.current,
            staged: network.staged.map(RolloutView::from),
            offered: network.offered.to_vec(),
            formats: NetworkSpec::FORMATS.to_vec(),
            specs,
            next,
        }
    }
}
