//! Read-only views of governance: keys, records, and how a vote would end now.

use super::{
    AccountVote, Agenda, Electorate, Power, Proposal, Standing, ValidatorVote, action, tally,
};
use althing_types::{
    Address, ChainParams, Epoch, ValidatorKey,
    governance::{Action, Criticality, Houses, ParameterChange, Preferences, Rejection},
};

crate::records::records! {
    /// The key of the list of proposals that something will happen to.
    agenda_key() decode_agenda -> Agenda = super::AGENDA;
    /// The key of what was proposed.
    proposal_key(number: u64) decode_proposal -> Proposal = super::proposal_key(number);
    /// The key of how a proposal stands.
    standing_key(number: u64) decode_standing -> Standing = super::standing_key(number);
    /// The key of the validators that had a weight when an epoch began; gone when no vote uses it.
    electorate_key(epoch: Epoch) decode_electorate -> Electorate = super::electorate_key(epoch);
    /// The key of the weight of a validator when an epoch began; gone when no vote uses it.
    power_key(epoch: Epoch, validator: ValidatorKey) decode_power -> Power =
        super::power_key(epoch, &validator);
    /// The key of the vote of a validator; absent if nobody with stake in it has voted.
    validator_vote_key(number: u64, validator: ValidatorKey) decode_validator_vote -> ValidatorVote =
        super::validator_vote_key(number, &validator);
    /// The key of what a validator leaves to its node; absent if that is nothing.
    preferences_key(validator: ValidatorKey) decode_preferences -> Preferences =
        super::preferences_key(&validator);
    /// The key of the vote of an account; absent if it has not voted.
    account_vote_key(number: u64, voter: Address) decode_account_vote -> AccountVote =
        super::account_vote_key(number, &voter);
}

/// Who decides about the action; `None` if it cannot have this criticality.
pub fn houses(params: &ChainParams, action: &Action, criticality: Criticality) -> Option<Houses> {
    super::tracks::houses(params, action, criticality).ok()
}

/// How the vote would end if it ended now: `None` before it has begun.
pub fn outcome(standing: &Standing) -> Option<Result<(), Rejection>> {
    standing.terms.map(|terms| tally::judge(standing, &terms))
}

/// The parameters after the changes; `None` if one is unknown, of another type, does not start from
/// the present value, or a bound would be broken.
pub fn params_after(present: &ChainParams, changes: &[ParameterChange]) -> Option<ChainParams> {
    action::params_after(present, changes).ok()
}
