//! The message of module `safety`.

pub(crate) mod approve;
