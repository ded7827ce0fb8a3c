mod keys;
pub(crate) mod tx;
mod types;

#[allow(unused_imports, reason = "work branch")]
pub(crate) use keys::*;
pub use types::*;
