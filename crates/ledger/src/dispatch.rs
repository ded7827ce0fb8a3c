//! The one place that tells messages apart. A new message adds one arm to each function here.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        bank::tx::transfer,
        beacon::tx::commit_randomness,
        compute::tx::{
            attest, cancel_task, claim_rewards, commit_results, create_task, leave_work,
            prove_wrong, register_worker, request_benchmark, reveal_plant, take_work,
            update_worker, vote_results, worker_heartbeat,
        },
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
        Payload::RegisterWorker(_) => register_worker::GAS,
        Payload::UpdateWorker(_) => update_worker::GAS,
        Payload::LeaveWork(_) => leave_work::GAS,
        Payload::WorkerHeartbeat(_) => worker_heartbeat::GAS,
        Payload::Attest(_) => attest::GAS,
        Payload::RequestBenchmark(_) => request_benchmark::GAS,
        Payload::TakeWork(_) => take_work::GAS,
        Payload::CreateTask(_) => create_task::GAS,
        Payload::CancelTask(_) => cancel_task::GAS,
        Payload::CommitResults(_) => commit_results::GAS,
        Payload::VoteResults(_) => vote_results::GAS,
        Payload::ProveWrong(_) => prove_wrong::GAS,
        Payload::RevealPlant(_) => reveal_plant::GAS,
        Payload::ClaimRewards(_) => claim_rewards::GAS,
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
    ("register-worker", register_worker::GAS),
    ("update-worker", update_worker::GAS),
    ("leave-work", leave_work::GAS),
    ("worker-heartbeat", worker_heartbeat::GAS),
    ("attest", attest::GAS),
    ("request-benchmark", request_benchmark::GAS),
    ("take-work", take_work::GAS),
    ("create-task", create_task::GAS),
    ("cancel-task", cancel_task::GAS),
    ("commit-results", commit_results::GAS),
    ("vote-results", vote_results::GAS),
    ("prove-wrong", prove_wrong::GAS),
    ("reveal-plant", reveal_plant::GAS),
    ("claim-rewards", claim_rewards::GAS),
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
        Payload::RegisterWorker(message) => register_worker::validate(message),
        Payload::UpdateWorker(message) => update_worker::validate(message),
        Payload::LeaveWork(message) => leave_work::validate(message),
        Payload::WorkerHeartbeat(message) => worker_heartbeat::validate(message),
        Payload::Attest(message) => attest::validate(message),
        Payload::RequestBenchmark(message) => request_benchmark::validate(message),
        Payload::TakeWork(message) => take_work::validate(message),
        Payload::CreateTask(message) => create_task::validate(message),
        Payload::CancelTask(message) => cancel_task::validate(message),
        Payload::CommitResults(message) => commit_results::validate(message),
        Payload::VoteResults(message) => vote_results::validate(message),
        Payload::ProveWrong(message) => prove_wrong::validate(message),
        Payload::RevealPlant(message) => reveal_plant::validate(message),
        Payload::ClaimRewards(message) => claim_rewards::validate(message),
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
        Payload::RegisterWorker(message) => register_worker::keys(message, sender, out),
        Payload::UpdateWorker(message) => update_worker::keys(message, sender, out),
        Payload::LeaveWork(message) => leave_work::keys(message, sender, out),
        Payload::WorkerHeartbeat(message) => worker_heartbeat::keys(message, sender, out),
        Payload::Attest(message) => attest::keys(message, sender, out),
        Payload::RequestBenchmark(message) => request_benchmark::keys(message, sender, out),
        Payload::TakeWork(message) => take_work::keys(message, sender, out),
        Payload::CreateTask(message) => create_task::keys(message, sender, out),
        Payload::CancelTask(message) => cancel_task::keys(message, sender, out),
        Payload::CommitResults(message) => commit_results::keys(message, sender, out),
        Payload::VoteResults(message) => vote_results::keys(message, sender, out),
        Payload::ProveWrong(message) => prove_wrong::keys(message, sender, out),
        Payload::RevealPlant(message) => reveal_plant::keys(message, sender, out),
        Payload::ClaimRewards(message) => claim_rewards::keys(message, sender, out),
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
        Payload::RegisterWorker(message) => register_worker::execute(message, context),
        Payload::UpdateWorker(message) => update_worker::execute(message, context),
        Payload::LeaveWork(message) => leave_work::execute(message, context),
        Payload::WorkerHeartbeat(message) => worker_heartbeat::execute(message, context),
        Payload::Attest(message) => attest::execute(message, context),
        Payload::RequestBenchmark(message) => request_benchmark::execute(message, context),
        Payload::TakeWork(message) => take_work::execute(message, context),
        Payload::CreateTask(message) => create_task::execute(message, context),
        Payload::CancelTask(message) => cancel_task::execute(message, context),
        Payload::CommitResults(message) => commit_results::execute(message, context),
        Payload::VoteResults(message) => vote_results::execute(message, context),
        Payload::ProveWrong(message) => prove_wrong::execute(message, context),
        Payload::RevealPlant(message) => reveal_plant::execute(message, context),
        Payload::ClaimRewards(message) => claim_rewards::execute(message, context),
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
