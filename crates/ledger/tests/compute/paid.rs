//! Tasks that somebody pays for: order, draw, payment, reassignment, refund.

use super::*;
use althing_compute::{Content, Operands as Matrices, Side, Source};
use althing_types::{
    compute::{Payment, RefundReason, RejectReason},
    message::{CancelTask, Line, Lines, ProveWrong},
};

#[test]
fn a_paid_task_is_split_between_worker_committee_and_fire() {
    let mut world = World::working(2);
    let price = Amount::new(1_000_003);
    let supply = world.chain.supply();
    let task = world.order(3, price);
    let total = Amount::new(3_000_009);
    assert_eq!(world.compute().prices, total);
    world.fails(STRANGER, Payload::CancelTask(CancelTask { task }), "not_requester");
    // The draw is at the end of the second block after the order; the failed transaction took one.
    world.pass(1);
    assert_eq!(world.task(task).state, TaskState::Assigned);
    let worker = world.owner(task);
    let operators: Vec<_> =
        (0..VALIDATORS).map(|number| world.balance(common::network::operator(number))).collect();
    let before = world.balance(worker);
    world.pass(2);
    world.commit_all(&[task]);
    let paid_fee = world.balance(worker);
    world.pass(2);
    world.vote_all(&[task], Verdict::Valid);
    let events = world.pass(5);
    let own = total.share(ppm(850_000));
    // A tenth in four equal parts.
    let each = Amount::new(300_000 / 4);
    let validators = Amount::new(each.units() * 4);
    let burned = total.checked_sub(own).unwrap().checked_sub(validators).unwrap();
    let payment = Payment { worker: own, validators, burned };
    let settled = events.iter().find_map(|event| match event {
        Event::TaskSettled { payment, factors, credit, .. } => Some((*payment, *factors, *credit)),
        _ => None,
    });
    assert_eq!(settled, Some((payment, None, Amount::ZERO)));
    assert!(before > paid_fee);
    assert_eq!(world.balance(worker), paid_fee.checked_add(own).unwrap());
    for (number, before) in operators.iter().enumerate() {
        let now = world.balance(common::network::operator(number));
        assert!(now >= before.checked_add(each).unwrap());
    }
    assert_eq!(world.compute().prices, Amount::ZERO);
    assert!(world.chain.supply().burned > supply.burned);
}

#[test]
fn orders_have_legal_shapes_sizes_and_sources() {
    let mut world = World::working(1);
    let odd = Shape { n: 320, ..SHAPE };
    world.fails(REQUESTER, create(odd, 1, tokens(1)), "shape_illegal");
    world.fails(REQUESTER, create(SHAPE, 0, tokens(1)), "batch_size");
    world.fails(REQUESTER, create(SHAPE, 65, tokens(1)), "batch_size");
    world.fails(REQUESTER, create(SHAPE, 1, tokens(1_000_000)), "insufficient_balance");
    world.fails(REQUESTER, create(SHAPE, 64, Amount::new(u128::MAX / 3)), "batch_size");
    let operands = Operands::Content { a: secret(1), b: secret(2) };
    let order = CreateTask {
        shape: SHAPE,
        count: 1,
        price: tokens(1),
        operands,
        source: "".parse().unwrap(),
    };
    world.fails(REQUESTER, Payload::CreateTask(order.clone()), "batch_size");
    let source = "https://requester.example".parse().unwrap();
    world.does(REQUESTER, Payload::CreateTask(CreateTask { source, ..order }));
}

