use super::store;
use crate::error::Fault;
use althing_state::View;
use althing_types::{Hash, Height};

/// The randomness as of `height`; `None` if that height is not there yet, or so far back that it was
/// forgotten. Who sent a transaction that enters below `height` could not know it.
pub(crate) fn at(view: &View, height: Height) -> Result<Option<Hash>, Fault> {
    let mark = store::load_mark(view, height)?;
    Ok(mark.filter(|mark| mark.height == height).map(|mark| mark.value))
}
