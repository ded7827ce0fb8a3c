//! The life of a task, besides its checks: creation, an attempt's beginning and end, its end.

use super::{
    AGENDA, Assignment, Device, Task, Worker,
    desk::{Desk, broken},
    device_key, store, worker_key,
};
use crate::{
    error::Fault,
    modules::{beacon, staking},
};
use althing_types::{
    Address, Amount, Due, Event, Height, List, Period, Text, Timestamp,
    compute::{
        DeviceId, DeviceKind, Operands, Purpose, RefundReason, RejectReason, Shape, TaskState, draw,
    },
    limits::MAX_ENDPOINT_BYTES,
};

/// What a task is about.
pub(super) struct Order {
    pub(super) purpose: Purpose,
    pub(super) requester: Option<Address>,
    pub(super) price: Amount,
    pub(super) shape: Shape,
    pub(super) count: u32,
    pub(super) operands: Operands,
    pub(super) source: Text<MAX_ENDPOINT_BYTES>,
}

impl Order {
    /// Work that nobody in particular pays for.
    pub(super) fn unpaid(purpose: Purpose, shape: Shape, count: u32) -> Self {
        Self {
            purpose,
            requester: None,
            price: Amount::ZERO,
            shape,
            count,
            operands: Operands::Seed {},
            source: Text::default(),
        }
    }
}

