//! The safety override, emergencies, and what they leave in force, on whole blocks. After every block the
//! audit checks every record.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod approve;
mod changes;
#[path = "../common/mod.rs"]
mod common;
mod emergency;
mod orders;
mod prop;
mod rules;
mod specs;

use althing_ledger::{
    Invalid, codes,
    governance::{Standing, query as governance},
    network::{Network, Spec, query as network_query},
    safety::{Call, Changes, Safety, query},
    treasury::{Disbursement, Treasury, query as treasury},
};
use althing_state::StateKey;
use althing_types::{
    Address, Amount, Event, Genesis, Height, Payload, Period, Ppm, Receipt, Transfer, Version,
    governance::{
        Action, Ballot, Choice, Criticality, Dependencies, Order, OrderKind, Payment, Payments,
        SafetyRules,
    },
    message::{Override, SubmitProposal, Vote},
    params::{FeeSplit, Track},
};
use common::{
    Chain, address,
    network::{network, operator, own_events, validator_key},
    tokens,
};

/// Validators of these tests, of the same stake.
const VALIDATORS: usize = 5;
/// Users 0 to 3 hold the override, two of them together.
const MEMBERS: [usize; 4] = [0, 1, 2, 3];
const STRANGER: usize = 5;
/// What every user owns.
const FUNDS: u64 = 100_000;

fn rules(members: &[usize], needed: u32, allowed: &[OrderKind]) -> SafetyRules {
    limited(members, needed, allowed, (None, 0))
}

fn limited(
    members: &[usize],
    needed: u32,
    allowed: &[OrderKind],
    (uses, cooldown): (Option<u32>, u64),
) -> SafetyRules {
    let members = members.iter().copied().map(address).collect();
    SafetyRules::new(members, needed, allowed.to_vec(), uses, Period::blocks(cooldown)).unwrap()
}

/// Two of four members; what they do is limited by nothing.
fn genesis() -> Genesis {
    with(Some(rules(&MEMBERS, 2, OrderKind::ALL)))
}

/// Votes last an epoch of ten blocks; decisions wait for another one.
fn with(safety: Option<SafetyRules>) -> Genesis {
    let mut genesis = network(&[tokens(10_000); VALIDATORS], 6, VALIDATORS, tokens(FUNDS));
    let [proposer, stakers, treasury] = [Ppm::ZERO; 3];
    genesis.params.fee_split = FeeSplit { proposer, stakers, treasury, burn: Ppm::ONE };
    let governance = &mut genesis.params.governance;
    governance.deposit = tokens(50);
    for track in [&mut governance.standard, &mut governance.important, &mut governance.critical] {
        *track = Track { voting: Period::blocks(5), delay: Period::blocks(5), ..*track };
    }
    genesis.params.treasury.grant_limit = tokens(1_000);
    genesis.params.treasury.rollback_window = Period::blocks(5);
    genesis.params.treasury.max_age = Period::blocks(500);
    let params = &mut genesis.params.safety;
    params.call = Period::blocks(15);
    params.ratification = Period::blocks(20);
    params.max_pause = Period::blocks(200);
    params.voting = Period::blocks(5);
    genesis.safety = safety;
    genesis
}

struct World {
    chain: Chain,
}

impl World {
    /// In the first block of epoch 1, with some money in the treasury.
    fn new() -> Self {
        Self::of(genesis())
    }

    fn of(genesis: Genesis) -> Self {
        let mut chain = Chain::new(genesis.normalized().unwrap());
        chain.advance(&[]);
        let mut world = Self { chain };
        let (to, amount) = (Address::of_module("treasury"), tokens(10_000));
        world.does(STRANGER, Payload::Transfer(Transfer { to, amount }));
        world.turn();
        world
    }

    /// Goes on to the first block of the next epoch; what the last block of this one did.
    fn turn(&mut self) -> Vec<Event> {
        self.chain.end_epoch(&[])
    }

    fn blocks(&mut self, count: u64) -> Vec<Event> {
        (0..count).flat_map(|_| own_events(&self.chain.advance_without(&[], &[]))).collect()
    }

    fn send(&mut self, user: usize, payload: Payload) -> Receipt {
        self.chain.send(user, payload)
    }

    /// A transaction that does what it asks for.
    fn does(&mut self, user: usize, payload: Payload) -> Vec<Event> {
        let receipt = self.send(user, payload);
        assert_eq!(codes::name_of(receipt.code), "ok");
        receipt.events
    }

    /// A transaction that fails with this code, and changes nothing that its block would not change
    /// without it but what its sender paid.
    fn fails(&mut self, user: usize, payload: Payload, code: &str) {
        let mut without = self.chain.clone();
        without.advance_without(&[], &[]);
        let receipt = self.send(user, payload);
        assert_eq!(codes::name_of(receipt.code), code);
        assert!(receipt.events.is_empty());
        assert!(own_records(&self.chain) == own_records(&without), "{code} changed something");
    }

