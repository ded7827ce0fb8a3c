//! The JSON form of proofs.

use super::{Failure, Step};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Headers that lead from a block to a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinalityBundle {
    /// Encoded headers, hex: the block in question first, then its descendants up to the first
    /// one that has a certificate.
    pub headers: Vec<String>,
    /// Encoded finalization certificate of the last header, hex.
    pub certificate: String,
}

/// Proof of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountBundle {
    /// Hash of the genesis file, hex.
    pub genesis_hash: String,
    /// Whose account.
    pub address: String,
    /// The height that the account is proven at.
    pub height: u64,
    /// The account's encoded value, hex; absent if the account does not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Encoded proof of the value or of its absence, hex.
    pub proof: String,
    /// Leads from that height to a certificate.
    pub finality: FinalityBundle,
    /// For each epoch before that of the certificate: from its last block to a certificate.
    pub epochs: Vec<FinalityBundle>,
}

/// Proof of a record of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordBundle {
    /// Hash of the genesis file, hex.
    pub genesis_hash: String,
    /// The key of the record, hex.
    pub key: String,
    /// The height that the record is proven at.
    pub height: u64,
    /// The record's encoding, hex; absent if there is no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Encoded proof of the value or of its absence, hex.
    pub proof: String,
    /// Leads from that height to a certificate.
    pub finality: FinalityBundle,
    /// For each epoch before that of the certificate: from its last block to a certificate.
    pub epochs: Vec<FinalityBundle>,
}

/// Proof of a transaction and its receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionBundle {
    /// Hash of the genesis file, hex.
    pub genesis_hash: String,
    /// Hash of the transaction, hex.
    pub hash: String,
    /// Height of its block.
    pub height: u64,
    /// Its place in the block, from 0.
    pub index: u32,
    /// The transaction's exact bytes, hex.
    pub transaction: String,
    /// The encoded receipt, hex.
    pub receipt: String,
    /// Merkle proof of the transaction's hash, hex.
    pub transaction_proof: String,
    /// Merkle proof of the receipt's hash, hex.
    pub receipt_proof: String,
    /// Leads from that height to a certificate.
    pub finality: FinalityBundle,
    /// For each epoch before that of the certificate: from its last block to a certificate.
    pub epochs: Vec<FinalityBundle>,
}

/// A proof of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Bundle {
    /// Of an account.
    Account(AccountBundle),
    /// Of a record of the state.
    Record(RecordBundle),
    /// Of a transaction.
    Transaction(TransactionBundle),
}

impl Bundle {
    /// Reads a bundle. Nothing that it says may be said in two ways, so a changed byte is either
    /// an error here or a changed claim.
    ///
    /// # Errors
    /// [`Failure`] of [`Step::Format`].
    pub fn from_json(json: &str) -> Result<Self, Failure> {
        let format = |error: serde_json::Error| Failure::new(Step::Format, error.to_string());
        let bundle: Self = serde_json::from_str(json).map_err(format)?;
        let given: Value = serde_json::from_str(json).map_err(format)?;
        let ours = serde_json::to_value(&bundle).map_err(format)?;
        if given == ours {
            Ok(bundle)
        } else {
            Err(Failure::new(Step::Format, "the bundle has fields that a proof does not have"))
        }
    }

    /// The JSON document.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
