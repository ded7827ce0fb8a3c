//! Stakes of providers and oracles: what they lose, and when they get them back.

use super::{
    DueItem, Oracle, Provider,
    desk::{Desk, add, broken, subtract},
    oracle_key, provider_key,
    reputation::base_stake,
    store,
};
use crate::{
    error::{Failure, Fault},
    modules::staking,
};
use althing_types::{
    Address, Amount, Due, Event, Ppm,
    energy::{EnergyRole, EnergySlashReason, ProviderState},
};

impl Desk<'_> {
    /// A provider that must be there, with what it is known for brought to this epoch.
    pub(super) fn provider(&self, address: &Address) -> Result<Provider, Fault> {
        staking::know(self.view, [provider_key(address)])?;
        let mut provider = store::require_provider(self.view, address)?;
        provider.reputation.turn(self.moment.epoch, self.params());
        Ok(provider)
    }

    /// Counts something against a provider and takes a part of its stake, which stays in the account
    /// `energy` for the caller to give away. Returns how much.
    pub(super) fn slash_provider(
        &mut self,
        (address, provider): (&Address, &mut Provider),
        reason: EnergySlashReason,
        part: Ppm,
    ) -> Result<Amount, Fault> {
        let counters = &mut provider.counters;
        match reason {
            EnergySlashReason::Quorum => counters.quorum = counters.quorum.saturating_add(1),
            EnergySlashReason::Expiry => counters.expiry = counters.expiry.saturating_add(1),
            EnergySlashReason::Conflict => counters.conflict = counters.conflict.saturating_add(1),
        }
        let amount = provider.stake.share(part);
        subtract(&mut provider.stake, amount)?;
        subtract(&mut self.totals.stakes, amount)?;
        let least = base_stake(self.params(), provider.capacity_w);
        let short = least.is_none_or(|least| provider.stake < least);
        self.events.push(Event::ProviderSlashed { provider: *address, reason, amount });
        if short && provider.state == ProviderState::Active {
            provider.state = ProviderState::Suspended;
            self.events.push(Event::ProviderUpdated {
                provider: *address,
                state: provider.state,
                capacity_w: provider.capacity_w,
                stake: provider.stake,
            });
        }
        Ok(amount)
    }

    /// Takes a part of the stake of an oracle that agreed with what was false. Returns how much, which
    /// stays in the account `energy`, and whether the oracle has a weight that is not staked for any
    /// more. Nothing of one that has left.
    pub(super) fn slash_oracle(&mut self, address: &Address) -> Result<(Amount, bool), Fault> {
        staking::know(self.view, [oracle_key(address)])?;
        let Some(mut oracle) = store::load_oracle(self.view, address)? else {
            return Ok((Amount::ZERO, false));
        };
        let amount = oracle.stake.share(self.params().oracle_slash);
        subtract(&mut oracle.stake, amount)?;
        subtract(&mut self.totals.stakes, amount)?;
        oracle.counters.slashed = oracle.counters.slashed.saturating_add(1);
        store::save_oracle(self.view, address, &oracle)?;
        self.events.push(Event::OracleSlashed { oracle: *address, amount });
        Ok((amount, oracle.weight.get() > 0 && oracle.stake < self.params().oracle_stake))
    }

    /// Lets a stake unbond from now on.
    pub(super) fn unbond(&mut self, account: &Address, role: EnergyRole) -> Result<Due, Fault> {
        let due = self.moment.after(self.params().unbonding);
        self.enqueue(due, &DueItem::Unbond { account: *account, role })?;
        Ok(due)
    }

    /// Saves a provider of which something was settled. Its stake is paid once nothing is open any
    /// more; nobody looks before, however many wait.
    pub(super) fn settle_provider(
        &mut self,
        account: &Address,
        provider: &Provider,
    ) -> Result<(), Fault> {
        let leaves = provider.state == ProviderState::Leaving;
        if leaves && provider.is_settled() && self.moment.is_reached(provider.unbonds) {
            let role = EnergyRole::Provider;
            self.enqueue(provider.unbonds, &DueItem::Unbond { account: *account, role })?;
        }
        store::save_provider(self.view, account, provider)
    }

    /// The same for an oracle, whose stake answers for all that it has reported about.
    pub(super) fn settle_oracle(
        &mut self,
        account: &Address,
        oracle: &Oracle,
    ) -> Result<(), Fault> {
        if oracle.leaving && oracle.open == 0 && self.moment.is_reached(oracle.unbonds) {
            let role = EnergyRole::Oracle;
            self.enqueue(oracle.unbonds, &DueItem::Unbond { account: *account, role })?;
        }
        store::save_oracle(self.view, account, oracle)
    }

    /// Pays a stake that has unbonded. Who has something open waits for [`Self::settle_provider`] or
    /// [`Self::settle_oracle`].
    pub(super) fn pay_stake(&mut self, account: &Address, role: EnergyRole) -> Result<(), Fault> {
        let due = match role {
            EnergyRole::Provider => {
                staking::know(self.view, [provider_key(account)])?;
                let Some(provider) = store::load_provider(self.view, account)? else {
                    return Ok(());
                };
                if provider.state != ProviderState::Leaving {
                    return Ok(());
                }
                if self.moment.is_reached(provider.unbonds) {
                    let settled = provider.is_settled();
                    return if settled { self.end_provider(account, &provider) } else { Ok(()) };
                }
                provider.unbonds
            }
            EnergyRole::Oracle => {
                staking::know(self.view, [oracle_key(account)])?;
                let Some(oracle) = store::load_oracle(self.view, account)? else {
                    return Ok(());
                };
                if !oracle.leaving {
                    return Ok(());
                }
                if self.moment.is_reached(oracle.unbonds) {
                    let settled = oracle.open == 0;
                    return if settled { self.end_oracle(account, &oracle) } else { Ok(()) };
                }
                oracle.unbonds
            }
            EnergyRole::Admin => return Err(broken("an admin has no stake")),
        };
        self.enqueue(due, &DueItem::Unbond { account: *account, role })?;
        Ok(())
    }

    fn end_provider(&mut self, account: &Address, provider: &Provider) -> Result<(), Fault> {
        store::remove_provider(self.view, account);
        store::remove_tariff(self.view, account);
        let left = self.totals.providers.checked_sub(1);
        self.totals.providers = left.ok_or(broken("a provider is not counted"))?;
        self.return_stake(account, EnergyRole::Provider, provider.stake)
    }

    fn end_oracle(&mut self, account: &Address, oracle: &Oracle) -> Result<(), Fault> {
        store::remove_oracle(self.view, account);
        self.return_stake(account, EnergyRole::Oracle, oracle.stake)
    }

    fn return_stake(
        &mut self,
        account: &Address,
        role: EnergyRole,
        amount: Amount,
    ) -> Result<(), Fault> {
        subtract(&mut self.totals.stakes, amount)?;
        self.pay(account, amount)?;
        self.events.push(Event::EnergyStakePaid { account: *account, role, amount });
        Ok(())
    }

    /// Takes a stake of an account, and counts it.
    pub(super) fn take_stake(&mut self, from: &Address, amount: Amount) -> Result<(), Failure> {
        self.take(from, amount)?;
        Ok(add(&mut self.totals.stakes, amount)?)
    }
}

impl Provider {
    /// Whether nothing that it did is open any more.
    pub fn is_settled(&self) -> bool {
        self.pending == 0 && self.batches == 0 && self.unpaid == 0 && self.disputes == 0
    }
}
