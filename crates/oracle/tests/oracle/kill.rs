//! The daemon is killed at every step and started again: nothing is lost, and nothing happens twice.

use crate::{bench::*, node::Node, world::ORACLES};
use althing_oracle::{Settings, Stop};
use proptest::{prelude::*, test_runner::Config};
use std::{
    future::{Future, poll_fn},
    path::Path,
    task::Poll,
};

/// Steps that are tried after everything has happened.
const BEYOND: usize = 25;

/// Runs a future for so many steps; none if it was not done then. A step is what happens between two
/// places where it waits.
async fn steps<F: Future>(most: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = most;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// Runs a gateway, kills it after so many steps, and runs it again until all is sent. Whether all was
/// sent when it was killed.
async fn killed(node: &Node, data: &Path, file: &Path, meters: usize, most: usize) -> bool {
    let settings: Settings = feeding(data, file, meters);
    let first = daemon(node, settings.clone(), feed_keys(meters), 0);
    drop(steps(most, first.run(Stop::new())).await);
    let wanted = expected(file, meters);
    let complete = (0..meters).all(|meter| node.counted(meter) == wanted[meter]);
    let second = daemon(node, settings, feed_keys(meters), 0);
    let stop = Stop::new();
    tokio::select! {
        result = second.run(stop.clone()) => drop(result.unwrap()),
        () = settled(node, file, meters) => {}
    }
    complete
}

/// Waits until all is sent, and the gateway had some blocks to hear of it.
async fn settled(node: &Node, file: &Path, meters: usize) {
    all_sent(node, file, meters).await;
    let end = node.on(|inside| inside.world.chain.height) + 5;
    while node.on(|inside| inside.world.chain.height) < end {
        tokio::task::yield_now().await;
    }
}

/// What a file holds, as it was written.
fn expected(file: &Path, meters: usize) -> Vec<u64> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut sums = vec![0_u64; meters];
    for line in text.lines().skip(1) {
        for (sum, value) in sums.iter_mut().zip(line.split(',').skip(1)) {
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            *sum += digits.parse::<u64>().unwrap_or(0);
        }
    }
    sums.iter().map(|milliwatt_hours| milliwatt_hours / 1_000).collect()
}

async fn all_sent(node: &Node, file: &Path, meters: usize) {
    let wanted = expected(file, meters);
    while (0..meters).any(|meter| node.counted(meter) < wanted[meter]) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_gateway_that_is_killed_at_any_step_loses_nothing_and_sends_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.csv");
    let energies = minutes(2, 3);
    write(&file, &energies);
    let (mut most, mut beyond) = (0, 0);
    while beyond < BEYOND {
        most += 1;
        let node = Node::new();
        let data = folder.path().join(format!("data{most}"));
        beyond += usize::from(killed(&node, &data, &file, 2, most).await);
        for (meter, energies) in energies.iter().enumerate() {
            assert_eq!(node.counted(meter), sum(energies), "killed after {most} steps");
            let sequence = node.on(move |inside| inside.world.meter(meter).sequence);
            assert_eq!(sequence, 3, "killed after {most} steps");
        }
        assert_eq!(node.count("readings-submitted"), 1, "killed after {most} steps");
    }
    assert!(most > BEYOND + 20, "{most} steps are too few to be all");
}

#[tokio::test]
async fn an_oracle_that_is_killed_at_any_step_reports_once_and_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.csv");
    let energies = minutes(2, 3);
    write(&file, &energies);
    let mut most = 1;
    loop {
        let node = Node::new();
        let feeder = folder.path().join(format!("feed{most}"));
        let settings = feeding(&feeder, &file, 2);
        let sender = daemon(&node, settings, feed_keys(2), 0);
        tokio::select! {
            result = sender.run(Stop::new()) => drop(result.unwrap()),
            () = all_sent(&node, &file, 2) => {}
        }
        let data = folder.path().join(format!("data{most}"));
        let settings = attesting(ORACLES[0], &data, &file, 2);
        let first = daemon(&node, settings.clone(), oracle_keys(ORACLES[0]), 0);
        let ended = steps(most, first.run(Stop::new())).await;
        let was_killed = ended.is_none();
        drop(ended);
        let again = daemon(&node, settings, oracle_keys(ORACLES[0]), 0);
        let summary = again.run(Stop::new()).await.unwrap();
        let oracle = node.on(|inside| inside.world.oracle(ORACLES[0]).counters);
        assert_eq!((oracle.agreed, oracle.absent), (6, 0), "killed after {most} steps");
        assert_eq!(node.count("oracle-reported"), 1, "killed after {most} steps");
        let found = summary.progress.oracle.unwrap();
        assert_eq!(found.missed, 0, "killed after {most} steps");
        if !was_killed {
            break;
        }
        most += 1;
    }
    assert!(most > 20, "{most} steps are too few to be all");
}

proptest! {
    #![proptest_config(Config { cases: 12, failure_persistence: None, ..Config::default() })]

    /// However a file grows and however often the gateway is killed, what was sent is the sum of the
    /// file, rounded down once.
    #[test]
    fn readings_sum_to_the_file_for_any_cuts_and_restarts(
        energies in prop::collection::vec(prop::collection::vec(0_u64..2_000_000, 1..40), 2),
        cuts in prop::collection::vec(1_usize..120, 1..6),
        grown in prop::collection::vec(1_usize..40, 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
            let (file, data) = (folder.path().join("file.csv"), folder.path().join("data"));
            let mut lengths = grown.clone();
            lengths.sort_unstable();
            for (length, cut) in lengths.iter().zip(cuts.iter().cycle()) {
                let part: Minutes =
                    energies.iter().map(|all| all.iter().take(*length).copied().collect()).collect();
                write(&file, &part);
                killed(&node, &data, &file, 2, *cut).await;
            }
            write(&file, &energies);
            for cut in &cuts {
                killed(&node, &data, &file, 2, *cut).await;
            }
            for (meter, energies) in energies.iter().enumerate() {
                assert_eq!(node.counted(meter), sum(energies));
            }
        });
    }
}

#[test]
fn the_bench_reads_its_own_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.csv");
    let energies = minutes(2, 7);
    write(&file, &energies);
    let sums: Vec<u64> = energies.iter().map(|energies| sum(energies)).collect();
    assert_eq!(expected(&file, 2), sums);
}
