#![doc = include_str!("README.md")]

mod api;
mod block;
mod error;
mod keys;
mod punish;
mod score;
mod store;
pub(crate) mod tx;
mod types;

pub(crate) use api::{consensus_score, totals, turns};
pub(crate) use block::{Turn, end_epoch, missing_for_block, missing_for_epoch_end, record_turn};
pub(crate) use keys::performance_key;
pub use score::score;
pub use types::{EpochScore, Performance, Turns};
