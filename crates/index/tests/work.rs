//! What the index says about workers and tasks.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a failed unwrap is a failed test"
)]

#[path = "common/work.rs"]
mod story;

use althing_index::{Index, TaskQuery, WorkerQuery};
use althing_types::{
    Amount, Epoch, Event, Height, Timestamp,
    compute::{Purpose, RefundReason, RejectReason, TaskState, Verdict, WorkerState},
};
use story::{
    CANCELLED, CHECKED, CREDITED, LAST, PAID, RUNNING, WRONG, address, factors, hash, points,
    shape, story, validator,
};

/// The story, indexed in batches of five blocks.
fn indexed() -> Index {
    let index = Index::in_memory().unwrap();
    let blocks = story();
    assert_eq!(blocks.len() as u64, LAST);
    blocks.chunks(5).for_each(|batch| index.apply(batch).unwrap());
    index
}

fn numbers(index: &Index, query: &TaskQuery) -> Vec<u64> {
    index.tasks(query, 100).unwrap().iter().map(|row| row.number).collect()
}

#[test]
fn every_task_is_where_its_events_led_it() {
    let index = indexed();
    let row = |number| index.task(number).unwrap().unwrap();
    let paid = row(PAID);
    assert_eq!((paid.state, paid.attempt, paid.worker), (TaskState::Settled, 2, Some(address(1))));
    assert_eq!((paid.shape, paid.count, paid.price), (shape(), 4, Amount::new(5)));
    assert_eq!((paid.requester, paid.purpose), (Some(address(9)), Purpose::Paid));
    assert_eq!(
        (paid.root, paid.round, paid.reason),
        (Some(hash("root")), 1, Some(RejectReason::Late))
    );
    let at = |height: u64| Some(Timestamp::new(height * 1_000));
    assert_eq!([paid.assigned, paid.committed, paid.challenged], [at(7), at(9), at(10)]);
    assert_eq!([paid.accepted, paid.ended_time], [at(11), at(12)]);
    assert_eq!((paid.created, paid.ended), (Height::new(3), Some(Height::new(12))));
    let cancelled = row(CANCELLED);
    assert_eq!(cancelled.state, TaskState::Cancelled);
    assert_eq!(cancelled.refund, Some(RefundReason::Cancelled));
    let wrong = row(WRONG);
    assert_eq!((wrong.state, wrong.reason), (TaskState::Failed, Some(RejectReason::Wrong)));
    assert_eq!((wrong.prover, wrong.ended), (Some(address(9)), Some(Height::new(14))));
    assert_eq!(row(RUNNING).state, TaskState::Assigned);
    assert_eq!((row(CHECKED).state, row(CHECKED).ended), (TaskState::Challenged, None));
    assert_eq!(index.task(99).unwrap(), None);
}

#[test]
fn a_paid_task_waits_again_after_an_attempt_failed() {
    let index = Index::in_memory().unwrap();
    index.apply(&story()[..6]).unwrap();
    let paid = index.task(PAID).unwrap().unwrap();
    assert_eq!(
        (paid.state, paid.ended, paid.reason),
        (TaskState::Open, None, Some(RejectReason::Late))
    );
}

#[test]
fn tasks_are_found_by_state_purpose_requester_and_worker_and_paged() {
    let index = indexed();
    let all = TaskQuery::default();
    assert_eq!(numbers(&index, &all), [CHECKED, RUNNING, WRONG, CANCELLED, CREDITED, PAID]);
    let state = TaskQuery { state: Some(TaskState::Settled), ..all };
    assert_eq!(numbers(&index, &state), [CREDITED, PAID]);
    let purpose = TaskQuery { purpose: Some(Purpose::Paid), ..all };
    assert_eq!(numbers(&index, &purpose), [CANCELLED, PAID]);
    let requester = TaskQuery { requester: Some(address(9)), ..all };
    assert_eq!(numbers(&index, &requester), [CANCELLED, PAID]);
    // Also what a worker had and lost.
    let worker = TaskQuery { worker: Some(address(2)), ..all };
    assert_eq!(numbers(&index, &worker), [WRONG, PAID]);
    let later = TaskQuery { before: Some(WRONG), ..worker };
    assert_eq!(numbers(&index, &later), [PAID]);
    let counts = index.task_counts().unwrap();
    assert_eq!(counts.len(), TaskState::ALL.len());
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), 6);
    assert!(counts.contains(&(TaskState::Settled, 2)), "{counts:?}");
}

