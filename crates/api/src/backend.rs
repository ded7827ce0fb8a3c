//! What the API needs from the node it serves. The node crate implements this over the engine and
//! the index; tests implement it over canned data.

mod compute;
mod energy;
mod governance;
mod stake;

pub use compute::TaskEvent;
pub use energy::EnergyIndex;
pub use governance::{
    DisbursementCount, HistoryEvent, HistoryTopic, ParameterChangeState, ProposalEvent,
    ProposalFilter, VoteState,
};
pub use stake::{
    AuditState, BeatState, DelegationState, DelegatorState, EpochState, NodeState, PaidState,
    PerformanceState, RewardState, StakeState, StandingState, UnbondingState, ValidatorState,
    VestingState, VotesState,
};

/// Rows of the index and questions to it, as they are.
pub use althing_index::{
    AttemptRow, BatchQuery, BatchRow, DeviceReading, DisputeOutcome, DisputeQuery, DisputeRow,
    DisputeVoteRow, EnergyCounts, OrderRow, OwnerRow, ProviderQuery, ReadingRow, ReportRow,
    SalePayment, SaleQuery, SaleRow, SettlementRow, SlotRow, TaskQuery, TaskRow, VerdictRow,
    WorkerQuery,
};

use althing_ledger::versions::Releases;
use althing_state::{StateKey, StateValue};
use althing_types::{
    Address, Amount, Block, ChainParams, Epoch, Genesis, Hash, Header, Height, Nonce, Receipt,
    SignedTransaction, ValidatorKey, ValidatorSet, View, compute::TaskState,
    governance::DisbursementState,
};
use async_trait::async_trait;
use serde::Serialize;
use std::{net::IpAddr, sync::Arc};
use tokio::sync::broadcast;
use utoipa::ToSchema;

/// Facts about the running software and its chain that never change while it runs.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    /// Software version, `MAJOR.MINOR.PATCH`.
    pub version: &'static str,
    /// Source commit it was built from, or `unknown`.
    pub commit: &'static str,
    /// Version of the wire protocol.
    pub protocol: u32,
    /// Versions of the rules of the chain that this software knows.
    pub releases: Releases,
    /// Hash of the genesis file.
    pub genesis_hash: Hash,
    /// The genesis file.
    pub genesis: Arc<Genesis>,
    /// When the process started, in milliseconds since the Unix epoch.
    pub started_at_ms: u64,
    /// Validator key of this node, if it has one.
    pub validator: Option<ValidatorKey>,
}

/// Where the node stands now.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Last finalized height whose state has been applied.
    pub height: Height,
    /// Digest of that block.
    pub block_hash: Option<Hash>,
    /// State root after that block.
    pub state_root: Option<Hash>,
    /// Timestamp of that block, in milliseconds since the Unix epoch.
    pub block_time_ms: u64,
    /// Highest finalized height that the node has heard of.
    pub network_height: Height,
    /// Present epoch of consensus.
    pub epoch: Epoch,
    /// Present view of consensus.
    pub view: View,
    /// Last height written to the index; equals `height` when the index is off.
    pub index_height: Height,
    /// Connected peers.
    pub peers: usize,
    /// Transactions waiting in the mempool.
    pub mempool_transactions: usize,
    /// Their bytes.
    pub mempool_bytes: usize,
    /// Competing proposals that were executed and then abandoned since the process started.
    pub abandoned_branches: u64,
}

/// An account at a height.
#[derive(Clone, Debug)]
pub struct AccountState {
    /// The height this was read at.
    pub height: Height,
    /// Transactions included so far.
    pub nonce: Nonce,
    /// The nonce after everything of this account that waits in the mempool without a gap.
    pub pending_nonce: Nonce,
    /// What it owns, in base units.
    pub balance: Amount,
    /// Whether the account exists in the state.
    pub exists: bool,
    /// What is locked, if the account has a vesting schedule.
    pub vesting: Option<VestingState>,
}

/// How much money there is, in base units: `genesis + minted - burned`.
#[derive(Clone, Copy, Debug)]
pub struct SupplyState {
    /// The height this was read at.
    pub height: Height,
    /// Allocated at genesis.
    pub genesis: Amount,
    /// Minted since.
    pub minted: Amount,
    /// Burned since.
    pub burned: Amount,
}

