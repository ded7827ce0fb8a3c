//! Workers, tasks, prices, weights, over the story of the index and records of the state.

use crate::{
    fixture::Api,
    worked::{
        self, FORGOTTEN,
        story::{CANCELLED, CHECKED, CREDITED, PAID, RUNNING, WRONG, address, factors, hash},
    },
};
use althing_api::bodies::{CreateTaskBody, RegisterWorkerBody, TakeWorkBody, UpdateWorkerBody};
use althing_types::Payload;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

fn numbers(page: &Value) -> Vec<u64> {
    page["tasks"].as_array().unwrap().iter().map(|it| it["number"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn tasks_are_listed_newest_first_filtered_and_paged() {
    let api = Api::new();
    let all = api.get("/v1/compute/tasks").await.ok();
    assert_eq!(numbers(&all), [CHECKED, RUNNING, WRONG, CANCELLED, CREDITED, PAID]);
    let page = api.get("/v1/compute/tasks?limit=2&before=6").await.ok();
    assert_eq!((numbers(&page), &page["next"]), (vec![RUNNING, WRONG], &json!(WRONG)));
    let (good, bad, buyer) = (address(1), address(2), address(9));
    for (query, expected) in [
        ("state=settled".to_owned(), vec![CREDITED, PAID]),
        ("purpose=paid".to_owned(), vec![CANCELLED, PAID]),
        (format!("requester={buyer}&state=cancelled"), vec![CANCELLED]),
        (format!("worker={bad}"), vec![WRONG, PAID]),
        (format!("worker={good}&purpose=network"), vec![CHECKED, RUNNING, CREDITED]),
    ] {
        let page = api.get(&format!("/v1/compute/tasks?{query}")).await.ok();
        assert_eq!(numbers(&page), expected, "{query}");
    }
    let wrong = api.get("/v1/compute/tasks?state=lost").await;
    assert_eq!(wrong.fails(400, "invalid_parameter")["parameter"], "state");
    let wrong = api.get("/v1/compute/tasks?purpose=fun").await;
    assert_eq!(wrong.fails(400, "invalid_parameter")["parameter"], "purpose");
    api.get("/v1/compute/tasks?worker=x").await.fails(400, "invalid_parameter");
    api.node.indexed.store(false, Ordering::Relaxed);
    api.get("/v1/compute/tasks").await.fails(503, "index_disabled");
}

#[tokio::test]
async fn a_task_that_is_computed_tells_its_worker_what_it_needs() {
    let task = Api::new().get(&format!("/v1/compute/tasks/{RUNNING}")).await.ok();
    assert_eq!((&task["state"], &task["purpose"]), (&json!("assigned"), &json!("network")));
    assert_eq!(task["shape"], json!({ "kind": "int8", "m": 1024, "n": 1024, "k": 1024 }));
    let assignment = &task["assignment"];
    assert_eq!(assignment["device"], json!({ "worker": address(1), "device": 0 }));
    assert_eq!(assignment["seed_height"], 8);
    assert_eq!(assignment["seed"], hex::encode(worked::seed()));
    assert_eq!(assignment["deadline"]["height"], 30);
    assert_eq!(task["operands"], json!({ "type": "seed" }));
    assert!(task.get("result").is_none() && task.get("check").is_none());
    assert_eq!(task["times"], json!({ "created_ms": 15_000, "assigned_ms": 15_000 }));
    assert!(
        task["standing"].as_str().unwrap().contains("until block 30")
            || task["standing"].as_str().unwrap().contains("block 30")
    );
}

#[tokio::test]
async fn a_task_that_is_checked_shows_its_committee() {
    let api = Api::new();
    let task = api.get(&format!("/v1/compute/tasks/{CHECKED}")).await.ok();
    let members = task["check"]["members"].as_array().unwrap();
    assert_eq!(members[0]["validator"], crate::canned::key(0).to_string());
    assert_eq!(members[0]["verdict"], "valid");
    assert!(members[1].get("verdict").is_none());
    assert_eq!(task["check"]["challenge"], hex::encode(hash("challenge")));
    assert_eq!(task["result"]["seed"], hex::encode(hash("seed")));
    assert_eq!(task["standing"], "A committee checks the result: 1 of 2 valid, 1 silent.");
    // The state alone knows it, too, without times and votes.
    api.node.indexed.store(false, Ordering::Relaxed);
    let task = api.get(&format!("/v1/compute/tasks/{CHECKED}")).await.ok();
    assert_eq!((task["times"].clone(), task.get("verdicts")), (json!({}), None));
}

#[tokio::test]
async fn a_task_that_the_state_forgot_is_still_shown_with_its_times_and_verdicts() {
    let api = Api::new();
    let task = api.get(&format!("/v1/compute/tasks/{PAID}")).await.ok();
    assert_eq!((&task["state"], &task["attempt"]), (&json!("settled"), &json!(2)));
    assert_eq!(task["reason"], "late");
    assert_eq!(task["times"]["accepted_ms"], 11_000);
    assert_eq!(task["settlement"]["worker"]["amount"], "17");
    assert_eq!(task["settlement"]["burned"]["amount"], "1");
    assert_eq!(task["verdicts"].as_array().unwrap().len(), 3);
    assert!(task["standing"].as_str().unwrap().starts_with("Paid or credited: 2 of 2 valid"));
    let credited = api.get(&format!("/v1/compute/tasks/{FORGOTTEN}")).await.ok();
    assert_eq!(credited["settlement"]["factors"]["reputation"], 640_000);
    assert_eq!(credited["settlement"]["credit"], factors().credit().to_string());
    let wrong = api.get(&format!("/v1/compute/tasks/{WRONG}")).await.ok();
    assert_eq!(wrong["prover"], address(9).to_string());
    assert_eq!(wrong["standing"], "An entry of the result is proven wrong.");
    let back = api.get(&format!("/v1/compute/tasks/{CANCELLED}")).await.ok();
    assert_eq!((&back["refund"], &back["total"]), (&json!("cancelled"), &json!("20")));
    assert_eq!(api.get("/v1/compute/tasks/99").await.fails(404, "task_not_found")["task"], 99);
    api.get("/v1/compute/tasks/x").await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn events_of_a_task_come_in_order() {
    let api = Api::new();
    let list = api.get(&format!("/v1/compute/tasks/{PAID}/events")).await.ok();
    let kinds: Vec<&str> = list["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["event"]["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "task-created",
            "task-assigned",
            "task-rejected",
            "task-assigned",
            "task-committed",
            "task-challenged",
            "result-voted",
            "task-challenged",
            "result-voted",
            "result-voted",
            "task-accepted",
            "task-settled",
        ]
    );
    assert_eq!(list["events"][0]["event"]["price_display"].as_str().unwrap().len(), 24);
    api.get("/v1/compute/tasks/99/events").await.fails(404, "task_not_found");
}

#[tokio::test]
async fn a_worker_says_what_it_has_what_it_lacks_and_what_it_earned() {
    let api = Api::new();
    let path = format!("/v1/compute/workers/{}", address(1));
    let worker = api.get(&path).await.ok();
    assert_eq!((&worker["state"], &worker["stake_display"]), (&json!("active"), &json!("100 CPC")));
    assert_eq!(worker["tasks"], json!([RUNNING, CHECKED]));
    // Priors of 8 in 10, and 2 of 2 right, 3 of 3 in time; no heartbeat yet.
    assert_eq!((&worker["success"], &worker["timeliness"]), (&json!(833_333), &json!(846_153)));
    assert_eq!((&worker["reputation"], &worker["uptime"]), (&json!(705_127), &json!(0)));
    let devices = worker["devices"].as_array().unwrap();
    assert_eq!(devices.iter().map(|it| it["device"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 2]);
    let (cpu, card) = (&devices[0], &devices[1]);
    assert_eq!((&cpu["score"], &cpu["eligible"]), (&json!(50), &json!(true)));
    assert_eq!((&cpu["measured"]["performance"], &cpu["obstacles"]), (&json!(134), &json!([])));
    let levels = |device: &Value| {
        let missing = device["missing"].as_array().unwrap().clone();
        missing.iter().map(|it| it["level"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(levels(cpu), ["driver", "pci"]);
    assert!(cpu["missing"][0]["message"].as_str().unwrap().contains("not apply to processors"));
    assert_eq!(levels(card), ["driver", "pci", "benchmark"]);
    assert!(card["missing"][0]["message"].as_str().unwrap().contains("whitelist"));
    assert_eq!(card["eligible"], false);
    assert!(!card["obstacles"].as_array().unwrap().is_empty());
    // All of the pool of epoch 0; epoch 1 has released nothing.
    assert_eq!(worker["claimable"], "700");
    assert_eq!(worker["claims"][0]["reward"]["amount"], "700");
    assert!(worker["claims"][1].get("reward").is_none());
    let unknown = api.get(&format!("/v1/compute/workers/{}", address(7))).await;
    assert_eq!(unknown.fails(404, "worker_not_found")["worker"], address(7).to_string());
}

#[tokio::test]
async fn workers_are_paged_by_their_accounts() {
    let api = Api::new();
    // The second one of the index has no record in this state, and is left out.
    let page = api.get("/v1/compute/workers?limit=1").await.ok();
    assert_eq!(page["workers"][0]["address"], address(1).to_string());
    assert_eq!(page["next"], address(1).to_string());
    let next = api.get(&format!("/v1/compute/workers?after={}", address(1))).await.ok();
    assert_eq!((&next["workers"], next.get("next")), (&json!([]), None));
    api.get("/v1/compute/workers?state=asleep").await.fails(400, "invalid_parameter");
    api.node.indexed.store(false, Ordering::Relaxed);
    api.get("/v1/compute/workers").await.fails(503, "index_disabled");
}

#[tokio::test]
async fn attempts_of_a_worker_and_scores_of_its_devices_are_kept() {
    let api = Api::new();
    let path = format!("/v1/compute/workers/{}/tasks", address(2));
    let page = api.get(&path).await.ok();
    let outcomes: Vec<_> = page["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["task"]["number"].clone(), it["outcome"].clone()))
        .collect();
    assert_eq!(outcomes, [(json!(WRONG), json!("wrong")), (json!(PAID), json!("late"))]);
    let first = api.get(&format!("{path}?limit=1")).await.ok();
    assert_eq!((first["tasks"].as_array().unwrap().len(), &first["next"]), (1, &json!(WRONG)));
    let second = api.get(&format!("{path}?limit=1&before={WRONG}")).await.ok();
    assert_eq!(second["tasks"][0]["task"]["number"], PAID);
    let readings = api.get(&format!("/v1/compute/workers/{}/readings", address(1))).await.ok();
    let scores: Vec<_> =
        readings["readings"].as_array().unwrap().iter().map(|it| it["score"].clone()).collect();
    assert_eq!(scores, [json!(50), json!(20)]);
}

#[tokio::test]
async fn weights_of_an_epoch_come_with_every_credit_they_are_made_of() {
    let api = Api::new();
    let weights = api.get("/v1/compute/weights/0").await.ok();
    let credit = factors().credit().to_string();
    assert_eq!(
        (&weights["total"], &weights["credits"][0]["credit"]),
        (&json!(credit), &json!(credit))
    );
    assert_eq!(weights["credits"][0]["factors"]["tier"], 500_000);
    assert_eq!(
        (&weights["credits"][0]["task"], &weights["credits"][0]["height"]),
        (&json!(CREDITED), &json!(9))
    );
    assert_eq!(weights["workers"][0]["weight"], credit);
    assert_eq!(weights["workers"][0]["worker"], address(1).to_string());
    let ahead = api.get("/v1/compute/weights/999").await.fails(404, "epoch_not_found");
    assert_eq!(ahead["epoch"], 999);
    api.node.indexed.store(false, Ordering::Relaxed);
    api.get("/v1/compute/weights/0").await.fails(503, "index_disabled");
}

#[tokio::test]
async fn sums_prices_whitelists_votes_and_randomness_are_served() {
    let api = Api::new();
    let summary = api.get("/v1/compute/summary").await.ok();
    assert_eq!((&summary["tasks"], &summary["workers"]), (&json!(CHECKED), &json!(1)));
    assert_eq!((&summary["verifying"], &summary["cpus"]), (&json!(1), &json!(1)));
    assert_eq!(summary["rewards"]["amount"], "700");
    let states = summary["states"].as_array().unwrap();
    assert!(states.contains(&json!({ "state": "settled", "count": 2 })), "{states:?}");
    let prices = api.get("/v1/compute/prices").await.ok();
    let first = &prices["prices"][0];
    assert_eq!(first["shape"], json!({ "kind": "int8", "m": 256, "n": 256, "k": 256 }));
    assert_eq!(
        (&first["units"], &first["cpu"], &first["max_count"]),
        (&json!(1), &json!(true), &json!(64))
    );
    assert_eq!((&first["weight"], &first["cpu_time_ms"]), (&json!("1000000"), &json!(20)));
    let models = api.get("/v1/compute/models").await.ok();
    assert_eq!(models["models"][0]["pci_devices"], json!(["2335"]));
    let drivers = api.get("/v1/compute/drivers").await.ok();
    assert_eq!(drivers["drivers"][0]["version"], "595.45");
    let verifying = api.get("/v1/compute/verifying").await.ok();
    let result = &verifying["results"][0];
    assert_eq!((&result["task"], &result["voted"]), (&json!(CHECKED), &json!(1)));
    assert_eq!(result["awaited"], json!([crate::canned::key(1).to_string()]));
    let checkers = api.get("/v1/compute/checkers").await.ok();
    let checkers = checkers["checkers"].as_array().unwrap();
    assert_eq!((checkers.len(), &checkers[0]["answered"]), (1, &json!(750_000)));
    let drawn = api.get("/v1/randomness/8").await.ok();
    assert_eq!(
        (&drawn["height"], &drawn["value"]),
        (&json!(8), &json!(hash("beacon").to_string()))
    );
    // What stands in the ring is of another height; what is ahead is not there.
    for height in [9, 99] {
        let path = format!("/v1/randomness/{height}");
        api.get(&path).await.fails(404, "randomness_not_found");
    }
}

/// The file is what the schema says and what the chain reads, to the last field.
fn same<T: Serialize + DeserializeOwned>(file: &str) {
    let said: Value = serde_json::from_str(file).unwrap();
    let body: T = serde_json::from_str(file).unwrap();
    assert_eq!(serde_json::to_value(&body).unwrap(), said);
    let payload: Payload = serde_json::from_value(said.clone()).unwrap();
    assert_eq!(serde_json::to_value(&payload).unwrap(), said);
}

#[tokio::test]
async fn messages_that_people_write_have_schemas() {
    same::<CreateTaskBody>(include_str!("../../../../examples/compute/create_task.json"));
    same::<CreateTaskBody>(include_str!(
        "../../../../examples/compute/create_task_with_own_matrices.json"
    ));
    same::<RegisterWorkerBody>(include_str!("../../../../examples/compute/register_worker.json"));
    same::<UpdateWorkerBody>(include_str!("../../../../examples/compute/update_worker.json"));
    same::<TakeWorkBody>(include_str!("../../../../examples/compute/take_work.json"));
    let api = Api::new();
    for name in ["create-task", "register-worker", "update-worker", "take-work"] {
        let schema = api.get(&format!("/v1/schemas/{name}.json")).await.ok();
        assert_eq!(schema["title"], name);
        assert_eq!(schema["properties"]["type"]["pattern"], format!("^{name}$"));
    }
}
