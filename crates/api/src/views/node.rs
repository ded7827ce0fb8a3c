//! The node itself as JSON.

use super::{AuditView, Money, Show, TransactionView};
use crate::backend::{Evidence, Peer, StakeState, SupplyState};
use serde::Serialize;
use utoipa::ToSchema;

/// What runs here, and for which chain.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VersionView {
    /// Software version.
    pub version: String,
    /// Source commit.
    pub commit: String,
    /// Version of the wire protocol.
    pub protocol: u32,
    /// The chain.
    pub chain_id: String,
    /// Hash of the genesis file.
    pub genesis_hash: String,
    /// Symbol of the native token.
    pub symbol: String,
    /// Decimals of the native token.
    pub decimals: u32,
    /// Prefix of addresses.
    pub address_prefix: String,
}

/// Where the node stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StatusView {
    /// The chain.
    pub chain_id: String,
    /// Hash of the genesis file.
    pub genesis_hash: String,
    /// Software version.
    pub version: String,
    /// Last finalized height whose state is applied.
    pub height: u64,
    /// Digest of that block.
    pub block_hash: Option<String>,
    /// State root after that block.
    pub state_root: Option<String>,
    /// Time of that block.
    pub block_time_ms: u64,
    /// Highest finalized height the node has heard of.
    pub network_height: u64,
    /// Blocks behind the network.
    pub behind: u64,
    /// Epoch of consensus.
    pub epoch: u64,
    /// View of consensus.
    pub view: u64,
    /// Last height written to the index.
    pub index_height: u64,
    /// Connected peers.
    pub peers: usize,
    /// Transactions waiting in the mempool.
    pub mempool_transactions: usize,
    /// Their bytes.
    pub mempool_bytes: usize,
    /// Competing proposals that were executed and abandoned since the start.
    pub abandoned_branches: u64,
    /// Validator key of this node, if it has one.
    pub validator: Option<String>,
    /// When the process started.
    pub started_at_ms: u64,
    /// Whether every readiness check passes.
    pub ready: bool,
    /// Names of the readiness checks that fail, as `/v1/health/ready` has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<String>,
}

/// Whether a check passes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: &'static str,
    /// What will keep the node from going on if nothing is done about it; empty if nothing.
    pub warnings: Vec<WarningView>,
}

/// What will keep a node from going on if nothing is done about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WarningView {
    /// Its stable name.
    #[schema(example = "upgrade_unknown")]
    pub code: &'static str,
    /// What to do, and until when.
    pub message: String,
}

/// Waiting transactions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MempoolView {
    /// How many wait.
    pub count: usize,
    /// Their bytes.
    pub bytes: usize,
    /// The first of them, in the order in which they would be taken.
    pub transactions: Vec<TransactionView>,
}

/// Gas prices, in base units a gas.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Prices {
    /// Included when the waiting transactions are served.
    pub slow: u64,
    /// Included soon.
    pub normal: u64,
    /// Included in the next block.
    pub fast: u64,
}

/// Gas prices of the waiting transactions.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Percentiles {
    /// Tenth percentile.
    pub p10: u64,
    /// Median.
    pub p50: u64,
    /// Ninetieth percentile.
    pub p90: u64,
}

/// Gas of a message type: `base + per_byte * max(0, bytes - included_bytes)`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GasRuleView {
    /// Name of the message type.
    pub message_type: String,
    /// Gas of every such transaction.
    pub base: u64,
    /// Bytes of the encoded transaction that `base` pays for.
    pub included_bytes: u64,
    /// Gas of each byte beyond.
    pub per_byte: u64,
    /// Gas of a transaction of the size asked about.
    pub gas: u64,
    /// Fee of it at the normal price, in base units.
    pub fee: String,
    /// The same for people.
    pub fee_display: String,
}

