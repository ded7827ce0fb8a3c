//! Registration, devices, heartbeats, starts and stops.

use super::*;

#[test]
fn a_new_worker_registers_describes_its_device_and_measures_it() {
    let mut machine = machine();
    let actions = look(&mut machine, chain(10));
    assert!(matches!(sent(&actions), Some(Payload::RegisterWorker(_))), "{actions:?}");
    // Nothing else is sent while that is on its way.
    assert_eq!(sent(&look(&mut machine, chain(11))), None);
    done(&mut machine);
    let mut observed = ready();
    observed.worker.as_mut().unwrap().devices.clear();
    let actions = look(&mut machine, observed.clone());
    assert!(matches!(sent(&actions), Some(Payload::Attest(_))), "{actions:?}");
    done(&mut machine);
    let fresh = DeviceView { measured: None, passed: false, place: None, ..device() };
    observed.worker.as_mut().unwrap().devices = vec![fresh.clone()];
    let actions = look(&mut machine, observed.clone());
    assert!(matches!(sent(&actions), Some(Payload::RequestBenchmark(_))), "{actions:?}");
    done(&mut machine);
    // No work is taken before the measurement counts.
    observed.worker.as_mut().unwrap().devices = vec![DeviceView { benchmark: Some(9), ..fresh }];
    assert_eq!(sent(&look(&mut machine, observed)), None);
    let actions = look(&mut machine, ready());
    assert!(matches!(sent(&actions), Some(Payload::TakeWork(_))), "{actions:?}");
}

#[test]
fn what_a_transaction_did_is_seen_before_the_next_one_is_sent() {
    let mut machine = machine();
    look(&mut machine, chain(10));
    let included = Outcome::Done { height: Height::new(12) };
    assert_eq!(machine.step(Observation::Sent(Some(included))), []);
    // A state from before the block that registered it says nothing about what is needed.
    assert_eq!(machine.step(Observation::Chain(Box::new(chain(11)))), []);
    let mut registered = ready();
    registered.tip.height = Height::new(12);
    registered.worker.as_mut().unwrap().devices.clear();
    let actions = look(&mut machine, registered);
    assert!(matches!(sent(&actions), Some(Payload::Attest(_))), "{actions:?}");
}

#[test]
fn nobody_registers_without_money_or_while_stopping() {
    let mut machine = machine();
    let poor = Observed { balance: Amount::from_tokens(99).unwrap(), ..chain(10) };
    assert!(look(&mut machine, poor).is_empty());
    machine.step(Observation::Stop);
    let actions = look(&mut machine, chain(11));
    assert_eq!(actions, [Action::Finish(Finish::Drained)]);
}

#[test]
fn a_secret_that_nobody_knows_is_replaced_and_nothing_is_planted_with_it() {
    let mut machine = machine();
    let mut task = task(TaskState::Assigned, TaskPurpose::Network);
    task.assignment.as_mut().unwrap().plant = sha256(&[b"lost"]);
    let mut observed = with_task(104, task);
    observed.params.plant_rate = Ppm::ONE;
    observed.worker.as_mut().unwrap().plant = sha256(&[b"lost"]);
    let actions = look(&mut machine, observed);
    let Some(Payload::UpdateWorker(update)) = sent(&actions) else { panic!("{actions:?}") };
    assert_eq!(update.plant, Some(plant_commitment(&secrets().secret(0))));
    assert_eq!(machine.jobs()[&JOB].record.plant, None);
}

#[test]
fn a_device_is_measured_again_when_it_is_checked_and_before_a_week_is_over() {
    let at = |time: u64, must_measure: bool| {
        let mut machine = machine();
        let mut observed = ready();
        observed.tip.time = Timestamp::new(time);
        let worker = observed.worker.as_mut().unwrap();
        worker.heard = Some(observed.tip.time);
        worker.devices[0].must_measure = must_measure;
        let actions = look(&mut machine, observed);
        matches!(sent(&actions), Some(Payload::RequestBenchmark(_)))
    };
    assert!(!at(6 * DAY_MS, false));
    assert!(at(6 * DAY_MS, true), "a spot check");
    assert!(at(7 * DAY_MS - 1_000, false));
}

