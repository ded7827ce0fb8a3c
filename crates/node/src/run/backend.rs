//! The node as the API sees it: the engine, the index and the faucet behind one trait.

mod convert;
mod feed;
mod health;
mod pay;

use self::{
    convert::{finality, peer, refused},
    feed::Feed,
};
use super::{
    compute::Work,
    energy::EnergyRows,
    faucet::Faucet,
    governance::Decisions,
    indexer::Progress,
    lookup::{self, ask},
    stake::Stake,
};
use althing_api::backend::{
    AccountState, AttemptRow, AuditState, Backend, BeatState, ChainEvent, DelegationState,
    DelegatorState, DeviceReading, DisbursementCount, EnergyIndex, EpochState, Evidence, Finality,
    HistoryEvent, HistoryTopic, NodeInfo, ParameterChangeState, Peer, ProposalEvent,
    ProposalFilter, Rejection, RewardState, SettlementRow, Simulation, StakeState, StateProof,
    Status, SupplyState, TaskEvent, TaskQuery, TaskRow, TransactionRef, TransactionStatus,
    UnbondingState, ValidatorState, VerdictRow, VoteState, WorkerQuery,
};
use althing_engine::node::EngineHandle;
use althing_index::Index;
use althing_ledger::query;
use althing_state::{StateKey, StateValue};
use althing_types::{
    Address, Amount, Block, ChainParams, Epoch, Hash, Header, Height, Nonce, Receipt,
    SignedTransaction, ValidatorKey, ValidatorSet, compute::TaskState,
    governance::DisbursementState,
};
use async_trait::async_trait;
use commonware_codec::Encode as _;
use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::sync::broadcast;

/// See the module.
pub(super) struct NodeBackend {
    info: NodeInfo,
    engine: EngineHandle,
    stake: Stake,
    index: Option<Arc<Index>>,
    energy: Option<EnergyRows>,
    progress: Progress,
    faucet: Option<Faucet>,
    paying: tokio::sync::Mutex<()>,
    feed: Feed,
    metrics: Mutex<Option<(Instant, String)>>,
}

impl NodeBackend {
    /// The backend of a running engine. Call it inside the runtime of the API.
    pub(super) fn new(
        info: NodeInfo,
        engine: EngineHandle,
        index: Option<(Arc<Index>, Progress)>,
        faucet: Option<Faucet>,
    ) -> Self {
        let (index, progress) = match index {
            Some((index, progress)) => (Some(index), progress),
            None => (None, Progress::default()),
        };
        let stake = Stake::new(engine.clone(), index.clone(), info.genesis.clone());
        stake.keep_fresh();
        let energy = index.clone().map(|index| EnergyRows { index });
        let feed = Feed::new(engine.clone());
        Self {
            info,
            engine,
            stake,
            index,
            energy,
            progress,
            faucet,
            paying: tokio::sync::Mutex::new(()),
            feed,
            metrics: Mutex::new(None),
        }
    }

    /// What the index knows about governance; `None` if the index is off.
    fn decisions(&self) -> Option<Decisions<'_>> {
        self.index.as_ref().map(|index| Decisions { engine: &self.engine, index })
    }

    /// What the index knows about workers and tasks; `None` if the index is off.
    fn work(&self) -> Option<Work<'_>> {
        self.index.as_ref().map(|index| Work { engine: &self.engine, index })
    }
}

#[async_trait]
impl Backend for NodeBackend {
    fn info(&self) -> &NodeInfo {
        &self.info
    }

    fn status(&self) -> Status {
        let status = self.engine.status();
        let tip = status.tip;
        let started = tip.height > Height::ZERO;
        Status {
            height: tip.height,
            block_hash: Some(status.tip_hash),
            state_root: started.then_some(tip.state_root),
            block_time_ms: tip.timestamp.get(),
            network_height: self.engine.network_height(),
            epoch: status.position.0,
            view: status.position.1,
            index_height: match self.index {
                Some(_) => self.progress.height(),
                None => tip.height,
            },
            peers: self.engine.peers().iter().filter(|peer| peer.connected).count(),
            mempool_transactions: status.mempool.transactions,
            mempool_bytes: status.mempool.bytes,
            abandoned_branches: status.abandoned_branches,
        }
    }

    async fn params(&self) -> ChainParams {
        (*self.engine.params()).clone()
    }

    async fn validators(&self, epoch: Epoch) -> Option<ValidatorSet> {
        self.engine.validators_of(epoch).await.map(|set| (*set).clone())
    }

    async fn account(&self, address: Address) -> AccountState {
        let views = self.engine.accounts(&[address]).await;
        let view = views.and_then(|mut views| views.pop());
        let nonce = view.map_or(Nonce::ZERO, |view| view.nonce);
        let waiting = self.engine.pending_nonce(&address);
        AccountState {
            height: view.map_or(Height::ZERO, |view| view.height),
            nonce,
            pending_nonce: waiting.map_or(nonce, |waiting| waiting.max(nonce)),
            balance: view.map_or(Amount::ZERO, |view| view.balance),
            exists: view.is_some_and(|view| view.exists),
            vesting: self.stake.vesting(address).await,
        }
    }

