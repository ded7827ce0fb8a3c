//! Which transaction is sent next.

use super::{Action, DevicePlan, Job, Machine, Message, Observed, Purpose, Stage, is_reached};
use crate::{
    job::{self, JobKey},
    views::{DeviceView, WorkerView},
};
use althing_compute::memory_needed;
use althing_types::{
    Amount, Due, Height, List, Payload, Text, Timestamp,
    compute::{
        DeviceKind, Purpose as TaskPurpose, Shape, TaskState, WorkerState, draw::plant_commitment,
    },
    hash::sha256,
    limits::MAX_BATCH,
    message::{
        Attest, ClaimRewards, CommitResults, Commitment, RegisterWorker, RequestBenchmark,
        TakeWork, UpdateWorker, WorkerHeartbeat,
    },
};

/// Base units that stay for fees when the stake is paid.
const FEE_GAS: u64 = 2_000_000;
/// A benchmark is repeated when so much of its time is left, in milliseconds: an hour, so that the
/// device never stands idle.
const RENEW_MS: u64 = 3_600_000;
/// Fewest blocks from one report of a device to the next.
const REPORT_BLOCKS: u64 = 64;
/// No claim is sent for less than so many times its fee.
const CLAIM_GAS: u64 = 1_000_000;

fn payload(purpose: Purpose, payload: Payload) -> Message {
    Message::Payload(purpose, Box::new(payload))
}

impl Machine {
    /// Sends the most urgent message, if none is on its way.
    pub(super) fn say(&mut self, actions: &mut Vec<Action>) {
        let Some(observed) = self.current() else { return };
        if let Some(message) = self.next_message(observed) {
            self.sending = Some(message.purpose());
            actions.push(Action::Send(message));
        }
    }

    fn next_message(&self, observed: &Observed) -> Option<Message> {
        let worker = match &observed.worker {
            Some(worker) if worker.state != WorkerState::Left => worker,
            _ => return self.register(observed),
        };
        self.reveal(observed, worker)
            .or_else(|| self.commit(observed))
            .or_else(|| self.update(observed, worker))
            .or_else(|| self.routine(observed, worker))
    }

    /// What can wait for a cheaper moment.
    fn routine(&self, observed: &Observed, worker: &WorkerView) -> Option<Message> {
        if self.plan.max_gas_price.is_some_and(|most| observed.gas_price > most) {
            return None;
        }
        let works = worker.state == WorkerState::Active && !self.stopping;
        let devices = || self.plan.devices.iter().filter(move |_| works);
        devices()
            .find_map(|device| self.attest(observed, worker, device))
            .or_else(|| self.heartbeat(observed, worker).filter(|_| works))
            .or_else(|| devices().find_map(|device| self.benchmark(observed, worker, device)))
            .or_else(|| devices().find_map(|device| self.take(observed, worker, device)))
            .or_else(|| self.claim(observed, worker))
    }

    fn may(&self, purpose: Purpose, observed: &Observed) -> bool {
        self.holds.get(&purpose).is_none_or(|hold| observed.tip.height >= hold.until)
    }

    fn register(&self, observed: &Observed) -> Option<Message> {
        let stake = self.plan.stake.max(observed.params.min_stake);
        let fee = observed.gas_price.cost(althing_types::Gas::new(FEE_GAS));
        let needed = stake.checked_add(fee).unwrap_or(Amount::MAX);
        if self.stopping || observed.balance < needed || !self.may(Purpose::Register, observed) {
            return None;
        }
        let endpoint = Text::new(self.plan.endpoint.clone()).ok()?;
        let number = self.secret.and_then(|(_, number)| number).unwrap_or(0);
        let plant = plant_commitment(&self.secrets.secret(number));
        let message = RegisterWorker { endpoint, stake, plant };
        Some(payload(Purpose::Register, Payload::RegisterWorker(message)))
    }

    /// Whether the worker has to tell the chain that it takes no more work.
    pub(super) fn pauses(&self, observed: &Observed) -> bool {
        let state = observed.worker.as_ref().map(|worker| worker.state);
        self.stopping && state == Some(WorkerState::Active)
    }

