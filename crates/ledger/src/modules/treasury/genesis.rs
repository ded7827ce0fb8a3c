use super::{Pending, Treasury, store};
use crate::error::Fault;
use althing_state::View;

/// Writes that nothing is disbursed.
pub(crate) fn genesis(view: &mut View) -> Result<(), Fault> {
    store::save_treasury(view, &Treasury::default())?;
    store::save_pending(view, &Pending::default())
}
