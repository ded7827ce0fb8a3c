//! Proposals, votes, parameters and the treasury, over a chain that the ledger executed.

use crate::{
    canned, chain,
    fixture::Api,
    governed::{
        self,
        world::{
            BRIDGE, CANCELLED, CHANGED, OPEN, RAILS, REJECTED, ROLLBACK, TRAINS, WAITING,
            ledger::{address, network::validator_key},
        },
    },
};
use althing_api::{ApiConfig, Rules};
use althing_ledger::codes;
use althing_types::{
    Code, Transaction,
    governance::{Action, DisbursementState},
    hash::sha256,
    params::PARAMETERS,
};
use commonware_codec::DecodeExt as _;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

fn api() -> Api {
    fn describe(code: Code) -> (&'static str, &'static str) {
        (codes::name_of(code), codes::sentence(code))
    }
    Api::with(ApiConfig { rules: Rules { describe, ..Rules::default() }, ..ApiConfig::default() })
}

fn numbers(page: &Value) -> Vec<u64> {
    let list = page["proposals"].as_array().or(page["disbursements"].as_array()).unwrap();
    list.iter().map(|entry| entry["number"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn proposals_are_listed_newest_first_filtered_and_paged() {
    let api = api();
    let all = api.get("/v1/governance/proposals").await.ok();
    assert_eq!(numbers(&all), (1..=WAITING).rev().collect::<Vec<_>>());
    assert_eq!(all["height"], governed::height().get());
    let page = api.get("/v1/governance/proposals?limit=2&before=5").await.ok();
    assert_eq!((numbers(&page), &page["next"]), (vec![RAILS, BRIDGE], &json!(BRIDGE)));
    let last = api.get("/v1/governance/proposals?limit=2&before=3").await.ok();
    assert_eq!((numbers(&last), last.get("next")), (vec![CHANGED, REJECTED], None));
    let user = address(2);
    for (query, expected) in [
        ("status=voting".to_owned(), vec![ROLLBACK, OPEN]),
        ("status=cancelled".to_owned(), vec![CANCELLED]),
        ("kind=treasury".to_owned(), vec![TRAINS, RAILS, BRIDGE]),
        (format!("proposer={user}"), vec![ROLLBACK, CHANGED]),
        (format!("proposer={user}&status=enacted"), vec![CHANGED]),
    ] {
        let page = api.get(&format!("/v1/governance/proposals?{query}")).await.ok();
        assert_eq!(numbers(&page), expected, "{query}");
    }
    let bad = api.get("/v1/governance/proposals?status=lost").await;
    assert_eq!(bad.fails(400, "invalid_parameter")["parameter"], "status");
    api.node.indexed.store(false, Ordering::Relaxed);
    assert_eq!(numbers(&api.get("/v1/governance/proposals?limit=1").await.ok()), [WAITING]);
    api.get("/v1/governance/proposals?status=voting").await.fails(503, "index_disabled");
}

#[tokio::test]
async fn a_proposal_says_what_it_does_and_how_it_ended() {
    let api = api();
    let get = async |number: u64| api.get(&format!("/v1/governance/proposals/{number}")).await;
    let rejected = get(REJECTED).await.ok();
    assert_eq!((&rejected["status"], &rejected["rejection"]), (&json!("rejected"), &json!("veto")));
    assert_eq!(rejected["ended_height"], 29);
    assert_eq!(rejected["deposit_display"], "50 CPC");
    let changed = get(CHANGED).await.ok();
    assert_eq!((&changed["status"], &changed["houses"]), (&json!("enacted"), &json!("stake")));
    assert_eq!(changed["action"]["changes"][0]["name"], "staking.min_delegation");
    let open = get(OPEN).await.ok();
    assert_eq!((&open["status"], &open["criticality"]), (&json!("voting"), &json!("standard")));
    assert!(open["due"]["height"].is_u64() && open.get("ended_height").is_none());
    assert!(get(WAITING).await.ok()["tally"].get("outcome").is_none());
    assert_eq!(get(99).await.fails(404, "proposal_not_found")["proposal"], 99);
    api.get("/v1/governance/proposals/x").await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn a_tally_says_every_number_that_decides() {
    let api = api();
    let tally = api.get(&format!("/v1/governance/proposals/{OPEN}/tally")).await.ok();
    let stake = &tally["stake"];
    // The validator votes with its 10,000; the 4,000 delegated to it vote themselves.
    assert_eq!(
        (&stake["yes_display"], &stake["no_display"]),
        (&json!("10000 CPC"), &json!("4000 CPC"))
    );
    assert_eq!(stake["total"], "24000000000000000000000");
    let parts = ["turnout", "quorum", "yes_part", "threshold", "veto_part", "veto_limit"]
        .map(|name| stake[name].as_u64().unwrap());
    assert_eq!(parts, [583_333, 330_000, 714_285, 510_000, 0, 334_000]);
    assert_eq!(tally["outcome"], "passed");
    assert!(tally.get("validators").is_none());
    assert!(tally["blocks_left"].as_u64().unwrap() > 0);
    let both = api.get(&format!("/v1/governance/proposals/{ROLLBACK}/tally")).await.ok();
    assert_eq!(
        (&both["outcome"], &both["stake"]["yes_part"]),
        (&json!("threshold"), &json!(1_000_000))
    );
    let heads = &both["validators"];
    assert_eq!((&heads["total"], &heads["yes"]), (&json!(2), &json!(1_000_000)));
    assert_eq!((&heads["yes_part"], &heads["threshold"]), (&json!(500_000), &json!(670_000)));
}

#[tokio::test]
async fn votes_are_paged_and_found_by_account_and_by_validator() {
    let api = api();
    let path = format!("/v1/governance/proposals/{OPEN}/votes");
    let all = api.get(&path).await.ok();
    let votes = all["votes"].as_array().unwrap();
    assert_eq!(votes.len(), 2);
    assert_eq!(votes[0]["validator"], validator_key(0).to_string());
    // As it counts now, not as it was cast before the delegator voted itself.
    assert_eq!(
        (&votes[0]["weight_display"], &votes[0]["by_hand"]),
        (&json!("10000 CPC"), &json!(true))
    );
    assert_eq!(votes[0]["validator_name"], "one");
    assert_eq!(
        (&votes[1]["voter"], &votes[1]["ballot"]["no"]),
        (&json!(address(1)), &json!(1_000_000))
    );
    let first = api.get(&format!("{path}?limit=1")).await.ok();
    let next = first["next"].as_str().unwrap();
    let rest = api.get(&format!("{path}?limit=1&before={next}")).await.ok();
    assert_eq!((&rest["votes"][0], rest.get("next")), (&votes[1], None));
    let mine = api.get(&format!("{path}/{}", address(1))).await.ok();
    assert_eq!(
        (&mine["weight_display"], &mine["ballot"]["no"]),
        (&json!("4000 CPC"), &json!(1_000_000))
    );
    let other = api.get(&format!("{path}/{}", validator_key(1))).await.ok();
    assert_eq!((other.get("ballot"), &other["weight_display"]), (None, &json!("10000 CPC")));
    api.get(&format!("{path}/{}", address(0))).await.fails(404, "vote_not_found");
    api.get(&format!("{path}/nobody")).await.fails(400, "invalid_parameter");
    api.get("/v1/governance/proposals/99/votes").await.fails(404, "proposal_not_found");
    let past = format!("/v1/governance/proposals/{REJECTED}/votes/{}", validator_key(1));
    let past = api.get(&past).await.ok();
    assert_eq!((&past["ballot"]["veto"], past.get("weight")), (&json!(1_000_000), None));
}

#[tokio::test]
async fn the_weight_of_a_vote_is_what_a_dry_run_says() {
    let api = api();
    let path = format!("/v1/governance/proposals/{OPEN}/weight");
    let weight = api.get(&format!("{path}/{}", address(1))).await.ok();
    assert_eq!(
        (&weight["may_vote"], &weight["weight_display"]),
        (&json!(true), &json!("4000 CPC"))
    );
    let none = api.get(&format!("{path}/{}", address(2))).await.ok();
    assert_eq!((&none["may_vote"], &none["code_name"]), (&json!(false), &json!("no_voting_power")));
    let validator = api.get(&format!("{path}/{}", canned::key(0))).await.ok();
    assert_eq!(validator["voter"], governed::operator().to_string());
    assert_eq!(validator["weight_display"], "10000 CPC");
    let over = format!("/v1/governance/proposals/{REJECTED}/weight/{}", address(1));
    assert_eq!(api.get(&over).await.ok()["code_name"], "not_voting");
}

#[tokio::test]
async fn the_timeline_tells_the_life_of_a_proposal_and_of_its_disbursement() {
    let api = api();
    let path = format!("/v1/governance/proposals/{BRIDGE}/events");
    let timeline = api.get(&path).await.ok();
    let events = timeline["events"].as_array().unwrap();
    let kinds: Vec<&str> = events.iter().map(|it| it["event"]["type"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"proposal-submitted") && kinds.contains(&"disbursement-advanced"));
    assert!(!kinds.contains(&"voted"), "{kinds:?}");
    assert_eq!(events[0]["event"]["deposit_display"], "50 CPC");
    let heights: Vec<u64> = events.iter().map(|it| it["height"].as_u64().unwrap()).collect();
    assert!(heights.is_sorted());
    api.node.indexed.store(false, Ordering::Relaxed);
    api.get(&path).await.fails(503, "index_disabled");
}

fn proposal(action: &Value) -> Value {
    json!({ "type": "submit-proposal", "title": "Try", "criticality": "standard", "action": action })
}

fn change(from: &str) -> Value {
    let value = |units: &str| json!({ "type": "amount", "value": units });
    let change = json!({
        "name": "staking.min_delegation",
        "from": value(from),
        "to": value("3000000000000000000"),
    });
    proposal(&json!({ "type": "parameters", "changes": [change] }))
}

fn grant(tokens: u64, deps: &[u64]) -> Value {
    let amount = format!("{tokens}000000000000000000");
    proposal(&json!({
        "type": "treasury",
        "payments": [{ "to": address(3), "amount": amount }],
        "deps": deps,
    }))
}

async fn check(api: &Api, proposal: &Value) -> Value {
    let request = json!({ "sender": address(4), "proposal": proposal });
    api.post_json("/v1/governance/check", &request).await.ok()
}

#[tokio::test]
async fn a_check_says_what_would_change_and_why_it_would_be_refused() {
    let api = api();
    let good = check(&api, &change("2000000000000000000")).await;
    assert_eq!((&good["valid"], &good["number"]), (&json!(true), &json!(WAITING + 1)));
    assert_eq!((&good["houses"], &good["track"]["threshold"]), (&json!("stake"), &json!(510_000)));
    assert_eq!(
        good["effects"],
        json!([{ "what": "staking.min_delegation", "from": "2 CPC", "to": "3 CPC" }])
    );
    let late = check(&api, &change("1000000000000000000")).await;
    assert_eq!(
        (&late["valid"], &late["rule"]["code_name"]),
        (&json!(false), &json!("parameter_changed"))
    );
    assert_eq!(late["effects"][0]["expected"], "1 CPC");
    let paid = check(&api, &grant(700, &[])).await;
    assert_eq!(paid["valid"], true, "{paid}");
    let effects = paid["effects"].as_array().unwrap();
    assert_eq!(effects[0]["what"], "treasury (available)");
    let summary = api.get("/v1/treasury/summary").await.ok();
    assert_eq!(effects[0]["from"], summary["available"]["amount_display"]);
    assert_eq!(effects[1]["what"], address(3).to_string());
    let much = check(&api, &grant(999, &[BRIDGE, 500])).await;
    assert_eq!(much["rule"]["code_name"], "stale_dependency");
    let mut unfit = grant(2_000, &[]);
    assert_eq!(check(&api, &unfit).await.get("houses"), None);
    unfit["criticality"] = json!("important");
    assert_eq!(check(&api, &unfit).await["houses"], "both");
    let back = proposal(
        &json!({ "type": "treasury-rollback", "disbursement": BRIDGE, "compensation": 500_000 }),
    );
    let back = check(&api, &back).await;
    assert_eq!(back["effects"][0]["to"], "rolled_back");
    assert_eq!(back["rule"]["code_name"], "wrong_criticality");
    let file = include_str!("../../../../examples/governance/network_rollout.json");
    let mut network: Value = serde_json::from_str(file).unwrap();
    let late = check(&api, &network).await;
    assert_eq!(late["rule"]["code_name"], "spec_changed");
    assert_eq!(
        late["effects"][0],
        json!({ "what": "network version", "from": "1", "to": "2", "expected": "3" })
    );
    network["action"]["base"] = json!(1);
    let fine = check(&api, &network).await;
    assert_eq!((&fine["valid"], &fine["houses"]), (&json!(true), &json!("validators")), "{fine}");
    let what: Vec<&str> = fine["effects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|effect| effect["what"].as_str().unwrap())
        .collect();
    assert!(
        what.contains(&"network boot_nodes") && what.contains(&"network strictness"),
        "{what:?}"
    );
    let poor = json!({ "sender": chain::address(98), "proposal": grant(1, &[]) });
    let poor = api.post_json("/v1/governance/check", &poor).await.ok();
    assert_eq!(poor["reason"]["code"], "insufficient_funds");
    for bad in [json!({}), json!({ "sender": "x", "proposal": grant(1, &[]) })] {
        let answer = api.post_json("/v1/governance/check", &bad).await;
        assert_eq!(answer.status, 400);
    }
}

#[tokio::test]
async fn parameters_are_listed_with_their_history() {
    let api = api();
    let all = api.get("/v1/governance/params").await.ok();
    assert_eq!(all["parameters"].as_array().unwrap().len(), PARAMETERS.len());
    let one = api.get("/v1/governance/params/staking.min_delegation").await.ok();
    assert_eq!(
        (&one["display"], &one["area"], &one["houses"]),
        (&json!("2 CPC"), &json!("economy"), &json!("stake"))
    );
    assert!(all["parameters"].as_array().unwrap().contains(&one));
    let history = api.get("/v1/governance/params/staking.min_delegation/history").await.ok();
    let change = &history["changes"][0];
    assert_eq!((&change["proposal"], &change["to_display"]), (&json!(CHANGED), &json!("2 CPC")));
    assert_eq!(change["height"], 39);
    let empty = api.get("/v1/governance/params/fee_split/history").await.ok();
    assert_eq!(empty["changes"], json!([]));
    api.get("/v1/governance/params/luck").await.fails(404, "parameter_not_found");
    api.get("/v1/governance/params/luck/history").await.fails(404, "parameter_not_found");
}

#[tokio::test]
async fn tracks_say_who_decides_about_every_action() {
    let tracks = api().get("/v1/governance/tracks").await.ok();
    let actions = tracks["actions"].as_array().unwrap();
    let row = |case: &str| {
        let row = actions.iter().find(|row| row["case"] == case).unwrap();
        (row["houses"].as_str().unwrap(), row["criticalities"][0].as_str().unwrap())
    };
    assert_eq!(row("parameters of the network"), ("validators", "standard"));
    assert_eq!(row("parameters of the economy"), ("stake", "standard"));
    assert_eq!(row("parameters of governance"), ("both", "important"));
    assert_eq!(row("up to treasury.grant_limit"), ("stake", "standard"));
    assert_eq!(row("above treasury.grant_limit"), ("both", "important"));
    for (_, name) in Action::NAMES {
        assert!(actions.iter().any(|row| row["action"] == *name), "{name} is in no row");
    }
    assert_eq!(row("for everybody at once"), ("validators", "optional"));
    assert_eq!(row("tried by some first"), ("validators", "standard"));
    let levels = tracks["tracks"].as_array().unwrap();
    let levels: Vec<&str> = levels.iter().map(|it| it["criticality"].as_str().unwrap()).collect();
    assert_eq!(levels, ["optional", "standard", "important", "critical"]);
    assert_eq!((&tracks["open"], &tracks["quorum"]), (&json!(3), &json!(330_000)));
}

#[tokio::test]
async fn the_treasury_says_what_it_owns_and_owes() {
    let api = api();
    let summary = api.get("/v1/treasury/summary").await.ok();
    assert_eq!(summary["reserved"]["amount_display"], "150 CPC");
    let number = |name: &str| summary[name]["amount"].as_str().unwrap().parse::<u128>().unwrap();
    assert_eq!(number("balance"), number("reserved") + number("available"));
    assert_eq!(summary["pending"], 3);
    let states = summary["states"].as_array().unwrap();
    assert_eq!(states.len(), DisbursementState::ALL.len());
    let all = api.get("/v1/treasury/disbursements").await.ok();
    assert_eq!(numbers(&all), [TRAINS, RAILS, BRIDGE]);
    let executed = api.get("/v1/treasury/disbursements?state=executed").await.ok();
    assert_eq!(numbers(&executed), [BRIDGE]);
    api.get("/v1/treasury/disbursements?state=lost").await.fails(400, "invalid_parameter");
    let bridge = api.get(&format!("/v1/treasury/disbursements/{BRIDGE}")).await.ok();
    assert_eq!(&bridge, &executed["disbursements"][0]);
    assert_eq!(
        (&bridge["memo"], &bridge["total_display"]),
        (&json!("For a bridge."), &json!("500 CPC"))
    );
    assert_eq!((&bridge["dependents"], &bridge["deps"]), (&json!([RAILS]), &json!([])));
    let steps: Vec<&str> = bridge["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["state"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["draft", "voting", "queued", "timelocked", "executed"]);
    assert!(bridge["payments"][1]["due"]["height"].is_u64());
    let detail = api.get(&format!("/v1/treasury/disbursements/{OPEN}")).await;
    assert_eq!(detail.fails(404, "disbursement_not_found")["disbursement"], OPEN);
    api.node.indexed.store(false, Ordering::Relaxed);
    assert!(api.get("/v1/treasury/summary").await.ok().get("states").is_none());
    api.get("/v1/treasury/disbursements").await.fails(503, "index_disabled");
}

#[tokio::test]
async fn a_snapshot_is_one_text_with_its_digest() {
    let api = api();
    let path = format!("/v1/treasury/disbursements/{BRIDGE}/snapshot");
    let (one, two) = (api.get(&path).await, Api::new().get(&path).await);
    assert_eq!(one.body, two.body);
    let text = one.text();
    assert_eq!(one.headers["x-content-sha256"], hex::encode(sha256(&[text.as_bytes()])));
    let value = one.json();
    assert_eq!(value["height"], governed::height().to_string());
    // Values are kept in the order of their keys, and written without white space.
    assert_eq!(value.to_string(), text);
    fn no_numbers(value: &Value) -> bool {
        match value {
            Value::Number(_) => false,
            Value::Array(list) => list.iter().all(no_numbers),
            Value::Object(fields) => fields.values().all(no_numbers),
            _ => true,
        }
    }
    assert!(no_numbers(&value));
    let missing = format!("/v1/treasury/disbursements/{OPEN}/snapshot");
    api.get(&missing).await.fails(404, "disbursement_not_found");
}

#[tokio::test]
async fn transactions_of_the_treasury_are_built_or_refused_with_their_error() {
    let api = api();
    let sender = address(4);
    let body = json!({ "sender": sender, "proposal": grant(10, &[]) });
    let built = api.post_json("/v1/treasury/submit", &body).await.ok();
    assert_eq!(built["transaction"]["payload"]["action"]["type"], "treasury");
    let bytes = hex::decode(built["bytes"].as_str().unwrap()).unwrap();
    let decoded = Transaction::decode(bytes::Bytes::from(bytes)).unwrap();
    assert_eq!(serde_json::to_value(&decoded).unwrap(), built["transaction"]);
    let used = built["simulation"]["receipt"]["gas_used"].as_u64().unwrap();
    assert_eq!(decoded.gas_limit.get(), used + used / 5);

    let mut file: Value = serde_json::from_str(include_str!(
        "../../../../examples/governance/treasury_disbursement.json"
    ))
    .unwrap();
    // What asks for no money cannot be waited for.
    file["action"]["deps"] = json!([OPEN]);
    let body = json!({ "sender": sender, "proposal": file });
    let detail = api.post_json("/v1/treasury/submit", &body).await.fails(422, "stale_dependency");
    assert_eq!(detail["disbursement_error"]["error"], "StaleDependency");
    file["action"]["deps"] = json!([]);
    let body = json!({ "sender": sender, "proposal": file });
    api.post_json("/v1/treasury/submit", &body).await.ok();
    let mut much = grant(1_000_000, &[]);
    much["criticality"] = json!("important");
    let body = json!({ "sender": sender, "proposal": much });
    let answer = api.post_json("/v1/treasury/submit", &body).await;
    let detail = answer.fails(422, "treasury_insufficient_funds");
    assert_eq!(detail["disbursement_error"]["error"], "InsufficientFunds");
    let text = proposal(&json!({ "type": "text" }));
    let body = json!({ "sender": sender, "proposal": text });
    api.post_json("/v1/treasury/submit", &body).await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn steps_and_rollbacks_are_built_for_the_state_that_a_disbursement_is_in() {
    let api = api();
    let sender = address(4);
    let step = |number: u64| json!({ "sender": sender, "disbursement": number });
    let detail = api.post_json("/v1/treasury/queue", &step(BRIDGE)).await.fails(409, "wrong_state");
    assert_eq!((&detail["state"], &detail["expected"]), (&json!("executed"), &json!(["queued"])));
    // It waits for the trains.
    api.post_json("/v1/treasury/queue", &step(RAILS)).await.fails(422, "not_ready");
    // Nothing of it is due now.
    api.post_json("/v1/treasury/execute", &step(BRIDGE)).await.fails(422, "not_ready");
    let missing = api.post_json("/v1/treasury/execute", &step(OPEN)).await;
    missing.fails(404, "disbursement_not_found");
    let mut body = step(RAILS);
    let built = api.post_json("/v1/treasury/rollback", &body).await.ok();
    let action = &built["transaction"]["payload"]["action"];
    assert_eq!(
        (&action["type"], &action["disbursement"]),
        (&json!("treasury-rollback"), &json!(RAILS))
    );
    assert_eq!(built["transaction"]["payload"]["criticality"], "important");
    body["compensation"] = json!(1_000_001);
    api.post_json("/v1/treasury/rollback", &body).await.fails(400, "invalid_parameter");
    body["compensation"] = json!(0);
    body["criticality"] = json!("standard");
    api.post_json("/v1/treasury/rollback", &body).await.fails(400, "invalid_parameter");
    body["tip"] = json!(1);
    api.post_json("/v1/treasury/rollback", &body).await.fails(400, "invalid_json");
}

#[tokio::test]
async fn the_configuration_of_the_network_is_served_in_every_format() {
    let api = api();
    let newest = api.get("/v1/network/spec").await.ok();
    assert_eq!((&newest["format"], &newest["version"]), (&json!(2), &json!(1)));
    let old = api.get("/v1/network/spec?format=1").await.ok();
    let line = old["boot_nodes"][0].as_str().unwrap();
    assert!(line.starts_with(&format!("{}@", newest["boot_nodes"][0]["key"].as_str().unwrap())));
    let own = format!("/v1/network/spec?validator={}", validator_key(0));
    assert_eq!(api.get(&own).await.ok(), newest);
    let bad = api.get("/v1/network/spec?format=9").await.fails(400, "invalid_parameter");
    assert_eq!(bad["parameter"], "format");
    let all = api.get("/v1/network/specs").await.ok();
    assert_eq!((&all["current"], &all["offered"]), (&json!(1), &json!([])));
    assert!(all.get("staged").is_none());
    let one = api.get("/v1/network/specs/1").await.ok();
    assert_eq!((&one, &one["status"]), (&all["specs"][0], &json!("active")));
    assert_eq!(one["document"], newest);
    assert_eq!(api.get("/v1/network/specs/2").await.fails(404, "spec_not_found")["version"], 2);
}

#[tokio::test]
async fn the_version_of_the_protocol_is_told_with_who_is_ready_for_the_next() {
    let api = api();
    let now = api.get("/v1/upgrade").await.ok();
    assert_eq!((&now["version"], now.get("plan")), (&json!("1.0.0"), None));
    let known = now["known"].as_array().unwrap();
    assert_eq!((&known[0]["version"], &known[0]["migration"]), (&json!("1.0.0"), &json!(false)));
    let readiness = api.get("/v1/upgrade/readiness").await.ok();
    assert_eq!(readiness["version"], known.last().unwrap()["version"]);
    // No node of the story ever sent a heartbeat.
    assert_eq!((&readiness["members"], &readiness["ready"]), (&json!(1), &json!(0)));
    assert_eq!((&readiness["enough"], &readiness["needed_part"]), (&json!(false), &json!(833_333)));
    assert_eq!(readiness["nodes"][0]["validator"], validator_key(0).to_string());
    let other = api.get("/v1/upgrade/readiness?version=7.0.0").await.ok();
    assert_eq!(other["version"], "7.0.0");
    api.get("/v1/upgrade/readiness?version=x").await.fails(400, "invalid_parameter");
    let file = include_str!("../../../../examples/governance/upgrade.json");
    let check = check(&api, &serde_json::from_str(file).unwrap()).await;
    assert_eq!((&check["valid"], &check["houses"]), (&json!(true), &json!("both")), "{check}");
    assert_eq!(check["effects"][0]["to"], "1.1.0 from block 432000 on");
}

#[tokio::test]
async fn what_a_validator_leaves_to_its_node_is_told() {
    let api = api();
    let none = api.get(&format!("/v1/governance/preferences/{}", validator_key(0))).await.ok();
    assert_eq!((&none["set"], none.get("minimum_criticality")), (&json!(false), None));
    let some = api.get(&format!("/v1/governance/preferences/{}", validator_key(1))).await.ok();
    assert_eq!((&some["set"], &some["auto_adopt_optional"]), (&json!(true), &json!(true)));
    assert_eq!(some["minimum_criticality"], "important");
    api.get("/v1/governance/preferences/x").await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn schemas_are_whole_documents_made_from_the_code() {
    let api = api();
    let names = api.get("/v1/schemas").await.ok();
    let names: Vec<&str> =
        names["schemas"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for wanted in [
        "treasury-submit",
        "treasury-queue",
        "treasury-execute",
        "treasury-rollback",
        "treasury-snapshot",
        "submit-proposal",
        "vote",
        "DisbursementView",
    ] {
        assert!(names.contains(&wanted), "{wanted}");
    }
    for name in names {
        let schema = api.get(&format!("/v1/schemas/{name}.json")).await.ok();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let text = schema.to_string();
        assert!(!text.contains("#/components"), "{name}");
        for reference in text.split("\"#/$defs/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schema["$defs"].get(name).is_some(), "{name}");
        }
    }
    let submit = api.get("/v1/schemas/treasury-submit.json").await.ok();
    assert_eq!(submit["additionalProperties"], false);
    assert_eq!(submit["required"], json!(["sender", "proposal"]));
    api.get("/v1/schemas/luck.json").await.fails(404, "schema_not_found");
}

#[tokio::test]
async fn the_randomness_of_a_height_is_served_or_named_as_missing() {
    let api = api();
    let newest = api.get("/v1/randomness").await.ok();
    assert_eq!(newest["value"].as_str().unwrap().len(), 64);
    assert_eq!(newest["reveals"], 0);
    let height = newest["height"].as_u64().unwrap();
    assert_eq!(api.get(&format!("/v1/randomness/{height}")).await.ok(), newest);
    let before = api.get(&format!("/v1/randomness/{}", height - 1)).await.ok();
    assert_ne!(before["value"], newest["value"]);
    let later = format!("/v1/randomness/{}", height + 1);
    let missing = api.get(&later).await.fails(404, "randomness_not_found");
    assert_eq!(missing["height"], height + 1);
}
