//! Tasks.

use super::*;

#[test]
fn the_batch_is_as_large_as_the_time_allows() {
    let mut machine = machine();
    let actions = look(&mut machine, ready());
    let Some(Payload::TakeWork(take)) = sent(&actions) else { panic!("{actions:?}") };
    // 200 units in 2 seconds: 25 products of 8 units, not 3 of 64, not 64 of 1.
    assert_eq!((take.shape.m, take.count), (512, 25));
}

#[test]
fn shapes_that_do_not_fit_the_memory_are_never_taken() {
    let mut plan = plan();
    plan.devices[0].memory_bytes = 1 << 20;
    let mut machine = Machine::new(plan, secrets(), &Memory::default());
    assert_eq!(sent(&look(&mut machine, ready())), None);
    let actions = look(&mut machine, with_task(104, task(TaskState::Assigned, TaskPurpose::Paid)));
    assert!(!actions.contains(&Action::Compute(JOB)));
    assert_eq!(machine.jobs()[&JOB].stage, Stage::Hopeless);
}

#[test]
fn a_paid_task_is_computed_committed_shown_and_settled() {
    let mut machine = machine();
    let waiting = with_task(103, task(TaskState::Assigned, TaskPurpose::Paid));
    let early = look(&mut machine, Observed { beacons: BTreeMap::new(), ..waiting });
    assert_eq!(early, [], "the seed is not drawn yet, and the queue is full");
    computing(&mut machine, TaskPurpose::Paid);
    let actions = machine.step(Observation::Computed(JOB, found()));
    let Some(Payload::CommitResults(commit)) = sent(&actions) else { panic!("{actions:?}") };
    assert_eq!(commit.results[0].root, found().root);
    assert_eq!(commit.results[0].digest, None);
    done(&mut machine);
    let seen = with_task(107, committed(TaskPurpose::Paid, TaskState::Committed));
    let actions = look(&mut machine, seen.clone());
    assert!(actions.contains(&Action::Show(JOB)), "{actions:?}");
    assert!(!look(&mut machine, seen).contains(&Action::Show(JOB)), "it is shown once");
    let settled = with_task(130, committed(TaskPurpose::Paid, TaskState::Settled));
    let actions = look(&mut machine, settled);
    assert!(actions.contains(&Action::Forget(JOB)), "{actions:?}");
    assert_eq!(machine.tally().settled, 1);
    // 85 % of 3 products at 2 tokens.
    assert_eq!(machine.tally().paid, Amount::parse_tokens("5.1").unwrap());
}

#[test]
fn a_benchmark_goes_first_and_brings_its_digest() {
    let mut plan = plan();
    plan.queue = 4;
    let mut machine = Machine::new(plan, secrets(), &Memory::default());
    let mut observed = with_task(104, task(TaskState::Assigned, TaskPurpose::Paid));
    let mut urgent = task(TaskState::Assigned, TaskPurpose::Paid);
    urgent.assignment.as_mut().unwrap().deadline = due(120);
    observed.tasks.insert(10, urgent);
    observed.tasks.insert(11, task(TaskState::Assigned, TaskPurpose::Benchmark));
    observed.worker.as_mut().unwrap().devices[0].must_measure = true;
    let order = |actions: &[Action]| {
        actions.iter().find_map(|action| match action {
            Action::Compute(key) => Some(key.task),
            _ => None,
        })
    };
    assert_eq!(order(&look(&mut machine, observed.clone())), Some(11));
    let benchmark = JobKey { task: 11, attempt: 1 };
    let actions = machine.step(Observation::Computed(benchmark, found()));
    let Some(Payload::CommitResults(commit)) = sent(&actions) else { panic!("{actions:?}") };
    assert_eq!(commit.results[0].digest, Some(found().digest));
    assert_eq!(order(&actions), Some(10), "then the one that is due first");
}

#[test]
fn results_go_together_and_one_by_one_after_a_failure() {
    let mut plan = plan();
    plan.network_work = false;
    let mut machine = Machine::new(plan, secrets(), &Memory::default());
    let mut observed = with_task(104, task(TaskState::Assigned, TaskPurpose::Paid));
    for number in 10..30 {
        observed.tasks.insert(number, task(TaskState::Assigned, TaskPurpose::Paid));
    }
    look(&mut machine, observed.clone());
    machine.sending = Some(Purpose::Heartbeat);
    for number in 9..30 {
        machine.step(Observation::Computed(JobKey { task: number, attempt: 1 }, found()));
    }
    done(&mut machine);
    let actions = look(&mut machine, observed.clone());
    let Some(Payload::CommitResults(commit)) = sent(&actions) else { panic!("{actions:?}") };
    assert_eq!(commit.results.len(), 16);
    assert!(commit.results.is_sorted_by(|one, next| one.task < next.task));
    let failed = Outcome::Failed {
        height: Height::new(105),
        code: "commit_late".into(),
        message: String::new(),
    };
    assert_eq!(sent(&machine.step(Observation::Sent(Some(failed)))), None, "it waits a block");
    observed.tip = chain(106).tip;
    let actions = look(&mut machine, observed);
    let Some(Payload::CommitResults(commit)) = sent(&actions) else { panic!("{actions:?}") };
    assert_eq!(commit.results.len(), 1);
}

#[test]
fn what_is_late_is_not_committed() {
    let mut machine = machine();
    computing(&mut machine, TaskPurpose::Paid);
    let late = with_task(150, task(TaskState::Assigned, TaskPurpose::Paid));
    let actions = look(&mut machine, late);
    assert!(actions.contains(&Action::Cancel(JOB)), "{actions:?}");
    assert!(actions.contains(&Action::Forget(JOB)), "{actions:?}");
    let actions = machine.step(Observation::Computed(JOB, found()));
    assert!(!matches!(sent(&actions), Some(Payload::CommitResults(_))), "{actions:?}");
    assert_eq!(machine.tally().failed, 1);
}

#[test]
fn another_attempt_is_another_job_with_another_seed() {
    let mut machine = machine();
    computing(&mut machine, TaskPurpose::Paid);
    let seed = machine.jobs()[&JOB].record.seed;
    let again = TaskView { attempt: 2, ..task(TaskState::Assigned, TaskPurpose::Paid) };
    let actions = look(&mut machine, with_task(110, again));
    assert!(actions.contains(&Action::Forget(JOB)));
    let other = JobKey { task: 9, attempt: 2 };
    assert!(actions.contains(&Action::Compute(other)), "{actions:?}");
    assert_ne!(machine.jobs()[&other].record.seed, seed);
}

#[test]
fn work_that_is_planted_is_revealed_once_it_is_judged_and_paid_work_never_is() {
    for (purpose, planted) in [(TaskPurpose::Network, true), (TaskPurpose::Paid, false)] {
        let mut machine = machine();
        let mut observed = with_task(104, task(TaskState::Assigned, purpose));
        observed.params.plant_rate = Ppm::ONE;
        look(&mut machine, observed);
        assert_eq!(machine.jobs()[&JOB].record.plant.is_some(), planted);
        machine.step(Observation::Computed(JOB, found()));
        done(&mut machine);
        look(&mut machine, with_task(107, committed(purpose, TaskState::Challenged)));
        for state in [TaskState::Accepted, TaskState::Disproved] {
            machine.sending = None;
            let actions = look(&mut machine, with_task(120, committed(purpose, state)));
            let reveal = Action::Send(Message::Reveal { key: JOB, secret: 0, next: 1 });
            assert_eq!(actions.contains(&reveal), planted, "{actions:?}");
        }
    }
}
