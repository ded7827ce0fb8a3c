//! Accounts as JSON.

use super::{AccountBundle, Show};
use crate::backend::{AccountState, DelegatorState, VestingState};
use althing_types::{Address, Amount};
use serde::Serialize;
use utoipa::ToSchema;

/// An account at a height.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountView {
    /// The account.
    pub address: String,
    /// The height this was read at.
    pub height: u64,
    /// Whether it is in the state: it received money or sent a transaction.
    pub exists: bool,
    /// What it owns, in base units.
    pub balance: String,
    /// The same for people.
    pub balance_display: String,
    /// What of the balance can be sent, in base units: all that no vesting schedule locks.
    pub spendable: String,
    /// The same for people.
    pub spendable_display: String,
    /// What is delegated, what counts later included, in base units.
    pub staked: String,
    /// The same for people.
    pub staked_display: String,
    /// What unbonds, in base units.
    pub unbonding: String,
    /// The same for people.
    pub unbonding_display: String,
    /// The vesting schedule, if the account has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vesting: Option<VestingView>,
    /// Transactions included so far; the nonce of the next one if none waits.
    pub nonce: u64,
    /// The nonce of the next transaction after those that wait in the mempool.
    pub pending_nonce: u64,
    /// With `proof=true`: a proof that needs no trust in this node. It is about the newest
    /// certified state, which may be older than the fields above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<AccountBundle>,
}

impl AccountView {
    pub(crate) fn new(
        address: Address,
        account: &AccountState,
        stake: &DelegatorState,
        show: Show<'_>,
    ) -> Self {
        let locked = account
            .vesting
            .map_or(0, |vesting| vesting.locked.units().saturating_sub(vesting.staked.units()));
        let spendable = Amount::new(account.balance.units().saturating_sub(locked));
        let (staked, unbonding) = (stake.staked(), stake.unbonding());
        Self {
            address: address.to_string(),
            height: account.height.get(),
            exists: account.exists,
            balance: account.balance.to_string(),
            balance_display: show.amount(account.balance),
            spendable: spendable.to_string(),
            spendable_display: show.amount(spendable),
            staked: staked.to_string(),
            staked_display: show.amount(staked),
            unbonding: unbonding.to_string(),
            unbonding_display: show.amount(unbonding),
            vesting: account.vesting.as_ref().map(|vesting| VestingView::new(vesting, show)),
            nonce: account.nonce.get(),
            pending_nonce: account.pending_nonce.get(),
            proof: None,
        }
    }
}

/// How locked money of an account is set free.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VestingView {
    /// What was locked at the start, in base units.
    pub total: String,
    /// The same for people.
    pub total_display: String,
    /// What is still locked, staked money included, in base units.
    pub locked: String,
    /// The same for people.
    pub locked_display: String,
    /// What of that is staked, in base units.
    pub staked: String,
    /// The same for people.
    pub staked_display: String,
    /// Where the line begins.
    pub start_ms: u64,
    /// Before this nothing is free.
    pub cliff_ms: u64,
    /// From then on all is free.
    pub end_ms: u64,
}

impl VestingView {
    fn new(vesting: &VestingState, show: Show<'_>) -> Self {
        Self {
            total: vesting.total.to_string(),
            total_display: show.amount(vesting.total),
            locked: vesting.locked.to_string(),
            locked_display: show.amount(vesting.locked),
            staked: vesting.staked.to_string(),
            staked_display: show.amount(vesting.staked),
            start_ms: vesting.line.start.get(),
            cliff_ms: vesting.line.cliff.get(),
            end_ms: vesting.line.end.get(),
        }
    }
}

/// The nonce of an account's next transaction.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NonceView {
    /// The account.
    pub address: String,
    /// The height this was read at.
    pub height: u64,
    /// The nonce.
    pub nonce: u64,
    /// Whether transactions that wait in the mempool are counted.
    pub pending: bool,
}
