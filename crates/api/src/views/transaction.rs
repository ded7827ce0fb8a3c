//! Transactions and receipts as JSON.

use super::{AuthorizationJson, Show, hex_of, message};
use crate::backend::{Rejection, Simulation, TransactionRef};
use althing_types::{Address, Hash, Height, Payload, Receipt, SignedTransaction};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A signed transaction. The fields from `chain_id` to `authorization` can be submitted again as
/// they are.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TransactionView {
    /// SHA-256 of the encoded transaction; its name.
    pub hash: String,
    /// Size of the encoded transaction.
    pub size_bytes: usize,
    /// The chain it is for.
    pub chain_id: String,
    /// The account that pays and acts.
    pub sender: String,
    /// Transactions of the sender that were included before this one.
    pub nonce: u64,
    /// The most gas it may use.
    pub gas_limit: u64,
    /// What the sender pays for one gas, in base units.
    pub gas_price: u64,
    /// The most it can cost, in base units.
    pub max_fee: String,
    /// The same for people.
    pub max_fee_display: String,
    /// The last height at which it may be included.
    pub valid_until: u64,
    /// Free text.
    pub memo: String,
    /// What it asks for: `type` and the fields of that message.
    pub payload: Value,
    /// Who signed it, and the signature.
    pub authorization: AuthorizationJson,
}

impl TransactionView {
    pub(crate) fn new(transaction: &SignedTransaction, show: Show<'_>) -> Self {
        let body = transaction.body();
        Self {
            hash: hex_of(&transaction.hash()),
            size_bytes: transaction.bytes().len(),
            chain_id: body.chain_id.to_string(),
            sender: body.sender.to_string(),
            nonce: body.nonce.get(),
            gas_limit: body.gas_limit.get(),
            gas_price: body.gas_price.get(),
            max_fee: body.max_fee().to_string(),
            max_fee_display: show.amount(body.max_fee()),
            valid_until: body.valid_until.get(),
            memo: body.memo.clone(),
            payload: message::payload(&body.payload, show),
            authorization: transaction.authorization().into(),
        }
    }
}

/// The outcome of an included transaction.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReceiptView {
    /// Hash of the transaction; absent in the receipt of what a block did by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
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
    pub fee: String,
    /// The same for people.
    pub fee_display: String,
    /// What happened, in order: `type` and the fields of that event.
    pub events: Vec<Value>,
}

impl ReceiptView {
    pub(crate) fn new(receipt: &Receipt, show: Show<'_>) -> Self {
        let (name, message) = (show.rules.describe)(receipt.code);
        Self {
            transaction: (!receipt.is_of_block()).then(|| hex_of(&receipt.transaction)),
            success: receipt.code.is_ok(),
            code: receipt.code.get(),
            code_name: name.to_owned(),
            message: message.to_owned(),
            gas_used: receipt.gas_used.get(),
            fee: receipt.fee.to_string(),
            fee_display: show.amount(receipt.fee),
            events: receipt.events.iter().map(|event| message::event(event, show)).collect(),
        }
    }
}

/// Whether a transaction concerns an account: as sender, in its payload or in an event.
pub(crate) fn concerns(
    transaction: &SignedTransaction,
    receipt: Option<&Receipt>,
    address: &Address,
) -> bool {
    let named = match &transaction.body().payload {
        Payload::Transfer(transfer) => transfer.to == *address,
        // The other messages name validators, and the sender's own money.
        _ => false,
    };
    named
        || transaction.sender() == *address
        || receipt.is_some_and(|receipt| {
            receipt.events.iter().any(|event| event.accounts().contains(address))
        })
}

/// Why a transaction was dropped or refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reason {
    /// Stable code.
    pub code: String,
    /// A sentence that says how to mend it.
    pub message: String,
}

impl From<Rejection> for Reason {
    fn from(rejection: Rejection) -> Self {
        Self { code: rejection.code, message: rejection.message }
    }
}

/// Where a transaction is. Fields that do not apply are left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TransactionStatusView {
    /// The transaction.
    pub hash: String,
    /// `pending` (waits in the mempool), `finalized` (in a block; `receipt.success` says whether it
    /// did what it asked for), `dropped` (left the mempool) or `unknown`.
    #[schema(example = "finalized")]
    pub status: String,
    /// Height of its block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// Position in the block, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// Digest of its block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_hash: Option<String>,
    /// Time of its block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<u64>,
    /// The transaction itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionView>,
    /// Its outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptView>,
    /// Why it was dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl TransactionStatusView {
    pub(crate) fn unknown(hash: &Hash) -> Self {
        Self {
            hash: hex_of(hash),
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

    pub(crate) fn pending(transaction: &SignedTransaction, show: Show<'_>) -> Self {
        Self {
            status: "pending".to_owned(),
            transaction: Some(TransactionView::new(transaction, show)),
            ..Self::unknown(&transaction.hash())
        }
    }

    pub(crate) fn dropped(hash: &Hash, reason: Rejection) -> Self {
        let reason = Some(reason.into());
        Self { status: "dropped".to_owned(), reason, ..Self::unknown(hash) }
    }

    pub(crate) fn included(
        (height, index): (Height, u32),
        block: Option<(&Hash, u64)>,
        transaction: &SignedTransaction,
        receipt: &Receipt,
        show: Show<'_>,
    ) -> Self {
        Self {
            status: "finalized".to_owned(),
            height: Some(height.get()),
            index: Some(index),
            block_hash: block.map(|(hash, _)| hex_of(hash)),
            time_ms: block.map(|(_, time_ms)| time_ms),
            receipt: Some(ReceiptView::new(receipt, show)),
            ..Self::pending(transaction, show)
        }
    }

    pub(crate) fn listed(entry: &TransactionRef, show: Show<'_>) -> Self {
        let at = (entry.height, entry.index);
        let view = Self::included(at, None, &entry.transaction, &entry.receipt, show);
        Self { time_ms: Some(entry.time_ms), ..view }
    }
}

/// Transactions, in the order that the route says.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TransactionPage {
    /// The entries.
    pub transactions: Vec<TransactionStatusView>,
    /// Give this as `before` (or `offset`) to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Receipts of a block, in order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReceiptPage {
    /// Height of the block.
    pub height: u64,
    /// The receipts.
    pub receipts: Vec<ReceiptView>,
    /// Give this as `offset` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The answer to a batch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BatchAnswer {
    /// How many transactions wait in the mempool now.
    pub accepted: usize,
    /// Those that do not, ordered by index.
    pub rejected: Vec<BatchRejection>,
}

/// A transaction of a batch that was refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BatchRejection {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Its hash; `null` if the bytes are no transaction.
    pub hash: Option<String>,
    /// Stable code.
    pub code: String,
    /// A sentence that says how to mend it.
    pub message: String,
}

/// What a transaction would do if it were included now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SimulationView {
    /// The height it was executed on.
    pub height: u64,
    /// Whether it could enter a block.
    pub valid: bool,
    /// Its outcome, if it could.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptView>,
    /// Why not, if it could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl SimulationView {
    pub(crate) fn new(simulation: Simulation, show: Show<'_>) -> Self {
        let height = simulation.height.get();
        match simulation.outcome {
            Ok(receipt) => {
                let receipt = Some(ReceiptView::new(&receipt, show));
                Self { height, valid: true, receipt, reason: None }
            }
            Err(reason) => {
                Self { height, valid: false, receipt: None, reason: Some(reason.into()) }
            }
        }
    }
}
