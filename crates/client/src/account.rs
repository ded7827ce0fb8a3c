//! Where an account stands in the state, and how it is encoded: as the ledger does it.

use althing_ledger::query;
use althing_state::StateKey;
use althing_types::{Address, Amount, Nonce};
use commonware_codec::Encode as _;

/// The state key of an account.
pub(crate) fn key(address: Address) -> StateKey {
    query::account_key(address)
}

/// Nonce and balance of an encoded account; `None` if the bytes are no such record in its one
/// form.
pub(crate) fn decode(value: &[u8]) -> Option<(Nonce, Amount)> {
    let account = query::decode_account(value).ok()?;
    (account.encode() == value).then_some((account.nonce, account.balance))
}

#[cfg(test)]
pub(crate) fn encode(nonce: Nonce, balance: Amount) -> Vec<u8> {
    althing_ledger::Account { nonce, balance, vesting: false }.encode().to_vec()
}