#[test]
fn a_task_is_taken_back_for_its_whole_price_until_somebody_has_it() {
    let mut world = World::working(1);
    let task = world.order(2, tokens(5));
    let before = world.balance(REQUESTER);
    let events = world.does(REQUESTER, Payload::CancelTask(CancelTask { task }));
    let (requester, amount) = (account(REQUESTER), tokens(10));
    let refunded = Event::TaskRefunded { task, requester, amount, reason: RefundReason::Cancelled };
    assert_eq!(events, [refunded]);
    assert!(world.balance(REQUESTER) > before.checked_add(tokens(9)).unwrap());
    world.fails(REQUESTER, Payload::CancelTask(CancelTask { task }), "task_not_open");
    world.fails(REQUESTER, Payload::CancelTask(CancelTask { task: 999 }), "unknown_task");
    let task = world.order(1, tokens(5));
    world.pass(2);
    world.fails(REQUESTER, Payload::CancelTask(CancelTask { task }), "task_not_open");
    world.pass(120);
    assert!(world.find(task).is_none());
    world.fails(REQUESTER, Payload::CancelTask(CancelTask { task }), "unknown_task");
}

#[test]
fn a_task_that_nobody_can_take_is_refunded() {
    let mut world = World::new();
    let before = world.balance(REQUESTER);
    let task = world.order(1, tokens(5));
    let events = world.pass(14);
    let (requester, amount) = (account(REQUESTER), tokens(5));
    let refunded = Event::TaskRefunded { task, requester, amount, reason: RefundReason::NoWorker };
    assert!(events.contains(&refunded), "{events:?}");
    assert!(before.checked_sub(world.balance(REQUESTER)).unwrap() < tokens(1));
}

#[test]
fn workers_that_do_nothing_lose_a_task_until_it_is_refunded() {
    let mut world = World::working(3);
    let task = world.order(1, tokens(5));
    world.pass(2);
    let mut attempts = Vec::new();
    while world.task(task).state != TaskState::Failed {
        let now = world.task(task);
        if now.state == TaskState::Assigned && attempts.len() < now.attempt as usize {
            attempts.push(world.owner(task));
        }
        world.pass(1);
    }
    assert_eq!(attempts.len(), 3);
    assert_eq!(world.task(task).reason, Some(RejectReason::Late));
    assert_eq!(world.count("task-rejected"), 3);
    let refunds = world.log.iter().filter(|(_, event)| {
        matches!(event, Event::TaskRefunded { reason: RefundReason::Attempts, .. })
    });
    assert_eq!(refunds.count(), 1);
    let expired: u64 = (0..3).map(|user| world.worker(user).counters.expired).sum();
    assert_eq!((expired, world.compute().prices), (3, Amount::ZERO));
}

#[test]
fn a_wrong_result_of_a_paid_task_is_punished_at_once_and_another_worker_gets_it() {
    let mut world = World::working(4);
    let task = world.order(1, tokens(5));
    world.pass(4);
    let liar = world.owner(task);
    let solved = world.wrong(task, |_, entries| entries[5] -= 3);
    world.does(liar, commit(vec![Commitment { task, root: solved.root, digest: None }]));
    let opening = solved.opening(0, 0, 5);
    let events = world.does(STRANGER, Payload::ProveWrong(ProveWrong { task, opening }));
    assert!(events.iter().any(|event| event.name() == "worker-slashed"));
    assert_eq!((world.task(task).state, world.task(task).attempt), (TaskState::Open, 1));
    assert_eq!(world.worker(liar).strikes, 1);
    world.pass(4);
    let first = solved.seed;
    assert_ne!(world.seed(task), first);
    world.commit_all(&[task]);
    world.pass(2);
    world.vote_all(&[task], Verdict::Valid);
    world.pass(5);
    let over = world.task(task);
    assert_eq!((over.state, over.attempt), (TaskState::Settled, 2));
}

