#![doc = include_str!("README.md")]

mod keys;
mod store;
pub(crate) mod tx;
mod types;

pub(crate) use keys::key;
pub use types::Node;
