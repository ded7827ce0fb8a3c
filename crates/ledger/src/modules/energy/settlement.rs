//! What proposals decide: rules of settlement, weights of oracles, admins.

use super::{
    ENERGY, Grant, OracleEntry, OracleSet, Settlement,
    desk::{Desk, broken},
    error::EnergyError,
    grant_key, oracle_key, oracle_set_key, settlement_key, store,
};
use crate::{
    error::{Failure, Fault},
    modules::{
        bank, schedule,
        staking::{self, BlockMoment},
    },
};
use althing_state::{StateKey, View};
use althing_types::{
    Address, Event, Height, List, Ppm,
    energy::{EnergyRole, EnergySettlementPayload, OracleChange, Scopes},
};

/// Whether rules are legal.
pub(crate) fn check_settlement(payload: &EnergySettlementPayload) -> Result<(), Failure> {
    if payload.is_legal() { Ok(()) } else { Err(EnergyError::SettlementBounds.into()) }
}

/// Puts rules in force. Batches and disputes that are open keep those that they began with.
pub(crate) fn set_settlement(
    view: &mut View,
    moment: &BlockMoment<'_>,
    proposal: u64,
    payload: &EnergySettlementPayload,
) -> Result<Vec<Event>, Failure> {
    check_settlement(payload)?;
    let mut desk = Desk::begin(view, moment)?;
    let version = desk.totals.version.checked_add(1).ok_or(EnergyError::Overflow)?;
    staking::know(desk.view, [settlement_key(version)])?;
    let since = moment.height;
    let settlement = Settlement { since, proposal: Some(proposal), payload: *payload };
    store::save_settlement(desk.view, version, &settlement)?;
    (desk.totals.version, desk.totals.settlement) = (version, *payload);
    let settlement = *payload;
    desk.events.push(Event::EnergySettlementChanged { proposal, version, settlement });
    Ok(desk.finish()?)
}

/// Whether an oracle can be changed so.
pub(crate) fn check_oracle(
    view: &View,
    moment: &BlockMoment<'_>,
    oracle: &Address,
    change: &OracleChange,
) -> Result<(), Failure> {
    staking::know(view, [oracle_key(oracle)])?;
    let record = store::load_oracle(view, oracle)?.ok_or(EnergyError::UnknownOracle)?;
    if record.leaving {
        return Err(EnergyError::OracleLeaving.into());
    }
    match change {
        OracleChange::Weight { weight } if weight.get() == 0 => {
            Err(EnergyError::SettlementBounds.into())
        }
        OracleChange::Weight { .. } if record.stake < moment.params.energy.oracle_stake => {
            Err(EnergyError::StakeTooLow.into())
        }
        OracleChange::Weight { .. } | OracleChange::Remove {} => Ok(()),
    }
}

/// Gives an oracle a weight, or removes it.
pub(crate) fn change_oracle(
    view: &mut View,
    moment: &BlockMoment<'_>,
    oracle: &Address,
    change: &OracleChange,
) -> Result<Vec<Event>, Failure> {
    check_oracle(view, moment, oracle, change)?;
    let mut desk = Desk::begin(view, moment)?;
    match change {
        OracleChange::Weight { weight } => desk.weigh(oracle, *weight)?,
        OracleChange::Remove {} => desk.dismiss_oracle(oracle)?,
    }
    Ok(desk.finish()?)
}

