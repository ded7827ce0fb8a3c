use super::store;
use crate::error::Fault;
use althing_state::View;
use althing_types::{Ppm, Timestamp, ValidatorKey, message::Health};

/// The part of its due heartbeats that a validator's node sent; the whole if none was due yet, and
/// nothing if the node was never heard.
pub(crate) fn uptime(view: &View, validator: &ValidatorKey, now: Timestamp) -> Result<Ppm, Fault> {
    let Some(node) = store::load(view, validator)? else { return Ok(Ppm::ZERO) };
    let (_, due) = node.heard(now);
    Ok(if due == 0 { Ppm::ONE } else { node.score(now) })
}

/// What a validator's node said with its last heartbeat.
pub(crate) fn health(view: &View, validator: &ValidatorKey) -> Result<Option<Health>, Fault> {
    Ok(store::load(view, validator)?.and_then(|node| node.health))
}
