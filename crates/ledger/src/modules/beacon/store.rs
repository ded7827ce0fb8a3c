use super::{Mark, Randomness, mark_key, randomness_key};
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::{Height, ValidatorKey};

/// The chains of a validator; `None` if it never committed to one.
pub(super) fn load(view: &View, validator: &ValidatorKey) -> Result<Option<Randomness>, Fault> {
    store::load(view, &randomness_key(validator), "the randomness of a validator does not decode")
}

/// Writes the chains of a validator.
pub(super) fn save(
    view: &mut View,
    validator: &ValidatorKey,
    record: &Randomness,
) -> Result<(), Fault> {
    store::save(view, randomness_key(validator), record)
}

/// What stands in the ring at the place of a height, of whatever height it is.
pub(super) fn load_mark(view: &View, height: Height) -> Result<Option<Mark>, Fault> {
    store::load(view, &mark_key(height), "the randomness of a height does not decode")
}

/// Writes the randomness of a height over that of a ring's length before it.
pub(super) fn save_mark(view: &mut View, mark: &Mark) -> Result<(), Fault> {
    store::save(view, mark_key(mark.height), mark)
}
