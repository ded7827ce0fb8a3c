//! What the handle reads from the state, and where the transactions of clients enter.

use super::handle::EngineHandle;
use crate::{admit::Refusal, dry, pace, reads};
use althing_ledger::query;
use althing_mempool::Origin;
use althing_state::{StateKey, StateValue};
use althing_types::{
    Address, Amount, ChainParams, Epoch, Hash, Header, Height, Nonce, Receipt, SignedTransaction,
    Timestamp,
};
use commonware_codec::Encode as _;
use commonware_consensus::types::Height as ConsensusHeight;
use std::{sync::Arc, time::Duration};

/// Longest walk from a block to a certified descendant.
const MAX_FINALITY_HEADERS: usize = 1_024;
/// How long a proof waits for the certificate of its block.
const CERTIFICATE_WAIT: Duration = Duration::from_secs(5);

/// Why a transaction was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Stable code.
    pub code: &'static str,
    /// A sentence that says how to mend it.
    pub message: String,
}

/// An account at a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// The height of the state it was read from.
    pub height: Height,
    /// Transactions included so far.
    pub nonce: Nonce,
    /// What it owns.
    pub balance: Amount,
    /// Whether the state has a record of it.
    pub exists: bool,
}

/// Headers from a block to a descendant with a certificate.
#[derive(Clone, Debug)]
pub struct Finality {
    /// The first is the one asked for, the last is certified.
    pub headers: Vec<Header>,
    /// Encoded finalization of the last.
    pub certificate: Vec<u8>,
}

/// Proof of a state key under the state root of a final block.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The height of the block.
    pub height: Height,
    /// The key.
    pub key: Vec<u8>,
    /// Its value, if it has one.
    pub value: Option<Vec<u8>>,
    /// Encoded proof of the value, or of its absence.
    pub proof: Vec<u8>,
    /// Leads from that block to a certificate.
    pub finality: Finality,
}

/// Outcome of a dry run.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The receipt, or why it could not enter a block.
    pub outcome: Result<Receipt, Rejection>,
    /// The height of the block it would have entered.
    pub height: Height,
}

impl From<althing_ledger::Invalid> for Rejection {
    fn from(invalid: althing_ledger::Invalid) -> Self {
        Self { code: invalid.code(), message: invalid.to_string() }
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code(), message: refusal.to_string() }
    }
}

impl EngineHandle {
    /// Values of state keys, in order, with the height of the state.
    pub async fn read(&self, keys: Vec<StateKey>) -> Option<(Height, Vec<Option<StateValue>>)> {
        let parts = self.parts.clone();
        let read =
            async move { reads::newest(&parts.database, &parts.validator.chain, &keys).await };
        self.on_engine(read).await?
    }

    /// Accounts now, in order, by one batched read. Accounts without a record are empty.
    pub async fn accounts(&self, addresses: &[Address]) -> Option<Vec<AccountView>> {
        let keys = addresses.iter().map(|address| query::account_key(*address)).collect();
        let (height, values) = self.read(keys).await?;
        let view = |value: Option<StateValue>| {
            let exists = value.is_some();
            let account = value.and_then(|value| query::decode_account(&value).ok());
            let account = account.unwrap_or_default();
            AccountView { height, nonce: account.nonce, balance: account.balance, exists }
        };
        Some(values.into_iter().map(view).collect())
    }

    /// The parameters in force: those after the last finalized block.
    pub fn params(&self) -> Arc<ChainParams> {
        self.parts.validator.chain.params()
    }

    /// Admits transactions; one answer each, in order.
    pub async fn submit(&self, transactions: Vec<SignedTransaction>) -> Vec<Result<(), Rejection>> {
        let count = transactions.len();
        let admitter = self.parts.admitter.clone();
        let work = async move { admitter.admit(transactions, Origin::Local).await };
        match self.on_engine(work).await {
            Some(answers) => {
                answers.into_iter().map(|answer| answer.map_err(Rejection::from)).collect()
            }
            None => vec![Err(Refusal::Stopped.into()); count],
        }
    }

