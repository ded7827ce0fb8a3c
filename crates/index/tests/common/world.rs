//! A chain that governs itself, executed by the ledger, with the blocks that the index reads.

#[path = "../../../ledger/tests/common/mod.rs"]
pub mod ledger;

use althing_index::IndexedBlock;
use althing_types::{
    Address, Block, Event, Genesis, Header, Height, Payload, Period, Ppm, SyncRange, Transfer,
    governance::{
        Action, Ballot, Choice, Criticality, Dependencies, Order, OrderKind, ParameterChange,
        ParameterChanges, Payment, Payments, Preferences, SafetyRules,
    },
    hash::{sha256, zero},
    message::{CancelProposal, Delegate, Override, SetPreferences, SubmitProposal, Vote},
    params::{FeeSplit, Parameter, ParameterValue, Track},
};
use ledger::{
    Chain, address,
    network::{network, operator, validator_key},
    tokens,
};
use std::sync::Arc;

/// Two validators, six users; votes last an epoch of ten blocks, decisions wait for another one.
pub fn genesis() -> Genesis {
    let mut genesis = network(&[tokens(10_000); 2], 6, 2, tokens(100_000));
    let [proposer, stakers, treasury] = [Ppm::ZERO; 3];
    genesis.params.fee_split = FeeSplit { proposer, stakers, treasury, burn: Ppm::ONE };
    let governance = &mut genesis.params.governance;
    governance.deposit = tokens(50);
    for track in [&mut governance.standard, &mut governance.important, &mut governance.critical] {
        *track = Track { voting: Period::blocks(5), delay: Period::blocks(5), ..*track };
    }
    // What is critical waits for longer than the story lasts.
    governance.critical.delay = Period::blocks(500);
    let params = &mut genesis.params.treasury;
    params.grant_limit = tokens(1_000);
    params.rollback_window = Period::blocks(5);
    params.retry = Period::blocks(3);
    let (members, allowed) = (vec![address(0), address(1)], vec![OrderKind::PauseTreasury]);
    let rules = SafetyRules::new(members, 2, allowed, Some(3), Period::blocks(5));
    genesis.safety = Some(rules.unwrap());
    genesis.normalized().unwrap()
}

/// The call of the safety override that waits for one more approval at the end of [`story`].
pub fn call() -> Override {
    Override { call: 7, order: Order::PauseTreasury { period: Period::blocks(9) } }
}

pub struct World {
    pub chain: Chain,
    pub blocks: Vec<IndexedBlock>,
}

impl World {
    pub fn new() -> Self {
        let mut world = Self { chain: Chain::new(genesis()), blocks: Vec::new() };
        world.block(&[]);
        world
    }

    /// The next block; what its transactions and it did.
    pub fn block(&mut self, payloads: &[(usize, Payload)]) -> Vec<Event> {
        let context = self.chain.next();
        let transactions: Vec<_> = payloads
            .iter()
            .enumerate()
            .map(|(place, (user, payload))| {
                let same = payloads.iter().take(place).filter(|(other, _)| other == user);
                self.chain.transaction(*user, same.count() as u64, payload.clone())
            })
            .collect();
        let (outcome, results) = self.chain.advance(&transactions);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let mut header = Header::genesis(zero(), zero(), SyncRange { start: 0, end: 1 });
        header.height = context.height;
        header.epoch = context.epoch;
        header.view = context.view;
        header.parent_view = context.parent_view;
        header.leader = context.proposer;
        header.timestamp = context.timestamp;
        header.gas_used = outcome.gas_used;
        header.next_validators = outcome.next_validators;
        // Cheaper than the root of all transactions, and as different.
        header.transactions_root =
            transactions.last().map_or_else(zero, |last| sha256(&[last.hash().as_ref()]));
        let hash = header.hash();
        let events = outcome.receipts.iter().flat_map(|receipt| receipt.events.clone()).collect();
        let (block, receipts) =
            (Arc::new(Block { header, transactions }), Arc::new(outcome.receipts));
        self.blocks.push(IndexedBlock { block, hash, receipts });
        events
    }

    /// Blocks up to the last one of the epoch.
    pub fn turn(&mut self) {
        loop {
            self.block(&[]);
            if Height::new(self.chain.height).is_epoch_end(10) {
                return;
            }
        }
    }
}

pub fn submit(title: &str, criticality: Criticality, action: Action) -> Payload {
    Payload::SubmitProposal(SubmitProposal {
        title: title.parse().unwrap(),
        summary: "Why not.".parse().unwrap(),
        link: "https://forum.example/t/1".parse().unwrap(),
        criticality,
        action,
    })
}

