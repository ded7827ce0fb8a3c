//! The messages of module `governance`.

pub(crate) mod cancel_proposal;
pub(crate) mod set_preferences;
pub(crate) mod submit_proposal;
pub(crate) mod vote;
