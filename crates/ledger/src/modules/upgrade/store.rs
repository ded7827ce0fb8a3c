use super::{PROTOCOL, Protocol};
use crate::{error::Fault, store};
use althing_state::View;

pub(super) fn load(view: &View) -> Result<Protocol, Fault> {
    store::require(view, &PROTOCOL, "the version of the rules is absent or does not decode")
}

pub(super) fn save(view: &mut View, protocol: &Protocol) -> Result<(), Fault> {
    store::save(view, PROTOCOL, protocol)
}
