//! The node as the API sees it: the engine, the index and the faucet behind one trait.

use super::{
    faucet::Faucet,
    governance::Decisions,
    indexer::Progress,
    lookup::{self, ask, rejection},
    process,
    stake::Stake,
};
use althing_api::backend::{
    AccountState, AuditState, Backend, BeatState, ChainEvent, DelegationState, DelegatorState,
    DisbursementCount, EpochState, Evidence, Finality, NodeInfo, ParameterChangeState, Peer,
    ProposalEvent, ProposalFilter, Rejection, RewardState, Simulation, StakeState, StateProof,
    Status, SupplyState, TransactionRef, TransactionStatus, UnbondingState, ValidatorState,
    VoteState,
};
use althing_engine::{Event, net::PeerInfo, node as engine, node::EngineHandle};
use althing_index::Index;
use althing_ledger::query;
use althing_state::{StateKey, StateValue};
use althing_types::{
    Address, Amount, Block, ChainParams, Epoch, Gas, Hash, Header, Height, Nonce, Payload, Receipt,
    SignedTransaction, Transaction, Transfer, ValidatorKey, ValidatorSet,
    governance::DisbursementState,
};
use async_trait::async_trait;
use commonware_codec::Encode as _;
use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::broadcast;

/// Events that a slow reader may be behind before it misses some.
const BACKLOG: usize = 16_384;
/// Gas limit of a payment of the faucet, which may create its recipient.
const FAUCET_GAS: Gas = Gas::new(60_000);
/// Blocks for which a payment of the faucet stays valid.
const FAUCET_VALIDITY: u64 = 1_000;
/// Blocks behind the network at which a node is not ready.
const MAX_BEHIND: u64 = 5;

/// Age of the newest block at which a node is not ready, in milliseconds; ten idle intervals if
/// those are longer.
const MAX_AGE_MS: u64 = 30_000;
/// Blocks that the index may be behind the state.
const MAX_UNINDEXED: u64 = 1_000;

/// See the module.
pub(super) struct NodeBackend {
    info: NodeInfo,
    engine: EngineHandle,
    stake: Stake,
    index: Option<Arc<Index>>,
    progress: Progress,
    faucet: Option<Faucet>,
    paying: tokio::sync::Mutex<()>,
    events: broadcast::Sender<ChainEvent>,
    forwarding: Arc<AtomicBool>,
    runtime: tokio::runtime::Handle,
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
        Self {
            info,
            engine,
            stake,
            index,
            progress,
            faucet,
            paying: tokio::sync::Mutex::new(()),
            events: broadcast::channel(BACKLOG).0,
            forwarding: Arc::default(),
            runtime: tokio::runtime::Handle::current(),
            metrics: Mutex::new(None),
        }
    }

    /// Passes the engine's events on while anybody listens. Only then does the engine spend time
    /// on events of single transactions.
    fn forward(&self) {
        if self.forwarding.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut source = self.engine.subscribe();
        let (events, forwarding) = (self.events.clone(), self.forwarding.clone());
        self.runtime.spawn(async move {
            loop {
                match source.recv().await {
                    Ok(event) => {
                        let _ = events.send(translate(event));
                    }
                    // The readers notice the gap by the heights and fetch what they missed.
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        tracing::debug!(missed, "events were overtaken");
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                }
                if events.receiver_count() == 0 {
                    forwarding.store(false, Ordering::Release);
                    // Somebody may have come between the count and the store.
                    if events.receiver_count() == 0 || forwarding.swap(true, Ordering::AcqRel) {
                        return;
                    }
                }
            }
        });
    }

    async fn pay(&self, faucet: &Faucet, address: Address) -> Result<Hash, Rejection> {
        let _turn = self.paying.lock().await;
        let from = faucet.key().address();
        let params = self.params().await;
        let account = self.account(from).await;
        let transaction = Transaction {
            chain_id: self.info.genesis.chain_id,
            sender: from,
            nonce: account.pending_nonce,
            gas_limit: FAUCET_GAS,
            gas_price: params.min_gas_price,
            valid_until: Height::new(
                account
                    .height
                    .get()
                    .saturating_add(FAUCET_VALIDITY.min(params.max_validity_blocks)),
            ),
            memo: "faucet".to_owned(),
            payload: Payload::Transfer(Transfer { to: address, amount: faucet.amount() }),
        };
        let signed = transaction.sign(faucet.key()).map_err(|error| Rejection {
            code: "faucet_broken".to_owned(),
            message: format!("the faucet cannot sign: {error}"),
        })?;
        let hash = signed.hash();
        match self.submit(vec![signed]).await.pop() {
            Some(Ok(())) | None => Ok(hash),
            Some(Err(rejection)) if rejection.code == "insufficient_funds" => Err(Rejection {
                code: "faucet_empty".to_owned(),
                message: "the faucet has no money left; ask the operator to fill it".to_owned(),
            }),
            Some(Err(rejection)) => Err(rejection),
        }
    }

    /// What the index knows about governance; `None` if the index is off.
    fn decisions(&self) -> Option<Decisions<'_>> {
        self.index.as_ref().map(|index| Decisions { engine: &self.engine, index })
    }

    /// Why nothing can be sent yet: accounts are there from the first block on.
    fn not_started(&self) -> Option<Rejection> {
        let begins = self.info.genesis.genesis_time.get();
        (self.engine.status().tip.height == Height::ZERO).then(|| {
            let left = begins.checked_sub(process::now_ms()).filter(|left| *left > 0);
            let message = match left {
                Some(left) => format!(
                    "this chain begins at its genesis time, in {} s: send the transaction then",
                    left.div_ceil(1_000)
                ),
                None => "this chain has no block yet: it waits for a quorum of its validators; \
                         try again soon"
                    .to_owned(),
            };
            Rejection { code: "chain_not_started".to_owned(), message }
        })
    }
}

