//! What the node answers, as far as programs need it. Fields that this version does not know are
//! skipped, so that a newer node can be read.

use althing_types::{Amount, GasPrice, Height, Nonce};
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

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// The height this was read at.
    pub height: Height,
    /// Whether it is in the state.
    pub exists: bool,
    /// What it owns, in base units.
    pub balance: Amount,
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
    /// `pending`, `finalized`, `failed`, `dropped` or `unknown`.
    pub status: String,
    /// Height of its block.
    #[serde(default)]
    pub height: Option<Height>,
    /// Position in the block.
    #[serde(default)]
    pub index: Option<u32>,
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
    /// Whether nothing more will happen to it.
    pub fn is_settled(&self) -> bool {
        matches!(self.status.as_str(), "finalized" | "failed" | "dropped")
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
