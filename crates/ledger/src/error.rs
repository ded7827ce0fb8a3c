//! Everything that can go wrong, by what follows from it.
//!
//! [`Invalid`]: the transaction may not enter a block. A failure inside a block is no error here:
//! it is a receipt with a code (see [`crate::codes`]). [`Missing`]: fetch and try again.
//! [`Broken`]: the node must stop.

use althing_state::{Missing, StateKey};
use althing_types::{Amount, ChainId, Epoch, Gas, GasPrice, Height, Nonce, ValidatorKey, Version};

/// Why a transaction may not enter a block. Each variant is a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Signed for another chain.
    #[error(
        "the transaction is for the chain {found}, this chain is {expected}: sign it again for {expected}"
    )]
    WrongChain {
        /// This chain.
        expected: ChainId,
        /// The chain in the transaction.
        found: ChainId,
    },
    /// The nonce was used already.
    #[error("the nonce {found} was used already: sign again with nonce {expected}")]
    NonceTooLow {
        /// The nonce that the account's next transaction carries.
        expected: Nonce,
        /// The nonce in the transaction.
        found: Nonce,
    },
    /// Earlier transactions of the sender are missing.
    #[error(
        "the nonce {found} leaves a gap: the next transaction of the account has nonce {expected}; send that one first"
    )]
    NonceTooHigh {
        /// The nonce that the account's next transaction carries.
        expected: Nonce,
        /// The nonce in the transaction.
        found: Nonce,
    },
    /// The account has used every nonce.
    #[error("the account has used every nonce: move its funds' owner to a new key")]
    NonceExhausted,
    /// The sender cannot pay the largest fee the transaction allows.
    #[error(
        "the account owns {available} base units, but gas_limit * gas_price is {required}: add funds, or lower gas_limit"
    )]
    InsufficientFunds {
        /// The largest fee.
        required: Amount,
        /// What the sender owns.
        available: Amount,
    },
    /// Pays less for gas than the chain accepts.
    #[error(
        "the gas price {found} is below the chain's minimum: offer at least {minimum} base units a gas"
    )]
    GasPriceTooLow {
        /// Lowest accepted price.
        minimum: GasPrice,
        /// The price in the transaction.
        found: GasPrice,
    },
    /// Not enough gas to start.
    #[error("the gas limit {found} is too low: this transaction needs at least {minimum}")]
    GasLimitTooLow {
        /// Least gas that lets it start.
        minimum: Gas,
        /// The limit in the transaction.
        found: Gas,
    },
    /// More gas than a block holds.
    #[error("the gas limit {found} is more than a block holds: lower it to at most {maximum}")]
    GasLimitTooHigh {
        /// The gas of a block.
        maximum: Gas,
        /// The limit in the transaction.
        found: Gas,
    },
    /// Too late.
    #[error(
        "the transaction was valid until height {valid_until}, now is height {height}: sign it again with a later valid_until"
    )]
    Expired {
        /// The last height at which it could enter.
        valid_until: Height,
        /// The height of the block.
        height: Height,
    },
    /// Valid for longer than the chain allows.
    #[error("valid_until {valid_until} is too far ahead: use at most {maximum}")]
    ValidUntilTooFar {
        /// The furthest height that is accepted now.
        maximum: Height,
        /// The height in the transaction.
        valid_until: Height,
    },
    /// The key is not the sender's.
    #[error("the public key is not the sender's: sign with the key of the sender's address")]
    WrongKey,
    /// The signature does not match.
    #[error(
        "the signature is not valid: {0}; sign the exact bytes of the body, with the namespace"
    )]
    BadSignature(String),
    /// The memo is too long.
    #[error("the memo has {length} bytes: shorten it to at most {maximum}")]
    MemoTooLong {
        /// Bytes in the memo.
        length: usize,
        /// Most bytes.
        maximum: usize,
    },
    /// Encoded, it is larger than any transaction may be.
    #[error("the transaction has {length} bytes: at most {maximum} are accepted")]
    TransactionTooLarge {
        /// Bytes of the transaction.
        length: usize,
        /// Most bytes.
        maximum: usize,
    },
    /// A transfer of nothing.
    #[error("the amount is zero: send more than nothing")]
    ZeroAmount,
    /// A validator without a name.
    #[error("the validator has no name: give it one of 1 to 70 bytes")]
    NameMissing,
    /// A proposal without a title.
    #[error("the proposal has no title: give it one of 1 to 140 bytes")]
    TitleMissing,
    /// An endpoint that nobody can dial.
    #[error("the endpoint {0:?} is not host:port")]
    BadEndpoint(String),
    /// A chain of hashes without steps, or with too many.
    #[error("a chain of hashes has 1 to {maximum} steps, not {found}")]
    BadSteps {
        /// The steps in the message.
        found: u32,
        /// Most steps.
        maximum: u32,
    },
    /// A message that changes nothing.
    #[error("the message changes nothing: name at least one thing to change")]
    NothingToDo,
    /// The block has no room left.
    #[error("the block has no room for this transaction: leave it for the next block")]
    BlockFull,
}

