//! What a worker does next: a state machine without a clock, a disk or a network. It is told what was
//! observed, and says what to do; [`crate::run`] does it.
//!
//! ```text
//! register ─► attest ─► benchmark ─► take work ─┐      a paid task is given
//!                 ▲          ▲                  ▼          │
//!                 │          └── spot check ── compute ◄───┘
//!                 └── every 7 days               │
//!                                                ▼
//!                              commit ─► show rows ─► (reveal a plant) ─► settled
//! ```
//!
//! One transaction is on its way at a time. Which one follows from the chain's own records and not from
//! what was sent before, so a transaction that was lost is simply needed again, and one that arrived is
//! needed no more.

mod jobs;
mod messages;
#[cfg(test)]
mod tests;

use crate::{
    chain::{Identity, Outcome, Tip},
    job::JobKey,
    journal::{Found, JobRecord, Memory},
    plant::Secrets,
    views::{TaskView, WorkerView},
};
use althing_types::{
    Address, Amount, Blob, Due, GasPrice, Hash, Height, Payload,
    compute::{DeviceKind, Shape, WorkerState},
    limits::MAX_EVIDENCE_BYTES,
    params::ComputeParams,
};
use std::collections::BTreeMap;

/// What the worker wants, and what it has.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its account.
    pub worker: Address,
    /// The chain.
    pub identity: Identity,
    /// Where others reach it.
    pub endpoint: String,
    /// What it stakes, if that is more than the chain asks for, in base units.
    pub stake: Amount,
    /// The version of its software.
    pub version: String,
    /// Its devices.
    pub devices: Vec<DevicePlan>,
    /// Whether it takes work of the network, besides tasks that are paid.
    pub network_work: bool,
    /// Of these shapes alone; of all if there are none.
    pub shapes: Vec<Shape>,
    /// How long a batch should take, in seconds.
    pub batch_seconds: u64,
    /// Tasks of a device that are being computed or wait for it.
    pub queue: u32,
    /// Whether it claims what it earned of the miners' pool.
    pub claim: bool,
    /// Above this gas price nothing is sent that can wait.
    pub max_gas_price: Option<GasPrice>,
}

/// A device of the worker.
#[derive(Clone, Debug)]
pub struct DevicePlan {
    /// Its number, 0 to 15.
    pub number: u8,
    /// What it is.
    pub kind: DeviceKind,
    /// What it says about itself.
    pub evidence: Blob<MAX_EVIDENCE_BYTES>,
    /// Whether it signs reports, which are renewed while the attestation counts.
    pub signs_reports: bool,
    /// Units of work that it does in a second, as measured on this machine; at least 1.
    pub units_per_second: u64,
    /// Memory that a product may take, in bytes.
    pub memory_bytes: u64,
}

/// What the chain says now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Where it stands.
    pub tip: Tip,
    /// The parameters of compute.
    pub params: ComputeParams,
    /// From one heartbeat to the next, in milliseconds of block time.
    pub heartbeat_ms: u64,
    /// What the account can spend, in base units.
    pub balance: Amount,
    /// What a gas costs, in base units.
    pub gas_price: GasPrice,
    /// The worker; none if it is not registered.
    pub worker: Option<WorkerView>,
    /// Its tasks, and those that it still shows; those that are not here are not known any more.
    pub tasks: BTreeMap<u64, TaskView>,
    /// Randomness of the seed heights of these tasks.
    pub beacons: BTreeMap<Height, Hash>,
}

/// Something that the worker learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// What the chain says.
    Chain(Box<Observed>),
    /// A result is there.
    Computed(JobKey, Found),
    /// There is no result.
    ComputeFailed(JobKey),
    /// The files of a result are damaged, or were made by nobody.
    Lost(JobKey),
    /// What became of the transaction that was on its way. `None`: it was not even sent, and why does
    /// not matter to what is done next.
    Sent(Option<Outcome>),
    /// The operator wants to stop.
    Stop,
}

