//! What the daemon asks of the chain.

mod http;

pub use http::HttpChain;

use althing_client::http::ReadingStatus;
use althing_types::{
    Address, ChainId, ChainParams, Due, Hash, Height, Payload, PublicKey, SignedTransaction,
    Timestamp, Transaction,
    energy::{MeterKey, ReadingOutcome},
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

impl Tip {
    /// Time of that block, in unix seconds.
    pub const fn seconds(&self) -> u64 {
        self.time.get() / 1_000
    }
}

/// Which chain it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name, which is in everything that meters sign.
    pub chain_id: ChainId,
    /// Hash of its genesis file.
    pub genesis: Hash,
}

/// A meter, as far as the daemon needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterAt {
    /// The height this was read at.
    pub height: Height,
    /// Its provider.
    pub provider: Address,
    /// Whether its key was revoked.
    pub revoked: bool,
    /// Its present key.
    pub key: MeterKey,
    /// The sequence of its next reading.
    pub sequence: u64,
    /// What it has counted in all, in Wh.
    pub total_wh: u64,
    /// When its last interval ended, in unix seconds.
    pub last_end: u64,
    /// What it can measure at most, in W.
    pub max_w: u64,
}

/// A provider, as far as the daemon needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderAt {
    /// Readings that are not decided.
    pub pending: u64,
    /// Why it may not submit readings now, each with what to do; empty if it may.
    pub obstacles: Vec<String>,
    /// Whether all of that passes while the provider does nothing: oracles decide, or are admitted.
    pub passes: bool,
}

/// An oracle, as far as the daemon needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OracleAt {
    /// Whether it has a weight.
    pub admitted: bool,
    /// Whether it leaves, or was removed.
    pub leaving: bool,
}

/// A reading of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadingAt {
    /// The meter.
    pub meter: Hash,
    /// When its interval began, in unix seconds.
    pub start: u64,
    /// The length of the interval, in seconds.
    pub seconds: u32,
    /// What was counted in it, in Wh.
    pub wh: u64,
    /// What became of it.
    pub status: ReadingStatus,
}

/// A batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchAt {
    /// Its number.
    pub number: u64,
    /// The first height at which nobody can attest any more; none once it is over.
    pub expires: Option<Height>,
    /// From when on it is over, once every reading is decided.
    pub closes: Option<Due>,
    /// Its readings, by place.
    pub readings: Vec<ReadingAt>,
    /// Oracles that have reported about it.
    pub reported: Vec<Address>,
}

impl BatchAt {
    /// Whether every reading is decided.
    pub fn is_decided(&self) -> bool {
        self.readings.iter().all(|reading| reading.status != ReadingStatus::Undecided)
    }

    /// Whether a reading expired, so that a report can change nothing any more.
    pub fn is_lapsed(&self) -> bool {
        let expired = ReadingStatus::Decided(ReadingOutcome::Expired);
        self.readings.iter().any(|reading| reading.status == expired)
    }

    /// Whether a report still counts this many blocks later, of at least a second each: before the batch
    /// expires, or before it is over if others have decided it.
    pub fn can_wait(&self, tip: Tip, blocks: u64) -> bool {
        let later = tip.height.get().saturating_add(blocks);
        match self.closes.filter(|_| self.is_decided()) {
            Some(over) => {
                let time = tip.time.get().saturating_add(blocks.saturating_mul(1_000));
                later < over.height.get() || time < over.time.get()
            }
            None => self.expires.is_some_and(|expires| later < expires.get()),
        }
    }
}

/// Batches that an oracle can report about, and has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undecided {
    /// Oldest first.
    pub batches: Vec<BatchAt>,
    /// `after` of the next page.
    pub next: Option<u64>,
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
        /// The batch that its readings are in.
        batch: Option<u64>,
        /// The batches that its reports count for.
        reported: Vec<u64>,
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

/// What the daemon asks of the chain: an HTTP client in the program, a ledger in memory in tests.
#[async_trait]
pub trait Chain: Send + Sync {
    /// Which chain it is.
    ///
    /// # Errors
    /// [`ChainError`], as all methods.
    async fn identity(&self) -> Result<Identity, ChainError>;

    /// Where the chain stands.
    async fn tip(&self) -> Result<Tip, ChainError>;

    /// Waits for a block above `height`. May be given up at any time.
    async fn next(&self, height: Height) -> Result<Tip, ChainError>;

    /// The parameters in force.
    async fn params(&self) -> Result<ChainParams, ChainError>;

    /// A meter; none if there is none.
    async fn meter(&self, meter: Hash) -> Result<Option<MeterAt>, ChainError>;

    /// A provider; none if the account is none.
    async fn provider(&self, provider: Address) -> Result<Option<ProviderAt>, ChainError>;

    /// An oracle; none if the account is none.
    async fn oracle(&self, oracle: Address) -> Result<Option<OracleAt>, ChainError>;

    /// Batches behind a number that are not over, and that an oracle can report about and has not.
    async fn undecided(&self, oracle: Address, after: Option<u64>)
    -> Result<Undecided, ChainError>;

    /// A batch; none if it is not known, or over for long.
    async fn batch(&self, number: u64) -> Result<Option<BatchAt>, ChainError>;

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
