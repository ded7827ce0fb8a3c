use super::{SUPPLY, Supply};
use crate::{error::Fault, store};
use althing_state::View;

/// The supply record.
pub(crate) fn load(view: &View) -> Result<Supply, Fault> {
    store::require(view, &SUPPLY, "the supply record is absent or does not decode")
}

/// Writes the supply record.
pub(crate) fn save(view: &mut View, supply: &Supply) -> Result<(), Fault> {
    store::save(view, SUPPLY, supply)
}
