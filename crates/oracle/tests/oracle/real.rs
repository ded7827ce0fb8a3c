//! A file of a utility as it was published, from the gateway through three oracles into the ledger.

use crate::{
    bench::{daemon, device, feed_keys, oracle_keys},
    node::{Node, user},
    world::{ORACLES, PROVIDER},
};
use althing_oracle::{Settings, Stop};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn file() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../meters/tests/data/nem12");
    folder.join("Example_NEM12_month_solar.csv")
}

/// The sum of a channel in Wh, rounded down once, read without the reader: values and their number.
fn sum_of(suffix: &str) -> (u64, u64) {
    let text = fs::read_to_string(file()).unwrap();
    let (mut micro_kwh, mut count, mut own) = (0_u64, 0, false);
    for line in text.lines() {
        let fields: Vec<&str> = line.split(',').collect();
        match fields[0] {
            "200" => own = fields[4] == suffix,
            "300" if own => {
                for value in &fields[2..290] {
                    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
                    let part = format!("{part:0<6}");
                    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().unwrap() };
                    micro_kwh += whole * 1_000_000 + part.parse::<u64>().unwrap();
                    count += 1;
                }
            }
            _ => {}
        }
    }
    (micro_kwh / 1_000, count)
}

fn settings(data: &Path, job: &str, own: impl Fn(usize) -> String) -> Settings {
    let channel = |meter: usize, suffix: &str, direction: &str| {
        let own = own(meter);
        format!(
            "[[{job}.meter]]\nname = \"m{meter}\"\n{own}\nsource = \"utility\"\nid = \"NMI1234567\"\n\
             channel = \"{suffix}\"\ndirection = \"{direction}\"\n"
        )
    };
    let (out, into) = (channel(0, "B1", "export"), channel(1, "E1", "import"));
    let text = format!(
        "data_dir = {data:?}\n[[source]]\nname = \"utility\"\npath = {:?}\n{out}{into}",
        file()
    );
    Settings::parse(&text).unwrap()
}

#[tokio::test]
async fn a_month_of_a_solar_house_is_attested_to_the_wh() {
    let node = Node::with(|genesis| genesis.params.energy.slot_s = 300);
    node.on(|inside| inside.world.chain.audit_every = 200);
    let folder = tempfile::tempdir().unwrap();
    let mut feeding = settings(&folder.path().join("feed"), "feed", |_| "key = \"-\"".into());
    feeding.feed.as_mut().unwrap().provider = Some(user(PROVIDER));
    let mut running = vec![tokio::spawn(daemon(&node, feeding, feed_keys(2), 0).run(Stop::new()))];
    for oracle in ORACLES {
        let data = folder.path().join(format!("oracle{oracle}"));
        let id = |meter| format!("meter = \"{}\"", hex::encode(device(meter).id));
        let mut attesting = settings(&data, "attest", id);
        attesting.attest.as_mut().unwrap().oracle = Some(user(oracle));
        let daemon = daemon(&node, attesting, oracle_keys(oracle), 0);
        running.push(tokio::spawn(daemon.run(Stop::new())));
    }
    let mut ended = Vec::new();
    for one in running {
        ended.push(one.await.unwrap().unwrap());
    }
    let (out, into) = (sum_of("B1"), sum_of("E1"));
    assert_eq!((out.1, into.1), (31 * 288, 31 * 288));
    assert_eq!((node.attested(0), node.attested(1)), (out.0, into.0));
    let feed = ended[0].progress.feed.clone().unwrap();
    println!(
        "{} readings, {} Wh attested; the file has {} + {} Wh",
        feed.attested, feed.attested_wh, out.0, into.0
    );
    assert_eq!((feed.attested, feed.attested_wh), (out.1 + into.1, out.0 + into.0));
    assert!(ended.iter().all(althing_oracle::Summary::is_clean), "{ended:?}");
}
