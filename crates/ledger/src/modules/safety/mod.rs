#![doc = include_str!("README.md")]

mod api;
mod block;
mod changes;
mod error;
mod genesis;
mod keys;
mod orders;
pub mod query;
mod store;
pub(crate) mod tx;
mod types;

pub(crate) use api::{check_emergency, check_rules, emergency, set_rules};
pub(crate) use block::{end_epoch, missing_for_epoch_end};
pub(crate) use changes::{check_ratify, closes, houses, keys as change_keys, ratify, refuse};
pub(crate) use genesis::genesis;
pub(crate) use keys::*;
pub(crate) use orders::validate;
pub use types::*;
