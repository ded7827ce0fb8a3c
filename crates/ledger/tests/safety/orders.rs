use super::*;
use althing_types::governance::UpgradeEnd;

impl World {
    /// Two members order something.
    pub(super) fn order(&mut self, order: &Order) -> Vec<Event> {
        self.does(0, approve(order));
        self.does(1, approve(order))
    }
}

const fn stop(proposal: u64) -> Order {
    Order::CancelProposal { proposal }
}

#[test]
fn a_proposal_that_waits_or_is_voted_on_is_stopped_and_its_whole_deposit_goes_back() {
    for turns in [0, 1] {
        let mut world = World::new();
        let before = world.balance(4);
        let number = world.submit(4, Criticality::Important, upgrade());
        let fee = before.checked_sub(world.balance(4)).unwrap().checked_sub(tokens(50)).unwrap();
        (0..turns).for_each(|_| drop(world.turn()));
        let events = world.order(&stop(number));
        let expected = ["override-approved", "override-used", "proposal-cancelled"];
        assert_eq!(names(&events), expected);
        let (proposer, forfeited) = (address(4), Amount::ZERO);
        assert_eq!(events[2], Event::ProposalCancelled { proposal: number, proposer, forfeited });
        assert_eq!(world.status(number), "cancelled");
        assert_eq!(world.balance(4), before.checked_sub(fee).unwrap());
        world.fails(operator(0), vote(number, 0, Choice::Yes), "not_voting");
        world.turn();
    }
}

#[test]
fn a_proposal_that_was_accepted_and_waits_is_stopped() {
    let mut world = World::new();
    let before = world.balance(4);
    let number = world.accept(Criticality::Important, upgrade());
    assert_eq!(world.status(number), "queued");
    let paid = world.balance(4);
    world.order(&stop(number));
    assert_eq!((world.status(number), world.balance(4)), ("cancelled", paid));
    assert!(paid < before);
    let events = world.turn();
    assert!(!names(&events).contains(&"upgrade-scheduled"));
}

#[test]
fn a_large_disbursement_is_stopped_while_it_is_proposed_and_a_small_one_is_not() {
    let mut world = World::new();
    let large = world.submit(4, Criticality::Important, grant(2_000));
    let small = world.submit(4, Criticality::Important, grant(500));
    let events = world.order(&stop(large));
    assert_eq!(names(&events)[2..], ["proposal-cancelled", "disbursement-advanced"]);
    let last = *world.disbursement(large).history.last().unwrap();
    assert_eq!((last.state.name(), last.reason.name()), ("rolled_back", "overridden"));
    world.fails(0, approve(&stop(small)), "order_not_allowed");
}

#[test]
fn what_cannot_harm_at_once_is_not_stopped() {
    let mut world = World::new();
    let text = world.submit(4, Criticality::Standard, Action::Text {});
    world.fails(0, approve(&stop(text)), "order_not_allowed");
    let rules = Action::SafetyRules { rules: None };
    let abolish = world.submit(4, Criticality::Critical, rules);
    world.fails(0, approve(&stop(abolish)), "order_not_allowed");
    let urgent = world.submit(4, Criticality::Emergency, Action::Emergency { order: pause(9) });
    world.fails(0, approve(&stop(urgent)), "order_not_allowed");
    world.order(&pause(30));
    let ratify = world.changes().open[0].proposal.unwrap();
    world.fails(0, approve(&stop(ratify)), "order_not_allowed");
}

#[test]
fn what_is_over_or_was_never_proposed_is_not_stopped() {
    let mut world = World::new();
    world.fails(0, approve(&stop(1)), "nothing_to_override");
    let number = world.submit(4, Criticality::Important, upgrade());
    world.order(&stop(number));
    world.fails(2, approve(&stop(number)), "nothing_to_override");
}

