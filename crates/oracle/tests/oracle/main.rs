//! The daemon on a chain that is executed by the ledger: real blocks, real rules, real signatures of meters.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_types,
    reason = "a failed unwrap is a failed test"
)]

mod bench;
#[allow(unused_imports, reason = "shared with the tests of the ledger")]
#[path = "../../../ledger/tests/common/mod.rs"]
mod common;
mod devices;
mod feed;
mod held;
mod kill;
#[allow(dead_code, reason = "shared with the tests of the ledger")]
#[path = "../../../ledger/tests/energy/messages.rs"]
mod messages;
mod node;
mod oracles;
mod real;
#[allow(dead_code, reason = "shared with the tests of the ledger")]
#[path = "../../../ledger/tests/energy/world.rs"]
mod world;
