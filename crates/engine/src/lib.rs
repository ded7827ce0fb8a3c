//! The validator: consensus, execution, storage and network of the base library, assembled once.
//! All its generics stay in this crate; [`node`] has a handle without any.

pub mod admit;
mod ahead;
pub mod app;
pub mod assemble;
pub mod block;
pub mod chain;
mod dry;
pub mod duties;
pub mod error;
pub mod evidence;
pub mod exec;
pub mod feed;
pub mod limits;
pub mod metrics;
pub mod neighbours;
pub mod net;
pub mod node;
pub mod orchestrator;
pub mod outcomes;
pub mod pace;
pub mod pool;
pub mod randomness;
pub mod readahead;
mod reads;
pub mod sets;
pub mod storage;
pub mod types;
pub mod votes;

pub use chain::{FinalizedBlock, Tip};
pub use error::EngineError;
pub use evidence::Fault;
pub use feed::Event;
