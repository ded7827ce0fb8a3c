//! Upgrades on whole blocks. After every block the audit judges the whole state.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod check;
#[path = "../common/mod.rs"]
mod common;
mod due;
mod migration;
mod plan;
mod prop;

use althing_ledger::{
    Ledger, codes,
    governance::{Agenda, Standing, query},
    migrations::{Migration, MigrationError, Moment},
    query as records,
    upgrade::{Plan, Protocol, query as upgrade},
    versions::{Release, Releases, V1_1},
};
use althing_state::View;
use althing_types::{
    Allocation, Amount, Authorization, Event, Gas, GasPrice, Genesis, Height, Nonce, Payload,
    Period, Ppm, Receipt, SignedTransaction, Transaction, Version,
    governance::{Action, Ballot, Choice, Criticality},
    message::{CancelProposal, Health, Heartbeat, SubmitProposal, Vote},
    params::{FeeSplit, Track},
};
use common::{
    Chain, PRICE,
    network::{network, operator, own_events, validator_key},
    tokens,
};

const V1: Version = Version::GENESIS;
/// A version that only ledgers of these tests know.
const V1_2: Version = Version::new(1, 2, 0);
const VALIDATORS: usize = 6;
/// Blocks of an epoch, and of the slot of a heartbeat.
const EPOCH: u64 = 10;

/// Votes last an epoch; decisions wait for another one; a block lasts a tenth of a slot.
fn genesis() -> Genesis {
    let mut genesis = network(&[tokens(10_000); VALIDATORS], 4, VALIDATORS, tokens(100_000));
    for number in 0..VALIDATORS {
        let address = validator_key(number).node_account();
        genesis.allocations.push(Allocation { address, amount: tokens(10), vesting: None });
    }
    let ppm = |parts| Ppm::new(parts).unwrap();
    let [proposer, stakers, treasury] = [Ppm::ZERO; 3];
    genesis.params.fee_split = FeeSplit { proposer, stakers, treasury, burn: ppm(1_000_000) };
    genesis.params.staking.max_validators = 10;
    genesis.params.registry.heartbeat_interval_ms = 1_000;
    let governance = &mut genesis.params.governance;
    governance.deposit = tokens(50);
    for track in [&mut governance.standard, &mut governance.important, &mut governance.critical] {
        *track = Track { voting: Period::blocks(5), delay: Period::blocks(5), ..*track };
    }
    genesis.normalized().unwrap()
}

/// A release of these tests.
fn release(version: Version, run: fn(&mut View, &Moment) -> Result<(), MigrationError>) -> Release {
    let migration = Some(Migration { what: "what the test wants", run });
    Release { version, about: "of a test", migration }
}

struct World {
    chain: Chain,
}

impl World {
    /// In the first block of epoch 1; the software knows what it knows.
    fn new() -> Self {
        Self::with(Releases::default())
    }

    fn with(releases: Releases) -> Self {
        let mut chain = Chain::new(genesis());
        chain.interval = 100;
        let mut world = Self { chain };
        world.install(releases);
        world.chain.advance(&[]);
        world.turn();
        world
    }

    /// Other software goes on with the same state.
    fn install(&mut self, releases: Releases) {
        let genesis = self.chain.ledger.genesis().clone();
        self.chain.ledger = Ledger::with_releases(genesis, releases).unwrap();
    }

    /// Goes on to the last block of the epoch; what it did by itself.
    fn turn(&mut self) -> Vec<Event> {
        self.chain.end_epoch(&[])
    }

    /// The next block; what it did by itself.
    fn step(&mut self) -> Vec<Event> {
        own_events(&self.chain.advance_without(&[], &[]))
    }

    fn send(&mut self, user: usize, payload: Payload) -> Receipt {
        self.chain.send(user, payload)
    }

    fn does(&mut self, user: usize, payload: Payload) -> Vec<Event> {
        let receipt = self.send(user, payload);
        assert_eq!(codes::name_of(receipt.code), "ok");
        receipt.events
    }

    fn is_refused(&mut self, action: Action, code: &str) {
        let planned = |world: &Self| world.protocol().plan.map(|plan| plan.proposal);
        let before = planned(self);
        let receipt = self.send(0, submit(Criticality::Important, action));
        assert_eq!(codes::name_of(receipt.code), code);
        assert_eq!(planned(self), before);
    }

