#![doc = include_str!("README.md")]

mod api;
mod block;
mod error;
mod executor;
mod genesis;
mod graph;
mod keys;
pub mod query;
mod store;
pub(crate) mod tx;
mod types;

pub(crate) use api::{
    Plan, accept, check_rollback, draft, drop_one, keys_of, open, pause, roll_back, set_pause,
    total, would_pause,
};
pub(crate) use block::{end_epoch, missing_for_block, run};
pub(crate) use genesis::genesis;
pub(crate) use keys::*;
pub use types::*;
