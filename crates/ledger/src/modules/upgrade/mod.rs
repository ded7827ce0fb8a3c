#![doc = include_str!("README.md")]

mod api;
mod block;
mod check;
mod error;
mod genesis;
mod keys;
pub mod query;
mod store;
mod types;

pub(crate) use api::{cancel, check_cancel, check_plan, plan, version};
pub(crate) use block::{Begun, Place, Stop, begin};
pub use check::{Audited, Check, CheckError, Report, Step};
pub(crate) use genesis::genesis;
pub(crate) use keys::PROTOCOL;
pub use types::{FailedUpgrade, Plan, Protocol};
