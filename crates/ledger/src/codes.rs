//! The codes of receipts: why a transaction that entered a block, and paid, failed. Numbers are
//! stable and never reused; a retired code keeps its line.

use althing_types::Code;

/// Needs more gas than its limit.
pub const OUT_OF_GAS: Code = Code::new(1);
/// The sender owns less than it wants to send.
pub const INSUFFICIENT_BALANCE: Code = Code::new(2);
/// The recipient would own more than can be counted.
pub const BALANCE_OVERFLOW: Code = Code::new(3);
/// The recipient is a protocol account that takes no transfers.
pub const RECIPIENT_CLOSED: Code = Code::new(4);
/// No validator has this key.
pub const UNKNOWN_VALIDATOR: Code = Code::new(5);
/// The key is registered already.
pub const VALIDATOR_EXISTS: Code = Code::new(6);
/// The sender operates another validator.
pub const OPERATOR_TAKEN: Code = Code::new(7);
/// The sender operates no such validator.
pub const NOT_OPERATOR: Code = Code::new(8);
/// The first stake of a validator brings no registration.
pub const REGISTRATION_MISSING: Code = Code::new(9);
/// The consensus key did not sign the registration.
pub const BAD_POSSESSION: Code = Code::new(10);
/// Above the highest commission.
pub const COMMISSION_TOO_HIGH: Code = Code::new(11);
/// The commission rises too much at a time.
pub const COMMISSION_STEP: Code = Code::new(12);
/// The last change is too recent.
pub const COMMISSION_COOLDOWN: Code = Code::new(13);
/// Less than the least stake of a validator.
pub const STAKE_TOO_LOW: Code = Code::new(14);
/// Less than the least delegation.
pub const DELEGATION_TOO_LOW: Code = Code::new(15);
/// The account delegates to as many validators as it may.
pub const TOO_MANY_VALIDATORS: Code = Code::new(16);
/// As many validators as can be are registered.
pub const TOO_MANY_CANDIDATES: Code = Code::new(17);
/// The validator would hold more of all stake than one may.
pub const POWER_CAP: Code = Code::new(18);
/// Too much of the validator's stake has left in this epoch.
pub const UNBONDING_LIMIT: Code = Code::new(19);
/// The account has as many unbonding entries as it may.
pub const TOO_MANY_UNBONDING: Code = Code::new(20);
/// Less is delegated than is to be taken.
pub const INSUFFICIENT_DELEGATION: Code = Code::new(21);
/// The stake does not count yet.
pub const STAKE_PENDING: Code = Code::new(22);
/// The stake came from another validator not long ago.
pub const REDELEGATION_LOCKED: Code = Code::new(23);
/// Too many redelegations into one delegation are liable.
pub const TOO_MANY_REDELEGATIONS: Code = Code::new(24);
/// From a validator to itself.
pub const SAME_VALIDATOR: Code = Code::new(25);
/// The validator was ejected for good.
pub const VALIDATOR_EJECTED: Code = Code::new(26);
/// The validator is not in jail.
pub const NOT_JAILED: Code = Code::new(27);
/// Less than the least delegation would be left.
pub const DELEGATION_DUST: Code = Code::new(28);
/// The messages are no contradiction, or not signed by the validator.
pub const EVIDENCE_INVALID: Code = Code::new(29);
/// The evidence is too old, or from the future.
pub const EVIDENCE_STALE: Code = Code::new(30);
/// The signer was no validator in that epoch.
pub const EVIDENCE_FOREIGN: Code = Code::new(31);
/// The validator was ejected already.
pub const EVIDENCE_DUPLICATE: Code = Code::new(32);
/// The money is locked by a vesting schedule.
pub const FUNDS_LOCKED: Code = Code::new(33);
/// The sender is not the account of the consensus key.
pub const WRONG_NODE: Code = Code::new(34);
/// The node has sent a heartbeat in this interval.
pub const HEARTBEAT_EARLY: Code = Code::new(35);
/// Too little stake is left to be chosen.
pub const UNJAIL_STAKE: Code = Code::new(36);
/// The validator leaves, or a slash took all that it had.
pub const VALIDATOR_CLOSED: Code = Code::new(37);
/// No proposal has this number.
pub const UNKNOWN_PROPOSAL: Code = Code::new(38);
/// The vote on the proposal has not begun, or is over.
pub const NOT_VOTING: Code = Code::new(39);
/// What is proposed cannot have this criticality.
pub const WRONG_CRITICALITY: Code = Code::new(40);
/// As many proposals as can be are open.
pub const TOO_MANY_PROPOSALS: Code = Code::new(41);
/// The account has as many proposals open as it may.
pub const TOO_MANY_OWN_PROPOSALS: Code = Code::new(42);
/// Another account made the proposal.
pub const NOT_PROPOSER: Code = Code::new(43);
/// No parameter has this name.
pub const PARAMETER_UNKNOWN: Code = Code::new(44);
/// The value is of another type than the parameter.
pub const PARAMETER_TYPE: Code = Code::new(45);
/// The parameter is not what the proposal says it is now.
pub const PARAMETER_CHANGED: Code = Code::new(46);
/// The change breaks a bound.
pub const PARAMETER_BOUNDS: Code = Code::new(47);
/// The schedule pays from a reserve that is empty.
pub const RESERVE_EMPTY: Code = Code::new(48);
/// The voter had no stake when the weights were fixed.
pub const NO_VOTING_POWER: Code = Code::new(49);
/// The house that the vote is for is not asked.
pub const HOUSE_NOT_ASKED: Code = Code::new(50);
/// The validator may not vote in the house of validators.
pub const NOT_ELIGIBLE: Code = Code::new(51);
/// The treasury owns less than is wanted.
pub const TREASURY_INSUFFICIENT_FUNDS: Code = Code::new(52);
/// A recipient takes no payments.
pub const INVALID_TARGET: Code = Code::new(53);
/// A dependency does not exist, or was rolled back.
pub const STALE_DEPENDENCY: Code = Code::new(54);
/// The disbursement would depend on itself.
pub const CIRCULAR_DEPENDENCY: Code = Code::new(55);
/// Too many disbursements hang together.
pub const DEPENDENCY_LIMIT: Code = Code::new(56);
/// No disbursement has this number.
pub const UNKNOWN_DISBURSEMENT: Code = Code::new(57);
/// Nothing can be done to the disbursement now.
pub const NOT_READY: Code = Code::new(58);
/// As many disbursements as can be are accepted or proposed.
pub const TOO_MANY_DISBURSEMENTS: Code = Code::new(59);
/// The operator has not left this vote to the node.
pub const NODE_MAY_NOT: Code = Code::new(60);
/// Another version of the network's configuration is in force than the proposal was made for.
pub const SPEC_CHANGED: Code = Code::new(61);
/// The configuration, or the plan of its rollout, breaks a bound.
pub const SPEC_BOUNDS: Code = Code::new(62);
/// No version of the configuration has this number.
pub const UNKNOWN_SPEC: Code = Code::new(63);
/// The version is neither offered nor in force.
pub const NOT_OFFERED: Code = Code::new(64);
/// The validator runs this version already.
pub const ALREADY_ADOPTED: Code = Code::new(65);
/// Another version of the configuration is tried.
pub const ROLLOUT_RUNNING: Code = Code::new(66);
/// Another upgrade is planned.
pub const UPGRADE_SCHEDULED: Code = Code::new(67);
/// The version is not later than that of the chain, or leaves a major one out.
pub const UPGRADE_VERSION: Code = Code::new(68);
/// The height of the upgrade has passed, or lies too far ahead.
pub const UPGRADE_HEIGHT: Code = Code::new(69);
/// No upgrade to this version is planned.
pub const UPGRADE_NOT_SCHEDULED: Code = Code::new(70);
/// The sender is no member of the safety override.
pub const NOT_MEMBER: Code = Code::new(71);
/// The sender has approved this call.
pub const ALREADY_APPROVED: Code = Code::new(72);
/// The override may not do this.
pub const ORDER_NOT_ALLOWED: Code = Code::new(73);
/// The override was used as often as it may be.
pub const OVERRIDE_SPENT: Code = Code::new(74);
/// The override was used a short while ago.
pub const OVERRIDE_COOLDOWN: Code = Code::new(75);
/// There is nothing to stop, to ratify or to rule over.
pub const NOTHING_TO_OVERRIDE: Code = Code::new(76);
/// The approvals of a call came too late.
pub const CALL_EXPIRED: Code = Code::new(77);
/// A chain of hashes of the validator waits for its turn.
pub const RANDOMNESS_COMMITTED: Code = Code::new(78);
/// The chain of hashes has not the next number.
pub const RANDOMNESS_GENERATION: Code = Code::new(79);