impl Desk<'_> {
    /// Gives an oracle that must be there a weight of at least 1. What came before is decided by those
    /// who had weight then.
    fn weigh(&mut self, address: &Address, weight: Ppm) -> Result<(), Failure> {
        let mut entries = self.entries_without(core::slice::from_ref(address))?;
        entries.push(OracleEntry { oracle: *address, weight: weight.get() });
        entries.sort_by_key(|entry| entry.oracle);
        let set = List::new(entries).ok_or(EnergyError::OracleLimit)?;
        Ok(self.renew_set(&set, &[(*address, weight)])?)
    }

    /// Takes the weight of oracles that must be there and have one: all of them in one new version of
    /// the set.
    pub(super) fn unweigh(&mut self, oracles: &[Address]) -> Result<(), Fault> {
        if oracles.is_empty() {
            return Ok(());
        }
        let rest = List::new(self.entries_without(oracles)?);
        let rest = rest.ok_or(broken("a part of a set of oracles is larger than the set"))?;
        let changes: Vec<_> = oracles.iter().map(|oracle| (*oracle, Ppm::ZERO)).collect();
        self.renew_set(&rest, &changes)
    }

    /// The present set without some oracles.
    fn entries_without(&self, oracles: &[Address]) -> Result<Vec<OracleEntry>, Fault> {
        staking::know(self.view, [oracle_set_key(self.totals.oracle_set)])?;
        let set = store::require_set(self.view, self.totals.oracle_set)?;
        Ok(set.iter().filter(|entry| !oracles.contains(&entry.oracle)).cloned().collect())
    }

    /// From now on this set decides; `changes` says which weights are others in it.
    fn renew_set(&mut self, set: &OracleSet, changes: &[(Address, Ppm)]) -> Result<(), Fault> {
        let version = self.totals.oracle_set.checked_add(1);
        let version = version.ok_or(broken("there were too many sets of oracles"))?;
        // No set stands under that number yet.
        store::save_set(self.view, version, set)?;
        self.totals.oracle_set = version;
        for (address, weight) in changes {
            let mut oracle = store::require_oracle(self.view, address)?;
            oracle.weight = *weight;
            store::save_oracle(self.view, address, &oracle)?;
            let (oracle, weight) = (*address, *weight);
            self.events.push(Event::OracleWeighted { oracle, weight, set: version });
        }
        Ok(())
    }

    /// Takes the weight of an oracle, and lets its stake unbond.
    pub(super) fn dismiss_oracle(&mut self, address: &Address) -> Result<(), Fault> {
        let weight = store::require_oracle(self.view, address)?.weight;
        if weight.get() > 0 {
            self.unweigh(core::slice::from_ref(address))?;
        }
        let mut oracle = store::require_oracle(self.view, address)?;
        oracle.leaving = true;
        oracle.unbonds = self.unbond(address, EnergyRole::Oracle)?;
        store::save_oracle(self.view, address, &oracle)?;
        Ok(())
    }
}

/// Makes an account an admin, or ends that.
pub(crate) fn set_admin(
    view: &mut View,
    account: &Address,
    scopes: Scopes,
    expires: Height,
) -> Result<Vec<Event>, Failure> {
    let grantor = bank::governance_account();
    staking::know(view, [grant_key(grantor, account)])?;
    let role = EnergyRole::Admin;
    if scopes.is_empty() {
        store::remove_grant(view, grantor, account);
    } else {
        store::save_grant(view, grantor, account, &Grant { role, scopes, expires })?;
    }
    let account = *account;
    Ok(vec![Event::EnergyRoleGranted { grantor: None, account, role, scopes, expires }])
}

/// Adds the keys that rules touch, as far as what the view knows tells.
pub(crate) fn settlement_keys(view: &View, out: &mut Vec<StateKey>) -> Result<(), Fault> {
    out.push(ENERGY);
    if view.knows(&ENERGY) {
        let version = store::load_energy(view)?.version;
        out.push(settlement_key(version.saturating_add(1)));
    }
    Ok(())
}

/// Adds the keys that a change of an oracle touches, as far as what the view knows tells.
pub(crate) fn oracle_keys(
    view: &View,
    moment: &BlockMoment<'_>,
    oracle: &Address,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    out.extend([ENERGY, super::AGENDA, oracle_key(oracle)]);
    if view.knows(&ENERGY) && view.knows(&super::AGENDA) {
        let version = store::load_energy(view)?.oracle_set;
        out.extend([oracle_set_key(version), oracle_set_key(version.saturating_add(1))]);
        let change = OracleChange::Remove {};
        let mut scratch = view.clone();
        if let Err(Failure::Fault(fault)) = change_oracle(&mut scratch, moment, oracle, &change) {
            schedule::missed(fault, out)?;
        }
    }
    Ok(())
}

/// The key of an admin's role.
pub(crate) fn admin_key(account: &Address) -> StateKey {
    grant_key(bank::governance_account(), account)
}
