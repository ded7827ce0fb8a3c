use super::{
    Dependents, Disbursement, PENDING, Pending, TREASURY, Treasury, dependents_key,
    disbursement_key,
};
use crate::{error::Fault, store};
use althing_state::View;

pub(super) fn load_treasury(view: &View) -> Result<Treasury, Fault> {
    store::require(view, &TREASURY, "the record of the treasury is absent or does not decode")
}

pub(super) fn save_treasury(view: &mut View, treasury: &Treasury) -> Result<(), Fault> {
    store::save(view, TREASURY, treasury)
}

pub(super) fn load_pending(view: &View) -> Result<Pending, Fault> {
    store::require(view, &PENDING, "the list of disbursements is absent or does not decode")
}

pub(super) fn save_pending(view: &mut View, pending: &Pending) -> Result<(), Fault> {
    store::save(view, PENDING, pending)
}

/// A disbursement; `None` if there is none of this number.
pub(super) fn load_disbursement(view: &View, number: u64) -> Result<Option<Disbursement>, Fault> {
    store::load(view, &disbursement_key(number), "a disbursement does not decode")
}

pub(super) fn require_disbursement(view: &View, number: u64) -> Result<Disbursement, Fault> {
    let what = "a disbursement is absent or does not decode";
    store::require(view, &disbursement_key(number), what)
}

pub(super) fn save_disbursement(
    view: &mut View,
    number: u64,
    disbursement: &Disbursement,
) -> Result<(), Fault> {
    store::save(view, disbursement_key(number), disbursement)
}

/// The disbursements that depend on one, also on one that does not exist yet.
pub(super) fn load_dependents(view: &View, number: u64) -> Result<Dependents, Fault> {
    let what = "a list of dependents does not decode";
    Ok(store::load(view, &dependents_key(number), what)?.unwrap_or_default())
}

pub(super) fn save_dependents(
    view: &mut View,
    number: u64,
    dependents: &Dependents,
) -> Result<(), Fault> {
    store::save(view, dependents_key(number), dependents)
}
