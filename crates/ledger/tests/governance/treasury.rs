use super::*;
use althing_ledger::treasury::{Disbursement, Treasury, query as treasury};
use althing_types::{
    Address, Transfer,
    governance::{Dependencies, DisbursementReason as Reason, Payment, Payments},
    message::AdvanceDisbursement,
};

/// One validator; both houses decide above 1,000 tokens; four steps a block.
pub(super) fn genesis() -> Genesis {
    let mut genesis = super::genesis(1);
    let params = &mut genesis.params.treasury;
    params.grant_limit = tokens(1_000);
    params.batch = 4;
    params.max_age = Period::blocks(60);
    params.rollback_window = Period::blocks(5);
    params.retry = Period::blocks(3);
    params.stall_pending = 5;
    params.stall_epochs = 1;
    genesis
}

fn world(funds: u64) -> World {
    let mut world = World::with(genesis());
    fund(&mut world, funds);
    world
}

pub(super) fn fund(world: &mut World, funds: u64) {
    let (to, amount) = (Address::of_module("treasury"), tokens(funds));
    if funds > 0 {
        world.does(5, Payload::Transfer(Transfer { to, amount }));
    }
}

fn payment(user: usize, amount: u64, milestone: u64) -> Payment {
    Payment { to: address(user), amount: tokens(amount), milestone: Period::blocks(milestone) }
}

pub(super) fn plan(payments: Vec<Payment>, deps: &[u64]) -> Action {
    Action::Treasury {
        payments: Payments::new(payments).unwrap(),
        deps: Dependencies::new(deps.to_vec()).unwrap(),
        memo: "For a bridge.".parse().unwrap(),
    }
}

fn grant(amount: u64, deps: &[u64]) -> Action {
    plan(vec![payment(3, amount, 0)], deps)
}

fn advance(disbursement: u64) -> Payload {
    Payload::AdvanceDisbursement(AdvanceDisbursement { disbursement })
}

fn rollback(disbursement: u64, compensation: u32) -> Action {
    Action::TreasuryRollback { disbursement, compensation: ppm(compensation) }
}

impl World {
    pub(super) fn disbursement(&self, number: u64) -> Disbursement {
        self.record(treasury::disbursement_key(number), treasury::decode_disbursement).unwrap()
    }

    fn sums(&self) -> Treasury {
        self.record(treasury::treasury_key(), treasury::decode_treasury).unwrap()
    }

    fn state(&self, number: u64) -> &'static str {
        self.disbursement(number).state.name()
    }

    /// States and reasons so far.
    fn life(&self, number: u64) -> Vec<(&'static str, &'static str)> {
        let steps = self.disbursement(number).history.to_vec();
        steps.iter().map(|step| (step.state.name(), step.reason.name())).collect()
    }

    fn last(&self, number: u64) -> (&'static str, &'static str) {
        *self.life(number).last().unwrap()
    }

    /// Votes for everything that is voted on, and goes on to the next epoch.
    pub(super) fn pass(&mut self, numbers: &[u64]) {
        for number in numbers {
            self.does(operator(0), validator_vote(*number, 0, Choice::Yes));
        }
        self.turn();
    }

    fn accept(&mut self, criticality: Criticality, actions: Vec<Action>) -> Vec<u64> {
        let numbers: Vec<u64> =
            actions.into_iter().map(|action| self.submit(0, criticality, action)).collect();
        self.turn();
        self.pass(&numbers);
        numbers
    }

    pub(super) fn blocks(&mut self, count: u64) -> Vec<Event> {
        let events = |outcome| super::common::network::own_events(&outcome);
        (0..count).flat_map(|_| events(self.chain.advance_without(&[], &[]))).collect()
    }
}

#[test]
fn money_goes_from_the_treasury_into_keeping_and_to_its_recipient_when_its_time_has_come() {
    let mut world = world(1_000);
    let treasury_before = world.held("treasury");
    let number = world.submit(0, Criticality::Standard, grant(300, &[]));
    assert_eq!(world.state(number), "draft");
    world.turn();
    assert_eq!(world.state(number), "voting");
    world.pass(&[number]);
    assert_eq!((world.state(number), world.status(number)), ("queued", "enacted"));
    assert_eq!((world.sums().reserved, world.sums().pending), (tokens(300), 1));
    world.blocks(1);
    assert_eq!(world.state(number), "timelocked");
    world.blocks(5);
    assert_eq!(world.state(number), "executed");
    assert_eq!(world.held("disbursements"), tokens(300));
    assert_eq!(world.held("treasury"), treasury_before.checked_sub(tokens(300)).unwrap());
    let before = world.balance(3);
    world.blocks(4);
    assert_eq!((world.state(number), world.balance(3)), ("executed", before));
    let events = world.blocks(1);
    assert_eq!(steps(&events), ["disbursement-paid", "disbursement-advanced"]);
    assert_eq!(world.balance(3), before.checked_add(tokens(300)).unwrap());
    let expected = ["draft", "voting", "queued", "timelocked", "executed", "finalized"]
        .map(|s| (s, "planned"));
    assert_eq!(world.life(number), expected);
    let Treasury { reserved, held, paid, pending, .. } = world.sums();
    assert_eq!((reserved, held, paid, pending), (Amount::ZERO, Amount::ZERO, tokens(300), 0));
    assert_eq!(world.chain.repeats.get(), 0);
}

