//! Validators and stake as JSON.

use super::Show;
use crate::backend::{
    AuditState, BeatState, DelegationState, DelegatorState, EpochState, NodeState, RewardState,
    StandingState, UnbondingState, ValidatorState,
};
use althing_types::{Address, Amount, Due, Height, Timestamp, ValidatorKey};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Names of validators.
pub(crate) type Names = BTreeMap<ValidatorKey, String>;

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
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
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
    /// Consensus score: the part of its turns that it used over the last epochs.
    pub score: u32,
    /// Proposals of this epoch that became blocks.
    pub made: u32,
    /// Turns of this epoch that passed without a block.
    pub missed: u32,
    /// Turns missed one after the other.
    pub streak: u32,
    /// Blocks since it registered.
    pub made_total: u64,
    /// Missed turns since it registered.
    pub missed_total: u64,
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
            score: performance.score.get(),
            made: performance.made,
            missed: performance.missed,
            streak: performance.streak,
            made_total: performance.made_total,
            missed_total: performance.missed_total,
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
    /// Turns that passed without a block.
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
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
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

/// What an account delegates to one validator.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DelegationView {
    /// The account.
    pub delegator: String,
    /// The validator.
    pub validator: String,
    /// Its name.
    pub validator_name: String,
    /// What it is worth, rewards included, in base units.
    pub amount: String,
    /// The same for people.
    pub amount_display: String,
    /// Delegated in this epoch; counts from the next one on, in base units.
    pub pending: String,
    /// The same for people.
    pub pending_display: String,
    /// Shares of the validator's stake.
    pub shares: String,
    /// What of `amount` was redelegated not long ago and can neither move nor unbond yet, in base
    /// units.
    pub locked: String,
    /// The same for people.
    pub locked_display: String,
    /// When all of that is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<DueView>,
    /// The height at which the delegation began.
    pub created_height: u64,
}

impl DelegationView {
    pub(crate) fn new(
        delegator: Address,
        delegation: &DelegationState,
        names: &Names,
        show: Show<'_>,
    ) -> Self {
        Self {
            delegator: delegator.to_string(),
            validator: delegation.validator.to_string(),
            validator_name: names.get(&delegation.validator).cloned().unwrap_or_default(),
            amount: delegation.amount.to_string(),
            amount_display: show.amount(delegation.amount),
            pending: delegation.pending.to_string(),
            pending_display: show.amount(delegation.pending),
            shares: delegation.shares.to_string(),
            locked: delegation.locked.to_string(),
            locked_display: show.amount(delegation.locked),
            locked_until: delegation.locked_until.map(DueView::from),
            created_height: delegation.created.get(),
        }
    }
}

/// What an account delegates.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DelegatorView {
    /// The account.
    pub address: String,
    /// The height this was read at.
    pub height: u64,
    /// All of it, what counts later included, in base units.
    pub staked: String,
    /// The same for people.
    pub staked_display: String,
    /// By validator.
    pub delegations: Vec<DelegationView>,
}

impl DelegatorView {
    pub(crate) fn new(
        address: Address,
        state: &DelegatorState,
        names: &Names,
        show: Show<'_>,
    ) -> Self {
        let delegations = state.delegations.iter();
        Self {
            address: address.to_string(),
            height: state.height.get(),
            staked: state.staked().to_string(),
            staked_display: show.amount(state.staked()),
            delegations: delegations
                .map(|delegation| DelegationView::new(address, delegation, names, show))
                .collect(),
        }
    }
}

/// Delegations to a validator, ordered by account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DelegationPage {
    /// The delegations.
    pub delegations: Vec<DelegationView>,
    /// Give this as `after` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An entry of the unbonding queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnbondingView {
    /// Its number in the queue.
    pub entry: u64,
    /// The validator it was taken from.
    pub validator: String,
    /// Its name, as far as it is known.
    pub validator_name: String,
    /// `waiting` or `paid`.
    #[schema(example = "waiting")]
    pub status: String,
    /// What will be paid, or was, after all slashes, in base units.
    pub amount: String,
    /// The same for people.
    pub amount_display: String,
    /// What slashes took while it waited, in base units.
    pub slashed: String,
    /// The same for people.
    pub slashed_display: String,
    /// The height at which it began.
    pub began_height: u64,
    /// When it is paid.
    pub due: DueView,
    /// Blocks until then; 0 once it is paid.
    pub blocks_left: u64,
    /// Milliseconds of block time until then; 0 once it is paid.
    pub ms_left: u64,
    /// The height at which it was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_height: Option<u64>,
}

