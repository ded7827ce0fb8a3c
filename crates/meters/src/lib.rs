#![doc = include_str!("../README.md")]

pub mod backfill;
mod channels;
mod collect;
mod counter;
pub mod csv;
mod detect;
mod energy;
mod fault;
pub mod green_button;
mod lines;
mod nem;
pub mod nem12;
pub mod nem13;
mod record;
#[cfg(feature = "sunspec")]
pub mod sunspec;
mod time;
pub mod validate;

pub use channels::MAX_CHANNELS;
pub use collect::{Collected, Mode, Series, Totals, check, collect, open};
pub use counter::{Follower, RawCounter};
pub use detect::{Format, detect, detect_bytes};
pub use energy::{
    Carry, Cumulative, Decimal, EnergyUnit, FEMTOJOULES_PER_MILLIWATT_HOUR, MAX_FEMTOJOULES,
};
pub use fault::{Cause, Fault, Place};
pub use nem::{AEST, NemOptions};
pub use record::{Direction, Interval, Meter, Quality, Record, Refusal, Register, Source};
