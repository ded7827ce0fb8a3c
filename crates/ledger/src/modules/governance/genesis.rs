use super::{Agenda, store};
use crate::error::Fault;
use althing_state::View;

/// Writes the empty agenda.
pub(crate) fn genesis(view: &mut View) -> Result<(), Fault> {
    store::save_agenda(view, &Agenda::default())
}
