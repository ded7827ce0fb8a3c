//! Delegations, the unbonding queue and rewards as JSON.

use super::{DueView, Show};
use crate::backend::{DelegationState, DelegatorState, RewardState, UnbondingState};
use althing_types::{Address, Height, Timestamp, ValidatorKey};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Names of validators.
pub(crate) type Names = BTreeMap<ValidatorKey, String>;

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
