//! What right results earn.

use super::{
    Credit, Credits, MAX_CREDITS, Task, beats_key, credits_key,
    desk::{Desk, broken},
    device_key, pool_key,
    reputation::standing,
    store, worker_key,
};
use crate::{
    error::Fault,
    modules::{accounts, bank, staking},
};
use althing_types::{
    Address, Amount, Event,
    compute::{DeviceId, Factors, Payment, Purpose, TaskState, Verdict},
};

impl Desk<'_> {
    /// Nobody proved an accepted result wrong: it is paid or credited.
    pub(super) fn settle(&mut self, number: u64, task: &mut Task) -> Result<(), Fault> {
        if let Some(check) = task.check.clone() {
            self.count_checkers(&check)?;
        }
        self.reward(number, task, false)
    }

    /// Pays or credits a result, right or planted, and ends the task.
    pub(super) fn reward(
        &mut self,
        number: u64,
        task: &mut Task,
        planted: bool,
    ) -> Result<(), Fault> {
        let assignment = task.assignment.ok_or(broken("a result has no worker"))?;
        let id = assignment.device;
        let payment = match task.purpose {
            Purpose::Paid => self.split(task, &id.worker)?,
            Purpose::Network | Purpose::Benchmark => Payment::default(),
        };
        let mut weight = (None, Amount::ZERO);
        if task.purpose == Purpose::Network {
            let factors = self.factors(task, &id)?;
            let credit = Amount::new(factors.credit());
            self.credit(&id.worker, credit)?;
            weight = (Some(factors), credit);
        }
        let (id, mut worker) = self.release(number, task)?;
        let counters = &mut worker.counters;
        let counter = if planted { &mut counters.planted } else { &mut counters.accepted };
        *counter = counter.saturating_add(1);
        store::save_worker(self.view, &id.worker, &worker)?;
        let (epoch, purpose, worker) = (self.moment.epoch, task.purpose, id.worker);
        let (factors, credit) = weight;
        let task_number = number;
        self.events.push(Event::TaskSettled {
            task: task_number,
            worker,
            purpose,
            payment,
            epoch,
            factors,
            credit,
        });
        self.end(number, task, TaskState::Settled)
    }

    /// Splits the price of a task between its worker, those who checked it, and fire.
    fn split(&mut self, task: &Task, worker: &Address) -> Result<Payment, Fault> {
        let protocol = self.moment.protocol;
        let keys = [accounts::key(&protocol.compute), accounts::key(worker), bank::SUPPLY];
        staking::know(self.view, keys)?;
        let lost = |_| broken("the parts of a price are more than the whole");
        let total = task.total().ok_or(broken("the price of a task does not fit"))?;
        self.release_price(total)?;
        let own = total.share(self.params().worker_share);
        self.pay(worker, own)?;
        let validators = self.pay_checkers(task, total.share(self.params().validator_share))?;
        let paid = own.checked_add(validators).map_err(lost)?;
        let burned = total.checked_sub(paid).map_err(lost)?;
        bank::burn(self.view, &protocol.compute, burned)?;
        Ok(Payment { worker: own, validators, burned })
    }

    /// Pays equal parts to the operators of those who called the result right and are not at fault.
    /// Returns what was paid.
    fn pay_checkers(&mut self, task: &Task, share: Amount) -> Result<Amount, Fault> {
        let members = task.check.iter().flat_map(|check| check.members.iter());
        let right = |verdict| verdict == Some(Verdict::Valid);
        let earning: Vec<_> = members
            .filter(|member| right(member.verdict) && !member.faulted)
            .map(|member| member.validator)
            .collect();
        let count = u128::try_from(earning.len()).unwrap_or(u128::MAX);
        let each = Amount::new(share.units().checked_div(count).unwrap_or(0));
        staking::know(self.view, earning.iter().map(staking::validator_key))?;
        let mut operators = Vec::with_capacity(earning.len());
        for key in &earning {
            // One that was removed since earns nothing; its part is burned.
            operators.extend(staking::load_validator(self.view, key)?.map(|one| one.operator));
        }
        staking::know(self.view, operators.iter().map(accounts::key))?;
        let mut paid = Amount::ZERO;
        for operator in &operators {
            self.pay(operator, each)?;
            paid = paid.checked_add(each).map_err(|_| broken("a price does not fit"))?;
        }
        Ok(paid)
    }

    /// What the weight of a result is made of.
    fn factors(&mut self, task: &Task, id: &DeviceId) -> Result<Factors, Fault> {
        let keys = [worker_key(&id.worker), beats_key(&id.worker), device_key(id)];
        staking::know(self.view, keys)?;
        let device = store::require_device(self.view, id)?;
        let worker = store::require_worker(self.view, &id.worker)?;
        let beats = store::load_beats(self.view, &id.worker)?;
        let standing = standing(&worker.counters, beats.as_ref(), self.moment.time);
        // A shape that has lost its price since earns nothing.
        let price = self.params().price(&task.shape);
        Ok(Factors {
            count: task.count,
            units: task.shape.units(),
            difficulty_ppm: price.map_or(0, |price| price.difficulty_ppm),
            tier: device.tier,
            uptime: standing.uptime,
            reputation: standing.reputation,
        })
    }

    /// Adds to what a worker earns in this epoch, and to the sum of all.
    fn credit(&mut self, worker: &Address, weight: Amount) -> Result<(), Fault> {
        if weight.is_zero() {
            return Ok(());
        }
        let epoch = self.moment.epoch;
        staking::know(self.view, [credits_key(worker), pool_key(epoch)])?;
        let lost = |_| broken("the weights of an epoch do not fit");
        let mut pool = store::load_pool(self.view, epoch)?.unwrap_or_default();
        pool.total = pool.total.checked_add(weight).map_err(lost)?;
        store::save_pool(self.view, epoch, &pool)?;
        let oldest = epoch.get().saturating_sub(self.params().claim_epochs);
        let credits = store::load_credits(self.view, worker)?;
        let mut credits: Vec<Credit> =
            credits.iter().copied().filter(|credit| credit.epoch.get() >= oldest).collect();
        match credits.last_mut() {
            Some(last) if last.epoch == epoch => {
                last.weight = last.weight.checked_add(weight).map_err(lost)?;
            }
            _ => credits.push(Credit { epoch, weight }),
        }
        if credits.len() > MAX_CREDITS {
            credits.remove(0);
        }
        store::save_credits(self.view, worker, &Credits::new(credits).unwrap_or_default())
    }
}
