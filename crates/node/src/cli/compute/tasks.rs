//! `althing compute show` and `althing compute list`.

use super::shape::shape_of;
use crate::cli::{
    args::ComputeList,
    context::Context,
    error::CliError,
    fields::{amount, due, list as entries, number, text},
    gov::pages,
    output,
};
use althing_client::http::{Client, Version};
use serde_json::{Value, json};

/// `althing compute list`
///
/// # Errors
/// As any question to a node.
pub(super) async fn list(
    context: &Context,
    client: &Client,
    chain: &Version,
    args: &ComputeList,
) -> Result<(), CliError> {
    let mut path = format!("/v1/compute/tasks?limit={}", args.limit.min(100));
    if let Some(state) = args.state {
        path += &format!("&state={state}");
    }
    if let Some(purpose) = args.purpose {
        path += &format!("&purpose={purpose}");
    }
    for (name, account) in [("requester", &args.requester), ("worker", &args.worker)] {
        if let Some(account) = account {
            path += &format!("&{name}={}", context.address(account)?);
        }
    }
    let value = pages(client, &path, "tasks", args.limit as usize).await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let rows: Vec<Vec<String>> =
        entries(&value, "tasks").iter().map(|task| row(task, chain)).collect();
    if rows.is_empty() {
        output::line("no tasks: `althing compute submit --help` says how to order one");
        return Ok(());
    }
    let header = ["task", "purpose", "products", "work", "in all", "state", "worker", "try", "why"];
    output::rows(&header, &[0, 3, 4, 7], &rows);
    Ok(())
}

fn row(task: &Value, chain: &Version) -> Vec<String> {
    let total = amount(task, "/total");
    let total = match total.is_zero() {
        true => "-".to_owned(),
        false => output::about(total, &chain.symbol),
    };
    let why = [text(task, "reason"), text(task, "refund")];
    let why: Vec<&str> = why.iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
    vec![
        number(task, "number").to_string(),
        text(task, "purpose"),
        format!("{} x {}", number(task, "count"), shape_of(task)),
        number(task, "units").to_string(),
        total,
        text(task, "state"),
        output::short(&text(task, "worker")),
        number(task, "attempt").to_string(),
        why.join(", "),
    ]
}

/// `althing compute show`
///
/// # Errors
/// As any question to a node; exit code 5 if there is no such task.
pub(super) async fn show(
    context: &Context,
    client: &Client,
    chain: &Version,
    task: u64,
) -> Result<(), CliError> {
    let mut value: Value = client.get(&format!("/v1/compute/tasks/{task}")).await?;
    // A node without an index knows no history.
    let events: Value = client
        .get(&format!("/v1/compute/tasks/{task}/events"))
        .await
        .unwrap_or_else(|_| json!({ "events": [] }));
    let events = entries(&events, "events");
    if context.global.json {
        value["events"] = Value::Array(events);
        output::json(&value);
        return Ok(());
    }
    output::facts(&facts(&value, chain));
    committee(&value);
    steps(&events);
    Ok(())
}