/// A peer of the network.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Peer {
    /// Its validator key, hex.
    pub key: String,
    /// Where it is reached, `host:port`.
    pub endpoint: String,
    /// Whether a connection stands.
    pub connected: bool,
    /// Why it is shut out, if it is.
    pub banned: Option<String>,
    /// Score from 0 (useless) to 100.
    pub score: u32,
    /// Round-trip time in milliseconds, if measured.
    pub latency_ms: Option<f64>,
    /// Its software version and commit, after the handshake.
    pub version: Option<String>,
    /// Its wire protocol version, after the handshake.
    pub protocol: Option<u32>,
    /// Its last reported height.
    pub height: Option<u64>,
    /// When its process started, in milliseconds since the Unix epoch.
    pub started_at_ms: Option<u64>,
}

/// Why a submitted transaction was refused. `code` is stable and machine-readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Rejection {
    /// Stable code, for example `nonce_too_low`.
    pub code: String,
    /// A sentence that says how to mend it.
    pub message: String,
}

/// Where a transaction is.
#[derive(Clone, Debug)]
pub enum TransactionStatus {
    /// Nobody here has heard of it.
    Unknown,
    /// Waiting in the mempool of this node.
    Pending(SignedTransaction),
    /// In a finalized block.
    Included {
        /// Height of the block.
        height: Height,
        /// Position in the block.
        index: u32,
        /// The transaction.
        transaction: SignedTransaction,
        /// Its outcome.
        receipt: Receipt,
    },
    /// Left the mempool without being included: the reason.
    Dropped(Rejection),
}

/// What a transaction would do if it were included now.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// Its receipt, or why it could not enter a block.
    pub outcome: Result<Receipt, Rejection>,
    /// The height it was executed on.
    pub height: Height,
}

/// Headers from a block to a descendant that has a certificate, with that certificate.
#[derive(Clone, Debug)]
pub struct Finality {
    /// The header asked for first, its descendants after it; the last one is certified.
    pub headers: Vec<Header>,
    /// Encoded finalization certificate of the last header.
    pub certificate: Vec<u8>,
}

/// Proof of a state key's value, or of its absence, under a state root.
#[derive(Clone, Debug)]
pub struct StateProof {
    /// The height whose state root the proof leads to.
    pub height: Height,
    /// The key.
    pub key: Vec<u8>,
    /// The value, `None` if the key is absent.
    pub value: Option<Vec<u8>>,
    /// Encoded proof; see `althing_client::verify`.
    pub proof: Vec<u8>,
    /// Leads from that height to a certificate.
    pub finality: Finality,
}

/// A consensus fault with its evidence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Evidence {
    /// `conflicting_notarize`, `conflicting_finalize` or `nullify_finalize`.
    pub kind: String,
    /// Validator key of the offender, hex.
    pub validator: String,
    /// Epoch of the fault.
    pub epoch: u64,
    /// View of the fault.
    pub view: u64,
    /// The encoding of `althing_types::Evidence`, hex: what `tx submit-evidence` takes. Anybody can
    /// verify it.
    pub proof: String,
}

/// Something that happened, for the event stream.
#[derive(Clone, Debug)]
pub enum ChainEvent {
    /// A block was finalized and its state applied.
    Block {
        /// The block.
        block: Arc<Block>,
        /// Its digest.
        hash: Hash,
        /// Outcomes of its transactions, in order.
        receipts: Arc<Vec<Receipt>>,
    },
    /// A transaction entered the mempool.
    Pending {
        /// The transaction.
        transaction: SignedTransaction,
    },
    /// A transaction left the mempool without being included.
    Dropped {
        /// The transaction.
        transaction: SignedTransaction,
        /// Why.
        reason: Rejection,
    },
}

/// One page of a listing, newest first.
#[derive(Clone, Debug)]
pub struct TransactionRef {
    /// Height of the block.
    pub height: Height,
    /// Position in the block.
    pub index: u32,
    /// Timestamp of the block, in milliseconds since the Unix epoch.
    pub time_ms: u64,
    /// The transaction.
    pub transaction: SignedTransaction,
    /// Its outcome.
    pub receipt: Receipt,
}

