//! What callers pass in: bounds of the pool, limits of a block, accounts.

use althing_types::{Amount, Gas, Height, Nonce};

/// Bounds of a [`crate::Pool`]. Every number is a hard limit on admission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolConfig {
    /// Most transactions, at least 1.
    pub max_transactions: usize,
    /// Most bytes of encoded transactions.
    pub max_bytes: usize,
    /// Most transactions of one sender.
    pub max_sender_transactions: usize,
    /// Most bytes of encoded transactions of one sender.
    pub max_sender_bytes: usize,
    /// Most transactions of one sender that wait behind a missing nonce.
    pub max_sender_gapped: usize,
    /// How far a nonce may lie beyond the sender's next free nonce.
    pub max_nonce_gap: u64,
    /// Most transactions of all senders that wait behind a missing nonce or more balance.
    pub max_waiting: usize,
    /// By how many percent a replacement must raise the gas price, rounded up.
    pub replacement_percent: u64,
    /// How long a transaction may wait, in milliseconds.
    pub ttl_ms: u64,
    /// How many transactions that left are remembered, with the reason.
    pub recent: usize,
}

impl Default for PoolConfig {
    /// About 200 MiB of memory when full of transfers; one hour to live.
    fn default() -> Self {
        Self {
            max_transactions: 200_000,
            max_bytes: 128 * 1024 * 1024,
            max_sender_transactions: 4_096,
            max_sender_bytes: 2 * 1024 * 1024,
            max_sender_gapped: 64,
            max_nonce_gap: 1_024,
            max_waiting: 50_000,
            replacement_percent: 10,
            ttl_ms: 3_600_000,
            recent: 262_144,
        }
    }
}

/// What the finalized state says about a sender. An account that does not exist is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Transactions included so far; the nonce of the next one.
    pub nonce: Nonce,
    /// What it owns, in base units.
    pub balance: Amount,
}

/// How a transaction came to this node. Local ones are forwarded to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A client submitted it here.
    Local,
    /// A peer sent it.
    Peer,
}

/// How much [`crate::Pool::select`] may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of encoded transactions.
    pub bytes: usize,
    /// Largest sum of gas limits.
    pub gas: Gas,
    /// Most transactions.
    pub count: usize,
    /// Most transactions of one sender.
    pub sender_count: usize,
    /// Height of the block: transactions that are valid only below it are left out.
    pub height: Height,
}

/// What a [`crate::Pool`] holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// All transactions.
    pub transactions: usize,
    /// Their encoded bytes.
    pub bytes: usize,
    /// Those that could enter the next block.
    pub ready: usize,
    /// Those behind a missing nonce or more balance than the sender has.
    pub waiting: usize,
    /// Senders with at least one transaction.
    pub senders: usize,
    /// Transactions that clients submitted to this node.
    pub local: usize,
}
