//! The configuration of the network: proposed, tried by some, rolled back, offered and chosen, on whole
//! blocks. After every block the audit looks at every record again.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod adopt;
#[path = "../common/mod.rs"]
mod common;
mod life;
mod prop;
mod submit;

use althing_ledger::{
    codes,
    governance::query as decisions,
    network::{Cohort, Network, Spec, query},
};
use althing_types::{
    Allocation, Authorization, Event, Genesis, Height, Nonce, Payload, Period, Ppm, Receipt,
    SignedTransaction, ValidatorKey, Version,
    governance::{Action, Ballot, Choice, Criticality, Preferences},
    message::{AdoptSpec, Health, Heartbeat, SetPreferences, SubmitProposal, Vote},
    network::{Adoption, NetworkSpec, RolloutPlan, SpecStatus},
    params::{FeeSplit, Track},
};
use common::{
    Chain,
    network::{network, operator, own_events, validator_key},
    tokens,
};

const SLOT_MS: u64 = 1_000;

fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

/// Votes last an epoch of ten blocks; decisions wait for another one. A heartbeat is due in every
/// block, and nobody goes to jail.
fn genesis(validators: usize) -> Genesis {
    let mut genesis = network(&vec![tokens(10_000); validators], 2, validators, tokens(100_000));
    let [proposer, stakers, treasury] = [Ppm::ZERO; 3];
    genesis.params.fee_split = FeeSplit { proposer, stakers, treasury, burn: Ppm::ONE };
    genesis.params.registry.heartbeat_interval_ms = SLOT_MS;
    genesis.params.slashing.max_consecutive_misses = 1_000;
    genesis.params.slashing.min_score = Ppm::ZERO;
    genesis.params.staking.max_validators = 10;
    let governance = &mut genesis.params.governance;
    governance.deposit = tokens(50);
    (governance.max_open, governance.max_open_per_account) = (30, 30);
    for track in [
        &mut governance.optional,
        &mut governance.standard,
        &mut governance.important,
        &mut governance.critical,
    ] {
        *track = Track { voting: Period::blocks(5), delay: Period::blocks(5), ..*track };
    }
    genesis.allocations.extend((0..validators).map(|number| Allocation {
        address: validator_key(number).node_account(),
        amount: tokens(10),
        vesting: None,
    }));
    genesis
}

struct World {
    chain: Chain,
    validators: usize,
}

impl World {
    /// In the first block of epoch 1.
    fn new(validators: usize) -> Self {
        let mut chain = Chain::new(genesis(validators).normalized().unwrap());
        chain.interval = SLOT_MS;
        chain.advance(&[]);
        let mut world = Self { chain, validators };
        world.turn();
        world
    }

    /// Goes on to the first block of the next epoch; what the last block of this one did.
    fn turn(&mut self) -> Vec<Event> {
        self.chain.end_epoch(&[])
    }

    /// The same, while these validators are switched off.
    fn turn_without(&mut self, down: &[usize]) -> Vec<Event> {
        self.chain.end_epoch(down)
    }

    fn does(&mut self, user: usize, payload: Payload) -> Vec<Event> {
        let receipt: Receipt = self.chain.send(user, payload);
        assert_eq!(codes::name_of(receipt.code), "ok");
        receipt.events
    }

    /// A transaction that fails with this code, and changes nothing of the configuration.
    fn fails(&mut self, user: usize, payload: Payload, code: &str) {
        let before = self.own_records();
        let receipt = self.chain.send(user, payload);
        assert_eq!(codes::name_of(receipt.code), code);
        assert_eq!(before, self.own_records(), "{code} changed something");
    }

    fn own_records(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let own = |prefix: u8| (0x22..=0x25).contains(&prefix) || prefix == 0x16;
        let all = self.chain.state.iter().filter(|(key, _)| own(key.prefix()));
        all.map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
    }

    fn submit(&mut self, criticality: Criticality, action: Action) -> u64 {
        let events = self.does(0, propose(criticality, action));
        let [Event::ProposalSubmitted { proposal, .. }] = events[..] else { panic!("{events:?}") };
        proposal
    }

    /// Everybody is for it.
    fn agree(&mut self, proposal: u64) {
        for number in 0..self.validators {
            self.does(operator(number), vote(proposal, number));
        }
    }

    /// Proposes, votes, and waits until it is enacted; what the block did that enacted it.
    fn enact(&mut self, criticality: Criticality, action: Action) -> Vec<Event> {
        let number = self.submit(criticality, action);
        self.turn();
        self.agree(number);
        let passed = self.turn();
        assert!(names(&passed).contains(&"proposal-passed"), "{passed:?}");
        self.turn()
    }

