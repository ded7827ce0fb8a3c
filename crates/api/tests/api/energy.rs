//! Providers, meters, batches, oracles, the market and disputes, over the story of the index and
//! records of the state.

use crate::{
    fixture::Api,
    metered::{
        self,
        story::{
            ABOUT_READING, ABOUT_SALE, BUYER, DELEGATE, EXPIRED, GIVEN, HEIR, LATER, LEAVER, MAKER,
            OPEN, OPENER, ORACLES, OVER, RETIRED, REVOKED, SLOT, START, UNDECIDED, address, meter,
            over, zone,
        },
    },
};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// The zone of the story, as a query writes it.
const ZONE: &str = "NEM%20VIC%26";

fn without_index() -> Api {
    let api = Api::new();
    api.node.indexed.store(false, Ordering::Relaxed);
    api
}

/// A field of each entry of a list.
fn each(list: &Value, field: &str) -> Vec<Value> {
    list.as_array().unwrap().iter().map(|entry| entry[field].clone()).collect()
}

fn hex(letter: u8) -> String {
    hex::encode(meter(letter))
}

#[tokio::test]
async fn energy_as_a_whole_says_the_rules_the_sums_and_the_oracles() {
    let energy = Api::new().get("/v1/energy").await.ok();
    assert_eq!((&energy["version"], &energy["oracle_set"]), (&json!(1), &json!(3)));
    assert_eq!(energy["settlement"]["mode"], "real-time");
    assert_eq!(energy["settlement"]["quorum_threshold_ppm"], 666_666);
    let sums = &energy["sums"];
    assert_eq!((&sums["attested_wh"], &sums["open_wh"]), (&json!(300), &json!(7)));
    assert_eq!((&sums["stakes_display"], &sums["unpaid"]), (&json!("700 CPC"), &json!("200")));
    assert_eq!(energy["oracle_weight"], 300_000);
    assert_eq!(each(&energy["oracles"], "part"), [333_333, 333_333, 333_333]);
    let counts = json!({
        "active": 0, "leaving": 0, "suspended": 1, "meters": 2, "open_batches": 2,
        "open_disputes": 1,
    });
    assert_eq!(energy["counts"], counts);
    // The last block is of 1,700,000,001 seconds.
    assert_eq!((&energy["slot"], &energy["slot_s"]), (&json!(1_700_000_100 - 900), &json!(900)));
    assert_eq!(energy["params"]["stale_s"], 86_400);
    let energy = without_index().get("/v1/energy").await.ok();
    assert_eq!((energy.get("counts"), &energy["version"]), (None, &json!(1)));
}

#[tokio::test]
async fn a_provider_says_how_good_it_is_and_why_it_may_not_submit() {
    let api = Api::new();
    let path = format!("/v1/energy/providers/{}", address(MAKER));
    let provider = api.get(&path).await.ok();
    assert_eq!((&provider["state"], &provider["zone"]), (&json!("suspended"), &json!("NEM VIC&")));
    let reputation = &provider["reputation"];
    // A quarter of 750,000 and three quarters of 500,000.
    assert_eq!(reputation["score"], 562_500);
    assert_eq!(reputation["accuracy"]["expected"], 750_000);
    assert_eq!(
        (&reputation["accuracy"]["part"], &reputation["delivery"]["part"]),
        (&json!(250_000), &json!(350_000))
    );
    assert_eq!(provider["least_stake_display"], "101 CPC");
    assert_eq!(provider["required_stake_display"], "145.1875 CPC");
    assert_eq!((&provider["pending"], &provider["pending_limit"]), (&json!(1), &json!(562_500)));
    assert_eq!((&provider["tariff"]["wh"], provider.get("unbonds")), (&json!(470), None));
    assert_eq!(provider["counters"]["earned"], "1194");
    let obstacles = provider["obstacles"].as_array().unwrap();
    assert_eq!(obstacles.len(), 1);
    assert!(obstacles[0].as_str().unwrap().contains("145.1875 CPC"), "{obstacles:?}");
    let left = api.get(&format!("/v1/energy/providers/{}", address(LEAVER))).await;
    assert_eq!(left.fails(404, "provider_not_found")["provider"], address(LEAVER).to_string());
    api.get("/v1/energy/providers/x").await.fails(400, "invalid_parameter");
    // The state alone knows one provider, and no list.
    without_index().get(&path).await.ok();
}

