use super::{account_key, set_key};
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::{Address, Epoch, ValidatorKey, ValidatorSet};

/// The validators of an epoch.
pub(crate) fn load_set(view: &View, epoch: Epoch) -> Result<ValidatorSet, Fault> {
    store::require(view, &set_key(epoch), "the validator set is absent or does not decode")
}

/// Writes the validators of an epoch.
pub(crate) fn save_set(view: &mut View, epoch: Epoch, set: &ValidatorSet) -> Result<(), Fault> {
    store::save(view, set_key(epoch), set)
}

/// Removes the validators of an epoch.
pub(super) fn remove_set(view: &mut View, epoch: Epoch) {
    view.set(set_key(epoch), None);
}

/// The account of a validator; `None` if there is no such validator.
pub(crate) fn load_account(
    view: &View,
    validator: &ValidatorKey,
) -> Result<Option<Address>, Fault> {
    store::load(view, &account_key(validator), "the validator's account does not decode")
}

/// Writes the account of a validator.
pub(crate) fn save_account(
    view: &mut View,
    validator: &ValidatorKey,
    account: &Address,
) -> Result<(), Fault> {
    store::save(view, account_key(validator), account)
}
