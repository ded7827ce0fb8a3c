#![doc = include_str!("README.md")]

mod api;
mod block;
mod cap;
mod error;
mod genesis;
mod keys;
mod moment;
mod position;
pub mod query;
mod settle;
mod slash;
mod store;
pub(crate) mod tx;
mod types;

#[allow(unused_imports, reason = "work branch")]
pub(crate) use api::*;
pub use error::Contradiction;
pub(crate) use keys::*;
pub use moment::Now;
pub use types::*;