#[tokio::test]
async fn providers_are_listed_by_state_and_zone() {
    let api = Api::new();
    for (query, expected) in [
        (String::new(), 1),
        ("?state=suspended".to_owned(), 1),
        ("?state=active".to_owned(), 0),
        (format!("?zone={ZONE}"), 1),
        ("?zone=NSW".to_owned(), 0),
        (format!("?after={}", address(MAKER)), 0),
    ] {
        let page = api.get(&format!("/v1/energy/providers{query}")).await.ok();
        assert_eq!(page["providers"].as_array().unwrap().len(), expected, "{query}");
        assert_eq!(page.get("next"), None);
    }
    let wrong = api.get("/v1/energy/providers?state=asleep").await;
    assert_eq!(wrong.fails(400, "invalid_parameter")["parameter"], "state");
    let wrong = api.get("/v1/energy/providers?zone=a-zone-of-too-many-letters").await;
    assert_eq!(wrong.fails(400, "invalid_parameter")["parameter"], "zone");
    without_index().get("/v1/energy/providers").await.fails(503, "index_disabled");
}

#[tokio::test]
async fn meters_are_found_by_id_key_and_provider() {
    let api = Api::new();
    let found = api.get(&format!("/v1/energy/meters/{}", hex(b'A'))).await.ok();
    assert_eq!((&found["state"], &found["stale"]), (&json!("active"), &json!(false)));
    assert_eq!(found["key"], metered::key(b'A').to_string());
    assert_eq!((&found["total_wh"], found.get("cooled")), (&json!(u64::MAX), None));
    let revoked = api.get(&format!("/v1/energy/meters/{}", hex(b'B'))).await.ok();
    assert_eq!((&revoked["state"], &revoked["stale"]), (&json!("revoked"), &json!(true)));
    assert_eq!(revoked["cooled"]["height"], 90);
    let by_key = format!("/v1/energy/meters/by-key/{}", metered::key(b'A'));
    assert_eq!(api.get(&by_key).await.ok()["meter"], hex(b'A'));
    let stranger = format!("/v1/energy/meters/by-key/{}", metered::key(b'Z'));
    api.get(&stranger).await.fails(404, "meter_not_found");
    let wrong = api.get("/v1/energy/meters/by-key/rsa:00").await;
    assert_eq!(wrong.fails(400, "invalid_parameter")["parameter"], "key");
    let nobody = hex::encode(metered::nobody());
    let unknown = api.get(&format!("/v1/energy/meters/{nobody}")).await;
    assert_eq!(unknown.fails(404, "meter_not_found")["meter"], nobody);
    api.get("/v1/energy/meters/12").await.fails(400, "invalid_parameter");
    let base = format!("/v1/energy/providers/{}/meters", address(MAKER));
    let page = api.get(&format!("{base}?limit=1")).await.ok();
    let next = page["next"].as_str().unwrap();
    let rest = api.get(&format!("{base}?after={next}")).await.ok();
    let mut ids = [each(&page["meters"], "meter"), each(&rest["meters"], "meter")].concat();
    ids.sort_by_key(|id| id.as_str().unwrap() != hex(b'A'));
    assert_eq!((ids, rest.get("next")), (vec![json!(hex(b'A')), json!(hex(b'B'))], None));
    without_index().get(&base).await.fails(503, "index_disabled");
}