/// Something that the worker has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write down a task before it is computed.
    Remember(JobKey, Box<JobRecord>),
    /// Compute it.
    Compute(JobKey),
    /// Stop computing it.
    Cancel(JobKey),
    /// Show its rows: the worker is bound to them.
    Show(JobKey),
    /// Delete all about it.
    Forget(JobKey),
    /// Sign and send a transaction.
    Send(Message),
    /// There is nothing left to do.
    Finish(Finish),
}

/// Why the worker stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It was asked to, and its tasks are over.
    Drained,
    /// It was banned, and its tasks are over.
    Banned,
    /// It leaves, and its tasks are over.
    Left,
}

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// This one.
    Payload(Purpose, Box<Payload>),
    /// The proof that a result was planted, which is made out of its rows.
    Reveal {
        /// Which result.
        key: JobKey,
        /// The number of its secret.
        secret: u32,
        /// The number of the secret that takes its place.
        next: u32,
    },
}

impl Message {
    /// What the message is for.
    pub const fn purpose(&self) -> Purpose {
        match self {
            Self::Payload(purpose, _) => *purpose,
            Self::Reveal { .. } => Purpose::Reveal,
        }
    }
}

/// What a transaction is for; failures of one purpose do not hold up another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// To become a worker.
    Register,
    /// To change what the worker says.
    Update,
    /// To be bound to results.
    Commit,
    /// To show that a result was planted.
    Reveal,
    /// To describe a device.
    Attest(u8),
    /// To measure a device.
    Benchmark(u8),
    /// To say that the worker is well.
    Heartbeat,
    /// To take work for a device.
    Take(u8),
    /// To be paid.
    Claim,
}

/// Where a task of the worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for its device.
    Queued,
    /// It is being computed.
    Computing,
    /// There is a result that the chain does not know.
    Ready,
    /// The worker is bound to the result.
    Committed,
    /// It cannot be computed here, or its result is lost for good.
    Hopeless,
}

/// A task of the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What it is.
    pub record: JobRecord,
    /// Where it is.
    pub stage: Stage,
    /// Its result.
    pub found: Option<Found>,
    /// Times that there was no result.
    pub failures: u32,
}

/// A purpose that waits after a failure.
#[derive(Clone, Copy, Debug, Default)]
struct Hold {
    failures: u32,
    until: Height,
}

/// What became of tasks since the program began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Results that were settled.
    pub settled: u64,
    /// Tasks that ended without a payment.
    pub failed: u64,
    /// What paid tasks paid, in base units.
    pub paid: Amount,
}

/// The state machine of a worker.
#[derive(Debug)]
pub struct Machine {
    plan: Plan,
    secrets: Secrets,
    jobs: BTreeMap<JobKey, Job>,
    sending: Option<Purpose>,
    holds: BTreeMap<Purpose, Hold>,
    stopping: bool,
    /// Whether a worker that is paused begins to work again: at the start, unless its operator
    /// pauses it later.
    resume: bool,
    /// The number of the secret that the chain has, as far as it was found.
    secret: Option<(Hash, Option<u32>)>,
    /// Results in one transaction; one after another once a transaction with several failed.
    together: usize,
    tally: Tally,
    observed: Option<Box<Observed>>,
    /// What the chain says below this height does not know yet what the last transaction did.
    known_from: Height,
}

/// Whether both parts of a deadline are over.
pub(crate) fn is_reached(due: Due, tip: &Tip) -> bool {
    tip.height >= due.height && tip.time >= due.time
}

impl Machine {
    /// A worker that remembers this.
    pub fn new(plan: Plan, secrets: Secrets, memory: &Memory) -> Self {
        let job = |known: &crate::journal::Known| Job {
            record: known.job.clone(),
            stage: if known.found.is_some() { Stage::Ready } else { Stage::Queued },
            found: known.found,
            failures: 0,
        };
        Self {
            plan,
            secrets,
            jobs: memory.jobs.iter().map(|(key, known)| (*key, job(known))).collect(),
            sending: None,
            holds: BTreeMap::new(),
            stopping: false,
            resume: true,
            secret: None,
            together: althing_types::limits::MAX_COMMITMENTS,
            tally: Tally::default(),
            observed: None,
            known_from: Height::ZERO,
        }
    }

