use super::{EMISSION, Emission};
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::Timestamp;

/// What was emitted so far.
pub(super) fn load(view: &View) -> Result<Emission, Fault> {
    store::require(view, &EMISSION, "the emission record is absent or does not decode")
}

/// Writes what was emitted so far.
pub(super) fn save(view: &mut View, emission: &Emission) -> Result<(), Fault> {
    store::save(view, EMISSION, emission)
}

/// Nothing was emitted yet, and the first epoch begins at `time`.
pub(crate) fn genesis(view: &mut View, time: Timestamp) -> Result<(), Fault> {
    save(view, &Emission { epoch_started: time, ..Emission::default() })
}
