#![doc = include_str!("../README.md")]

pub mod chain;
pub mod clock;
mod files;
pub mod judge;
pub mod keys;
pub mod metrics;
pub mod plan;
pub mod preview;
pub mod progress;
pub mod run;
pub mod series;
pub mod settings;
pub mod source;
pub mod store;

pub use chain::{Chain, ChainError, HttpChain};
pub use clock::{Clock, SystemClock};
pub use keys::Keys;
pub use progress::{Progress, Summary};
pub use run::{Daemon, GIVE_UP_AFTER, OracleError, Stop};
pub use settings::{EXAMPLE, Settings};
pub use store::Refusal;
