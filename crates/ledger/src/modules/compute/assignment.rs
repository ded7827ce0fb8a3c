//! Who gets a paid task: drawn by the beacon, by how good workers are.

use super::{
    Device, Task, Worker, beats_key, desk::Desk, device_key, eligible_key, reputation::standing,
    store, worker_key,
};
use crate::{
    error::Fault,
    modules::{beacon, staking},
};
use althing_types::compute::{DeviceId, DeviceKind, RefundReason, TaskState, draw};

/// Devices that are looked at for one task: however many there are, so much is read.
pub(super) const MAX_CANDIDATES: u8 = 16;

/// A device that may have a task.
struct Candidate {
    id: DeviceId,
    device: Device,
    worker: Worker,
}

impl Desk<'_> {
    /// Draws a worker for a task that is open; nobody could know it when the task was ordered.
    pub(super) fn draw(&mut self, number: u64, task: &mut Task) -> Result<(), Fault> {
        let Some(beacon) = beacon::at(self.view, task.draw)? else {
            return self.draw_later(number, task);
        };
        let mut fallback = None;
        for candidate in 0..MAX_CANDIDATES {
            let (kind, length) = self.pool_of(task);
            let drawn = draw::candidate(number, task.attempt, &beacon, candidate, length);
            let Some((place, chance)) = drawn else { break };
            let Some((found, weight)) = self.candidate(task, kind, place)? else { continue };
            if chance < weight {
                return self.give(number, task, found);
            }
            fallback = Some(found);
        }
        match fallback {
            Some(found) => self.give(number, task, found),
            None if self.moment.is_reached(task.closes) => {
                self.refund((number, task), RefundReason::NoWorker, TaskState::Failed)
            }
            None => self.draw_later(number, task),
        }
    }

    /// From which devices: graphics processors if there are any, processors if there are none and
    /// the shape is for them.
    fn pool_of(&self, task: &Task) -> (DeviceKind, u32) {
        let cpu = self.fits_cpu(task);
        let gpus = self.fleet(DeviceKind::Gpu);
        if gpus == 0 && cpu {
            (DeviceKind::Cpu, self.fleet(DeviceKind::Cpu))
        } else {
            (DeviceKind::Gpu, gpus)
        }
    }

    /// Whether processors may compute it: as large as the largest shape with a price for them.
    fn fits_cpu(&self, task: &Task) -> bool {
        let prices = &self.params().prices;
        let largest = prices.iter().filter(|price| price.cpu).map(|price| price.shape.units());
        largest.max().is_some_and(|most| task.shape.units() <= most)
    }

    /// The device at a place, if it may have the task now, and its chance. One whose attestation has
    /// expired leaves the list.
    fn candidate(
        &mut self,
        task: &Task,
        kind: DeviceKind,
        place: u32,
    ) -> Result<Option<(Candidate, u32)>, Fault> {
        staking::know(self.view, [eligible_key(kind, place)])?;
        let id = store::require_eligible(self.view, kind, place)?;
        let keys = [device_key(&id), worker_key(&id.worker), beats_key(&id.worker)];
        staking::know(self.view, keys)?;
        let mut device = store::require_device(self.view, &id)?;
        let worker = store::require_worker(self.view, &id.worker)?;
        if self.moment.is_reached(device.expires) {
            device.passed = false;
            self.enlist(&worker, &id, &mut device)?;
            return Ok(None);
        }
        let free = u64::from(device.open) < self.params().max_open_per_device;
        if !free || device.must_measure || task.requester == Some(id.worker) {
            return Ok(None);
        }
        let beats = store::load_beats(self.view, &id.worker)?;
        let standing = standing(&worker.counters, beats.as_ref(), self.moment.time);
        Ok(Some((Candidate { id, device, worker }, standing.weight().get())))
    }

    fn give(&mut self, number: u64, task: &mut Task, found: Candidate) -> Result<(), Fault> {
        let Candidate { id, mut device, mut worker } = found;
        // What was read while others were looked at may have another place by now.
        device.place = store::require_device(self.view, &id)?.place;
        self.assign((number, task), (id, &mut device), &mut worker)
    }
}
