//! `althing compute workers` and `althing compute worker`.

use crate::cli::{
    args::ComputeWorkers,
    context::Context,
    error::CliError,
    fields::{amount, cell, due, list as entries, number, ratio, text},
    output,
};
use althing_client::http::{Client, Version};
use althing_types::Address;
use serde_json::Value;

/// Most workers that a node tells at a time.
const PAGE: u32 = 100;

/// `althing compute workers`
///
/// # Errors
/// As any question to a node.
pub(super) async fn list(
    context: &Context,
    client: &Client,
    chain: &Version,
    args: &ComputeWorkers,
) -> Result<(), CliError> {
    let most = args.limit as usize;
    let mut base = format!("/v1/compute/workers?limit={}", args.limit.min(PAGE));
    if let Some(state) = args.state {
        base += &format!("&state={state}");
    }
    let mut value: Value = client.get(&base).await?;
    let mut all = entries(&value, "workers");
    while all.len() < most {
        let Some(next) = value.get("next").and_then(Value::as_str) else { break };
        value = client.get(&format!("{base}&after={next}")).await?;
        all.extend(entries(&value, "workers"));
    }
    all.truncate(most);
    if context.global.json {
        value["workers"] = Value::Array(all);
        output::json(&value);
        return Ok(());
    }
    if all.is_empty() {
        output::line("no workers: `althing worker register --help` says how to become one");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = all.iter().map(|worker| row(worker, chain)).collect();
    let header = [
        "worker",
        "state",
        "devices",
        "stake",
        "reputation",
        "uptime",
        "accepted",
        "wrong",
        "open",
    ];
    output::rows(&header, &[3, 4, 5, 6, 7, 8], &rows);
    Ok(())
}

fn row(worker: &Value, chain: &Version) -> Vec<String> {
    let devices = entries(worker, "devices");
    let of = |kind: &str| {
        let is = |device: &&Value| {
            device.pointer("/inventory/kind").and_then(Value::as_str) == Some(kind)
        };
        devices.iter().filter(is).count()
    };
    let counter = |name: &str| {
        worker.get("counters").map_or(0, |counters| number(counters, name)).to_string()
    };
    let kinds: Vec<String> = ["gpu", "cpu"]
        .into_iter()
        .filter(|kind| of(kind) > 0)
        .map(|kind| format!("{} {kind}", of(kind)))
        .collect();
    vec![
        text(worker, "address"),
        text(worker, "state"),
        if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") },
        output::about(amount(worker, "/stake"), &chain.symbol),
        ratio(worker, "reputation"),
        ratio(worker, "uptime"),
        counter("accepted"),
        counter("wrong"),
        entries(worker, "tasks").len().to_string(),
    ]
}

/// `althing compute worker` and `althing worker status`
///
/// # Errors
/// As any question to a node; exit code 5 if the account is no worker.
pub(in crate::cli) async fn one(
    context: &Context,
    client: &Client,
    address: Address,
) -> Result<(), CliError> {
    let value: Value = client.get(&format!("/v1/compute/workers/{address}")).await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    output::facts(&facts(&value));
    devices(&entries(&value, "devices"));
    claims(&entries(&value, "claims"));
    Ok(())
}

fn facts(worker: &Value) -> Vec<(&'static str, String)> {
    let counters = worker.get("counters").cloned().unwrap_or_default();
    let count = |name: &str| number(&counters, name);
    let tasks: Vec<String> = entries(worker, "tasks").iter().map(Value::to_string).collect();
    let heard = match worker.get("heard").and_then(Value::as_u64) {
        Some(time) => format!("{}, version {}", output::time(time), text(worker, "version")),
        None => "never".to_owned(),
    };
    let mut facts = vec![
        ("worker", text(worker, "address")),
        ("state", text(worker, "state")),
        ("endpoint", text(worker, "endpoint")),
        ("stake", text(worker, "stake_display")),
        ("paid back", due(worker.get("unbonds"))),
        ("heard", heard),
        (
            "reputation",
            format!(
                "{} = {} right x {} in time",
                ratio(worker, "reputation"),
                ratio(worker, "success"),
                ratio(worker, "timeliness")
            ),
        ),
        ("uptime", ratio(worker, "uptime")),
        (
            "results",
            format!(
                "{} accepted, {} planted, {} wrong, {} withheld",
                count("accepted"),
                count("planted"),
                count("wrong"),
                count("withheld")
            ),
        ),
        (
            "tasks",
            format!(
                "{} assigned, {} committed, {} late, {} expired",
                count("assigned"),
                count("committed"),
                count("late"),
                count("expired")
            ),
        ),
        ("strikes", format!("{} of {}", number(worker, "strikes"), number(worker, "max_strikes"))),
        ("works on", if tasks.is_empty() { "nothing".to_owned() } else { tasks.join(" ") }),
        ("can claim", text(worker, "claimable_display")),
    ];
    facts.retain(|(_, text)| !text.is_empty());
    facts
}

/// Milli-TFLOPS for people.
pub(super) fn speed(milli: u64) -> String {
    match milli {
        0 => "-".to_owned(),
        _ => format!("{}.{:03} TFLOPS", milli / 1_000, milli % 1_000),
    }
}

/// Memory for people.
fn memory(mib: u64) -> String {
    format!("{}.{} GiB", mib / 1_024, mib % 1_024 * 10 / 1_024)
}

fn devices(devices: &[Value]) {
    if devices.is_empty() {
        output::line("\nno devices: `althing worker attest` describes one");
        return;
    }
    let row = |device: &Value| {
        let inventory = device.get("inventory").cloned().unwrap_or_default();
        let performance = device.pointer("/measured/performance").and_then(Value::as_u64);
        let works = device.get("eligible").and_then(Value::as_bool) == Some(true);
        let flagged = device.get("flagged").and_then(Value::as_bool) == Some(true);
        vec![
            number(device, "device").to_string(),
            text(&inventory, "kind"),
            text(&inventory, "model"),
            memory(number(&inventory, "memory_mib")),
            format!("{} of 100", number(device, "score")),
            speed(performance.unwrap_or(0)),
            ratio(device, "tier"),
            match (works, flagged) {
                (true, false) => "yes".to_owned(),
                (true, true) => "yes, flagged: its speed varies".to_owned(),
                (false, _) => "no".to_owned(),
            },
        ]
    };
    let rows: Vec<Vec<String>> = devices.iter().map(row).collect();
    output::line("");
    let header = ["device", "kind", "model", "memory", "score", "speed", "counts", "may work"];
    output::rows(&header, &[0, 3, 4, 5, 6], &rows);
    for device in devices {
        let about: Vec<String> = report(device).into_iter().chain(lacks(device)).collect();
        if !about.is_empty() {
            output::line(format!("\ndevice {}:", number(device, "device")));
            about.iter().for_each(|sentence| output::line(format!("  {sentence}")));
        }
    }
}

/// What became of the report that a device signed itself, as a sentence; none if there was none.
fn report(device: &Value) -> Option<String> {
    let report = device.get("report")?;
    let (state, height) = (text(report, "state"), number(report, "height"));
    let until = due(report.get("expires"));
    let counts = report.get("counts").and_then(Value::as_bool) == Some(true);
    let counts =
        if counts { format!("counts until {until}") } else { "has expired: attest again".into() };
    match state.as_str() {
        "verified" => {
            let (chip, identity) = (text(report, "chip"), text(report, "identity"));
            let mut said = format!(
                "report signed by the chip: verified at height {height}, {counts}; {chip}, chip {identity}"
            );
            if let Some(contradiction) = report.get("contradiction").and_then(Value::as_str) {
                said += &format!("; takes points away: {contradiction}");
            }
            Some(said)
        }
        "refused" => Some(format!(
            "report signed by the chip: refused at height {height}, {counts}; {}",
            text(report, "reason")
        )),
        _ => None,
    }
}

/// What a device lacks, as sentences.
fn lacks(device: &Value) -> Vec<String> {
    let levels = entries(device, "missing").into_iter().map(|level| {
        format!(
            "{} {} of {}: {}",
            text(&level, "level"),
            number(&level, "points"),
            number(&level, "most"),
            text(&level, "message")
        )
    });
    let obstacles = entries(device, "obstacles").into_iter();
    obstacles.filter_map(|it| it.as_str().map(str::to_owned)).chain(levels).collect()
}

fn claims(claims: &[Value]) {
    if claims.is_empty() {
        return;
    }
    let row = |claim: &Value| {
        let reward = claim
            .get("reward")
            .map_or_else(|| "the epoch runs".to_owned(), |reward| cell(reward, "amount"));
        vec![
            number(claim, "epoch").to_string(),
            text(claim, "weight"),
            text(claim, "total"),
            reward,
        ]
    };
    let rows: Vec<Vec<String>> = claims.iter().map(row).collect();
    output::line("");
    output::rows(&["epoch", "weight", "of all", "earns"], &[0, 1, 2, 3], &rows);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(speed(0), "-");
        assert_eq!(speed(82_050), "82.050 TFLOPS");
        assert_eq!(memory(24_564), "23.9 GiB");
    }

    #[test]
    fn what_became_of_a_signed_report_is_said_in_a_sentence() {
        assert_eq!(report(&json!({})), None);
        assert_eq!(report(&json!({ "report": { "state": "none", "counts": false } })), None);
        let expires = json!({ "height": 40, "time": 0 });
        let mut verified = json!({ "report": {
            "state": "verified", "counts": true, "height": 12, "expires": expires,
            "chip": "GH100", "identity": "22ab",
        } });
        let said = report(&verified).unwrap();
        assert!(said.contains("verified at height 12, counts until "), "{said}");
        assert!(said.ends_with("GH100, chip 22ab"), "{said}");
        verified["report"]["contradiction"] = json!("another driver");
        let said = report(&verified).unwrap();
        assert!(said.ends_with("takes points away: another driver"), "{said}");
        let refused = json!({ "report": {
            "state": "refused", "counts": false, "height": 12, "expires": expires,
            "reason": "the attestation key did not sign it",
        } });
        let said = report(&refused).unwrap();
        assert!(said.contains("refused at height 12, has expired: attest again"), "{said}");
        assert!(said.ends_with("the attestation key did not sign it"), "{said}");
    }

    #[test]
    fn what_a_device_lacks_is_said_in_sentences() {
        let device = json!({
            "missing": [{ "level": "driver", "points": 0, "most": 20, "message": "Not listed." }],
            "obstacles": ["It needs a benchmark."],
        });
        assert_eq!(lacks(&device), ["It needs a benchmark.", "driver 0 of 20: Not listed."]);
    }
}
