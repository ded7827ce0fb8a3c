#![doc = include_str!("../README.md")]

mod config;
mod eviction;
mod forward;
mod pool;
mod queue;
mod reason;
mod recent;
mod select;
mod settle;
mod slab;
mod verify;

pub use config::{Account, Limits, Origin, PoolConfig, Stats};
pub use pool::{Inserted, Pool};
pub use reason::{DropReason, Dropped, Fate, Rejection};
pub use verify::{Verifier, VerifierConfig};
