//! One value of every message, event and kind of evidence, for vectors and for what every encoding
//! must obey. A list that lacks one fails a test of `tests/stake.rs`.

use super::{digest, ppm, validator_key};
use althing_types::{
    Address, Amount, ChainId, Due, Epoch, Event, Evidence, Hash, Height, Payload, Shares,
    Signature64, Timestamp, Transfer, ValidatorDetails, ValidatorKey, Version, View,
    consensus_namespace,
    event::SlashReason,
    evidence::{Conflict, SignedProposal},
    genesis::GenesisEntry,
    message::{
        CommitRandomness, Delegate, Health, Heartbeat, Possession, Redelegate, RegisterNode,
        Registration, Stake, SubmitEvidence, Undelegate, Unjail, Unstake, UpdateValidator,
    },
    validator::sign,
};
use commonware_codec::Encode as _;
use commonware_cryptography::{Signer as _, ed25519};

pub fn consensus_key() -> ed25519::PrivateKey {
    ed25519::PrivateKey::from_seed(9)
}

pub fn validator() -> ValidatorKey {
    ValidatorKey::from_public_key(&consensus_key().public_key())
}

pub fn operator() -> Address {
    Address::new([0x33; 20])
}

pub fn amount() -> Amount {
    Amount::from_tokens(2_500).unwrap()
}

pub fn due() -> Due {
    Due { height: Height::new(300), time: Timestamp::new(1_700_001_814_400) }
}

pub fn possession() -> Possession {
    let chain: ChainId = "cpc-devnet-1".parse().unwrap();
    Possession { chain, operator: operator() }
}

pub fn registration() -> Registration {
    Registration {
        details: ValidatorDetails {
            name: "Althing One".parse().unwrap(),
            website: "https://one.example".parse().unwrap(),
            description: "Stands at Þingvellir.".parse().unwrap(),
        },
        endpoint: "one.example:4000".parse().unwrap(),
        commission: ppm(50_000),
        possession: possession().sign(&consensus_key()),
    }
}

pub fn health() -> Health {
    Health {
        height: Height::new(4_000),
        peers: 12,
        mempool: 345,
        memory_mib: 900,
        free_disk_mib: 80_000,
        uptime_s: 86_400,
        spec: 3,
        protocol: Version::new(1, 2, 3),
    }
}

/// The chain that [`evidence`] is of.
pub fn chain() -> Hash {
    digest("genesis")
}

/// Every kind of evidence, all valid on [`chain`].
pub fn evidence() -> [Evidence; 3] {
    let (epoch, view, parent) = (Epoch::new(2), View::new(207), View::new(206));
    let key = consensus_key();
    let signature = |kind: &[u8], block: Option<Hash>| {
        let mut namespace = consensus_namespace(&chain());
        namespace.extend_from_slice(kind);
        let round = [epoch.encode(), view.encode()].concat();
        let proposal = block.map(|block| [parent.encode(), block.encode()].concat());
        sign(&key, &namespace, &[round, proposal.unwrap_or_default()].concat())
    };
    let vote = |kind: &[u8], block: &str| {
        let block = digest(block);
        SignedProposal { parent, block, signature: signature(kind, Some(block)) }
    };
    let conflicts = [
        Conflict::Notarize { first: vote(b"_NOTARIZE", "a"), second: vote(b"_NOTARIZE", "b") },
        Conflict::Finalize { first: vote(b"_FINALIZE", "a"), second: vote(b"_FINALIZE", "b") },
        Conflict::NullifyFinalize {
            nullify: signature(b"_NULLIFY", None),
            finalize: vote(b"_FINALIZE", "a"),
        },
    ];
    conflicts.map(|conflict| Evidence { validator: validator(), epoch, view, conflict })
}