#[test]
fn payments_with_milestones_are_made_one_by_one() {
    let mut world = world(1_000);
    let payments = vec![payment(1, 100, 0), payment(2, 200, 12), payment(3, 300, 3)];
    let number = world.accept(Criticality::Standard, vec![plan(payments, &[])])[0];
    world.blocks(6 + 5);
    assert_eq!(world.disbursement(number).paid, 0b101);
    assert_eq!((world.state(number), world.sums().held), ("executed", tokens(200)));
    world.blocks(7);
    assert_eq!((world.state(number), world.sums().paid), ("finalized", tokens(600)));
}

#[test]
fn a_disbursement_waits_until_what_it_depends_on_is_executed() {
    let mut world = world(1_000);
    let first = world.submit(0, Criticality::Standard, grant(100, &[]));
    let second = world.submit(0, Criticality::Standard, grant(200, &[first]));
    world.turn();
    world.does(operator(0), validator_vote(second, 0, Choice::Yes));
    let mut waited = 0;
    world.does(operator(0), validator_vote(first, 0, Choice::Yes));
    world.turn();
    for _ in 0..6 {
        world.blocks(1);
        waited += u64::from(world.state(second) == "queued");
    }
    assert_eq!((world.state(first), waited), ("executed", 6));
    world.blocks(1);
    assert_eq!(world.state(second), "timelocked");
    world.blocks(11);
    assert_eq!((world.state(first), world.state(second)), ("finalized", "finalized"));
    assert_eq!(world.chain.repeats.get(), 0);
}

#[test]
fn draft_and_voting_rolled_back_when_their_proposal_is_taken_back_or_rejected() {
    let mut world = world(1_000);
    let draft = world.submit(0, Criticality::Standard, grant(1, &[]));
    world.does(0, cancel(draft));
    assert_eq!(world.last(draft), ("rolled_back", "cancelled"));
    let [voting, rejected] =
        [(); 2].map(|()| world.submit(0, Criticality::Standard, grant(1, &[])));
    world.turn();
    world.does(0, cancel(voting));
    assert_eq!(world.last(voting), ("rolled_back", "cancelled"));
    world.turn();
    assert_eq!(world.last(rejected), ("rolled_back", "rejected"));
    assert_eq!(world.sums().pending, 0);
}

#[test]
fn what_cannot_be_paid_is_refused_with_the_reason() {
    let mut world = world(500);
    let submit = |action| submit(Criticality::Standard, action);
    world.fails(0, submit(grant(501, &[])), "treasury_insufficient_funds");
    for name in ["stake", "treasury", "disbursements"] {
        let to = Address::of_module(name);
        let closed = Payment { to, ..payment(3, 1, 0) };
        world.fails(0, submit(plan(vec![payment(3, 1, 0), closed], &[])), "invalid_target");
    }
    world.is_refused(0, submit(plan(Vec::new(), &[])), &Invalid::NothingToDo);
    world.is_refused(0, submit(plan(vec![payment(3, 0, 0)], &[])), &Invalid::ZeroAmount);
    let huge = Payment { amount: Amount::MAX, ..payment(3, 0, 0) };
    let criticality = Criticality::Important;
    let payload = super::submit(criticality, plan(vec![huge, huge], &[]));
    world.fails(0, payload, "treasury_insufficient_funds");
}

#[test]
fn what_is_accepted_is_not_promised_again() {
    let mut world = world(1_000);
    world.accept(Criticality::Standard, vec![grant(700, &[])]);
    let more = |amount| submit(Criticality::Standard, grant(amount, &[]));
    world.fails(0, more(301), "treasury_insufficient_funds");
    world.does(0, more(300));
}

#[test]
fn a_dependency_that_does_not_exist_or_was_rolled_back_is_refused_as_stale() {
    let mut world = world(1_000);
    let text = world.submit(0, Criticality::Standard, Action::Text {});
    let dropped = world.submit(0, Criticality::Standard, grant(1, &[]));
    world.does(0, cancel(dropped));
    let next = world.agenda().next;
    for dep in [text, dropped, next + 101, u64::MAX] {
        let payload = submit(Criticality::Standard, grant(1, &[dep]));
        world.fails(0, payload, "stale_dependency");
    }
    world.does(0, submit(Criticality::Standard, grant(1, &[next + 100])));
}