    fn is_refused(&mut self, user: usize, payload: Payload, why: &Invalid) {
        let transaction = self.chain.transaction(user, 0, payload);
        let (_, results) = self.chain.clone().advance(&[transaction]);
        assert_eq!(results, [Err(why.clone())]);
    }

    /// Proposes, and returns the number.
    fn submit(&mut self, user: usize, criticality: Criticality, action: Action) -> u64 {
        let events = self.does(user, submit(criticality, action));
        let [Event::ProposalSubmitted { proposal, .. }, ..] = events.as_slice() else {
            panic!("{events:?}")
        };
        *proposal
    }

    /// All validators vote for a proposal, in one block.
    fn agree(&mut self, number: u64) {
        self.all_vote(number, Choice::Yes);
    }

    fn all_vote(&mut self, number: u64, choice: Choice) {
        let votes: Vec<(usize, Payload)> = (0..VALIDATORS)
            .map(|validator| (operator(validator), vote(number, validator, choice)))
            .collect();
        let outcome = self.chain.advance_without(&[], &votes);
        for receipt in &outcome.receipts[..VALIDATORS] {
            assert_eq!(codes::name_of(receipt.code), "ok");
        }
    }

    /// Proposes, and goes on to the end of the epoch that ends the vote, which all are for.
    fn accept(&mut self, criticality: Criticality, action: Action) -> u64 {
        let number = self.submit(4, criticality, action);
        while self.status(number) == "waiting" {
            self.turn();
        }
        self.agree(number);
        while self.status(number) == "voting" {
            self.turn();
        }
        number
    }

    /// The same, until it is enacted.
    fn enact(&mut self, action: Action) -> (u64, Vec<Event>) {
        let number = self.accept(Criticality::Critical, action);
        let mut events = Vec::new();
        while self.status(number) == "queued" {
            events = self.turn();
        }
        (number, events)
    }

    fn record<T>(
        &self,
        key: StateKey,
        decode: impl Fn(&[u8]) -> Result<T, commonware_codec::Error>,
    ) -> Option<T> {
        self.chain.state.get(&key).map(|value| decode(value).unwrap())
    }

    fn safety(&self) -> Option<Safety> {
        self.record(query::safety_key(), query::decode_safety)
    }

    fn changes(&self) -> Changes {
        self.record(query::changes_key(), query::decode_changes).unwrap()
    }

    /// How many approve a call that waits.
    fn approvals(&self, number: u64, order: &Order) -> Option<usize> {
        let key = query::call_key(Call::id(number, order));
        self.record(key, query::decode_call).map(|call| call.approvals.len())
    }

    fn standing(&self, number: u64) -> Standing {
        self.record(governance::standing_key(number), governance::decode_standing).unwrap()
    }

    fn status(&self, number: u64) -> &'static str {
        self.standing(number).status.name()
    }

    fn treasury(&self) -> Treasury {
        self.record(treasury::treasury_key(), treasury::decode_treasury).unwrap()
    }

    fn disbursement(&self, number: u64) -> Disbursement {
        self.record(treasury::disbursement_key(number), treasury::decode_disbursement).unwrap()
    }

    fn state(&self, number: u64) -> &'static str {
        self.disbursement(number).state.name()
    }

    fn is_paused(&self) -> bool {
        let next = self.chain.next();
        self.treasury().is_paused(next.height, next.timestamp)
    }

    fn balance(&self, user: usize) -> Amount {
        self.chain.account(address(user)).balance
    }
}

/// Every record of governance, of the treasury, of upgrades, of the override, and the parameters.
fn own_records(chain: &Chain) -> Vec<(StateKey, Vec<u8>)> {
    let own = |key: &StateKey| (0x14..=0x2a).contains(&key.prefix()) || key.prefix() == 0x03;
    let all = chain.state.iter().filter(|(key, _)| own(key));
    all.map(|(key, value)| (*key, value.to_vec())).collect()
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

/// A vote of a validator, by its operator.
fn vote(proposal: u64, validator: usize, choice: Choice) -> Payload {
    let (ballot, validator) = (Ballot::all(choice), Some(validator_key(validator)));
    Payload::Vote(Vote { proposal, ballot, validator })
}

/// An approval of call 1.
fn approve(order: &Order) -> Payload {
    call(1, order)
}

fn call(call: u64, order: &Order) -> Payload {
    Payload::Override(Override { call, order: order.clone() })
}

const fn pause(blocks: u64) -> Order {
    Order::PauseTreasury { period: Period::blocks(blocks) }
}

fn grant(amount: u64) -> Action {
    let payment = Payment { to: address(3), amount: tokens(amount), milestone: Period::default() };
    let (deps, memo) = (Dependencies::default(), "".parse().unwrap());
    Action::Treasury { payments: Payments::new(vec![payment]).unwrap(), deps, memo }
}

const NEXT: Version = Version::new(1, 1, 0);

fn upgrade() -> Action {
    let notes = "".parse().unwrap();
    Action::Upgrade { version: NEXT, height: Some(Height::new(9_000)), notes, digest: None }
}

/// The names of events, in order.
fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::name).collect()
}