#[tokio::test]
async fn a_value_that_is_too_old_is_an_error_unless_it_is_asked_for() {
    let api = Api::new();
    let fresh = api.get(&format!("/v1/energy/meters/{}/latest", hex(b'A'))).await.ok();
    // Its last interval ended at 1,700,000,100, a little ahead of the last block.
    assert_eq!((&fresh["total_wh"], &fresh["age_s"]), (&json!(u64::MAX), &json!(0)));
    assert_eq!(fresh["stale"], false);
    let path = format!("/v1/energy/meters/{}/latest", hex(b'B'));
    let age = 1_700_000_001 - (START - 172_800);
    let detail = api.get(&path).await.fails(409, "stale_value");
    assert_eq!(detail, json!({ "age_s": age, "stale_s": 86_400 }));
    api.get(&format!("{path}?allow_stale=false")).await.fails(409, "stale_value");
    let old = api.get(&format!("{path}?allow_stale=true")).await.ok();
    assert_eq!(
        (&old["total_wh"], &old["stale"], &old["age_s"]),
        (&json!(120), &json!(true), &json!(age))
    );
    api.get(&format!("{path}?allow_stale=perhaps")).await.fails(400, "invalid_parameter");
    let nobody = format!("/v1/energy/meters/{}/latest", hex::encode(metered::nobody()));
    api.get(&nobody).await.fails(404, "meter_not_found");
    let [first, second, _] = ORACLES.map(address);
    let report = api.get(&format!("/v1/energy/oracles/{first}/latest")).await.ok();
    assert_eq!((&report["reported"], &report["stale"]), (&json!(8), &json!(false)));
    let path = format!("/v1/energy/oracles/{second}/latest");
    api.get(&path).await.fails(409, "stale_value");
    assert_eq!(api.get(&format!("{path}?allow_stale=true")).await.ok()["reported"], 0);
}

#[tokio::test]
async fn readings_of_a_meter_are_paged_with_what_became_of_them() {
    let api = Api::new();
    let path = format!("/v1/energy/meters/{}/readings", hex(b'A'));
    let page = api.get(&format!("{path}?limit=2")).await.ok();
    assert_eq!(each(&page["readings"], "outcome"), ["undecided", "disproved"]);
    assert_eq!(page["readings"][1]["total_wh"], json!(u64::MAX - 300));
    let next = page["next"].as_u64().unwrap();
    let rest = api.get(&format!("{path}?before={next}")).await.ok();
    assert_eq!((each(&rest["readings"], "wh"), rest.get("next")), (vec![json!(100)], None));
    let nobody = format!("/v1/energy/meters/{}/readings", hex::encode(metered::nobody()));
    api.get(&nobody).await.fails(404, "meter_not_found");
    without_index().get(&path).await.fails(503, "index_disabled");
}

#[tokio::test]
async fn a_batch_that_the_state_forgot_is_still_shown_to_the_last_reading() {
    let api = Api::new();
    let batch = api.get(&format!("/v1/energy/batches/{OVER}")).await.ok();
    assert_eq!((&batch["over"], &batch["closed"]), (&json!(true), &json!(7)));
    assert_eq!(
        (&batch["count"], &batch["wh"], &batch["attested_wh"]),
        (&json!(3), &json!(350), &json!(100))
    );
    let readings = batch["readings"].as_array().unwrap();
    for (view, signed) in readings.iter().zip(over()) {
        assert_eq!(view["digest"], hex::encode(metered::digest(&signed)));
        assert_eq!((&view["wh"], &view["total_wh"]), (&json!(signed.wh), &json!(signed.total_wh)));
    }
    assert_eq!(each(&batch["readings"], "state"), ["attested", "disproved", "refused"]);
    assert_eq!(each(&batch["reports"], "agree"), [json!([0, 1]), json!([0, 1]), json!([0, 1, 2])]);
    assert_eq!(each(&batch["reports"], "contradict"), [json!([2]), json!([2]), json!([])]);
    assert_eq!(each(&batch["reports"], "late"), [false, false, true]);
    assert_eq!((batch.get("expires"), batch.get("quorum")), (None, None));
    assert_eq!(api.get("/v1/energy/batches/99").await.fails(404, "batch_not_found")["batch"], 99);
    without_index().get(&format!("/v1/energy/batches/{OVER}")).await.fails(404, "batch_not_found");
}

#[tokio::test]
async fn an_open_batch_is_read_from_the_state_and_without_an_index_too() {
    let path = format!("/v1/energy/batches/{OPEN}");
    let batch = Api::new().get(&path).await.ok();
    assert_eq!((&batch["over"], &batch["expires"]), (&json!(false), &json!(607)));
    assert_eq!((&batch["undecided"], &batch["oracles"]), (&json!(1), &json!(3)));
    assert_eq!((&batch["quorum"], &batch["slot_s"]), (&json!(666_666), &json!(900)));
    assert_eq!(batch["readings"][0]["signed_at"], START + 2 * 900 + 901);
    assert_eq!(batch["reports"][0]["height"], 8);
    let bare = without_index().get(&path).await.ok();
    assert_eq!((&bare["wh"], bare["readings"][0].get("total_wh")), (&json!(300), None));
    assert_eq!(bare["reports"][0]["oracle"], address(ORACLES[0]).to_string());
    assert_eq!(bare["reports"][0].get("height"), None);
}