#[test]
fn attempts_say_what_became_of_each() {
    let index = indexed();
    let of = |worker| {
        let rows = index.attempts(address(worker), None, 10).unwrap();
        rows.into_iter().map(|row| (row.task.number, row.attempt, row.outcome)).collect::<Vec<_>>()
    };
    let row = |number, attempt, outcome: &str| (number, attempt, outcome.to_owned());
    assert_eq!(of(2), [row(WRONG, 1, "wrong"), row(PAID, 1, "late")]);
    assert_eq!(
        of(1),
        [
            row(CHECKED, 1, "challenged"),
            row(RUNNING, 1, "assigned"),
            row(CREDITED, 1, "settled"),
            row(PAID, 2, "settled"),
        ]
    );
    let older = index.attempts(address(1), Some(RUNNING), 1).unwrap();
    assert_eq!((older.len(), older[0].task.number), (1, CREDITED));
}

#[test]
fn verdicts_of_both_committees_are_kept() {
    let index = indexed();
    let found: Vec<_> = index
        .verdicts(PAID)
        .unwrap()
        .iter()
        .map(|row| (row.attempt, row.round, row.validator, row.verdict))
        .collect();
    assert_eq!(
        found,
        [
            (2, 0, validator(1), Verdict::Unavailable),
            (2, 1, validator(1), Verdict::Valid),
            (2, 1, validator(2), Verdict::Valid),
        ]
    );
}

#[test]
fn credits_of_an_epoch_have_all_their_factors() {
    let index = indexed();
    let credited = index.credited(Epoch::new(0), None, 10).unwrap();
    assert_eq!(credited.len(), 1, "a paid task earns no credit");
    let row = credited[0];
    assert_eq!((row.task, row.worker, row.height), (CREDITED, address(1), Height::new(9)));
    assert_eq!((row.factors, row.shape), (Some(factors()), shape()));
    assert_eq!(row.credit.units(), factors().credit());
    assert_eq!(index.credited(Epoch::new(0), Some(CREDITED), 10).unwrap(), []);
    assert_eq!(index.credited(Epoch::new(1), None, 10).unwrap(), []);
    let paid = index.settlement(PAID).unwrap().unwrap();
    assert_eq!((paid.payment.worker, paid.factors), (Amount::new(17), None));
    assert_eq!(index.settlement(WRONG).unwrap(), None);
}

#[test]
fn every_event_of_a_task_is_found_where_it_is() {
    let (index, blocks) = (indexed(), story());
    for number in 1..=CHECKED {
        let expected: Vec<&Event> = blocks
            .iter()
            .flat_map(|entry| &entry.receipts[0].events)
            .filter(|event| event.task() == Some(number))
            .collect();
        let places = index.task_events(number, 100).unwrap();
        let found: Vec<&Event> = places
            .iter()
            .map(|place| {
                let (height, receipt) = place.at;
                let entry = &blocks[height.get() as usize - 1];
                &entry.receipts[receipt as usize].events[place.seq as usize]
            })
            .collect();
        assert_eq!(found, expected, "{number}");
    }
}

#[test]
fn workers_and_their_devices_are_as_they_were_said_last() {
    let index = indexed();
    let all = index.workers(&WorkerQuery::default(), 10).unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!((all[0].address, all[0].state), (address(1), WorkerState::Active));
    assert_eq!((all[0].version.as_str(), all[0].heard), ("1.0", Some(Timestamp::new(2_000))));
    assert_eq!((all[1].state, all[1].stake), (WorkerState::Banned, Amount::new(95)));
    let banned = WorkerQuery { state: Some(WorkerState::Banned), after: None };
    assert_eq!(index.workers(&banned, 10).unwrap(), all[1..]);
    let after = WorkerQuery { state: None, after: Some(address(1)) };
    assert_eq!(index.workers(&after, 10).unwrap(), all[1..]);
    let readings = index.device_readings(address(1), 10).unwrap();
    let scores: Vec<_> =
        readings.iter().map(|it| (it.height.get(), it.points, it.performance)).collect();
    assert_eq!(scores, [(14, points(30), 120), (2, points(0), 0)]);
}

#[test]
fn applying_the_story_again_changes_nothing() {
    let index = indexed();
    let before = (index.tasks(&TaskQuery::default(), 100).unwrap(), index.verdicts(PAID).unwrap());
    index.apply(&story()).unwrap();
    let after = (index.tasks(&TaskQuery::default(), 100).unwrap(), index.verdicts(PAID).unwrap());
    assert_eq!(before, after);
}
