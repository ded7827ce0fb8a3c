//! Counters of workers and tasks, from the events of finalized blocks and from the sums of the state.

use althing_ledger::compute::Compute as Sums;
use althing_types::{
    Event, Timestamp,
    compute::{DeviceKind, RefundReason, RejectReason, TaskState, Verdict},
};
use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

type By = [(&'static str, &'static str); 1];

/// Results whose verification is timed at most: as many as may await votes.
const TIMED: usize = 1_024;

/// Counters of compute.
pub(super) struct Compute {
    /// When results that are not decided were committed, in milliseconds.
    committed: Mutex<BTreeMap<u64, u64>>,
    tasks: Family<By, Counter>,
    rejected: Family<By, Counter>,
    votes: Family<By, Counter>,
    workers: Gauge,
    devices: Family<By, Gauge>,
    work: Counter,
    wrong: Counter,
    planted: Counter,
    faults: Counter,
    disputes: Counter,
    flagged: Counter,
    verification: Histogram,
}

impl Default for Compute {
    fn default() -> Self {
        // From two seconds to an hour.
        let bounds =
            [2.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 120.0, 300.0, 900.0, 3_600.0];
        let compute = Self {
            committed: Mutex::default(),
            tasks: Family::default(),
            rejected: Family::default(),
            votes: Family::default(),
            workers: Gauge::default(),
            devices: Family::default(),
            work: Counter::default(),
            wrong: Counter::default(),
            planted: Counter::default(),
            faults: Counter::default(),
            disputes: Counter::default(),
            flagged: Counter::default(),
            verification: Histogram::new(bounds),
        };
        for state in TaskState::ALL {
            let _ = compute.tasks.get_or_create(&[("state", state.name())]);
        }
        for reason in RejectReason::ALL {
            let _ = compute.rejected.get_or_create(&[("reason", reason.name())]);
        }
        for verdict in Verdict::ALL {
            let _ = compute.votes.get_or_create(&[("verdict", verdict.name())]);
        }
        for kind in DeviceKind::ALL {
            let _ = compute.devices.get_or_create(&[("kind", kind.name())]);
        }
        compute
    }
}

impl Compute {
    pub(super) fn register(&self, registry: &mut Registry) {
        let mut family = |name: &str, help: &str, family: &Family<By, Counter>| {
            registry.register(name, help, family.clone());
        };
        family("compute_tasks", "Tasks that came to a state, by state", &self.tasks);
        family(
            "compute_attempts_rejected",
            "Attempts that ended without a payment, by reason",
            &self.rejected,
        );
        family("compute_votes", "Votes of committees, by verdict", &self.votes);
        let mut counter = |name: &str, help: &str, counter: &Counter| {
            registry.register(name, help, counter.clone());
        };
        counter("compute_work_units", "Units of work that were settled", &self.work);
        counter("compute_results_wrong", "Results that cost their workers stake", &self.wrong);
        counter("compute_results_planted", "Results that were shown to be planted", &self.planted);
        counter("compute_checker_faults", "Wrong rows that validators called right", &self.faults);
        counter("compute_disputes_failed", "Disputes of results that are right", &self.disputes);
        counter(
            "compute_devices_flagged",
            "Scores of devices whose speed differs from the last time",
            &self.flagged,
        );
        registry.register("compute_workers", "Workers that have not left", self.workers.clone());
        registry.register(
            "compute_devices",
            "Devices that may work, by kind",
            self.devices.clone(),
        );
        registry.register(
            "compute_verification_seconds",
            "From the commitment to a result to its acceptance, in block time",
            self.verification.clone(),
        );
    }

    /// What a block left.
    pub(super) fn sums(&self, sums: &Sums) {
        self.workers.set(sums.workers.into());
        for (kind, count) in [(DeviceKind::Gpu, sums.gpus), (DeviceKind::Cpu, sums.cpus)] {
            self.devices.get_or_create(&[("kind", kind.name())]).set(count.into());
        }
    }

