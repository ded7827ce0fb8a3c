//! Economic adversaries: each tries to take what is not his, next to a twin of the chain on which
//! he does not try. None gains; run with `--nocapture` for what each loses.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_types,
    reason = "a failed unwrap is a failed test; the figures are for people"
)]

#[path = "../common/mod.rs"]
mod common;

mod colluders;
mod commission;
mod double_sign;
mod dust;
mod escape;
mod grinding;
mod just_in_time;
mod partition;
mod world;
