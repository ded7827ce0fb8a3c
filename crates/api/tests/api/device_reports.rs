//! What became of the reports that devices signed themselves.

use crate::{
    chain,
    fixture::Api,
    node::TIP,
    worked::{
        card,
        story::{address, hash},
    },
};
use althing_ledger::compute::{Device, DeviceReport, query as compute};
use althing_state::{StateKey, StateValue};
use althing_types::{
    Blob, Due, Height, Payload, SignedTransaction, Text, Timestamp, Transaction,
    compute::{DeviceId, Points},
    hash::zero,
    limits::MAX_EVIDENCE_BYTES,
    message::Attest,
};
use commonware_codec::Encode;
use serde_json::{Value, json};

/// The second device of the worker of the story.
fn id() -> DeviceId {
    DeviceId { worker: address(1), device: 2 }
}

/// Evidence of an H200 that works with this driver, with the end of the document.
fn evidence(driver: &str, end: &str) -> Vec<u8> {
    let function = r#"{"address":"0000:01:00.0","vendor":"10de","device":"2335","subsystem_vendor":"10de","subsystem_device":"165b"}"#;
    format!(
        r#"{{"version":1,"device":{{"kind":"gpu","index":0,"model":"NVIDIA H200","memory_bytes":151397597184,"cores":16896,"compute_capability":{{"major":9,"minor":0}},"driver_version":"{driver}","cuda_version":{{"major":12,"minor":4}},"uuid":"GPU-1","pci":{function},"multi_instance":null,"confidential_computing":true,"features":[]}},"driver":null,"host_pci":[{function}]{end}}}"#
    )
    .into_bytes()
}

/// An attestation by the worker, with a report of height 8 that nobody's device made.
fn attestation(device: u8) -> SignedTransaction {
    let end = r#","report":{"height":8,"report":"AAAA","chain":["AAAA"]}"#;
    let evidence = Blob::new(evidence("550.54.15", end)).unwrap();
    let payload = Payload::Attest(Attest { device, evidence });
    let body = Transaction { sender: address(1), payload, ..chain::unsigned(1, 9, 3) };
    body.sign(&chain::key(1)).unwrap()
}

fn put(api: &Api, key: StateKey, record: &impl Encode) {
    let value = StateValue::new(record.encode()).unwrap();
    api.node.replaced.lock().unwrap().insert(key, value);
}

/// A device that was attested at a height, and whose report took the points of its words.
fn attested(height: u64) -> Device {
    let points = Points { info: 0, ..card().points };
    Device { attested: Height::new(height), points, ..card() }
}

fn refused(expires: u64) -> DeviceReport {
    DeviceReport {
        verified: false,
        chip: Text::default(),
        identity: zero(),
        driver: Text::default(),
        vbios: Text::default(),
        board: Text::default(),
        height: Height::new(8),
        expires: Due { height: Height::new(expires), time: Timestamp::new(0) },
    }
}

async fn device(api: &Api) -> Value {
    let worker = api.get(&format!("/v1/compute/workers/{}", address(1))).await.ok();
    worker["devices"][1].clone()
}

#[tokio::test]
async fn a_device_without_a_report_says_so() {
    let device = device(&Api::new()).await;
    assert_eq!(device["report"], json!({ "state": "none", "counts": false }));
    assert!(device["missing"][0]["message"].as_str().unwrap().contains("whitelist"));
}

#[tokio::test]
async fn a_refused_report_says_why_which_the_state_does_not_keep() {
    let api = Api::new();
    // Another device's report, and one that came before in the same block, are not looked at.
    api.node.finalize(vec![attestation(0), attestation(2)], true);
    put(&api, compute::device_key(id()), &attested(TIP + 1));
    put(&api, compute::report_key(id()), &refused(900));
    let expected = json!({
        "state": "refused", "counts": true, "height": TIP + 1, "answers": 8,
        "expires": { "height": 900, "time": 0 },
        "reason": "its lengths do not add up: send it as the driver returned it",
    });
    let found = device(&api).await;
    assert_eq!(found["report"], expected);
    let message = found["missing"][0]["message"].as_str().unwrap();
    assert_eq!(found["missing"][0]["level"], "info");
    assert!(message.contains("`report` says why"), "{message}");
    // A listing does not look into blocks.
    let page = api.get("/v1/compute/workers").await.ok();
    let listed = &page["workers"][0]["devices"][1]["report"];
    assert_eq!((&listed["state"], listed.get("reason")), (&json!("refused"), None));
    // What was found once is remembered.
    api.node.blocks.lock().unwrap().truncate(TIP as usize + 1);
    assert_eq!(device(&api).await["report"], expected);
}

#[tokio::test]
async fn without_the_block_a_refusal_says_what_to_do() {
    let api = Api::new();
    put(&api, compute::device_key(id()), &attested(TIP));
    put(&api, compute::report_key(id()), &refused(1));
    let report = device(&api).await["report"].clone();
    let reason = report["reason"].as_str().unwrap();
    assert!(reason.contains("attest again with a new one"), "{reason}");
    assert_eq!(report["counts"], false);
}

#[tokio::test]
async fn a_verified_report_names_its_chip_and_what_contradicts_it() {
    let api = Api::new();
    put(&api, compute::device_key(id()), &attested(TIP));
    let report = DeviceReport {
        verified: true,
        chip: "GH100".parse().unwrap(),
        identity: hash("chip"),
        driver: "550.54.15".parse().unwrap(),
        vbios: "96.00.9F.00.01".parse().unwrap(),
        ..refused(900)
    };
    put(&api, compute::report_key(id()), &report);
    let words = |driver: &str| Blob::<MAX_EVIDENCE_BYTES>::new(evidence(driver, "")).unwrap();
    put(&api, compute::evidence_key(id()), &words("550.54.15"));
    let expected = json!({
        "state": "verified", "counts": true, "height": TIP, "answers": 8,
        "expires": { "height": 900, "time": 0 }, "chip": "GH100",
        "identity": hash("chip").to_string(), "driver": "550.54.15", "vbios": "96.00.9F.00.01",
    });
    assert_eq!(device(&api).await["report"], expected);
    put(&api, compute::evidence_key(id()), &words("535.1"));
    let device = device(&api).await;
    let contradiction = device["report"]["contradiction"].as_str().unwrap();
    assert!(contradiction.contains("driver 550.54.15, the worker says 535.1"), "{contradiction}");
    assert_eq!(device["report"].get("reason"), None);
    assert!(device["missing"][0]["message"].as_str().unwrap().contains("`report` says why"));
    // Listings compare, too: that needs no block.
    let page = api.get("/v1/compute/workers").await.ok();
    let listed = &page["workers"][0]["devices"][1]["report"];
    assert_eq!(listed["contradiction"], contradiction);
}
