//! Verification that trusts nothing but a genesis file.
//!
//! A bundle is what an API returns as a proof. From the genesis it leads, step by step, to an
//! account, another record of the state, or a transaction:
//!
//! 1. the genesis names the validators of epoch 0;
//! 2. the last block of each epoch carries the validators of the next one, and is certified by a
//!    quorum of its own;
//! 3. the block in question is certified, or an ancestor of a certified block of its epoch;
//! 4. its header commits to the state, the transactions and the receipts;
//! 5. a Merkle proof leads from there to the account, the record or the transaction.
//!
//! Every byte of a bundle counts: one that is changed, in whatever field, makes it false.

mod bundle;
mod finality;

pub use bundle::{AccountBundle, Bundle, FinalityBundle, RecordBundle, TransactionBundle};
pub use finality::{Certified, Sets, verifier};

use crate::account;
use althing_state::{StateKey, StateValue};
use althing_types::{
    Address, Amount, Genesis, Hash, Header, Height, Nonce, Receipt, SignedTransaction, Timestamp,
    merkle,
};
use commonware_codec::{Decode, DecodeExt as _, Encode as _};
use commonware_cryptography::{Sha256, sha256};
use commonware_storage::{
    mmr,
    qmdb::{
        any::value::VariableEncoding,
        current::ordered::proof::constant::{ExclusionProof, KeyValueProof},
    },
};
use std::fmt;

/// Bytes in one chunk of the bitmap that says which operations of the state are current. Part of
/// how state roots are computed.
pub const STATE_CHUNK: usize = 256;
/// Most digests in a state proof: the path to one operation, and the peaks beside it.
const MAX_PROOF_DIGESTS: usize = 192;

/// Proof that a state key has a value.
pub type StateValueProof = KeyValueProof<mmr::Family, StateKey, sha256::Digest, STATE_CHUNK>;
/// Proof that a state key has none.
pub type StateAbsenceProof = ExclusionProof<
    mmr::Family,
    StateKey,
    VariableEncoding<StateValue>,
    sha256::Digest,
    STATE_CHUNK,
>;

/// The steps of a verification, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The bundle is in the expected format.
    Format,
    /// The bundle is about the chain of the genesis file.
    Genesis,
    /// The validator sets follow from the genesis.
    ValidatorSets,
    /// Each header is the parent of the next.
    Headers,
    /// A quorum has signed.
    Certificate,
    /// The proof leads to the state root.
    State,
    /// The proof leads to the transactions root.
    Transaction,
    /// The proof leads to the receipts root.
    Receipt,
    /// What is proven is what was asked about.
    Subject,
}

impl Step {
    /// Stable machine-readable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Genesis => "genesis",
            Self::ValidatorSets => "validator_sets",
            Self::Headers => "headers",
            Self::Certificate => "certificate",
            Self::State => "state",
            Self::Transaction => "transaction",
            Self::Receipt => "receipt",
            Self::Subject => "subject",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The step that failed, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof is false: {reason} (step {step})")]
pub struct Failure {
    /// The step.
    pub step: Step,
    /// A clause that says what does not hold.
    pub reason: String,
}

impl Failure {
    /// A failure of `step`.
    pub fn new(step: Step, reason: impl Into<String>) -> Self {
        Self { step, reason: reason.into() }
    }
}

/// What a bundle has proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// An account at a height.
    Account {
        /// Whose account.
        address: Address,
        /// Nonce and balance; `None` if the account does not exist at that height.
        account: Option<(Nonce, Amount)>,
        /// Where and when.
        at: Position,
    },
    /// A record of the state at a height.
    Record {
        /// The key; the READMEs of the ledger's modules say what stands where.
        key: StateKey,
        /// The record's encoding; `None` if there is none at that height.
        value: Option<Vec<u8>>,
        /// Where and when.
        at: Position,
    },
    /// An included transaction.
    Transaction {
        /// The transaction.
        transaction: SignedTransaction,
        /// Its outcome.
        receipt: Receipt,
        /// Its place in the block.
        index: u32,
        /// Where and when.
        at: Position,
    },
}

/// The block that a proof is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Height of the block.
    pub height: Height,
    /// Its digest.
    pub hash: Hash,
    /// When it was proposed, in milliseconds since the Unix epoch.
    pub timestamp: Timestamp,
    /// How many validators signed the certificate that makes it final.
    pub signers: usize,
    /// How many validators there were.
    pub validators: usize,
}

/// Verifies a bundle, given as JSON, against a genesis.
///
/// # Errors
/// [`Failure`] naming the first step that does not hold.
pub fn verify(genesis: &Genesis, json: &str) -> Result<Verified, Failure> {
    match Bundle::from_json(json)? {
        Bundle::Account(bundle) => verify_account(genesis, &bundle),
        Bundle::Record(bundle) => verify_record(genesis, &bundle),
        Bundle::Transaction(bundle) => verify_transaction(genesis, &bundle),
    }
}

/// Verifies the proof of an account.
///
/// # Errors
/// [`Failure`] naming the first step that does not hold.
pub fn verify_account(genesis: &Genesis, bundle: &AccountBundle) -> Result<Verified, Failure> {
    let sets = Sets::follow(genesis, &bundle.genesis_hash, &bundle.epochs)?;
    let certified = sets.certified(&bundle.finality)?;
    check_height(bundle.height, &certified.header)?;
    let address: Address = bundle
        .address
        .parse()
        .map_err(|error| Failure::new(Step::Format, format!("the address: {error}")))?;
    let value = covered(&account::key(address), (&bundle.value, &bundle.proof), &certified.header)?;
    let account = match value {
        None => None,
        Some(value) => Some(account::decode(&value).ok_or_else(|| {
            Failure::new(Step::State, "the value is in a format that this version does not read")
        })?),
    };
    Ok(Verified::Account { address, account, at: certified.position() })
}