    /// The transaction that was on its way when the program ended is still on its way.
    pub fn resume_sending(&mut self, purpose: Purpose) {
        self.sending = Some(purpose);
    }

    /// Hash of the genesis of the chain.
    pub const fn genesis(&self) -> &Hash {
        &self.plan.identity.genesis
    }

    /// All tasks that are not over.
    pub const fn jobs(&self) -> &BTreeMap<JobKey, Job> {
        &self.jobs
    }

    /// What became of tasks.
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// Whether the worker stops as soon as it can.
    pub const fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// What the chain said last.
    pub fn observed(&self) -> Option<&Observed> {
        self.observed.as_deref()
    }

    /// What the worker wants, and what it has.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Takes an observation in, and says what to do.
    pub fn step(&mut self, observation: Observation) -> Vec<Action> {
        let mut actions = Vec::new();
        match observation {
            Observation::Chain(observed) => {
                self.know_secret(&observed);
                let state = observed.worker.as_ref().map(|worker| worker.state);
                self.resume &= state != Some(WorkerState::Active);
                self.follow(&observed, &mut actions);
                self.observed = Some(observed);
            }
            Observation::Computed(key, found) => self.computed(key, found),
            Observation::ComputeFailed(key) => self.compute_failed(key),
            Observation::Lost(key) => self.lost(key),
            Observation::Sent(outcome) => self.sent(outcome.as_ref()),
            Observation::Stop => self.stopping = true,
        }
        self.start_computing(&mut actions);
        self.say(&mut actions);
        self.finish(&mut actions);
        actions
    }

    /// Finds which secret the chain's commitment is of; only when it changes.
    fn know_secret(&mut self, observed: &Observed) {
        let Some(worker) = &observed.worker else { return };
        if self.secret.is_some_and(|(commitment, _)| commitment == worker.plant) {
            return;
        }
        let from = self.secret.and_then(|(_, number)| number).unwrap_or(0);
        self.secret = Some((worker.plant, self.secrets.find(&worker.plant, from)));
    }

    /// What the chain said last, if it knows what the last transaction did.
    fn current(&self) -> Option<&Observed> {
        self.observed
            .as_deref()
            .filter(|observed| self.sending.is_none() && observed.tip.height >= self.known_from)
    }

    fn sent(&mut self, outcome: Option<&Outcome>) {
        let Some(purpose) = self.sending.take() else { return };
        let height = self.observed.as_ref().map_or(Height::ZERO, |observed| observed.tip.height);
        // Whatever became of it, the state that follows is looked at first.
        self.known_from = match outcome {
            Some(Outcome::Done { height: included } | Outcome::Failed { height: included, .. }) => {
                *included
            }
            _ => height,
        };
        match outcome {
            Some(Outcome::Done { .. }) => {
                self.holds.remove(&purpose);
                self.together = althing_types::limits::MAX_COMMITMENTS;
            }
            _ => {
                let hold = self.holds.entry(purpose).or_default();
                hold.failures = hold.failures.saturating_add(1);
                // 1, 2, 4 … 64 blocks: what failed by a rule fails again until something changes.
                let pause = 1u64 << hold.failures.saturating_sub(1).min(6);
                let pause = if purpose == Purpose::Commit { pause.min(4) } else { pause };
                hold.until = Height::new(height.get().saturating_add(pause));
                if purpose == Purpose::Commit {
                    self.together = 1;
                }
            }
        }
    }

    fn finish(&self, actions: &mut Vec<Action>) {
        let Some(observed) = self.current().filter(|_| self.jobs.is_empty()) else { return };
        let state = observed.worker.as_ref().map(|worker| worker.state);
        let open = observed.worker.as_ref().is_some_and(|worker| !worker.tasks.is_empty());
        let finish = match state {
            Some(WorkerState::Banned) => Some(Finish::Banned),
            Some(WorkerState::Leaving) if !open => Some(Finish::Left),
            _ if self.stopping && !open && !self.pauses(observed) => Some(Finish::Drained),
            _ => None,
        };
        actions.extend(finish.map(Action::Finish));
    }
}
