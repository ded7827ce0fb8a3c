//! A daemon that is to end by itself ends, and says why, if what is left cannot be sent.

use crate::{
    bench::*,
    messages::{leave, stake_oracle},
    node::{Node, reporter, user},
    world::{ORACLE_STAKE, ORACLES, PROVIDER, STRANGER},
};
use althing_oracle::{Daemon, HttpChain, Keys, OracleError, Settings, Stop};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;

/// How long these daemons wait for what may pass.
const PATIENCE: Duration = Duration::from_millis(100);

struct Scene {
    node: Node,
    folder: TempDir,
    file: PathBuf,
}

impl Scene {
    /// Ten minutes of two meters, and nobody has sent anything.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.csv");
        write(&file, &minutes(2, 10));
        Self { node: Node::new(), folder, file }
    }

    fn feeding(&self) -> Settings {
        feeding(&self.folder.path().join("feed"), &self.file, 2)
    }

    fn attesting(&self, oracle: usize) -> Settings {
        attesting(oracle, &self.folder.path().join("attest"), &self.file, 2)
    }

    /// How it ends.
    async fn ends(&self, settings: Settings, keys: Keys, off: i64) -> Result<(), OracleError> {
        let (daemon, seen) = watched(&self.node, settings, keys, off);
        let daemon = daemon.backfill_only().give_up_after(PATIENCE);
        let running = begin(&self.node, (daemon, seen), &Stop::new()).await;
        let ended = tokio::time::timeout(Duration::from_secs(60), running).await;
        ended.expect("it waits for ever").unwrap().map(drop)
    }
}

fn assert_held(ended: Result<(), OracleError>, words: &str) {
    let Err(OracleError::Held(why)) = &ended else { panic!("{ended:?}") };
    assert!(why.contains(words), "{why}");
    assert!(ended.unwrap_err().to_string().contains("run it again"));
}

fn assert_gave_up(ended: Result<(), OracleError>, part: &str) {
    let Err(OracleError::GaveUp { words, after: PATIENCE }) = &ended else { panic!("{ended:?}") };
    assert!(words.contains(part), "{words}");
    assert!(ended.unwrap_err().to_string().contains("gave up after 100ms"));
}

#[tokio::test]
async fn a_clock_behind_the_chain_ends_it_and_what_was_read_is_sent_once_it_is_set() {
    let scene = Scene::new();
    let ended = scene.ends(scene.feeding(), feed_keys(2), -301).await;
    assert_held(ended, "301 seconds behind the last block");
    assert_eq!(scene.node.count("readings-submitted"), 0);
    let folder = scene.folder.path().join("oracles");
    let settings = |oracle| attesting(oracle, &folder.join(oracle.to_string()), &scene.file, 2);
    let oracles = ORACLES.map(|oracle| {
        let daemon = daemon(&scene.node, settings(oracle), oracle_keys(oracle), 0);
        tokio::spawn(daemon.run(Stop::new()))
    });
    scene.ends(scene.feeding(), feed_keys(2), 0).await.unwrap();
    for oracle in oracles {
        oracle.await.unwrap().unwrap();
    }
    assert_eq!(scene.node.attested(0), sum(&minutes(2, 10)[0]));
}

#[tokio::test]
async fn a_clock_ahead_of_the_chain_waits_for_a_node_that_lags_but_not_for_ever() {
    let scene = Scene::new();
    let ended = scene.ends(scene.feeding(), feed_keys(2), 301).await;
    assert_gave_up(ended, "301 seconds ahead of");
}

#[tokio::test]
async fn an_account_that_is_no_provider_ends_it() {
    let scene = Scene::new();
    let mut settings = scene.feeding();
    settings.feed.as_mut().unwrap().provider = Some(user(STRANGER));
    assert_held(scene.ends(settings, feed_keys(2), 0).await, "is no provider: register it");
}

#[tokio::test]
async fn a_provider_that_may_not_submit_any_more_ends_it() {
    let scene = Scene::new();
    scene.node.on(|inside| inside.world.does(PROVIDER, leave()));
    assert_held(scene.ends(scene.feeding(), feed_keys(2), 0).await, "it is not active");
}

#[tokio::test]
async fn an_account_that_may_not_send_for_the_provider_ends_it() {
    let scene = Scene::new();
    let keys = Keys { feed: Some(reporter(ORACLES[0])), ..feed_keys(2) };
    assert_held(scene.ends(scene.feeding(), keys, 0).await, "scope_missing");
}

#[tokio::test]
async fn an_account_that_is_no_oracle_ends_it() {
    let scene = Scene::new();
    let ended = scene.ends(scene.attesting(STRANGER), oracle_keys(ORACLES[0]), 0).await;
    assert_held(ended, "is no oracle: register it");
}

#[tokio::test]
async fn an_oracle_without_a_weight_waits_for_governance_but_not_for_ever() {
    let scene = Scene::new();
    let stake = althing_types::Amount::from_tokens(ORACLE_STAKE).unwrap();
    scene.node.on(move |inside| inside.world.does(STRANGER, stake_oracle(stake)));
    let ended = scene.ends(scene.attesting(STRANGER), oracle_keys(ORACLES[0]), 0).await;
    assert_gave_up(ended, "has no weight: wait for governance");
}

#[tokio::test]
async fn a_node_that_does_not_answer_is_given_up() {
    let scene = Scene::new();
    let chain = Arc::new(HttpChain::new(&["http://127.0.0.1:1"]).unwrap());
    let (daemon, _) = Daemon::new(scene.feeding(), feed_keys(2), chain).unwrap();
    let daemon = daemon.backfill_only().give_up_after(PATIENCE);
    let ended = tokio::time::timeout(Duration::from_secs(60), daemon.run(Stop::new())).await;
    assert_gave_up(ended.expect("it waits for ever").map(drop), "does not answer");
}