impl Invalid {
    /// Stable machine-readable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongChain { .. } => "wrong_chain",
            Self::NonceTooLow { .. } => "nonce_too_low",
            Self::NonceTooHigh { .. } => "nonce_too_high",
            Self::NonceExhausted => "nonce_exhausted",
            Self::InsufficientFunds { .. } => "insufficient_funds",
            Self::GasPriceTooLow { .. } => "gas_price_too_low",
            Self::GasLimitTooLow { .. } => "gas_limit_too_low",
            Self::GasLimitTooHigh { .. } => "gas_limit_too_high",
            Self::Expired { .. } => "expired",
            Self::ValidUntilTooFar { .. } => "valid_until_too_far",
            Self::WrongKey => "wrong_key",
            Self::BadSignature(_) => "bad_signature",
            Self::MemoTooLong { .. } => "memo_too_long",
            Self::TransactionTooLarge { .. } => "transaction_too_large",
            Self::ZeroAmount => "zero_amount",
            Self::NameMissing => "name_missing",
            Self::TitleMissing => "title_missing",
            Self::BadEndpoint(_) => "bad_endpoint",
            Self::BadSteps { .. } => "bad_steps",
            Self::NothingToDo => "nothing_to_do",
            Self::BlockFull => "block_full",
        }
    }
}

/// An invariant of the state does not hold. Nothing can mend it while the chain runs: stop the
/// node and compare its state with others'.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the state is broken at height {height}, key {key}: {what}")]
pub struct Broken {
    /// The height at which it was noticed.
    pub height: Height,
    /// The key of the record.
    pub key: StateKey,
    /// What does not hold.
    pub what: &'static str,
}

/// Why a transaction was not included.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// Fetch these keys and apply the same transaction again. Nothing has changed.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// It may not enter this block. Nothing has changed.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Stop the node.
    #[error(transparent)]
    Fatal(#[from] Broken),
}

/// Why a block cannot begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// Fetch these keys and begin again with the same view.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// Height 0 is the genesis block, which is never executed.
    #[error("the first block that is executed has height 1")]
    HeightZero,
    /// The block names another epoch than the one its height belongs to.
    #[error("the block names epoch {found}, its height belongs to epoch {expected}")]
    WrongEpoch {
        /// The epoch of the height.
        expected: Epoch,
        /// The epoch in the block.
        found: Epoch,
    },
    /// The block has rules that this software does not know. Stop the node before it.
    #[error(
        "this software knows versions of the protocol up to {newest}; block {height} needs {version}: install software that knows it and start again, nothing is lost"
    )]
    UpgradeNeeded {
        /// The version of the rules.
        version: Version,
        /// The height of the block.
        height: Height,
        /// The latest version that is known.
        newest: Version,
    },
    /// The proposer is not known to the state.
    #[error("the proposer {0} is no validator of this chain")]
    UnknownProposer(ValidatorKey),
    /// The leader owes the randomness that it is committed to, and reveals something else. The block
    /// is invalid.
    #[error(
        "the leader {0} is committed to a chain of hashes, and the block reveals no step of it"
    )]
    WrongReveal(ValidatorKey),
    /// The leader is committed to no randomness, and reveals some. The block is invalid.
    #[error("the leader {0} owes no randomness, and the block reveals some")]
    UnaskedReveal(ValidatorKey),
    /// Stop the node.
    #[error(transparent)]
    Fatal(#[from] Broken),
}

/// Why a block cannot finish.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinishError {
    /// A key that [`crate::Ledger::begin`] asks for was not there: execute the block again with it.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// Stop the node.
    #[error(transparent)]
    Fatal(#[from] Broken),
}

/// What reading or writing a record can meet, before the height is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Missing(Missing),
    Corrupt { key: StateKey, what: &'static str },
}

impl From<Missing> for Fault {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

impl Fault {
    /// Adds the height; `E` is one of the errors above.
    pub(crate) fn at<E: From<Missing> + From<Broken>>(self, height: Height) -> E {
        match self {
            Self::Missing(missing) => missing.into(),
            Self::Corrupt { key, what } => Broken { height, key, what }.into(),
        }
    }
}

/// Why a message did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A rule of the ledger: the transaction fails with this code.
    Rule(althing_types::Code),
    /// Not the transaction's fault.
    Fault(Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<crate::gas::OutOfGas> for Failure {
    fn from(_: crate::gas::OutOfGas) -> Self {
        Self::Rule(crate::codes::OUT_OF_GAS)
    }
}
