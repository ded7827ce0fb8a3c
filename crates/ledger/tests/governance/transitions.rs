//! Transitions of proposals and disbursements that the other files leave out.

use super::{treasury::fund, *};
use althing_types::{
    Timestamp, Transfer,
    genesis::Vesting,
    governance::{Dependencies, Payment, Payments},
    message::AdvanceDisbursement,
};

fn grant(amount: u64, deps: &[u64]) -> Action {
    let payment = Payment { to: address(3), amount: tokens(amount), milestone: Period::default() };
    Action::Treasury {
        payments: Payments::new(vec![payment]).unwrap(),
        deps: Dependencies::new(deps.to_vec()).unwrap(),
        memo: "For a bridge.".parse().unwrap(),
    }
}

const fn rollback(disbursement: u64) -> Action {
    Action::TreasuryRollback { disbursement, compensation: Ppm::ZERO }
}

/// Where a disbursement is, and why.
fn last(world: &World, number: u64) -> (&'static str, &'static str) {
    let step = *world.disbursement(number).history.last().unwrap();
    (step.state.name(), step.reason.name())
}

fn funded(genesis: Genesis) -> World {
    let mut world = World::with(genesis);
    fund(&mut world, 1_000);
    world
}

#[test]
fn a_deposit_that_is_locked_cannot_be_paid() {
    let mut genesis = genesis(1);
    let vesting = Vesting {
        start: Timestamp::ZERO,
        cliff: Timestamp::new(1_000_000_000),
        end: Timestamp::new(2_000_000_000),
    };
    let of_user = genesis.allocations.iter_mut().find(|entry| entry.address == address(2));
    of_user.unwrap().vesting = Some(vesting);
    let mut world = World::with(genesis);
    // Enough for fees.
    world.does(1, Payload::Transfer(Transfer { to: address(2), amount: tokens(DEPOSIT - 1) }));
    world.fails(2, submit(Criticality::Standard, Action::Text {}), "funds_locked");
    world.does(1, Payload::Transfer(Transfer { to: address(2), amount: tokens(2) }));
    world.does(2, submit(Criticality::Standard, Action::Text {}));
}

#[test]
fn one_end_of_an_epoch_decides_a_hundred_and_twenty_eight_proposals_and_the_next_one_the_others() {
    let mut genesis = genesis(1);
    genesis.params.governance.max_open = 500;
    genesis.params.governance.max_open_per_account = 500;
    genesis.params.governance.deposit = Amount::new(1);
    let mut world = World::with(genesis);
    let text = || (0, submit(Criticality::Standard, Action::Text {}));
    let outcome = world.chain.advance_without(&[], &(0..130).map(|_| text()).collect::<Vec<_>>());
    assert!(outcome.receipts.iter().all(|receipt| receipt.code.is_ok()));
    world.turn();
    assert_eq!((world.status(1), world.status(130)), ("voting", "voting"));
    world.turn();
    assert_eq!((world.status(128), world.status(129)), ("rejected", "voting"));
    world.turn();
    assert_eq!((world.status(129), world.status(130)), ("rejected", "rejected"));
}

#[test]
fn no_more_disbursements_are_proposed_than_may_wait() {
    let mut genesis = super::treasury::genesis();
    genesis.params.treasury.max_pending = 2;
    genesis.params.treasury.stall_pending = 1;
    let mut world = funded(genesis);
    let first = world.submit(0, Criticality::Standard, grant(1, &[]));
    world.submit(0, Criticality::Standard, grant(1, &[]));
    let third = submit(Criticality::Standard, grant(1, &[]));
    world.fails(0, third.clone(), "too_many_disbursements");
    world.does(0, cancel(first));
    world.does(0, third);
}

#[test]
fn what_a_hundred_depend_on_nothing_more_depends_on() {
    let mut genesis = super::treasury::genesis();
    genesis.params.governance.max_open = 500;
    genesis.params.governance.max_open_per_account = 500;
    genesis.params.governance.deposit = Amount::new(1);
    let mut world = funded(genesis);
    let first = world.submit(0, Criticality::Standard, grant(1, &[]));
    let more = |_| (0, submit(Criticality::Standard, grant(1, &[first])));
    let outcome = world.chain.advance_without(&[], &(0..100).map(more).collect::<Vec<_>>());
    assert!(outcome.receipts.iter().all(|receipt| receipt.code.is_ok()));
    world.fails(0, submit(Criticality::Standard, grant(1, &[first])), "dependency_limit");
}

#[test]
fn queued_rolled_back_by_decision() {
    let mut genesis = super::treasury::genesis();
    genesis.params.governance.critical.voting = Period::blocks(200);
    let mut world = funded(genesis);
    let slow = world.submit(0, Criticality::Critical, grant(1, &[]));
    let waits = world.submit(0, Criticality::Standard, grant(400, &[slow]));
    world.turn();
    world.pass(&[waits]);
    let decision = world.submit(0, Criticality::Important, rollback(waits));
    world.turn();
    assert_eq!(last(&world, waits), ("queued", "planned"));
    world.pass(&[decision]);
    world.turn();
    assert_eq!(world.status(decision), "enacted");
    assert_eq!(last(&world, waits), ("rolled_back", "decided"));
}

#[test]
fn timelocked_rolled_back_when_what_it_depends_on_is() {
    let mut genesis = super::treasury::genesis();
    genesis.params.governance.critical.delay = Period::blocks(200);
    genesis.params.treasury.max_age = Period::blocks(500);
    genesis.params.treasury.rollback_window = Period::blocks(60);
    let mut world = funded(genesis);
    let first = world.submit(0, Criticality::Standard, grant(400, &[]));
    world.turn();
    world.pass(&[first]);
    let dependent = world.submit(0, Criticality::Critical, grant(100, &[first]));
    let decision = world.submit(0, Criticality::Important, rollback(first));
    world.turn();
    assert_eq!(last(&world, first), ("executed", "planned"));
    world.pass(&[dependent, decision]);
    world.blocks(1);
    assert_eq!(last(&world, dependent), ("timelocked", "planned"));
    world.turn();
    assert_eq!(last(&world, first), ("rolled_back", "decided"));
    world.blocks(1);
    assert_eq!(last(&world, dependent), ("rolled_back", "stale_dep"));
}

#[test]
fn a_disbursement_that_does_not_exist_or_is_not_accepted_takes_no_step() {
    let mut world = funded(super::treasury::genesis());
    let text = world.submit(0, Criticality::Standard, Action::Text {});
    let draft = world.submit(0, Criticality::Standard, grant(1, &[]));
    let advance = |disbursement| Payload::AdvanceDisbursement(AdvanceDisbursement { disbursement });
    world.fails(1, advance(text), "unknown_disbursement");
    world.fails(1, advance(draft), "not_ready");
    world.turn();
    world.fails(1, advance(draft), "not_ready");
    world.turn();
    assert_eq!(last(&world, draft), ("rolled_back", "rejected"));
    world.fails(1, advance(draft), "not_ready");
}
