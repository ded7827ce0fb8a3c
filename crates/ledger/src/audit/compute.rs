//! What a recount of workers and tasks remembers.

use super::{
    records::{BAD, Wrong, array, sum},
    schedule::Queued,
};
use crate::{
    modules::compute::{
        AGENDA, COMPUTE, Compute, Device, DueItem, Task, VERIFYING, Verifying, Worker, device_key,
        query::{
            decode_agenda, decode_beats, decode_checker, decode_compute, decode_credits,
            decode_device, decode_drivers, decode_due, decode_eligible, decode_entry,
            decode_evidence, decode_models, decode_pool, decode_report, decode_task, decode_uuid,
            decode_verifying, decode_worker,
        },
        task_key, worker_key,
    },
    prefix,
};
use althing_state::StateKey;
use althing_types::{
    Address, Amount,
    compute::{DeviceId, Purpose, TaskState, WorkerState},
};
use std::collections::{BTreeMap, BTreeSet};

/// All records of compute.
#[derive(Debug, Default)]
pub(super) struct Computing {
    compute: Option<Compute>,
    queued: Queued,
    verifying: Option<Verifying>,
    workers: BTreeMap<Address, Worker>,
    devices: BTreeMap<DeviceId, Device>,
    /// Kind and place of devices that may work.
    eligible: BTreeMap<(u8, u32), DeviceId>,
    tasks: BTreeMap<u64, Task>,
    /// Tasks that something is due for, by the height of the entry.
    due: BTreeSet<(u64, u64)>,
    /// What can be claimed.
    rewards: Amount,
}

fn device_id(rest: &[u8]) -> Result<DeviceId, &'static str> {
    let key: [u8; 21] = array(rest)?;
    let worker = Address::new(array(key.get(..20).unwrap_or_default())?);
    Ok(DeviceId { worker, device: key.last().copied().unwrap_or_default() })
}