/// Every code: number, name, and a sentence that says how to mend it.
pub const ALL: &[(u16, &str, &str)] = &[
    (0, "ok", "the transaction did what it asked for"),
    (
        1,
        "out_of_gas",
        "the gas limit was too low for what the transaction does: raise gas_limit \
         (a transfer that creates its recipient needs more than one that does not)",
    ),
    (
        2,
        "insufficient_balance",
        "the sender owns less than the amount and the fee reserve (gas_limit * gas_price) together: \
         send less, or lower gas_limit",
    ),
    (3, "balance_overflow", "the recipient would own more than 2^128 - 1 base units: send less"),
    (
        4,
        "recipient_closed",
        "the recipient is a pool of the protocol that takes no transfers: check the address",
    ),
    (
        5,
        "unknown_validator",
        "no validator is registered under this key: check it with `althing query validators`",
    ),
    (
        6,
        "validator_exists",
        "the consensus key is registered already, by another account or with a registration: leave the registration out to add stake",
    ),
    (7, "operator_taken", "the sender operates another validator: use one account for each"),
    (
        8,
        "not_operator",
        "the sender does not operate this validator: send from the account that registered it",
    ),
    (
        9,
        "registration_missing",
        "the validator is not registered yet: bring a registration with the first stake",
    ),
    (
        10,
        "bad_possession",
        "the proof of possession does not match: sign this chain and this operator with the consensus key",
    ),
    (11, "commission_too_high", "the commission is above staking.max_commission: lower it"),
    (
        12,
        "commission_step",
        "the commission rises by more than staking.max_commission_step: take a smaller step",
    ),
    (
        13,
        "commission_cooldown",
        "the last change of the commission is too recent: wait until its cooldown is over",
    ),
    (
        14,
        "stake_too_low",
        "the validator would have less stake than staking.min_validator_stake: stake more, or unstake everything to leave",
    ),
    (15, "delegation_too_low", "the amount is below staking.min_delegation: delegate more"),
    (
        16,
        "too_many_validators",
        "the account delegates to staking.max_validators_per_delegator validators already: add to one of them, or take one back",
    ),
    (
        17,
        "too_many_candidates",
        "staking.max_candidates validators are registered already: wait until one leaves",
    ),
    (
        18,
        "power_cap",
        "the validator would hold more of all stake than the power cap allows: choose a smaller validator, or at most what `room` of GET /v1/validators/{key} and `althing validators show` say that it still takes",
    ),
    (
        19,
        "unbonding_limit",
        "more than staking.max_unbonding_per_epoch of the validator's stake would leave in this epoch: take less, or try in the next epoch",
    ),
    (20, "too_many_unbonding", "the account has 32 unbonding entries: wait until one is paid"),
    (
        21,
        "insufficient_delegation",
        "the account has less with this validator than it wants to take: ask for less, or for everything",
    ),
    (
        22,
        "stake_pending",
        "this stake counts from the next epoch on, and can be taken only then: wait for the end of the epoch",
    ),
    (
        23,
        "redelegation_locked",
        "this stake was redelegated and is liable for its former validator until the unbonding period is over: wait, or take the part that is free",
    ),
    (
        24,
        "too_many_redelegations",
        "8 redelegations into this delegation are still liable: wait until one is free",
    ),
    (25, "same_validator", "the two validators are the same: name another one"),
    (26, "validator_ejected", "the validator was ejected for good: choose another one"),
    (27, "not_jailed", "the validator is not in jail: there is nothing to do"),
    (
        28,
        "delegation_dust",
        "less than staking.min_delegation would be left: take everything, or less",
    ),
    (
        29,
        "evidence_invalid",
        "the two messages do not contradict each other, or the validator did not sign them on this chain",
    ),
    (
        30,
        "evidence_stale",
        "the evidence is about an epoch that lies too far back or has not begun: only the last slashing.evidence_epochs count",
    ),
    (31, "evidence_foreign", "the signer was not in the validator set of that epoch"),
    (
        32,
        "evidence_duplicate",
        "the validator was punished for contradicting itself already: it is ejected once",
    ),
    (
        33,
        "funds_locked",
        "part of the balance is locked by the account's vesting schedule: send less, or wait",
    ),
    (
        34,
        "wrong_node",
        "the sender is not the node account of this validator: sign with the validator's consensus key",
    ),
    (
        35,
        "heartbeat_early",
        "the node has sent its heartbeat of this interval: wait for the next one",
    ),
    (
        36,
        "unjail_stake",
        "the validator has less stake than staking.min_validator_stake: stake more, then leave jail",
    ),
    (
        37,
        "validator_closed",
        "the validator leaves on its operator's wish, or a slash took all that it had: choose another one",
    ),
    (
        38,
        "unknown_proposal",
        "there is no proposal with this number: check it with `althing gov list`",
    ),
    (
        39,
        "not_voting",
        "the proposal is not voted on: its vote begins with the epoch after it was submitted, and `althing gov show` says how it stands",
    ),
    (
        40,
        "wrong_criticality",
        "what is proposed cannot have this criticality: a change of governance is at least important, and nothing but an override is an emergency",
    ),
    (
        41,
        "too_many_proposals",
        "governance.max_open proposals are open already: wait until one is decided",
    ),
    (
        42,
        "too_many_own_proposals",
        "the account has governance.max_open_per_account proposals open already: wait, or take one back",
    ),
    (43, "not_proposer", "another account made this proposal: only its proposer can take it back"),
    (
        44,
        "parameter_unknown",
        "no parameter that can change has this name: `althing gov params` lists them all",
    ),
    (
        45,
        "parameter_type",
        "the value is of another type than the parameter: `althing gov params` says which",
    ),
    (
        46,
        "parameter_changed",
        "the parameter is not what the proposal says it is now, so its voters would not know what they change: propose again from the present value",
    ),
    (
        47,
        "parameter_bounds",
        "the parameters would break a bound: docs/parameters.md lists the bounds of each",
    ),
    (
        48,
        "reserve_empty",
        "the schedule target-apr pays from the reserve that genesis set aside, and nothing is there: choose the other schedule",
    ),
    (
        49,
        "no_voting_power",
        "the account had no stake when the weights of this vote were fixed, at the beginning of the epoch in which it began",
    ),
    (
        50,
        "house_not_asked",
        "only validators decide about this: vote as the operator of one, with its key",
    ),
    (
        51,
        "not_eligible",
        "the validator was not in the active set, or its uptime was below governance.min_uptime, when the vote began",
    ),
    (
        52,
        "treasury_insufficient_funds",
        "the treasury owns less than this and what was accepted before: ask for less, or wait for its income",
    ),
    (
        53,
        "invalid_target",
        "a recipient is an account of the protocol, which takes no payments: check the addresses",
    ),
    (
        54,
        "stale_dependency",
        "a disbursement that this one depends on does not exist or was rolled back: `althing gov treasury status` says which there are",
    ),
    (
        55,
        "circular_dependency",
        "the disbursement would depend on itself, so neither it nor those between could ever be executed: leave that dependency out",
    ),
    (
        56,
        "dependency_limit",
        "more than 100 disbursements depend on one, or more than 1,000 hang together: split the plan",
    ),
    (
        57,
        "unknown_disbursement",
        "there is no disbursement with this number: it is the number of its proposal",
    ),
    (
        58,
        "not_ready",
        "the disbursement is not accepted yet, is over, or nothing is due: `althing gov treasury status` says what it waits for",
    ),
    (
        59,
        "too_many_disbursements",
        "treasury.max_pending disbursements are accepted or proposed already: wait until one is over",
    ),
    (
        60,
        "node_may_not",
        "the operator has not left this to the node, or has done it by hand: nodes vote on matters of the network, and adopt what is offered, by the preferences of their operators",
    ),
    (
        61,
        "spec_changed",
        "another version of the network's configuration is in force than the proposal was made for: propose again with `base` as `GET /v1/network/spec` has it",
    ),
    (
        62,
        "spec_bounds",
        "the configuration or the plan of its rollout breaks a bound: docs/modules/network.md lists the bounds of each field",
    ),
    (63, "unknown_spec", "no version of the network's configuration has this number"),
    (
        64,
        "not_offered",
        "this version is not offered: a validator can choose one of those that are, or that in force",
    ),
    (65, "already_adopted", "the validator runs this version already: there is nothing to do"),
    (
        66,
        "rollout_running",
        "some validators try another version of the configuration: wait until it is in force or rolled back",
    ),
    (
        67,
        "upgrade_scheduled",
        "another upgrade is planned: wait until it has happened, or propose to give it up with upgrade-cancel",
    ),
    (
        68,
        "upgrade_version",
        "the version is not later than that of the chain, or leaves a major version out: `althing upgrade status` says which one the chain has",
    ),
    (
        69,
        "upgrade_height",
        "the height of the upgrade has passed, or lies more than 10,000,000 blocks ahead: name another one, or none for the first that is possible",
    ),
    (
        70,
        "upgrade_not_scheduled",
        "no upgrade to this version is planned: `althing upgrade status` says what is",
    ),
    (
        71,
        "not_member",
        "the sender is no member of the safety override, or there is none: `althing gov override status` lists the members",
    ),
    (
        72,
        "already_approved",
        "the sender has approved this call already: it waits for other members",
    ),
    (
        73,
        "order_not_allowed",
        "the safety override may not do this, or not so much of it: its rules list what it may do, only proposals that it may stop can be stopped, a pause lasts safety.max_pause at most, and new rules allow nothing new",
    ),
    (
        74,
        "override_spent",
        "the safety override was used as often as its rules allow: governance can give it more uses",
    ),
    (
        75,
        "override_cooldown",
        "the safety override was used a short while ago: `althing gov override status` says when it can be used again",
    ),
    (
        76,
        "nothing_to_override",
        "there is nothing left to do: the proposal is over, the treasury is paused for longer already, the change has ended, or there is no safety override",
    ),
    (77, "call_expired", "the approvals came too late: call again, with another number"),
    (
        78,
        "randomness_committed",
        "a chain of hashes of this validator waits for its turn already: commit to another one when that has come",
    ),
    (
        79,
        "randomness_generation",
        "the chains of hashes of a validator are numbered from 0 without a gap: commit to the next one",
    ),
];

