use super::{Account, key};
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::Address;

/// The record of an account; `None` if it has none.
pub(crate) fn load(view: &View, address: &Address) -> Result<Option<Account>, Fault> {
    store::load(view, &key(address), "the account record does not decode")
}

/// Writes the record of an account.
pub(crate) fn save(view: &mut View, address: &Address, account: &Account) -> Result<(), Fault> {
    store::save(view, key(address), account)
}
