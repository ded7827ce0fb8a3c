//! What depends on what. Dependencies are fixed when something is proposed, so a circle closes with
//! the proposal of its last member, and is found there.

use super::{dependents_key, disbursement_key, error::TreasuryError, store};
use crate::{error::Failure, gas::Meter, modules::staking};
use althing_state::View;
use althing_types::{
    List,
    governance::{Dependencies, DisbursementState},
};
use std::collections::BTreeSet;

/// Gas for each disbursement that is looked at.
pub(crate) const GAS_PER_VISIT: u64 = 2_000;
/// Gas for each dependency, whose list of dependents grows.
pub(crate) const GAS_PER_DEPENDENCY: u64 = 5_000;
/// Most disbursements that hang together.
const MAX_VISITED: usize = 1_000;
/// How far ahead a dependency may be numbered that is not proposed yet.
const MAX_AHEAD: u64 = 100;

/// Checks the dependencies of the new disbursement `number`, and lists it with each of them.
pub(super) fn link(
    view: &mut View,
    meter: &mut Meter,
    number: u64,
    deps: &Dependencies,
) -> Result<(), Failure> {
    check_each(view, number, deps)?;
    check_circle(view, meter, number, deps)?;
    let listed: BTreeSet<u64> = deps.iter().copied().collect();
    staking::know(view, listed.iter().map(|dep| dependents_key(*dep)))?;
    for dep in listed {
        meter.charge(GAS_PER_DEPENDENCY)?;
        let mut dependents = store::load_dependents(view, dep)?.to_vec();
        dependents.push(number);
        let dependents = List::new(dependents).ok_or(TreasuryError::DependencyLimit)?;
        store::save_dependents(view, dep, &dependents)?;
    }
    Ok(())
}

/// Each exists and can be executed yet, or may be proposed soon.
fn check_each(view: &View, number: u64, deps: &Dependencies) -> Result<(), Failure> {
    staking::know(view, deps.iter().map(|dep| disbursement_key(*dep)))?;
    for dep in deps.iter() {
        let stale = match store::load_disbursement(view, *dep)? {
            Some(record) => record.state == DisbursementState::RolledBack,
            None => *dep < number || *dep > number.saturating_add(MAX_AHEAD),
        };
        if *dep == number {
            return Err(TreasuryError::CircularDependency.into());
        }
        if stale {
            return Err(TreasuryError::StaleDependency.into());
        }
    }
    Ok(())
}

/// Follows the dependencies of dependencies, all of one distance together.
fn check_circle(
    view: &View,
    meter: &mut Meter,
    number: u64,
    deps: &Dependencies,
) -> Result<(), Failure> {
    let mut visited = BTreeSet::new();
    let mut front: BTreeSet<u64> = deps.iter().copied().collect();
    while !front.is_empty() {
        staking::know(view, front.iter().map(|dep| disbursement_key(*dep)))?;
        let mut further = BTreeSet::new();
        for dep in front {
            meter.charge(GAS_PER_VISIT)?;
            if dep == number {
                return Err(TreasuryError::CircularDependency.into());
            }
            visited.insert(dep);
            if visited.len() > MAX_VISITED {
                return Err(TreasuryError::DependencyLimit.into());
            }
            if let Some(record) = store::load_disbursement(view, dep)? {
                further.extend(record.deps.iter().copied());
            }
        }
        front = further.difference(&visited).copied().collect();
    }
    Ok(())
}
