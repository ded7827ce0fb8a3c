//! The message of module `network`.

pub(crate) mod adopt_spec;