#[test]
fn while_the_treasury_is_paused_nothing_is_executed_or_paid() {
    let mut world = World::new();
    let [first, second] =
        [300, 200].map(|amount| world.submit(4, Criticality::Standard, grant(amount)));
    world.turn();
    world.agree(first);
    world.turn();
    world.blocks(7);
    assert_eq!(world.state(first), "executed");
    world.order(&pause(60));
    let ratify = world.changes().open[0].proposal.unwrap();
    let (paid, before) = (world.treasury().paid, world.balance(3));
    world.turn();
    world.agree(ratify);
    world.turn();
    world.turn();
    assert_eq!((world.state(first), world.treasury().paid), ("executed", paid));
    assert_eq!(world.balance(3), before);
    let advance = |disbursement| {
        Payload::AdvanceDisbursement(althing_types::message::AdvanceDisbursement { disbursement })
    };
    world.fails(4, advance(first), "not_ready");
    assert_eq!(world.state(second), "rolled_back");
    world.turn();
    world.turn();
    world.turn();
    world.turn();
    assert!(!world.is_paused());
    assert_eq!(world.state(first), "finalized");
    assert_eq!(world.balance(3), before.checked_add(tokens(300)).unwrap());
}

#[test]
fn a_pause_is_neither_longer_than_it_may_be_nor_shorter_than_the_one_that_holds() {
    let mut world = World::new();
    world.fails(0, approve(&pause(201)), "order_not_allowed");
    let both = Order::PauseTreasury { period: Period { blocks: 200, ms: 1 } };
    world.fails(0, approve(&both), "order_not_allowed");
    world.order(&pause(30));
    world.fails(2, approve(&pause(20)), "nothing_to_override");
    world.does(2, approve(&pause(31)));
}

#[test]
fn a_disbursement_that_is_not_final_is_rolled_back_without_compensation() {
    let mut world = World::new();
    let number = world.accept(Criticality::Important, grant(2_000));
    world.blocks(7);
    assert_eq!(world.state(number), "executed");
    let order = Order::RollbackDisbursement { disbursement: number };
    let events = world.order(&order);
    let expected =
        ["override-approved", "override-used", "disbursement-returned", "disbursement-advanced"];
    assert_eq!(names(&events), expected);
    let (disbursement, returned) = (number, tokens(2_000));
    let compensation = Amount::ZERO;
    assert_eq!(events[2], Event::DisbursementReturned { disbursement, returned, compensation });
    let last = *world.disbursement(number).history.last().unwrap();
    assert_eq!((last.state.name(), last.reason.name()), ("rolled_back", "overridden"));
    world.fails(2, approve(&order), "not_ready");
    let never = Order::RollbackDisbursement { disbursement: 77 };
    world.fails(2, approve(&never), "unknown_disbursement");
}

#[test]
fn a_disbursement_that_was_accepted_and_not_executed_is_rolled_back() {
    for (blocks, state) in [(0, "queued"), (1, "timelocked")] {
        // One member is enough, so that the order meets the state that is meant.
        let mut world = World::of(with(Some(rules(&[0], 1, OrderKind::ALL))));
        let number = world.accept(Criticality::Important, grant(2_000));
        world.blocks(blocks);
        assert_eq!(world.state(number), state);
        let order = Order::RollbackDisbursement { disbursement: number };
        let events = world.does(0, approve(&order));
        assert_eq!(names(&events), ["override-approved", "override-used", "disbursement-advanced"]);
        assert_eq!(world.treasury().reserved, Amount::ZERO);
        let last = *world.disbursement(number).history.last().unwrap();
        assert_eq!((last.state.name(), last.reason.name()), ("rolled_back", "overridden"));
    }
}

#[test]
fn an_upgrade_that_is_planned_is_given_up() {
    let mut world = World::new();
    let order = Order::CancelUpgrade { version: NEXT };
    world.fails(0, approve(&order), "upgrade_not_scheduled");
    let (proposal, events) = world.enact(upgrade());
    assert!(names(&events).contains(&"upgrade-scheduled"));
    let events = world.order(&order);
    let reason = UpgradeEnd::Overridden;
    assert_eq!(events[2], Event::UpgradeCancelled { proposal, version: NEXT, reason });
    world.fails(2, approve(&order), "upgrade_not_scheduled");
}
