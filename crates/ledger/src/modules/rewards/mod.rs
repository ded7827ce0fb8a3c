#![doc = include_str!("README.md")]

mod block;
mod keys;
pub mod math;
mod store;
mod types;

pub(crate) use block::{end_epoch, missing_for_epoch_end};
pub(crate) use keys::EMISSION;
pub(crate) use store::genesis;
pub use types::Emission;
