//! What a gateway sends, refuses, and says.

use crate::{
    bench::*,
    messages::revoke,
    node::{Node, gateway},
    world::PROVIDER,
};
use althing_oracle::{Daemon, OracleError, Settings, Stop, Summary, preview, store::StoreError};
use std::{path::Path, sync::Arc};

/// Runs a gateway for some blocks.
async fn some_blocks(node: &Node, data: &Path, file: &Path, off: i64, blocks: u64) -> Summary {
    let settings = feeding(data, file, 2);
    // One that is held back would end by itself.
    let (daemon, progress) = watched(node, settings, feed_keys(2), off);
    let daemon = if off == 0 { daemon.backfill_only() } else { daemon };
    let stop = Stop::new();
    let running = begin(node, (daemon, progress), &stop).await;
    let end = node.on(|inside| inside.world.chain.height) + blocks;
    while node.on(|inside| inside.world.chain.height) < end {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    running.await.unwrap().unwrap()
}

#[tokio::test]
async fn a_clock_that_is_off_by_301_seconds_sends_nothing_and_says_by_how_much() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.csv");
    write(&file, &minutes(2, 5));
    for (off, side) in [(301, "301 seconds ahead of"), (-301, "301 seconds behind")] {
        let node = Node::new();
        let data = folder.path().join(off.to_string());
        let summary = some_blocks(&node, &data, &file, off, 20).await;
        let trouble = summary.progress.trouble.unwrap();
        assert!(trouble.contains(side) && trouble.contains("timestamp_skew"), "{trouble}");
        let shown = summary.progress.clock_off_s;
        assert!((shown - off).unsigned_abs() < 100, "blocks come meanwhile: {shown}");
        assert_eq!(node.count("readings-submitted"), 0);
        assert_eq!(summary.progress.feed.unwrap().queued, 10, "it is kept for later");
        // The clock is set: it goes on.
        some_blocks(&node, &data, &file, 0, 20).await;
        assert_eq!(node.counted(0), sum(&minutes(2, 5)[0]));
    }
}

#[tokio::test]
async fn what_the_ledger_would_refuse_is_refused_with_channel_and_time_and_the_rest_goes_on() {
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let (file, data) = (folder.path().join("file.csv"), folder.path().join("data"));
    let mut energies = minutes(2, 10);
    energies[0][3] = 50_001_000;
    write(&file, &energies);
    let summary = some_blocks(&node, &data, &file, 0, 20).await;
    let feed = summary.progress.feed.as_ref().unwrap();
    assert_eq!(feed.refused, [("capacity_exceeded".to_owned(), 1)].into());
    assert_eq!(feed.sent, 19);
    assert!(!summary.is_clean());
    let words = &summary.refusals[0].words;
    assert!(
        words.contains("house m0") && words.contains("60 s from 2023-11-03T08:30:00Z"),
        "{words}"
    );
    assert_eq!(node.counted(0), sum(&energies[0]) - 50_001);
}

#[tokio::test]
async fn one_reading_that_only_the_chain_refuses_is_found_and_does_not_hold_up_the_others() {
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let (file, data) = (folder.path().join("file.csv"), folder.path().join("data"));
    node.on(|inside| inside.blind = true);
    let mut energies = minutes(2, 30);
    energies[1][17] = 60_000_000;
    write(&file, &energies);
    let summary = some_blocks(&node, &data, &file, 0, 60).await;
    let feed = summary.progress.feed.as_ref().unwrap();
    assert_eq!(feed.refused, [("capacity_exceeded".to_owned(), 1)].into());
    assert_eq!((feed.sent, feed.queued), (59, 0));
    assert_eq!(summary.refusals[0].energy, 60_000_000);
    assert_eq!(node.counted(1), sum(&energies[1]) - 60_000);
}

#[tokio::test]
async fn a_stolen_key_that_was_revoked_blocks_its_meter_and_no_other() {
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let (file, data) = (folder.path().join("file.csv"), folder.path().join("data"));
    write(&file, &minutes(2, 10));
    node.on(|inside| inside.world.does(PROVIDER, revoke(device(0).id)));
    let summary = some_blocks(&node, &data, &file, 0, 20).await;
    let feed = summary.progress.feed.as_ref().unwrap();
    assert!(feed.blocked["m0"].contains("revoked"), "{:?}", feed.blocked);
    assert_eq!((feed.sent, feed.queued), (10, 10));
}

