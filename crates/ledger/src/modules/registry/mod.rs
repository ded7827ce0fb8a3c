#![doc = include_str!("README.md")]

mod api;
mod keys;
mod store;
pub(crate) mod tx;
mod types;

pub(crate) use api::{health, uptime};
pub(crate) use keys::key;
pub(crate) use store::{check_sender, load};
pub use types::Node;