    fn update(&self, observed: &Observed, worker: &WorkerView) -> Option<Message> {
        if matches!(worker.state, WorkerState::Leaving | WorkerState::Banned)
            || !self.may(Purpose::Update, observed)
        {
            return None;
        }
        let mut message = UpdateWorker::default();
        if self.pauses(observed) {
            message.paused = Some(true);
        } else if self.resume && !self.stopping && worker.state == WorkerState::Paused {
            message.paused = Some(false);
        }
        if !self.stopping && worker.endpoint != self.plan.endpoint {
            message.endpoint = Text::new(self.plan.endpoint.clone()).ok();
        }
        if !self.stopping && matches!(self.secret, Some((_, None))) {
            message.plant = Some(plant_commitment(&self.secrets.secret(0)));
        }
        let stake = self.plan.stake.max(observed.params.min_stake);
        if !self.stopping && worker.stake < observed.params.min_stake {
            let missing = stake.checked_sub(worker.stake).unwrap_or_default();
            message.add_stake = Some(missing).filter(|missing| observed.balance > *missing);
        }
        let empty = message == UpdateWorker::default();
        (!empty).then(|| payload(Purpose::Update, Payload::UpdateWorker(message)))
    }

    /// Results that are ready, the most urgent first.
    fn commit(&self, observed: &Observed) -> Option<Message> {
        if !self.may(Purpose::Commit, observed) {
            return None;
        }
        let mut ready: Vec<(Height, &JobKey, &Job)> = self
            .jobs
            .iter()
            .filter(|(key, job)| job.stage == Stage::Ready && self.is_open(**key, observed))
            .map(|(key, job)| (job.record.deadline.height, key, job))
            .collect();
        ready.sort_by_key(|(height, key, _)| (*height, **key));
        let mut results: Vec<Commitment> = ready
            .into_iter()
            .take(self.together)
            .filter_map(|(_, key, job)| {
                let found = job.found?;
                let needed = job.record.purpose == TaskPurpose::Benchmark;
                let digest = needed.then_some(found.digest);
                Some(Commitment { task: key.task, root: found.root, digest })
            })
            .collect();
        results.sort_by_key(|result| result.task);
        let results = List::new(results).filter(|results| !results.is_empty())?;
        Some(payload(Purpose::Commit, Payload::CommitResults(CommitResults { results })))
    }

    /// Whether the chain still waits for the result.
    fn is_open(&self, key: JobKey, observed: &Observed) -> bool {
        observed.tasks.get(&key.task).is_some_and(|task| {
            let assignment = task.of(self.plan.worker);
            task.attempt == key.attempt
                && task.state == TaskState::Assigned
                && assignment.is_some_and(|assignment| {
                    !is_reached(assignment.deadline, &observed.tip)
                        && observed.tip.height >= assignment.seed_height
                })
        })
    }

    /// The proof that a wrong result was planted, once the committee has judged it.
    fn reveal(&self, observed: &Observed, worker: &WorkerView) -> Option<Message> {
        if !self.may(Purpose::Reveal, observed) {
            return None;
        }
        let decided = |key: &JobKey| {
            observed.tasks.get(&key.task).is_some_and(|task| {
                let state = matches!(task.state, TaskState::Accepted | TaskState::Disproved);
                task.attempt == key.attempt && state
            })
        };
        let (key, secret) = self.jobs.iter().find_map(|(key, job)| {
            let shown = job.stage == Stage::Committed && decided(key);
            Some((*key, job.record.plant.filter(|_| shown)?))
        })?;
        // The secret that is shown is used up; the one after the newest takes its place.
        let current = self.secret.filter(|(plant, _)| *plant == worker.plant);
        let newest = current.and_then(|(_, number)| number).unwrap_or(secret).max(secret);
        Some(Message::Reveal { key, secret, next: newest.saturating_add(1) })
    }

    fn attest(
        &self,
        observed: &Observed,
        worker: &WorkerView,
        device: &DevicePlan,
    ) -> Option<Message> {
        let purpose = Purpose::Attest(device.number);
        let digest = sha256(&[&device.evidence]);
        let known = worker.device(device.number);
        // A report counts as long as a benchmark does: a new one comes before the next of these.
        let renews = |known: &DeviceView| {
            device.signs_reports
                && known.measured.is_some_and(|last| is_old(last.expires, observed))
                && observed.tip.height.get() >= known.attested.saturating_add(REPORT_BLOCKS)
        };
        let is_known = known.is_some_and(|known| known.evidence == digest && !renews(known));
        if is_known || !self.may(purpose, observed) {
            return None;
        }
        let message = Attest { device: device.number, evidence: device.evidence.clone() };
        Some(payload(purpose, Payload::Attest(message)))
    }

    fn heartbeat(&self, observed: &Observed, worker: &WorkerView) -> Option<Message> {
        let slot = |time: Timestamp| time.get().checked_div(observed.heartbeat_ms);
        let heard = worker.heard.and_then(slot);
        if heard >= slot(observed.tip.time) || !self.may(Purpose::Heartbeat, observed) {
            return None;
        }
        let version = Text::new(self.plan.version.clone()).ok()?;
        let message = WorkerHeartbeat { version };
        Some(payload(Purpose::Heartbeat, Payload::WorkerHeartbeat(message)))
    }

