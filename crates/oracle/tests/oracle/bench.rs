//! Files, configurations and daemons.

use crate::{
    node::{Node, gateway, reporter, user},
    world::{Device, PROVIDER},
};
use althing_client::meter_key::MeterSecret;
use althing_oracle::{Daemon, Keys, OracleError, Progress, Settings, Stop, Summary};
use althing_types::KeyScheme;
use std::{fmt::Write as _, path::Path, sync::Arc, time::Duration};
use tokio::{sync::watch::Receiver, task::JoinHandle};

/// When files begin: a slot of a minute begins, long before the chain does.
pub(crate) const BEGIN: u64 = 1_699_000_020;

/// A meter of the world, by its number.
pub(crate) fn device(number: usize) -> Device {
    let provider = if number < 2 { PROVIDER } else { crate::world::OTHER };
    Device::new(provider, KeyScheme::Ed25519, number as u8 + 1)
}

/// The energy of a file: for each meter, minutes with milliwatt-hours.
pub(crate) type Minutes = Vec<Vec<u64>>;

/// Writes a file: a column for each meter.
pub(crate) fn write(path: &Path, minutes: &Minutes) {
    let mut text = String::from("time");
    for meter in 0..minutes.len() {
        let _ = write!(text, ",m{meter}");
    }
    let longest = minutes.iter().map(Vec::len).max().unwrap_or(0);
    for minute in 0..longest {
        let _ = write!(text, "\n{}", BEGIN + minute as u64 * 60);
        for meter in minutes {
            match meter.get(minute) {
                Some(energy) => {
                    let _ = write!(text, ",{}.{:03}", energy / 1_000, energy % 1_000);
                }
                None => text.push(','),
            }
        }
    }
    text.push('\n');
    std::fs::write(path, text).unwrap();
}

/// What a meter of a file sums to, in Wh, rounded down once.
pub(crate) fn sum(minutes: &[u64]) -> u64 {
    minutes.iter().sum::<u64>() / 1_000
}

/// Energies with fractions of a Wh, different for each meter.
pub(crate) fn minutes(meters: usize, count: usize) -> Minutes {
    let energy =
        |meter: usize, minute: usize| ((meter + 3) * (minute + 7) * 7_919 % 900_001) as u64;
    (0..meters).map(|meter| (0..count).map(|minute| energy(meter, minute)).collect()).collect()
}

fn source(path: &Path, meters: usize) -> String {
    let mut text = format!(
        "[[source]]\nname = \"file\"\nformat = \"csv\"\npath = {path:?}\n[source.csv]\nseconds = 60\n\
         meter = {{ name = \"house\" }}\n[source.csv.time]\ncolumn = \"time\"\nform = \"unix\"\n"
    );
    for meter in 0..meters {
        let _ = write!(
            text,
            "[[source.csv.values]]\ncolumn = \"m{meter}\"\nunit = \"Wh\"\ndirection = \"export\"\n"
        );
    }
    text
}

fn channels(table: &str, meters: usize, own: impl Fn(usize) -> String) -> String {
    let channel = |meter: usize| {
        let own = own(meter);
        format!(
            "[[{table}]]\nname = \"m{meter}\"\n{own}\nsource = \"file\"\nid = \"house\"\n\
             channel = \"m{meter}\"\n"
        )
    };
    (0..meters).map(channel).collect()
}

/// A configuration that sends a file of this many meters.
pub(crate) fn feeding(data: &Path, file: &Path, meters: usize) -> Settings {
    let provider = user(PROVIDER);
    let text = format!(
        "data_dir = {data:?}\n{}[feed]\nprovider = \"{provider}\"\n{}",
        source(file, meters),
        channels("feed.meter", meters, |_| "key = \"unused\"".to_owned())
    );
    Settings::parse(&text).unwrap()
}

/// A configuration of an oracle that checks with a file of this many meters.
pub(crate) fn attesting(oracle: usize, data: &Path, file: &Path, meters: usize) -> Settings {
    let oracle = user(oracle);
    let text = format!(
        "data_dir = {data:?}\n{}[attest]\noracle = \"{oracle}\"\n{}",
        source(file, meters),
        channels("attest.meter", meters, |meter| format!(
            "meter = \"{}\"",
            hex::encode(device(meter).id)
        ))
    );
    Settings::parse(&text).unwrap()
}

/// The keys of the gateway and of its meters.
pub(crate) fn feed_keys(meters: usize) -> Keys {
    let secret = |meter: usize| MeterSecret::new(device(meter).key).unwrap();
    let meters = (0..meters).map(|meter| (format!("m{meter}"), secret(meter)));
    Keys { feed: Some(gateway()), attest: None, meters: meters.collect() }
}

/// The key of a reporter.
pub(crate) fn oracle_keys(oracle: usize) -> Keys {
    Keys { attest: Some(reporter(oracle)), ..Keys::default() }
}

/// A daemon whose clock is off by so many seconds, and what it shows.
pub(crate) fn watched(
    node: &Node,
    settings: Settings,
    keys: Keys,
    off: i64,
) -> (Daemon, Receiver<Progress>) {
    let (daemon, progress) = Daemon::new(settings, keys, Arc::new(node.clone())).unwrap();
    (daemon.with_clock(node.clock(off)), progress)
}

/// A daemon that runs until it is stopped.
pub(crate) fn endless(node: &Node, settings: Settings, keys: Keys) -> Daemon {
    watched(node, settings, keys, 0).0
}

/// Starts a daemon; no block comes before it has read its file. Blocks come as fast as somebody asks for
/// them, files as fast as the disk gives them.
pub(crate) async fn begin(
    node: &Node,
    (daemon, progress): (Daemon, Receiver<Progress>),
    stop: &Stop,
) -> JoinHandle<Result<Summary, OracleError>> {
    node.on(|inside| inside.still = true);
    let running = tokio::spawn(daemon.run(stop.clone()));
    let is_read = || progress.borrow().sources.first().is_some_and(|source| source.at_end);
    while !is_read() && !running.is_finished() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    node.on(|inside| inside.still = false);
    running
}

/// A daemon that ends by itself, whose clock is off by so many seconds.
pub(crate) fn daemon(node: &Node, settings: Settings, keys: Keys, off: i64) -> Daemon {
    watched(node, settings, keys, off).0.backfill_only()
}