    fn submit(&mut self, action: Action) -> u64 {
        let events = self.does(0, submit(Criticality::Important, action));
        let Event::ProposalSubmitted { proposal, .. } = events[0] else { panic!("{events:?}") };
        proposal
    }

    /// Every validator is for it.
    fn agree(&mut self, proposal: u64) {
        let votes: Vec<_> = (0..VALIDATORS).map(|of| (operator(of), vote(proposal, of))).collect();
        let outcome = self.chain.advance_without(&[], &votes);
        assert!(outcome.receipts[..VALIDATORS].iter().all(|receipt| receipt.code.get() == 0));
    }

    /// Proposed, agreed on, and enacted with the block before: what enacted it.
    fn decide(&mut self, action: Action) -> Vec<Event> {
        let number = self.submit(action);
        self.turn();
        self.agree(number);
        self.turn();
        self.turn()
    }

    /// Heartbeats of these validators' nodes, in a block of their own.
    fn beat(&mut self, nodes: impl IntoIterator<Item = usize>, protocol: Version) {
        let beats: Vec<_> = nodes.into_iter().map(|of| self.heartbeat(of, protocol)).collect();
        let count = beats.len();
        let (outcome, results) = self.chain.advance(&beats);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        for receipt in &outcome.receipts[..count] {
            assert_eq!(codes::name_of(receipt.code), "ok");
        }
    }

    fn heartbeat(&self, of: usize, protocol: Version) -> SignedTransaction {
        let validator = validator_key(of);
        let sender = validator.node_account();
        let health = Health { protocol, ..Health::default() };
        let body = Transaction {
            chain_id: "ledger-test".parse().unwrap(),
            sender,
            nonce: Nonce::new(self.chain.account(sender).nonce.get()),
            gas_limit: Gas::new(60_000),
            gas_price: GasPrice::new(PRICE),
            valid_until: Height::new(self.chain.height + 50),
            memo: String::new(),
            payload: Payload::Heartbeat(Heartbeat { validator, health }),
        };
        let public_key = *validator.as_bytes();
        SignedTransaction::new(body, Authorization::Ed25519 { public_key, signature: [0; 64] })
    }

    /// An upgrade that is due with the next block, for which every node is ready.
    fn planned(&mut self, version: Version) -> Plan {
        // Of the three turns of a decision, the last one leads to the height of the plan.
        let number = self.submit(to(version));
        self.turn();
        self.agree(number);
        self.turn();
        self.beat(0..VALIDATORS, version);
        self.turn();
        self.protocol().plan.unwrap()
    }

    fn protocol(&self) -> Protocol {
        upgrade::decode_protocol(&self.chain.state[&upgrade::protocol_key()]).unwrap()
    }

    fn agenda(&self) -> Agenda {
        query::decode_agenda(&self.chain.state[&query::agenda_key()]).unwrap()
    }

    fn standing(&self, number: u64) -> Standing {
        query::decode_standing(&self.chain.state[&query::standing_key(number)]).unwrap()
    }

    fn height(&self) -> u64 {
        self.chain.height
    }

    /// Everything but what a block changes in any case and the record of the version.
    fn records(&self) -> Vec<(althing_state::StateKey, Vec<u8>)> {
        let own = [0x10, 0x11, 0x26];
        let all = self.chain.state.iter().filter(|(key, _)| !own.contains(&key.prefix()));
        all.map(|(key, value)| (*key, value.to_vec())).collect()
    }
}

/// To this version, as soon as possible.
fn to(version: Version) -> Action {
    at(version, None)
}

fn at(version: Version, height: Option<u64>) -> Action {
    let (height, notes, digest) = (height.map(Height::new), "".parse().unwrap(), None);
    Action::Upgrade { version, height, notes, digest }
}

fn submit(criticality: Criticality, action: Action) -> Payload {
    Payload::SubmitProposal(SubmitProposal {
        title: "A question".parse().unwrap(),
        summary: "".parse().unwrap(),
        link: "".parse().unwrap(),
        criticality,
        action,
    })
}

/// Validator `number` is for it.
fn vote(proposal: u64, number: usize) -> Payload {
    let (ballot, validator) = (Ballot::all(Choice::Yes), Some(validator_key(number)));
    Payload::Vote(Vote { proposal, ballot, validator })
}

/// The names of what concerns upgrades.
fn names(events: &[Event]) -> Vec<&'static str> {
    let names = events.iter().map(Event::name);
    names.filter(|name| name.starts_with("upgrade")).collect()
}
