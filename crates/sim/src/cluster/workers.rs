//! Workers and their customer: what they send, what the chain makes of it, and what they earn.

use super::World;
use crate::{
    audit::Violation,
    plan::{Craft, Expect, Scenario},
    work::Work,
};
use althing_ledger::compute::{Device, Task, Worker, query};
use althing_types::{
    Address, Amount, Blob, Event, List, Payload, ValidatorKey,
    compute::{
        DeviceId, Operands, ProductKind, Purpose, RejectReason, Shape, TaskState, WorkerState,
    },
    message::{
        Attest, ClaimRewards, CommitResults, Commitment, CreateTask, RegisterWorker,
        RequestBenchmark, TakeWork, WorkerHeartbeat,
    },
};
use std::collections::BTreeMap;

/// The smallest product that has a price.
const SHAPE: Shape = Shape { kind: ProductKind::Int8, m: 256, n: 256, k: 256 };
/// What the customer pays for a product, in tokens.
const PRICE: u64 = 1;
/// What a worker stakes, in tokens.
const STAKE: u64 = 1_000;
/// The only device of each worker.
const DEVICE: u8 = 0;

/// What a worker did, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labour {
    /// How it computes.
    pub craft: Craft,
    /// Results that were paid or credited, benchmarks included.
    pub settled: usize,
    /// Results that were proven wrong.
    pub wrong: usize,
    /// Results that two committees did not get.
    pub withheld: usize,
    /// Attempts that ended for other reasons.
    pub other: usize,
    /// What customers paid it.
    pub paid: Amount,
    /// What it got out of the miners' pool.
    pub claimed: Amount,
    /// Stake that it lost.
    pub lost: Amount,
}

/// An attempt at a task.
#[derive(Clone, Copy)]
struct Job {
    worker: usize,
    purpose: Purpose,
    committed: bool,
    /// Why it was rejected, or nothing if it was settled.
    end: Option<Option<RejectReason>>,
}

/// All workers.
pub(super) struct Workers {
    labour: Vec<Labour>,
    /// Batches that each is to take.
    wanted: Vec<usize>,
    banned: Vec<bool>,
    /// Results by task and attempt.
    done: BTreeMap<(u64, u32), Work>,
    jobs: BTreeMap<(u64, u32), Job>,
    purposes: BTreeMap<u64, Purpose>,
    ordered: usize,
    served: usize,
    refunded: usize,
    /// Blocks whose events were looked at.
    looked: usize,
}