impl Computing {
    /// Takes a record, if it belongs here. Returns whether it does.
    pub(super) fn add(
        &mut self,
        key: StateKey,
        rest: &[u8],
        value: &[u8],
    ) -> Result<bool, &'static str> {
        match key.prefix() {
            prefix::COMPUTE => self.compute = Some(decode_compute(value).map_err(|_| BAD)?),
            prefix::COMPUTE_AGENDA => {
                self.queued.agenda = Some(decode_agenda(value).map_err(|_| BAD)?);
            }
            prefix::VERIFYING => self.verifying = Some(decode_verifying(value).map_err(|_| BAD)?),
            prefix::WORKER => {
                let worker = decode_worker(value).map_err(|_| BAD)?;
                self.workers.insert(Address::new(array(rest)?), worker);
            }
            prefix::DEVICE => {
                self.devices.insert(device_id(rest)?, decode_device(value).map_err(|_| BAD)?);
            }
            prefix::ELIGIBLE => {
                let [kind, place @ ..]: [u8; 5] = array(rest)?;
                let id = decode_eligible(value).map_err(|_| BAD)?;
                self.eligible.insert((kind, u32::from_be_bytes(place)), id);
            }
            prefix::TASK => {
                let number = u64::from_be_bytes(array(rest)?);
                self.tasks.insert(number, decode_task(value).map_err(|_| BAD)?);
            }
            prefix::DUE_ENTRY => {
                let key: [u8; 12] = array(rest)?;
                let height = u64::from_be_bytes(array(key.get(..8).unwrap_or_default())?);
                if let DueItem::Task { task } = decode_entry(value).map_err(|_| BAD)? {
                    self.due.insert((height, task));
                }
                self.queued.entry()?;
            }
            prefix::DUE => {
                self.queued.bucket(decode_due(value).map_err(|_| BAD)?)?;
            }
            prefix::MINER_POOL => {
                sum(&mut self.rewards, decode_pool(value).map_err(|_| BAD)?.left)?
            }
            _ => return Self::decodes(key.prefix(), value),
        }
        Ok(true)
    }

    /// Records of which nothing but that they decode is asked.
    fn decodes(prefix: u8, value: &[u8]) -> Result<bool, &'static str> {
        let decodes = match prefix {
            prefix::WORKER_BEATS => decode_beats(value).is_ok(),
            prefix::DEVICE_EVIDENCE => decode_evidence(value).is_ok(),
            prefix::DEVICE_REPORT => decode_report(value).is_ok(),
            prefix::DEVICE_UUID => decode_uuid(value).is_ok(),
            prefix::CREDITS => decode_credits(value).is_ok(),
            prefix::CHECKER => decode_checker(value).is_ok(),
            prefix::DRIVERS => decode_drivers(value).is_ok(),
            prefix::MODELS => decode_models(value).is_ok(),
            _ => return Ok(false),
        };
        if decodes { Ok(true) } else { Err(BAD) }
    }

    /// Whether the records fit together; `held` is what the account `compute` owns.
    pub(super) fn judge(&self, held: Amount) -> Result<(), Wrong> {
        let compute = self.compute.ok_or((COMPUTE, "the record is absent"))?;
        self.judge_money(&compute, held).map_err(|what| (COMPUTE, what))?;
        self.judge_devices(&compute)?;
        self.judge_tasks()?;
        self.judge_agenda()
    }

    fn judge_money(&self, compute: &Compute, held: Amount) -> Result<(), &'static str> {
        let (mut stakes, mut prices) = (Amount::ZERO, Amount::ZERO);
        for worker in self.workers.values() {
            sum(&mut stakes, worker.stake)?;
        }
        for task in self.tasks.values().filter(|task| !task.state.is_over()) {
            sum(&mut prices, task.total().ok_or("the price of a task does not fit")?)?;
        }
        if (stakes, prices, self.rewards) != (compute.stakes, compute.prices, compute.rewards) {
            return Err("the sums of stakes, prices and rewards are not those of the records");
        }
        sum(&mut stakes, prices)?;
        sum(&mut stakes, self.rewards)?;
        if stakes == held {
            Ok(())
        } else {
            Err("the account `compute` does not hold stakes, prices and rewards")
        }
    }

    fn judge_devices(&self, compute: &Compute) -> Result<(), Wrong> {
        let places = u64::from(compute.cpus).saturating_add(compute.gpus.into());
        let listed = u64::try_from(self.eligible.len()).unwrap_or(u64::MAX);
        if places != listed {
            return Err((COMPUTE, "the lists of devices have another length"));
        }
        for (id, device) in &self.devices {
            let wrong = |what| Err((device_key(id), what));
            let kind = device.inventory.kind.byte();
            let placed = device.place.map(|place| self.eligible.get(&(kind, place)));
            if placed.is_some_and(|placed| placed != Some(id)) {
                return wrong("a device does not stand at its place");
            }
            let Some(worker) = self.workers.get(&id.worker) else {
                return wrong("a device has no worker");
            };
            if worker.devices & 1u32.checked_shl(id.device.into()).unwrap_or(0) == 0 {
                return wrong("a worker does not know its device");
            }
            if device.place.is_some() && worker.state != WorkerState::Active {
                return wrong("a device of a worker that is not active may work");
            }
        }
        let owned = self.workers.values().map(|worker| u64::from(worker.devices.count_ones()));
        let owned = owned.fold(0u64, u64::saturating_add);
        let places = self.devices.values().filter(|device| device.place.is_some()).count();
        if owned != u64::try_from(self.devices.len()).unwrap_or(u64::MAX)
            || u64::try_from(places).unwrap_or(u64::MAX) != listed
        {
            return Err((COMPUTE, "a worker has a device, or a list a place, that is not there"));
        }
        Ok(())
    }

    /// Every task that is worked on stands with its worker and its device, and nowhere else.
    fn judge_tasks(&self) -> Result<(), Wrong> {
        let mut owned: BTreeMap<Address, BTreeSet<u64>> = BTreeMap::new();
        let mut open: BTreeMap<DeviceId, u32> = BTreeMap::new();
        let mut awaiting = BTreeSet::new();
        for (number, task) in &self.tasks {
            let wrong = |what| Err((task_key(*number), what));
            let waits = matches!(task.state, TaskState::Committed | TaskState::Challenged);
            if waits {
                awaiting.insert(*number);
            }
            if task.state.is_over() {
                continue;
            }
            match (task.state, task.assignment) {
                (TaskState::Open, None) if task.purpose == Purpose::Paid => {}
                (TaskState::Open, _) | (_, None) => {
                    return wrong("a task is open and has a worker, or neither");
                }
                (_, Some(assignment)) => {
                    let id = assignment.device;
                    owned.entry(id.worker).or_default().insert(*number);
                    let count = open.entry(id).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
        for (address, worker) in &self.workers {
            let listed: BTreeSet<u64> = worker.tasks.iter().copied().collect();
            if listed != owned.remove(address).unwrap_or_default() {
                return Err((worker_key(address), "a worker has other tasks than it lists"));
            }
        }
        for (id, device) in &self.devices {
            if device.open != open.remove(id).unwrap_or_default() {
                return Err((device_key(id), "a device has more or less tasks than it counts"));
            }
        }
        if !owned.is_empty() || !open.is_empty() {
            return Err((COMPUTE, "a task belongs to a worker or a device that is not there"));
        }
        let verifying = self.verifying.as_ref().ok_or((VERIFYING, "the record is absent"))?;
        let listed: BTreeSet<u64> = verifying.iter().map(|awaiting| awaiting.task).collect();
        if listed != awaiting || listed.len() != verifying.len() {
            return Err((VERIFYING, "other results await votes than are listed"));
        }
        Ok(())
    }

    /// Something is due for every task, once for the height that it names.
    fn judge_agenda(&self) -> Result<(), Wrong> {
        self.queued.judge(AGENDA)?;
        for (number, task) in &self.tasks {
            if !self.due.contains(&(task.wake.get(), *number)) {
                return Err((task_key(*number), "nothing will ever happen to a task"));
            }
        }
        Ok(())
    }
}
