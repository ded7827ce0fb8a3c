//! A chain of one node and a few rules, in memory: enough for a worker, and as unreliable as asked.

use althing_types::{
    Address, Amount, ChainParams, Due, Gas, GasPrice, Hash, Height, Nonce, Payload, Ppm, PublicKey,
    SignedTransaction, Timestamp, Transaction,
    compute::{
        DeviceId, Inventory, Operands, Points, ProductKind, Purpose, Shape, TaskState, WorkerState,
        draw,
    },
    hash::sha256,
};
use althing_worker::{
    Chain, ChainError, Outcome, Tip,
    chain::Identity,
    views::{AssignmentView, DeviceView, MeasuredView, ResultView, TaskView, WorkerView},
};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

const BLOCK_MS: u64 = 1_000;
const DEADLINE: u64 = 1_000;

/// How the chain misbehaves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mood {
    /// The node does not answer at all.
    pub(crate) away: bool,
    /// So many submissions are taken, and answered by a broken connection.
    pub(crate) lose_answers: u32,
    /// So many submissions are answered well, and forgotten.
    pub(crate) forget: u32,
    /// So many submissions are refused.
    pub(crate) refuse: u32,
}

pub(crate) struct Inner {
    pub(crate) height: u64,
    pub(crate) params: ChainParams,
    pub(crate) mood: Mood,
    pub(crate) worker: Option<(Address, WorkerView)>,
    pub(crate) tasks: BTreeMap<u64, TaskView>,
    /// The payloads that were included and did what they asked for, in order.
    pub(crate) included: Vec<Payload>,
    /// Those that were included and failed.
    pub(crate) failed: Vec<(Payload, String)>,
    pool: VecDeque<SignedTransaction>,
    nonce: u64,
    outcomes: BTreeMap<Hash, Outcome>,
    next_task: u64,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            height: 0,
            params: ChainParams::devnet(),
            mood: Mood::default(),
            worker: None,
            tasks: BTreeMap::new(),
            included: Vec::new(),
            failed: Vec::new(),
            pool: VecDeque::new(),
            nonce: 0,
            outcomes: BTreeMap::new(),
            next_task: 0,
        }
    }
}

/// The chain.
#[derive(Default)]
pub(crate) struct Script(Mutex<Inner>);

fn beacon(height: u64) -> Hash {
    sha256(&[b"beacon", &height.to_be_bytes()])
}

pub(crate) fn identity() -> Identity {
    Identity { chain_id: "script-1".parse().unwrap(), genesis: sha256(&[b"genesis"]) }
}

impl Inner {
    fn due(&self, blocks: u64) -> Due {
        let height = self.height + blocks;
        Due { height: Height::new(height), time: Timestamp::new(height * BLOCK_MS) }
    }

    /// Gives the worker a task.
    pub(crate) fn give(&mut self, purpose: Purpose, shape: Shape, count: u32, device: u8) -> u64 {
        self.give_with(purpose, (shape, count), Operands::Seed {}, "", device)
    }

    pub(crate) fn give_with(
        &mut self,
        purpose: Purpose,
        (shape, count): (Shape, u32),
        operands: Operands,
        source: &str,
        device: u8,
    ) -> u64 {
        let (address, worker) = self.worker.as_mut().unwrap();
        self.next_task += 1;
        let number = self.next_task;
        worker.tasks.push(number);
        let assignment = AssignmentView {
            device: DeviceId { worker: *address, device },
            seed_height: Height::new(self.height + 2),
            deadline: Due::default(),
            plant: worker.plant,
        };
        let assignment = AssignmentView { deadline: self.due(DEADLINE), ..assignment };
        let task = TaskView {
            state: TaskState::Assigned,
            purpose,
            price: Amount::from_tokens(1).unwrap(),
            shape,
            count,
            operands,
            source: source.to_owned(),
            attempt: 1,
            assignment: Some(assignment),
            result: None,
            reason: None,
        };
        self.tasks.insert(number, task);
        number
    }

    /// Ends a task.
    pub(crate) fn settle(&mut self, number: u64, state: TaskState) {
        let task = self.tasks.get_mut(&number).unwrap();
        task.state = state;
        let worker = &mut self.worker.as_mut().unwrap().1;
        worker.tasks.retain(|other| *other != number);
    }

