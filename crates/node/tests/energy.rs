//! Metered energy as people use it: the real binary, a meter with a key of its own, an oracle that
//! governance admits, a sale that is paid, and what is refused.

use crate::{
    cli::text,
    gov::{World, example},
};
use serde_json::{Value, json};

const ENERGY: [&str; 2] = ["--param", "energy.dispute_window=5blocks"];

fn number(answer: &Value, event: &str, field: &str) -> String {
    let events = answer["events"].as_array().unwrap();
    let found = events.iter().find(|it| it["type"] == event);
    found.unwrap_or_else(|| panic!("no {event}: {answer}"))[field].to_string().replace('"', "")
}

/// dev:1 is an oracle with all the weight, and energy is sold at tariffs.
fn admit(world: &World) {
    world.transact("dev:1", &["energy", "oracle", "register", "--name", "Meter lab"]);
    let oracle = world.ask(&["query", "account", "dev:1"])["address"].clone();
    let mut admission = example("energy_oracle.json");
    admission["action"]["oracle"] = oracle;
    let mut rules = example("energy_settlement.json");
    rules["action"]["settlement"]["expiry_blocks"] = json!(600);
    let files = [world.write("oracle.json", &admission), world.write("rules.json", &rules)];
    let numbers = files.map(|file| world.propose(&["--file", &file]));
    for proposal in numbers {
        world.approve(proposal);
    }
    for proposal in numbers {
        world.until_status(proposal, "enacted");
    }
    let status = world.ask(&["energy", "status"]);
    assert_eq!(status["settlement"]["mode"], "real-time", "{status}");
    assert_eq!(status["oracles"][0]["part"], 1_000_000, "{status}");
}

/// dev:0 is a provider with one meter: the file of its key, and its id.
fn meter(world: &World) -> (String, String) {
    let shown = world.human(&[
        "energy",
        "provider",
        "register",
        "--name",
        "Roof 12",
        "--zone",
        "NEM-VIC",
        "--capacity",
        "5kW",
        "--from",
        "dev:0",
        "--dry-run",
    ]);
    for expected in ["5 kW", "150.75 CPC", "a refused batch", "NEM-VIC, for good"] {
        assert!(shown.contains(expected), "{expected}:\n{shown}");
    }
    let register = ["energy", "provider", "register", "--name", "Roof 12"];
    let place = ["--zone", "NEM-VIC", "--capacity", "5kW"];
    world.transact("dev:0", &[&register[..], &place].concat());
    let file = world.home.path().join("roof.key").to_str().unwrap().to_owned();
    world.ask(&["energy", "meter", "new-key", &file]);
    let (exit, error) = world.refusal(&["energy", "meter", "new-key", &file]);
    assert_eq!((exit, &error["code"]), (7, &json!("meter_key_exists")));
    let bind = ["energy", "meter", "register", "--key", &file, "--max", "5kW"];
    let bound = world.transact("dev:0", &bind);
    (file, number(&bound, "meter-registered", "meter"))
}

#[test]
fn a_reading_is_signed_submitted_attested_and_sold_once() {
    let world = World::with(&ENERGY);
    admit(&world);
    let (key, id) = meter(&world);

    // What was signed elsewhere comes back from its file as it was, and counts once.
    let sign = ["energy", "submit-reading", "--key", &key, "--wh", "0.08kWh", "--minutes", "1"];
    let signed = world.ask(&[&sign[..], &["--sign-only"]].concat());
    assert_eq!((&signed[0]["wh"], &signed[0]["sequence"]), (&json!(80), &json!(0)), "{signed}");
    let file = world.write("reading.json", &signed);
    let submit = ["energy", "submit-reading", "--file", &file];
    let sent = world.transact("dev:0", &submit);
    let batch = number(&sent, "readings-submitted", "batch");
    let again = [&submit[..], &["--from", "dev:0", "--yes"]].concat();
    let (exit, error) = world.refusal(&again);
    assert_eq!((exit, &error["code"]), (4, &json!("reading_replayed")), "{error}");
    let others = [&submit[..], &["--from", "dev:2", "--provider", "dev:0", "--yes"]].concat();
    let (exit, error) = world.refusal(&others);
    assert_eq!((exit, &error["code"]), (4, &json!("scope_missing")), "{error}");

    world.transact("dev:1", &["energy", "attest", &batch, "--agree", "all"]);
    world.until("the index", |world| {
        world.ask(&["energy", "batch", &batch])["readings"][0]["state"] == "attested"
    });
    let page = world.human(&["energy", "batch", &batch]);
    assert!(page.contains("0.08 kWh") && page.contains("attested"), "{page}");

    // 0.06 kWh at half a token a kWh: 0.03, of which the treasury gets 0.5 %.
    world.transact("dev:0", &["energy", "tariff", "--price", "0.5", "--wh", "1kWh"]);
    let slot = signed[0]["start"].to_string();
    let buy = ["energy", "buy", "dev:0", "--slot", &slot, "--wh", "60Wh"];
    let bought = world.transact("dev:2", &buy);
    let certificate = number(&bought, "energy-sold", "certificate");
    assert_eq!(number(&bought, "energy-sold", "paid"), "30000000000000000");
    world.until("the payment", |world| {
        world.ask(&["energy", "provider", "show", "dev:0"])["counters"]["earned"]
            == "29850000000000000"
    });
    world.transact("dev:2", &["energy", "certificate", "transfer", &certificate, "dev:3"]);
    world.transact("dev:3", &["energy", "certificate", "retire", &certificate]);
    let twice = ["energy", "certificate", "retire", &certificate, "--from", "dev:3", "--yes"];
    let output_of = |arguments: &[&str]| world.refusal(arguments);
    assert_eq!(output_of(&twice).0, 4);
    let shown = world.human(&["energy", "certificate", "show", &certificate]);
    assert!(shown.contains("retired") && shown.contains("0.06 kWh"), "{shown}");

    // A stolen key.
    world.transact("dev:0", &["energy", "meter", "revoke", &id]);
    let (exit, error) = world.refusal(&[&sign[..], &["--from", "dev:0", "--yes"]].concat());
    assert_eq!((exit, &error["code"]), (4, &json!("meter_revoked")), "{error}");
    let shown = world.human(&["energy", "meter", "show", &id]);
    assert!(shown.contains("revoked"), "{shown}");
    let supply = world.ask(&["query", "supply", "--audit"]);
    assert_eq!(supply["audit"]["agrees"], true, "{supply}");
}

