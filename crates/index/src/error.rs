//! Why the index could not do what it was asked for.

use althing_types::Height;

/// A failure of the index. None of them concerns the chain: the index can always be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The database failed.
    #[error("the index database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A file of the database could not be removed.
    #[error("a file of the index could not be removed: {0}")]
    Io(#[from] std::io::Error),
    /// A block is missing between the last one applied and this one.
    #[error("the index expects block {expected}, but got block {found}")]
    Gap {
        /// The next height.
        expected: Height,
        /// The height that came.
        found: Height,
    },
    /// A block differs from the one that the index holds for its height: the index belongs to
    /// another chain. Delete it.
    #[error("the index holds another block at height {0}: it belongs to another chain")]
    Diverged(Height),
    /// The number of receipts is not the number of transactions.
    #[error("block {height} has {transactions} transactions but {receipts} receipts")]
    Receipts {
        /// The block.
        height: Height,
        /// Its transactions.
        transactions: usize,
        /// The receipts given.
        receipts: usize,
    },
    /// A height that does not fit the database (2^47 and above).
    #[error("height {0} is beyond the range of the index")]
    OutOfRange(Height),
}
