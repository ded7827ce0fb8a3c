//! Workers and verifiers together: real servers and real products, on a chain of a few rules.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod chain;
mod cheats;
mod content;
mod http;
mod life;
mod serve;
mod setup;
