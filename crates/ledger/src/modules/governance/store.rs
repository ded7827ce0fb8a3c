use super::{
    AGENDA, AccountVote, Agenda, Electorate, Power, Proposal, Standing, ValidatorVote,
    account_vote_key, electorate_key, power_key, preferences_key, proposal_key, standing_key,
    validator_vote_key,
};
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::{Address, Epoch, ValidatorKey, governance::Preferences};

pub(super) fn load_agenda(view: &View) -> Result<Agenda, Fault> {
    store::require(view, &AGENDA, "the agenda of proposals is absent or does not decode")
}

pub(super) fn save_agenda(view: &mut View, agenda: &Agenda) -> Result<(), Fault> {
    store::save(view, AGENDA, agenda)
}

pub(super) fn require_proposal(view: &View, number: u64) -> Result<Proposal, Fault> {
    store::require(view, &proposal_key(number), "a proposal is absent or does not decode")
}

pub(super) fn save_proposal(
    view: &mut View,
    number: u64,
    proposal: &Proposal,
) -> Result<(), Fault> {
    store::save(view, proposal_key(number), proposal)
}

/// How a proposal stands; `None` if there is no such proposal.
pub(super) fn load_standing(view: &View, number: u64) -> Result<Option<Standing>, Fault> {
    store::load(view, &standing_key(number), "the standing of a proposal does not decode")
}

pub(super) fn require_standing(view: &View, number: u64) -> Result<Standing, Fault> {
    let what = "the standing of a proposal is absent or does not decode";
    store::require(view, &standing_key(number), what)
}

pub(super) fn save_standing(
    view: &mut View,
    number: u64,
    standing: &Standing,
) -> Result<(), Fault> {
    store::save(view, standing_key(number), standing)
}

pub(super) fn require_electorate(view: &View, epoch: Epoch) -> Result<Electorate, Fault> {
    store::require(view, &electorate_key(epoch), "an electorate is absent or does not decode")
}

pub(super) fn save_electorate(
    view: &mut View,
    epoch: Epoch,
    electorate: &Electorate,
) -> Result<(), Fault> {
    store::save(view, electorate_key(epoch), electorate)
}

/// Removes the weights of an epoch.
pub(super) fn remove_electorate(view: &mut View, epoch: Epoch, Electorate(of): &Electorate) {
    for validator in of {
        view.set(power_key(epoch, validator), None);
    }
    view.set(electorate_key(epoch), None);
}

/// The weight of a validator when an epoch began; `None` if it was no candidate then.
pub(super) fn load_power(
    view: &View,
    epoch: Epoch,
    validator: &ValidatorKey,
) -> Result<Option<Power>, Fault> {
    store::load(view, &power_key(epoch, validator), "the weight of a validator does not decode")
}

pub(super) fn save_power(
    view: &mut View,
    epoch: Epoch,
    validator: &ValidatorKey,
    power: &Power,
) -> Result<(), Fault> {
    store::save(view, power_key(epoch, validator), power)
}

/// How a validator votes; nothing if nobody with stake in it has voted.
pub(super) fn load_validator_vote(
    view: &View,
    number: u64,
    validator: &ValidatorKey,
) -> Result<ValidatorVote, Fault> {
    let key = validator_vote_key(number, validator);
    Ok(store::load(view, &key, "the vote of a validator does not decode")?.unwrap_or_default())
}

pub(super) fn save_validator_vote(
    view: &mut View,
    number: u64,
    validator: &ValidatorKey,
    vote: &ValidatorVote,
) -> Result<(), Fault> {
    store::save(view, validator_vote_key(number, validator), vote)
}

/// How an account votes; `None` if it has not voted.
pub(super) fn load_account_vote(
    view: &View,
    number: u64,
    voter: &Address,
) -> Result<Option<AccountVote>, Fault> {
    let key = account_vote_key(number, voter);
    store::load(view, &key, "the vote of an account does not decode")
}

pub(super) fn save_account_vote(
    view: &mut View,
    number: u64,
    voter: &Address,
    vote: &AccountVote,
) -> Result<(), Fault> {
    store::save(view, account_vote_key(number, voter), vote)
}

/// What a validator leaves to its node; `None` if nothing.
pub(crate) fn load_preferences(
    view: &View,
    validator: &ValidatorKey,
) -> Result<Option<Preferences>, Fault> {
    let what = "the preferences of a validator do not decode";
    store::load(view, &preferences_key(validator), what)
}

/// Writes what a validator leaves to its node, or removes it.
pub(super) fn save_preferences(
    view: &mut View,
    validator: &ValidatorKey,
    preferences: Option<&Preferences>,
) -> Result<(), Fault> {
    match preferences {
        Some(preferences) => store::save(view, preferences_key(validator), preferences),
        None => {
            view.set(preferences_key(validator), None);
            Ok(())
        }
    }
}
