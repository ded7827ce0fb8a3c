//! Five hundred disbursements with random dependencies, too little money, and some that are rolled
//! back: each is paid once or not at all. The audit checks all sums.

use super::{treasury::*, *};
use althing_types::governance::{DisbursementState as State, Payment};
use std::collections::BTreeMap;

const COUNT: u64 = 500;

/// A source of numbers that is the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    const fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % most
    }
}

fn started() -> World {
    let mut genesis = super::treasury::genesis();
    genesis.params.governance.max_open = 500;
    genesis.params.governance.max_open_per_account = 500;
    genesis.params.governance.deposit = Amount::new(1);
    genesis.params.treasury.batch = 32;
    genesis.params.treasury.max_age = Period::blocks(300);
    genesis.params.treasury.rollback_window = Period::blocks(40);
    let mut world = World::with(genesis);
    world.chain.audit_every = 5;
    world
}

/// Proposes all, and returns who is to get how much of each.
fn propose(world: &mut World, dice: &mut Dice) -> BTreeMap<u64, Vec<(usize, u64)>> {
    let (mut all, mut payloads) = (BTreeMap::new(), Vec::new());
    for number in 1..=COUNT {
        let payments: Vec<(usize, u64)> =
            (0..=dice.below(3)).map(|_| (dice.below(4) as usize, 1 + dice.below(20))).collect();
        let deps: Vec<u64> = match dice.below(3) {
            0 if number > 1 => (0..=dice.below(3)).map(|_| 1 + dice.below(number - 1)).collect(),
            _ => Vec::new(),
        };
        let list = payments.iter().map(|(user, amount)| Payment {
            to: address(*user),
            amount: tokens(*amount),
            milestone: Period::blocks(dice.below(60)),
        });
        payloads.push((4, submit(Criticality::Standard, plan(list.collect(), &deps))));
        all.insert(number, payments);
    }
    let outcome = world.chain.advance_without(&[], &payloads);
    assert!(outcome.receipts.iter().all(|receipt| receipt.code.is_ok()));
    all
}

#[test]
fn each_of_five_hundred_disbursements_is_paid_once_or_rolled_back_once() {
    let mut dice = Dice(7);
    let mut world = started();
    // Less than all together want, so that some wait and some are too old in the end.
    fund(&mut world, 8_000);
    let wanted = propose(&mut world, &mut dice);
    let sum: u64 = wanted.values().flatten().map(|(_, amount)| *amount).sum();
    assert!(sum > 8_000, "{sum}");
    world.turn();
    let before: Vec<u128> = (0..4).map(|user| world.balance(user).units()).collect();
    let voted: Vec<u64> = (1..=COUNT).filter(|_| dice.below(25) != 0).collect();
    world.turn_with(&voted);
    world.turn();
    let back: Vec<u64> = (0..20).map(|_| voted[dice.below(voted.len() as u64) as usize]).collect();
    let first = world.agenda().next;
    let decide = |number: &u64| {
        let (disbursement, compensation) = (*number, Ppm::ZERO);
        (4, submit(Criticality::Important, Action::TreasuryRollback { disbursement, compensation }))
    };
    world.chain.advance_without(&[], &back.iter().map(decide).collect::<Vec<_>>());
    let decisions: Vec<u64> = (first..world.agenda().next).collect();
    assert!(!decisions.is_empty());
    world.turn();
    world.turn_with(&decisions);
    for _ in 0..45 {
        world.turn();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut paid = [0u128; 4];
    for (number, payments) in &wanted {
        let record = world.disbursement(*number);
        let ends = |state| record.history.iter().filter(|step| step.state == state).count();
        let ended = ends(State::Finalized) + ends(State::RolledBack);
        assert_eq!((ended, record.is_pending()), (1, false), "{number}");
        assert!(ends(State::Executed) <= 1);
        let last = record.history.last().unwrap();
        let what = if last.state == State::Finalized { "finalized" } else { last.reason.name() };
        *counts.entry(what).or_default() += 1;
        for (place, (user, amount)) in payments.iter().enumerate() {
            if record.paid & (1 << place) != 0 {
                paid[*user] += u128::from(*amount) * 10u128.pow(18);
            }
        }
    }
    for user in 0..4 {
        assert_eq!(world.balance(user).units(), before[user] + paid[user]);
    }
    println!("{counts:?}");
    for what in ["finalized", "stale_dep", "rejected", "insufficient_funds"] {
        assert!(counts.contains_key(what), "{what} {counts:?}");
    }
    assert_eq!(world.held("disbursements"), Amount::ZERO);
    assert_eq!(world.chain.repeats.get(), 0);
}
