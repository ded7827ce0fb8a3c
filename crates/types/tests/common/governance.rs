//! One value of every message and event of governance, and of every action.

use super::{
    ppm,
    stake::{amount, due, operator, validator},
    validator_key,
};
use althing_types::{
    Address, Amount, Epoch, Event, Height, Payload, Period, Version,
    governance::{
        Action, Ballot, ChangeEnd, Choice, Criticality, Dependencies, DisbursementReason,
        DisbursementState, Houses, Order, OrderKind, ParameterChange, ParameterChanges, Payment,
        Payments, Preferences, Rejection, SafetyRules, UpgradeEnd, UpgradeFailure,
    },
    hash::sha256,
    message::{
        AdoptSpec, AdvanceDisbursement, CancelProposal, Override, SetPreferences, SubmitProposal,
        Vote,
    },
    network::{
        BootNode, BootNodes, NetworkLimits, NetworkSpec, RollbackReason, RolloutHealth,
        RolloutPlan, Strictness,
    },
    params::{FeeSplit, ParameterValue, Schedule},
};

/// A value of every type.
pub fn values() -> Vec<ParameterValue> {
    vec![
        ParameterValue::Number { value: 500_000_001 },
        ParameterValue::Amount { value: amount() },
        ParameterValue::Part { value: ppm(330_000) },
        ParameterValue::Period { value: Period { blocks: 30, ms: 86_400_000 } },
        ParameterValue::FeeSplit { value: FeeSplit::mainnet() },
        ParameterValue::Schedule {
            value: Schedule::Halving { initial: amount(), period: 1_000_000 },
        },
    ]
}

pub fn change() -> ParameterChange {
    let name = "staking.min_delegation".parse().unwrap();
    let (from, to) = (Amount::from_tokens(100).unwrap(), amount());
    let [from, to] = [from, to].map(|value| ParameterValue::Amount { value });
    ParameterChange { name, from, to }
}

pub fn divided() -> Ballot {
    Ballot::new(ppm(600_000), ppm(250_000), ppm(149_999), ppm(1)).unwrap()
}

fn preferences() -> Preferences {
    Preferences {
        auto_adopt_optional: true,
        minimum_criticality: Criticality::Important,
        max_delay_tolerance: 86_400,
    }
}

fn treasury() -> Action {
    let payment = |to, milestone| Payment { to, amount: amount(), milestone };
    let first = payment(operator(), Period::default());
    let second = payment(Address::new([0x44; 20]), Period::ms(86_400_000));
    Action::Treasury {
        payments: Payments::new(vec![first, second]).unwrap(),
        deps: Dependencies::new(vec![7, 300]).unwrap(),
        memo: "A bridge over the Öxará.".parse().unwrap(),
    }
}

pub fn spec() -> NetworkSpec {
    let node = |seed: u8| BootNode {
        key: validator_key(seed),
        endpoint: format!("n{seed}.example:4000").parse().unwrap(),
    };
    let nodes = vec![node(3), node(1)];
    NetworkSpec {
        boot_nodes: BootNodes::new(nodes).unwrap(),
        min_version: Version::new(1, 2, 3),
        strictness: Strictness::Hard,
        limits: NetworkLimits { max_peers: 300, gossip_bytes_per_second: 4 << 20 },
    }
}

fn network(rollout: bool) -> Action {
    let plan = RolloutPlan {
        first: ppm(100_000),
        watch: Period { blocks: 30, ms: 3_600_000 },
        min_health: ppm(900_000),
    };
    Action::Network { base: 7, spec: spec(), rollout: rollout.then_some(plan) }
}

pub fn rules() -> SafetyRules {
    let members = vec![Address::new([0x55; 20]), Address::new([0x44; 20]), operator()];
    let allowed = vec![OrderKind::PauseTreasury, OrderKind::CancelProposal];
    SafetyRules::new(members, 2, allowed, Some(300), Period { blocks: 7, ms: 3_600_000 }).unwrap()
}

