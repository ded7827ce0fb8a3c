#![doc = include_str!("README.md")]

mod action;
mod block;
mod chain;
mod emergency;
mod error;
mod genesis;
mod keys;
pub mod query;
mod snapshot;
mod store;
pub mod tally;
mod tracks;
pub(crate) mod tx;
mod types;
mod upgrade;

pub(crate) use block::{end_epoch, missing_for_epoch_end};
pub(crate) use chain::{propose_by_chain, stop, under_way};
pub(crate) use genesis::genesis;
pub(crate) use keys::*;
pub(crate) use store::load_preferences as preferences;
pub use types::*;
pub(crate) use upgrade::add_kinds_and_turnout;