#[tokio::test]
async fn batches_are_listed_newest_first_and_filtered() {
    let api = Api::new();
    let maker = address(MAKER);
    for (query, expected) in [
        ("batches".to_owned(), vec![EXPIRED, OPEN, OVER]),
        ("batches?state=open".to_owned(), vec![EXPIRED, OPEN]),
        ("batches?state=closed".to_owned(), vec![OVER]),
        (format!("batches?provider={maker}&before=2"), vec![OPEN, OVER]),
        (format!("providers/{maker}/batches?before=1"), vec![OVER]),
        (format!("providers/{}/batches", address(LEAVER)), vec![]),
    ] {
        let page = api.get(&format!("/v1/energy/{query}")).await.ok();
        assert_eq!(each(&page["batches"], "number"), expected, "{query}");
    }
    let page = api.get("/v1/energy/batches?limit=2").await.ok();
    assert_eq!((&page["next"], page["batches"][0].get("readings")), (&json!(OPEN), None));
    assert_eq!(page["batches"][1]["expires"], 607);
    let wrong = api.get("/v1/energy/batches?state=lost").await;
    assert_eq!(wrong.fails(400, "invalid_parameter")["parameter"], "state");
    without_index().get("/v1/energy/batches").await.fails(503, "index_disabled");
}

#[tokio::test]
async fn an_oracle_is_told_what_it_has_to_look_at() {
    let api = Api::new();
    let api = &api;
    let undecided =
        |query: String| async move { api.get(&format!("/v1/energy/undecided{query}")).await.ok() };
    let all = undecided(String::new()).await;
    assert_eq!(each(&all["batches"], "number"), [OPEN]);
    let reading = &all["batches"][0]["readings"][0];
    assert_eq!((&reading["total_wh"], &reading["state"]), (&json!(u64::MAX), &json!("undecided")));
    let [first, second, _] = ORACLES.map(address);
    // Of what is decided and not over it can still say late what it found.
    let first = undecided(format!("?oracle={first}")).await;
    assert_eq!(each(&first["batches"], "number"), [EXPIRED]);
    assert_eq!(first["batches"][0]["undecided"], 0);
    let second = undecided(format!("?oracle={second}")).await;
    assert_eq!(each(&second["batches"], "number"), [OPEN, EXPIRED]);
    // Who is not in the set of the batch cannot report about it.
    let stranger = undecided(format!("?oracle={}", address(BUYER))).await;
    assert_eq!(stranger["batches"], json!([]));
    assert_eq!(undecided(format!("?after={OPEN}")).await["batches"], json!([]));
    without_index().get("/v1/energy/undecided").await.fails(503, "index_disabled");
}

#[tokio::test]
async fn oracles_are_listed_with_what_they_have_done() {
    let api = Api::new();
    let list = api.get("/v1/energy/oracles").await.ok();
    assert_eq!(each(&list["oracles"], "leaving"), [false, true]);
    assert_eq!(each(&list["oracles"], "part"), [333_333, 333_333]);
    assert_eq!((&list["oracle_weight"], &list["oracle_set"]), (&json!(300_000), &json!(3)));
    let page = api.get("/v1/energy/oracles?limit=1").await.ok();
    assert_eq!(page["next"], address(ORACLES[0]).to_string());
    let one = api.get(&format!("/v1/energy/oracles/{}", address(ORACLES[1]))).await.ok();
    assert_eq!((&one["unbonds"]["height"], &one["stale"]), (&json!(50), &json!(true)));
    assert_eq!((&one["counters"]["agreed"], &one["name"]), (&json!(3), &json!("Delphi")));
    let gone = api.get(&format!("/v1/energy/oracles/{}", address(ORACLES[2]))).await;
    gone.fails(404, "oracle_not_found");
    let path = format!("/v1/energy/oracles/{}/reports", address(ORACLES[0]));
    let reports = api.get(&format!("{path}?limit=1")).await.ok();
    assert_eq!(
        (each(&reports["reports"], "batch"), &reports["next"]),
        (vec![json!(OPEN)], &json!(OPEN))
    );
    let older = api.get(&format!("{path}?before={OPEN}")).await.ok();
    assert_eq!(older["reports"][0]["contradict"], json!([2]));
    let off = without_index();
    off.get("/v1/energy/oracles").await.fails(503, "index_disabled");
    off.get(&path).await.fails(503, "index_disabled");
}

