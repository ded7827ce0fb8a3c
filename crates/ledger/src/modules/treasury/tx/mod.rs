//! The message of module `treasury`.

pub(crate) mod advance_disbursement;
