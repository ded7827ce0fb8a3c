#![doc = include_str!("../README.md")]

mod channels;
mod energy;
mod fault;
mod lines;
mod nem;
pub mod nem12;
pub mod nem13;
mod record;
mod time;

pub use channels::MAX_CHANNELS;
pub use energy::{
    Carry, Cumulative, Decimal, EnergyUnit, FEMTOJOULES_PER_MILLIWATT_HOUR, MAX_FEMTOJOULES,
};
pub use fault::{Cause, Fault, Place};
pub use nem::{AEST, NemOptions};
pub use record::{Direction, Interval, Meter, Quality, Record, Refusal, Register, Source};
