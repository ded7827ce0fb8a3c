//! What `governance` asks of the configuration, as a proposal goes on.

use super::{
    MAX_OFFERED, NETWORK, Network, Spec, adoption_key, error::NetworkError, rollout, spec_key,
    store,
};
use crate::{
    error::{Failure, Fault},
    modules::staking::{self, BlockMoment},
};
use althing_state::{StateKey, View};
use althing_types::{
    Event, Height, List, ValidatorKey,
    governance::Criticality,
    network::{Adoption, NetworkSpec, RolloutPlan, SpecStatus},
};

/// What a proposal wants to be the configuration.
pub(crate) struct Change<'a> {
    pub(crate) base: u64,
    pub(crate) spec: &'a NetworkSpec,
    pub(crate) rollout: Option<&'a RolloutPlan>,
}

/// Whether the change could happen now.
pub(crate) fn check(view: &View, change: &Change<'_>) -> Result<Network, Failure> {
    staking::know(view, [NETWORK])?;
    let network = store::load_network(view)?;
    let plan = change.rollout.is_none_or(|plan| plan.validate().is_ok());
    if !plan || change.spec.validate().is_err() {
        return Err(NetworkError::Bounds.into());
    }
    if network.staged.is_some() {
        return Err(NetworkError::RolloutRunning.into());
    }
    if network.current != change.base {
        return Err(NetworkError::Changed.into());
    }
    Ok(network)
}

/// Makes a version of it: offered if it is each validator's own choice, tried by some if there is a
/// plan for that, and in force otherwise.
pub(crate) fn enact(
    view: &mut View,
    moment: &BlockMoment<'_>,
    (proposal, criticality): (u64, Criticality),
    change: &Change<'_>,
) -> Result<Vec<Event>, Failure> {
    let mut network = check(view, change)?;
    let version = network.next;
    let what = "every number of a version is used";
    network.next = version.checked_add(1).ok_or(Fault::Corrupt { key: NETWORK, what })?;
    let spec = Spec {
        document: change.spec.clone(),
        base: change.base,
        proposal,
        made: moment.height,
        status: SpecStatus::Staged,
        since: moment.height,
        reason: None,
        health: None,
        adopted: 0,
    };
    let mut events = Vec::new();
    match change.rollout {
        _ if criticality == Criticality::Optional => {
            offer(view, &mut network, (version, spec), moment.height, &mut events)?;
        }
        Some(plan) => {
            let cohort = rollout::begin(view, moment, (version, plan))?;
            let until = moment.after(plan.watch);
            network.staged = Some(super::Rollout { version, plan: *plan, until });
            store::save_spec(view, version, &spec)?;
            events.push(Event::SpecStaged { version, proposal, cohort, until });
        }
        None => {
            activate(view, &mut network, (version, spec), moment.height, &mut events)?;
        }
    }
    store::save_network(view, &network)?;
    Ok(events)
}

/// Lets each validator choose a version. The oldest of too many is withdrawn.
fn offer(
    view: &mut View,
    network: &mut Network,
    (version, mut spec): (u64, Spec),
    height: Height,
    events: &mut Vec<Event>,
) -> Result<(), Fault> {
    let mut offered = network.offered.to_vec();
    if offered.len() >= MAX_OFFERED {
        withdraw(view, offered.remove(0), height, events)?;
    }
    offered.push(version);
    network.offered = List::new(offered).unwrap_or_default();
    spec.enter(SpecStatus::Offered, height);
    store::save_spec(view, version, &spec)?;
    events.push(Event::SpecOffered { version, proposal: spec.proposal });
    Ok(())
}

fn withdraw(
    view: &mut View,
    version: u64,
    height: Height,
    events: &mut Vec<Event>,
) -> Result<(), Fault> {
    let mut spec = store::require_spec(view, version)?;
    spec.enter(SpecStatus::Superseded, height);
    store::save_spec(view, version, &spec)?;
    events.push(Event::SpecWithdrawn { version });
    Ok(())
}

/// Puts a version in force. What was offered was made for another one, and is withdrawn.
pub(super) fn activate(
    view: &mut View,
    network: &mut Network,
    (version, mut spec): (u64, Spec),
    height: Height,
    events: &mut Vec<Event>,
) -> Result<(), Fault> {
    let previous = network.current;
    let mut before = store::require_spec(view, previous)?;
    before.enter(SpecStatus::Superseded, height);
    store::save_spec(view, previous, &before)?;
    spec.enter(SpecStatus::Active, height);
    store::save_spec(view, version, &spec)?;
    network.current = version;
    events.push(Event::SpecActivated { version, previous, proposal: spec.proposal });
    for offered in core::mem::take(&mut network.offered).iter() {
        withdraw(view, *offered, height, events)?;
    }
    Ok(())
}

/// Keys that a change touches, as far as what the view knows tells.
pub(crate) fn keys(
    view: &View,
    moment: &BlockMoment<'_>,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    out.push(NETWORK);
    if view.knows(&NETWORK) {
        let network = store::load_network(view)?;
        out.extend([network.current, network.next].map(spec_key));
        out.extend(network.offered.iter().map(|version| spec_key(*version)));
        out.push(super::cohort_key(network.next));
    }
    rollout::keys(view, moment, out)
}

/// Forgets what a validator chose that is no more.
pub(crate) fn forget(view: &mut View, validator: &ValidatorKey) -> Result<(), Fault> {
    staking::know(view, [adoption_key(validator)])?;
    let Some(Adoption { version, .. }) = store::load_adoption(view, validator)? else {
        return Ok(());
    };
    staking::know(view, [spec_key(version)])?;
    let mut spec = store::require_spec(view, version)?;
    spec.adopted = spec.adopted.saturating_sub(1);
    store::save_spec(view, version, &spec)?;
    view.set(adoption_key(validator), None);
    Ok(())
}

/// Keys that this touches, as far as what the view knows tells.
pub(crate) fn forget_keys(
    view: &View,
    validator: &ValidatorKey,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    out.push(adoption_key(validator));
    if view.knows(&adoption_key(validator)) {
        let adoption = store::load_adoption(view, validator)?;
        out.extend(adoption.map(|adoption| spec_key(adoption.version)));
    }
    Ok(())
}