impl UnbondingView {
    fn new(
        entry: &UnbondingState,
        (height, time): (Height, Timestamp),
        names: &Names,
        show: Show<'_>,
    ) -> Self {
        let waiting = entry.paid.is_none();
        let left = |due: u64, now: u64| if waiting { due.saturating_sub(now) } else { 0 };
        Self {
            entry: entry.entry,
            validator: entry.validator.to_string(),
            validator_name: names.get(&entry.validator).cloned().unwrap_or_default(),
            status: if waiting { "waiting" } else { "paid" }.to_owned(),
            amount: entry.amount.to_string(),
            amount_display: show.amount(entry.amount),
            slashed: entry.slashed.to_string(),
            slashed_display: show.amount(entry.slashed),
            began_height: entry.began.get(),
            due: entry.due.into(),
            blocks_left: left(entry.due.height.get(), height.get()),
            ms_left: left(entry.due.time.get(), time.get()),
            paid_height: entry.paid.map(Height::get),
        }
    }
}

/// What an account waits for, and what it was paid.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnbondingPage {
    /// The account.
    pub address: String,
    /// The height this was read at.
    pub height: u64,
    /// What waits together, in base units.
    pub unbonding: String,
    /// The same for people.
    pub unbonding_display: String,
    /// What waits, oldest first.
    pub entries: Vec<UnbondingView>,
    /// What was paid, newest first; absent if this node keeps no index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid: Option<Vec<UnbondingView>>,
    /// Give this as `before` to get more of what was paid; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl UnbondingPage {
    pub(crate) fn new(
        address: Address,
        state: &DelegatorState,
        (paid, next): (Option<Vec<UnbondingState>>, Option<u64>),
        names: &Names,
        show: Show<'_>,
    ) -> Self {
        let now = (state.height, state.time);
        let view = |entry: &UnbondingState| UnbondingView::new(entry, now, names, show);
        Self {
            address: address.to_string(),
            height: state.height.get(),
            unbonding: state.unbonding().to_string(),
            unbonding_display: show.amount(state.unbonding()),
            entries: state.unbonding.iter().map(view).collect(),
            paid: paid.map(|paid| paid.iter().map(view).collect()),
            next,
        }
    }
}

/// What an account earned with one validator in one epoch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RewardView {
    /// The epoch.
    pub epoch: u64,
    /// The validator.
    pub validator: String,
    /// Its name, as far as it is known.
    pub validator_name: String,
    /// What the delegation was worth before, in base units.
    pub stake: String,
    /// The same for people.
    pub stake_display: String,
    /// What it earned, in base units; credited to the delegation by itself.
    pub reward: String,
    /// The same for people.
    pub reward_display: String,
    /// What the account earned as operator, in base units; paid to its balance.
    pub commission: String,
    /// The same for people.
    pub commission_display: String,
}

/// What an account earned, newest epoch first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RewardPage {
    /// The account.
    pub address: String,
    /// By epoch and validator.
    pub rewards: Vec<RewardView>,
    /// Give this as `before` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl RewardPage {
    pub(crate) fn new(
        address: Address,
        (rewards, next): (&[RewardState], Option<u64>),
        names: &Names,
        show: Show<'_>,
    ) -> Self {
        let view = |entry: &RewardState| RewardView {
            epoch: entry.epoch.get(),
            validator: entry.validator.to_string(),
            validator_name: names.get(&entry.validator).cloned().unwrap_or_default(),
            stake: entry.stake.to_string(),
            stake_display: show.amount(entry.stake),
            reward: entry.reward.to_string(),
            reward_display: show.amount(entry.reward),
            commission: entry.commission.to_string(),
            commission_display: show.amount(entry.commission),
        };
        let rewards = rewards.iter().map(view).collect();
        Self { address: address.to_string(), rewards, next }
    }
}

/// The supply as it follows from every record of the state.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditView {
    /// The height of the state.
    pub height: u64,
    /// Whether everything agrees to the base unit.
    pub agrees: bool,
    /// The first rule that does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// Records looked at.
    pub records: u64,
    /// Accounts among them.
    pub accounts: u64,
    /// What the accounts own together, in base units.
    pub balances: String,
    /// The same for people.
    pub balances_display: String,
    /// `genesis + minted - burned`, in base units.
    pub supply: String,
    /// The same for people.
    pub supply_display: String,
    /// What the account of stake owns, in base units.
    pub stake_account: String,
    /// The same for people.
    pub stake_account_display: String,
    /// What validators and the unbonding queue say that it owns, in base units.
    pub stake_records: String,
    /// The same for people.
    pub stake_records_display: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

impl AuditView {
    pub(crate) fn new(audit: &AuditState, show: Show<'_>) -> Self {
        let agrees = audit.broken.is_none()
            && audit.balances == audit.supply
            && audit.stake_account == audit.stake_records;
        Self {
            height: audit.height.get(),
            agrees,
            broken: audit.broken.clone(),
            records: audit.records,
            accounts: audit.accounts,
            balances: audit.balances.to_string(),
            balances_display: show.amount(audit.balances),
            supply: audit.supply.to_string(),
            supply_display: show.amount(audit.supply),
            stake_account: audit.stake_account.to_string(),
            stake_account_display: show.amount(audit.stake_account),
            stake_records: audit.stake_records.to_string(),
            stake_records_display: show.amount(audit.stake_records),
            took_ms: audit.took_ms,
        }
    }
}
