use super::PARAMS;
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::ChainParams;

/// The parameters.
pub(crate) fn load(view: &View) -> Result<ChainParams, Fault> {
    store::require(view, &PARAMS, "the parameters are absent or do not decode")
}

/// Writes the parameters.
pub(crate) fn save(view: &mut View, params: &ChainParams) -> Result<(), Fault> {
    store::save(view, PARAMS, params)
}