/// What people want to know about a task.
pub(super) fn facts(task: &Value, chain: &Version) -> Vec<(&'static str, String)> {
    let total = output::tokens_of(amount(task, "/total"), &chain.symbol);
    let each = output::tokens_of(amount(task, "/price"), &chain.symbol);
    let paid = text(task, "purpose") == "paid";
    let nested = |pointer: &str| {
        task.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let seed = match nested("/result/seed") {
        empty if empty.is_empty() => nested("/assignment/seed"),
        seed => seed,
    };
    let root = match nested("/result/root") {
        empty if empty.is_empty() => text(task, "root"),
        root => root,
    };
    let mut facts = vec![
        ("task", number(task, "number").to_string()),
        ("state", text(task, "state")),
        ("stands", text(task, "standing")),
        ("purpose", text(task, "purpose")),
        ("requester", text(task, "requester")),
        ("products", format!("{} x {}", number(task, "count"), shape_of(task))),
        ("work", output::count(number(task, "units"), "unit")),
        ("price", if paid { format!("{total}, {each} a product") } else { String::new() }),
        ("worker", text(task, "worker")),
        ("device", task.get("device").map(Value::to_string).unwrap_or_default()),
        ("attempt", number(task, "attempt").to_string()),
        ("seed", seed),
        ("result root", root),
        ("digest", nested("/result/digest")),
        ("deadline", due(task.pointer("/assignment/deadline"))),
        ("not before", due(task.get("due"))),
        ("proven wrong by", text(task, "prover")),
        ("created", created(task)),
    ];
    if let Some(settled) = task.get("settlement") {
        let money = |name: &str| {
            output::tokens_of(amount(settled, &format!("/{name}/amount")), &chain.symbol)
        };
        if paid {
            facts.push((
                "paid",
                format!(
                    "worker {}, validators {}, burned {}",
                    money("worker"),
                    money("validators"),
                    money("burned")
                ),
            ));
        } else if settled.get("factors").is_some() {
            let (credit, epoch) = (text(settled, "credit"), number(settled, "epoch"));
            facts.push(("credit", format!("{credit} millionths of a unit in epoch {epoch}")));
        }
    }
    facts.retain(|(_, text)| !text.is_empty());
    facts
}

fn created(task: &Value) -> String {
    let height = number(task, "created_height");
    match task.pointer("/times/created_ms").and_then(Value::as_u64) {
        Some(time) => format!("block {height}, {}", output::time(time)),
        None => format!("block {height}"),
    }
}

/// What the committee found.
fn committee(task: &Value) {
    let members = match task.pointer("/check/members").and_then(Value::as_array) {
        Some(members) => members.clone(),
        None => entries(task, "verdicts"),
    };
    if members.is_empty() {
        return;
    }
    let row = |member: &Value| {
        let verdict = text(member, "verdict");
        let faulted = member.get("faulted").and_then(Value::as_bool) == Some(true);
        vec![
            output::short(&text(member, "validator")),
            text(member, "validator_name"),
            if verdict.is_empty() { "-".to_owned() } else { verdict },
            if faulted { "called a wrong row right".to_owned() } else { String::new() },
        ]
    };
    let rows: Vec<Vec<String>> = members.iter().map(row).collect();
    output::line("");
    output::rows(&["checked by", "name", "found", "fault"], &[], &rows);
}

/// What happened, without votes, which the committee shows.
fn steps(events: &[Value]) {
    let row = |entry: &Value| {
        let event = entry.get("event").cloned().unwrap_or_default();
        let kind = text(&event, "type");
        let words = match kind.as_str() {
            "result-voted" => return None,
            "task-created" => "created".to_owned(),
            "task-assigned" => format!(
                "assigned to {}, device {}",
                output::short(&text(&event, "worker")),
                number(&event, "device")
            ),
            "task-committed" => format!("committed: root {}", output::short(&text(&event, "root"))),
            "task-challenged" => format!(
                "committee {} of {} drawn",
                number(&event, "round") + 1,
                output::count(entries(&event, "committee").len() as u64, "validator")
            ),
            "task-accepted" => "accepted".to_owned(),
            "task-settled" => "paid or credited".to_owned(),
            "task-rejected" => format!("attempt failed: {}", text(&event, "reason")),
            "task-refunded" => format!("price went back: {}", text(&event, "reason")),
            "result-disproved" => {
                let entry = |name| {
                    event.pointer(&format!("/entry/{name}")).and_then(Value::as_u64).unwrap_or(0)
                };
                format!(
                    "proven wrong: product {}, row {}, column {}",
                    entry("product"),
                    entry("row"),
                    entry("column")
                )
            }
            other => other.replace('-', " "),
        };
        Some(vec![
            number(entry, "height").to_string(),
            output::time(number(entry, "time_ms")),
            words,
        ])
    };
    let rows: Vec<Vec<String>> = events.iter().filter_map(row).collect();
    if rows.is_empty() {
        return;
    }
    output::line("");
    output::rows(&["block", "time", "what happened"], &[0], &rows);
}