/// Verifies the proof of a record of the state.
///
/// # Errors
/// [`Failure`] naming the first step that does not hold.
pub fn verify_record(genesis: &Genesis, bundle: &RecordBundle) -> Result<Verified, Failure> {
    let sets = Sets::follow(genesis, &bundle.genesis_hash, &bundle.epochs)?;
    let certified = sets.certified(&bundle.finality)?;
    check_height(bundle.height, &certified.header)?;
    let key = StateKey::from_bytes(&bytes_of(&bundle.key, "key")?)
        .ok_or_else(|| Failure::new(Step::Format, "a key has 1 to 64 bytes"))?;
    let value = covered(&key, (&bundle.value, &bundle.proof), &certified.header)?;
    Ok(Verified::Record { key, value, at: certified.position() })
}

/// The value of a key, or its absence, if the proof leads to the state root of a header.
fn covered(
    key: &StateKey,
    (value, proof): (&Option<String>, &str),
    header: &Header,
) -> Result<Option<Vec<u8>>, Failure> {
    let value = value.as_ref().map(|value| bytes_of(value, "value")).transpose()?;
    let proof = bytes_of(proof, "proof")?;
    if state_holds(key, value.as_deref(), &proof, &header.state_root) {
        return Ok(value);
    }
    let what = if value.is_some() { "value" } else { "absence" };
    let reason = format!("the state root of block {} does not cover this {what}", header.height);
    Err(Failure::new(Step::State, reason))
}

/// Verifies the proof of a transaction and its receipt.
///
/// # Errors
/// [`Failure`] naming the first step that does not hold.
pub fn verify_transaction(
    genesis: &Genesis,
    bundle: &TransactionBundle,
) -> Result<Verified, Failure> {
    let sets = Sets::follow(genesis, &bundle.genesis_hash, &bundle.epochs)?;
    let certified = sets.certified(&bundle.finality)?;
    check_height(bundle.height, &certified.header)?;
    let malformed = |what: &str| Failure::new(Step::Format, format!("the {what} is malformed"));

    let bytes = bytes_of(&bundle.transaction, "transaction")?;
    let transaction =
        SignedTransaction::from_bytes(bytes.into()).map_err(|_| malformed("transaction"))?;
    if hex::encode(transaction.hash()) != bundle.hash {
        return Err(Failure::new(Step::Transaction, "the hash is that of another transaction"));
    }
    let included = merkle_holds(
        &bundle.transaction_proof,
        bundle.index,
        &transaction.hash(),
        &certified.header.transactions_root,
    )?;
    if !included {
        let reason = format!("it is not transaction {} of the block", bundle.index);
        return Err(Failure::new(Step::Transaction, reason));
    }

    let bytes = bytes_of(&bundle.receipt, "receipt")?;
    let receipt = Receipt::decode(bytes.clone()).map_err(|_| malformed("receipt"))?;
    let included = merkle_holds(
        &bundle.receipt_proof,
        bundle.index,
        &receipt.hash(),
        &certified.header.receipts_root,
    )?;
    if !included || receipt.transaction != transaction.hash() || receipt.encode() != bytes {
        return Err(Failure::new(Step::Receipt, "it is not the receipt of the transaction"));
    }
    let at = certified.position();
    Ok(Verified::Transaction { transaction, receipt, index: bundle.index, at })
}

/// Whether an encoded proof shows that `key` has `value` (or is absent) under a state root.
pub fn state_holds(key: &StateKey, value: Option<&[u8]>, proof: &[u8], root: &Hash) -> bool {
    match value {
        Some(value) => {
            let Ok(proof) = StateValueProof::decode_cfg(proof.to_vec(), &(MAX_PROOF_DIGESTS, ()))
            else {
                return false;
            };
            let Ok(value) = StateValue::new(value.to_vec().into()) else { return false };
            proof.verify::<Sha256, VariableEncoding<StateValue>>(*key, value, root)
        }
        None => {
            let config = (MAX_PROOF_DIGESTS, ((), ()), ());
            let Ok(proof) = StateAbsenceProof::decode_cfg(proof.to_vec(), &config) else {
                return false;
            };
            proof.verify::<Sha256>(key, root)
        }
    }
}

fn merkle_holds(proof: &str, index: u32, leaf: &Hash, root: &Hash) -> Result<bool, Failure> {
    let bytes = bytes_of(proof, "Merkle proof")?;
    let proof = merkle::Proof::from_bytes(&bytes)
        .map_err(|_| Failure::new(Step::Format, "the Merkle proof is malformed"))?;
    Ok(proof.position == index && proof.to_bytes() == bytes && proof.verify(leaf, root))
}

fn check_height(height: u64, header: &Header) -> Result<(), Failure> {
    if header.height.get() == height {
        return Ok(());
    }
    let reason = format!("the header is that of block {}, not {height}", header.height);
    Err(Failure::new(Step::Headers, reason))
}

fn bytes_of(text: &str, what: &str) -> Result<Vec<u8>, Failure> {
    // Upper case would be a second spelling of the same bytes.
    let canonical = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    let bytes = hex::decode(text).ok().filter(|_| canonical);
    bytes.ok_or_else(|| Failure::new(Step::Format, format!("the {what} is not lowercase hex")))
}

#[cfg(test)]
mod tests;