impl Desk<'_> {
    /// A new task, which is not saved yet.
    pub(super) fn create(&mut self, order: Order) -> Result<(u64, Task), Fault> {
        let number = self.totals.next_task;
        self.totals.next_task =
            number.checked_add(1).ok_or(broken("there are no numbers left for tasks"))?;
        let Order { purpose, requester, price, shape, count, operands, source } = order;
        let task = Task {
            state: TaskState::Open,
            purpose,
            requester,
            price,
            shape,
            count,
            operands,
            source,
            created: self.moment.height,
            attempt: 0,
            due: Due::default(),
            wake: Height::ZERO,
            draw: Height::ZERO,
            closes: Due::default(),
            assignment: None,
            result: None,
            check: None,
            prover: None,
            reason: None,
        };
        self.events.push(Event::TaskCreated {
            task: number,
            purpose,
            requester,
            shape,
            count,
            price,
        });
        Ok((number, task))
    }

    /// Lets a paid task wait for a worker.
    pub(super) fn open(&mut self, number: u64, task: &mut Task) -> Result<(), Fault> {
        task.state = TaskState::Open;
        (task.assignment, task.result, task.check, task.prover) = (None, None, None, None);
        task.closes = self.moment.after(self.params().open_time);
        self.draw_later(number, task)
    }

    /// Draws a worker once the beacon's delay is over.
    pub(super) fn draw_later(&mut self, number: u64, task: &mut Task) -> Result<(), Fault> {
        task.draw = self.beacon_height();
        let due = Due { height: task.draw, time: Timestamp::ZERO };
        self.wake_at(number, task, due)
    }

    /// A device gets the task.
    pub(super) fn assign(
        &mut self,
        (number, task): (u64, &mut Task),
        (id, device): (DeviceId, &mut Device),
        worker: &mut Worker,
    ) -> Result<(), Fault> {
        let (moment, params) = (self.moment, self.params());
        task.attempt = task.attempt.saturating_add(1);
        let (attempt, seed_height) = (task.attempt, self.beacon_height());
        let allowed = self.allowed(device.inventory.kind, task.units());
        let timely = allowed.from(seed_height, moment.time);
        let deadline = allowed.from(timely.height, timely.time);
        let plant = worker.plant;
        let seed_time = None;
        task.assignment =
            Some(Assignment { device: id, seed_height, seed_time, timely, deadline, plant });
        task.state = TaskState::Assigned;
        let mut spot_check = false;
        if task.purpose == Purpose::Benchmark {
            device.benchmark = Some(number);
        } else if let Some(beacon) = beacon::at(self.view, moment.height)? {
            spot_check = draw::is_spot_check(number, attempt, &beacon, params.spot_check.get());
            device.must_measure |= spot_check;
        }
        device.open = device.open.saturating_add(1);
        worker.counters.assigned = worker.counters.assigned.saturating_add(1);
        let tasks = worker.tasks.iter().copied().chain([number]).collect();
        worker.tasks = List::new(tasks).ok_or(broken("a worker has too many tasks"))?;
        store::save_device(self.view, &id, device)?;
        store::save_worker(self.view, &id.worker, worker)?;
        let DeviceId { worker, device } = id;
        let assigned = Event::TaskAssigned {
            task: number,
            attempt,
            worker,
            device,
            seed_height,
            deadline,
            spot_check,
        };
        self.events.push(assigned);
        // The time of the seed's block is where a benchmark begins.
        let seed = Due { height: seed_height, time: Timestamp::ZERO };
        let due = if task.purpose == Purpose::Benchmark { seed } else { deadline };
        self.wake_at(number, task, due)
    }

    /// The time that so many units of work have; a result in the second half of twice as much is
    /// late.
    fn allowed(&self, kind: DeviceKind, units: u64) -> Period {
        let params = self.params();
        let each = match kind {
            DeviceKind::Cpu => params.cpu_unit_time_us,
            DeviceKind::Gpu => params.unit_time_us,
        };
        let ms = units.saturating_mul(each).div_ceil(1_000);
        let Period { blocks, ms: base } = params.base_time;
        Period { blocks, ms: base.saturating_add(ms) }
    }

    /// A worker that had the task has it no more. Returns it, to be saved with what it earned.
    pub(super) fn release(
        &mut self,
        number: u64,
        task: &Task,
    ) -> Result<(DeviceId, Worker), Fault> {
        let assignment = task.assignment.ok_or(broken("a task that is worked on has no worker"))?;
        let id = assignment.device;
        staking::know(self.view, [worker_key(&id.worker), device_key(&id)])?;
        let mut worker = store::require_worker(self.view, &id.worker)?;
        let tasks = worker.tasks.iter().copied().filter(|task| *task != number).collect();
        worker.tasks = List::new(tasks).unwrap_or_default();
        let mut device = store::require_device(self.view, &id)?;
        device.open = device.open.saturating_sub(1);
        if device.benchmark == Some(number) {
            device.benchmark = None;
        }
        store::save_device(self.view, &id, &device)?;
        Ok((id, worker))
    }

    /// An attempt failed: the next worker gets a paid task, unless there were enough.
    pub(super) fn fail(
        &mut self,
        number: u64,
        task: &mut Task,
        reason: RejectReason,
    ) -> Result<(), Fault> {
        let (id, mut worker) = self.release(number, task)?;
        let counters = &mut worker.counters;
        let counter = match reason {
            RejectReason::Wrong => Some(&mut counters.wrong),
            RejectReason::Withheld => Some(&mut counters.withheld),
            RejectReason::Late => Some(&mut counters.expired),
            RejectReason::Unverified => None,
        };
        if let Some(counter) = counter {
            *counter = counter.saturating_add(1);
        }
        store::save_worker(self.view, &id.worker, &worker)?;
        task.reason = Some(reason);
        let (attempt, worker) = (task.attempt, id.worker);
        self.events.push(Event::TaskRejected { task: number, attempt, worker, reason });
        if task.purpose != Purpose::Paid {
            self.end(number, task, TaskState::Failed)
        } else if u64::from(attempt) < self.params().max_attempts {
            self.open(number, task)
        } else {
            self.refund((number, task), RefundReason::Attempts, TaskState::Failed)
        }
    }

    /// The price goes back to the requester, and the task is over.
    pub(super) fn refund(
        &mut self,
        (number, task): (u64, &mut Task),
        reason: RefundReason,
        state: TaskState,
    ) -> Result<(), Fault> {
        let requester = task.requester.ok_or(broken("a paid task has no requester"))?;
        let amount = task.total().ok_or(broken("the price of a task does not fit"))?;
        self.release_price(amount)?;
        self.pay(&requester, amount)?;
        self.events.push(Event::TaskRefunded { task: number, requester, amount, reason });
        self.end(number, task, state)
    }

    /// The task is over; its record stays for a while.
    pub(super) fn end(
        &mut self,
        number: u64,
        task: &mut Task,
        state: TaskState,
    ) -> Result<(), Fault> {
        task.state = state;
        let due = self.moment.after(self.params().retention);
        self.wake_at(number, task, due)
    }

    /// The worker of a task did not commit in time; or the time of a benchmark begins.
    pub(super) fn expire(&mut self, number: u64, task: &mut Task) -> Result<(), Fault> {
        let mut assignment = task.assignment.ok_or(broken("an assigned task has no worker"))?;
        if task.purpose == Purpose::Benchmark && assignment.seed_time.is_none() {
            assignment.seed_time = Some(self.moment.time);
            task.assignment = Some(assignment);
            return self.wake_at(number, task, assignment.deadline);
        }
        self.fail(number, task, RejectReason::Late)
    }
}

/// Records that a task and its end touch besides the task.
pub(super) fn keys_of(task: &Task) -> Vec<althing_state::StateKey> {
    let mut keys = vec![AGENDA];
    if let Some(assignment) = &task.assignment {
        keys.push(worker_key(&assignment.device.worker));
        keys.push(device_key(&assignment.device));
    }
    keys
}