#[test]
fn a_device_that_signs_reports_brings_a_new_one_before_it_is_measured_again() {
    let at = |time: u64, attested: u64, signs_reports: bool| {
        let mut plan = plan();
        plan.devices[0].signs_reports = signs_reports;
        let mut machine = Machine::new(plan, secrets(), &Memory::default());
        let mut observed = ready();
        observed.tip.time = Timestamp::new(time);
        let worker = observed.worker.as_mut().unwrap();
        worker.heard = Some(observed.tip.time);
        worker.devices[0].attested = attested;
        sent(&look(&mut machine, observed)).cloned()
    };
    let late = 7 * DAY_MS - 1_000;
    assert!(matches!(at(late, 1, true), Some(Payload::Attest(_))));
    assert!(matches!(at(late, 99, true), Some(Payload::RequestBenchmark(_))), "it is new");
    assert!(matches!(at(late, 1, false), Some(Payload::RequestBenchmark(_))));
    assert!(!matches!(at(6 * DAY_MS, 1, true), Some(Payload::Attest(_))));
}

#[test]
fn heartbeats_come_once_in_each_slot_and_what_can_wait_waits_for_a_lower_price() {
    let mut machine = machine();
    let mut observed = ready();
    observed.tip.time = Timestamp::new(119_999);
    assert!(!matches!(
        sent(&look(&mut machine, observed.clone())),
        Some(Payload::WorkerHeartbeat(_))
    ));
    machine.sending = None;
    observed.tip.time = Timestamp::new(120_000);
    assert!(matches!(sent(&look(&mut machine, observed)), Some(Payload::WorkerHeartbeat(_))));
    let dear = Plan { max_gas_price: Some(GasPrice::new(1)), ..plan() };
    let mut machine = Machine::new(dear, secrets(), &Memory::default());
    let mut observed = ready();
    observed.gas_price = GasPrice::new(2);
    assert_eq!(sent(&look(&mut machine, observed)), None);
}

#[test]
fn failures_of_one_purpose_wait_longer_each_time_and_hold_up_no_other() {
    let mut machine = machine();
    let mut heights = Vec::new();
    for height in 100..150 {
        let mut observed = ready();
        observed.tip.height = Height::new(height);
        let actions = look(&mut machine, observed);
        if let Some(Payload::TakeWork(_)) = sent(&actions) {
            heights.push(height);
            machine.step(Observation::Sent(None));
        }
    }
    assert_eq!(heights, [100, 101, 103, 107, 115, 131]);
    let mut observed = ready();
    observed.worker.as_mut().unwrap().claimable = Some(Amount::from_tokens(5).unwrap());
    observed.tip.height = Height::new(150);
    let actions = look(&mut machine, observed);
    assert!(matches!(sent(&actions), Some(Payload::ClaimRewards(_))), "{actions:?}");
}

#[test]
fn who_stops_pauses_finishes_what_it_has_and_then_ends() {
    let mut machine = machine();
    computing(&mut machine, TaskPurpose::Paid);
    let actions = machine.step(Observation::Stop);
    let Some(Payload::UpdateWorker(update)) = sent(&actions) else { panic!("{actions:?}") };
    assert_eq!(update.paused, Some(true));
    done(&mut machine);
    let paused = |mut observed: Observed| {
        observed.worker.as_mut().unwrap().state = WorkerState::Paused;
        observed
    };
    look(&mut machine, paused(with_task(105, task(TaskState::Assigned, TaskPurpose::Paid))));
    let actions = machine.step(Observation::Computed(JOB, found()));
    assert!(matches!(sent(&actions), Some(Payload::CommitResults(_))), "{actions:?}");
    done(&mut machine);
    let shown = with_task(107, committed(TaskPurpose::Paid, TaskState::Accepted));
    let actions = look(&mut machine, paused(shown));
    assert!(!actions.iter().any(|action| matches!(action, Action::Finish(_))));
    let mut over = with_task(130, committed(TaskPurpose::Paid, TaskState::Settled));
    over.worker.as_mut().unwrap().tasks.clear();
    let actions = look(&mut machine, paused(over.clone()));
    assert_eq!(actions.last(), Some(&Action::Finish(Finish::Drained)));
    // At the next start it works again.
    let mut machine = super::machine();
    let actions = look(&mut machine, paused(over));
    let Some(Payload::UpdateWorker(update)) = sent(&actions) else { panic!("{actions:?}") };
    assert_eq!(update.paused, Some(false));
}