#[test]
fn what_is_asked_about_energy_without_any_has_an_answer() {
    let world = World::with(&[]);
    let status = world.human(&["energy", "status"]);
    assert!(status.contains("no oracle has a weight"), "{status}");
    for empty in [
        &["energy", "provider", "list"][..],
        &["energy", "oracle", "list"],
        &["energy", "batches"],
        &["energy", "slots"],
        &["energy", "tariffs"],
        &["energy", "orders", "dev:1"],
        &["energy", "grants", "dev:1"],
        &["energy", "certificate", "list"],
        &["energy", "dispute", "list"],
        &["energy", "market", "NEM-VIC"],
    ] {
        assert!(!world.human(empty).trim().is_empty(), "{empty:?}");
    }
    let absent = "77".repeat(32);
    for (arguments, code, name) in [
        (&["energy", "provider", "show", "dev:1"][..], 5, "provider_not_found"),
        (&["energy", "meter", "show", &absent], 5, "meter_not_found"),
        (&["energy", "batch", "9"], 5, "batch_not_found"),
        (&["energy", "oracle", "show", "dev:1"], 5, "oracle_not_found"),
        (&["energy", "certificate", "show", "9"], 5, "certificate_not_found"),
        (&["energy", "dispute", "show", "9"], 5, "energy_dispute_not_found"),
        (&["energy", "meter", "revoke", "xyz", "--from", "dev:1", "--yes"], 2, "usage"),
        (&["energy", "provider", "leave", "--from", "dev:1", "--yes"], 5, "provider_not_found"),
        (
            &["energy", "tariff", "--price", "1", "--wh", "1kWh", "--from", "dev:1", "--yes"],
            4,
            "wrong_settlement_mode",
        ),
    ] {
        let (exit, error) = world.refusal(arguments);
        assert_eq!((exit, &error["code"]), (code, &json!(name)), "{arguments:?}: {error}");
    }
}

#[test]
fn the_daemon_shows_what_it_would_send_and_what_is_wrong_with_a_file() {
    let home = crate::network::free_home();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_althing"));
        command.current_dir(home.path()).arg("--home").arg(home.path()).args(arguments);
        command.output().unwrap()
    };
    assert!(run(&["oracle", "init"]).status.success());
    let again = run(&["--json", "oracle", "init"]);
    assert_eq!(again.status.code(), Some(1), "{}", text(&again.stderr));
    let values = ["0.25"; 48].join(",");
    let good = format!(
        "100,NEM12,202401010000,A,B\n200,NMI0000001,B1,1,B1,N1,S1,kWh,30,\n\
         300,20240101,{values},A,,,,\n900\n"
    );
    std::fs::write(home.path().join("good.csv"), &good).unwrap();
    std::fs::write(home.path().join("bad.csv"), good.replace("900\n", "")).unwrap();
    let shown = run(&["oracle", "check", "good.csv"]);
    let shown = text(&shown.stdout);
    assert!(shown.contains("NMI0000001") && shown.contains("12000"), "{shown}");
    let refused = run(&["--json", "oracle", "check", "bad.csv"]);
    assert_eq!(refused.status.code(), Some(6), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("nem_end_missing"), "{}", text(&refused.stderr));
    let config = "[[source]]\nname = \"roof\"\nformat = \"nem12\"\npath = \"good.csv\"\n[attest]\n";
    std::fs::write(home.path().join("plain.toml"), config).unwrap();
    let preview = run(&["--json", "oracle", "run", "--config", "plain.toml", "--dry-run"]);
    let preview: Value = serde_json::from_slice(&preview.stdout).unwrap();
    assert_eq!(
        (&preview["rows"][0]["wh"], &preview["rows"][0]["intervals"]),
        (&json!(12_000), &json!(48))
    );
    let wrong = run(&["--json", "oracle", "run", "--config", "nowhere.toml", "--dry-run"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong.stderr));
}