/// Every message, with and without what is optional. Names end in a word of the variant's own.
pub fn payloads() -> Vec<(String, Payload)> {
    let (validator, other, amount) = (validator(), validator_key(4), amount());
    let some = Some(amount);
    let update = UpdateValidator {
        name: Some("Althing Two".parse().unwrap()),
        website: Some("https://two.example".parse().unwrap()),
        description: Some("Moved.".parse().unwrap()),
        endpoint: Some("two.example:4000".parse().unwrap()),
        commission: Some(ppm(70_000)),
    };
    let node = RegisterNode {
        validator,
        endpoint: "https://api.one.example".parse().unwrap(),
        version: "0.3.0".parse().unwrap(),
        commit: "57b7b6f".parse().unwrap(),
        region: "eu-north".parse().unwrap(),
    };
    let registration = Some(registration());
    let mut all = vec![
        ("", Payload::Transfer(Transfer { to: operator(), amount })),
        ("first", Payload::Stake(Stake { validator, amount, registration })),
        ("more", Payload::Stake(Stake { validator, amount, registration: None })),
        ("part", Payload::Unstake(Unstake { amount: some })),
        ("all", Payload::Unstake(Unstake { amount: None })),
        ("everything", Payload::UpdateValidator(update)),
        ("nothing", Payload::UpdateValidator(UpdateValidator::default())),
        ("", Payload::Delegate(Delegate { validator, amount })),
        ("part", Payload::Undelegate(Undelegate { validator, amount: some })),
        ("all", Payload::Undelegate(Undelegate { validator, amount: None })),
        ("part", Payload::Redelegate(Redelegate { from: validator, to: other, amount: some })),
        ("all", Payload::Redelegate(Redelegate { from: validator, to: other, amount: None })),
        ("", Payload::Unjail(Unjail {})),
        ("", Payload::RegisterNode(node)),
        ("", Payload::Heartbeat(Heartbeat { validator, health: health() })),
    ];
    for evidence in evidence() {
        let kind = evidence.conflict.name();
        all.push((kind, Payload::SubmitEvidence(SubmitEvidence { evidence })));
    }
    all.extend(super::governance::payloads());
    let tip = digest("tip");
    let randomness = CommitRandomness { validator, tip, steps: 65_536, generation: 258 };
    all.push(("", Payload::CommitRandomness(randomness)));
    all.extend(super::compute::payloads());
    all.extend(super::energy::payloads());
    let named = |(suffix, payload): (&str, Payload)| {
        let dot = if suffix.is_empty() { "" } else { "." };
        (format!("{}{dot}{suffix}", payload.name()), payload)
    };
    all.into_iter().map(named).collect()
}

/// Every event.
pub fn events() -> Vec<Event> {
    let (validator, from) = (validator(), Epoch::new(300));
    let committed = Event::RandomnessCommitted { validator, generation: 258, steps: 65_536, from };
    let (governance, compute) = (super::governance::events(), super::compute::events());
    let energy = super::energy::events();
    [staking_events(), other_events(), governance, vec![committed], compute, energy].concat()
}

fn staking_events() -> Vec<Event> {
    let (validator, to, operator) = (validator(), validator_key(4), operator());
    let (delegator, amount, entry, due) = (Address::new([0x44; 20]), amount(), 300, due());
    let commission = ppm(70_000);
    vec![
        Event::ValidatorRegistered { validator, operator },
        Event::Staked { validator, operator, amount },
        Event::Delegated { validator, delegator, amount },
        Event::Undelegated { validator, delegator, amount, penalty: Amount::new(7), entry, due },
        Event::Redelegated { from: validator, to, delegator, amount, penalty: Amount::new(8) },
        Event::UnbondingPaid { validator, delegator, entry, amount, slashed: Amount::new(9) },
        Event::ValidatorUpdated { validator },
        Event::CommissionAnnounced { validator, commission, due },
        Event::CommissionChanged { validator, commission },
        Event::ValidatorRemoved { validator },
        Event::ValidatorLeaving { validator },
        Event::RedelegationSlashed { from: validator, to, delegator, amount },
    ]
}

fn other_events() -> Vec<Event> {
    let (validator, amount, epoch) = (validator(), amount(), Epoch::new(17));
    let slashed = |reason| {
        let fraction = ppm(100_000);
        Event::Slashed { validator, reason, fraction, amount }
    };
    vec![
        super::event(),
        Event::Jailed { validator, count: 2, until: due() },
        Event::Unjailed { validator, fee: amount },
        slashed(SlashReason::Downtime),
        slashed(SlashReason::Equivocation),
        Event::Ejected { validator },
        Event::EvidenceAccepted {
            validator,
            reporter: operator(),
            epoch,
            view: View::new(1_800),
            reward: amount,
        },
        Event::Rewarded {
            validator,
            epoch,
            reward: amount,
            commission: Amount::new(11),
            tokens: Amount::from_tokens(9_000).unwrap(),
            shares: Shares::new(8_999),
        },
        Event::Emitted {
            epoch,
            validators: amount,
            miners: Amount::new(5),
            unearned: Amount::new(6),
        },
        Event::NodeRegistered { validator, version: "0.3.0".parse().unwrap() },
        Event::Heartbeat { validator, health: health() },
    ]
}

/// The entry of the first validator of the fullest genesis.
pub fn entry() -> GenesisEntry {
    let validator = super::full_genesis().validators[0].clone();
    GenesisEntry::sign("cpc-devnet-1".parse().unwrap(), validator, &consensus_key())
}

/// A signature that nobody made.
pub fn blank() -> Signature64 {
    Signature64::new([0; 64])
}
