//! Proofs as JSON. The bundles are what `althing verify` reads; it accepts these fields and no
//! others.

use super::MemberView;
use crate::backend::Finality;
use commonware_codec::Encode as _;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Headers that lead from a block to a certificate.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FinalityView {
    /// Encoded headers, hex: the block in question first, then its descendants up to the first
    /// one that has a certificate.
    pub headers: Vec<String>,
    /// Encoded finalization certificate of the last header, hex.
    pub certificate: String,
}

impl From<&Finality> for FinalityView {
    fn from(finality: &Finality) -> Self {
        Self {
            headers: finality.headers.iter().map(|header| hex::encode(header.encode())).collect(),
            certificate: hex::encode(&finality.certificate),
        }
    }
}

/// Proof of an account under a state root.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountBundle {
    /// `account`.
    pub kind: &'static str,
    /// Hash of the genesis file.
    pub genesis_hash: String,
    /// Whose account.
    pub address: String,
    /// The height that the account is proven at.
    pub height: u64,
    /// The account's encoded value; absent if the account does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Encoded proof of the value or of its absence.
    pub proof: String,
    /// Leads from that height to a certificate.
    pub finality: FinalityView,
    /// For each epoch before that of the certificate: from its last block to a certificate.
    #[schema(value_type = Vec<FinalityView>)]
    pub epochs: Vec<SharedFinality>,
}

/// Proof of a record of the state under a state root.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordBundle {
    /// `record`.
    pub kind: &'static str,
    /// Hash of the genesis file.
    pub genesis_hash: String,
    /// The key of the record.
    pub key: String,
    /// The height that the record is proven at.
    pub height: u64,
    /// The record's encoding; absent if there is no record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Encoded proof of the value or of its absence.
    pub proof: String,
    /// Leads from that height to a certificate.
    pub finality: FinalityView,
    /// For each epoch before that of the certificate: from its last block to a certificate.
    #[schema(value_type = Vec<FinalityView>)]
    pub epochs: Vec<SharedFinality>,
}

/// Proof of a transaction and its receipt under a header.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TransactionBundle {
    /// `transaction`.
    pub kind: &'static str,
    /// Hash of the genesis file.
    pub genesis_hash: String,
    /// Hash of the transaction.
    pub hash: String,
    /// Height of its block.
    pub height: u64,
    /// Its place in the block, from 0.
    pub index: u32,
    /// The transaction's exact bytes.
    pub transaction: String,
    /// The encoded receipt.
    pub receipt: String,
    /// Merkle proof of the transaction's hash.
    pub transaction_proof: String,
    /// Merkle proof of the receipt's hash.
    pub receipt_proof: String,
    /// Leads from that height to a certificate.
    pub finality: FinalityView,
    /// For each epoch before that of the certificate: from its last block to a certificate.
    #[schema(value_type = Vec<FinalityView>)]
    pub epochs: Vec<SharedFinality>,
}

/// A [`FinalityView`] that many answers share.
#[derive(Clone, Debug)]
pub struct SharedFinality(pub(crate) Arc<FinalityView>);

impl Serialize for SharedFinality {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A block with its proof of finality, for nodes that follow the chain over HTTP.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CertifiedView {
    /// Height of the block.
    pub height: u64,
    /// Its digest.
    pub hash: String,
    /// The encoded block, hex.
    pub block: String,
    /// Leads from the block to a certificate.
    pub finality: FinalityView,
}

/// An epoch, with the proof of who validates the next one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EpochView {
    /// The epoch.
    pub epoch: u64,
    /// Its first height.
    pub first_height: u64,
    /// Its last height.
    pub last_height: u64,
    /// Whether its last block is final.
    pub complete: bool,
    /// Signatures that make a certificate in this epoch.
    pub quorum: usize,
    /// The validators of this epoch.
    pub validators: Vec<MemberView>,
    /// Leads from the last block, whose header carries the validators of the next epoch, to a
    /// certificate. Absent until the epoch is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundary: Option<FinalityView>,
}