#[test]
fn whoever_would_close_a_circle_is_refused() {
    let mut world = world(1_000);
    let submit = |deps: &[u64]| super::submit(Criticality::Standard, grant(1, deps));
    world.fails(0, submit(&[1]), "circular_dependency");
    world.does(0, submit(&[2, 3]));
    world.does(0, submit(&[4]));
    world.fails(0, submit(&[4, 1]), "circular_dependency");
    world.does(0, submit(&[]));
    world.fails(0, submit(&[3, 2]), "circular_dependency");
    world.does(0, submit(&[3]));
}

#[test]
fn queued_rolled_back_when_a_dependency_never_comes_and_so_are_all_that_depend_on_it() {
    let mut world = world(1_000);
    let first = world.submit(0, Criticality::Standard, grant(1, &[]));
    let second = world.submit(0, Criticality::Standard, grant(1, &[first]));
    let third = world.submit(0, Criticality::Standard, grant(1, &[second]));
    world.turn();
    // The first one is voted down.
    world.does(operator(0), validator_vote(first, 0, Choice::No));
    world.pass(&[second, third]);
    assert_eq!(world.last(first), ("rolled_back", "rejected"));
    world.blocks(2);
    assert_eq!(world.last(second), ("rolled_back", "stale_dep"));
    assert_eq!(world.last(third), ("rolled_back", "stale_dep"));
    assert_eq!((world.sums().reserved, world.sums().pending), (Amount::ZERO, 0));
}

#[test]
fn queued_rolled_back_when_it_has_waited_too_long() {
    let mut genesis = genesis();
    genesis.params.treasury.max_age = Period::blocks(4);
    let mut world = World::with(genesis);
    fund(&mut world, 1_000);
    let slow = world.submit(0, Criticality::Standard, plan(vec![payment(1, 1, 0)], &[]));
    let waits = world.submit(0, Criticality::Standard, grant(1, &[slow]));
    world.turn();
    world.pass(&[slow, waits]);
    world.blocks(4);
    assert_eq!((world.state(slow), world.last(waits)), ("timelocked", ("rolled_back", "expired")));
}

#[test]
fn timelocked_waits_for_money_and_is_executed_once_it_is_there() {
    let mut world = world(1_000);
    let numbers = world.accept(Criticality::Standard, vec![grant(600, &[]), grant(700, &[])]);
    let events = world.blocks(6);
    assert_eq!((world.state(numbers[0]), world.state(numbers[1])), ("executed", "timelocked"));
    let reason = Reason::InsufficientFunds;
    assert!(events.iter().any(|event| matches!(
        event,
        Event::DisbursementDelayed { disbursement, reason: why, .. }
            if (*disbursement, *why) == (numbers[1], reason)
    )));
    assert!(world.disbursement(numbers[1]).short);
    world.fails(1, advance(numbers[1]), "not_ready");
    fund(&mut world, 300);
    world.blocks(3);
    assert_eq!(world.state(numbers[1]), "executed");
}

#[test]
fn timelocked_rolled_back_when_the_money_never_comes() {
    let mut world = world(1_000);
    let numbers = world.accept(Criticality::Standard, vec![grant(600, &[]), grant(700, &[])]);
    world.blocks(65);
    assert_eq!(world.last(numbers[0]), ("finalized", "planned"));
    assert_eq!(world.last(numbers[1]), ("rolled_back", "insufficient_funds"));
    assert_eq!((world.sums().paid, world.sums().reserved), (tokens(600), Amount::ZERO));
}

#[test]
fn executed_rolled_back_by_decision_returns_the_money_but_for_a_compensation() {
    let mut genesis = genesis();
    genesis.params.treasury.rollback_window = Period::blocks(30);
    let mut world = World::with(genesis);
    fund(&mut world, 1_000);
    let numbers = world.accept(Criticality::Standard, vec![grant(400, &[])]);
    let number = numbers[0];
    let dependent = world.submit(0, Criticality::Standard, grant(100, &[number]));
    let decision = world.submit(0, Criticality::Important, rollback(number, 100_000));
    world.turn();
    assert_eq!(world.state(number), "executed");
    world.pass(&[dependent, decision]);
    let before = (world.balance(3), world.held("treasury"));
    let events = world.turn();
    assert_eq!(world.status(decision), "enacted");
    assert_eq!(world.last(number), ("rolled_back", "decided"));
    assert!(events.iter().any(|event| matches!(
        event,
        Event::DisbursementReturned { returned, compensation, .. }
            if (*returned, *compensation) == (tokens(360), tokens(40))
    )));
    assert_eq!(world.balance(3), before.0.checked_add(tokens(40)).unwrap());
    world.blocks(1);
    // What depends on it has been executed by then, and goes back whole.
    assert_eq!(world.last(dependent), ("rolled_back", "stale_dep"));
    assert_eq!(world.sums().held, Amount::ZERO);
    let back = before.1.checked_add(tokens(360)).unwrap();
    assert!(world.held("treasury") >= back);
}