    async fn state_proof(&self, key: StateKey) -> Option<StateProof> {
        let proof = self.engine.proof(key).await?;
        Some(StateProof {
            height: proof.height,
            key: proof.key,
            value: proof.value,
            proof: proof.proof,
            finality: finality(proof.finality),
        })
    }

    async fn supply(&self) -> SupplyState {
        let read = self.engine.read(vec![query::supply_key()]).await;
        let (height, mut values) = read.unwrap_or_default();
        let supply = values.pop().flatten().and_then(|value| query::decode_supply(&value).ok());
        let supply = supply.unwrap_or_default();
        SupplyState {
            height,
            genesis: supply.genesis,
            minted: supply.minted,
            burned: supply.burned,
        }
    }

    async fn stake(&self) -> StakeState {
        self.stake.snapshot().await.map_or_else(StakeState::default, |snapshot| snapshot.stake)
    }

    async fn audit(&self) -> Option<AuditState> {
        self.stake.audit().await
    }

    async fn validator_list(&self) -> Arc<Vec<ValidatorState>> {
        let snapshot = self.stake.snapshot().await;
        snapshot.map_or_else(Arc::default, |snapshot| snapshot.validators.clone())
    }

    async fn validator(&self, key: ValidatorKey) -> Option<ValidatorState> {
        self.stake.validator(key).await
    }

    async fn validator_of(&self, operator: Address) -> Option<ValidatorState> {
        self.stake.validator_of(operator).await
    }

    async fn delegator(&self, address: Address) -> DelegatorState {
        self.stake.delegator(address).await
    }

    async fn rewards(
        &self,
        address: Address,
        before: Option<Epoch>,
        limit: usize,
    ) -> Option<Vec<RewardState>> {
        self.stake.rewards(address, before, limit).await
    }

