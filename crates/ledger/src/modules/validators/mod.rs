#![doc = include_str!("README.md")]

mod api;
mod keys;
mod store;

pub(crate) use api::turn_epoch;
pub(crate) use keys::{account_key, set_key};
pub(crate) use store::{load_account, save_account, save_set};