#[tokio::test]
async fn intervals_that_span_many_slots_are_split_and_sum_to_the_same() {
    // Slots of 60 seconds, of which a reading has at most 8: an hour is 8 readings.
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let (file, data) = (folder.path().join("file.csv"), folder.path().join("data"));
    std::fs::write(&file, format!("time,m0,m1\n{BEGIN},7777.7,\n{},1.4,2\n", BEGIN + 3_600))
        .unwrap();
    let mut settings = feeding(&data, &file, 2);
    settings.sources[0].csv.as_mut().unwrap().seconds = Some(3_600);
    let stop = Stop::new();
    let running = tokio::spawn(daemon(&node, settings, feed_keys(2), 0).run(stop.clone()));
    while node.counted(0) < 7_779 || node.counted(1) < 2 {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    let summary = running.await.unwrap().unwrap();
    assert_eq!(node.counted(0), 7_779);
    assert!(summary.progress.sources[0].left_out["quality_missing"] == 1);
}

#[tokio::test]
async fn a_file_that_grows_is_taken_up_where_it_ended_and_one_that_changed_is_refused() {
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let (file, data) = (folder.path().join("file.csv"), folder.path().join("data"));
    write(&file, &minutes(2, 5));
    some_blocks(&node, &data, &file, 0, 10).await;
    write(&file, &minutes(2, 9));
    let summary = some_blocks(&node, &data, &file, 0, 10).await;
    assert_eq!(node.counted(0), sum(&minutes(2, 9)[0]));
    assert_eq!(summary.progress.sources[0].read, 18, "each record is read once");
    let mut other = minutes(2, 12);
    other[0][0] += 1;
    write(&file, &other);
    let summary = some_blocks(&node, &data, &file, 0, 10).await;
    let fault = summary.progress.sources[0].fault.clone().unwrap();
    assert!(
        fault.contains("file.csv") && fault.contains("not those that were read before"),
        "{fault}"
    );
    assert_eq!(node.counted(0), sum(&minutes(2, 9)[0]), "nothing of it was sent");
}

#[tokio::test]
async fn a_queue_that_was_lost_sends_nothing_twice() {
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let file = folder.path().join("file.csv");
    write(&file, &minutes(2, 20));
    some_blocks(&node, &folder.path().join("one"), &file, 0, 10).await;
    write(&file, &minutes(2, 25));
    let summary = some_blocks(&node, &folder.path().join("two"), &file, 0, 10).await;
    assert_eq!(summary.progress.feed.unwrap().sent, 10, "five minutes of two meters were new");
    for (meter, energies) in minutes(2, 25).iter().enumerate() {
        assert_eq!(node.counted(meter), sum(energies));
    }
}

#[tokio::test]
async fn a_node_that_loses_transactions_gets_the_same_bytes_again() {
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let (file, data) = (folder.path().join("file.csv"), folder.path().join("data"));
    write(&file, &minutes(2, 5));
    node.on(|inside| inside.loses = 3);
    some_blocks(&node, &data, &file, 0, 20).await;
    assert_eq!(node.count("readings-submitted"), 1);
    assert_eq!(node.counted(1), sum(&minutes(2, 5)[1]));
    // And one that never takes any: after the last height it is made anew, and signed anew.
    let more = minutes(2, 6);
    write(&file, &more);
    node.on(|inside| inside.loses = 50);
    let summary = some_blocks(&node, &data, &file, 0, 120).await;
    assert_eq!(node.counted(0), sum(&more[0]));
    assert_eq!(summary.progress.feed.unwrap().retries, 1);
}

#[tokio::test]
async fn keys_folders_and_chains_that_do_not_fit_are_said() {
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let (file, data) = (folder.path().join("file.csv"), folder.path().join("data"));
    let settings: Settings = feeding(&data, &file, 2);
    let new = |keys| {
        let chain = Arc::new(node.clone());
        Daemon::new(settings.clone(), keys, chain).map(|(daemon, _)| daemon)
    };
    let mut keys = feed_keys(2);
    keys.meters.remove("m1");
    assert!(matches!(new(keys), Err(OracleError::NoKey(what)) if what.contains("m1")));
    let running = new(feed_keys(2)).unwrap();
    let second = new(feed_keys(2)).err().unwrap();
    assert!(matches!(second, OracleError::Store(StoreError::Locked(_))), "{second}");
    drop(running);
    assert_eq!(new(feed_keys(2)).map(|_| gateway().address()).ok(), Some(gateway().address()));
}

#[test]
fn a_preview_shows_what_would_be_sent_of_each_channel() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.csv");
    let mut energies = minutes(3, 10);
    energies[1].truncate(8);
    write(&file, &energies);
    let mut settings = feeding(folder.path(), &file, 2);
    let value = settings.sources[0].csv.as_ref().unwrap().values[0].clone();
    let third = althing_meters::csv::ValueColumn { column: "m2".into(), ..value };
    settings.sources[0].csv.as_mut().unwrap().values.push(third);
    let preview = preview::preview(&settings);
    assert!(preview.faults.is_empty(), "{:?}", preview.faults);
    let row = |number: usize| &preview.rows[number];
    assert_eq!((row(0).intervals, row(0).wh), (10, sum(&energies[0])));
    assert_eq!(row(0).meters, ["m0"]);
    assert_eq!(row(0).first.as_deref(), Some("2023-11-03T08:27:00Z"));
    assert_eq!((row(1).intervals, row(1).left_out["quality_missing"]), (8, 2));
    assert!(row(2).meters.is_empty(), "no meter is bound to it");
}