    fn apply(&mut self, sender: Address, payload: &Payload) -> Result<(), &'static str> {
        let (now, expires) = (Timestamp::new(self.height * BLOCK_MS), self.due(1_000_000));
        match payload {
            Payload::RegisterWorker(message) if self.worker.is_none() => {
                let worker = WorkerView {
                    state: WorkerState::Active,
                    endpoint: message.endpoint.to_string(),
                    stake: message.stake,
                    plant: message.plant,
                    tasks: Vec::new(),
                    strikes: 0,
                    devices: Vec::new(),
                    heard: None,
                    reputation: Ppm::new(640_000),
                    uptime: Some(Ppm::ONE),
                    claimable: None,
                };
                self.worker = Some((sender, worker));
                return Ok(());
            }
            Payload::RegisterWorker(_) => return Err("worker_exists"),
            _ => {}
        }
        let Some((_, worker)) = &mut self.worker else { return Err("unknown_worker") };
        match payload {
            Payload::UpdateWorker(message) => {
                if let Some(paused) = message.paused {
                    worker.state = if paused { WorkerState::Paused } else { WorkerState::Active };
                }
            }
            Payload::WorkerHeartbeat(_) => worker.heard = Some(now),
            Payload::Attest(message) => {
                worker.devices.retain(|device| device.device != message.device);
                let evidence = sha256(&[&message.evidence]);
                worker.devices.push(described(message.device, evidence, expires));
            }
            Payload::RequestBenchmark(message) => {
                let shape = Shape::square(ProductKind::Fp16, 256);
                let number = self.give(Purpose::Benchmark, shape, 1, message.device);
                let device = &mut self.worker.as_mut().unwrap().1.devices[0];
                device.benchmark = Some(number);
            }
            Payload::TakeWork(message) if worker.devices[0].passed => {
                self.give(Purpose::Network, message.shape, message.count, message.device);
            }
            Payload::CommitResults(message) => {
                for result in message.results.iter() {
                    self.commit(result)?;
                }
            }
            Payload::RevealPlant(message) => {
                let plant = self.tasks[&message.task].assignment.unwrap().plant;
                if draw::plant_commitment(&message.secret) != plant {
                    return Err("not_planted");
                }
                worker.plant = message.next;
                self.settle(message.task, TaskState::Settled);
            }
            _ => return Err("not_a_message_of_this_script"),
        }
        Ok(())
    }

    fn commit(&mut self, result: &althing_types::message::Commitment) -> Result<(), &'static str> {
        let height = Height::new(self.height);
        let late = self.due(0);
        let task = self.tasks.get_mut(&result.task).ok_or("unknown_task")?;
        let assignment = task.assignment.ok_or("not_assigned")?;
        if task.state != TaskState::Assigned {
            return Err("not_assigned");
        }
        if height <= assignment.seed_height {
            return Err("commit_early");
        }
        if late.height >= assignment.deadline.height {
            return Err("commit_late");
        }
        if task.purpose == Purpose::Benchmark && result.digest.is_none() {
            return Err("digest_missing");
        }
        let attempt =
            draw::Attempt { task: result.task, attempt: task.attempt, device: assignment.device };
        let value = beacon(assignment.seed_height.get());
        let seed = draw::operand_seed(&identity().genesis, &attempt, &value);
        task.result = Some(ResultView { root: result.root, seed, height });
        task.state = TaskState::Committed;
        Ok(())
    }

    /// The benchmark of the device was accepted.
    pub(crate) fn accept_benchmark(&mut self, number: u64) {
        self.settle(number, TaskState::Settled);
        let expires = self.due(1_000_000);
        let device = &mut self.worker.as_mut().unwrap().1.devices[0];
        device.benchmark = None;
        device.must_measure = false;
        device.passed = true;
        device.place = Some(0);
        device.measured = Some(MeasuredView { task: number, performance: 7, expires });
    }
}

fn described(device: u8, evidence: Hash, expires: Due) -> DeviceView {
    let inventory: Inventory = serde_json::from_value(serde_json::json!({
        "kind": "cpu", "model": "a processor", "memory_mib": 1_024, "cores": 2,
        "uuid": hex::encode([0; 32]), "capability": "", "driver": "", "pci_id": "",
    }))
    .unwrap();
    DeviceView {
        device,
        inventory,
        evidence,
        points: Points { info: 10, signature: 10, ..Points::default() },
        passed: false,
        attested: 1,
        expires,
        tier: Ppm::new(500_000).unwrap(),
        flagged: false,
        measured: None,
        benchmark: None,
        must_measure: false,
        open: 0,
        place: None,
    }
}