#[test]
fn the_draw_follows_reputation_and_never_hits_the_requester() {
    let mut world = World::with(|genesis| {
        let compute = &mut genesis.params.compute;
        (compute.max_attempts, compute.max_open_per_device) = (1, 16);
    });
    world.equip(4);
    // A worker that failed often is drawn less often; who orders is never drawn.
    let mut poor = world.worker(1);
    poor.counters.wrong = 40;
    let value = commonware_codec::Encode::encode(&poor);
    let key = query::worker_key(account(1));
    world.chain.state.insert(key, althing_state::StateValue::new(value).unwrap());
    let mut counts = [0u32; 4];
    for _ in 0..150 {
        let events = world.does(0, create(SHAPE, 1, Amount::new(100)));
        let task = created(&events);
        world.pass(2);
        counts[world.owner(task)] += 1;
        // Nobody computes: the draw alone is of interest. Forget what happened.
        world.pass(13);
        world.chain.state.insert(key, {
            let mut again = world.worker(1);
            again.counters = poor.counters;
            let value = commonware_codec::Encode::encode(&again);
            althing_state::StateValue::new(value).unwrap()
        });
        for user in [0, 2, 3] {
            let mut good = world.worker(user);
            good.counters = althing_ledger::compute::Counters::default();
            let value = commonware_codec::Encode::encode(&good);
            let key = query::worker_key(account(user));
            world.chain.state.insert(key, althing_state::StateValue::new(value).unwrap());
        }
    }
    assert_eq!(counts[0], 0, "{counts:?}");
    assert!(counts[1] * 2 < counts[2] && counts[1] * 2 < counts[3], "{counts:?}");
    assert!(counts[2].abs_diff(counts[3]) < 45, "{counts:?}");
}

#[test]
fn matrices_of_the_requester_are_bound_by_their_roots() {
    let mut world = World::working(1);
    let checked = solve::checked(&SHAPE);
    let lines = |salt: i32| -> Vec<Vec<i8>> {
        let entry = |line: i32, at: i32| ((line * 31 + at * 7 + salt) % 100 - 50) as i8;
        (0..256).map(|line| (0..256).map(|at| entry(line, at)).collect()).collect()
    };
    let (a, of_a) = Content::whole(Side::A, checked, 1, lines(1)).unwrap();
    let (b, of_b) = Content::whole(Side::B, checked, 1, lines(2)).unwrap();
    let operands = Operands::Content { a: (*a.root()).into(), b: (*b.root()).into() };
    let matrices = Matrices::new(checked, Source::Content(a), Source::Content(b));
    let source = "https://requester.example".parse().unwrap();
    let order = CreateTask { shape: SHAPE, count: 1, price: tokens(1), operands, source };
    let task = created(&world.does(REQUESTER, Payload::CreateTask(order)));
    world.pass(4);
    let seed = world.seed(task);
    let wrong = solve::solve_with(&SHAPE, 1, (&matrices, &seed), |_, entries| entries[300] += 1);
    world.does(0, commit(vec![Commitment { task, root: wrong.root, digest: None }]));
    let line = |tree: &althing_compute::merkle::Tree, index: u64, entries: &[i8]| Line {
        entries: Blob::new(entries.iter().map(|entry| entry.cast_unsigned()).collect()).unwrap(),
        path: Blob::new(tree.path(index).unwrap().siblings.concat()).unwrap(),
    };
    let (rows, columns) = (lines(1), lines(2));
    let open = |row: u32, column: u32| {
        let a = line(&of_a, row.into(), &rows[row as usize]);
        let b = line(&of_b, column.into(), &columns[column as usize]);
        let opening = wrong.opening(0, row, column);
        Payload::ProveWrong(ProveWrong {
            task,
            opening: althing_types::message::Opening { lines: Some(Lines { a, b }), ..opening },
        })
    };
    // Without the lines, or with those of another entry, nothing is proven.
    let bare = ProveWrong { task, opening: wrong.opening(0, 1, 44) };
    world.fails(STRANGER, Payload::ProveWrong(bare), "opening_invalid");
    let Payload::ProveWrong(other) = open(1, 45) else { unreachable!() };
    let swapped =
        althing_types::message::Opening { lines: other.opening.lines, ..wrong.opening(0, 1, 44) };
    let swapped = Payload::ProveWrong(ProveWrong { task, opening: swapped });
    world.fails(STRANGER, swapped, "opening_invalid");
    assert_eq!(world.does(STRANGER, open(2, 44))[0].name(), "dispute-failed");
    let events = world.does(STRANGER, open(1, 44));
    assert!(events.iter().any(|event| event.name() == "worker-slashed"), "{events:?}");
}
