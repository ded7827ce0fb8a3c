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
/// The account is a worker already.
pub const WORKER_EXISTS: Code = Code::new(90);
/// The account is no worker.
pub const UNKNOWN_WORKER: Code = Code::new(91);
/// The worker was banned.
pub const WORKER_BANNED: Code = Code::new(92);
/// The worker is not active.
pub const WORKER_NOT_ACTIVE: Code = Code::new(93);
/// Less than the least stake of a worker.
pub const WORKER_STAKE_TOO_LOW: Code = Code::new(94);
/// The worker has tasks that are not over.
pub const WORKER_BUSY: Code = Code::new(95);
/// The worker has no device of this number.
pub const UNKNOWN_DEVICE: Code = Code::new(96);
/// The evidence about a device cannot be read.
pub const DEVICE_EVIDENCE_MALFORMED: Code = Code::new(97);
/// Another worker has this device.
pub const DEVICE_TAKEN: Code = Code::new(98);
/// The device may not work.
pub const DEVICE_NOT_ELIGIBLE: Code = Code::new(99);
/// The device has as many tasks as it may.
pub const DEVICE_BUSY: Code = Code::new(100);
/// The device must be measured first.
pub const BENCHMARK_DUE: Code = Code::new(101);
/// The shape cannot be checked.
pub const SHAPE_ILLEGAL: Code = Code::new(102);
/// The shape earns nothing.
pub const SHAPE_NOT_PRICED: Code = Code::new(103);
/// The batch is empty or too large.
pub const BATCH_SIZE: Code = Code::new(104);
/// No task has this number.
pub const UNKNOWN_TASK: Code = Code::new(105);
/// Another account ordered the task.
pub const NOT_REQUESTER: Code = Code::new(106);
/// Somebody works on the task.
pub const TASK_NOT_OPEN: Code = Code::new(107);
/// The sender does not have the task.
pub const NOT_ASSIGNED: Code = Code::new(108);
/// The seed of the task is not drawn.
pub const COMMIT_EARLY: Code = Code::new(109);
/// The time of the task is over.
pub const COMMIT_LATE: Code = Code::new(110);
/// The digest of a benchmark is missing.
pub const DIGEST_MISSING: Code = Code::new(111);
/// Too many results await votes.
pub const VERIFIERS_BUSY: Code = Code::new(112);
/// None of the votes counts.
pub const NO_VOTE_COUNTS: Code = Code::new(113);
/// The result cannot be proven wrong now.
pub const NOT_DISPUTABLE: Code = Code::new(114);
/// The opening does not lead to the committed root.
pub const OPENING_INVALID: Code = Code::new(115);
/// The result was not planted.
pub const NOT_PLANTED: Code = Code::new(116);
/// There is nothing to claim.
pub const NOTHING_TO_CLAIM: Code = Code::new(117);
/// The whitelist would break a bound.
pub const WHITELIST_BOUNDS: Code = Code::new(118);
/// The account is a provider already.
pub const PROVIDER_EXISTS: Code = Code::new(140);
/// The account is no provider.
pub const UNKNOWN_PROVIDER: Code = Code::new(141);
/// The provider leaves or is suspended.
pub const PROVIDER_NOT_ACTIVE: Code = Code::new(142);
/// Less than the least stake.
pub const ENERGY_STAKE_TOO_LOW: Code = Code::new(143);
/// The meters can measure more than the capacity.
pub const ENERGY_CAPACITY: Code = Code::new(144);
/// The meter is not known, or another provider's.
pub const METER_MISMATCH: Code = Code::new(145);
/// The key serves a meter, or has served one.
pub const METER_EXISTS: Code = Code::new(146);
/// The key of the meter was revoked.
pub const METER_REVOKED: Code = Code::new(147);
/// As many meters as a provider may have.
pub const TOO_MANY_METERS: Code = Code::new(148);
/// A key needs the consent of the old one, or the cool-down.
pub const KEY_COOLDOWN: Code = Code::new(149);
/// The signature of a meter does not match.
pub const SIGNATURE_INVALID: Code = Code::new(150);
/// Signed too early or too late.
pub const TIMESTAMP_SKEW: Code = Code::new(151);
/// The sequence was used.
pub const READING_REPLAYED: Code = Code::new(152);
/// The sequence leaves a gap.
pub const READING_GAP: Code = Code::new(153);
/// The count does not go on where it was.
pub const COUNTER_MISMATCH: Code = Code::new(154);
/// The interval is empty, too long or in the future.
pub const INTERVAL_INVALID: Code = Code::new(155);
/// The interval begins before the last one ended.
pub const INTERVAL_OVERLAP: Code = Code::new(156);
/// More than the meter can measure, or the provider can make.
pub const CAPACITY_EXCEEDED: Code = Code::new(157);
/// The interval is too long ago.
pub const READING_TOO_OLD: Code = Code::new(158);
/// Too many readings are undecided.
pub const TOO_MANY_PENDING: Code = Code::new(159);
/// No oracle has a weight.
pub const NO_ORACLES: Code = Code::new(160);
/// The oracle leaves.
pub const ORACLE_LEAVING: Code = Code::new(161);
/// The account is no oracle.
pub const UNKNOWN_ORACLE: Code = Code::new(162);
/// The oracle has no weight here.
pub const ORACLE_NOT_ADMITTED: Code = Code::new(163);
/// None of the reports counts.
pub const NO_REPORT_COUNTS: Code = Code::new(164);
/// The mode of settlement is the other one.
pub const WRONG_SETTLEMENT_MODE: Code = Code::new(165);
/// No slot begins then, or it is too far ahead.
pub const SLOT_INVALID: Code = Code::new(166);
/// The slot is cleared or about to be.
pub const SLOT_CLOSED: Code = Code::new(167);
/// Less than the least trade.
pub const TRADE_TOO_SMALL: Code = Code::new(168);
/// As many offers, orders or unpaid sales as there may be.
pub const ENERGY_BOOK_FULL: Code = Code::new(169);
/// There is no such offer or order.
pub const UNKNOWN_ENERGY_ORDER: Code = Code::new(170);
/// Another account's.
pub const NOT_ENERGY_ORDER_OWNER: Code = Code::new(171);
/// The provider sells nothing at once.
pub const NO_TARIFF: Code = Code::new(172);
/// The tariff is above the highest price.
pub const ENERGY_PRICE_TOO_HIGH: Code = Code::new(173);
/// None of the energy is left.
pub const NOTHING_FOR_SALE: Code = Code::new(174);
/// There is no such certificate.
pub const UNKNOWN_CERTIFICATE: Code = Code::new(175);
/// Another account has it.
pub const NOT_CERTIFICATE_OWNER: Code = Code::new(176);
/// It was used up.
pub const CERTIFICATE_RETIRED: Code = Code::new(177);
/// A dispute holds it back.
pub const SETTLEMENT_CONFLICT: Code = Code::new(178);
/// Oracles did not attest the reading.
pub const QUORUM_FAILED: Code = Code::new(179);
/// There is no such dispute.
pub const UNKNOWN_DISPUTE: Code = Code::new(180);
/// It is over.
pub const DISPUTE_TOO_LATE: Code = Code::new(181);
/// The oracle has voted.
pub const DISPUTE_VOTED: Code = Code::new(182);
/// The sender may not.
pub const SCOPE_MISSING: Code = Code::new(183);
/// Too many messages in the window.
pub const RATE_LIMITED: Code = Code::new(184);
/// The sender cannot grant this role.
pub const ROLE_INVALID: Code = Code::new(185);
/// Rules outside their bounds.
pub const SETTLEMENT_BOUNDS: Code = Code::new(186);
/// As many oracles as there may be.
pub const ORACLE_LIMIT: Code = Code::new(187);
/// A product does not fit.
pub const ENERGY_OVERFLOW: Code = Code::new(188);

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
    (90, "worker_exists", "the account is a worker already: change it with update-worker"),
    (91, "unknown_worker", "the account is no worker: register it first"),
    (
        92,
        "worker_banned",
        "the worker gave wrong results compute.max_strikes times and was banned for good",
    ),
    (
        93,
        "worker_not_active",
        "the worker is paused or leaves: end the pause with update-worker, or register again once its stake was paid",
    ),
    (
        94,
        "worker_stake_too_low",
        "the worker would have, or has, less stake than compute.min_stake: add stake",
    ),
    (
        95,
        "worker_busy",
        "the worker or the device has tasks that are not over: wait until they are settled",
    ),
    (
        96,
        "unknown_device",
        "the worker has no device of this number: attest it first; numbers go from 0 to 15",
    ),
    (
        97,
        "device_evidence_malformed",
        "the evidence is not what the software of workers collects, or breaks a bound: attest with its present version",
    ),
    (
        98,
        "device_taken",
        "this very device is registered under another number or by another worker: remove it there first",
    ),
    (
        99,
        "device_not_eligible",
        "the attestation of the device has expired, was never complete, or does not reach what the network asks for: `althing worker status` says what is missing",
    ),
    (
        100,
        "device_busy",
        "the device has compute.max_open_per_device tasks already, or a benchmark that is not over: wait until one is settled",
    ),
    (
        101,
        "benchmark_due",
        "the device was drawn for a spot check: request a benchmark and complete it first",
    ),
    (
        102,
        "shape_illegal",
        "m, n and k must be from 256 to 16384, m and k multiples of 64, n a multiple of 256",
    ),
    (
        103,
        "shape_not_priced",
        "the chain credits no work of this shape, or not of this kind of device: compute.prices lists those it does",
    ),
    (
        104,
        "batch_size",
        "a batch has 1 to 64 products and at most compute.max_units units of work; one whose matrices the requester has says where they are",
    ),
    (
        105,
        "unknown_task",
        "no task has this number, or it was over for longer than compute.retention",
    ),
    (106, "not_requester", "another account ordered the task: only its requester can take it back"),
    (
        107,
        "task_not_open",
        "a worker has the task, or it is over: it cannot be taken back any more",
    ),
    (
        108,
        "not_assigned",
        "the worker does not have this task, has lost it, or is bound to a result already",
    ),
    (
        109,
        "commit_early",
        "the seed of the task is not drawn yet: compute once the block of its seed height is there",
    ),
    (110, "commit_late", "the deadline has passed: take other work"),
    (111, "digest_missing", "a benchmark needs the SHA-256 of its result besides the root"),
    (
        112,
        "verifiers_busy",
        "compute.max_verifying results await votes: commit again some blocks later",
    ),
    (
        113,
        "no_vote_counts",
        "of none of these tasks the validator is a member of the committee whose vote is open, or it has voted on all of them",
    ),
    (
        114,
        "not_disputable",
        "there is no committed result of this task, it was proven wrong already, or it is settled",
    ),
    (
        115,
        "opening_invalid",
        "the tile or the lines of the operands do not lead to the roots that are bound, or the entry lies outside of them",
    ),
    (
        116,
        "not_planted",
        "the secret is not the one that the worker was bound to, did not win for this task, the entry is right, or the task is none of the network",
    ),
    (
        117,
        "nothing_to_claim",
        "the worker has earned nothing in the last compute.claim_epochs epochs that it has not claimed",
    ),
    (
        118,
        "whitelist_bounds",
        "the lists of drivers and models must stay in their bounds: 512 drivers, 256 models, each PCI id once, speeds with 0 < low <= peak <= high; and the change must change something",
    ),
    (
        140,
        "provider_exists",
        "the account is a provider of energy already: change it with `althing energy provider update`, or wait until it has left",
    ),
    (
        141,
        "unknown_provider",
        "no provider of energy has this account: register it first, or name another one",
    ),
    (
        142,
        "provider_not_active",
        "the provider leaves, or its stake is too low: add stake, or wait until it has left and register again",
    ),
    (
        143,
        "energy_stake_too_low",
        "the stake is below what this asks for, which grows with the capacity and falls with a good reputation: stake more",
    ),
    (
        144,
        "energy_capacity",
        "the meters of a provider cannot measure more than its capacity together: raise the capacity, or lower the limit of the meter",
    ),
    (
        145,
        "meter_mismatch",
        "no meter of this provider has this id: look at `althing energy meter list`, and submit for the provider that the meter is bound to",
    ),
    (146, "meter_exists", "the key serves a meter already, or has served one: use another key"),
    (
        147,
        "meter_revoked",
        "the key of the meter was revoked, so its readings do not count: give it another key",
    ),
    (
        148,
        "too_many_meters",
        "the provider has as many meters as it may: register another provider",
    ),
    (
        149,
        "key_cooldown",
        "without the old key's signature the meter must have been revoked for the cool-down: sign with the old key, or revoke it and wait",
    ),
    (
        150,
        "signature_invalid",
        "the signature of a meter does not match its key and what was signed: sign the exact bytes for this chain with the meter's present key",
    ),
    (
        151,
        "timestamp_skew",
        "the meter signed too far from the time of the block: set its clock, sign the reading again and submit it at once",
    ),
    (
        152,
        "reading_replayed",
        "a reading of this sequence came already: leave it out and go on with the meter's next sequence",
    ),
    (153, "reading_gap", "earlier readings of the meter are missing: submit these first"),
    (
        154,
        "counter_mismatch",
        "the meter's count must be what it was before and what the interval adds: check the file, or rotate the key to begin at another count",
    ),
    (
        155,
        "interval_invalid",
        "an interval has at least a second, spans at most 8 slots of the market, and ends before it is signed: correct or split it",
    ),
    (
        156,
        "interval_overlap",
        "the interval begins before the meter's last one ended: leave out what was counted already",
    ),
    (
        157,
        "capacity_exceeded",
        "more energy than the meter can measure in this time, or than the provider can make in the slot of its offer: correct it, or give the meter or the provider its real limit",
    ),
    (
        158,
        "reading_too_old",
        "the interval ended longer ago than the chain takes readings for: submit sooner",
    ),
    (
        159,
        "too_many_pending",
        "the provider has as many undecided readings as its reputation allows: wait until oracles have decided some",
    ),
    (
        160,
        "no_oracles",
        "no oracle has a weight, so nobody could attest readings: wait until governance has admitted some",
    ),
    (
        161,
        "oracle_leaving",
        "the oracle leaves or was removed: register again once its stake is paid",
    ),
    (162, "unknown_oracle", "no oracle has this account: stake for one first, or name another one"),
    (
        163,
        "oracle_not_admitted",
        "the oracle had no weight when this came: governance must give it one first",
    ),
    (
        164,
        "no_report_counts",
        "the batches are over or the oracle has reported about them already: report about others",
    ),
    (
        165,
        "wrong_settlement_mode",
        "energy is sold in the other mode now: `althing energy status` says which messages count",
    ),
    (
        166,
        "slot_invalid",
        "no slot begins at this time, or it lies too far ahead: use a multiple of the slot length, nearer",
    ),
    (167, "slot_closed", "the slot is closed: choose a later one"),
    (168, "trade_too_small", "this is less energy than may be traded at once: trade more"),
    (
        169,
        "energy_book_full",
        "the slot has as many offers, orders or unpaid sales as it may: choose another slot, or try later",
    ),
    (
        170,
        "unknown_energy_order",
        "there is no offer or order of this number in the slot: it was cancelled or cleared",
    ),
    (
        171,
        "not_energy_order_owner",
        "only who made an offer or an order, or an admin, can take it back",
    ),
    (
        172,
        "no_tariff",
        "the provider has no tariff, or has sold all that it is for: choose another one",
    ),
    (
        173,
        "energy_price_too_high",
        "the tariff is above the highest price of the order: raise that, or choose another provider",
    ),
    (
        174,
        "nothing_for_sale",
        "the provider has no attested energy left in this slot: choose another slot or provider",
    ),
    (
        175,
        "unknown_certificate",
        "there is no certificate of this number: its sale was undone, or it was used up and paid",
    ),
    (
        176,
        "not_certificate_owner",
        "another account has this certificate: only its owner can do this",
    ),
    (177, "certificate_retired", "the certificate was used up: that can be done once"),
    (178, "settlement_conflict", "a dispute about this is open: wait until it is decided"),
    (
        179,
        "quorum_failed",
        "oracles did not attest this reading, so there is nothing to dispute: submit a right one instead",
    ),
    (180, "unknown_dispute", "there is no open dispute of this number"),
    (181, "dispute_too_late", "the time to dispute this is over, or it is not there any more"),
    (182, "dispute_voted", "the oracle has voted on this dispute already"),
    (
        183,
        "scope_missing",
        "the sender may not do this for that account: let its owner grant the scope, or sign with the owner's key",
    ),
    (
        184,
        "rate_limited",
        "as many messages as may be were sent in this window: wait for the next one, and put more into each",
    ),
    (
        185,
        "role_invalid",
        "an account grants the role that it has itself, provider or oracle, to another account; admins are chosen by governance",
    ),
    (
        186,
        "settlement_bounds",
        "a quorum is 500,001 to 1,000,000 ppm and an expiry 1 to 100,000 blocks",
    ),
    (187, "oracle_limit", "as many oracles as there may be have a weight: remove one first"),
    (
        188,
        "energy_overflow",
        "the price times the energy is more than can be counted: lower one of them",
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
    fn numbers_grow_and_names_are_not_reused() {
        assert!(ALL.is_sorted_by(|(one, ..), (next, ..)| one < next));
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
            (WORKER_EXISTS, "worker_exists"),
            (UNKNOWN_WORKER, "unknown_worker"),
            (WORKER_BANNED, "worker_banned"),
            (WORKER_NOT_ACTIVE, "worker_not_active"),
            (WORKER_STAKE_TOO_LOW, "worker_stake_too_low"),
            (WORKER_BUSY, "worker_busy"),
            (UNKNOWN_DEVICE, "unknown_device"),
            (DEVICE_EVIDENCE_MALFORMED, "device_evidence_malformed"),
            (DEVICE_TAKEN, "device_taken"),
            (DEVICE_NOT_ELIGIBLE, "device_not_eligible"),
            (DEVICE_BUSY, "device_busy"),
            (BENCHMARK_DUE, "benchmark_due"),
            (SHAPE_ILLEGAL, "shape_illegal"),
            (SHAPE_NOT_PRICED, "shape_not_priced"),
            (BATCH_SIZE, "batch_size"),
            (UNKNOWN_TASK, "unknown_task"),
            (NOT_REQUESTER, "not_requester"),
            (TASK_NOT_OPEN, "task_not_open"),
            (NOT_ASSIGNED, "not_assigned"),
            (COMMIT_EARLY, "commit_early"),
            (COMMIT_LATE, "commit_late"),
            (DIGEST_MISSING, "digest_missing"),
            (VERIFIERS_BUSY, "verifiers_busy"),
            (NO_VOTE_COUNTS, "no_vote_counts"),
            (NOT_DISPUTABLE, "not_disputable"),
            (OPENING_INVALID, "opening_invalid"),
            (NOT_PLANTED, "not_planted"),
            (NOTHING_TO_CLAIM, "nothing_to_claim"),
            (WHITELIST_BOUNDS, "whitelist_bounds"),
            (PROVIDER_EXISTS, "provider_exists"),
            (UNKNOWN_PROVIDER, "unknown_provider"),
            (PROVIDER_NOT_ACTIVE, "provider_not_active"),
            (ENERGY_STAKE_TOO_LOW, "energy_stake_too_low"),
            (ENERGY_CAPACITY, "energy_capacity"),
            (METER_MISMATCH, "meter_mismatch"),
            (METER_EXISTS, "meter_exists"),
            (METER_REVOKED, "meter_revoked"),
            (TOO_MANY_METERS, "too_many_meters"),
            (KEY_COOLDOWN, "key_cooldown"),
            (SIGNATURE_INVALID, "signature_invalid"),
            (TIMESTAMP_SKEW, "timestamp_skew"),
            (READING_REPLAYED, "reading_replayed"),
            (READING_GAP, "reading_gap"),
            (COUNTER_MISMATCH, "counter_mismatch"),
            (INTERVAL_INVALID, "interval_invalid"),
            (INTERVAL_OVERLAP, "interval_overlap"),
            (CAPACITY_EXCEEDED, "capacity_exceeded"),
            (READING_TOO_OLD, "reading_too_old"),
            (TOO_MANY_PENDING, "too_many_pending"),
            (NO_ORACLES, "no_oracles"),
            (ORACLE_LEAVING, "oracle_leaving"),
            (UNKNOWN_ORACLE, "unknown_oracle"),
            (ORACLE_NOT_ADMITTED, "oracle_not_admitted"),
            (NO_REPORT_COUNTS, "no_report_counts"),
            (WRONG_SETTLEMENT_MODE, "wrong_settlement_mode"),
            (SLOT_INVALID, "slot_invalid"),
            (SLOT_CLOSED, "slot_closed"),
            (TRADE_TOO_SMALL, "trade_too_small"),
            (ENERGY_BOOK_FULL, "energy_book_full"),
            (UNKNOWN_ENERGY_ORDER, "unknown_energy_order"),
            (NOT_ENERGY_ORDER_OWNER, "not_energy_order_owner"),
            (NO_TARIFF, "no_tariff"),
            (ENERGY_PRICE_TOO_HIGH, "energy_price_too_high"),
            (NOTHING_FOR_SALE, "nothing_for_sale"),
            (UNKNOWN_CERTIFICATE, "unknown_certificate"),
            (NOT_CERTIFICATE_OWNER, "not_certificate_owner"),
            (CERTIFICATE_RETIRED, "certificate_retired"),
            (SETTLEMENT_CONFLICT, "settlement_conflict"),
            (QUORUM_FAILED, "quorum_failed"),
            (UNKNOWN_DISPUTE, "unknown_dispute"),
            (DISPUTE_TOO_LATE, "dispute_too_late"),
            (DISPUTE_VOTED, "dispute_voted"),
            (SCOPE_MISSING, "scope_missing"),
            (RATE_LIMITED, "rate_limited"),
            (ROLE_INVALID, "role_invalid"),
            (SETTLEMENT_BOUNDS, "settlement_bounds"),
            (ORACLE_LIMIT, "oracle_limit"),
            (ENERGY_OVERFLOW, "energy_overflow"),
        ] {
            assert_eq!(name_of(code), name);
            assert_eq!(from_name(name), Some(code));
            assert!(!sentence(code).is_empty());
        }
        assert_eq!(name_of(Code::new(u16::MAX)), "unknown");
    }
}