pub fn change(name: &str, to: ParameterValue) -> Action {
    let from = Parameter::find(name).unwrap().get(&genesis().params);
    let change = ParameterChange { name: name.parse().unwrap(), from, to };
    Action::Parameters { changes: ParameterChanges::new(vec![change]).unwrap() }
}

pub fn grant(amounts: &[u64], deps: &[u64]) -> Action {
    let payments = amounts.iter().zip(0u64..).map(|(amount, place)| Payment {
        to: address(3),
        amount: tokens(*amount),
        milestone: Period::blocks(place * 100),
    });
    Action::Treasury {
        payments: Payments::new(payments.collect()).unwrap(),
        deps: Dependencies::new(deps.to_vec()).unwrap(),
        memo: "For a bridge.".parse().unwrap(),
    }
}

/// A vote of user `user` with its own stake.
pub fn vote(user: usize, proposal: u64, choice: Choice) -> (usize, Payload) {
    let ballot = Ballot::all(choice);
    (user, Payload::Vote(Vote { proposal, ballot, validator: None }))
}

/// A vote of validator `number`.
pub fn validator_vote(number: usize, proposal: u64, choice: Choice) -> (usize, Payload) {
    let (ballot, validator) = (Ballot::all(choice), Some(validator_key(number)));
    (operator(number), Payload::Vote(Vote { proposal, ballot, validator }))
}

/// Numbers of the proposals of [`story`].
pub const REJECTED: u64 = 1;
pub const CHANGED: u64 = 2;
pub const BRIDGE: u64 = 3;
pub const RAILS: u64 = 4;
pub const CANCELLED: u64 = 5;
pub const BLOCK_GAS: u64 = 6;
pub const TRAINS: u64 = 7;
pub const OPEN: u64 = 8;
pub const ROLLBACK: u64 = 9;
pub const WAITING: u64 = 10;

/// A text that is rejected, parameters that change, a bridge that is paid in two parts, trains that
/// wait for long, rails that wait for both, a proposal that is taken back, and three that are not
/// decided yet.
pub fn story() -> World {
    use Choice::{No, Veto, Yes};
    use Criticality::{Critical, Important, Standard};
    let mut world = World::new();
    let treasury = Address::of_module("treasury");
    let gift = Payload::Transfer(Transfer { to: treasury, amount: tokens(10_000) });
    let own = Delegate { validator: validator_key(0), amount: tokens(4_000) };
    let preferences = Some(Preferences {
        auto_adopt_optional: true,
        minimum_criticality: Important,
        max_delay_tolerance: 100,
    });
    let left = Payload::SetPreferences(SetPreferences { preferences });
    world.block(&[(5, gift), (1, Payload::Delegate(own)), (operator(1), left)]);
    world.turn();
    let less = ParameterValue::Amount { value: tokens(2) };
    let gas = ParameterValue::Number { value: 50_000_000 };
    world.block(&[
        (0, submit("A question", Standard, Action::Text {})),
        (2, submit("Larger delegations", Standard, change("staking.min_delegation", less))),
        (0, submit("A bridge", Standard, grant(&[300, 200], &[]))),
        (0, submit("Rails", Standard, grant(&[100], &[BRIDGE, TRAINS]))),
        (0, submit("A mistake", Standard, Action::Text {})),
        (4, submit("Smaller blocks", Standard, change("block_gas_limit", gas))),
    ]);
    world.block(&[(0, Payload::CancelProposal(CancelProposal { proposal: CANCELLED }))]);
    world.turn();
    world.block(&[
        vote(1, REJECTED, Yes),
        validator_vote(0, REJECTED, No),
        validator_vote(1, REJECTED, Veto),
    ]);
    world.block(&[vote(1, REJECTED, No), vote(1, CHANGED, Yes)]);
    world
        .block(&(CHANGED..=RAILS).map(|number| validator_vote(0, number, Yes)).collect::<Vec<_>>());
    world.block(&(0..2).map(|number| validator_vote(number, BLOCK_GAS, Yes)).collect::<Vec<_>>());
    world.block(&[(5, submit("Trains", Critical, grant(&[50], &[])))]);
    world.turn();
    world.block(&(0..2).map(|number| validator_vote(number, TRAINS, Yes)).collect::<Vec<_>>());
    world.turn();
    let action = Action::TreasuryRollback { disbursement: BRIDGE, compensation: Ppm::ZERO };
    world.block(&[
        (0, submit("Another question", Standard, Action::Text {})),
        (2, submit("No bridge", Important, action)),
    ]);
    world.turn();
    world.block(&[
        vote(1, OPEN, No),
        validator_vote(0, OPEN, Yes),
        validator_vote(1, ROLLBACK, Yes),
        (0, submit("Later", Standard, Action::Text {})),
        (0, Payload::Override(call())),
    ]);
    world
}
