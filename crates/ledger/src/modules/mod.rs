//! The modules of the ledger. Each has the same rooms; its README is its specification.

pub(crate) mod accounts;
pub(crate) mod bank;
pub mod beacon;
pub mod compute;
pub mod energy;
pub mod governance;
pub mod network;
pub(crate) mod params;
pub(crate) mod performance;
pub(crate) mod registry;
pub(crate) mod rewards;
pub mod safety;
pub(crate) mod schedule;
pub mod staking;
pub mod treasury;
pub mod upgrade;
pub(crate) mod validators;
pub(crate) mod vesting;