/// The stable name of a code, for example `out_of_gas`; `unknown` if this version has none.
pub fn name_of(code: Code) -> &'static str {
    entry(code).map_or("unknown", |(_, name, _)| name)
}

/// What the code means and how to mend it.
pub fn sentence(code: Code) -> &'static str {
    entry(code).map_or("this version does not know the code: upgrade it", |(_, _, text)| text)
}

/// The code with this name.
pub fn from_name(name: &str) -> Option<Code> {
    ALL.iter().find(|(_, known, _)| *known == name).map(|(number, _, _)| Code::new(*number))
}

fn entry(code: Code) -> Option<&'static (u16, &'static str, &'static str)> {
    ALL.iter().find(|(number, _, _)| *number == code.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_have_no_holes_and_names_are_not_reused() {
        for (position, (number, ..)) in ALL.iter().enumerate() {
            assert_eq!(usize::from(*number), position);
        }
        let names: BTreeSet<&str> = ALL.iter().map(|(_, name, _)| *name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn every_constant_has_the_entry_with_its_name() {
        for (code, name) in [
            (Code::OK, "ok"),
            (OUT_OF_GAS, "out_of_gas"),
            (INSUFFICIENT_BALANCE, "insufficient_balance"),
            (BALANCE_OVERFLOW, "balance_overflow"),
            (RECIPIENT_CLOSED, "recipient_closed"),
            (UNKNOWN_VALIDATOR, "unknown_validator"),
            (VALIDATOR_EXISTS, "validator_exists"),
            (OPERATOR_TAKEN, "operator_taken"),
            (NOT_OPERATOR, "not_operator"),
            (REGISTRATION_MISSING, "registration_missing"),
            (BAD_POSSESSION, "bad_possession"),
            (COMMISSION_TOO_HIGH, "commission_too_high"),
            (COMMISSION_STEP, "commission_step"),
            (COMMISSION_COOLDOWN, "commission_cooldown"),
            (STAKE_TOO_LOW, "stake_too_low"),
            (DELEGATION_TOO_LOW, "delegation_too_low"),
            (TOO_MANY_VALIDATORS, "too_many_validators"),
            (TOO_MANY_CANDIDATES, "too_many_candidates"),
            (POWER_CAP, "power_cap"),
            (UNBONDING_LIMIT, "unbonding_limit"),
            (TOO_MANY_UNBONDING, "too_many_unbonding"),
            (INSUFFICIENT_DELEGATION, "insufficient_delegation"),
            (STAKE_PENDING, "stake_pending"),
            (REDELEGATION_LOCKED, "redelegation_locked"),
            (TOO_MANY_REDELEGATIONS, "too_many_redelegations"),
            (SAME_VALIDATOR, "same_validator"),
            (VALIDATOR_EJECTED, "validator_ejected"),
            (NOT_JAILED, "not_jailed"),
            (DELEGATION_DUST, "delegation_dust"),
            (EVIDENCE_INVALID, "evidence_invalid"),
            (EVIDENCE_STALE, "evidence_stale"),
            (EVIDENCE_FOREIGN, "evidence_foreign"),
            (EVIDENCE_DUPLICATE, "evidence_duplicate"),
            (FUNDS_LOCKED, "funds_locked"),
            (WRONG_NODE, "wrong_node"),
            (HEARTBEAT_EARLY, "heartbeat_early"),
            (UNJAIL_STAKE, "unjail_stake"),
            (VALIDATOR_CLOSED, "validator_closed"),
            (UNKNOWN_PROPOSAL, "unknown_proposal"),
            (NOT_VOTING, "not_voting"),
            (WRONG_CRITICALITY, "wrong_criticality"),
            (TOO_MANY_PROPOSALS, "too_many_proposals"),
            (TOO_MANY_OWN_PROPOSALS, "too_many_own_proposals"),
            (NOT_PROPOSER, "not_proposer"),
            (PARAMETER_UNKNOWN, "parameter_unknown"),
            (PARAMETER_TYPE, "parameter_type"),
            (PARAMETER_CHANGED, "parameter_changed"),
            (PARAMETER_BOUNDS, "parameter_bounds"),
            (RESERVE_EMPTY, "reserve_empty"),
            (NO_VOTING_POWER, "no_voting_power"),
            (HOUSE_NOT_ASKED, "house_not_asked"),
            (NOT_ELIGIBLE, "not_eligible"),
            (TREASURY_INSUFFICIENT_FUNDS, "treasury_insufficient_funds"),
            (INVALID_TARGET, "invalid_target"),
            (STALE_DEPENDENCY, "stale_dependency"),
            (CIRCULAR_DEPENDENCY, "circular_dependency"),
            (DEPENDENCY_LIMIT, "dependency_limit"),
            (UNKNOWN_DISBURSEMENT, "unknown_disbursement"),
            (NOT_READY, "not_ready"),
            (TOO_MANY_DISBURSEMENTS, "too_many_disbursements"),
            (NODE_MAY_NOT, "node_may_not"),
            (SPEC_CHANGED, "spec_changed"),
            (SPEC_BOUNDS, "spec_bounds"),
            (UNKNOWN_SPEC, "unknown_spec"),
            (NOT_OFFERED, "not_offered"),
            (ALREADY_ADOPTED, "already_adopted"),
            (ROLLOUT_RUNNING, "rollout_running"),
            (UPGRADE_SCHEDULED, "upgrade_scheduled"),
            (UPGRADE_VERSION, "upgrade_version"),
            (UPGRADE_HEIGHT, "upgrade_height"),
            (UPGRADE_NOT_SCHEDULED, "upgrade_not_scheduled"),
            (NOT_MEMBER, "not_member"),
            (ALREADY_APPROVED, "already_approved"),
            (ORDER_NOT_ALLOWED, "order_not_allowed"),
            (OVERRIDE_SPENT, "override_spent"),
            (OVERRIDE_COOLDOWN, "override_cooldown"),
            (NOTHING_TO_OVERRIDE, "nothing_to_override"),
            (CALL_EXPIRED, "call_expired"),
            (RANDOMNESS_COMMITTED, "randomness_committed"),
            (RANDOMNESS_GENERATION, "randomness_generation"),
        ] {
            assert_eq!(name_of(code), name);
            assert_eq!(from_name(name), Some(code));
            assert!(!sentence(code).is_empty());
        }
        assert_eq!(name_of(Code::new(u16::MAX)), "unknown");
    }
}
