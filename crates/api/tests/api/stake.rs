//! Validators, delegators, supply and the forecast of a year.

use crate::{canned, chain, fixture::Api};
use althing_types::{
    Amount, Event, Receipt, ValidatorKey,
    message::{Delegate, Undelegate},
};
use std::sync::{Arc, atomic::Ordering};

fn names(page: &serde_json::Value) -> Vec<&str> {
    let list = page["validators"].as_array().unwrap();
    list.iter().map(|validator| validator["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn validators_are_filtered_ordered_and_paged() {
    let api = Api::new();
    let all = api.get("/v1/validators").await.ok();
    assert_eq!(names(&all), ["one", "Beta", "alpha", "gone"]);
    let statuses: Vec<_> =
        all["validators"].as_array().unwrap().iter().map(|v| v["status"].clone()).collect();
    assert_eq!(statuses, ["active", "jailed", "leaving", "ejected"]);
    assert_eq!((&all["total"], &all["bonded_display"]), (&4.into(), &"9000 CPC".into()));
    for (query, expected) in [
        ("status=jailed,leaving", vec!["Beta", "alpha"]),
        ("sort=name", vec!["alpha", "Beta", "gone", "one"]),
        ("sort=commission", vec!["gone", "alpha", "Beta", "one"]),
        ("sort=score", vec!["gone", "alpha", "Beta", "one"]),
        ("sort=registry_score&limit=1", vec!["one"]),
        ("sort=delegations&limit=2&offset=1", vec!["alpha", "Beta"]),
        ("offset=9", vec![]),
    ] {
        let page = api.get(&format!("/v1/validators?{query}")).await.ok();
        assert_eq!(names(&page), expected, "{query}");
    }
    let page = api.get("/v1/validators?limit=3").await.ok();
    assert_eq!(page["next"], "3");
    assert!(api.get("/v1/validators?limit=1&offset=3").await.ok().get("next").is_none());
    assert_eq!(names(&api.get("/v1/validators/jailed").await.ok()), ["Beta"]);
    let detail = api.get("/v1/validators?status=asleep").await.fails(400, "invalid_parameter");
    assert_eq!(detail["parameter"], "status");
    api.get("/v1/validators?sort=luck").await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn a_validator_is_found_by_key_and_by_operator() {
    let api = Api::new();
    let key = api.get(&format!("/v1/validators/{}", canned::key(1))).await.ok();
    let operator = api.get(&format!("/v1/validators/{}", chain::address(201))).await.ok();
    assert_eq!(key, operator);
    assert_eq!((&key["rank"], &key["jails"]), (&2.into(), &1.into()));
    assert_eq!(key["jailed_until"]["height"], 90);
    let one = api.get(&format!("/v1/validators/{}", canned::key(0))).await.ok();
    assert_eq!((&one["announced"]["commission"], &one["share"]), (&90_000.into(), &444_444.into()));
    assert_eq!(
        (&one["registry_score"], &one["node"]["region"]),
        (&990_000.into(), &"eu-north".into())
    );
    let stranger = chain::address(3);
    api.get(&format!("/v1/validators/{stranger}")).await.fails(404, "validator_not_found");
    let found = api.get("/v1/search?q=beta").await.ok();
    assert_eq!(found["results"][0]["id"], canned::key(1).to_string());
}

#[tokio::test]
async fn the_history_of_a_validator_tells_scores_rewards_and_slashes() {
    let api = Api::new();
    let path = format!("/v1/validators/{}/history", canned::key(0));
    let history = api.get(&path).await.ok();
    let epochs = history["epochs"].as_array().unwrap();
    assert_eq!(epochs.len(), 3);
    assert_eq!((&epochs[0]["score"], &epochs[0]["reward"]), (&818_181.into(), &"0".into()));
    assert!(epochs[0].get("tokens").is_none());
    assert_eq!(epochs[1]["tokens_display"], "4001 CPC");
    let slash = &epochs[1]["events"][0];
    assert_eq!((&slash["type"], &slash["reason"]), (&"slashed".into(), &"downtime".into()));
    assert_eq!((&slash["ppm"], &slash["amount_display"]), (&50_000.into(), &"50 CPC".into()));
    assert_eq!(history["heartbeats"][0]["health"]["peers"], 3);
    let first = api.get(&format!("{path}?limit=2")).await.ok();
    assert_eq!(first["next"], 1);
    let rest = api.get(&format!("{path}?limit=2&before=1")).await.ok();
    assert_eq!(rest["epochs"][0]["epoch"], 0);
    assert!(rest.get("next").is_none() && rest["heartbeats"].as_array().unwrap().is_empty());
    api.node.indexed.store(false, Ordering::Relaxed);
    api.get(&path).await.fails(503, "index_disabled");
}

#[tokio::test]
async fn delegations_to_a_validator_are_paged() {
    let api = Api::new();
    let path = format!("/v1/validators/{}/delegations", canned::key(0));
    let all = api.get(&path).await.ok();
    assert_eq!(all["delegations"].as_array().unwrap().len(), 5);
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("{path}?limit=2{after}")).await.ok();
        seen.extend(page["delegations"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(&seen, all["delegations"].as_array().unwrap());
    api.get(&format!("{path}?after=nobody")).await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn a_delegator_sees_what_it_has_waits_for_and_earned() {
    let api = Api::new();
    let base = format!("/v1/delegator/{}", chain::address(1));
    let has = api.get(&format!("{base}/delegations")).await.ok();
    assert_eq!(has["staked_display"], "802 CPC");
    let first = &has["delegations"][0];
    assert_eq!(
        (&first["validator_name"], &first["locked_display"]),
        (&"one".into(), &"250 CPC".into())
    );
    let waits = api.get(&format!("{base}/unbonding?limit=2")).await.ok();
    assert_eq!(waits["unbonding_display"], "20 CPC");
    let entry = &waits["entries"][0];
    assert_eq!((&entry["blocks_left"], &entry["ms_left"]), (&80.into(), &100_000.into()));
    assert_eq!(
        (&entry["status"], &waits["paid"][0]["status"]),
        (&"waiting".into(), &"paid".into())
    );
    assert_eq!((&waits["paid"][0]["blocks_left"], &waits["next"]), (&0.into(), &3.into()));
    let earned = api.get(&format!("{base}/rewards?limit=3")).await.ok();
    assert_eq!((&earned["rewards"][0]["epoch"], &earned["next"]), (&6.into(), &4.into()));
    let more = api.get(&format!("{base}/rewards?limit=3&before=4")).await.ok();
    assert_eq!(more["rewards"][0]["reward_display"], "3 CPC");
    api.node.indexed.store(false, Ordering::Relaxed);
    api.get(&format!("{base}/rewards")).await.fails(503, "index_disabled");
    assert!(api.get(&format!("{base}/unbonding")).await.ok().get("paid").is_none());
}

#[tokio::test]
async fn an_account_shows_stake_unbonding_and_what_vesting_locks() {
    let api = Api::new();
    let staker = api.get(&format!("/v1/accounts/{}", chain::address(1))).await.ok();
    assert_eq!(
        (&staker["staked_display"], &staker["unbonding_display"]),
        (&"802 CPC".into(), &"20 CPC".into())
    );
    assert_eq!(staker["spendable"], staker["balance"]);
    assert!(staker.get("vesting").is_none());
    let locked = api.get(&format!("/v1/accounts/{}", chain::address(2))).await.ok();
    // 2.5 owned, 1.5 locked of which 0.5 is staked elsewhere.
    assert_eq!(locked["spendable_display"], "1.5 CPC");
    assert_eq!(locked["vesting"]["locked_display"], "1.5 CPC");
}

#[tokio::test]
async fn the_supply_is_audited_on_request_only() {
    let api = Api::new();
    let supply = api.get("/v1/supply").await.ok();
    assert_eq!(supply["treasury"]["amount_display"], "3 CPC");
    assert!(supply.get("audit").is_none());
    let audit = api.get("/v1/supply?audit=true").await.ok()["audit"].clone();
    assert_eq!((&audit["agrees"], &audit["balances"]), (&true.into(), &"1023".into()));
    api.node.broken.store(true, Ordering::Relaxed);
    assert_eq!(api.get("/v1/supply?audit=true").await.ok()["audit"]["agrees"], false);
    let stranger = Api::new().remote();
    stranger.get("/v1/supply?audit=true").await.fails(403, "admin_forbidden");
    stranger.get("/v1/supply").await.ok();
}

#[tokio::test]
async fn the_forecast_takes_what_is_left_out_from_the_validator() {
    let api = Api::new();
    let key = canned::key(1);
    let pace = "block_time_ms=1000";
    let now = api.get(&format!("/v1/economics?validator={key}&{pace}")).await.ok();
    assert_eq!(now["validator_name"], "Beta");
    assert_eq!(now["stake"]["amount_display"], "1500 CPC");
    assert_eq!(
        (&now["commission_rate"], &now["blocks_per_year"]),
        (&40_000.into(), &31_536_000.into())
    );
    // One member of the set besides.
    assert_eq!(now["members"], 2);
    let parts = ["commission", "own_reward", "delegators_reward"]
        .map(|part| now[part]["amount"].as_str().unwrap().parse::<u128>().unwrap());
    assert_eq!(parts.iter().sum::<u128>().to_string(), now["reward"]["amount"]);
    let more = api
        .get(&format!("/v1/economics?validator={key}&{pace}&add=5000000000000000000"))
        .await
        .ok();
    assert_eq!(more["delegated"]["amount_display"], "1505 CPC");
    let joins = api.get(&format!("/v1/economics?{pace}&costs=1000000000000000000")).await.ok();
    assert_eq!(
        (&joins["profitable"], &joins["break_even_delegated"]["amount"]),
        (&true.into(), &"0".into())
    );
    // Measured: blocks of the canned chain are 50 ms apart.
    assert_eq!(api.get("/v1/economics").await.ok()["block_time_ms"], 50);
    for bad in ["stake=x", "stake=-1", "commission=1000001", "validator=x", "costs=9e9"] {
        api.get(&format!("/v1/economics?{bad}")).await.fails(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn what_a_block_did_by_itself_is_told_with_the_block_and_its_receipts() {
    let api = Api::new();
    let event = Event::Rewarded {
        validator: canned::key(0),
        epoch: althing_types::Epoch::new(2),
        reward: Amount::new(1_000_000_000_000_000_000),
        commission: Amount::new(1),
        tokens: Amount::new(7),
        shares: althing_types::Shares::new(9),
    };
    {
        let mut blocks = api.node.blocks.lock().unwrap();
        let last = blocks.last_mut().unwrap();
        let mut receipts = last.receipts.as_ref().clone();
        receipts.push(Receipt::of_block(vec![event]));
        last.receipts = Arc::new(receipts);
    }
    let block = api.get("/v1/blocks/latest").await.ok();
    assert_eq!(block["events"][0]["type"], "rewarded");
    assert_eq!(block["events"][0]["reward_display"], "1 CPC");
    assert_eq!(block["events"][0]["shares"], "9");
    let count = block["transaction_count"].as_u64().unwrap();
    let receipts = api.get("/v1/blocks/latest/receipts").await.ok();
    let receipts = receipts["receipts"].as_array().unwrap().clone();
    assert_eq!(receipts.len() as u64, count + 1);
    assert!(receipts.last().unwrap().get("transaction").is_none());
    let listed = api.get("/v1/blocks/latest/transactions").await.ok();
    assert_eq!(listed["transactions"].as_array().unwrap().len() as u64, count);
    assert_eq!(api.get("/v1/blocks/7").await.ok()["events"], serde_json::json!([]));
}

#[tokio::test]
async fn messages_of_stake_are_shown_with_their_fields() {
    let api = Api::new();
    let mut body = chain::unsigned(1, 900, 1_000_000_000);
    let (validator, amount): (ValidatorKey, _) = (canned::key(0), Amount::new(1));
    body.payload = althing_types::Payload::Delegate(Delegate { validator, amount });
    let delegate = body.clone().sign(&chain::key(1)).unwrap();
    body.payload = althing_types::Payload::Undelegate(Undelegate { validator, amount: None });
    let undelegate = body.sign(&chain::key(1)).unwrap();
    *api.node.pending.lock().unwrap() = vec![delegate.clone(), undelegate];
    let shown = api.get(&format!("/v1/transactions/{}", hex::encode(delegate.hash()))).await.ok();
    let payload = &shown["transaction"]["payload"];
    assert_eq!((&payload["type"], &payload["amount"]), (&"delegate".into(), &"1".into()));
    assert_eq!(payload["amount_display"], "0.000000000000000001 CPC");
    assert_eq!(payload["validator"], validator.to_string());
    let waiting = api.get("/v1/mempool").await.ok();
    assert!(waiting["transactions"][1]["payload"].get("amount").is_none());
}

#[tokio::test]
async fn a_validator_that_left_its_delegators_behind_is_found_by_key_and_by_operator() {
    let api = Api::new();
    let gone = canned::departed();
    for id in [gone.key.to_string(), gone.operator.to_string()] {
        let view = api.get(&format!("/v1/validators/{id}")).await.ok();
        assert_eq!((&view["name"], &view["status"]), (&"departed".into(), &"leaving".into()));
        assert_eq!(view["rank"], 5, "behind all that are listed");
    }
    let listed = api.get("/v1/validators").await.ok();
    assert!(!names(&listed).contains(&"departed"), "{listed}");
}

#[tokio::test]
async fn votes_are_shown_where_this_node_saw_any() {
    let api = Api::new();
    let all = api.get("/v1/validators").await.ok();
    assert_eq!(
        all["validators"][0]["votes"],
        serde_json::json!({ "signed": 19, "certificates": 20 })
    );
    assert!(all["validators"][1].get("votes").is_none(), "{all}");
}
