//! A provider's gateway and oracles together.

use crate::{bench::*, node::Node, world::ORACLES};
use althing_oracle::{Stop, Summary};
use std::path::Path;
use tempfile::TempDir;

/// Sends one file and lets oracles check, each with its own copy; what each did.
async fn together(node: &Node, folder: &TempDir, file: &Path, own: &[&Path]) -> Vec<Summary> {
    let feeder = feeding(&folder.path().join("feed"), file, 2);
    let mut running = vec![tokio::spawn(daemon(node, feeder, feed_keys(2), 0).run(Stop::new()))];
    for (oracle, own) in ORACLES.iter().zip(own) {
        let data = folder.path().join(format!("oracle{oracle}"));
        let settings = attesting(*oracle, &data, own, 2);
        let daemon = daemon(node, settings, oracle_keys(*oracle), 0);
        running.push(tokio::spawn(daemon.run(Stop::new())));
    }
    let mut ended = Vec::new();
    for one in running {
        ended.push(one.await.unwrap().unwrap());
    }
    ended
}

#[tokio::test]
async fn three_oracles_attest_a_file_to_the_wh() {
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let file = folder.path().join("file.csv");
    let energies = minutes(2, 150);
    write(&file, &energies);
    let ended = together(&node, &folder, &file, &[&file, &file, &file]).await;
    for (meter, energies) in energies.iter().enumerate() {
        assert_eq!(node.counted(meter), sum(energies));
        assert_eq!(node.attested(meter), sum(energies));
    }
    let feed = ended[0].progress.feed.clone().unwrap();
    assert_eq!((feed.sent, feed.attested, feed.queued), (300, 300, 0));
    assert_eq!(feed.attested_wh, sum(&energies[0]) + sum(&energies[1]));
    assert!(ended[0].is_clean() && ended[0].progress.finished, "{:?}", ended[0]);
    let agreed: u64 = ended[1..].iter().map(|one| one.progress.oracle.unwrap().agreed).sum();
    assert!(agreed >= 600, "two of three decide: {agreed}");
    assert!(ended[1..].iter().all(|one| one.progress.oracle.unwrap().contradicted == 0));
}

#[tokio::test]
async fn an_oracle_with_a_wrong_copy_contradicts_and_is_overruled() {
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let (file, wrong) = (folder.path().join("file.csv"), folder.path().join("wrong.csv"));
    let mut energies = minutes(2, 40);
    write(&file, &energies);
    // The same sum in other minutes: what follows is right again.
    energies[0][10] += 5_000;
    energies[0][11] -= 5_000;
    write(&wrong, &energies);
    let ended = together(&node, &folder, &file, &[&file, &wrong, &file]).await;
    assert_eq!(node.attested(0), sum(&energies[0]));
    let liar = ended[2].progress.oracle.unwrap();
    let told = liar.contradicted + liar.late;
    assert!(told >= 1 && liar.contradicted <= 2, "{liar:?}");
    assert!(ended[0].is_clean());
}

#[tokio::test]
async fn a_false_reading_is_contradicted_and_the_provider_hears_it() {
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let (file, lie) = (folder.path().join("file.csv"), folder.path().join("lie.csv"));
    let mut energies = minutes(2, 20);
    write(&file, &energies);
    energies[1][4] += 1_000;
    energies[1][5] -= 1_000;
    write(&lie, &energies);
    let ended = together(&node, &folder, &lie, &[&file, &file, &file]).await;
    let feed = ended[0].progress.feed.clone().unwrap();
    assert_eq!(feed.refused.get("oracles_refused"), Some(&2));
    assert_eq!((feed.sent, feed.attested), (40, 38));
    assert!(!ended[0].is_clean());
    let words = &ended[0].refusals[0].words;
    assert!(words.contains("house m1") && words.contains("2023-11-03T"), "{words}");
}

#[tokio::test]
async fn an_oracle_without_data_abstains_and_one_that_comes_late_says_what_it_missed() {
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let (file, half) = (folder.path().join("file.csv"), folder.path().join("half.csv"));
    let energies = minutes(2, 20);
    write(&file, &energies);
    write(&half, &minutes(2, 10));
    let sending = feeding(&folder.path().join("feed"), &file, 2);
    let sender = daemon(&node, sending, feed_keys(2), 0);
    let (stop, sent) = (Stop::new(), Stop::new());
    let running = tokio::spawn(sender.run(stop.clone()));
    while node.counted(0) < sum(&energies[0]) || node.counted(1) < sum(&energies[1]) {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    running.await.unwrap().unwrap();
    // Its data end before the readings do, so it waits nearly until they expire.
    let data = folder.path().join("oracle");
    let settings = attesting(ORACLES[0], &data, &half, 2);
    let summary = daemon(&node, settings, oracle_keys(ORACLES[0]), 0).run(sent).await.unwrap();
    let found = summary.progress.oracle.unwrap();
    assert_eq!((found.agreed, found.abstained, found.contradicted), (20, 20, 0), "{found:?}");
    assert_eq!(found.missed, 0);
}

#[tokio::test]
async fn what_expires_without_a_report_is_missed() {
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let file = folder.path().join("file.csv");
    write(&file, &minutes(2, 10));
    let data = folder.path().join("oracle");
    // It sees the batch, waits for data that never come, and is away when it expires.
    let mut settings = attesting(ORACLES[0], &data, &folder.path().join("later.csv"), 2);
    settings.limits.margin_blocks = 1;
    let watching = endless(&node, settings.clone(), oracle_keys(ORACLES[0]));
    let stop = Stop::new();
    let watching = tokio::spawn(watching.run(stop.clone()));
    let feeder = feeding(&folder.path().join("feed"), &file, 2);
    let feeder = daemon(&node, feeder, feed_keys(2), 0);
    let (ended, feeding) = (Stop::new(), tokio::spawn(feeder.run(Stop::new())));
    while node.count("readings-submitted") == 0 {
        tokio::task::yield_now().await;
    }
    let seen = node.on(|inside| inside.world.chain.height) + 20;
    while node.on(|inside| inside.world.chain.height) < seen {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    watching.await.unwrap().unwrap();
    feeding.await.unwrap().unwrap();
    write(&folder.path().join("later.csv"), &minutes(2, 10));
    let summary = daemon(&node, settings, oracle_keys(ORACLES[0]), 0).run(ended).await.unwrap();
    let found = summary.progress.oracle.unwrap();
    assert!(found.missed >= 1 && found.reports == 0, "{found:?}");
    assert!(summary.progress.trouble.unwrap().contains("expired without a report"));
}
