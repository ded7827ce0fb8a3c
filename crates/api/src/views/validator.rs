//! Validators as JSON.

use super::Show;
use crate::backend::{NodeState, ValidatorState, VotesState};
use althing_types::{Amount, Due, Ppm, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// When a period is over: both must be reached.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct DueView {
    /// Not before this height.
    pub height: u64,
    /// Not before this block time, in milliseconds since the Unix epoch.
    pub time: u64,
}

impl From<Due> for DueView {
    fn from(due: Due) -> Self {
        Self { height: due.height.get(), time: due.time.get() }
    }
}

/// Another commission that was announced.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct AnnouncementView {
    /// The commission, in parts per million.
    pub commission: u32,
    /// It applies from the first epoch end at or after this.
    pub due: DueView,
}

/// What a node measured about itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HealthView {
    /// The height that it had finalized.
    pub height: u64,
    /// Peers.
    pub peers: u32,
    /// Waiting transactions.
    pub mempool: u32,
    /// Resident memory, in MiB.
    pub memory_mib: u32,
    /// Free space on its disk, in MiB.
    pub free_disk_mib: u32,
    /// Seconds since it started.
    pub uptime_s: u32,
    /// The version of the network's configuration that it applied, or 0.
    pub spec: u64,
    /// The newest protocol that its software can run, or `0.0.0`.
    pub protocol: String,
}

impl From<althing_types::message::Health> for HealthView {
    fn from(health: althing_types::message::Health) -> Self {
        Self {
            height: health.height.get(),
            peers: health.peers,
            mempool: health.mempool,
            memory_mib: health.memory_mib,
            free_disk_mib: health.free_disk_mib,
            uptime_s: health.uptime_s,
            spec: health.spec,
            protocol: health.protocol.to_string(),
        }
    }
}

/// What a node says about itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NodeView {
    /// Where its API is reached, or empty.
    pub endpoint: String,
    /// Version of its software.
    pub version: String,
    /// Source commit, or empty.
    pub commit: String,
    /// Where it stands, or empty.
    pub region: String,
    /// When it described itself first.
    pub registered_ms: u64,
    /// Time of its last heartbeat; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_heartbeat_ms: Option<u64>,
    /// What it measured then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthView>,
}

impl From<&NodeState> for NodeView {
    fn from(node: &NodeState) -> Self {
        Self {
            endpoint: node.endpoint.clone(),
            version: node.version.clone(),
            commit: node.commit.clone(),
            region: node.region.clone(),
            registered_ms: node.registered.get(),
            last_heartbeat_ms: node.last.map(Timestamp::get),
            health: node.health.map(HealthView::from),
        }
    }
}

/// Signatures of a validator in the finalization certificates that this node stored since it
/// started. A certificate holds a quorum of signatures or more, and other nodes may have stored
/// others, so this is a hint, and no rule of the chain reads it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct VotesView {
    /// Certificates with its signature.
    pub signed: u64,
    /// Certificates of epochs in which it was a validator.
    pub certificates: u64,
}

/// Where a validator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    Waiting,
    Jailed,
    Leaving,
    Ejected,
}

impl Standing {
    pub(crate) const ALL: [Self; 5] =
        [Self::Active, Self::Waiting, Self::Jailed, Self::Leaving, Self::Ejected];

    pub(crate) const fn of(validator: &ValidatorState) -> Self {
        if validator.ejected {
            Self::Ejected
        } else if validator.jailed_until.is_some() {
            Self::Jailed
        } else if validator.leaving {
            Self::Leaving
        } else if validator.active {
            Self::Active
        } else {
            Self::Waiting
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Jailed => "jailed",
            Self::Leaving => "leaving",
            Self::Ejected => "ejected",
        }
    }
}