impl Workers {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let crafts = scenario.workers.iter();
        let labour = crafts.map(|craft| Labour {
            craft: *craft,
            settled: 0,
            wrong: 0,
            withheld: 0,
            other: 0,
            paid: Amount::ZERO,
            claimed: Amount::ZERO,
            lost: Amount::ZERO,
        });
        Self {
            labour: labour.collect(),
            wanted: vec![0; scenario.workers.len()],
            banned: vec![false; scenario.workers.len()],
            done: BTreeMap::new(),
            jobs: BTreeMap::new(),
            purposes: BTreeMap::new(),
            ordered: 0,
            served: 0,
            refunded: 0,
            looked: 0,
        }
    }

    /// What workers did and earned.
    pub(super) fn labour(&self) -> Vec<Labour> {
        self.labour.clone()
    }

    /// A worker is to take one more batch.
    pub(super) fn hand_out(&mut self, worker: usize) {
        self.wanted[worker] += 1;
    }

    /// How often a worker took work of the network.
    fn taken(&self, worker: usize) -> usize {
        let own = self.jobs.values().filter(|job| job.worker == worker);
        own.filter(|job| job.purpose == Purpose::Network).count()
    }

    /// Whether a worker computes this rightly.
    fn computes_rightly(&self, worker: usize, purpose: Purpose) -> bool {
        self.labour[worker].craft != Craft::Wrong || purpose == Purpose::Benchmark
    }

    /// The result of a task, if its worker shows it.
    pub(super) fn shown(&self, number: u64, task: &Task) -> Option<&Work> {
        let job = self.jobs.get(&(number, task.attempt))?;
        let shows = self.labour[job.worker].craft != Craft::Withholding;
        let shows = shows || job.purpose == Purpose::Benchmark;
        self.done.get(&(number, task.attempt)).filter(|_| shows)
    }

    /// Whether the result of a task is right and its worker shows it.
    pub(super) fn is_right(&self, number: u64, task: &Task) -> bool {
        let job = self.jobs.get(&(number, task.attempt));
        let right = job.is_some_and(|job| self.computes_rightly(job.worker, job.purpose));
        right && self.shown(number, task).is_some()
    }

    /// Something that is not over, in words.
    pub(super) fn open(&self) -> Option<String> {
        let over = self.served + self.refunded;
        if over < self.ordered {
            return Some(format!("{} of {} orders", self.ordered - over, self.ordered));
        }
        if let Some(((task, attempt), _)) = self.jobs.iter().find(|(_, job)| job.end.is_none()) {
            return Some(format!("attempt {attempt} at task {task}"));
        }
        let waits =
            |worker: &usize| !self.banned[*worker] && self.taken(*worker) < self.wanted[*worker];
        if let Some(worker) = (0..self.labour.len()).find(waits) {
            return Some(format!("work for worker {worker}"));
        }
        let credited = |(_, job): (&(u64, u32), &Job)| {
            let earned = job.purpose == Purpose::Network && job.end == Some(None);
            let unclaimed = self.labour[job.worker].claimed.is_zero();
            (earned && unclaimed).then_some(job.worker)
        };
        let claims = self.jobs.iter().find_map(credited);
        claims.map(|worker| format!("what worker {worker} can claim"))
    }

    /// Whether what must have come of workers has.
    pub(super) fn meets(&self, expect: Expect) -> bool {
        let jobs = |worker: usize| self.jobs.values().filter(move |job| job.worker == worker);
        let bad = |worker: usize, reason: RejectReason| {
            let mut real = jobs(worker).filter(|job| job.purpose != Purpose::Benchmark);
            let some = real.clone().next().is_some();
            some && real.all(|job| job.committed && job.end == Some(Some(reason)))
        };
        match expect {
            Expect::Earned(worker) => {
                let Labour { settled, claimed, .. } = self.labour[worker];
                let all = jobs(worker).all(|job| job.committed && job.end == Some(None));
                all && settled > 1 && !claimed.is_zero()
            }
            Expect::Exposed(worker) => {
                bad(worker, RejectReason::Wrong) && !self.labour[worker].lost.is_zero()
            }
            Expect::Withheld(worker) => bad(worker, RejectReason::Withheld),
            Expect::Served(least) => self.served >= least,
            _ => false,
        }
    }

    /// Takes note of an event.
    fn learn(&mut self, event: &Event, worker_of: impl Fn(&Address) -> Option<usize>) {
        match event {
            Event::TaskCreated { task, purpose, .. } => {
                self.purposes.insert(*task, *purpose);
                self.ordered += usize::from(*purpose == Purpose::Paid);
            }
            Event::TaskAssigned { task, attempt, worker, .. } => {
                if let (Some(worker), Some(purpose)) = (worker_of(worker), self.purposes.get(task))
                {
                    let job = Job { worker, purpose: *purpose, committed: false, end: None };
                    self.jobs.insert((*task, *attempt), job);
                }
            }
            Event::TaskCommitted { task, attempt, .. } => {
                if let Some(job) = self.jobs.get_mut(&(*task, *attempt)) {
                    job.committed = true;
                }
            }
            Event::TaskSettled { task, payment, purpose, .. } => {
                self.served += usize::from(*purpose == Purpose::Paid);
                let mut attempts = self.jobs.range_mut((*task, 0)..=(*task, u32::MAX));
                let Some((_, job)) = attempts.next_back() else { return };
                job.end = Some(None);
                let labour = &mut self.labour[job.worker];
                labour.settled += 1;
                labour.paid = sum(labour.paid, payment.worker);
            }
            Event::TaskRejected { task, attempt, reason, .. } => {
                let Some(job) = self.jobs.get_mut(&(*task, *attempt)) else { return };
                job.end = Some(Some(*reason));
                let labour = &mut self.labour[job.worker];
                let counter = match reason {
                    RejectReason::Wrong => &mut labour.wrong,
                    RejectReason::Withheld => &mut labour.withheld,
                    RejectReason::Unverified | RejectReason::Late => &mut labour.other,
                };
                *counter += 1;
            }
            Event::TaskRefunded { .. } => self.refunded += 1,
            Event::WorkerSlashed { worker, amount, .. } => {
                if let Some(worker) = worker_of(worker) {
                    self.labour[worker].lost = sum(self.labour[worker].lost, *amount);
                }
            }
            Event::RewardsClaimed { worker, amount, .. } => {
                if let Some(worker) = worker_of(worker) {
                    self.labour[worker].claimed = sum(self.labour[worker].claimed, *amount);
                }
            }
            Event::WorkerLeaving { worker, state: WorkerState::Banned, .. } => {
                if let Some(worker) = worker_of(worker) {
                    self.banned[worker] = true;
                }
            }
            _ => {}
        }
    }
}

