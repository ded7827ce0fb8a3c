//! The message of module `beacon`.

pub(crate) mod commit_randomness;