#[tokio::test]
async fn the_market_of_a_slot_shows_its_book_its_energy_and_how_it_was_cleared() {
    let api = Api::new();
    let market = api.get(&format!("/v1/energy/market?zone={ZONE}&slot={LATER}")).await.ok();
    assert_eq!((&market["mode"], &market["ends"]), (&json!("real-time"), &json!(LATER + 900)));
    assert_eq!(each(&market["offers"], "min_price"), ["15000"]);
    assert_eq!((&market["orders"], market.get("cleared")), (&json!([]), None));
    let past = api.get(&format!("/v1/energy/market?zone={ZONE}&slot={SLOT}")).await.ok();
    assert_eq!(each(&past["credits"], "available"), [7]);
    assert_eq!((&past["cleared"]["sales"], &past["cleared"]["paid"]), (&json!(1), &json!("1200")));
    let off = without_index();
    let bare = off.get(&format!("/v1/energy/market?zone={ZONE}&slot={LATER}")).await.ok();
    assert_eq!((bare["offers"].as_array().unwrap().len(), &bare["credits"]), (1, &json!([])));
    api.get("/v1/energy/market?slot=900").await.fails(400, "invalid_parameter");
    let slots = api.get(&format!("/v1/energy/slots?zone={ZONE}")).await.ok();
    assert_eq!(each(&slots["slots"], "price_display"), ["0.00000000000002 CPC"]);
    assert_eq!(api.get("/v1/energy/slots?zone=NSW").await.ok()["slots"], json!([]));
    assert_eq!(api.get("/v1/energy/slots?before=1").await.ok()["slots"], json!([]));
    off.get("/v1/energy/slots").await.fails(503, "index_disabled");
}

#[tokio::test]
async fn a_provider_says_what_it_can_sell_and_what_it_has_sold() {
    let api = Api::new();
    let path = format!("/v1/energy/providers/{}/credits", address(MAKER));
    let page = api.get(&path).await.ok();
    // Of the second slot nothing is left.
    assert_eq!((each(&page["credits"], "slot"), page.get("next")), (vec![json!(SLOT)], None));
    assert_eq!(
        (&page["credits"][0]["available"], &page["credits"][0]["unpaid"]),
        (&json!(7), &json!([RETIRED]))
    );
    let from = SLOT + 1;
    let later = api.get(&format!("{path}?slot_from={from}")).await.ok();
    assert_eq!((&later["credits"], later.get("next")), (&json!([]), None));
    let before = api.get(&format!("{path}?slot_to={SLOT}")).await.ok();
    assert_eq!(before["credits"], json!([]));
    let none = format!("/v1/energy/providers/{}/credits", address(LEAVER));
    assert_eq!(api.get(&none).await.ok()["credits"], json!([]));
    let sales = format!("/v1/energy/providers/{}/settlements", address(MAKER));
    let page = api.get(&format!("{sales}?limit=2")).await.ok();
    assert_eq!(each(&page["settlements"], "certificate"), [REVOKED, RETIRED]);
    assert_eq!(page["settlements"][0]["refund"], "400");
    let next = page["next"].as_u64().unwrap();
    let rest = api.get(&format!("{sales}?before={next}")).await.ok();
    let payment = &rest["settlements"][0]["payment"];
    assert_eq!(
        (&payment["amount"], &payment["fee"], &payment["height"]),
        (&json!("1194"), &json!("6"), &json!(6))
    );
    let off = without_index();
    off.get(&path).await.fails(503, "index_disabled");
    off.get(&sales).await.fails(503, "index_disabled");
}

