#![doc = include_str!("README.md")]

mod api;
mod block;
mod cap;
mod error;
mod genesis;
mod keys;
mod moment;
mod past;
mod position;
pub mod query;
mod settle;
mod slash;
mod store;
#[cfg(test)]
mod tests;
pub(crate) mod tx;
mod types;

pub(crate) use api::*;
pub use error::Contradiction;
pub(crate) use keys::*;
pub use moment::Now;
pub use types::*;
