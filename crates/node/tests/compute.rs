//! Proof of compute as people use it: the real binary with a worker on this processor, a task that is
//! bought on the command line, and weights that anybody can compute again.

use crate::{
    cli::text,
    network::{Network, free_home},
};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};

const NETWORK: [&str; 9] = [
    "--block-time",
    "150ms",
    "--epoch-length",
    "20",
    "--accounts",
    "3",
    "--param",
    "compute.dispute_window=5blocks",
    "--worker",
];
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks until there is an answer that is as it should be.
fn until(
    network: &Network,
    home: &Path,
    question: &[&str],
    good: impl Fn(&Value) -> bool,
) -> Value {
    let started = Instant::now();
    loop {
        let output = network.cli(home, &[&["--json"], question].concat());
        let answer: Option<Value> = serde_json::from_slice(&output.stdout).ok();
        if let Some(answer) = answer.filter(&good) {
            return answer;
        }
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(started.elapsed() < PATIENCE, "{question:?} stays {said}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The last account is the worker: it attests, is measured, and may work then.
fn ready(network: &Network, home: &Path) {
    let worker = until(network, home, &["compute", "worker", "dev:2"], |worker| {
        worker["devices"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["eligible"] == true))
    });
    assert_eq!(worker["devices"][0]["inventory"]["kind"], "cpu", "{worker}");
}

#[test]
fn a_task_that_is_bought_is_computed_checked_and_paid_and_weights_can_be_recomputed() {
    let (network, home) = (Network::start(&NETWORK), free_home());
    let home = home.path();
    ready(&network, home);
    let before = network.json(home, &["query", "account", "dev:0"]);

    let order = ["compute", "submit", "--shape", "int8:256x256x256", "--count", "2"];
    let bought = ["--price", "0.5", "--from", "dev:0", "--yes", "--wait", "--timeout", "2m"];
    let task = network.json(home, &[&order[..], &bought[..]].concat());
    assert_eq!((&task["state"], &task["purpose"]), (&json!("settled"), &json!("paid")), "{task}");
    // 85 of 100 parts of one token, 10 to who checked, 5 burned.
    let paid = ["worker", "validators", "burned"]
        .map(|to| task["settlement"][to]["amount_display"].as_str().unwrap_or_default().to_owned());
    assert_eq!(paid, ["0.85 CPC", "0.1 CPC", "0.05 CPC"], "{task}");
    let after = network.json(home, &["query", "account", "dev:0"]);
    let balance = |of: &Value| of["balance"].as_str().unwrap().parse::<u128>().unwrap();
    assert!(balance(&before) - balance(&after) >= 1_000_000_000_000_000_000);

    let refused = network.cli(
        home,
        &[&["--json"][..], &order[..], &["--price", "99999999", "--from", "dev:0", "--yes"][..]]
            .concat(),
    );
    assert_eq!(refused.status.code(), Some(4), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("insufficient_balance"));

    // Work of the network goes on by itself: an epoch has weights, and they are what its blocks say.
    let sheet = until(&network, home, &["compute", "weights"], |sheet| {
        sheet["over"] == true && sheet["results"].as_u64() > Some(0)
    });
    let epoch = sheet["epoch"].to_string();
    let verified = network.json(home, &["compute", "weights", &epoch, "--verify"]);
    assert_eq!((&verified["verified"], &verified["flaws"]), (&json!(true), &json!([])));
    let worker = network.json(home, &["compute", "worker", "dev:2"]);
    assert_eq!((&worker["strikes"], &worker["counters"]["wrong"]), (&json!(0), &json!(0)));
    assert!(worker["counters"]["accepted"].as_u64() > Some(1), "{worker}");
}

#[test]
fn what_is_asked_about_compute_without_work_has_an_answer() {
    let (network, home) = (Network::start(&["--validators", "1"]), free_home());
    let home = home.path();
    let summary = network.json(home, &["compute", "summary"]);
    assert_eq!(summary["workers"], 0, "{summary}");
    assert!(!network.json(home, &["compute", "prices"])["prices"].as_array().unwrap().is_empty());
    for (arguments, code, name) in [
        (&["compute", "show", "999"][..], 5, "task_not_found"),
        (&["compute", "worker", "dev:1"], 5, "worker_not_found"),
        (
            &["worker", "take", "--shape", "int8:300x300x300", "--from", "dev:1", "--yes"],
            2,
            "usage",
        ),
        (&["worker", "claim", "--from", "dev:1", "--yes"], 5, "worker_not_found"),
    ] {
        let output = network.cli(home, &[&["--json"], arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(name), "{}", text(&output.stderr));
    }
}
