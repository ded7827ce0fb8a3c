//! Read-only views of the safety override: keys and records.

use super::{Call, Changes, Safety};
use althing_types::Hash;

crate::records::records! {
    /// The key of the safety override; absent if there is none.
    safety_key() decode_safety -> Safety = super::SAFETY;
    /// The key of a call that waits for approvals, by [`Call::id`].
    call_key(id: Hash) decode_call -> Call = super::call_key(&id);
    /// The key of what holds until it lapses.
    changes_key() decode_changes -> Changes = super::CHANGES;
}