/// The node behind the API. Every method is a read except `submit` and the peer commands.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// Fixed facts.
    fn info(&self) -> &NodeInfo;
    /// The present position. Cheap.
    fn status(&self) -> Status;
    /// The parameters in force.
    async fn params(&self) -> ChainParams;
    /// The validator set of an epoch that has begun or is next; `None` if unknown.
    async fn validators(&self, epoch: Epoch) -> Option<ValidatorSet>;
    /// An account now.
    async fn account(&self, address: Address) -> AccountState;
    /// A record of the state with its proof under the newest certified state.
    async fn state_proof(&self, key: StateKey) -> Option<StateProof>;
    /// How much money there is now.
    async fn supply(&self) -> SupplyState;
    /// Where money is that nobody can spend freely.
    async fn stake(&self) -> StakeState;
    /// Recomputes the supply from every record of the state; `None` if the node cannot now. Slow.
    async fn audit(&self) -> Option<AuditState>;
    /// Every registered validator, the largest stake first, then those that were ejected. With an
    /// index, those that have left their delegators behind too.
    async fn validator_list(&self) -> Arc<Vec<ValidatorState>>;
    /// A validator that the state has a record of, also one that has left or was ejected.
    async fn validator(&self, key: ValidatorKey) -> Option<ValidatorState>;
    /// The validator that an account operates.
    async fn validator_of(&self, operator: Address) -> Option<ValidatorState>;
    /// What an account has staked, from the state.
    async fn delegator(&self, address: Address) -> DelegatorState;
    /// What an account earned, newest epoch first, before an epoch, whole epochs, about `limit`
    /// entries; `None` if the index is off.
    async fn rewards(
        &self,
        address: Address,
        before: Option<Epoch>,
        limit: usize,
    ) -> Option<Vec<RewardState>>;
    /// Unbonding entries of an account that were paid, newest first, before a number; `None` if the
    /// index is off.
    async fn paid_unbonding(
        &self,
        address: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<UnbondingState>>;
    /// Delegations to a validator ordered by account, from behind `after`; with the account from
    /// behind which the next page begins, if there is one. `None` if the index is off.
    async fn delegations_to(
        &self,
        validator: ValidatorKey,
        after: Option<Address>,
        limit: usize,
    ) -> Option<(Vec<(Address, DelegationState)>, Option<Address>)>;
    /// Epochs of a validator, newest first, before an epoch; `None` if the index is off.
    async fn validator_epochs(
        &self,
        validator: ValidatorKey,
        before: Option<Epoch>,
        limit: usize,
    ) -> Option<Vec<EpochState>>;
    /// The last heartbeats of a validator's node, newest first; `None` if the index is off.
    async fn heartbeats(&self, validator: ValidatorKey, limit: usize) -> Option<Vec<BeatState>>;
    /// Records of the newest finalized state, in the order of the keys, all of one height. `None`
    /// if the node cannot read now.
    async fn records(&self, keys: Vec<StateKey>) -> Option<(Height, Vec<Option<StateValue>>)>;
    /// Numbers of proposals, newest first, below a number; `None` if the index is off.
    async fn proposals(
        &self,
        filter: ProposalFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<u64>>;
    /// What happened to a proposal and to its disbursement, oldest first, without votes; `None` if
    /// the index is off.
    async fn proposal_events(&self, proposal: u64) -> Option<Vec<ProposalEvent>>;
    /// Votes on a proposal, newest first, before a position; `None` if the index is off.
    async fn votes(
        &self,
        proposal: u64,
        before: Option<(Height, u32)>,
        limit: usize,
    ) -> Option<Vec<VoteState>>;
    /// Changes of a parameter, or of all, newest first, below a number; `None` if the index is off.
    async fn parameter_changes(
        &self,
        name: Option<String>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<ParameterChangeState>>;
    /// Numbers of disbursements, newest first, below a number; `None` if the index is off.
    async fn disbursements(
        &self,
        state: Option<DisbursementState>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<u64>>;
    /// How many disbursements are in each state; `None` if the index is off.
    async fn disbursement_counts(&self) -> Option<Vec<DisbursementCount>>;
    /// The history of a topic, newest first, below a number; `None` if the index is off.
    async fn facts(
        &self,
        topic: HistoryTopic,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<HistoryEvent>>;
    /// Tasks, newest first; `None` if the index is off.
    async fn tasks(&self, query: TaskQuery, limit: usize) -> Option<Vec<TaskRow>>;
    /// The task with this number, if there ever was one; `None` if the index is off.
    async fn task(&self, number: u64) -> Option<Option<TaskRow>>;
    /// What happened to a task, oldest first; `None` if the index is off.
    async fn task_events(&self, number: u64) -> Option<Vec<TaskEvent>>;
    /// How many tasks are in each state; `None` if the index is off.
    async fn task_counts(&self) -> Option<Vec<(TaskState, u64)>>;
    /// What members of committees found about a task; `None` if the index is off.
    async fn verdicts(&self, number: u64) -> Option<Vec<VerdictRow>>;
    /// What a task was paid or credited, if it was; `None` if the index is off.
    async fn settlement(&self, number: u64) -> Option<Option<SettlementRow>>;
    /// Credited results of an epoch in the order of their tasks, behind a number; `None` if the
    /// index is off.
    async fn credited(
        &self,
        epoch: Epoch,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<SettlementRow>>;
    /// Attempts of a worker, newest task first, below a number; `None` if the index is off.
    async fn attempts(
        &self,
        worker: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<AttemptRow>>;
    /// Accounts of workers, in their order; `None` if the index is off.
    async fn workers(&self, query: WorkerQuery, limit: usize) -> Option<Vec<Address>>;
    /// How the devices of a worker were scored, newest first; `None` if the index is off.
    async fn device_readings(&self, worker: Address, limit: usize) -> Option<Vec<DeviceReading>>;
    /// What the index knows about metered energy; `None` if the index is off.
    fn energy(&self) -> Option<&dyn EnergyIndex>;
    /// A finalized block.
    async fn block(&self, height: Height) -> Option<Arc<Block>>;
    /// Height of a finalized block.
    async fn height_of(&self, hash: Hash) -> Option<Height>;
    /// Receipts of a finalized block.
    async fn receipts(&self, height: Height) -> Option<Arc<Vec<Receipt>>>;
    /// Headers from `height` to a certificate.
    async fn finality(&self, height: Height) -> Option<Finality>;
    /// Where a transaction is.
    async fn transaction(&self, hash: Hash) -> TransactionStatus;
    /// Transactions of an account, newest first, before a position; `None` if the index is off.
    async fn account_transactions(
        &self,
        address: Address,
        before: Option<(Height, u32)>,
        limit: usize,
    ) -> Option<Vec<TransactionRef>>;
    /// Newest transactions, before a position; `None` if the index is off.
    async fn recent_transactions(
        &self,
        before: Option<(Height, u32)>,
        limit: usize,
    ) -> Option<Vec<TransactionRef>>;
    /// Up to `limit` waiting transactions, in the order in which they would be taken.
    async fn mempool(&self, limit: usize) -> Vec<SignedTransaction>;
    /// Admits transactions; one answer each, in order. Verifies signatures in batches.
    async fn submit(&self, transactions: Vec<SignedTransaction>) -> Vec<Result<(), Rejection>>;
    /// Executes a transaction on the newest state without keeping anything. The signature may be
    /// missing or wrong.
    async fn simulate(&self, transaction: SignedTransaction) -> Simulation;
    /// Gives an account test money; `Err` if this node has no faucet or the caller must wait.
    async fn faucet(&self, address: Address, caller: IpAddr) -> Result<Hash, Rejection>;
    /// Peers, connected or not.
    async fn peers(&self) -> Vec<Peer>;
    /// Shuts a peer out for `seconds`, or lets it in again with `None`.
    async fn ban(&self, key: ValidatorKey, seconds: Option<u64>) -> Result<(), Rejection>;
    /// Connects to a peer at `endpoint` (`host:port`), also when the validator set names another
    /// place or does not name the peer.
    async fn add_peer(&self, key: ValidatorKey, endpoint: String) -> Result<(), Rejection>;
    /// Forgets what `add_peer` said of a peer.
    async fn remove_peer(&self, key: ValidatorKey) -> Result<(), Rejection>;
    /// Consensus faults seen by this node.
    async fn evidence(&self) -> Vec<Evidence>;
    /// Competing proposals that this node executed and abandoned, newest first.
    async fn forks(&self) -> Vec<Header>;
    /// Names of the readiness checks that fail now; empty when ready.
    fn not_ready(&self) -> Vec<String>;
    /// Prometheus text.
    fn metrics(&self) -> String;
    /// Events from now on.
    fn events(&self) -> broadcast::Receiver<ChainEvent>;
}
