//! A device on the network: a simulator that is read over Modbus TCP.

use crate::{
    bench::*,
    node::{Node, user},
    world::PROVIDER,
};
use althing_meters::sunspec::{
    Device,
    simulator::{Image, Manner, Model, Simulator},
};
use althing_oracle::{Daemon, Settings, Stop};
use std::{sync::Arc, time::Duration};

fn image(exported: u32) -> Image {
    let device = Device {
        manufacturer: "Example".into(),
        model: "Meter".into(),
        version: "1".into(),
        serial: "0815".into(),
    };
    let meter = Model::Meter { number: 203, exported, imported: 7, scale: 0, watts: 0 };
    Image { device: Some(device), base: 40_000, models: vec![meter], ended: true }
}

/// Waits until something is so, while blocks come.
async fn until(mut so: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it takes too long");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_device_counts_is_sent_through_silence_and_a_restart() {
    let (node, folder) = (Node::new(), tempfile::tempdir().unwrap());
    let device = Simulator::start(&image(1_000)).await.unwrap();
    let text = format!(
        "data_dir = {:?}\n[[source]]\nname = \"roof\"\nformat = \"sunspec\"\naddress = \"{}\"\n\
         poll_s = 60\ncapacity_w = 3000000\n[feed]\nprovider = \"{}\"\n[[feed.meter]]\nname = \"m0\"\n\
         key = \"unused\"\nsource = \"roof\"\nid = \"Example Meter\"\nchannel = \"203 export\"\n\
         serial = \"0815\"\n",
        folder.path(),
        device.address(),
        user(PROVIDER)
    );
    let settings = Settings::parse(&text).unwrap();
    // Blocks pass slowly enough for a device to be asked between two of them.
    let (ticking, pulse) = (node.clone(), Stop::new());
    let beat = pulse.clone();
    let blocks = tokio::spawn(async move {
        while !beat.is_cancelled() {
            tokio::time::sleep(Duration::from_millis(30)).await;
            ticking.on(|inside| inside.block());
        }
    });
    let start = || {
        let chain = Arc::new(node.clone().paced());
        let (daemon, seen) = Daemon::new(settings.clone(), feed_keys(1), chain).unwrap();
        let stop = Stop::new();
        let running = tokio::spawn(daemon.with_clock(node.clock(0)).run(stop.clone()));
        (running, stop, seen)
    };
    let (running, stop, seen) = start();
    until(|| seen.borrow().sources.first().is_some_and(|source| source.read >= 2)).await;
    device.show(&image(1_600));
    until(|| node.counted(0) == 600).await;
    device.behave(Manner::Silent);
    device.show(&image(2_000));
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.cancel();
    running.await.unwrap().unwrap();
    // While the gateway is down the device goes on counting.
    device.behave(Manner::Good);
    device.show(&image(2_500));
    let (running, stop, _) = start();
    until(|| node.counted(0) == 1_500).await;
    stop.cancel();
    let summary = running.await.unwrap().unwrap();
    pulse.cancel();
    blocks.await.unwrap();
    assert!(summary.is_clean(), "{summary:?}");
    let source = &summary.progress.sources[0];
    assert_eq!(source.left_out.get("counter_first"), Some(&1), "once, not at each start");
}
