//! Blocks and validator sets as JSON.

use super::{Names, Show, hex_of, message};
use althing_types::{Hash, Header, Receipt, ValidatorSet};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A block without its transactions, which have a route of their own.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BlockView {
    /// Digest: SHA-256 of the encoded header.
    pub hash: String,
    /// Position in the chain.
    pub height: u64,
    /// Epoch of consensus.
    pub epoch: u64,
    /// View of consensus.
    pub view: u64,
    /// Validator key of the proposer.
    pub leader: String,
    /// Its name, if it is registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader_name: Option<String>,
    /// Digest of the block before it.
    pub parent: String,
    /// View in which the parent was proposed.
    pub parent_view: u64,
    /// When it was proposed.
    pub time_ms: u64,
    /// How many transactions it has.
    pub transaction_count: usize,
    /// Size of its encoded transactions.
    pub transaction_bytes: usize,
    /// Gas used by all of them.
    pub gas_used: u64,
    /// Root of the transactions' hashes.
    pub transactions_root: String,
    /// Root of the receipts' hashes.
    pub receipts_root: String,
    /// Root of verified compute results.
    pub results_root: String,
    /// What the leader revealed for the randomness of the chain; zeros if it owed nothing.
    pub reveal: String,
    /// Root of the state after this block.
    pub state_root: String,
    /// Root of the operations of the state database.
    pub operations_root: String,
    /// Operations that this state needs.
    pub operations: SyncRangeView,
    /// On the last block of an epoch: the validators of the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_validators: Option<Vec<MemberView>>,
    /// What the block did by itself: payments, rewards, jails. Only where one block is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Value>>,
}

/// A range of operations, `start..end`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct SyncRangeView {
    /// First operation.
    pub start: u64,
    /// One past the last.
    pub end: u64,
}

impl BlockView {
    pub(crate) fn new(
        header: &Header,
        hash: &Hash,
        (count, bytes): (usize, usize),
        names: &Names,
        show: Show<'_>,
    ) -> Self {
        let validators = |set: &ValidatorSet| MemberView::all(set, names, show);
        Self {
            hash: hex_of(hash),
            height: header.height.get(),
            epoch: header.epoch.get(),
            view: header.view.get(),
            leader: header.leader.to_string(),
            leader_name: names.get(&header.leader).cloned(),
            parent: hex_of(&header.parent),
            parent_view: header.parent_view.get(),
            time_ms: header.timestamp.get(),
            transaction_count: count,
            transaction_bytes: bytes,
            gas_used: header.gas_used.get(),
            transactions_root: hex_of(&header.transactions_root),
            receipts_root: hex_of(&header.receipts_root),
            results_root: hex_of(&header.results_root),
            reveal: hex_of(&header.reveal),
            state_root: hex_of(&header.state_root),
            operations_root: hex_of(&header.operations_root),
            operations: SyncRangeView {
                start: header.operations.start,
                end: header.operations.end,
            },
            next_validators: header.next_validators.as_ref().map(validators),
            events: None,
        }
    }

    pub(crate) fn of(
        block: &althing_types::Block,
        hash: &Hash,
        names: &Names,
        show: Show<'_>,
    ) -> Self {
        let bytes = block.transactions.iter().map(|transaction| transaction.bytes().len()).sum();
        Self::new(&block.header, hash, (block.transactions.len(), bytes), names, show)
    }

    /// Adds what the block did by itself.
    #[must_use]
    pub(crate) fn with_events(mut self, receipts: &[Receipt], show: Show<'_>) -> Self {
        self.events = Some(message::of_block(receipts, show));
        self
    }
}

/// Blocks, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BlockPage {
    /// The blocks.
    pub blocks: Vec<BlockView>,
    /// Give this as `before` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A member of a validator set.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MemberView {
    /// Consensus and network key.
    pub key: String,
    /// Its name, if it is registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where its network port is reached.
    pub endpoint: String,
    /// Stake, in base units.
    pub stake: String,
    /// The same for people.
    pub stake_display: String,
}

impl MemberView {
    pub(crate) fn all(set: &ValidatorSet, names: &Names, show: Show<'_>) -> Vec<Self> {
        let view = |entry: &althing_types::ValidatorEntry| Self {
            key: entry.key.to_string(),
            name: names.get(&entry.key).cloned(),
            endpoint: entry.endpoint.clone(),
            stake: entry.stake.to_string(),
            stake_display: show.amount(entry.stake),
        };
        set.entries().iter().map(view).collect()
    }
}

/// The header of a block.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HeaderView {
    /// Position in the chain.
    pub height: u64,
    /// Digest of the block: SHA-256 of `header`.
    pub hash: String,
    /// The encoded header, hex.
    pub header: String,
}

/// Competing proposals that were executed and abandoned.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ForkList {
    /// How many since the process started.
    pub abandoned_branches: u64,
    /// The newest of them; their transactions are not kept, so the counts of those are 0.
    pub forks: Vec<BlockView>,
}