    /// A version that some try.
    fn stage(&mut self, plan: RolloutPlan) -> (u64, Vec<Event>) {
        let (base, spec) = (self.network().current, self.document(300));
        let version = self.network().next;
        let rollout = Some(plan);
        let events = self.enact(Criticality::Standard, Action::Network { base, spec, rollout });
        (version, events)
    }

    /// A version that is offered.
    fn offer(&mut self, max_peers: u32) -> u64 {
        let (base, spec) = (self.network().current, self.document(max_peers));
        let version = self.network().next;
        let action = Action::Network { base, spec, rollout: None };
        let events = self.enact(Criticality::Optional, action);
        assert!(names(&events).contains(&"spec-offered"), "{events:?}");
        version
    }

    fn network(&self) -> Network {
        query::decode_network(&self.chain.state[&query::network_key()]).unwrap()
    }

    fn spec(&self, version: u64) -> Spec {
        query::decode_spec(&self.chain.state[&query::spec_key(version)]).unwrap()
    }

    fn status(&self, version: u64) -> SpecStatus {
        self.spec(version).status
    }

    fn cohort(&self, version: u64) -> Cohort {
        query::decode_cohort(&self.chain.state[&query::cohort_key(version)]).unwrap()
    }

    /// The numbers of those who run a version first, and of all others.
    fn sides(&self, version: u64) -> (Vec<usize>, Vec<usize>) {
        let cohort = self.cohort(version);
        let first = |number: &usize| {
            let key = validator_key(*number);
            cohort.iter().any(|watched| watched.first && watched.validator == key)
        };
        (0..self.validators).partition(first)
    }

    fn adoption(&self, number: usize) -> Option<Adoption> {
        let key = query::adoption_key(validator_key(number));
        self.chain.state.get(&key).map(|value| query::decode_adoption(value).unwrap())
    }

    /// The first configuration, with another limit.
    fn document(&self, max_peers: u32) -> NetworkSpec {
        let mut spec = self.spec(1).document;
        spec.limits.max_peers = max_peers;
        spec
    }

    /// What the node of a validator sends: the name of the code of its receipt.
    fn by_node(&mut self, number: usize, payload: Payload) -> &'static str {
        let key = validator_key(number);
        let chain = &mut self.chain;
        let mut body = chain.transaction(0, 0, payload).body().clone();
        body.sender = key.node_account();
        body.nonce = Nonce::new(chain.account(body.sender).nonce.get());
        body.valid_until = Height::new(chain.height + 5);
        let authorization =
            Authorization::Ed25519 { public_key: *key.as_bytes(), signature: [0; 64] };
        let (outcome, results) = chain.advance(&[SignedTransaction::new(body, authorization)]);
        assert_eq!(results, [Ok(())]);
        codes::name_of(outcome.receipts[0].code)
    }

    /// The node of a validator says which version it runs.
    fn says(&mut self, number: usize, spec: u64) {
        let health = Health { spec, protocol: Version::GENESIS, ..Health::default() };
        let beat = Heartbeat { validator: validator_key(number), health };
        assert_eq!(self.by_node(number, Payload::Heartbeat(beat)), "ok");
    }
}

fn vote(proposal: u64, number: usize) -> Payload {
    let (ballot, validator) = (Ballot::all(Choice::Yes), Some(validator_key(number)));
    Payload::Vote(Vote { proposal, ballot, validator })
}

fn propose(criticality: Criticality, action: Action) -> Payload {
    Payload::SubmitProposal(SubmitProposal {
        title: "Other nodes to begin with".parse().unwrap(),
        summary: Default::default(),
        link: Default::default(),
        criticality,
        action,
    })
}

fn adopt(number: usize, version: u64) -> Payload {
    Payload::AdoptSpec(AdoptSpec { validator: validator_key(number), version })
}

fn prefer(auto_adopt_optional: bool, minimum_criticality: Criticality) -> Payload {
    let max_delay_tolerance = 1_000;
    let preferences =
        Some(Preferences { auto_adopt_optional, minimum_criticality, max_delay_tolerance });
    Payload::SetPreferences(SetPreferences { preferences })
}

/// A part tries it for so many blocks, and must be 90 % healthy.
fn plan(first: u32, blocks: u64) -> RolloutPlan {
    RolloutPlan { first: ppm(first), watch: Period::blocks(blocks), min_health: ppm(900_000) }
}

/// The names of events, in order.
fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::name).collect()
}

/// The same, of the configuration alone.
fn steps(events: &[Event]) -> Vec<&'static str> {
    names(events).into_iter().filter(|name| name.starts_with("spec-")).collect()
}
