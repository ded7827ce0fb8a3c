#![doc = include_str!("README.md")]

mod api;
mod block;
mod error;
mod genesis;
mod keys;
pub mod query;
mod rollout;
mod store;
pub(crate) mod tx;
mod types;

pub(crate) use api::{Change, check, enact, forget, forget_keys, keys};
pub(crate) use block::{end_epoch, missing_for_epoch_end};
pub(crate) use genesis::genesis;
pub(crate) use keys::*;
pub use types::*;