/// One order of each kind.
pub fn orders() -> Vec<Order> {
    vec![
        Order::CancelProposal { proposal: 300 },
        Order::RollbackSpec { version: 258 },
        Order::SetSpec { base: 7, spec: spec() },
        Order::PauseTreasury { period: Period { blocks: 30, ms: 86_400_000 } },
        Order::RollbackDisbursement { disbursement: 300 },
        Order::CancelUpgrade { version: Version::new(1, 2, 3) },
    ]
}

fn rollback() -> Action {
    Action::TreasuryRollback { disbursement: 7, compensation: ppm(100_000) }
}

const VERSION: Version = Version::new(1, 20, 300);

fn upgrade() -> Action {
    Action::Upgrade {
        version: VERSION,
        height: Some(Height::new(90_000)),
        notes: "https://one.example/releases/1.20.300".parse().unwrap(),
        digest: Some(sha256(&[b"software"])),
    }
}

fn submit(criticality: Criticality, action: Action) -> Payload {
    Payload::SubmitProposal(SubmitProposal {
        title: "Smaller delegations".parse().unwrap(),
        summary: "So that more can take part.".parse().unwrap(),
        link: "https://one.example/forum/7".parse().unwrap(),
        criticality,
        action,
    })
}

/// Every message of governance, with and without what is optional.
pub fn payloads() -> Vec<(&'static str, Payload)> {
    let other = ParameterChange {
        name: "governance.standard.voting".parse().unwrap(),
        from: ParameterValue::Period { value: Period::blocks(90) },
        to: ParameterValue::Period { value: Period::ms(7_200_000) },
    };
    let changes = ParameterChanges::new(vec![change(), other]).unwrap();
    let vote = |ballot, validator| Payload::Vote(Vote { proposal: 300, ballot, validator });
    vec![
        ("text", submit(Criticality::Standard, Action::Text {})),
        ("parameters", submit(Criticality::Critical, Action::Parameters { changes })),
        ("network", submit(Criticality::Important, network(true))),
        ("treasury", submit(Criticality::Standard, treasury())),
        ("upgrade", submit(Criticality::Important, upgrade())),
        ("treasury-rollback", submit(Criticality::Important, rollback())),
        (
            "upgrade-cancel",
            submit(Criticality::Important, Action::UpgradeCancel { version: VERSION }),
        ),
        ("own", vote(divided(), None)),
        ("of-validator", vote(Ballot::all(Choice::Veto), Some(validator()))),
        ("", Payload::CancelProposal(CancelProposal { proposal: 300 })),
        ("some", Payload::SetPreferences(SetPreferences { preferences: Some(preferences()) })),
        ("none", Payload::SetPreferences(SetPreferences { preferences: None })),
        ("", Payload::AdvanceDisbursement(AdvanceDisbursement { disbursement: 300 })),
        ("", Payload::AdoptSpec(AdoptSpec { validator: validator(), version: 258 })),
    ]
    .into_iter()
    .chain(safety())
    .collect()
}

/// Every message about the safety override and emergencies.
fn safety() -> Vec<(&'static str, Payload)> {
    let order = Order::PauseTreasury { period: Period::blocks(30) };
    let ratify = Action::Ratify { change: 300, order: OrderKind::SetSpec };
    let calls = orders()
        .into_iter()
        .map(|order| (order.name(), Payload::Override(Override { call: 258, order })));
    let proposals = [
        ("emergency", submit(Criticality::Emergency, Action::Emergency { order })),
        ("rules", submit(Criticality::Critical, Action::SafetyRules { rules: Some(rules()) })),
        ("abolish", submit(Criticality::Critical, Action::SafetyRules { rules: None })),
        ("ratify", submit(Criticality::Standard, ratify)),
    ];
    calls.chain(proposals).collect()
}

