//! What a worker asks of the chain.

mod http;

pub use http::HttpChain;

use crate::views::{TaskView, WorkerView};
use althing_types::{
    Address, Amount, ChainId, ChainParams, GasPrice, Hash, Height, Payload, PublicKey,
    SignedTransaction, Timestamp, Transaction,
};
use async_trait::async_trait;

/// Why the chain did not answer, or refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Nobody answers, or the node is busy. The same call may succeed later.
    #[error("the node does not answer now: {0}")]
    Away(String),
    /// The chain refuses what was asked for.
    #[error("the chain refuses it ({code}): {message}")]
    Refused {
        /// Stable name of the rule.
        code: String,
        /// A sentence that says how to mend it.
        message: String,
    },
    /// The node and this program do not understand each other.
    #[error("the node answered something unexpected: {0}; its version may differ from this one")]
    Malformed(String),
}

impl ChainError {
    /// Whether the same call may succeed later.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Away(_))
    }
}

/// Where the chain stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Last finalized height.
    pub height: Height,
    /// Time of that block.
    pub time: Timestamp,
}

/// Which chain it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name.
    pub chain_id: ChainId,
    /// Hash of its genesis file: part of every seed.
    pub genesis: Hash,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It waits.
    Waiting,
    /// The node does not know it.
    Unknown,
    /// It is included, and did what it asked for.
    Done {
        /// In the block of this height.
        height: Height,
    },
    /// It is included, and failed.
    Failed {
        /// In the block of this height.
        height: Height,
        /// Stable name of the rule.
        code: String,
        /// What the rule says.
        message: String,
    },
    /// It was never included, and the node forgot it.
    Dropped {
        /// Why.
        reason: String,
    },
}

/// What a worker asks of the chain: an HTTP client in the program, a script in tests.
#[async_trait]
pub trait Chain: Send + Sync {
    /// Which chain it is.
    ///
    /// # Errors
    /// [`ChainError`], as all methods.
    async fn identity(&self) -> Result<Identity, ChainError>;

    /// Where the chain stands.
    async fn tip(&self) -> Result<Tip, ChainError>;

    /// Waits for a block above `height`. Reconnects as often as it has to.
    async fn next(&self, height: Height) -> Result<Tip, ChainError>;

    /// The parameters in force.
    async fn params(&self) -> Result<ChainParams, ChainError>;

    /// What an account can spend, in base units.
    async fn balance(&self, account: Address) -> Result<Amount, ChainError>;

    /// A worker; none if the account is none.
    async fn worker(&self, account: Address) -> Result<Option<WorkerView>, ChainError>;

    /// A task; none if it is not known, or over for long.
    async fn task(&self, number: u64) -> Result<Option<TaskView>, ChainError>;

    /// The randomness of a height; none if it is not drawn yet, or long ago.
    async fn beacon(&self, height: Height) -> Result<Option<Hash>, ChainError>;

    /// What a gas costs now, in base units.
    async fn gas_price(&self) -> Result<GasPrice, ChainError>;

    /// A transaction that is ready to be signed: nonce, gas and fee are those that it needs now, and
    /// it is good until `valid_until`.
    ///
    /// # Errors
    /// [`ChainError::Refused`] if it would fail now.
    async fn prepare(
        &self,
        sender: &PublicKey,
        payload: &Payload,
        valid_until: Height,
    ) -> Result<Transaction, ChainError>;

    /// Hands a transaction in. One that is known already is no error.
    async fn submit(&self, transaction: &SignedTransaction) -> Result<(), ChainError>;

    /// What became of a transaction.
    async fn outcome(&self, hash: &Hash) -> Result<Outcome, ChainError>;
}