#[test]
fn an_operator_who_pauses_or_leaves_while_it_runs_is_obeyed() {
    let mut machine = machine();
    let state = |state: WorkerState| {
        let mut observed = ready();
        observed.worker.as_mut().unwrap().state = state;
        observed
    };
    look(&mut machine, ready());
    machine.sending = None;
    assert_eq!(look(&mut machine, state(WorkerState::Paused)), []);
    let actions = look(&mut machine, state(WorkerState::Leaving));
    assert_eq!(actions, [Action::Finish(Finish::Left)]);
    // Started again after it left, it registers again.
    let mut machine = super::machine();
    let actions = look(&mut machine, state(WorkerState::Left));
    assert!(matches!(sent(&actions), Some(Payload::RegisterWorker(_))), "{actions:?}");
}

#[test]
fn a_worker_that_was_banned_shows_what_it_must_and_ends() {
    let mut machine = machine();
    let banned = |mut observed: Observed| {
        observed.worker.as_mut().unwrap().state = WorkerState::Banned;
        observed
    };
    computing(&mut machine, TaskPurpose::Paid);
    machine.sending = None;
    machine.step(Observation::Computed(JOB, found()));
    let shown = with_task(107, committed(TaskPurpose::Paid, TaskState::Challenged));
    let actions = look(&mut machine, banned(shown));
    assert!(actions.contains(&Action::Show(JOB)));
    machine.sending = None;
    let actions = look(&mut machine, banned(ready()));
    assert_eq!(actions.last(), Some(&Action::Finish(Finish::Banned)));
}

#[test]
fn after_a_restart_nothing_is_sent_twice_and_lost_files_are_made_again() {
    let mut before = machine();
    computing(&mut before, TaskPurpose::Paid);
    let mut memory = Memory::default();
    let job = before.jobs()[&JOB].record.clone();
    memory.jobs.insert(JOB, crate::journal::Known { job, found: Some(found()) });
    let mut machine = Machine::new(plan(), secrets(), &memory);
    machine.resume_sending(Purpose::Commit);
    let open = with_task(106, task(TaskState::Assigned, TaskPurpose::Paid));
    assert_eq!(sent(&look(&mut machine, open)), None, "the commitment is on its way already");
    let seen = with_task(107, committed(TaskPurpose::Paid, TaskState::Committed));
    assert!(look(&mut machine, seen.clone()).contains(&Action::Show(JOB)));
    let actions = machine.step(Observation::Lost(JOB));
    assert!(actions.contains(&Action::Compute(JOB)), "{actions:?}");
    machine.step(Observation::Computed(JOB, found()));
    assert!(look(&mut machine, seen).contains(&Action::Show(JOB)));
}

#[test]
fn a_worker_that_lost_its_folder_computes_again_what_it_is_bound_to() {
    let mut machine = machine();
    let seen = with_task(110, committed(TaskPurpose::Paid, TaskState::Challenged));
    let actions = look(&mut machine, Observed { beacons: BTreeMap::new(), ..seen.clone() });
    assert!(actions.contains(&Action::Compute(JOB)), "{actions:?}");
    machine.step(Observation::Computed(JOB, found()));
    assert!(look(&mut machine, seen.clone()).contains(&Action::Show(JOB)));
    // A result that is not the one it is bound to is never shown.
    let mut machine = super::machine();
    look(&mut machine, seen.clone());
    let other = Found { root: sha256(&[b"other"]), ..found() };
    machine.step(Observation::Computed(JOB, other));
    assert!(!look(&mut machine, seen).contains(&Action::Show(JOB)));
    assert_eq!(machine.jobs()[&JOB].stage, Stage::Hopeless);
}

#[test]
fn the_same_observations_lead_to_the_same_actions() {
    let run = || {
        let mut machine = machine();
        let mut all = Vec::new();
        all.extend(look(&mut machine, ready()));
        all.extend(done(&mut machine));
        all.extend(look(
            &mut machine,
            with_task(104, task(TaskState::Assigned, TaskPurpose::Network)),
        ));
        all.extend(machine.step(Observation::ComputeFailed(JOB)));
        all.extend(machine.step(Observation::Computed(JOB, found())));
        all.extend(machine.step(Observation::Stop));
        all
    };
    assert_eq!(run(), run());
    assert!(run().len() > 3);
}