    async fn paid_unbonding(
        &self,
        address: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<UnbondingState>> {
        self.stake.paid_unbonding(address, before, limit).await
    }

    async fn delegations_to(
        &self,
        validator: ValidatorKey,
        after: Option<Address>,
        limit: usize,
    ) -> Option<(Vec<(Address, DelegationState)>, Option<Address>)> {
        self.stake.delegations_to(validator, after, limit).await
    }

    async fn validator_epochs(
        &self,
        validator: ValidatorKey,
        before: Option<Epoch>,
        limit: usize,
    ) -> Option<Vec<EpochState>> {
        self.stake.validator_epochs(validator, before, limit).await
    }

    async fn heartbeats(&self, validator: ValidatorKey, limit: usize) -> Option<Vec<BeatState>> {
        self.stake.heartbeats(validator, limit).await
    }

    async fn records(&self, keys: Vec<StateKey>) -> Option<(Height, Vec<Option<StateValue>>)> {
        self.engine.read(keys).await
    }

    async fn proposals(
        &self,
        filter: ProposalFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<u64>> {
        self.decisions()?.proposals(filter, before, limit).await
    }

    async fn proposal_events(&self, proposal: u64) -> Option<Vec<ProposalEvent>> {
        self.decisions()?.proposal_events(proposal).await
    }

    async fn votes(
        &self,
        proposal: u64,
        before: Option<(Height, u32)>,
        limit: usize,
    ) -> Option<Vec<VoteState>> {
        self.decisions()?.votes(proposal, before, limit).await
    }

    async fn parameter_changes(
        &self,
        name: Option<String>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<ParameterChangeState>> {
        self.decisions()?.parameter_changes(name, before, limit).await
    }

    async fn disbursements(
        &self,
        state: Option<DisbursementState>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<u64>> {
        self.decisions()?.disbursements(state, before, limit).await
    }

    async fn disbursement_counts(&self) -> Option<Vec<DisbursementCount>> {
        self.decisions()?.disbursement_counts().await
    }

    async fn facts(
        &self,
        topic: HistoryTopic,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<HistoryEvent>> {
        self.decisions()?.facts(topic, before, limit).await
    }

    async fn tasks(&self, query: TaskQuery, limit: usize) -> Option<Vec<TaskRow>> {
        self.work()?.tasks(query, limit).await
    }

    async fn task(&self, number: u64) -> Option<Option<TaskRow>> {
        self.work()?.task(number).await
    }

    async fn task_events(&self, number: u64) -> Option<Vec<TaskEvent>> {
        self.work()?.task_events(number).await
    }

    async fn task_counts(&self) -> Option<Vec<(TaskState, u64)>> {
        self.work()?.task_counts().await
    }

    async fn verdicts(&self, number: u64) -> Option<Vec<VerdictRow>> {
        self.work()?.verdicts(number).await
    }

    async fn settlement(&self, number: u64) -> Option<Option<SettlementRow>> {
        self.work()?.settlement(number).await
    }

    async fn credited(
        &self,
        epoch: Epoch,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<SettlementRow>> {
        self.work()?.credited(epoch, after, limit).await
    }

    async fn attempts(
        &self,
        worker: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<AttemptRow>> {
        self.work()?.attempts(worker, before, limit).await
    }

    async fn workers(&self, query: WorkerQuery, limit: usize) -> Option<Vec<Address>> {
        self.work()?.workers(query, limit).await
    }

    async fn device_readings(&self, worker: Address, limit: usize) -> Option<Vec<DeviceReading>> {
        self.work()?.readings(worker, limit).await
    }

    fn energy(&self) -> Option<&dyn EnergyIndex> {
        self.energy.as_ref().map(|energy| energy as &dyn EnergyIndex)
    }

    async fn block(&self, height: Height) -> Option<Arc<Block>> {
        self.engine.block(height).await
    }

    async fn height_of(&self, hash: Hash) -> Option<Height> {
        self.engine.height_of(hash).await
    }

    async fn receipts(&self, height: Height) -> Option<Arc<Vec<Receipt>>> {
        self.engine.receipts(height).await
    }

    async fn finality(&self, height: Height) -> Option<Finality> {
        self.engine.finality(height).await.map(finality)
    }

    async fn transaction(&self, hash: Hash) -> TransactionStatus {
        lookup::transaction(&self.engine, self.index.as_ref(), hash).await
    }

    async fn account_transactions(
        &self,
        address: Address,
        before: Option<(Height, u32)>,
        limit: usize,
    ) -> Option<Vec<TransactionRef>> {
        let index = self.index.as_ref()?;
        let query = move |index: &Index| index.account_transactions(address, before, limit);
        Some(lookup::at(&self.engine, ask(index, query).await?).await)
    }

    async fn recent_transactions(
        &self,
        before: Option<(Height, u32)>,
        limit: usize,
    ) -> Option<Vec<TransactionRef>> {
        let index = self.index.as_ref()?;
        let positions = ask(index, move |index| index.recent_transactions(before, limit)).await?;
        Some(lookup::at(&self.engine, positions).await)
    }

    async fn mempool(&self, limit: usize) -> Vec<SignedTransaction> {
        self.engine.mempool(limit)
    }

    async fn submit(&self, transactions: Vec<SignedTransaction>) -> Vec<Result<(), Rejection>> {
        if let Some(rejection) = self.not_started() {
            return vec![Err(rejection); transactions.len()];
        }
        let answers = self.engine.submit(transactions).await;
        answers.into_iter().map(|answer| answer.map_err(refused)).collect()
    }

    async fn simulate(&self, transaction: SignedTransaction) -> Simulation {
        if let Some(rejection) = self.not_started() {
            return Simulation { outcome: Err(rejection), height: Height::ZERO };
        }
        match self.engine.simulate(transaction).await {
            Some(done) => {
                Simulation { outcome: done.outcome.map_err(refused), height: done.height }
            }
            None => Simulation {
                outcome: Err(Rejection {
                    code: "engine_stopped".to_owned(),
                    message: "this node is stopping; ask another one".to_owned(),
                }),
                height: self.engine.status().tip.height,
            },
        }
    }

    async fn faucet(&self, address: Address, caller: IpAddr) -> Result<Hash, Rejection> {
        let Some(faucet) = &self.faucet else {
            return Err(Rejection {
                code: "no_faucet".to_owned(),
                message: "this node has no faucet".to_owned(),
            });
        };
        faucet.allow(address, caller, Instant::now())?;
        let paid = self.pay(faucet, address).await;
        if paid.is_err() {
            faucet.forget(address, caller);
        }
        paid
    }

    async fn peers(&self) -> Vec<Peer> {
        self.engine.peers().into_iter().map(peer).collect()
    }

    async fn ban(&self, key: ValidatorKey, seconds: Option<u64>) -> Result<(), Rejection> {
        let done = match seconds {
            Some(seconds) => self.engine.ban(key, Some(Duration::from_secs(seconds))),
            None => self.engine.unban(key),
        };
        done.map_err(refused)
    }

    async fn add_peer(&self, key: ValidatorKey, endpoint: String) -> Result<(), Rejection> {
        self.engine.add_peer(key, &endpoint).map_err(refused)
    }

    async fn remove_peer(&self, key: ValidatorKey) -> Result<(), Rejection> {
        self.engine.remove_peer(key).map_err(refused)
    }

    async fn evidence(&self) -> Vec<Evidence> {
        let view = |evidence: althing_types::Evidence| Evidence {
            kind: evidence.conflict.name().to_owned(),
            validator: evidence.validator.to_string(),
            epoch: evidence.epoch.get(),
            view: evidence.view.get(),
            proof: hex::encode(evidence.encode()),
        };
        self.engine.faults().iter().filter_map(althing_engine::Fault::evidence).map(view).collect()
    }

    async fn forks(&self) -> Vec<Header> {
        self.engine.forks()
    }

    fn not_ready(&self) -> Vec<String> {
        self.failing()
    }

    fn metrics(&self) -> String {
        self.prometheus()
    }

    fn events(&self) -> broadcast::Receiver<ChainEvent> {
        self.feed.subscribe()
    }
}
