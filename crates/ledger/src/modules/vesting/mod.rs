#![doc = include_str!("README.md")]

mod api;
mod keys;
mod store;
mod types;

pub(crate) use api::{begin, keys_of, spendable, stake, unstake};
pub(crate) use keys::key;
pub use types::VestingRecord;