fn translate(event: Event) -> ChainEvent {
    match event {
        Event::Finalized(block) => {
            ChainEvent::Block { block: block.block, hash: block.hash, receipts: block.receipts }
        }
        Event::Pending(transaction) => ChainEvent::Pending { transaction },
        Event::Dropped(dropped) => ChainEvent::Dropped {
            reason: rejection(&dropped.reason),
            transaction: dropped.transaction,
        },
    }
}

fn refused(rejection: engine::Rejection) -> Rejection {
    Rejection { code: rejection.code.to_owned(), message: rejection.message }
}

fn peer(info: PeerInfo) -> Peer {
    let software = info.software;
    Peer {
        key: info.key.to_string(),
        endpoint: info.endpoint,
        connected: info.connected,
        banned: info.ban.map(|ban| ban.reason).or(info.refusal),
        score: u32::from(info.score),
        latency_ms: info.latency.map(|latency| latency.as_secs_f64() * 1_000.0),
        version: software.map(|software| format!("{} ({})", software.version, software.commit)),
        protocol: info.protocol,
        height: info.height.map(Height::get),
        started_at_ms: info.started_at.map(althing_types::Timestamp::get),
    }
}

fn finality(finality: engine::Finality) -> Finality {
    Finality { headers: finality.headers, certificate: finality.certificate }
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

    async fn account_proof(&self, address: Address) -> Option<StateProof> {
        let proof = self.engine.account_proof(address).await?;
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
        let status = self.status();
        let mut failing = Vec::new();
        let mut note = |fails: bool, name: &str| {
            if fails {
                failing.push(name.to_owned());
            }
        };
        note(!self.engine.status().running, "engine_stopped");
        note(status.height == Height::ZERO, "no_block_yet");
        let behind = status.network_height.get().saturating_sub(status.height.get());
        note(behind > MAX_BEHIND, "catching_up");
        let age = process::now_ms().saturating_sub(status.block_time_ms);
        let idle = self.engine.params().idle_interval_ms;
        let old = MAX_AGE_MS.max(idle.saturating_mul(10));
        note(status.height > Height::ZERO && age > old, "no_new_block");
        let unindexed = status.height.get().saturating_sub(status.index_height.get());
        note(self.index.is_some() && unindexed > MAX_UNINDEXED, "index_behind");
        failing
    }

    fn metrics(&self) -> String {
        // Encoding takes a while; a scrape that comes more than ten times a second gets an old one.
        let mut cached = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((taken, text)) = cached.as_ref()
            && taken.elapsed() < Duration::from_millis(100)
        {
            return text.clone();
        }
        let build = [
            ("version", self.info.version.to_owned()),
            ("commit", self.info.commit.to_owned()),
            ("chain_id", self.info.genesis.chain_id.to_string()),
        ];
        let process = process::metrics(self.info.started_at_ms, &build);
        let process = process.trim_end().trim_end_matches("# EOF");
        let stake = self.stake.metrics();
        let text = format!("{process}{stake}{}", self.engine.metrics());
        *cached = Some((Instant::now(), text.clone()));
        text
    }

    fn events(&self) -> broadcast::Receiver<ChainEvent> {
        let receiver = self.events.subscribe();
        self.forward();
        receiver
    }
}