fn health() -> RolloutHealth {
    let (turns, other_turns) = (300, 2_700);
    RolloutHealth { cohort: 10, applied: 9, turns, missed: 2, other_turns, other_missed: 19 }
}

/// Every event of governance.
pub fn events() -> Vec<Event> {
    let (proposal, proposer, forfeited) = (300, operator(), Amount::new(12));
    let voter = Address::new([0x44; 20]);
    vec![
        Event::ProposalSubmitted {
            proposal,
            proposer,
            criticality: Criticality::Important,
            houses: Houses::BOTH,
            deposit: amount(),
        },
        Event::ProposalOpened {
            proposal,
            snapshot: Epoch::new(18),
            stake: amount(),
            validators: 97,
            closes: due(),
        },
        Event::Voted {
            proposal,
            voter,
            validator: Some(validator()),
            ballot: divided(),
            weight: amount(),
        },
        Event::ProposalPassed { proposal, due: due() },
        Event::ProposalRejected { proposal, reason: Rejection::NoQuorum, forfeited },
        Event::ProposalEnacted { proposal },
        Event::ProposalFailed { proposal, code: 46 },
        Event::ProposalCancelled { proposal, proposer, forfeited },
        Event::ParameterChanged { proposal, change: change() },
        Event::PreferencesSet { validator: validator(), preferences: Some(preferences()) },
        Event::DisbursementAdvanced {
            disbursement: proposal,
            state: DisbursementState::Timelocked,
            reason: DisbursementReason::Planned,
            total: amount(),
        },
        Event::DisbursementDelayed {
            disbursement: proposal,
            reason: DisbursementReason::InsufficientFunds,
            due: due(),
        },
        Event::DisbursementPaid { disbursement: proposal, to: voter, amount: amount() },
        Event::DisbursementReturned {
            disbursement: proposal,
            returned: amount(),
            compensation: Amount::new(13),
        },
        Event::TreasuryStalled { pending: 101, epochs: 4 },
        Event::TreasuryEarned {
            epoch: Epoch::new(17),
            fees: amount(),
            penalties: Amount::new(13),
            deposits: Amount::new(14),
        },
        Event::SpecOffered { version: 258, proposal },
        Event::SpecStaged { version: 258, proposal, cohort: 10, until: due() },
        Event::SpecWatched { version: 258, health: health() },
        Event::SpecActivated { version: 258, previous: 7, proposal },
        Event::SpecRolledBack { version: 258, proposal, reason: RollbackReason::Silence },
        Event::SpecWithdrawn { version: 258 },
        Event::SpecAdopted { validator: validator(), version: 258, previous: 7 },
        Event::UpgradeScheduled { proposal, version: VERSION, height: Height::new(90_000) },
        Event::UpgradePostponed {
            proposal,
            version: VERSION,
            ready: 79,
            members: 97,
            height: Height::new(90_600),
        },
        Event::UpgradeCancelled { proposal, version: VERSION, reason: UpgradeEnd::NotReady },
        Event::Upgraded { proposal, from: Version::GENESIS, to: VERSION },
        Event::UpgradeFailed { proposal, version: VERSION, reason: UpgradeFailure::Supply },
        Event::OverrideApproved {
            member: voter,
            call: 258,
            order: OrderKind::PauseTreasury,
            approvals: 1,
            needed: 2,
        },
        Event::OverrideUsed { call: 258, order: orders()[3].clone(), used: 3 },
        Event::EmergencyUsed { proposal, order: orders()[0].clone() },
        Event::SafetyRulesChanged { proposal, rules: Some(rules()) },
        Event::ChangeBegun {
            change: 9,
            order: OrderKind::PauseTreasury,
            lapses: due(),
            proposal: Some(proposal),
        },
        Event::ChangeEnded { change: 9, order: OrderKind::SetSpec, end: ChangeEnd::Lapsed },
    ]
}
