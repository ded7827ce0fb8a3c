//! What `governance` and an override ask for.

use super::{PROTOCOL, Plan, Protocol, error::UpgradeError, store};
use crate::{
    error::{Failure, Fault},
    modules::staking::{self, BlockMoment},
    versions,
};
use althing_state::View;
use althing_types::{Event, Height, Version, governance::UpgradeEnd};

/// Furthest ahead that an upgrade may be planned, in blocks.
const MAX_AHEAD: u64 = 10_000_000;

/// The version of the rules that hold.
pub(crate) fn version(view: &View) -> Result<Version, Fault> {
    Ok(store::load(view)?.version)
}

/// Whether an upgrade could be planned now.
pub(crate) fn check_plan(
    view: &View,
    moment: &BlockMoment<'_>,
    version: Version,
    height: Option<Height>,
) -> Result<(), Failure> {
    free(view, version)?;
    let furthest = moment.height.get().saturating_add(MAX_AHEAD);
    let possible = |height: Height| height > moment.height && height.get() <= furthest;
    if height.is_none_or(possible) { Ok(()) } else { Err(UpgradeError::Height.into()) }
}

/// The present state of things, if another version could be planned.
fn free(view: &View, version: Version) -> Result<Protocol, Failure> {
    staking::know(view, [PROTOCOL])?;
    let protocol = store::load(view)?;
    if protocol.plan.is_some() {
        return Err(UpgradeError::Scheduled.into());
    }
    if !versions::follows(protocol.version, version) {
        return Err(UpgradeError::Version.into());
    }
    Ok(protocol)
}

/// Plans an upgrade for this height, or for the next block if that has passed by now.
pub(crate) fn plan(
    view: &mut View,
    moment: &BlockMoment<'_>,
    proposal: u64,
    (version, height): (Version, Option<Height>),
) -> Result<Vec<Event>, Failure> {
    let protocol = free(view, version)?;
    let next = moment.height.next().ok_or(UpgradeError::Height)?;
    let height = height.map_or(next, |height| height.max(next));
    let plan = Some(Plan { version, height, proposal, postponed: 0 });
    store::save(view, &Protocol { plan, ..protocol })?;
    Ok(vec![Event::UpgradeScheduled { proposal, version, height }])
}

/// Whether an upgrade to this version is planned.
pub(crate) fn check_cancel(view: &View, version: Version) -> Result<(), Failure> {
    staking::know(view, [PROTOCOL])?;
    let plan = store::load(view)?.plan;
    let same = plan.is_some_and(|plan| plan.version == version);
    if same { Ok(()) } else { Err(UpgradeError::NotScheduled.into()) }
}

/// Gives up the upgrade that is planned to this version.
pub(crate) fn cancel(
    view: &mut View,
    version: Version,
    reason: UpgradeEnd,
) -> Result<Vec<Event>, Failure> {
    check_cancel(view, version)?;
    let protocol = store::load(view)?;
    let Some(Plan { proposal, .. }) = protocol.plan else { return Ok(Vec::new()) };
    store::save(view, &Protocol { plan: None, ..protocol })?;
    Ok(vec![Event::UpgradeCancelled { proposal, version, reason }])
}
