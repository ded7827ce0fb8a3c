//! The miners' pool: released when an epoch ends, claimed by who earned it, returned if nobody
//! claims it.

use super::{
    Credits, MinerPool, credits_key,
    desk::{Desk, broken},
    error::ComputeError,
    pool_key, store,
};
use crate::{
    error::{Failure, Fault},
    modules::{accounts, bank, staking},
};
use althing_types::{Address, Amount, Epoch, Event, amount::mul_div, params::ComputeParams};

/// Bounties for plants that the miners' pool keeps when it is released.
const KEPT_BOUNTIES: u128 = 100;

impl Desk<'_> {
    /// The epoch ends: what the miners' pool holds belongs to those who have worked in it. Without
    /// any work it is carried over.
    pub(super) fn release_pool(&mut self) -> Result<(), Fault> {
        let protocol = self.moment.protocol;
        self.return_pools()?;
        let epoch = self.moment.epoch;
        let Some(earned) = store::load_pool(self.view, epoch)? else { return Ok(()) };
        let all = bank::balance_of(self.view, &protocol.miners)?;
        // Bounties for plants come out of what is kept back.
        let kept = self.params().plant_bounty.units().saturating_mul(KEPT_BOUNTIES);
        let pool = all.checked_sub(Amount::new(kept)).unwrap_or_default();
        bank::move_held(self.view, &protocol.miners, &protocol.compute, pool)?;
        let rewards = self.totals.rewards.checked_add(pool);
        self.totals.rewards = rewards.map_err(|_| broken("what miners can claim does not fit"))?;
        let total = earned.total;
        store::save_pool(self.view, epoch, &MinerPool { total, pool, left: pool })?;
        self.events.push(Event::MinersReleased { epoch, pool, total });
        Ok(())
    }

    /// What was not claimed for too long goes back.
    fn return_pools(&mut self) -> Result<(), Fault> {
        for epoch in self.stale_epochs() {
            let Some(MinerPool { left, .. }) = store::load_pool(self.view, epoch)? else {
                continue;
            };
            store::remove_pool(self.view, epoch);
            self.forget_rewards(left)?;
            let miners = self.moment.protocol.miners;
            self.pay(&miners, left)?;
            self.events.push(Event::MinersReturned { epoch, amount: left });
        }
        Ok(())
    }

    /// Epochs whose pools can be claimed no more once this one is over, as far as some may be left.
    fn stale_epochs(&self) -> Vec<Epoch> {
        let ages = self.params().claim_epochs..=ComputeParams::MAX_CLAIM_EPOCHS;
        let epoch = self.moment.epoch.get();
        ages.rev().filter_map(|age| epoch.checked_sub(age)).map(Epoch::new).collect()
    }

    /// Keys that the end of an epoch touches here.
    pub(super) fn pool_keys(&self) -> Vec<althing_state::StateKey> {
        let protocol = self.moment.protocol;
        let mut keys: Vec<_> = self.stale_epochs().into_iter().map(pool_key).collect();
        keys.push(pool_key(self.moment.epoch));
        keys.extend([accounts::key(&protocol.miners), accounts::key(&protocol.compute)]);
        keys
    }

    fn forget_rewards(&mut self, amount: Amount) -> Result<(), Fault> {
        let rest = self.totals.rewards.checked_sub(amount);
        self.totals.rewards = rest.map_err(|_| broken("more was claimed than was released"))?;
        Ok(())
    }

    /// Pays a worker its parts of the pools of past epochs, each rounded down.
    pub(super) fn claim(&mut self, worker: &Address) -> Result<(), Failure> {
        let protocol = self.moment.protocol;
        let keys = [credits_key(worker), accounts::key(worker), accounts::key(&protocol.compute)];
        staking::know(self.view, keys)?;
        let credits = store::load_credits(self.view, worker)?;
        let running = self.moment.epoch;
        let past = || credits.iter().filter(|credit| credit.epoch < running);
        staking::know(self.view, past().map(|credit| pool_key(credit.epoch)))?;
        let (mut amount, mut epochs) = (Amount::ZERO, 0u32);
        for credit in past() {
            let Some(mut pool) = store::load_pool(self.view, credit.epoch)? else { continue };
            let lost = |_| broken("a part of a pool is more than the pool");
            let part = mul_div(pool.pool.units(), credit.weight.units(), pool.total.units());
            let part = part.map(Amount::new).map_err(lost)?;
            pool.left = pool.left.checked_sub(part).map_err(lost)?;
            store::save_pool(self.view, credit.epoch, &pool)?;
            amount = amount.checked_add(part).map_err(lost)?;
            epochs = epochs.saturating_add(1);
        }
        if epochs == 0 {
            return Err(ComputeError::NothingToClaim.into());
        }
        self.forget_rewards(amount)?;
        self.pay(worker, amount)?;
        let left = credits.iter().copied().filter(|credit| credit.epoch >= running).collect();
        store::save_credits(self.view, worker, &Credits::new(left).unwrap_or_default())?;
        self.events.push(Event::RewardsClaimed { worker: *worker, amount, epochs });
        Ok(())
    }
}
