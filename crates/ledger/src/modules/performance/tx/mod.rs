//! The messages of module `performance`.

pub(crate) mod submit_evidence;
pub(crate) mod unjail;
