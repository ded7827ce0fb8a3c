//! Accounts as JSON.

use super::{AccountBundle, Show};
use crate::backend::AccountState;
use althing_types::Address;
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
    pub(crate) fn new(address: Address, account: &AccountState, show: Show<'_>) -> Self {
        Self {
            address: address.to_string(),
            height: account.height.get(),
            exists: account.exists,
            balance: account.balance.to_string(),
            balance_display: show.amount(account.balance),
            nonce: account.nonce.get(),
            pending_nonce: account.pending_nonce.get(),
            proof: None,
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
