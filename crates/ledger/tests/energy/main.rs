//! Metered energy on whole blocks: providers, meters, readings, oracles, the market, disputes. Readings
//! are really signed. After every block the audit looks at every record again.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a failed unwrap is a failed test"
)]

mod acts;
mod bounds;
#[path = "../common/mod.rs"]
mod common;
mod disputes;
mod govern;
mod grants;
mod market;
mod messages;
mod meters;
mod model;
mod oracles;
mod play;
mod prop;
mod providers;
mod readings;
mod real_time;
mod rounds;
mod world;
