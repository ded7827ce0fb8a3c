#![doc = include_str!("README.md")]

mod api;
mod block;
mod error;
mod genesis;
mod keys;
pub mod query;
mod replace;
mod rollout;
mod store;
pub(crate) mod tx;
mod types;

pub(crate) use api::{Change, check, enact, forget, forget_keys, keys};
pub(crate) use block::{end_epoch, missing_for_epoch_end};
pub(crate) use genesis::genesis;
pub(crate) use keys::*;
pub(crate) use replace::{
    Replaced, check_set, check_take_back, current, put_back, replace_keys, set, take_back,
};
pub use types::*;
