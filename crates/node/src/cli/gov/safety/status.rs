//! `althing gov override status`.

use super::in_words;
use crate::cli::{
    context::Context,
    error::CliError,
    fields::{due, list, number, text},
    gov::{history, value},
    online::with_chain,
    output,
};
use althing_client::http::Client;
use althing_types::Period;
use serde_json::Value;

/// `althing gov override status`
///
/// # Errors
/// As any question to a node.
pub(in crate::cli::gov) fn status(context: &Context, events: u32) -> Result<(), CliError> {
    with_chain(context, async |client, _| {
        let mut safety = client.safety().await?;
        let past = past(&client, events).await?;
        if context.global.json {
            safety["events"] = past.map_or(Value::Null, Value::Array);
            output::json(&safety);
            return Ok(());
        }
        show(&safety);
        match past {
            None => output::line("\nwhat happened so far: this node keeps no index"),
            Some(past) if past.is_empty() => {}
            Some(past) => {
                output::line("");
                history::print(&past);
            }
        }
        Ok(())
    })
}

/// What happened so far; `None` if the node keeps no index.
async fn past(client: &Client, events: u32) -> Result<Option<Vec<Value>>, CliError> {
    if events == 0 {
        return Ok(Some(Vec::new()));
    }
    match history::ask(client, "/v1/safety/history", events).await {
        Ok(events) => Ok(Some(events)),
        Err(error) if error.code == "index_disabled" => Ok(None),
        Err(error) => Err(error),
    }
}

fn words(value: &Value, name: &str) -> Vec<String> {
    list(value, name).iter().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

fn period(value: &Value, name: &str) -> String {
    let period = value.get(name).unwrap_or(&Value::Null);
    value::period(Period { blocks: number(period, "blocks"), ms: number(period, "ms") })
}

fn show(safety: &Value) {
    match safety.get("override") {
        None => output::line("nobody holds a safety override on this chain"),
        Some(held) => output::facts(&facts(held, safety.get("limits").unwrap_or(&Value::Null))),
    }
    let calls = safety.pointer("/override/calls").and_then(Value::as_array);
    let rows: Vec<Vec<String>> = calls.into_iter().flatten().map(call).collect();
    if !rows.is_empty() {
        output::line("");
        output::rows(&["call", "orders", "approved by", "missing", "until"], &[0, 3], &rows);
    }
    let rows: Vec<Vec<String>> = list(safety, "changes").iter().map(change).collect();
    if !rows.is_empty() {
        output::line("");
        output::rows(&["change", "made by", "lapses", "ratified by"], &[0], &rows);
    }
}

fn facts(held: &Value, limits: &Value) -> Vec<(&'static str, String)> {
    let members = words(held, "members");
    let used = number(held, "used");
    let used = match held.get("uses").and_then(Value::as_u64) {
        Some(uses) => format!("{used} of {}", output::count(uses, "time")),
        None => format!("{}, without a limit", output::count(used, "time")),
    };
    let last = match held.get("last_use_height").and_then(Value::as_u64) {
        Some(height) => format!("block {height}, {}", output::time(number(held, "last_use_ms"))),
        None => "never".to_owned(),
    };
    let is = match text(held, "status").as_str() {
        "resting" => format!("resting until {}", due(held.get("ready"))),
        "spent" => "spent: it can be used no more under these rules".to_owned(),
        other => other.to_owned(),
    };
    let needed = number(held, "needed");
    vec![
        ("held by", format!("{needed} of {}", output::count(members.len() as u64, "member"))),
        ("members", members.join(", ")),
        ("may order", words(held, "allowed").join(", ")),
        ("is", is),
        ("used", used),
        ("used last", last),
        ("rests for", period(held, "cooldown")),
        ("a call waits for", period(limits, "call")),
        ("longest pause", period(limits, "max_pause")),
        ("unratified holds for", period(limits, "ratification")),
    ]
}

fn call(call: &Value) -> Vec<String> {
    let until = match call.get("expired").and_then(Value::as_bool) {
        Some(true) => "too late".to_owned(),
        _ => due(call.get("expires")),
    };
    vec![
        number(call, "call").to_string(),
        in_words(call.get("order").unwrap_or(&Value::Null)),
        words(call, "approvals").join(", "),
        number(call, "missing").to_string(),
        until,
    ]
}

fn change(change: &Value) -> Vec<String> {
    let ratified = match change.get("proposal").and_then(Value::as_u64) {
        Some(proposal) => format!("proposal {proposal}"),
        None => format!("`althing gov propose ratify {}`", number(change, "change")),
    };
    vec![
        number(change, "change").to_string(),
        text(change, "order"),
        due(change.get("lapses")),
        ratified,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn limits_and_what_is_used_of_them_are_told() {
        let held = json!({
            "members": ["a", "b", "c"], "needed": 2, "allowed": ["pause-treasury"], "used": 1,
            "uses": 3, "cooldown": { "blocks": 5, "ms": 0 }, "last_use_height": 9, "last_use_ms": 0,
            "ready": { "height": 14, "time": 0 }, "status": "resting", "calls": [],
        });
        let facts = facts(&held, &json!({ "call": { "blocks": 0, "ms": 86_400_000 } }));
        let fact = |name| &facts.iter().find(|(found, _)| *found == name).unwrap().1;
        assert_eq!(fact("held by"), "2 of 3 members");
        assert_eq!(fact("used"), "1 of 3 times");
        assert_eq!(fact("is"), "resting until block 14");
    }
}
