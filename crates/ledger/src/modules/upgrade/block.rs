//! What the beginning of a block does: an upgrade that is due happens, is put off, or is given up.

use super::{FailedUpgrade, Plan, Protocol, query, store};
use crate::{
    error::Fault,
    migrations::{self, MigrationError, Moment},
    modules::{params, registry, staking, validators},
    versions::{Release, Releases},
};
use althing_state::View;
use althing_types::{
    Epoch, Event, Height, Version,
    governance::{UpgradeEnd, UpgradeFailure},
};

/// The block that begins.
pub(crate) struct Place {
    pub(crate) moment: Moment,
    pub(crate) epoch: Epoch,
    pub(crate) epoch_length: u64,
}

/// The rules of the block that begins.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) version: Version,
    pub(crate) events: Vec<Event>,
}

/// Why a block cannot begin.
#[derive(Debug)]
pub(crate) enum Stop {
    Fault(Fault),
    /// The block has rules that this software does not know.
    Unknown(Version),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Takes the step that is due. Nothing of the view may wait to be committed: what a migration that
/// fails has done is rolled back.
pub(crate) fn begin(view: &mut View, place: &Place, releases: &Releases) -> Result<Begun, Stop> {
    let before = store::load(view)?;
    let now = place.moment.height;
    if !releases.knows(before.version) {
        return Err(Stop::Unknown(before.version));
    }
    let due = before.plan.filter(|plan| plan.height <= now);
    let Some(plan) = due else {
        return Ok(Begun { version: before.version, events: Vec::new() });
    };
    let (ready, members) = readiness(view, place, plan.version)?;
    let params = params::load(view)?.upgrade;
    let wanted = u64::from(members).saturating_mul(params.min_ready.get().into());
    let (after, event) = if u64::from(ready).saturating_mul(1_000_000) < wanted {
        let again = next_epoch(place).filter(|_| u64::from(plan.postponed) < params.patience);
        put_off(before, plan, (ready, members), again)
    } else {
        let path = releases.path(before.version, plan.version);
        upgrade(view, before, plan, (path.as_deref(), place.moment))?
    };
    store::save(view, &after)?;
    Ok(Begun { version: after.version, events: vec![event] })
}

/// Of the members of the set, how many know the version, and how many there are.
fn readiness(view: &View, place: &Place, version: Version) -> Result<(u32, u32), Fault> {
    staking::know(view, [validators::set_key(place.epoch)])?;
    let set = validators::load_set(view, place.epoch)?;
    staking::know(view, set.entries().iter().map(|entry| registry::key(&entry.key)))?;
    let (mut ready, mut members) = (0u32, 0u32);
    for entry in set.entries() {
        members = members.saturating_add(1);
        let node = registry::load(view, &entry.key)?;
        let knows = node.is_some_and(|node| query::is_ready(&node, version, place.moment.time));
        ready = ready.saturating_add(knows.into());
    }
    Ok((ready, members))
}

/// The first block of the next epoch.
fn next_epoch(place: &Place) -> Option<Height> {
    let next = place.epoch.next()?.get();
    next.checked_mul(place.epoch_length).map(Height::new)
}

/// Asks again at another height, or never.
const fn put_off(
    before: Protocol,
    plan: Plan,
    (ready, members): (u32, u32),
    again: Option<Height>,
) -> (Protocol, Event) {
    let Plan { version, proposal, postponed, .. } = plan;
    match again {
        Some(height) => {
            let plan = Plan { height, postponed: postponed.saturating_add(1), ..plan };
            let event = Event::UpgradePostponed { proposal, version, ready, members, height };
            (Protocol { plan: Some(plan), ..before }, event)
        }
        None => {
            let reason = UpgradeEnd::NotReady;
            let event = Event::UpgradeCancelled { proposal, version, reason };
            (Protocol { plan: None, ..before }, event)
        }
    }
}

/// Runs the migrations. If they fail, the state and the rules stay as they were.
fn upgrade(
    view: &mut View,
    before: Protocol,
    plan: Plan,
    (path, moment): (Option<&[Release]>, Moment),
) -> Result<(Protocol, Event), Stop> {
    let Plan { version, proposal, .. } = plan;
    let path = path.ok_or(Stop::Unknown(version))?;
    match migrations::run(view, path, &moment) {
        Ok(()) => {
            let event = Event::Upgraded { proposal, from: before.version, to: version };
            Ok((before.upgraded(version, moment.height), event))
        }
        Err(MigrationError::Missing(missing)) => Err(Fault::Missing(missing).into()),
        Err(MigrationError::Failed { reason, .. }) => {
            view.rollback();
            Ok(before.failed(plan, moment.height, reason))
        }
    }
}

impl Protocol {
    /// Once the rules are those of `version`.
    pub(super) const fn upgraded(self, version: Version, since: Height) -> Self {
        Self { version, since, previous: Some(self.version), plan: None, failed: None }
    }

    /// Once this plan has failed.
    const fn failed(self, plan: Plan, height: Height, reason: UpgradeFailure) -> (Self, Event) {
        let Plan { version, proposal, .. } = plan;
        let failed = Some(FailedUpgrade { version, height, proposal, reason });
        let event = Event::UpgradeFailed { proposal, version, reason };
        (Self { plan: None, failed, ..self }, event)
    }
}
