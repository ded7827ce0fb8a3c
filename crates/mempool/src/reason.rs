//! Why a transaction is not in the pool. Codes are stable: the API and the metrics show them.

use althing_types::{Address, Amount, GasPrice, Hash, Height, Nonce, SignedTransaction};
use std::borrow::Cow;

/// Why a transaction was not admitted. The text says how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It is in the pool.
    #[error("this transaction is pending already; wait for it, do not send it again")]
    AlreadyPending,
    /// It is in a finalized block.
    #[error(
        "this transaction was included at height {height}; sign a new one with the next nonce \
         to repeat it"
    )]
    AlreadyIncluded {
        /// The height of the block.
        height: Height,
    },
    /// It is larger than the pool would ever hold.
    #[error("the transaction has {bytes} bytes, at most {max} are accepted; make it smaller")]
    TooLarge {
        /// Its encoded size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// `valid_until` has passed.
    #[error(
        "the transaction was valid until height {valid_until}, the next block is at least \
         {next}; sign it again with a later valid_until"
    )]
    Expired {
        /// Its last height.
        valid_until: Height,
        /// The height of the next block.
        next: Height,
    },
    /// The nonce was used.
    #[error("nonce {found} was used before; sign the transaction again with nonce {expected}")]
    NonceTooLow {
        /// The next nonce of the account.
        expected: Nonce,
        /// The nonce of the transaction.
        found: Nonce,
    },
    /// The nonce is too far ahead.
    #[error(
        "nonce {found} is more than {max} ahead; the next free nonce of the sender is {expected}, \
         send that one first"
    )]
    NonceTooHigh {
        /// The next free nonce of the sender.
        expected: Nonce,
        /// The nonce of the transaction.
        found: Nonce,
        /// How far ahead a nonce may be.
        max: u64,
    },
    /// A transaction with this nonce is pending and pays nearly as much.
    #[error(
        "a transaction with nonce {nonce} is pending at gas price {current}; to replace it offer \
         a gas price of at least {needed}, not {found}"
    )]
    ReplacementUnderpriced {
        /// The nonce of both.
        nonce: Nonce,
        /// The gas price of the pending one.
        current: GasPrice,
        /// The lowest gas price that replaces it.
        needed: GasPrice,
        /// The gas price of the new one.
        found: GasPrice,
    },
    /// The sender has too many transactions waiting.
    #[error(
        "the sender has {count} transactions with {bytes} bytes pending, at most {max_count} \
         with {max_bytes} bytes are kept; wait until some are included"
    )]
    SenderFull {
        /// Pending transactions of the sender.
        count: usize,
        /// Their bytes.
        bytes: usize,
        /// The limit in transactions.
        max_count: usize,
        /// The limit in bytes.
        max_bytes: usize,
    },
    /// Too many transactions of the sender wait behind a missing nonce.
    #[error(
        "{count} transactions of the sender wait for nonce {expected}, at most {max} are kept; \
         send nonce {expected} first"
    )]
    TooManyGapped {
        /// Transactions of the sender behind the gap.
        count: usize,
        /// The missing nonce.
        expected: Nonce,
        /// The limit.
        max: usize,
    },
    /// The balance does not cover everything the sender has pending.
    #[error(
        "this and the other pending transactions of the sender can cost {needed} base units, the \
         balance is {balance}; add funds, lower amount or gas limit, or wait"
    )]
    InsufficientFunds {
        /// The most that everything pending can cost.
        needed: Amount,
        /// What the sender owns.
        balance: Amount,
    },
    /// The pool is full of transactions that pay at least as much.
    #[error("the pool is full; offer a gas price above {floor}, not {found}, or try again later")]
    PoolFull {
        /// The lowest gas price that something pending pays.
        floor: GasPrice,
        /// The gas price of the transaction.
        found: GasPrice,
    },
    /// The pool takes no more transactions that cannot be included yet.
    #[error(
        "{count} transactions wait for a missing nonce, no more are kept; send nonce {expected} \
         first"
    )]
    TooManyWaiting {
        /// Transactions of all senders that cannot be included yet.
        count: usize,
        /// The missing nonce of this sender.
        expected: Nonce,
    },
}

impl Rejection {
    /// The stable code, in snake case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AlreadyPending => "already_pending",
            Self::AlreadyIncluded { .. } => "already_included",
            Self::TooLarge { .. } => "too_large",
            Self::Expired { .. } => "expired",
            Self::NonceTooLow { .. } => "nonce_too_low",
            Self::NonceTooHigh { .. } => "nonce_too_high",
            Self::ReplacementUnderpriced { .. } => "replacement_underpriced",
            Self::SenderFull { .. } => "sender_full",
            Self::TooManyGapped { .. } => "too_many_gapped",
            Self::InsufficientFunds { .. } => "insufficient_funds",
            Self::PoolFull { .. } => "pool_full",
            Self::TooManyWaiting { .. } => "too_many_waiting",
        }
    }
}

/// Why a transaction left the pool without being included.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DropReason {
    /// A better-paying transaction took its nonce.
    #[error("replaced by transaction {by}, which has the same nonce and pays more")]
    Replaced {
        /// The transaction that took its place.
        by: Hash,
    },
    /// The pool was full and others paid more.
    #[error(
        "the pool was full and a transaction at gas price {price} took the room; send it again \
         with a higher gas price"
    )]
    Evicted {
        /// The gas price that took the room.
        price: GasPrice,
    },
    /// It waited too long.
    #[error("it waited for {waited_ms} ms; send it again, with a higher gas price if it was ready")]
    TimedOut {
        /// How long it waited, in milliseconds.
        waited_ms: u64,
    },
    /// `valid_until` has passed.
    #[error("it was valid until height {valid_until}; sign it again with a later valid_until")]
    Expired {
        /// Its last height.
        valid_until: Height,
    },
    /// Another transaction with its nonce was included.
    #[error(
        "another transaction of {sender} with nonce {nonce} was included; sign it again with \
         nonce {next}"
    )]
    NonceUsed {
        /// The account.
        sender: Address,
        /// The nonce of the transaction.
        nonce: Nonce,
        /// The next nonce of the account.
        next: Nonce,
    },
    /// The rules of the chain refused it after it had been admitted.
    #[error("{message}")]
    Invalid {
        /// The code of the rule.
        code: &'static str,
        /// The sentence of the rule.
        message: Cow<'static, str>,
    },
}

impl DropReason {
    /// The stable code, in snake case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Replaced { .. } => "replaced",
            Self::Evicted { .. } => "evicted",
            Self::TimedOut { .. } => "timed_out",
            Self::Expired { .. } => "expired",
            Self::NonceUsed { .. } => "nonce_used",
            Self::Invalid { code, .. } => code,
        }
    }
}

/// A transaction that left the pool without being included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The transaction.
    pub transaction: SignedTransaction,
    /// Why.
    pub reason: DropReason,
}

/// What became of a transaction that left the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in the finalized block at this height.
    Included(Height),
    /// It was dropped.
    Dropped(DropReason),
}
