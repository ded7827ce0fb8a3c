//! The safety override, histories, warnings, and what the treasury earns.

use crate::{
    fixture::Api,
    governed::{
        self,
        world::{CANCELLED, call, ledger::address},
    },
};
use althing_api::ApiConfig;
use althing_ledger::{
    safety::{Before, Change, Changes, query as safety},
    treasury::query as treasury,
    upgrade::{Plan, Protocol, query as upgrade},
    versions::V1_1,
};
use althing_state::{StateKey, StateValue};
use althing_types::{Due, Height, List, Timestamp, Version, governance::OrderKind};
use commonware_codec::Encode;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

fn replace(api: &Api, key: StateKey, value: &impl Encode) {
    let value = StateValue::new(value.encode().to_vec().into()).unwrap();
    api.node.replaced.lock().unwrap().insert(key, value);
}

#[tokio::test]
async fn who_holds_the_override_and_what_waits_for_approvals_is_told() {
    let api = Api::new();
    let now = api.get("/v1/safety").await.ok();
    assert_eq!(now["height"], governed::height().get());
    let held = &now["override"];
    let mut members = [address(0), address(1)];
    members.sort_unstable();
    assert_eq!(held["members"], json!(members));
    assert_eq!((&held["needed"], &held["used"], &held["uses"]), (&json!(2), &json!(0), &json!(3)));
    assert_eq!((&held["allowed"], &held["status"]), (&json!(["pause-treasury"]), &json!("ready")));
    assert_eq!((&held["cooldown"], held.get("ready")), (&json!({ "blocks": 5, "ms": 0 }), None));
    let waits = &held["calls"][0];
    assert_eq!((&waits["call"], &waits["missing"]), (&json!(call().call), &json!(1)));
    assert_eq!(waits["order"], serde_json::to_value(call().order).unwrap());
    assert_eq!(
        (&waits["began_by"], &waits["approvals"]),
        (&json!(address(0)), &json!([address(0)]))
    );
    assert_eq!(waits["expired"], false);
    assert_eq!(now["changes"], json!([]));
    assert_eq!(now["limits"]["threshold"], 900_000);
}

#[tokio::test]
async fn what_holds_until_it_is_ratified_is_told_with_its_proposal() {
    let api = Api::new();
    let lapses = Due { height: Height::new(90), time: Timestamp::new(7) };
    let change = Change {
        number: 4,
        order: OrderKind::SetSpec,
        before: Before::Spec { version: 1, now: 2 },
        lapses,
        proposal: Some(12),
    };
    let changes = Changes { next: 5, open: List::new(vec![change]).unwrap() };
    replace(&api, safety::changes_key(), &changes);
    let now = api.get("/v1/safety").await.ok();
    assert_eq!(
        now["changes"],
        json!([{ "change": 4, "order": "set-spec", "lapses": { "height": 90, "time": 7 },
            "before": { "type": "spec", "version": 1, "now": 2 }, "proposal": 12 }])
    );
}

