//! What the canned node answers.

use super::{Node, rejection};
use crate::{canned, chain, governed, metered, worked};
use althing_api::backend::{
    AccountState, AttemptRow, AuditState, Backend, BeatState, ChainEvent, DelegationState,
    DelegatorState, DeviceReading, DisbursementCount, EnergyIndex, EpochState, Evidence, Finality,
    HistoryEvent, HistoryTopic, NodeInfo, ParameterChangeState, Peer, ProposalEvent,
    ProposalFilter, Rejection, RewardState, SettlementRow, Simulation, StakeState, StateProof,
    Status, SupplyState, TaskEvent, TaskQuery, TaskRow, TransactionRef, TransactionStatus,
    UnbondingState, ValidatorState, VerdictRow, VoteState, WorkerQuery,
};
use althing_state::{StateKey, StateValue};
use althing_types::{
    Address, Amount, Block, ChainParams, Epoch, Hash, Header, Height, Nonce, Receipt,
    SignedTransaction, ValidatorKey, ValidatorSet, View, compute::TaskState,
    governance::DisbursementState, hash::sha256,
};
use async_trait::async_trait;
use std::{
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
};
use tokio::sync::broadcast;

#[async_trait]
impl Backend for Node {
    fn info(&self) -> &NodeInfo {
        &self.info
    }
    fn status(&self) -> Status {
        let tip = self.blocks.lock().unwrap().last().unwrap().block.header.clone();
        Status {
            height: tip.height,
            block_hash: Some(tip.hash()),
            state_root: Some(tip.state_root),
            block_time_ms: tip.timestamp.get(),
            network_height: Height::new(tip.height.get() + 2),
            epoch: tip.epoch,
            view: View::new(3),
            index_height: tip.height,
            peers: 1,
            mempool_transactions: self.pending.lock().unwrap().len(),
            mempool_bytes: 400,
            abandoned_branches: 1,
        }
    }
    async fn params(&self) -> ChainParams {
        self.info.genesis.params.clone()
    }
    async fn validators(&self, epoch: Epoch) -> Option<ValidatorSet> {
        (epoch.get() <= 3).then(|| self.info.genesis.validator_set().unwrap())
    }
    async fn account(&self, address: Address) -> AccountState {
        if let Some(account) = governed::account(address) {
            return account;
        }
        let known = (0..3).any(|seed| chain::address(seed) == address);
        AccountState {
            height: self.status().height,
            nonce: Nonce::new(if known { 4 } else { 0 }),
            pending_nonce: Nonce::new(if known { 6 } else { 0 }),
            balance: Amount::new(if known { 2_500_000_000_000_000_000 } else { 0 }),
            exists: known,
            vesting: (address == chain::address(2)).then(canned::vesting),
        }
    }
    async fn state_proof(&self, key: StateKey) -> Option<StateProof> {
        let height = self.status().height;
        let finality = self.finality(height).await?;
        let (key, value) = (key.to_vec(), Some(vec![3, 4]));
        Some(StateProof { height, key, value, proof: vec![5; 80], finality })
    }
    async fn supply(&self) -> SupplyState {
        SupplyState {
            height: self.status().height,
            genesis: Amount::new(1_000),
            minted: Amount::new(30),
            burned: Amount::new(7),
        }
    }
    async fn stake(&self) -> StakeState {
        canned::stake()
    }
    async fn audit(&self) -> Option<AuditState> {
        Some(canned::audit(self.broken.load(Ordering::Relaxed)))
    }
    async fn validator_list(&self) -> Arc<Vec<ValidatorState>> {
        Arc::new(canned::validators())
    }
    async fn validator(&self, key: ValidatorKey) -> Option<ValidatorState> {
        let gone = canned::departed();
        let all = canned::validators();
        all.into_iter().chain([gone]).find(|validator| validator.key == key)
    }
    async fn validator_of(&self, operator: Address) -> Option<ValidatorState> {
        let gone = canned::departed();
        let all = canned::validators();
        all.into_iter().chain([gone]).find(|validator| validator.operator == operator)
    }
    async fn delegator(&self, address: Address) -> DelegatorState {
        let known = address == chain::address(1);
        if known { canned::delegator(self.status().height) } else { DelegatorState::default() }
    }
    async fn rewards(
        &self,
        address: Address,
        before: Option<Epoch>,
        limit: usize,
    ) -> Option<Vec<RewardState>> {
        let known = address == chain::address(1);
        let all = if known { canned::rewards() } else { Vec::new() };
        let older = all.into_iter().filter(|e| before.is_none_or(|before| e.epoch < before));
        self.indexed.load(Ordering::Relaxed).then(|| older.take(limit).collect())
    }
    async fn paid_unbonding(
        &self,
        address: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<UnbondingState>> {
        let known = address == chain::address(1);
        let all = if known { canned::paid() } else { Vec::new() };
        let older = all.into_iter().filter(|e| before.is_none_or(|before| e.entry < before));
        self.indexed.load(Ordering::Relaxed).then(|| older.take(limit).collect())
    }
    async fn delegations_to(
        &self,
        validator: ValidatorKey,
        after: Option<Address>,
        limit: usize,
    ) -> Option<(Vec<(Address, DelegationState)>, Option<Address>)> {
        let known = validator == chain::validator_key();
        let mut all = if known { canned::delegations() } else { Vec::new() };
        all.retain(|(who, _)| after.is_none_or(|after| *who > after));
        let next = (all.len() > limit).then(|| all[limit - 1].0);
        all.truncate(limit);
        self.indexed.load(Ordering::Relaxed).then_some((all, next))
    }
    async fn validator_epochs(
        &self,
        validator: ValidatorKey,
        before: Option<Epoch>,
        limit: usize,
    ) -> Option<Vec<EpochState>> {
        let known = validator == chain::validator_key();
        let all = if known { canned::epochs() } else { Vec::new() };
        let older = all.into_iter().filter(|e| before.is_none_or(|before| e.epoch < before));
        self.indexed.load(Ordering::Relaxed).then(|| older.take(limit).collect())
    }
    async fn heartbeats(&self, _: ValidatorKey, limit: usize) -> Option<Vec<BeatState>> {
        Some(canned::beats().into_iter().take(limit).collect())
    }
    async fn records(&self, keys: Vec<StateKey>) -> Option<(Height, Vec<Option<StateValue>>)> {
        let replaced = self.replaced.lock().unwrap();
        let (height, values) = governed::records(&keys);
        // The story of governance knows nothing of workers but what every chain begins with.
        let either = |(key, value): (&StateKey, Option<StateValue>)| {
            replaced
                .get(key)
                .cloned()
                .or_else(|| worked::record(key))
                .or_else(|| metered::record(key))
                .or(value)
        };
        Some((height, keys.iter().zip(values).map(either).collect()))
    }
    async fn proposals(
        &self,
        filter: ProposalFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<u64>> {
        self.index()?.proposals(filter, before, limit)
    }
    async fn proposal_events(&self, proposal: u64) -> Option<Vec<ProposalEvent>> {
        self.index()?.proposal_events(proposal)
    }
    async fn votes(
        &self,
        proposal: u64,
        before: Option<(Height, u32)>,
        limit: usize,
    ) -> Option<Vec<VoteState>> {
        self.index()?.votes(proposal, before, limit)
    }
    async fn parameter_changes(
        &self,
        name: Option<String>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<ParameterChangeState>> {
        self.index()?.parameter_changes(name, before, limit)
    }
    async fn disbursements(
        &self,
        state: Option<DisbursementState>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<u64>> {
        self.index()?.disbursements(state, before, limit)
    }
    async fn disbursement_counts(&self) -> Option<Vec<DisbursementCount>> {
        self.index()?.disbursement_counts()
    }
    async fn facts(
        &self,
        topic: HistoryTopic,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<HistoryEvent>> {
        self.index()?.facts(topic, before, limit)
    }

    async fn tasks(&self, query: TaskQuery, limit: usize) -> Option<Vec<TaskRow>> {
        self.work()?.tasks(&query, limit)
    }

    async fn task(&self, number: u64) -> Option<Option<TaskRow>> {
        self.work()?.task(number)
    }

    async fn task_events(&self, number: u64) -> Option<Vec<TaskEvent>> {
        self.work()?.task_events(number)
    }

    async fn task_counts(&self) -> Option<Vec<(TaskState, u64)>> {
        self.work()?.task_counts()
    }

    async fn verdicts(&self, number: u64) -> Option<Vec<VerdictRow>> {
        self.work()?.verdicts(number)
    }

    async fn settlement(&self, number: u64) -> Option<Option<SettlementRow>> {
        self.work()?.settlement(number)
    }

    async fn credited(
        &self,
        epoch: Epoch,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<SettlementRow>> {
        self.work()?.credited(epoch, after, limit)
    }

    async fn attempts(
        &self,
        worker: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<AttemptRow>> {
        self.work()?.attempts(worker, before, limit)
    }

    async fn workers(&self, query: WorkerQuery, limit: usize) -> Option<Vec<Address>> {
        self.work()?.workers(&query, limit)
    }

    async fn device_readings(&self, worker: Address, limit: usize) -> Option<Vec<DeviceReading>> {
        self.work()?.readings(worker, limit)
    }

    fn energy(&self) -> Option<&dyn EnergyIndex> {
        self.indexed.load(Ordering::Relaxed).then(metered::index)
    }
    async fn block(&self, height: Height) -> Option<Arc<Block>> {
        self.at(height).map(|entry| entry.block)
    }
    async fn height_of(&self, hash: Hash) -> Option<Height> {
        let blocks = self.blocks.lock().unwrap();
        let found = blocks.iter().find(|entry| entry.block.hash() == hash);
        found.map(|entry| entry.block.header.height)
    }
    async fn receipts(&self, height: Height) -> Option<Arc<Vec<Receipt>>> {
        self.at(height).map(|entry| entry.receipts)
    }
    /// Only every second block has a certificate of its own.
    async fn finality(&self, height: Height) -> Option<Finality> {
        self.finality_calls.fetch_add(1, Ordering::Relaxed);
        if !self.certified.load(Ordering::Relaxed) {
            return None;
        }
        let mut headers = vec![self.at(height)?.block.header.clone()];
        let end = height.is_epoch_end(chain::EPOCH_LENGTH);
        if height.get() % 2 == 1
            && !end
            && let Some(next) = self.at(height.next()?)
        {
            headers.push(next.block.header.clone());
        }
        let certificate = chain::certificate(headers.last()?);
        Some(Finality { headers, certificate })
    }
    async fn transaction(&self, hash: Hash) -> TransactionStatus {
        if let Some(entry) = self.included().into_iter().find(|e| e.transaction.hash() == hash) {
            let TransactionRef { height, index, transaction, receipt, .. } = entry;
            return TransactionStatus::Included { height, index, transaction, receipt };
        }
        let pending = self.pending.lock().unwrap();
        if let Some(transaction) = pending.iter().find(|entry| entry.hash() == hash) {
            return TransactionStatus::Pending(transaction.clone());
        }
        let dropped = self.dropped.lock().unwrap();
        let reason = dropped.iter().find(|(dropped, _)| *dropped == hash);
        reason.map_or(TransactionStatus::Unknown, |(_, reason)| {
            TransactionStatus::Dropped(reason.clone())
        })
    }
    async fn account_transactions(
        &self,
        address: Address,
        before: Option<(Height, u32)>,
        limit: usize,
    ) -> Option<Vec<TransactionRef>> {
        let all = self.page(before, usize::MAX)?;
        let ours = all.into_iter().filter(|entry| entry.transaction.sender() == address);
        Some(ours.take(limit).collect())
    }
    async fn recent_transactions(
        &self,
        before: Option<(Height, u32)>,
        limit: usize,
    ) -> Option<Vec<TransactionRef>> {
        self.page(before, limit)
    }
    async fn mempool(&self, limit: usize) -> Vec<SignedTransaction> {
        self.pending.lock().unwrap().iter().take(limit).cloned().collect()
    }
    async fn submit(&self, transactions: Vec<SignedTransaction>) -> Vec<Result<(), Rejection>> {
        let admit = |transaction: SignedTransaction| {
            if transaction.verify_signature().is_err() {
                return Err(rejection("bad_signature"));
            }
            let mut pending = self.pending.lock().unwrap();
            if pending.contains(&transaction) {
                return Err(rejection("already_pending"));
            }
            pending.push(transaction.clone());
            drop(pending);
            if self.instant.load(Ordering::Relaxed) {
                self.finalize(vec![transaction], false);
            }
            Ok(())
        };
        transactions.into_iter().map(admit).collect()
    }
    async fn simulate(&self, transaction: SignedTransaction) -> Simulation {
        if governed::account(transaction.sender()).is_some() {
            return governed::simulate(&transaction);
        }
        let poor = transaction.sender() == chain::address(98);
        let outcome = if poor {
            Err(rejection("insufficient_funds"))
        } else {
            Ok(chain::receipt(&transaction))
        };
        Simulation { outcome, height: self.status().height }
    }
    async fn faucet(&self, address: Address, caller: IpAddr) -> Result<Hash, Rejection> {
        if address == chain::address(0) {
            return Err(rejection("faucet_cooldown"));
        }
        self.commands.lock().unwrap().push(format!("faucet {caller}"));
        Ok(sha256(&[b"payment"]))
    }
    async fn peers(&self) -> Vec<Peer> {
        vec![Peer {
            key: chain::validator_key().to_string(),
            endpoint: "127.0.0.1:9000".into(),
            connected: true,
            banned: None,
            score: 90,
            latency_ms: Some(1.5),
            version: Some("0.1.0".into()),
            protocol: Some(1),
            height: Some(24),
            started_at_ms: Some(1),
        }]
    }
    async fn ban(&self, key: ValidatorKey, seconds: Option<u64>) -> Result<(), Rejection> {
        self.command(format!("ban {seconds:?}"), key)
    }
    async fn add_peer(&self, key: ValidatorKey, endpoint: String) -> Result<(), Rejection> {
        self.command(format!("add {endpoint}"), key)
    }
    async fn remove_peer(&self, key: ValidatorKey) -> Result<(), Rejection> {
        self.command("remove".to_owned(), key)
    }
    async fn evidence(&self) -> Vec<Evidence> {
        assert!(!self.panics.load(Ordering::Relaxed), "a fault of the node");
        vec![Evidence {
            kind: "conflicting_notarize".into(),
            validator: chain::validator_key().to_string(),
            epoch: 1,
            view: 2,
            proof: "00".into(),
        }]
    }
    async fn forks(&self) -> Vec<Header> {
        vec![chain::chain(2)[2].block.header.clone()]
    }
    fn not_ready(&self) -> Vec<String> {
        let broken = self.broken.load(Ordering::Relaxed);
        if broken { vec!["behind".into(), "no_peers".into()] } else { vec![] }
    }
    fn metrics(&self) -> String {
        "# HELP block_height Height.\n# TYPE block_height gauge\nblock_height 24\n# EOF\n".into()
    }
    fn events(&self) -> broadcast::Receiver<ChainEvent> {
        self.events.subscribe()
    }
}
