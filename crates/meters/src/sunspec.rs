//! SunSpec devices over Modbus TCP: their names and their counters.

mod client;
mod models;
#[cfg(feature = "simulator")]
pub mod simulator;

pub use client::{Connection, DEFAULT_TIMEOUT};
pub use models::{Device, Reading};
