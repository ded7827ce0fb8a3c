//! Proposals, votes, and what follows from them, on whole blocks. After every block the audit counts
//! every vote again.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod cancel;
#[path = "../common/mod.rs"]
mod common;
mod crowd;
mod preferences;
mod prop;
mod submit;
mod transitions;
mod treasury;
mod treasury_many;
mod turn;
mod vote;

use althing_ledger::{
    Invalid, codes,
    governance::{Agenda, Proposal, Standing, query},
    query as records,
};
use althing_state::StateKey;
use althing_types::{
    Amount, ChainParams, Epoch, Event, Genesis, Payload, Period, Ppm, Receipt, ValidatorKey,
    governance::{Action, Ballot, Choice, Criticality, ParameterChange, ParameterChanges},
    message::{CancelProposal, Delegate, Redelegate, SubmitProposal, Undelegate, Vote},
    params::{FeeSplit, Parameter, ParameterValue, Track},
};
use common::{
    Chain, address,
    network::{network, operator, validator_key},
    tokens,
};

/// Validators of these tests, each with an own stake of so many tokens.
const OWN: u64 = 10_000;
/// What every user and operator owns besides.
const FUNDS: u64 = 100_000;
const DEPOSIT: u64 = 50;
/// Users without a validator.
const USERS: usize = 6;

fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

/// Votes last an epoch of ten blocks; decisions wait for another one.
fn genesis(validators: usize) -> Genesis {
    let stakes = vec![tokens(OWN); validators];
    let mut genesis = network(&stakes, USERS, validators, tokens(FUNDS));
    // Nothing is earned, so that a share stays worth what was paid for it.
    let [proposer, stakers, treasury] = [Ppm::ZERO; 3];
    genesis.params.fee_split = FeeSplit { proposer, stakers, treasury, burn: Ppm::ONE };
    let governance = &mut genesis.params.governance;
    governance.deposit = tokens(DEPOSIT);
    governance.max_open = 20;
    governance.max_open_per_account = 5;
    for track in [&mut governance.standard, &mut governance.important, &mut governance.critical] {
        *track = Track { voting: Period::blocks(5), delay: Period::blocks(5), ..*track };
    }
    genesis
}

struct World {
    chain: Chain,
}

impl World {
    /// In the first block of epoch 1.
    fn new(validators: usize) -> Self {
        Self::with(genesis(validators))
    }

    fn with(genesis: Genesis) -> Self {
        let mut chain = Chain::new(genesis.normalized().unwrap());
        chain.advance(&[]);
        let mut world = Self { chain };
        world.turn();
        world
    }

    /// Goes on to the first block of the next epoch; what the last block of this one did.
    fn turn(&mut self) -> Vec<Event> {
        self.chain.end_epoch(&[])
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

    /// A transaction that may not enter a block.
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

    /// A proposal that is voted on now.
    fn open(&mut self, criticality: Criticality, action: Action) -> u64 {
        let number = self.submit(0, criticality, action);
        self.turn();
        number
    }

    fn record<T>(
        &self,
        key: StateKey,
        decode: impl Fn(&[u8]) -> Result<T, commonware_codec::Error>,
    ) -> Option<T> {
        self.chain.state.get(&key).map(|value| decode(value).unwrap())
    }

    fn standing(&self, number: u64) -> Standing {
        self.record(query::standing_key(number), query::decode_standing).unwrap()
    }

    fn proposal(&self, number: u64) -> Proposal {
        self.record(query::proposal_key(number), query::decode_proposal).unwrap()
    }

    fn agenda(&self) -> Agenda {
        self.record(query::agenda_key(), query::decode_agenda).unwrap()
    }

    fn status(&self, number: u64) -> &'static str {
        self.standing(number).status.name()
    }

    /// Yes, no, abstain and veto of the house of stake, in tokens.
    fn stake(&self, number: u64) -> [u128; 4] {
        let count = self.standing(number).stake;
        [count.yes, count.no, count.abstain, count.veto]
            .map(|amount| amount.units() / 10u128.pow(18))
    }

    /// Yes and no of the house of validators, in parts per million of one.
    fn heads(&self, number: u64) -> [u64; 2] {
        let count = self.standing(number).validators;
        [count.yes, count.no]
    }

    fn params(&self) -> ChainParams {
        records::decode_params(&self.chain.state[&records::params_key()]).unwrap()
    }

    fn balance(&self, user: usize) -> Amount {
        self.chain.account(address(user)).balance
    }

    fn held(&self, name: &str) -> Amount {
        self.chain.account(althing_types::Address::of_module(name)).balance
    }

    fn epoch(&self) -> Epoch {
        self.chain.next().epoch
    }

    /// A change of one parameter from what it is.
    fn change(&self, name: &str, to: ParameterValue) -> ParameterChange {
        let from = Parameter::find(name).unwrap().get(&self.params());
        ParameterChange { name: name.parse().unwrap(), from, to }
    }
}

/// Every record of governance and of the treasury, and the parameters.
fn own_records(chain: &Chain) -> Vec<(StateKey, Vec<u8>)> {
    let own = |key: &StateKey| (0x14..=0x26).contains(&key.prefix()) || key.prefix() == 0x03;
    let all = chain.state.iter().filter(|(key, _)| own(key));
    all.map(|(key, value)| (*key, value.to_vec())).collect()
}

fn submit(criticality: Criticality, action: Action) -> Payload {
    Payload::SubmitProposal(SubmitProposal {
        title: "A question".parse().unwrap(),
        summary: "Whether this is so.".parse().unwrap(),
        link: "https://one.example/7".parse().unwrap(),
        criticality,
        action,
    })
}

fn parameters(changes: Vec<ParameterChange>) -> Action {
    Action::Parameters { changes: ParameterChanges::new(changes).unwrap() }
}

fn number(value: u64) -> ParameterValue {
    ParameterValue::Number { value }
}

fn part(parts: u32) -> ParameterValue {
    ParameterValue::Part { value: ppm(parts) }
}

/// A vote with own stake.
fn own_vote(proposal: u64, choice: Choice) -> Payload {
    let ballot = Ballot::all(choice);
    Payload::Vote(Vote { proposal, ballot, validator: None })
}

/// A vote of validator `number`, by its operator.
fn validator_vote(proposal: u64, number: usize, choice: Choice) -> Payload {
    let (ballot, validator) = (Ballot::all(choice), Some(validator_key(number)));
    Payload::Vote(Vote { proposal, ballot, validator })
}

fn cancel(proposal: u64) -> Payload {
    Payload::CancelProposal(CancelProposal { proposal })
}

fn delegate(number: usize, amount: u64) -> Payload {
    Payload::Delegate(Delegate { validator: validator_key(number), amount: tokens(amount) })
}

fn undelegate(number: usize, amount: u64) -> Payload {
    let amount = Some(tokens(amount));
    Payload::Undelegate(Undelegate { validator: validator_key(number), amount })
}

fn redelegate(from: usize, to: usize, amount: u64) -> Payload {
    let [from, to] = [from, to].map(validator_key);
    Payload::Redelegate(Redelegate { from, to, amount: Some(tokens(amount)) })
}

/// The names of events, in order.
fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::name).collect()
}

/// The same, of proposals alone.
fn steps(events: &[Event]) -> Vec<&'static str> {
    events.iter().filter(|event| event.proposal().is_some()).map(Event::name).collect()
}
