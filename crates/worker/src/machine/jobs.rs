//! From a task of the chain to a result that the worker is bound to.

use super::{Action, Job, Machine, Observed, Stage, is_reached};
use crate::{
    job::{self, JobKey},
    journal::{Found, JobRecord},
    views::{AssignmentView, TaskView},
};
use althing_compute::memory_needed;
use althing_types::{
    Amount, Hash,
    compute::{Operands, Purpose, TaskState, draw},
};

/// Computations of one result that may fail before it is given up.
const MOST_FAILURES: u32 = 3;

impl Machine {
    /// Compares what the worker has with what the chain says.
    pub(super) fn follow(&mut self, observed: &Observed, actions: &mut Vec<Action>) {
        for (number, task) in &observed.tasks {
            let Some(assignment) = task.of(self.plan.worker).copied() else { continue };
            let key = JobKey { task: *number, attempt: task.attempt };
            if task.state.is_over() || self.jobs.contains_key(&key) {
                continue;
            }
            let Some(record) = self.record(key, task, &assignment, observed) else { continue };
            let stage = if self.fits(&record) { Stage::Queued } else { Stage::Hopeless };
            if stage == Stage::Queued {
                actions.push(Action::Remember(key, Box::new(record.clone())));
            }
            self.jobs.insert(key, Job { record, stage, found: None, failures: 0 });
        }
        let keys: Vec<JobKey> = self.jobs.keys().copied().collect();
        for key in keys {
            self.follow_job(key, observed, actions);
        }
    }

    fn follow_job(&mut self, key: JobKey, observed: &Observed, actions: &mut Vec<Action>) {
        let task = observed.tasks.get(&key.task);
        let ours =
            task.filter(|task| task.attempt == key.attempt && task.of(self.plan.worker).is_some());
        let alive = ours.is_some_and(|task| match task.state {
            TaskState::Assigned => task
                .of(self.plan.worker)
                .is_some_and(|assignment| !is_reached(assignment.deadline, &observed.tip)),
            state => !state.is_over(),
        });
        if !alive {
            self.over(key, task, observed, actions);
            return;
        }
        let (Some(task), Some(job)) = (ours, self.jobs.get_mut(&key)) else { return };
        let Some(result) = &task.result else { return };
        match job.found {
            Some(found) if found.root == result.root => {
                let before = std::mem::replace(&mut job.stage, Stage::Committed);
                actions.extend((before != Stage::Committed).then_some(Action::Show(key)));
            }
            // Bound to something that this program did not compute; nothing here can mend that.
            Some(_) => job.stage = Stage::Hopeless,
            // Bound to it by a program that lost its files: computed again, it can be shown.
            None => {}
        }
    }

    /// A task ended, for this worker.
    fn over(
        &mut self,
        key: JobKey,
        task: Option<&TaskView>,
        observed: &Observed,
        actions: &mut Vec<Action>,
    ) {
        let Some(job) = self.jobs.remove(&key) else { return };
        if job.stage == Stage::Computing {
            actions.push(Action::Cancel(key));
        }
        actions.push(Action::Forget(key));
        // A record that is not kept any more says nothing about how it ended.
        let Some(task) = task else { return };
        let settled = task.state == TaskState::Settled && task.attempt == key.attempt;
        if !settled {
            self.tally.failed += 1;
            return;
        }
        self.tally.settled += 1;
        if task.purpose == Purpose::Paid {
            let price = task.price.units().saturating_mul(task.count.into());
            let share = Amount::new(price).share(observed.params.worker_share);
            self.tally.paid = self.tally.paid.checked_add(share).unwrap_or(self.tally.paid);
        }
    }

    /// What is to be computed; `None` as long as the seed is not drawn.
    fn record(
        &mut self,
        key: JobKey,
        task: &TaskView,
        assignment: &AssignmentView,
        observed: &Observed,
    ) -> Option<JobRecord> {
        let seed = match &task.result {
            Some(result) => result.seed,
            None => {
                let beacon = observed.beacons.get(&assignment.seed_height)?;
                let attempt = draw::Attempt {
                    task: key.task,
                    attempt: key.attempt,
                    device: assignment.device,
                };
                draw::operand_seed(&self.plan.identity.genesis, &attempt, beacon)
            }
        };
        Some(JobRecord {
            device: assignment.device.device,
            purpose: task.purpose,
            shape: task.shape,
            count: task.count,
            operands: task.operands,
            source: task.source.clone(),
            seed,
            plant: self.planted(task, assignment, &seed, observed.params.plant_rate.get()),
            deadline: assignment.deadline,
        })
    }

    /// The number of the secret by which the result is to be planted. Work of the network alone is:
    /// whoever pays gets what is right.
    fn planted(
        &self,
        task: &TaskView,
        assignment: &AssignmentView,
        seed: &Hash,
        rate: u32,
    ) -> Option<u32> {
        let plantable =
            task.purpose == Purpose::Network && matches!(task.operands, Operands::Seed {});
        let number = match self.secret.filter(|_| plantable)? {
            (commitment, number) if commitment == assignment.plant => number,
            (_, number) => self.secrets.find(&assignment.plant, number.unwrap_or(0)),
        }?;
        draw::is_planted(&self.secrets.secret(number), seed, rate).then_some(number)
    }

    fn fits(&self, record: &JobRecord) -> bool {
        let device = self.plan.devices.iter().find(|device| device.number == record.device);
        let batch = job::batch(&record.shape, record.count);
        match (device, batch) {
            (Some(device), Ok(batch)) => memory_needed(batch.shape) <= device.memory_bytes,
            _ => false,
        }
    }

    pub(super) fn computed(&mut self, key: JobKey, found: Found) {
        let Some(job) = self.jobs.get_mut(&key) else { return };
        // Computed again after its files were lost: it has to be what it was.
        let same = job.found.is_none_or(|before| before == found);
        job.found = Some(found);
        job.stage = if same { Stage::Ready } else { Stage::Hopeless };
    }

    pub(super) fn compute_failed(&mut self, key: JobKey) {
        let Some(job) = self.jobs.get_mut(&key) else { return };
        job.failures = job.failures.saturating_add(1);
        job.stage = if job.failures < MOST_FAILURES { Stage::Queued } else { Stage::Hopeless };
    }

    pub(super) fn lost(&mut self, key: JobKey) {
        if let Some(job) = self.jobs.get_mut(&key)
            && job.stage != Stage::Computing
        {
            job.stage = Stage::Queued;
        }
    }

    /// Lets each device that is free compute the task that is most urgent: benchmarks first, because
    /// their time counts, then by deadline.
    pub(super) fn start_computing(&mut self, actions: &mut Vec<Action>) {
        for device in &self.plan.devices {
            let of_device = |job: &&Job| job.record.device == device.number;
            if self.jobs.values().filter(of_device).any(|job| job.stage == Stage::Computing) {
                continue;
            }
            let next = self
                .jobs
                .iter_mut()
                .filter(|(_, job)| job.record.device == device.number && job.stage == Stage::Queued)
                .min_by_key(|(key, job)| {
                    let first = job.record.purpose != Purpose::Benchmark;
                    (first, job.record.deadline.height, **key)
                });
            if let Some((key, job)) = next {
                job.stage = Stage::Computing;
                actions.push(Action::Compute(*key));
            }
        }
    }
}
