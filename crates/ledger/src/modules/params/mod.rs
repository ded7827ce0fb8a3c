#![doc = include_str!("README.md")]

mod keys;
mod store;

pub(crate) use keys::PARAMS;
pub(crate) use store::{load, save};