/// A validator that is registered, or that was ejected. Ratios are in parts per million.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ValidatorView {
    /// Place by stake, from 1; those that were ejected come last.
    pub rank: usize,
    /// Its consensus and network key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// A web address, or empty.
    pub website: String,
    /// What it says about itself, or empty.
    pub description: String,
    /// The account that operates it.
    pub operator: String,
    /// Where its network port is reached.
    pub endpoint: String,
    /// The height at which it registered.
    pub registered_height: u64,
    /// `active` (in the set of this epoch), `waiting`, `jailed`, `leaving` or `ejected`.
    #[schema(example = "active")]
    pub status: String,
    /// Whether it is in the set of this epoch, which holds also while it is jailed until the epoch
    /// ends.
    pub active: bool,
    /// The last epoch that it was chosen for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen_until: Option<u64>,
    /// Stake that counts and earns, in base units.
    pub tokens: String,
    /// The same for people.
    pub tokens_display: String,
    /// Stake that counts from the next epoch on, in base units.
    pub pending: String,
    /// The same for people.
    pub pending_display: String,
    /// The operator's own part, in base units.
    pub own_stake: String,
    /// The same for people.
    pub own_stake_display: String,
    /// The shares that own `tokens`.
    pub shares: String,
    /// Part of all stake.
    pub share: u32,
    /// Delegations, the operator's own included.
    pub delegations: u32,
    /// What may still leave in this epoch, in base units.
    pub may_leave: String,
    /// The same for people.
    pub may_leave_display: String,
    /// What it may still be given under the power cap, in base units; absent if there is no cap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_display: Option<String>,
    /// What it keeps of its delegators' rewards.
    pub commission: u32,
    /// Another commission that was announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announced: Option<AnnouncementView>,
    /// When another commission may be announced.
    pub commission_cooldown: DueView,
    /// In jail until then, unless it pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jailed_until: Option<DueView>,
    /// How many times it was jailed.
    pub jails: u32,
    /// How many times it was slashed.
    pub slashes: u32,
    /// Consensus score: the part of its turns that it used over the last epochs; absent if none
    /// was due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<u32>,
    /// Proposals of this epoch that became blocks.
    pub made: u32,
    /// Turns of this epoch that passed without a block.
    pub missed: u32,
    /// Those of `missed` that were the network's fault; no score and no punishment counts them.
    pub excused: u32,
    /// Turns missed one after the other.
    pub streak: u32,
    /// Blocks since it registered.
    pub made_total: u64,
    /// Missed turns since it registered.
    pub missed_total: u64,
    /// Its votes as this node saw them; absent if it saw none that were due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes: Option<VotesView>,
    /// Registry score: heartbeats of those due over `registry.score_slots` intervals; absent without
    /// a registered node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_score: Option<u32>,
    /// What its node says about itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeView>,
}

/// `numerator / denominator` in parts per million.
fn ratio(numerator: Amount, denominator: Amount) -> u32 {
    let parts = numerator.mul_div(1_000_000, denominator.units());
    parts.ok().and_then(|parts| u32::try_from(parts.units()).ok()).unwrap_or(0)
}

impl ValidatorView {
    pub(crate) fn new(
        rank: usize,
        validator: &ValidatorState,
        bonded: Amount,
        show: Show<'_>,
    ) -> Self {
        let performance = &validator.performance;
        let announced = validator.announced.map(|(commission, due)| AnnouncementView {
            commission: commission.get(),
            due: due.into(),
        });
        Self {
            rank,
            key: validator.key.to_string(),
            name: validator.details.name.to_string(),
            website: validator.details.website.to_string(),
            description: validator.details.description.to_string(),
            operator: validator.operator.to_string(),
            endpoint: validator.endpoint.clone(),
            registered_height: validator.registered.get(),
            status: Standing::of(validator).name().to_owned(),
            active: validator.active,
            chosen_until: validator.chosen_until.map(althing_types::Epoch::get),
            tokens: validator.tokens.to_string(),
            tokens_display: show.amount(validator.tokens),
            pending: validator.pending.to_string(),
            pending_display: show.amount(validator.pending),
            own_stake: validator.own_stake.to_string(),
            own_stake_display: show.amount(validator.own_stake),
            shares: validator.shares.to_string(),
            share: ratio(validator.tokens, bonded),
            delegations: validator.delegations,
            may_leave: validator.may_leave.to_string(),
            may_leave_display: show.amount(validator.may_leave),
            room: validator.room.map(|room| room.to_string()),
            room_display: validator.room.map(|room| show.amount(room)),
            commission: validator.commission.get(),
            announced,
            commission_cooldown: validator.commission_cooldown.into(),
            jailed_until: validator.jailed_until.map(DueView::from),
            jails: performance.jails,
            slashes: validator.slashes,
            score: performance.score.map(Ppm::get),
            made: performance.made,
            missed: performance.missed,
            excused: performance.excused,
            streak: performance.streak,
            made_total: performance.made_total,
            missed_total: performance.missed_total,
            votes: validator
                .votes
                .map(|VotesState { signed, certificates }| VotesView { signed, certificates }),
            registry_score: validator.node.as_ref().map(|node| node.score.get()),
            node: validator.node.as_ref().map(NodeView::from),
        }
    }
}

/// Validators.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ValidatorPage {
    /// The height this was read at.
    pub height: u64,
    /// The epoch whose set `active` speaks of.
    pub epoch: u64,
    /// Validators in that set.
    pub members: usize,
    /// Signatures that make a certificate in it.
    pub quorum: usize,
    /// How many validators the filters let pass.
    pub total: usize,
    /// Stake of all validators, in base units.
    pub bonded: String,
    /// The same for people.
    pub bonded_display: String,
    /// The validators.
    pub validators: Vec<ValidatorView>,
    /// Give this as `offset` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
