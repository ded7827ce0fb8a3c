//! Black-box tests of the binary. One target: see Cargo.toml.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod cli;
mod cli_online;
mod compute;
mod energy;
mod genesis;
mod gov;
mod malformed;
mod network;
mod stake;