#[test]
fn timelocked_rolled_back_by_decision_and_nothing_else_can_be() {
    let mut genesis = genesis();
    genesis.params.governance.standard.delay = Period::blocks(50);
    let mut world = World::with(genesis);
    fund(&mut world, 1_000);
    let number = world.accept(Criticality::Standard, vec![grant(400, &[])])[0];
    let important = |number| submit(Criticality::Important, rollback(number, 0));
    world.fails(0, submit(Criticality::Standard, rollback(number, 0)), "wrong_criticality");
    world.fails(0, important(number + 7), "unknown_disbursement");
    let decision = world.submit(0, Criticality::Important, rollback(number, 0));
    world.turn();
    assert_eq!(world.state(number), "timelocked");
    world.pass(&[decision]);
    world.turn();
    assert_eq!(world.last(number), ("rolled_back", "decided"));
    assert_eq!(world.sums().reserved, Amount::ZERO);
    world.fails(0, important(number), "not_ready");
}

#[test]
fn a_decision_that_comes_too_late_fails() {
    let mut world = world(1_000);
    let number = world.accept(Criticality::Standard, vec![grant(400, &[])])[0];
    let decision = world.submit(0, Criticality::Important, rollback(number, 0));
    world.turn();
    world.pass(&[decision]);
    assert_eq!(world.state(number), "finalized");
    world.turn();
    assert_eq!(world.status(decision), "failed");
}

#[test]
fn anybody_can_take_the_next_step_if_it_is_due() {
    let mut world = world(1_000);
    world.fails(1, advance(1), "unknown_disbursement");
    let number = world.submit(0, Criticality::Standard, grant(300, &[]));
    world.fails(1, advance(number), "not_ready");
    world.turn();
    world.pass(&[number]);
    let events = world.does(1, advance(number));
    assert_eq!(
        (names(&events), world.state(number)),
        (vec!["disbursement-advanced"], "timelocked")
    );
    world.fails(1, advance(number), "not_ready");
    world.blocks(12);
    assert_eq!(world.state(number), "finalized");
    world.fails(1, advance(number), "not_ready");
}

#[test]
fn both_houses_decide_about_more_than_the_limit_of_grants() {
    let mut world = world(5_000);
    let large = plan(vec![payment(1, 600, 0), payment(2, 401, 0)], &[]);
    world.fails(0, submit(Criticality::Standard, large.clone()), "wrong_criticality");
    let large = world.submit(0, Criticality::Important, large);
    let small = world.submit(0, Criticality::Standard, grant(1_000, &[]));
    use althing_types::governance::Houses;
    assert_eq!(world.proposal(large).houses, Houses::BOTH);
    assert_eq!(world.proposal(small).houses, Houses::STAKE);
}

#[test]
fn a_backlog_is_worked_off_so_many_a_block_and_is_reported_when_it_lasts() {
    let mut genesis = genesis();
    genesis.params.governance.max_open_per_account = 20;
    genesis.params.treasury.batch = 1;
    genesis.params.governance.standard.delay = Period::blocks(0);
    let mut world = World::with(genesis);
    fund(&mut world, 1_000);
    let payload = submit(Criticality::Standard, grant(1, &[]));
    world.chain.advance_without(&[], &vec![(0, payload); 12]);
    let numbers: Vec<u64> = (1..=12).collect();
    world.turn();
    world.turn_with(&numbers);
    let mut stalled = Vec::new();
    for _ in 0..60 {
        let before = numbers.iter().map(|number| world.life(*number).len()).sum::<usize>();
        stalled.extend(world.blocks(1).into_iter().filter(|e| e.name() == "treasury-stalled"));
        let after = numbers.iter().map(|number| world.life(*number).len()).sum::<usize>();
        assert!(after - before <= 1);
    }
    let states: Vec<&str> = numbers.iter().map(|number| world.state(*number)).collect();
    assert_eq!(states, ["finalized"; 12]);
    assert!(matches!(stalled[0], Event::TreasuryStalled { pending: 6..=12, epochs: 2 }));
    assert_eq!(world.sums().stalled, 0);
}

impl World {
    /// Votes for all of them in one block, and goes on to the next epoch.
    pub(super) fn turn_with(&mut self, numbers: &[u64]) {
        let votes: Vec<(usize, Payload)> = numbers
            .iter()
            .map(|number| (operator(0), validator_vote(*number, 0, Choice::Yes)))
            .collect();
        self.chain.advance_without(&[], &votes);
        self.turn();
    }
}
