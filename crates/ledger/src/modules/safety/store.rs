use super::{CHANGES, Call, Changes, SAFETY, Safety, call_key};
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::Hash;

/// The override; `None` if there is none.
pub(super) fn load_safety(view: &View) -> Result<Option<Safety>, Fault> {
    store::load(view, &SAFETY, "the record of the safety override does not decode")
}

pub(super) fn save_safety(view: &mut View, safety: &Safety) -> Result<(), Fault> {
    store::save(view, SAFETY, safety)
}

/// Removes the override and every call.
pub(super) fn remove_safety(view: &mut View) {
    view.set(SAFETY, None);
}

/// A call that waits for approvals; `None` if there is no such call.
pub(super) fn load_call(view: &View, id: &Hash) -> Result<Option<Call>, Fault> {
    store::load(view, &call_key(id), "a call of the safety override does not decode")
}

pub(super) fn save_call(view: &mut View, id: &Hash, call: &Call) -> Result<(), Fault> {
    store::save(view, call_key(id), call)
}

pub(super) fn remove_call(view: &mut View, id: &Hash) {
    view.set(call_key(id), None);
}

pub(super) fn load_changes(view: &View) -> Result<Changes, Fault> {
    store::require(view, &CHANGES, "the list of changes is absent or does not decode")
}

pub(super) fn save_changes(view: &mut View, changes: &Changes) -> Result<(), Fault> {
    store::save(view, CHANGES, changes)
}