/// What a transaction costs now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FeeEstimate {
    /// The height this was estimated at.
    pub height: u64,
    /// Lowest gas price that is accepted.
    pub min_gas_price: u64,
    /// Gas prices to offer.
    pub gas_price: Prices,
    /// Gas prices of the waiting transactions; absent if none waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mempool: Option<Percentiles>,
    /// Waiting transactions.
    pub mempool_transactions: usize,
    /// Size of the transaction asked about.
    pub bytes: u64,
    /// Gas by message type.
    pub messages: Vec<GasRuleView>,
}

/// Something that a search found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SearchHit {
    /// `block`, `transaction`, `account` or `validator`.
    pub kind: &'static str,
    /// Its name in this API: height, hash, address or key.
    pub id: String,
    /// Where it is.
    pub url: String,
}

/// What a search found; empty if nothing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SearchResult {
    /// What was searched for.
    pub query: String,
    /// What was found.
    pub results: Vec<SearchHit>,
}

/// The gas schedule.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GasSchedule {
    /// Lowest gas price that is accepted.
    pub min_gas_price: u64,
    /// Size of the transaction asked about.
    pub bytes: u64,
    /// Gas by message type, with the fee at the lowest price.
    pub messages: Vec<GasRuleView>,
}

/// How much money there is: `total = genesis + minted - burned`, in base units.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SupplyView {
    /// The height this was read at.
    pub height: u64,
    /// What exists now.
    pub total: String,
    /// The same for people.
    pub total_display: String,
    /// Allocated at genesis.
    pub genesis: String,
    /// The same for people.
    pub genesis_display: String,
    /// Minted since.
    pub minted: String,
    /// The same for people.
    pub minted_display: String,
    /// Burned since.
    pub burned: String,
    /// The same for people.
    pub burned_display: String,
    /// Stake of all validators.
    pub staked: Money,
    /// The part of it that is not the operators' own.
    pub delegated: Money,
    /// What the unbonding queue owes.
    pub unbonding: Money,
    /// What the treasury owns.
    pub treasury: Money,
    /// What waits for the end of the epoch to be paid to those who stake.
    pub stakers: Money,
    /// The miner pool.
    pub miners: Money,
    /// What the schedule `target-apr` has left to release.
    pub reserve: Money,
    /// Emission that was paid to validators, delegators and the miner pool.
    pub released: Money,
    /// With `audit`: the supply as it follows from every record of the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditView>,
}

impl SupplyView {
    pub(crate) fn new(supply: SupplyState, stake: &StakeState, show: Show<'_>) -> Self {
        let money = |amount| Money::new(amount, show);
        let SupplyState { height, genesis, minted, burned } = supply;
        // The ledger keeps the sum within bounds; were it broken, this page would not hide it.
        let total = genesis.units().saturating_add(minted.units()).saturating_sub(burned.units());
        let total = althing_types::Amount::new(total);
        Self {
            height: height.get(),
            total: total.to_string(),
            total_display: show.amount(total),
            genesis: genesis.to_string(),
            genesis_display: show.amount(genesis),
            minted: minted.to_string(),
            minted_display: show.amount(minted),
            burned: burned.to_string(),
            burned_display: show.amount(burned),
            staked: money(stake.bonded),
            delegated: money(stake.delegated),
            unbonding: money(stake.unbonding),
            treasury: money(stake.treasury),
            stakers: money(stake.stakers),
            miners: money(stake.miners),
            reserve: money(stake.reserve),
            released: money(stake.released),
            audit: None,
        }
    }
}

/// Peers of this node.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PeerList {
    /// How many are connected.
    pub connected: usize,
    /// All that are known.
    pub peers: Vec<Peer>,
}

/// A command was carried out.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Done {
    /// `ok`.
    pub status: &'static str,
}

impl Done {
    /// The one answer.
    pub const OK: Self = Self { status: "ok" };
}

/// Consensus faults with their evidence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EvidenceList {
    /// The faults.
    pub evidence: Vec<Evidence>,
}
