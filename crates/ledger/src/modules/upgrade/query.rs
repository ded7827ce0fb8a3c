//! Read-only views of upgrades: the record, and who is ready.

use super::Protocol;
use crate::modules::registry::Node;
use althing_state::StateKey;
use althing_types::{Timestamp, Version};
use commonware_codec::{Copying, DecodeExt as _, Error};

/// Heartbeats that may be missing before nobody knows what a node runs.
const RECENT_HEARTBEATS: u64 = 3;

/// The key of the version of the rules that hold, and of what is planned.
pub const fn protocol_key() -> StateKey {
    super::PROTOCOL
}

/// Reads the record under that key.
///
/// # Errors
/// A codec error if the bytes are no such record.
pub fn decode_protocol(value: &[u8]) -> Result<Protocol, Error> {
    Protocol::decode(Copying(value))
}

/// Whether a node said, with a heartbeat that is not older than three of its intervals, that it knows
/// the rules of `version`.
pub fn is_ready(node: &Node, version: Version, now: Timestamp) -> bool {
    let recent = node.interval_ms.saturating_mul(RECENT_HEARTBEATS);
    let heard = node.last.is_some_and(|last| now.get().saturating_sub(last.get()) <= recent);
    heard && node.health.is_some_and(|health| health.protocol >= version)
}
