//! What the safety override and emergencies do to the configuration, without a proposal about it.

use super::{NETWORK, Network, Rollout, Spec, api::activate, error::NetworkError, spec_key, store};
use crate::{
    error::{Failure, Fault},
    modules::staking::{self, BlockMoment},
};
use althing_state::{StateKey, View};
use althing_types::{
    Event, Height,
    network::{NetworkSpec, RollbackReason, SpecStatus},
};

/// The version that was in force, and the one that took its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Replaced {
    pub(crate) before: u64,
    pub(crate) now: u64,
}

/// Whether this configuration could take the place of version `base`, which must be in force.
pub(crate) fn check_set(view: &View, base: u64, spec: &NetworkSpec) -> Result<(), Failure> {
    staking::know(view, [NETWORK])?;
    if spec.validate().is_err() {
        return Err(NetworkError::Bounds.into());
    }
    let same = store::load_network(view)?.current == base;
    if same { Ok(()) } else { Err(NetworkError::Changed.into()) }
}

/// Puts a configuration in force at once, that `proposal` asked for, 0 if none did. What others try is
/// rolled back.
pub(crate) fn set(
    view: &mut View,
    moment: &BlockMoment<'_>,
    (base, proposal): (u64, u64),
    document: &NetworkSpec,
    events: &mut Vec<Event>,
) -> Result<Replaced, Failure> {
    check_set(view, base, document)?;
    let mut network = begin(view, moment.height, events)?;
    let version = network.next;
    let what = "every number of a version is used";
    network.next = version.checked_add(1).ok_or(Fault::Corrupt { key: NETWORK, what })?;
    let spec = Spec {
        document: document.clone(),
        base,
        proposal,
        made: moment.height,
        status: SpecStatus::Active,
        since: moment.height,
        reason: None,
        health: None,
        adopted: 0,
    };
    staking::know(view, [spec_key(version)])?;
    activate(view, &mut network, (version, spec), moment.height, events)?;
    store::save_network(view, &network)?;
    Ok(Replaced { before: base, now: version })
}

/// Whether a version could be taken back: it is tried, or it is in force and not the first one.
pub(crate) fn check_take_back(view: &View, version: u64) -> Result<bool, Failure> {
    staking::know(view, [NETWORK])?;
    let network = store::load_network(view)?;
    if version >= network.next {
        return Err(NetworkError::Unknown.into());
    }
    if is_staged(&network, version) {
        return Ok(true);
    }
    if network.current != version {
        return Ok(false);
    }
    staking::know(view, [spec_key(version)])?;
    Ok(store::require_spec(view, version)?.base != 0)
}

fn is_staged(network: &Network, version: u64) -> bool {
    network.staged.is_some_and(|rollout| rollout.version == version)
}

/// Takes a version back: one that is tried is tried no more, and in the place of the one in force that
/// one returns that it was made for. Returns what took whose place.
pub(crate) fn take_back(
    view: &mut View,
    height: Height,
    version: u64,
    events: &mut Vec<Event>,
) -> Result<Option<Replaced>, Fault> {
    let tried = is_staged(&store::load_network(view)?, version);
    if tried {
        let network = begin(view, height, events)?;
        store::save_network(view, &network)?;
        return Ok(None);
    }
    staking::know(view, [spec_key(version)])?;
    let now = store::require_spec(view, version)?.base;
    put_back(view, height, now, events)?;
    Ok(Some(Replaced { before: version, now }))
}

/// Puts an earlier version in force again.
pub(crate) fn put_back(
    view: &mut View,
    height: Height,
    version: u64,
    events: &mut Vec<Event>,
) -> Result<(), Fault> {
    let mut network = begin(view, height, events)?;
    staking::know(view, [spec_key(version)])?;
    let spec = Spec { reason: None, ..store::require_spec(view, version)? };
    activate(view, &mut network, (version, spec), height, events)?;
    store::save_network(view, &network)
}

/// The version that is in force.
pub(crate) fn current(view: &View) -> Result<u64, Fault> {
    Ok(store::load_network(view)?.current)
}

/// Lets nobody try anything any more, and knows all that another configuration touches.
fn begin(view: &mut View, height: Height, events: &mut Vec<Event>) -> Result<Network, Fault> {
    let mut keys = Vec::new();
    replace_keys(view, &mut keys)?;
    staking::know(view, keys)?;
    let mut network = store::load_network(view)?;
    if let Some(Rollout { version, .. }) = network.staged.take() {
        let mut spec = store::require_spec(view, version)?;
        let reason = RollbackReason::Overridden;
        spec.reason = Some(reason);
        spec.enter(SpecStatus::RolledBack, height);
        store::save_spec(view, version, &spec)?;
        store::remove_cohort(view, version);
        events.push(Event::SpecRolledBack { version, proposal: spec.proposal, reason });
    }
    Ok(network)
}

/// Keys that putting another version in force touches, besides that version, as far as what the view
/// knows tells.
pub(crate) fn replace_keys(view: &View, out: &mut Vec<StateKey>) -> Result<(), Fault> {
    out.push(NETWORK);
    if view.knows(&NETWORK) {
        let network = store::load_network(view)?;
        out.push(spec_key(network.current));
        out.extend(network.staged.map(|rollout| spec_key(rollout.version)));
        out.extend(network.offered.iter().map(|version| spec_key(*version)));
    }
    Ok(())
}
