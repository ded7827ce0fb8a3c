#![doc = include_str!("README.md")]

mod keys;
mod store;
mod types;

pub(crate) use keys::key;
pub(crate) use store::{load, save};
pub use types::Account;
