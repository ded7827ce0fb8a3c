//! The version of the protocol, and what is planned, as JSON.

use althing_ledger::{
    Node,
    upgrade::{Protocol, query},
    versions::Releases,
};
use althing_types::{Height, Ppm, Timestamp, ValidatorKey, Version};
use serde::Serialize;
use utoipa::ToSchema;

/// An upgrade that was decided.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UpgradePlanView {
    /// To which version.
    pub version: String,
    /// The first height with its rules, if enough nodes are ready then.
    pub height: u64,
    /// Blocks until then.
    pub blocks_left: u64,
    /// The proposal that wanted it.
    pub proposal: u64,
    /// How often it was put off.
    pub postponed: u32,
    /// Whether the software of this node knows the version. If not, it stops before that height.
    pub known: bool,
}

/// An upgrade that changed nothing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FailedUpgradeView {
    /// To which version.
    pub version: String,
    /// When.
    pub height: u64,
    /// The proposal that wanted it.
    pub proposal: u64,
    /// Why.
    pub reason: String,
}

/// A version of the protocol that the software of this node knows.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReleaseView {
    /// The version.
    pub version: String,
    /// What is new.
    pub about: String,
    /// Whether the state has to be changed for it.
    pub migration: bool,
}

/// The rules that hold, and what is planned.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UpgradeView {
    /// The height this was read at.
    pub height: u64,
    /// The version of the rules.
    #[schema(example = "1.0.0")]
    pub version: String,
    /// The first height with them.
    pub since_height: u64,
    /// The version before; absent if the chain began with this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// What is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<UpgradePlanView>,
    /// The last upgrade that failed, unless one has succeeded since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailedUpgradeView>,
    /// Versions that the software of this node knows.
    pub known: Vec<ReleaseView>,
}

impl UpgradeView {
    /// As software says that knows these versions.
    pub(crate) fn new(height: Height, protocol: &Protocol, releases: &Releases) -> Self {
        let plan = protocol.plan.map(|plan| UpgradePlanView {
            version: plan.version.to_string(),
            height: plan.height.get(),
            blocks_left: plan.height.get().saturating_sub(height.get()),
            proposal: plan.proposal,
            postponed: plan.postponed,
            known: releases.knows(plan.version),
        });
        let failed = protocol.failed.map(|failed| FailedUpgradeView {
            version: failed.version.to_string(),
            height: failed.height.get(),
            proposal: failed.proposal,
            reason: failed.reason.name().to_owned(),
        });
        let known = releases.iter().map(|release| ReleaseView {
            version: release.version.to_string(),
            about: release.about.to_owned(),
            migration: release.migration.is_some(),
        });
        Self {
            height: height.get(),
            version: protocol.version.to_string(),
            since_height: protocol.since.get(),
            previous: protocol.previous.map(|version| version.to_string()),
            plan,
            failed,
            known: known.collect(),
        }
    }
}

/// Whether the node of a validator knows a version.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NodeReadiness {
    /// The validator.
    pub validator: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether its node said so, and not long ago.
    pub ready: bool,
    /// The newest version that its node said it knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// When it said anything last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_heartbeat_ms: Option<u64>,
}

impl NodeReadiness {
    pub(crate) fn new(
        (validator, name): (ValidatorKey, Option<String>),
        node: Option<&Node>,
        version: Version,
        now: Timestamp,
    ) -> Self {
        let health = node.and_then(|node| node.health);
        Self {
            validator: validator.to_string(),
            name,
            ready: node.is_some_and(|node| query::is_ready(node, version, now)),
            protocol: health.map(|health| health.protocol.to_string()),
            last_heartbeat_ms: node.and_then(|node| node.last).map(Timestamp::get),
        }
    }
}

/// Which validators of the present set know a version.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReadinessView {
    /// The height this was read at.
    pub height: u64,
    /// The version that was asked about.
    pub version: String,
    /// Validators of the set.
    pub members: usize,
    /// Those whose nodes know it.
    pub ready: usize,
    /// The part that knows it, in parts per million.
    pub ready_part: u32,
    /// The part that must, in parts per million.
    pub needed_part: u32,
    /// Whether enough know it.
    pub enough: bool,
    /// Each of them.
    pub nodes: Vec<NodeReadiness>,
}

impl ReadinessView {
    pub(crate) fn new(
        (height, version): (Height, Version),
        needed: Ppm,
        nodes: Vec<NodeReadiness>,
    ) -> Self {
        let (members, ready) = (nodes.len(), nodes.iter().filter(|node| node.ready).count());
        let parts = (ready as u128).saturating_mul(1_000_000);
        let most = (members as u128).saturating_mul(needed.get().into());
        let part = parts.checked_div(members as u128).unwrap_or(0);
        Self {
            height: height.get(),
            version: version.to_string(),
            members,
            ready,
            ready_part: u32::try_from(part).unwrap_or(1_000_000),
            needed_part: needed.get(),
            enough: members > 0 && parts >= most,
            nodes,
        }
    }
}
