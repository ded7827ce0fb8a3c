//! The ledger: the deterministic state machine of the chain.
//!
//! `block + view of the state -> writes, receipts`. Synchronous; no clock, no randomness, no disk,
//! no network, no floats, no unordered maps. Every node that executes the same block on the same
//! state gets the same bytes.
//!
//! The path of a block:
//!
//! ```text
//! Ledger::begin ── check the context, apply genesis at height 1, upgrade if that is due, load the parameters
//!   └ BlockExecution::apply, once a transaction
//!       check::stateless ─ check::against_account   may not enter: Invalid, nothing changes
//!       dispatch::execute ─ modules/…               fails inside: fee and nonce stay, receipt has a code
//! BlockExecution::finish ── settle fees, count turns, pay what has unbonded, turn the epoch, return the
//!                           writes ordered by key
//! ```
//!
//! A read of a key that is not in the view changes nothing and returns the missing keys: the
//! driver fetches them and calls again.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::disallowed_types,
    clippy::indexing_slicing
)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing))]

pub mod audit;
mod block;
pub mod check;
pub mod codes;
mod dispatch;
mod ending;
mod error;
mod execute;
pub mod gas;
mod genesis;
pub mod migrations;
mod modules;
pub mod prefix;
pub mod query;
mod records;
pub mod results;
mod rounds;
mod store;
pub mod versions;

pub use block::{BlockContext, BlockExecution, Ledger, Outcome};
pub use error::{ApplyError, BeginError, Broken, FinishError, Invalid};
pub use modules::{
    accounts::Account,
    bank::{Income, Supply},
    beacon, compute, energy, governance, network,
    performance::{EpochScore, Performance, Turns},
    registry::Node,
    rewards::{Emission, math as economics},
    safety, staking, treasury, upgrade,
    vesting::VestingRecord,
};