    /// Tasks of a device that it has not computed yet.
    fn waiting(&self, device: u8) -> usize {
        let waits = |job: &&Job| {
            job.record.device == device && matches!(job.stage, Stage::Queued | Stage::Computing)
        };
        self.jobs.values().filter(waits).count()
    }

    /// Tasks of the worker whose seeds are not drawn yet, so that they are no jobs yet.
    fn undrawn(&self, observed: &Observed, device: u8) -> usize {
        let undrawn = observed.tasks.iter().filter(|(number, task)| {
            let key = JobKey { task: **number, attempt: task.attempt };
            task.state == TaskState::Assigned
                && !self.jobs.contains_key(&key)
                && task
                    .of(self.plan.worker)
                    .is_some_and(|assignment| assignment.device.device == device)
        });
        undrawn.count()
    }

    /// A benchmark, if the device needs one and nothing else keeps it busy.
    fn benchmark(
        &self,
        observed: &Observed,
        worker: &WorkerView,
        device: &DevicePlan,
    ) -> Option<Message> {
        let known = worker.device(device.number)?;
        let purpose = Purpose::Benchmark(device.number);
        let idle = self.waiting(device.number) == 0 && self.undrawn(observed, device.number) == 0;
        let due =
            known.must_measure || known.measured.is_none_or(|last| is_old(last.expires, observed));
        if known.benchmark.is_some() || !due || !idle || !self.may(purpose, observed) {
            return None;
        }
        let message = RequestBenchmark { device: device.number };
        Some(payload(purpose, Payload::RequestBenchmark(message)))
    }

    fn take(
        &self,
        observed: &Observed,
        worker: &WorkerView,
        device: &DevicePlan,
    ) -> Option<Message> {
        let known = worker.device(device.number)?;
        let purpose = Purpose::Take(device.number);
        if !self.plan.network_work || !is_eligible(known, observed) || !self.may(purpose, observed)
        {
            return None;
        }
        let queued = self.waiting(device.number) + self.undrawn(observed, device.number);
        if queued >= self.plan.queue.max(1) as usize {
            return None;
        }
        let (shape, count) = self.choose(observed, device)?;
        let message = TakeWork { device: device.number, shape, count };
        Some(payload(purpose, Payload::TakeWork(message)))
    }

    /// The shape that earns most in the time that a batch should take, and how many products fit in.
    fn choose(&self, observed: &Observed, device: &DevicePlan) -> Option<(Shape, u32)> {
        let params = &observed.params;
        let most_units = device
            .units_per_second
            .max(1)
            .saturating_mul(self.plan.batch_seconds.max(1))
            .min(params.max_units);
        let legal = |shape: &Shape, cpu: bool| {
            let wanted = self.plan.shapes.is_empty() || self.plan.shapes.contains(shape);
            let fits =
                job::shape(shape).is_ok_and(|shape| memory_needed(shape) <= device.memory_bytes);
            wanted && fits && (cpu || device.kind == DeviceKind::Gpu)
        };
        params
            .prices
            .iter()
            .filter(|price| legal(&price.shape, price.cpu) && price.shape.units() <= most_units)
            .map(|price| {
                let units = price.shape.units();
                let count = (most_units / units.max(1)).clamp(1, MAX_BATCH.into()) as u32;
                let credit =
                    u128::from(units * u64::from(count)) * u128::from(price.difficulty_ppm);
                (credit, price.shape, count)
            })
            .max_by_key(|(credit, shape, _)| (*credit, shape.units()))
            .map(|(_, shape, count)| (shape, count))
    }

    fn claim(&self, observed: &Observed, worker: &WorkerView) -> Option<Message> {
        let least = observed.gas_price.cost(althing_types::Gas::new(CLAIM_GAS));
        let worth = worker.claimable.is_some_and(|amount| amount > least);
        if !self.plan.claim || !worth || !self.may(Purpose::Claim, observed) {
            return None;
        }
        let message = ClaimRewards { worker: self.plan.worker };
        Some(payload(Purpose::Claim, Payload::ClaimRewards(message)))
    }
}

/// Whether a benchmark counts no more, or soon no more.
fn is_old(expires: Due, observed: &Observed) -> bool {
    let soon = Timestamp::new(observed.tip.time.get().saturating_add(RENEW_MS));
    is_reached(expires, &crate::chain::Tip { time: soon, ..observed.tip })
}

/// Whether the chain gives the device work.
fn is_eligible(known: &DeviceView, observed: &Observed) -> bool {
    known.passed
        && !is_reached(known.expires, &observed.tip)
        && !known.must_measure
        && known.benchmark.is_none()
        && u64::from(known.open) < observed.params.max_open_per_device
}