#[tokio::test]
async fn tariffs_and_open_orders_are_those_of_the_state() {
    let api = Api::new();
    let page = api.get(&format!("/v1/energy/tariffs?zone={ZONE}")).await.ok();
    assert_eq!(
        (each(&page["tariffs"], "wh"), each(&page["tariffs"], "name")),
        (vec![json!(470)], vec![json!("Sunny")])
    );
    let after = api.get(&format!("/v1/energy/tariffs?after={}", address(MAKER))).await.ok();
    assert_eq!(after["tariffs"], json!([]));
    let open = api.get(&format!("/v1/energy/orders/{}", address(MAKER))).await.ok();
    assert_eq!(
        (each(&open["orders"], "number"), each(&open["orders"], "offer")),
        (vec![json!(3)], vec![json!(true)])
    );
    assert_eq!(
        (&open["orders"][0]["price"], &open["orders"][0]["escrow"]),
        (&json!("15000"), &json!("0"))
    );
    let cleared = api.get(&format!("/v1/energy/orders/{}", address(BUYER))).await.ok();
    assert_eq!(cleared["orders"], json!([]));
    let off = without_index();
    off.get("/v1/energy/tariffs").await.fails(503, "index_disabled");
    off.get(&format!("/v1/energy/orders/{}", address(MAKER))).await.fails(503, "index_disabled");
}

#[tokio::test]
async fn certificates_say_how_they_stand_and_who_had_them() {
    let api = Api::new();
    let given = api.get(&format!("/v1/energy/certificates/{GIVEN}")).await.ok();
    assert_eq!((&given["state"], &given["owner"]), (&json!("held"), &json!(address(HEIR))));
    assert_eq!(each(&given["owners"], "owner"), [json!(address(BUYER)), json!(address(HEIR))]);
    assert_eq!(given["standing"], "It can be given away, or used up once. Its provider was paid.");
    assert_eq!((&given["sale"]["payment"]["fee"], given.get("due")), (&json!("6"), None));
    let used = api.get(&format!("/v1/energy/certificates/{RETIRED}")).await.ok();
    assert_eq!((&used["state"], &used["dispute"]), (&json!("retired"), &json!(UNDECIDED)));
    assert!(used["standing"].as_str().unwrap().contains("Dispute 2 holds it back"), "{used}");
    let gone = api.get(&format!("/v1/energy/certificates/{REVOKED}")).await.ok();
    assert_eq!(
        (&gone["state"], &gone["wh"], gone.get("origin")),
        (&json!("revoked"), &json!(0), None)
    );
    assert!(gone["standing"].as_str().unwrap().starts_with("The sale was undone"), "{gone}");
    let missing = api.get("/v1/energy/certificates/99").await;
    assert_eq!(missing.fails(404, "certificate_not_found")["certificate"], 99);
    let off = without_index();
    off.get(&format!("/v1/energy/certificates/{REVOKED}"))
        .await
        .fails(404, "certificate_not_found");
    let bare = off.get(&format!("/v1/energy/certificates/{GIVEN}")).await.ok();
    assert_eq!((bare.get("owners"), bare.get("sale")), (None, None));
    for (query, expected) in [
        (String::new(), vec![REVOKED, RETIRED, GIVEN]),
        (format!("?owner={}", address(HEIR)), vec![GIVEN]),
        (format!("?buyer={}&state=retired", address(BUYER)), vec![RETIRED]),
        (format!("?provider={}&before=1", address(MAKER)), vec![GIVEN]),
    ] {
        let page = api.get(&format!("/v1/energy/certificates{query}")).await.ok();
        assert_eq!(each(&page["certificates"], "number"), expected, "{query}");
    }
    let wrong = api.get("/v1/energy/certificates?state=lost").await;
    assert_eq!(wrong.fails(400, "invalid_parameter")["parameter"], "state");
    off.get("/v1/energy/certificates").await.fails(503, "index_disabled");
}

