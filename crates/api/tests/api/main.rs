//! The API as its callers see it: requests through the router, over a small canned chain with
//! real signatures, roots and certificates.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "a test fails by a panic, and nobody outside reads its helpers"
)]

mod canned;
mod chain;
mod compute;
mod device_reports;
mod document;
mod energy;
mod fixture;
mod governance;
mod governed;
mod guard;
mod metered;
mod mutated;
mod node;
mod pages;
mod proof;
mod reads;
mod safety;
mod socket;
mod stake;
mod stream;
mod submit;
mod worked;
mod world;
