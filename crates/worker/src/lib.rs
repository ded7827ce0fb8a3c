#![doc = include_str!("../README.md")]

pub mod chain;
pub mod config;
pub mod content;
#[cfg(feature = "nvidia")]
pub mod cuda;
pub mod endpoint;
pub mod executor;
mod files;
pub mod job;
pub mod journal;
pub mod live;
pub mod machine;
pub mod offer;
pub mod plant;
pub mod results;
pub mod run;
pub mod selftest;
pub mod serve;
pub mod verify;
pub mod views;
pub mod wire;

pub use chain::{Chain, ChainError, HttpChain, Outcome, Tip};
pub use config::Config;
pub use live::Live;
pub use run::{Device, RunError, Stop, Summary, Worker};
pub use verify::{Judgement, Limits, Question, Verifier};
