#![doc = include_str!("README.md")]

mod block;
mod keys;
mod store;

pub(crate) use block::choose;
pub(crate) use keys::set_key;
pub(crate) use store::{load_set, save_set};
