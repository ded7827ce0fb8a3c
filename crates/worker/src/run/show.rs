//! The live view.

use super::{Device, Worker};
use crate::{
    job,
    live::{LiveDevice, LiveTask},
    machine::{Job, Stage},
};
use std::time::Duration;

impl Worker {
    /// Publishes what is known now.
    pub(super) fn show(&self) {
        let devices: Vec<LiveDevice> =
            self.devices.iter().map(|device| self.live_device(device)).collect();
        let count = |stage: Stage| {
            let jobs = self.machine.jobs().values().filter(|job| job.stage == stage);
            u32::try_from(jobs.count()).unwrap_or(u32::MAX)
        };
        let (ready, committed) = (count(Stage::Ready), count(Stage::Committed));
        let tally = self.machine.tally();
        let observed = self.machine.observed();
        let worker = observed.and_then(|observed| observed.worker.as_ref());
        self.live.send_modify(|live| {
            live.height = observed.map(|observed| observed.tip.height).or(live.height);
            live.balance = observed.map_or(live.balance, |observed| observed.balance);
            live.stopping = self.machine.is_stopping();
            live.devices = devices;
            (live.ready, live.committed) = (ready, committed);
            (live.settled, live.failed, live.paid) = (tally.settled, tally.failed, tally.paid);
            live.state = worker.map(|worker| worker.state);
            if let Some(worker) = worker {
                live.stake = worker.stake;
                live.reputation = worker.reputation;
                live.uptime = worker.uptime;
                live.strikes = worker.strikes;
                live.claimable = worker.claimable.unwrap_or_default();
            }
        });
    }

    fn live_device(&self, device: &Device) -> LiveDevice {
        let worker = self.machine.observed().and_then(|observed| observed.worker.as_ref());
        let known = worker.and_then(|worker| worker.device(device.number));
        LiveDevice {
            device: device.number,
            name: device.engine.name(),
            score: known.map(|known| known.points.score()),
            performance: known.and_then(|known| known.measured).map(|last| last.performance),
            task: self.live_task(device.number),
        }
    }

    fn live_task(&self, device: u8) -> Option<LiveTask> {
        let computing = |job: &Job| job.record.device == device && job.stage == Stage::Computing;
        let (key, job) = self.machine.jobs().iter().find(|(_, job)| computing(job))?;
        let running = self.running.get(key)?;
        let record = &job.record;
        let rows = running.watch.rows();
        let millis = running.begun.elapsed().max(Duration::from_millis(1)).as_millis();
        let rows_per_second = u64::try_from(u128::from(rows) * 1_000 / millis).unwrap_or(u64::MAX);
        Some(LiveTask {
            key: *key,
            purpose: record.purpose,
            shape: record.shape,
            count: record.count,
            rows,
            rows_total: job::batch(&record.shape, record.count).map_or(0, |batch| batch.rows()),
            rows_per_second,
            deadline: record.deadline.height,
        })
    }
}
