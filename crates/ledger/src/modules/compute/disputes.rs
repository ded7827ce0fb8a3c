//! Results that are proven wrong: who is to blame, and what it costs.

use super::{
    Check, DueItem, Task, Worker, checker_key,
    desk::{Desk, broken},
    fleet,
    proof::samples,
    store, worker_key,
};
use crate::{
    error::Fault,
    modules::{accounts, bank, staking},
    rounds::Missed,
};
use althing_types::{
    Address, Event, List,
    compute::{Entry, Purpose, RejectReason, TaskState, Verdict, WorkerState},
};

impl Desk<'_> {
    /// Somebody proved an entry wrong. Work of the network may have been planted: its worker has
    /// some time to show that.
    pub(super) fn disprove(
        &mut self,
        (number, task): (u64, &mut Task),
        prover: Address,
        entry: Entry,
    ) -> Result<(), Fault> {
        let assignment = task.assignment.ok_or(broken("a committed task has no worker"))?;
        let worker = assignment.device.worker;
        self.unlist(number)?;
        self.blame(number, task, entry)?;
        if let Some(check) = task.check.clone() {
            self.count_checkers(&check)?;
        }
        task.prover = Some(prover);
        self.events.push(Event::ResultDisproved { task: number, worker, prover, entry });
        if task.purpose == Purpose::Network {
            task.state = TaskState::Disproved;
            let due = self.moment.after(self.params().dispute_window);
            return self.wake_at(number, task, due);
        }
        self.punish(number, task)
    }

    /// Members who called the result right although they were to look at the row of the wrong entry
    /// have not looked. Returns how many.
    pub(super) fn blame(
        &mut self,
        number: u64,
        task: &mut Task,
        entry: Entry,
    ) -> Result<u32, Fault> {
        let Some(check) = &task.check else { return Ok(0) };
        let Some(challenge) = check.challenge else { return Ok(0) };
        let rows = samples(&task.shape, task.count, &challenge, self.params().samples);
        if !rows.contains(&(entry.product, entry.row)) {
            return Ok(0);
        }
        let mut members = check.members.to_vec();
        staking::know(self.view, members.iter().map(|member| checker_key(&member.validator)))?;
        let (mut guilty, mut events) = (0u32, Vec::new());
        for member in &mut members {
            if member.verdict != Some(Verdict::Valid) || member.faulted {
                continue;
            }
            member.faulted = true;
            guilty = guilty.saturating_add(1);
            let mut checker = store::load_checker(self.view, &member.validator)?;
            checker.faults = checker.faults.saturating_add(1);
            store::save_checker(self.view, &member.validator, &checker)?;
            let validator = member.validator;
            events.push(Event::CheckerFaulted { task: number, validator });
        }
        let members = List::new(members).unwrap_or_default();
        task.check = Some(Check { members, ..check.clone() });
        self.events.extend(events);
        Ok(guilty)
    }

    /// The wrong result was not planted: it costs its worker a part of the stake.
    pub(super) fn punish(&mut self, number: u64, task: &mut Task) -> Result<(), Fault> {
        let assignment = task.assignment.ok_or(broken("a committed task has no worker"))?;
        let prover = task.prover.ok_or(broken("a disproved task has no prover"))?;
        let (id, address) = (assignment.device, assignment.device.worker);
        let protocol = self.moment.protocol;
        staking::know(
            self.view,
            [
                worker_key(&address),
                accounts::key(&prover),
                accounts::key(&protocol.treasury),
                accounts::key(&protocol.compute),
                bank::SUPPLY,
            ],
        )?;
        let params = self.params();
        let mut worker = store::require_worker(self.view, &address)?;
        let amount = worker.stake.share(params.wrong_slash);
        let reward = amount.share(params.prover_share);
        let lost = |_| broken("a slash is more than the stake");
        worker.stake = worker.stake.checked_sub(amount).map_err(lost)?;
        worker.strikes = worker.strikes.saturating_add(1);
        self.unstake(amount)?;
        self.pay(&prover, reward)?;
        let rest = amount.checked_sub(reward).map_err(lost)?;
        let share = self.moment.params.treasury.penalty_share;
        bank::forfeit(self.view, protocol, &protocol.compute, (rest, share))?;
        let strikes = worker.strikes;
        let worker_address = address;
        self.events.push(Event::WorkerSlashed {
            worker: worker_address,
            task: number,
            amount,
            prover,
            reward,
            strikes,
        });
        if u64::from(strikes) >= params.max_strikes {
            self.ban(&address, &mut worker)?;
        }
        store::save_worker(self.view, &address, &worker)?;
        self.enlist_all(&address, &worker)?;
        if task.purpose == Purpose::Benchmark {
            self.forget_measurement(&id, &worker)?;
        }
        self.fail(number, task, RejectReason::Wrong)
    }

    fn ban(&mut self, address: &Address, worker: &mut Worker) -> Result<(), Fault> {
        let unbonds = matches!(worker.state, WorkerState::Leaving | WorkerState::Banned);
        worker.state = WorkerState::Banned;
        if unbonds {
            return Ok(());
        }
        self.unbond(address, worker)
    }

    /// The stake of a worker unbonds from now on.
    pub(super) fn unbond(&mut self, address: &Address, worker: &mut Worker) -> Result<(), Fault> {
        worker.unbonds = self.moment.after(self.params().unbonding);
        self.enqueue(worker.unbonds, &DueItem::Unbond { worker: *address })?;
        let (state, due) = (worker.state, worker.unbonds);
        self.events.push(Event::WorkerLeaving { worker: *address, state, due });
        Ok(())
    }

    /// Pays the stake of a worker that leaves, once its tasks are over.
    pub(super) fn pay_stake(&mut self, address: &Address) -> Result<(), Fault> {
        let protocol = self.moment.protocol;
        let keys = [accounts::key(address), accounts::key(&protocol.compute)];
        staking::know(self.view, keys.into_iter().chain([worker_key(address)]))?;
        let mut worker = store::require_worker(self.view, address)?;
        if !self.moment.is_reached(worker.unbonds) {
            self.enqueue(worker.unbonds, &DueItem::Unbond { worker: *address })?;
            return Ok(());
        }
        if !worker.tasks.is_empty() {
            let later = self.moment.after(self.params().dispute_window);
            self.enqueue(later, &DueItem::Unbond { worker: *address })?;
            return Ok(());
        }
        let amount = worker.stake;
        worker.stake = althing_types::Amount::ZERO;
        if worker.state == WorkerState::Leaving {
            worker.state = WorkerState::Left;
            self.totals.workers = self.totals.workers.saturating_sub(1);
            let mut missed = Missed::default();
            for id in fleet::devices_of(address, &worker) {
                missed.step(self.remove_device(&worker, &id))?;
            }
            missed.end()?;
            worker.devices = 0;
        }
        self.unstake(amount)?;
        self.pay(address, amount)?;
        store::save_worker(self.view, address, &worker)?;
        self.events.push(Event::WorkerUnbonded { worker: *address, amount });
        Ok(())
    }

    /// The task goes on where it is.
    pub(super) fn step(&mut self, number: u64, task: &mut Task) -> Result<(), Fault> {
        match task.state {
            TaskState::Open => self.draw(number, task),
            TaskState::Assigned => self.expire(number, task),
            TaskState::Committed => self.challenge(number, task),
            TaskState::Challenged => self.close_round(number, task),
            TaskState::Accepted => self.settle(number, task),
            TaskState::Disproved => self.punish(number, task),
            TaskState::Settled | TaskState::Failed | TaskState::Cancelled => {
                store::remove_task(self.view, number);
                Ok(())
            }
        }
    }
}
