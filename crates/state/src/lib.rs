//! The state as the ledger sees it: keys, values, and the [`View`] that one block is executed on.
//!
//! Everything here is synchronous and in memory. Whoever owns the database reads the keys that a
//! block needs into a view, runs the block, and applies [`View::into_writes`]. A read of a key
//! that was not fetched is no fault: it returns [`Missing`], and the owner fetches and tries again.

mod key;
mod value;
mod view;

pub use key::StateKey;
pub use value::{StateValue, ValueTooLong};
pub use view::{Missing, View, Write};
