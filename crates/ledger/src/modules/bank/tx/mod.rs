//! The messages of the bank.

pub(crate) mod transfer;
