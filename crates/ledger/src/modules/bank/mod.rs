#![doc = include_str!("README.md")]

mod api;
mod error;
mod keys;
mod store;
pub(crate) mod tx;
mod types;

pub(crate) use api::{Transferred, settle_fees, transfer};
pub(crate) use keys::SUPPLY;
pub(crate) use store::save;
pub(crate) use types::ProtocolAccounts;
pub use types::Supply;