fn sum(one: Amount, other: Amount) -> Amount {
    one.checked_add(other).unwrap_or(Amount::MAX)
}

impl World<'_> {
    /// Workers look at the chain, and do what is next.
    pub(super) fn work(&mut self) {
        if self.scenario.workers.is_empty() || self.auditor.height() == 0 {
            return;
        }
        self.note_labour();
        for worker in 0..self.scenario.workers.len() {
            if self.is_idle(worker) {
                self.step(worker);
            }
        }
    }

    /// The customer orders a batch.
    pub(super) fn order_task(&mut self) {
        let order = CreateTask {
            shape: SHAPE,
            count: 2,
            price: Amount::from_tokens(PRICE).unwrap_or(Amount::ZERO),
            operands: Operands::Seed {},
            source: Default::default(),
        };
        self.instruct(self.scenario.workers.len(), Payload::CreateTask(order));
    }

    /// Takes note of new blocks. No honest validator is found to have called something right that it
    /// had not looked at, or to have disputed what is right.
    fn note_labour(&mut self) {
        let setup = &self.shared.setup;
        let worker_of =
            |address: &Address| setup.actors.iter().position(|key| key.address() == *address);
        let honest = |key: &ValidatorKey| {
            let mut all = 0..setup.validators.len();
            let index = all.find(|index| setup.key(*index) == *key);
            index.filter(|index| !self.scenario.byzantine.contains_key(index))
        };
        let mut accused = Vec::new();
        for block in &self.auditor.blocks()[self.workers.looked..] {
            for event in block.receipts.iter().flat_map(|receipt| &receipt.events) {
                if let Event::CheckerFaulted { task, validator } = event
                    && let Some(index) = honest(validator)
                {
                    accused.push(format!("v{index} called task {task} right without a look"));
                }
                if let Event::DisputeFailed { task, sender, .. } = event {
                    accused.push(format!("{sender} disputed the right result of task {task}"));
                }
                self.workers.learn(event, worker_of);
            }
        }
        self.workers.looked = self.auditor.blocks().len();
        accused.into_iter().for_each(|text| self.auditor.report(Violation::Accused(text)));
    }

    /// What a worker does next, if there is anything.
    fn step(&mut self, worker: usize) {
        let address = self.actor(worker);
        let replay = self.auditor.replay();
        let Some(record) = replay.record(query::worker_key(address), query::decode_worker) else {
            return self.instruct(worker, register(worker));
        };
        // Also who is banned carries what it has through.
        if let Some(commitment) = self.commitment(worker, &record) {
            let results = List::new(vec![commitment]).unwrap_or_default();
            return self.instruct(worker, Payload::CommitResults(CommitResults { results }));
        }
        if record.state != WorkerState::Active {
            return;
        }
        let replay = self.auditor.replay();
        let id = DeviceId { worker: address, device: DEVICE };
        let Some(device) = replay.record(query::device_key(id), query::decode_device) else {
            let evidence = Blob::new(evidence(worker)).unwrap_or_default();
            return self.instruct(worker, Payload::Attest(Attest { device: DEVICE, evidence }));
        };
        if self.heartbeat_is_due(&address) {
            let version = "simulated".parse().unwrap_or_default();
            let beat = WorkerHeartbeat { version };
            return self.attempt(worker, Payload::WorkerHeartbeat(beat));
        }
        if device.benchmark.is_none() && (!device.passed || device.must_measure) {
            let benchmark = RequestBenchmark { device: DEVICE };
            return self.attempt(worker, Payload::RequestBenchmark(benchmark));
        }
        if self.can_claim(&address) {
            return self.attempt(worker, Payload::ClaimRewards(ClaimRewards { worker: address }));
        }
        if self.may_take(worker, &device) {
            let take = TakeWork { device: DEVICE, shape: SHAPE, count: 1 };
            self.attempt(worker, Payload::TakeWork(take));
        }
    }

    /// The next result of a worker whose seed is known.
    fn commitment(&mut self, worker: usize, record: &Worker) -> Option<Commitment> {
        let replay = self.auditor.replay();
        let assigned = |number: &u64| {
            let task = replay.record(query::task_key(*number), query::decode_task)?;
            (task.state == TaskState::Assigned).then_some((*number, task))
        };
        for (number, task) in record.tasks.iter().filter_map(assigned).collect::<Vec<_>>() {
            let device = task.assignment?.device;
            let height = task.assignment?.seed_height;
            let Some(beacon) = self.auditor.draws().value(height) else { continue };
            let attempt = query::Attempt { task: number, attempt: task.attempt, device };
            let genesis = self.shared.setup.genesis.hash();
            let seed = query::operand_seed(&genesis, &attempt, &beacon);
            let is_right = self.workers.computes_rightly(worker, task.purpose);
            let work = Work::compute(&task.shape, task.count, &seed, is_right)?;
            let (root, digest) = (work.root(), Some(work.digest()));
            self.workers.done.insert((number, task.attempt), work);
            return Some(Commitment { task: number, root, digest });
        }
        None
    }

    fn heartbeat_is_due(&self, worker: &Address) -> bool {
        let Some(tip) = self.auditor.blocks().last() else { return false };
        let interval = self.scenario.rules.heartbeat_ms.max(1);
        let replay = self.auditor.replay();
        let beats = replay.record(query::beats_key(*worker), query::decode_beats);
        let last = beats.and_then(|beats| beats.last).map(|last| last.get() / interval);
        last < Some(tip.block.header.timestamp.get() / interval)
    }

    /// Whether a worker has earned something in an epoch that is over.
    fn can_claim(&self, worker: &Address) -> bool {
        let replay = self.auditor.replay();
        let credits = replay.record(query::credits_key(*worker), query::decode_credits);
        let running = (self.auditor.height() + 1) / self.scenario.rules.epoch_length;
        credits.is_some_and(|credits| credits.iter().any(|credit| credit.epoch.get() < running))
    }

    /// Whether a worker is to take work of the network, and can.
    fn may_take(&self, worker: usize, device: &Device) -> bool {
        let most = self.shared.setup.genesis.params.compute.max_open_per_device;
        let free = device.passed && !device.must_measure && u64::from(device.open) < most;
        free && self.workers.taken(worker) < self.workers.wanted[worker]
    }
}

fn register(worker: usize) -> Payload {
    let secret = althing_types::hash::sha256(&[b"althing/sim/plant", &worker.to_be_bytes()]);
    Payload::RegisterWorker(RegisterWorker {
        endpoint: format!("https://worker-{worker}.example").parse().unwrap_or_default(),
        stake: Amount::from_tokens(STAKE).unwrap_or(Amount::ZERO),
        plant: query::plant_commitment(&secret),
    })
}

/// Evidence of a processor, which is one of several.
fn evidence(worker: usize) -> Vec<u8> {
    let device = format!(
        r#"{{"kind":"cpu","index":{worker},"model":"Simulated Processor","memory_bytes":34359738368,"cores":64,"compute_capability":null,"driver_version":null,"cuda_version":null,"uuid":null,"pci":null,"multi_instance":null,"confidential_computing":null,"features":["avx2"]}}"#
    );
    format!(r#"{{"version":1,"device":{device},"driver":null,"host_pci":[]}}"#).into_bytes()
}
