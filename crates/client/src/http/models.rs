//! What the node answers, as far as programs need it. Fields that this version does not know are
//! skipped, so that a newer node can be read.

use althing_types::{Address, Amount, Due, GasPrice, Height, Nonce, Ppm, ValidatorKey};
use serde::Deserialize;
use serde_json::Value;

/// What runs at the node.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Version {
    /// Software version.
    pub version: String,
    /// Source commit.
    pub commit: String,
    /// Version of the wire protocol.
    pub protocol: u32,
    /// The chain.
    pub chain_id: String,
    /// Hash of the genesis file, hex.
    pub genesis_hash: String,
    /// Symbol of the native token.
    pub symbol: String,
    /// Prefix of addresses.
    pub address_prefix: String,
}

/// Where a node stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// The chain.
    pub chain_id: String,
    /// Hash of the genesis file, hex.
    pub genesis_hash: String,
    /// Last finalized height whose state is applied.
    pub height: Height,
    /// Digest of that block, hex; none before the first.
    #[serde(default)]
    pub block_hash: Option<String>,
    /// State root after that block, hex; none before the first.
    #[serde(default)]
    pub state_root: Option<String>,
    /// Time of that block, in milliseconds since the Unix epoch.
    pub block_time_ms: u64,
    /// Highest finalized height the node has heard of.
    pub network_height: Height,
    /// Epoch of consensus.
    pub epoch: u64,
    /// Connected peers.
    pub peers: u64,
    /// Transactions waiting in the mempool.
    pub mempool_transactions: u64,
    /// Whether every readiness check passes.
    pub ready: bool,
    /// Names of the readiness checks that fail.
    #[serde(default)]
    pub failing: Vec<String>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// The height this was read at.
    pub height: Height,
    /// Whether it is in the state.
    pub exists: bool,
    /// What it owns, in base units.
    pub balance: Amount,
    /// What of it is not locked by a vesting schedule, in base units; all of it if absent.
    #[serde(default)]
    pub spendable: Option<Amount>,
    /// Transactions included so far.
    pub nonce: Nonce,
    /// The nonce of the next transaction after those that wait.
    pub pending_nonce: Nonce,
}

/// Gas prices, in base units a gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Prices {
    /// Included when the waiting transactions are served.
    pub slow: GasPrice,
    /// Included soon.
    pub normal: GasPrice,
    /// Included in the next block.
    pub fast: GasPrice,
}

/// What a transaction costs now.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Fees {
    /// The height this was estimated at.
    pub height: Height,
    /// Lowest gas price that is accepted.
    pub min_gas_price: GasPrice,
    /// Gas prices to offer.
    pub gas_price: Prices,
}

/// The outcome of an included transaction.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReceiptInfo {
    /// Whether it did what it asked for.
    pub success: bool,
    /// 0, or the number of the rule that failed.
    pub code: u16,
    /// Stable name of the code.
    pub code_name: String,
    /// What the code means.
    pub message: String,
    /// Gas that was used and paid for.
    pub gas_used: u64,
    /// Fee that was charged, in base units.
    pub fee: Amount,
    /// What happened, in order: `type` and the fields of that event.
    #[serde(default)]
    pub events: Vec<Value>,
}

/// Why a transaction was refused or dropped.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Reason {
    /// Stable code.
    pub code: String,
    /// A sentence that says how to mend it.
    pub message: String,
}

/// Where a transaction is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct TransactionInfo {
    /// Its hash, hex.
    pub hash: String,
    /// `pending`, `finalized` (the receipt says whether it did what it asked for), `dropped` or
    /// `unknown`.
    pub status: String,
    /// Height of its block.
    #[serde(default)]
    pub height: Option<Height>,
    /// Position in the block.
    #[serde(default)]
    pub index: Option<u32>,
    /// Digest of its block, hex.
    #[serde(default)]
    pub block_hash: Option<String>,
    /// Time of its block, in milliseconds since the Unix epoch.
    #[serde(default)]
    pub time_ms: Option<u64>,
    /// The transaction itself.
    #[serde(default)]
    pub transaction: Option<Value>,
    /// Its outcome.
    #[serde(default)]
    pub receipt: Option<ReceiptInfo>,
    /// Why it was dropped.
    #[serde(default)]
    pub reason: Option<Reason>,
}

impl TransactionInfo {
    /// What is known of a transaction that nobody has heard of.
    pub(super) fn unknown(hash: String) -> Self {
        Self {
            hash,
            status: "unknown".to_owned(),
            height: None,
            index: None,
            block_hash: None,
            time_ms: None,
            transaction: None,
            receipt: None,
            reason: None,
        }
    }

    /// Whether nothing more will happen to it.
    pub fn is_settled(&self) -> bool {
        matches!(self.status.as_str(), "finalized" | "dropped")
    }
}

/// What a transaction would do if it were included now.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Simulation {
    /// The height it was executed on.
    pub height: Height,
    /// Whether it could enter a block.
    pub valid: bool,
    /// Its outcome, if it could.
    #[serde(default)]
    pub receipt: Option<ReceiptInfo>,
    /// Why not, if it could not.
    #[serde(default)]
    pub reason: Option<Reason>,
}

/// A transaction that the node took in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Submitted {
    /// Its hash, hex.
    pub hash: String,
    /// `pending`.
    pub status: String,
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BatchAnswer {
    /// How many transactions wait in the mempool now.
    pub accepted: u64,
    /// Those that do not, ordered by index.
    pub rejected: Vec<BatchRejection>,
}

/// A transaction of a batch that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BatchRejection {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Its hash, hex; none if the bytes are no transaction.
    #[serde(default)]
    pub hash: Option<String>,
    /// Stable code.
    pub code: String,
    /// A sentence that says how to mend it.
    pub message: String,
}

/// A validator.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ValidatorInfo {
    /// Its consensus key.
    pub key: ValidatorKey,
    /// Its name.
    pub name: String,
    /// The account that operates it.
    pub operator: Address,
    /// `active`, `waiting`, `jailed`, `leaving` or `ejected`.
    pub status: String,
    /// Stake that counts, in base units.
    pub tokens: Amount,
    /// Stake that counts from the next epoch on, in base units.
    pub pending: Amount,
    /// The operator's own part of the stake, in base units.
    pub own_stake: Amount,
    /// What it keeps of its delegators' rewards.
    pub commission: Ppm,
    /// When jail is over.
    #[serde(default)]
    pub jailed_until: Option<Due>,
    /// Everything else.
    #[serde(flatten)]
    pub more: serde_json::Map<String, Value>,
}

/// A page of validators.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ValidatorPage {
    /// The validators.
    pub validators: Vec<ValidatorInfo>,
    /// Where the next page begins; none on the last one.
    #[serde(default)]
    pub next: Option<String>,
}
