//! Whole networks in one thread: real validators on a simulated machine, network and clock. A seed
//! decides everything, so a violation that was seen once can be seen again.
//!
//! [`plan`] says what happens, [`cluster`] makes it happen, [`audit`] watches with a [`replay`] of
//! the chain on the ledger alone and a [`model`] of its own, [`draws`] draws again what the chain
//! drew, [`work`] is what simulated workers compute, and [`campaign`] runs many seeds.

pub mod audit;
pub mod campaign;
pub mod chain;
pub mod cluster;
pub mod draws;
pub mod guard;
pub mod load;
pub mod model;
pub mod node;
pub mod plan;
pub mod replay;
pub mod rng;
pub mod wire;
pub mod work;

pub use audit::Violation;
pub use cluster::{Progress, Report, run, run_with};
pub use plan::{LONG_PLANS, PLANS, Plan, Scenario, plan};