#[tokio::test]
async fn disputes_show_what_they_hold_back_who_voted_and_how_they_ended() {
    let api = Api::new();
    let open = api.get(&format!("/v1/energy/disputes/{UNDECIDED}")).await.ok();
    assert_eq!(
        (&open["state"], &open["bond"], &open["sales"]),
        (&json!("open"), &json!("50"), &json!([RETIRED]))
    );
    assert_eq!(open["subject"], json!({ "type": "certificate", "certificate": RETIRED }));
    assert_eq!(each(&open["votes"], "uphold"), [false]);
    assert_eq!(open["votes"][0]["height"], 10);
    assert!(open["standing"].as_str().unwrap().contains("0 of 3 oracles uphold it and 1 dismiss"));
    let bare = without_index().get(&format!("/v1/energy/disputes/{UNDECIDED}")).await.ok();
    assert_eq!(bare["votes"], json!([{ "oracle": address(ORACLES[0]), "uphold": false }]));
    let ended = api.get(&format!("/v1/energy/disputes/{ABOUT_SALE}")).await.ok();
    assert_eq!((&ended["state"], &ended["ended"]["reward"]), (&json!("upheld"), &json!("17")));
    assert_eq!(each(&ended["votes"], "uphold"), [false, true, true]);
    assert_eq!(
        (&ended["opener"], &ended["provider"]),
        (&json!(address(OPENER)), &json!(address(MAKER)))
    );
    assert!(ended["standing"].as_str().unwrap().starts_with("Upheld: 20 Wh"), "{ended}");
    let missing = api.get("/v1/energy/disputes/99").await;
    assert_eq!(missing.fails(404, "energy_dispute_not_found")["dispute"], 99);
    for (query, expected) in [
        ("", vec![UNDECIDED, ABOUT_SALE, ABOUT_READING]),
        ("?state=open", vec![UNDECIDED]),
        ("?state=upheld&before=1", vec![ABOUT_READING]),
        ("?state=lapsed", vec![]),
    ] {
        let page = api.get(&format!("/v1/energy/disputes{query}")).await.ok();
        assert_eq!(each(&page["disputes"], "number"), expected, "{query}");
    }
    let page = api.get("/v1/energy/disputes?limit=1").await.ok();
    assert_eq!((&page["next"], page["disputes"][0].get("votes")), (&json!(UNDECIDED), None));
    let wrong = api.get("/v1/energy/disputes?state=won").await;
    assert_eq!(wrong.fails(400, "invalid_parameter")["parameter"], "state");
    without_index().get("/v1/energy/disputes").await.fails(503, "index_disabled");
}

#[tokio::test]
async fn all_rules_and_all_grants_are_told() {
    let api = Api::new();
    let rules = api.get("/v1/energy/settlement").await.ok();
    assert_eq!(
        (each(&rules["versions"], "version"), rules.get("next")),
        (vec![json!(1), json!(0)], None)
    );
    assert_eq!(rules["versions"][0]["proposal"], 4);
    assert_eq!(rules["versions"][1]["payload"]["mode"], "batch");
    let page = api.get("/v1/energy/settlement?limit=1").await.ok();
    assert_eq!(page["next"], 1);
    let next = api.get("/v1/energy/settlement?limit=1&before=1").await.ok();
    assert_eq!((each(&next["versions"], "since"), next.get("next")), (vec![json!(1)], None));
    let grants = api.get(&format!("/v1/energy/grants/{}", address(MAKER))).await.ok();
    assert_eq!(each(&grants["grants"], "account"), [json!(address(DELEGATE))]);
    assert_eq!(
        (&grants["grants"][0]["role"], &grants["grants"][0]["active"]),
        (&json!("provider"), &json!(true))
    );
    let ended = api.get(&format!("/v1/energy/grants/{}", address(ORACLES[0]))).await.ok();
    assert_eq!(ended["grants"], json!([]));
    let admins = api.get("/v1/energy/admins").await.ok();
    let scopes = json!({ "submit_reading": false, "dispute": false, "settle": true });
    assert_eq!(each(&admins["grants"], "scopes"), [scopes]);
    let off = without_index();
    off.get("/v1/energy/admins").await.fails(503, "index_disabled");
    off.get("/v1/energy/settlement").await.ok();
}

#[test]
fn the_zone_of_the_story_is_the_one_that_queries_name() {
    assert_eq!(zone().as_str(), "NEM VIC&");
}
