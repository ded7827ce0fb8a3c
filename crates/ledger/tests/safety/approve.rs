use super::*;

#[test]
fn the_approval_that_makes_them_enough_executes_the_order_and_every_approval_is_an_event() {
    let mut world = World::of(with(Some(rules(&MEMBERS, 3, OrderKind::ALL))));
    let order = pause(30);
    for (member, approvals) in [(0, 1), (2, 2)] {
        let expected = Event::OverrideApproved {
            member: address(member),
            call: 1,
            order: OrderKind::PauseTreasury,
            approvals,
            needed: 3,
        };
        assert_eq!(world.does(member, approve(&order)), [expected]);
    }
    assert_eq!(world.approvals(1, &order), Some(2));
    assert!(!world.is_paused());
    let events = world.does(3, approve(&order));
    let expected = ["override-approved", "override-used", "change-begun", "proposal-submitted"];
    assert_eq!(names(&events), expected);
    assert_eq!(events[1], Event::OverrideUsed { call: 1, order: order.clone(), used: 1 });
    assert!(world.is_paused());
    assert_eq!(world.approvals(1, &order), None);
    let safety = world.safety().unwrap();
    assert_eq!((safety.used, safety.open.len()), (1, 0));
    assert_eq!(safety.last.unwrap().height.get(), world.chain.height);
}

#[test]
fn one_of_one_member_executes_what_it_approves() {
    let mut world = World::of(with(Some(rules(&[4], 1, OrderKind::ALL))));
    let events = world.does(4, approve(&pause(30)));
    assert_eq!(names(&events)[..2], ["override-approved", "override-used"]);
    assert!(world.is_paused());
}

#[test]
fn who_is_no_member_approves_nothing() {
    let mut world = World::new();
    world.fails(STRANGER, approve(&pause(30)), "not_member");
    let mut without = World::of(with(None));
    assert!(without.safety().is_none());
    without.fails(0, approve(&pause(30)), "not_member");
}

#[test]
fn a_member_approves_a_call_once() {
    let mut world = World::new();
    world.does(0, approve(&pause(30)));
    world.fails(0, approve(&pause(30)), "already_approved");
    assert_eq!(world.approvals(1, &pause(30)), Some(1));
}

#[test]
fn approvals_of_different_numbers_or_orders_do_not_add_up() {
    let mut world = World::new();
    world.does(0, call(1, &pause(30)));
    world.does(1, call(2, &pause(30)));
    world.does(2, call(1, &pause(31)));
    assert!(!world.is_paused());
    assert_eq!(world.safety().unwrap().open.len(), 3);
    world.does(3, call(2, &pause(30)));
    assert!(world.is_paused());
}

#[test]
fn what_the_rules_do_not_allow_is_refused() {
    let mut world = World::of(with(Some(rules(&MEMBERS, 2, &[OrderKind::CancelUpgrade]))));
    world.fails(0, approve(&pause(30)), "order_not_allowed");
}

#[test]
fn an_override_that_was_used_as_often_as_it_may_be_is_spent() {
    let limits = (Some(2), 0);
    let mut world = World::of(with(Some(limited(&MEMBERS, 1, OrderKind::ALL, limits))));
    world.does(0, approve(&pause(30)));
    world.does(1, approve(&pause(60)));
    world.fails(2, approve(&pause(90)), "override_spent");
    assert_eq!(world.safety().unwrap().used, 2);
}

#[test]
fn the_override_rests_from_one_use_to_the_next() {
    let limits = (None, 5);
    let mut world = World::of(with(Some(limited(&MEMBERS, 1, OrderKind::ALL, limits))));
    world.does(0, approve(&pause(30)));
    for _ in 0..4 {
        world.fails(1, approve(&pause(60)), "override_cooldown");
    }
    world.does(1, approve(&pause(60)));
}

#[test]
fn approvals_that_come_too_late_do_not_count_and_the_end_of_the_epoch_forgets_the_call() {
    let mut world = World::new();
    let order = pause(30);
    world.does(0, approve(&order));
    world.blocks(14);
    world.fails(1, approve(&order), "call_expired");
    assert_eq!(world.approvals(1, &order), Some(1));
    world.turn();
    assert_eq!(world.approvals(1, &order), None);
    assert!(world.safety().unwrap().open.is_empty());
    // From then on it is a new call.
    world.does(1, approve(&order));
    assert_eq!(world.approvals(1, &order), Some(1));
}

#[test]
fn an_approval_in_the_last_moment_counts() {
    let mut world = World::new();
    world.does(0, approve(&pause(30)));
    world.blocks(13);
    world.does(1, approve(&pause(30)));
    assert!(world.is_paused());
}

#[test]
fn a_member_that_begins_another_call_takes_back_the_one_that_it_began() {
    let mut world = World::of(with(Some(rules(&MEMBERS, 3, OrderKind::ALL))));
    let [first, second, other] = [30, 31, 32].map(pause);
    world.does(0, approve(&first));
    world.does(1, approve(&first));
    world.does(1, approve(&other));
    world.does(0, approve(&second));
    let left = [&first, &second, &other].map(|order| world.approvals(1, order));
    assert_eq!(left, [None, Some(1), Some(1)]);
    let began: Vec<Address> = world.safety().unwrap().open.iter().map(|call| call.by).collect();
    assert_eq!(began, [address(1), address(0)]);
}

#[test]
fn a_pause_without_a_length_enters_no_block() {
    let mut world = World::new();
    world.is_refused(0, approve(&pause(0)), &Invalid::NothingToDo);
    let action = Action::Emergency { order: pause(0) };
    world.is_refused(0, submit(Criticality::Emergency, action), &Invalid::NothingToDo);
}

#[test]
fn the_same_call_can_be_made_again_once_it_was_executed() {
    let mut world = World::new();
    for round in 1..3 {
        for member in [0, 1] {
            world.does(member, approve(&pause(30)));
        }
        assert_eq!(world.safety().unwrap().used, round);
        world.blocks(1);
    }
}
