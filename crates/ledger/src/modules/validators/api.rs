use super::{
    set_key,
    store::{load_set, remove_set, save_set},
};
use crate::error::Fault;
use althing_state::View;
use althing_types::{Epoch, ValidatorSet};

/// How many past epochs keep their validator sets.
const KEPT_EPOCHS: u64 = 16;

/// What happens on the last block of `epoch`: returns the validators of the next epoch and chooses
/// those of the one after it.
pub(crate) fn turn_epoch(view: &mut View, epoch: Epoch) -> Result<ValidatorSet, Fault> {
    let last = || Fault::Corrupt { key: set_key(epoch), what: "there are no epochs left" };
    let next = epoch.next().ok_or_else(last)?;
    let after = next.next().ok_or_else(last)?;
    let set = load_set(view, next)?;
    save_set(view, after, &set)?;
    if let Some(old) = epoch.get().checked_sub(KEPT_EPOCHS) {
        remove_set(view, Epoch::new(old));
    }
    Ok(set)
}
