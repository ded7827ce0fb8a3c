use super::set_key;
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::{Epoch, ValidatorSet};

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