fn types(page: &Value) -> Vec<&str> {
    let events = page["events"].as_array().unwrap();
    events.iter().map(|entry| entry["event"]["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn histories_are_told_newest_first_and_paged() {
    let api = Api::new();
    let approvals = api.get("/v1/safety/history").await.ok();
    assert_eq!(types(&approvals), ["override-approved"]);
    assert_eq!(approvals["events"][0]["height"], governed::height().get());
    for empty in ["/v1/upgrade/history", "/v1/network/history"] {
        assert_eq!(api.get(empty).await.ok(), json!({ "events": [] }));
    }
    let all = api.get("/v1/treasury/income").await.ok();
    assert!(types(&all).iter().all(|name| *name == "treasury-earned"));
    let events = all["events"].as_array().unwrap();
    assert!(events.len() > 1, "{all}");
    assert!(events[0]["event"]["deposits_display"].as_str().unwrap().ends_with(" CPC"));
    let first = api.get("/v1/treasury/income?limit=1").await.ok();
    assert_eq!((&first["events"][0], &first["next"]), (&events[0], &events[0]["number"]));
    let second =
        api.get(&format!("/v1/treasury/income?limit=1&before={}", first["next"])).await.ok();
    assert_eq!(second["events"][0], events[1]);
    api.get("/v1/safety/history?before=x").await.fails(400, "invalid_parameter");
    api.node.indexed.store(false, Ordering::Relaxed);
    for path in ["safety/history", "upgrade/history", "network/history", "treasury/income"] {
        api.get(&format!("/v1/{path}")).await.fails(503, "index_disabled");
    }
}

#[tokio::test]
async fn a_summary_says_what_the_treasury_earned_and_whether_it_is_paused() {
    let api = Api::new();
    let summary = api.get("/v1/treasury/summary").await.ok();
    let zero = json!("0");
    assert_eq!(summary["income"]["penalties"]["amount"], zero);
    assert!(summary["last_income"]["deposits"]["amount"] != zero, "{CANCELLED} cost a part");
    assert!(summary["last_income"]["epoch"].is_u64());
    assert_eq!(summary.get("paused_until"), None);
    let (_, record) = governed::records(&[treasury::treasury_key()]);
    let mut record = treasury::decode_treasury(record[0].as_ref().unwrap()).unwrap();
    record.paused_until = Due { height: Height::new(9_000), time: Timestamp::ZERO };
    replace(&api, treasury::treasury_key(), &record);
    let summary = api.get("/v1/treasury/summary").await.ok();
    assert_eq!(summary["paused_until"], json!({ "height": 9_000, "time": 0 }));
    api.node.indexed.store(false, Ordering::Relaxed);
    let summary = api.get("/v1/treasury/summary").await.ok();
    assert!(summary.get("last_income").is_none() && summary.get("income").is_some());
}

fn planned(version: Version) -> Protocol {
    let plan = Plan { version, height: Height::new(500), proposal: 3, postponed: 0 };
    Protocol {
        version: Version::GENESIS,
        since: Height::new(1),
        previous: None,
        plan: Some(plan),
        failed: None,
    }
}

#[tokio::test]
async fn an_upgrade_that_the_software_does_not_know_is_a_warning_wherever_health_is_asked() {
    let api = Api::new();
    let paths = ["/v1/health/live", "/v1/health/ready", "/health", "/metrics/health"];
    for path in paths {
        assert_eq!(api.get(path).await.ok(), json!({ "status": "ok", "warnings": [] }), "{path}");
    }
    replace(&api, upgrade::protocol_key(), &planned(V1_1));
    assert_eq!(api.get("/v1/health/live").await.ok()["warnings"], json!([]));
    replace(&api, upgrade::protocol_key(), &planned(Version::new(9, 0, 0)));
    for path in paths {
        let health = api.get(path).await.ok();
        assert_eq!(
            (&health["status"], &health["warnings"][0]["code"]),
            (&json!("ok"), &json!("upgrade_unknown"))
        );
        let message = health["warnings"][0]["message"].as_str().unwrap();
        assert!(message.contains("9.0.0") && message.contains("500"), "{message}");
    }
    let status = api.get("/v1/upgrade").await.ok();
    assert_eq!((&status["plan"]["known"], &status["plan"]["height"]), (&json!(false), &json!(500)));
}

#[tokio::test]
async fn software_that_was_told_to_know_less_says_so() {
    let api = Api::older(ApiConfig::default(), Version::GENESIS);
    replace(&api, upgrade::protocol_key(), &planned(V1_1));
    let status = api.get("/v1/upgrade").await.ok();
    assert_eq!(status["plan"]["known"], false);
    let known: Vec<&Value> = status["known"].as_array().unwrap().iter().collect();
    assert_eq!((known.len(), &known[0]["version"]), (1, &json!("1.0.0")));
    assert_eq!(api.get("/v1/health/ready").await.ok()["warnings"][0]["code"], "upgrade_unknown");
}
