#![doc = include_str!("README.md")]

mod api;
mod block;
mod keys;
pub mod query;
mod store;
pub(crate) mod tx;
mod types;

pub(crate) use api::at;
pub(crate) use block::{BadReveal, Place, begin, missing};
pub use keys::RING;
pub(crate) use keys::{mark_key, randomness_key};
pub use types::{Chain, Mark, Next, Randomness, step};