    /// What a finalized block of this time says.
    pub(super) fn events<'a>(&self, now: Timestamp, events: impl Iterator<Item = &'a Event>) {
        for event in events {
            self.task(now, event);
            self.count(event);
        }
    }

    fn came(&self, state: TaskState) {
        self.tasks.get_or_create(&[("state", state.name())]).inc();
    }

    /// Steps of tasks.
    fn task(&self, now: Timestamp, event: &Event) {
        match event {
            Event::TaskCreated { .. } => self.came(TaskState::Open),
            Event::TaskAssigned { .. } => self.came(TaskState::Assigned),
            Event::TaskCommitted { task, .. } => {
                self.came(TaskState::Committed);
                let mut committed = self.committed.lock().unwrap_or_else(PoisonError::into_inner);
                if committed.len() >= TIMED {
                    committed.pop_first();
                }
                committed.insert(*task, now.get());
            }
            Event::TaskChallenged { round: 0, .. } => self.came(TaskState::Challenged),
            Event::TaskAccepted { task, .. } => {
                self.came(TaskState::Accepted);
                if let Some(then) = self.decided(*task) {
                    self.verification.observe(now.get().saturating_sub(then) as f64 / 1_000.0);
                }
            }
            Event::ResultDisproved { .. } => self.came(TaskState::Disproved),
            Event::TaskSettled { .. } => self.came(TaskState::Settled),
            Event::TaskRejected { task, reason, .. } => {
                self.rejected.get_or_create(&[("reason", reason.name())]).inc();
                let _ = self.decided(*task);
            }
            Event::TaskRefunded { reason, .. } => self.came(match reason {
                RefundReason::Cancelled => TaskState::Cancelled,
                RefundReason::NoWorker | RefundReason::Attempts => TaskState::Failed,
            }),
            _ => {}
        }
    }

    /// When the result was committed, if nothing was decided about it yet.
    fn decided(&self, task: u64) -> Option<u64> {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner).remove(&task)
    }

    /// What else is counted.
    fn count(&self, event: &Event) {
        match event {
            Event::TaskSettled { factors: Some(factors), .. } => {
                self.work.inc_by(factors.units.saturating_mul(factors.count.into()));
            }
            Event::ResultVoted { verdict, .. } => {
                self.votes.get_or_create(&[("verdict", verdict.name())]).inc();
            }
            Event::WorkerSlashed { .. } => _ = self.wrong.inc(),
            Event::PlantRevealed { .. } => _ = self.planted.inc(),
            Event::CheckerFaulted { .. } => _ = self.faults.inc(),
            Event::DisputeFailed { .. } => _ = self.disputes.inc(),
            Event::DeviceAttested { flagged: true, .. } => _ = self.flagged.inc(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{Address, compute::ProductKind, compute::Shape, hash::zero};
    use prometheus_client::encoding::text;

    fn shown(compute: &Compute) -> String {
        let mut registry = Registry::default();
        compute.register(&mut registry);
        let mut out = String::new();
        text::encode(&mut out, &registry).unwrap();
        out
    }

    #[test]
    fn a_result_is_timed_from_its_commitment_to_its_acceptance() {
        let compute = Compute::default();
        let (worker, root) = (Address::new([1; 20]), zero());
        let committed = Event::TaskCommitted { task: 7, attempt: 1, worker, root, digest: None };
        let shape = Shape::square(ProductKind::Int8, 256);
        let accepted = Event::TaskAccepted { task: 7, attempt: 1, worker, device: 0, shape, root };
        compute.events(Timestamp::new(1_000), [&committed].into_iter());
        compute.events(Timestamp::new(7_500), [&accepted, &accepted].into_iter());
        let text = shown(&compute);
        assert!(text.contains("compute_verification_seconds_sum 6.5"), "{text}");
        assert!(text.contains("compute_verification_seconds_count 1"), "{text}");
        assert!(text.contains("compute_tasks_total{state=\"accepted\"} 2"), "{text}");
        assert!(text.contains("compute_tasks_total{state=\"cancelled\"} 0"), "{text}");
    }

    #[test]
    fn sums_and_verdicts_are_shown_by_kind() {
        let compute = Compute::default();
        compute.sums(&Sums { workers: 3, gpus: 2, cpus: 1, ..Sums::default() });
        let validator = althing_types::ValidatorKey::new([1; 32]);
        let verdict = Verdict::Abstain;
        let vote = Event::ResultVoted { task: 1, validator, verdict, transcript: zero() };
        compute.events(Timestamp::ZERO, [&vote].into_iter());
        let text = shown(&compute);
        assert!(text.contains("compute_workers 3") && text.contains("{kind=\"gpu\"} 2"), "{text}");
        assert!(text.contains("compute_votes_total{verdict=\"abstain\"} 1"), "{text}");
    }
}
