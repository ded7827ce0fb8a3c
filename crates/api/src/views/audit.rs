//! The audit of the supply as JSON.

use super::Show;
use crate::backend::AuditState;
use serde::Serialize;
use utoipa::ToSchema;

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
