//! Whole lives of workers.

use crate::{
    chain::Script,
    setup::{self, committed, config, free_port, measure, question, start, verifier},
};
use althing_types::{
    Payload,
    compute::{ProductKind, Purpose, Shape, TaskState, WorkerState},
};
use althing_worker::{Judgement, RunError, Worker};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

fn shape() -> Shape {
    Shape::square(ProductKind::Int8, 256)
}

/// How often each message was included, and each task committed to.
fn counts(chain: &Script) -> (BTreeMap<&'static str, usize>, BTreeMap<u64, usize>) {
    let (mut names, mut commitments) = (BTreeMap::new(), BTreeMap::new());
    for payload in &chain.lock().included {
        *names.entry(payload.name()).or_default() += 1;
        if let Payload::CommitResults(message) = payload {
            for result in message.results.iter() {
                *commitments.entry(result.task).or_default() += 1;
            }
        }
    }
    (names, commitments)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_registers_works_is_checked_and_stops_when_asked() {
    let (folder, chain) = (tempfile::tempdir().unwrap(), Arc::new(Script::default()));
    let started = start(config(folder.path(), free_port()), &chain).await;
    measure(&chain).await;
    chain
        .until("work of the network", |inner| {
            inner.tasks.values().any(|task| task.purpose == Purpose::Network)
        })
        .await;
    let paid = chain.lock().give(Purpose::Paid, shape(), 3, 0);
    committed(&chain, paid).await;
    // The worker shows its rows once it has seen that it is bound to them.
    let verifier = verifier();
    let judged = verifier.judge(&question(&chain, paid)).await;
    let again = verifier.judge(&question(&chain, paid)).await;
    assert!(matches!(judged, Judgement::Valid { .. }), "{judged:?}");
    assert_eq!(judged, again, "the same samples give the same transcript");
    let view = started.live.borrow().clone();
    assert_eq!(view.state, Some(WorkerState::Active));
    assert!(view.connected && view.height.is_some(), "{view:?}");
    started.stop.drain.cancel();
    chain
        .until("a pause", |inner| {
            inner.worker.as_ref().is_some_and(|(_, worker)| worker.state == WorkerState::Paused)
        })
        .await;
    assert!(!started.run.is_finished(), "it still shows what it is bound to");
    chain
        .until("the last commitment", |inner| {
            inner.tasks.values().all(|task| task.state != TaskState::Assigned)
        })
        .await;
    let open: Vec<u64> = chain.lock().worker.as_ref().unwrap().1.tasks.clone();
    open.iter().for_each(|task| chain.lock().settle(*task, TaskState::Settled));
    chain.until("the end", |_| started.run.is_finished()).await;
    let summary = started.run.await.unwrap().unwrap();
    assert!(summary.drained);
    assert!(summary.tally.settled >= 2, "{summary:?}");
    assert_eq!(summary.tally.failed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_twice_however_the_network_breaks() {
    let (folder, chain) = (tempfile::tempdir().unwrap(), Arc::new(Script::default()));
    chain.lock().mood.away = true;
    let port = free_port();
    let starting = tokio::spawn({
        let (config, chain) = (config(folder.path(), port), Arc::clone(&chain));
        async move { start(config, &chain).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    chain.lock().mood.away = false;
    let started = starting.await.unwrap();
    chain.lock().mood.lose_answers = 2;
    chain.lock().mood.refuse = 1;
    measure(&chain).await;
    chain.lock().mood.forget = 1;
    chain.lock().mood.lose_answers = 3;
    let paid = chain.lock().give(Purpose::Paid, shape(), 2, 0);
    chain.lock().mood.away = true;
    tokio::time::sleep(Duration::from_millis(300)).await;
    chain.lock().mood.away = false;
    committed(&chain, paid).await;
    for _ in 0..60 {
        chain.block();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (names, commitments) = counts(&chain);
    assert_eq!(names["register-worker"], 1);
    assert_eq!(names["attest"], 1);
    assert_eq!(names["request-benchmark"], 1);
    assert!(commitments.values().all(|count| *count == 1), "{commitments:?}");
    let failed = chain.lock().failed.clone();
    assert!(failed.is_empty(), "{failed:?}");
    started.crash().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_crashes_anywhere_continues_and_shows_what_it_is_bound_to() {
    let (folder, chain) = (tempfile::tempdir().unwrap(), Arc::new(Script::default()));
    let port = free_port();
    let mut started = start(config(folder.path(), port), &chain).await;
    measure(&chain).await;
    let paid: Vec<u64> = (0..3).map(|_| chain.lock().give(Purpose::Paid, shape(), 2, 0)).collect();
    for pause in [0, 3, 8, 15, 25, 40, 60] {
        started.crash().await;
        started = start(config(folder.path(), port), &chain).await;
        for _ in 0..2 {
            chain.block();
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }
    for task in &paid {
        committed(&chain, *task).await;
    }
    // Files that are lost are made again from the seed.
    started.crash().await;
    std::fs::remove_dir_all(folder.path().join("results")).unwrap();
    let started = start(config(folder.path(), port), &chain).await;
    for task in &paid {
        let mut judged = Judgement::Unavailable { reason: String::new() };
        for _ in 0..100 {
            chain.block();
            tokio::time::sleep(Duration::from_millis(20)).await;
            judged = verifier().judge(&question(&chain, *task)).await;
            if matches!(judged, Judgement::Valid { .. }) {
                break;
            }
        }
        assert!(matches!(judged, Judgement::Valid { .. }), "{judged:?}");
    }
    let (names, commitments) = counts(&chain);
    assert_eq!(names["register-worker"], 1);
    assert!(commitments.values().all(|count| *count == 1), "{commitments:?}");
    started.crash().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_result_is_found_wrong_and_revealed() {
    let (folder, chain) = (tempfile::tempdir().unwrap(), Arc::new(Script::default()));
    chain.lock().params.compute.plant_rate = althing_types::Ppm::ONE;
    let started = start(config(folder.path(), free_port()), &chain).await;
    measure(&chain).await;
    chain
        .until("a planted result", |inner| {
            inner
                .tasks
                .values()
                .any(|task| task.purpose == Purpose::Network && task.state == TaskState::Committed)
        })
        .await;
    let found = |inner: &crate::chain::Inner| {
        let planted = |task: &&althing_worker::views::TaskView| {
            task.purpose == Purpose::Network && task.state == TaskState::Committed
        };
        inner.tasks.iter().find(|(_, task)| planted(task)).map(|(number, _)| *number)
    };
    let task = found(&chain.lock()).unwrap();
    chain.block();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let judged = verifier().judge(&question(&chain, task)).await;
    assert!(matches!(judged, Judgement::Wrong { .. }), "{judged:?}");
    chain.lock().tasks.get_mut(&task).unwrap().state = TaskState::Disproved;
    chain
        .until("the reveal", |inner| {
            inner.included.iter().any(|payload| matches!(payload, Payload::RevealPlant(_)))
        })
        .await;
    let (included, plant) = {
        let inner = chain.lock();
        (inner.included.clone(), inner.worker.as_ref().unwrap().1.plant)
    };
    let reveals: Vec<_> = included
        .iter()
        .filter_map(|payload| match payload {
            Payload::RevealPlant(reveal) => Some(reveal),
            _ => None,
        })
        .collect();
    assert_eq!((reveals[0].task, reveals[0].next), (task, plant));
    started.crash().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_do_not_share_a_folder_and_no_worker_starts_without_what_it_needs() {
    let (folder, chain) = (tempfile::tempdir().unwrap(), Arc::new(Script::default()));
    let first = start(config(folder.path(), free_port()), &chain).await;
    let open = async |config: althing_worker::Config, devices| {
        let chain: Arc<dyn althing_worker::Chain> = chain.clone();
        Worker::new(config, setup::key(), chain, devices).await.map(|_| ())
    };
    let devices = || vec![setup::device(setup::engine())];
    let second = open(config(folder.path(), free_port()), devices()).await;
    assert!(matches!(second, Err(RunError::Locked(_))), "{second:?}");
    let other = tempfile::tempdir().unwrap();
    let none = open(config(other.path(), free_port()), Vec::new()).await;
    assert!(matches!(none, Err(RunError::NoDevice)));
    let mut public = config(other.path(), free_port());
    public.allow_private = false;
    let private = open(public, devices()).await;
    assert!(matches!(private, Err(RunError::Endpoint(_))), "{private:?}");
    first.crash().await;
    assert!(open(config(folder.path(), free_port()), devices()).await.is_ok());
}
