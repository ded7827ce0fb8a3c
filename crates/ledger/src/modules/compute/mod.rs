#![doc = include_str!("README.md")]

mod assignment;
mod attestation;
mod block;
mod committee;
mod desk;
mod disputes;
mod error;
mod fleet;
mod genesis;
mod keys;
mod pool;
mod prices;
mod proof;
pub mod query;
mod reports;
mod reputation;
mod settle;
mod store;
mod tasks;
pub(crate) mod tx;
mod types;
mod whitelist;

pub(crate) use block::{end_epoch, missing_for_block, missing_for_epoch_end, run};
pub(crate) use genesis::genesis;
pub(crate) use keys::*;
pub(crate) use prices::{check_prices, set_prices};
pub use types::*;
pub(crate) use whitelist::{change_whitelist, check_whitelist};