    /// Executes a transaction on the newest state without keeping anything. Signature and key are
    /// not checked.
    pub async fn simulate(&self, transaction: SignedTransaction) -> Option<Simulation> {
        let (parts, time) = (self.parts.clone(), self.next_time());
        let work = async move {
            let (ledger, chain) = (&parts.validator.ledger, &parts.validator.chain);
            dry::run(ledger, &parts.database, chain, time, &transaction).await
        };
        let (height, outcome) = self.on_engine(work).await??;
        Some(Simulation { outcome: outcome.map_err(Rejection::from), height })
    }

    /// The finalization of exactly this height, if this node has one.
    pub async fn certificate(&self, height: Height) -> Option<Vec<u8>> {
        let height = ConsensusHeight::new(height.get());
        let finalization = self.parts.validator.marshal.get_finalization(height).await?;
        Some(finalization.encode().to_vec())
    }

    /// Headers from `height` to the nearest descendant with a certificate. `None` if there is none
    /// yet, or if `height` is 0, which no certificate covers.
    pub async fn finality(&self, height: Height) -> Option<Finality> {
        if height == Height::ZERO {
            return None;
        }
        let mut headers = Vec::new();
        let mut cursor = height;
        while headers.len() < MAX_FINALITY_HEADERS {
            headers.push(self.block(cursor).await?.header.clone());
            if let Some(certificate) = self.certificate(cursor).await {
                return Some(Finality { headers, certificate });
            }
            cursor = cursor.next()?;
        }
        None
    }

    /// The header of the last block of an epoch, with its finality.
    pub async fn epoch_end(&self, epoch: Epoch) -> Option<Finality> {
        self.finality(self.boundary(epoch)?).await
    }

    /// The header of the last block of an epoch that has ended.
    pub async fn epoch_header(&self, epoch: Epoch) -> Option<Header> {
        Some(self.block(self.boundary(epoch)?).await?.header.clone())
    }

    /// Proof of a state key under the newest state, with the finality of that very state.
    pub async fn proof(&self, key: StateKey) -> Option<Proof> {
        let parts = self.parts.clone();
        let (root, value, proof) = self
            .on_engine(async move {
                let database = parts.database.read().await;
                let value = database.get(&key).await.ok()?;
                let proof = match &value {
                    Some(_) => database.key_value_proof(key).await.ok()?.encode(),
                    None => database.exclusion_proof(&key).await.ok()?.encode(),
                };
                Some((database.root(), value, proof.to_vec()))
            })
            .await??;
        let height = self.height_with_root(root).await?;
        let finality = self.await_finality(height).await?;
        let (key, value) = (key.to_vec(), value.map(|value| value.to_vec()));
        Some(Proof { height, key, value, proof, finality })
    }

    /// The height of the newest state, by its root. The state may be applied a moment before the
    /// tip is announced.
    async fn height_with_root(&self, root: Hash) -> Option<Height> {
        let chain = &self.parts.validator.chain;
        chain.with_root(&root).map(|header| header.height)
    }

    async fn await_finality(&self, height: Height) -> Option<Finality> {
        let mut tip = self.watch_tip();
        let wait = async {
            loop {
                tip.borrow_and_update();
                if let Some(finality) = self.finality(height).await {
                    return Some(finality);
                }
                tip.changed().await.ok()?;
            }
        };
        let wait = Box::pin(wait);
        let limit = self.parts.runtime.spawn(tokio::time::sleep(CERTIFICATE_WAIT));
        match futures::future::select(wait, limit).await {
            futures::future::Either::Left((finality, _)) => finality,
            futures::future::Either::Right(_) => None,
        }
    }

    /// The timestamp of a block that would be built now.
    pub fn next_time(&self) -> Timestamp {
        let chain = &self.parts.validator.chain;
        chain.tempo(&chain.params()).stamp(&chain.tip().header, self.now())
    }

    /// The clock of the engine.
    pub fn now(&self) -> Timestamp {
        pace::now(&self.parts.context)
    }
}