impl Script {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Makes a block of what waits.
    pub(crate) fn block(&self) {
        let mut inner = self.lock();
        inner.height += 1;
        for signed in std::mem::take(&mut inner.pool) {
            let transaction = signed.body().clone();
            let hash = signed.hash();
            if transaction.nonce.get() != inner.nonce
                || transaction.valid_until.get() < inner.height
            {
                let reason = "nonce or validity".to_owned();
                inner.outcomes.insert(hash, Outcome::Dropped { reason });
                continue;
            }
            inner.nonce += 1;
            let outcome = match inner.apply(transaction.sender, &transaction.payload) {
                Ok(()) => {
                    inner.included.push(transaction.payload);
                    Outcome::Done { height: Height::new(inner.height) }
                }
                Err(code) => {
                    inner.failed.push((transaction.payload, code.to_owned()));
                    Outcome::Failed {
                        height: Height::new(inner.height),
                        code: code.to_owned(),
                        message: code.to_owned(),
                    }
                }
            };
            inner.outcomes.insert(hash, outcome);
        }
    }

    /// Makes blocks until something is so.
    pub(crate) async fn until(&self, what: &str, so: impl Fn(&Inner) -> bool) {
        for _ in 0..2_000 {
            if so(&self.lock()) {
                return;
            }
            self.block();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let inner = self.lock();
        panic!("{what} did not happen; failed: {:?}", inner.failed);
    }

    fn answer(&self) -> Result<MutexGuard<'_, Inner>, ChainError> {
        let inner = self.lock();
        if inner.mood.away {
            return Err(ChainError::Away("nobody there".to_owned()));
        }
        Ok(inner)
    }
}

#[async_trait]
impl Chain for Script {
    async fn identity(&self) -> Result<Identity, ChainError> {
        self.answer().map(|_| identity())
    }

    async fn tip(&self) -> Result<Tip, ChainError> {
        let height = self.answer()?.height;
        Ok(Tip { height: Height::new(height), time: Timestamp::new(height * BLOCK_MS) })
    }

    async fn next(&self, height: Height) -> Result<Tip, ChainError> {
        loop {
            let tip = self.tip().await?;
            if tip.height > height {
                return Ok(tip);
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }

    async fn params(&self) -> Result<ChainParams, ChainError> {
        Ok(self.answer()?.params.clone())
    }

    async fn balance(&self, _: Address) -> Result<Amount, ChainError> {
        self.answer().map(|_| Amount::from_tokens(10_000).unwrap())
    }

    async fn worker(&self, account: Address) -> Result<Option<WorkerView>, ChainError> {
        let inner = self.answer()?;
        let worker = inner.worker.as_ref().filter(|(address, _)| *address == account);
        Ok(worker.map(|(_, worker)| worker.clone()))
    }

    async fn task(&self, number: u64) -> Result<Option<TaskView>, ChainError> {
        Ok(self.answer()?.tasks.get(&number).cloned())
    }

    async fn beacon(&self, height: Height) -> Result<Option<Hash>, ChainError> {
        let known = self.answer()?.height >= height.get();
        Ok(known.then(|| beacon(height.get())))
    }

    async fn gas_price(&self) -> Result<GasPrice, ChainError> {
        self.answer().map(|_| GasPrice::new(1))
    }

    async fn prepare(
        &self,
        sender: &PublicKey,
        payload: &Payload,
        valid_until: Height,
    ) -> Result<Transaction, ChainError> {
        let nonce = self.answer()?.nonce;
        Ok(Transaction {
            chain_id: identity().chain_id,
            sender: sender.address(),
            nonce: Nonce::new(nonce),
            gas_limit: Gas::new(1_000_000),
            gas_price: GasPrice::new(1),
            valid_until,
            memo: String::new(),
            payload: payload.clone(),
        })
    }

    async fn submit(&self, transaction: &SignedTransaction) -> Result<(), ChainError> {
        let mut inner = self.answer()?;
        if inner.mood.refuse > 0 {
            inner.mood.refuse -= 1;
            let (code, message) = ("busy".to_owned(), "refused".to_owned());
            return Err(ChainError::Refused { code, message });
        }
        if inner.mood.forget > 0 {
            inner.mood.forget -= 1;
            return Ok(());
        }
        let hash = transaction.hash();
        let known = inner.pool.iter().any(|other| other.hash() == hash)
            || matches!(
                inner.outcomes.get(&hash),
                Some(Outcome::Done { .. } | Outcome::Failed { .. })
            );
        if !known {
            inner.pool.push_back(transaction.clone());
            inner.outcomes.insert(hash, Outcome::Waiting);
        }
        if inner.mood.lose_answers > 0 {
            inner.mood.lose_answers -= 1;
            return Err(ChainError::Away("the connection broke".to_owned()));
        }
        Ok(())
    }

    async fn outcome(&self, hash: &Hash) -> Result<Outcome, ChainError> {
        Ok(self.answer()?.outcomes.get(hash).cloned().unwrap_or(Outcome::Unknown))
    }
}
