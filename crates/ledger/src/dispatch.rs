//! The one place that tells messages apart. A new message adds one arm to each function here.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        bank::tx::transfer,
        beacon::tx::commit_randomness,
        governance::tx::{cancel_proposal, set_preferences, submit_proposal, vote},
        network::tx::adopt_spec,
        performance::tx::{submit_evidence, unjail},
        registry::tx::{heartbeat, register_node},
        safety::tx::approve,
        staking::tx::{delegate, redelegate, stake, undelegate, unstake, update_validator},
        treasury::tx::advance_disbursement,
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, Payload};

/// Gas of the message itself.
pub(crate) const fn gas(payload: &Payload) -> u64 {
    match payload {
        Payload::Transfer(_) => transfer::GAS,
        Payload::Stake(_) => stake::GAS,
        Payload::Unstake(_) => unstake::GAS,
        Payload::UpdateValidator(_) => update_validator::GAS,
        Payload::Delegate(_) => delegate::GAS,
        Payload::Undelegate(_) => undelegate::GAS,
        Payload::Redelegate(_) => redelegate::GAS,
        Payload::Unjail(_) => unjail::GAS,
        Payload::SubmitEvidence(_) => submit_evidence::GAS,
        Payload::RegisterNode(_) => register_node::GAS,
        Payload::Heartbeat(_) => heartbeat::GAS,
        Payload::SubmitProposal(_) => submit_proposal::GAS,
        Payload::Vote(_) => vote::GAS,
        Payload::CancelProposal(_) => cancel_proposal::GAS,
        Payload::SetPreferences(_) => set_preferences::GAS,
        Payload::AdvanceDisbursement(_) => advance_disbursement::GAS,
        Payload::AdoptSpec(_) => adopt_spec::GAS,
        Payload::Override(_) => approve::GAS,
        Payload::CommitRandomness(_) => commit_randomness::GAS,
    }
}

/// Gas of each message, by its name.
pub(crate) const GAS: &[(&str, u64)] = &[
    ("transfer", transfer::GAS),
    ("stake", stake::GAS),
    ("unstake", unstake::GAS),
    ("update-validator", update_validator::GAS),
    ("delegate", delegate::GAS),
    ("undelegate", undelegate::GAS),
    ("redelegate", redelegate::GAS),
    ("unjail", unjail::GAS),
    ("submit-evidence", submit_evidence::GAS),
    ("register-node", register_node::GAS),
    ("heartbeat", heartbeat::GAS),
    ("submit-proposal", submit_proposal::GAS),
    ("vote", vote::GAS),
    ("cancel-proposal", cancel_proposal::GAS),
    ("set-preferences", set_preferences::GAS),
    ("advance-disbursement", advance_disbursement::GAS),
    ("adopt-spec", adopt_spec::GAS),
    ("override", approve::GAS),
    ("commit-randomness", commit_randomness::GAS),
];

/// Checks the fields of the message.
pub(crate) fn validate(payload: &Payload) -> Result<(), Invalid> {
    match payload {
        Payload::Transfer(message) => transfer::validate(message),
        Payload::Stake(message) => stake::validate(message),
        Payload::Unstake(message) => unstake::validate(message),
        Payload::UpdateValidator(message) => update_validator::validate(message),
        Payload::Delegate(message) => delegate::validate(message),
        Payload::Undelegate(message) => undelegate::validate(message),
        Payload::Redelegate(message) => redelegate::validate(message),
        Payload::Unjail(message) => unjail::validate(message),
        Payload::SubmitEvidence(message) => submit_evidence::validate(message),
        Payload::RegisterNode(message) => register_node::validate(message),
        Payload::Heartbeat(message) => heartbeat::validate(message),
        Payload::SubmitProposal(message) => submit_proposal::validate(message),
        Payload::Vote(message) => vote::validate(message),
        Payload::CancelProposal(message) => cancel_proposal::validate(message),
        Payload::SetPreferences(message) => set_preferences::validate(message),
        Payload::AdvanceDisbursement(message) => advance_disbursement::validate(message),
        Payload::AdoptSpec(message) => adopt_spec::validate(message),
        Payload::Override(message) => approve::validate(message),
        Payload::CommitRandomness(message) => commit_randomness::validate(message),
    }
}

/// Adds the keys that the message surely touches, besides the sender's account.
pub(crate) fn keys(payload: &Payload, sender: &Address, out: &mut Vec<StateKey>) {
    match payload {
        Payload::Transfer(message) => transfer::keys(message, sender, out),
        Payload::Stake(message) => stake::keys(message, sender, out),
        Payload::Unstake(message) => unstake::keys(message, sender, out),
        Payload::UpdateValidator(message) => update_validator::keys(message, sender, out),
        Payload::Delegate(message) => delegate::keys(message, sender, out),
        Payload::Undelegate(message) => undelegate::keys(message, sender, out),
        Payload::Redelegate(message) => redelegate::keys(message, sender, out),
        Payload::Unjail(message) => unjail::keys(message, sender, out),
        Payload::SubmitEvidence(message) => submit_evidence::keys(message, sender, out),
        Payload::RegisterNode(message) => register_node::keys(message, sender, out),
        Payload::Heartbeat(message) => heartbeat::keys(message, sender, out),
        Payload::SubmitProposal(message) => submit_proposal::keys(message, sender, out),
        Payload::Vote(message) => vote::keys(message, sender, out),
        Payload::CancelProposal(message) => cancel_proposal::keys(message, sender, out),
        Payload::SetPreferences(message) => set_preferences::keys(message, sender, out),
        Payload::AdvanceDisbursement(message) => advance_disbursement::keys(message, sender, out),
        Payload::AdoptSpec(message) => adopt_spec::keys(message, sender, out),
        Payload::Override(message) => approve::keys(message, sender, out),
        Payload::CommitRandomness(message) => commit_randomness::keys(message, sender, out),
    }
}

/// Runs the message. Its writes are dropped if it fails.
pub(crate) fn execute(payload: &Payload, context: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    match payload {
        Payload::Transfer(message) => transfer::execute(message, context),
        Payload::Stake(message) => stake::execute(message, context),
        Payload::Unstake(message) => unstake::execute(message, context),
        Payload::UpdateValidator(message) => update_validator::execute(message, context),
        Payload::Delegate(message) => delegate::execute(message, context),
        Payload::Undelegate(message) => undelegate::execute(message, context),
        Payload::Redelegate(message) => redelegate::execute(message, context),
        Payload::Unjail(message) => unjail::execute(message, context),
        Payload::SubmitEvidence(message) => submit_evidence::execute(message, context),
        Payload::RegisterNode(message) => register_node::execute(message, context),
        Payload::Heartbeat(message) => heartbeat::execute(message, context),
        Payload::SubmitProposal(message) => submit_proposal::execute(message, context),
        Payload::Vote(message) => vote::execute(message, context),
        Payload::CancelProposal(message) => cancel_proposal::execute(message, context),
        Payload::SetPreferences(message) => set_preferences::execute(message, context),
        Payload::AdvanceDisbursement(message) => advance_disbursement::execute(message, context),
        Payload::AdoptSpec(message) => adopt_spec::execute(message, context),
        Payload::Override(message) => approve::execute(message, context),
        Payload::CommitRandomness(message) => commit_randomness::execute(message, context),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_has_its_gas() {
        let names: Vec<&str> = Payload::NAMES.iter().map(|(_, name)| *name).collect();
        assert_eq!(GAS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
    }
}
