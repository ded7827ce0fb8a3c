//! Histories of the chain, newest first, and events in words.

use super::{list::pages, safety};
use crate::cli::{
    context::Context,
    error::CliError,
    fields::{due, number, text},
    online::with_chain,
    output,
};
use althing_client::http::Client;
use serde_json::{Value, json};

/// Shows the newest events of a history.
///
/// # Errors
/// As any question to a node; exit code 1 if the node keeps no index.
pub(super) fn run(context: &Context, path: &str, limit: u32) -> Result<(), CliError> {
    with_chain(context, async |client, _| show(context, &client, path, limit).await)
}

/// The same with a client.
///
/// # Errors
/// As any question to a node; exit code 1 if the node keeps no index.
pub(super) async fn show(
    context: &Context,
    client: &Client,
    path: &str,
    limit: u32,
) -> Result<(), CliError> {
    let events = ask(client, path, limit).await?;
    match context.global.json {
        true => output::json(&json!({ "events": events })),
        false => print(&events),
    }
    Ok(())
}

/// The newest events of a history.
///
/// # Errors
/// As any question to a node; exit code 1 if the node keeps no index.
pub(super) async fn ask(client: &Client, path: &str, limit: u32) -> Result<Vec<Value>, CliError> {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let path = format!("{path}?limit={}", most.clamp(1, 100));
    let page = pages(client, &path, "events", most).await?;
    Ok(page.get("events").and_then(Value::as_array).cloned().unwrap_or_default())
}

/// Prints events as a table.
pub(super) fn print(events: &[Value]) {
    let row = |entry: &Value| {
        let words = words(entry.get("event").unwrap_or(&Value::Null));
        vec![number(entry, "height").to_string(), output::time(number(entry, "time_ms")), words]
    };
    let rows: Vec<Vec<String>> = events.iter().map(row).collect();
    output::rows(&["block", "time", "what happened"], &[0], &rows);
}

/// What an event says, for people.
pub(super) fn words(event: &Value) -> String {
    let text = |name: &str| text(event, name);
    let number = |name: &str| number(event, name);
    let kind = text("type");
    match kind.as_str() {
        "proposal-submitted" => "submitted".to_owned(),
        "proposal-opened" => "the vote begins".to_owned(),
        "proposal-passed" => "accepted".to_owned(),
        "proposal-rejected" => format!("rejected: {}", text("reason")),
        "proposal-enacted" => "enacted".to_owned(),
        "proposal-failed" => "could not happen".to_owned(),
        "proposal-cancelled" => "taken back".to_owned(),
        "parameter-changed" => {
            let name = event.pointer("/change/name").and_then(Value::as_str);
            format!("{} changed", name.unwrap_or_default())
        }
        "disbursement-advanced" => {
            format!("the disbursement is {} ({})", text("state"), text("reason"))
        }
        "upgrade-scheduled" => {
            format!("the upgrade to {} is planned for block {}", text("version"), number("height"))
        }
        "upgrade-postponed" => format!(
            "the upgrade to {} is put off to block {}: {} of {} validators are ready",
            text("version"),
            number("height"),
            number("ready"),
            number("members")
        ),
        "upgrade-cancelled" => {
            format!("the upgrade to {} is given up ({})", text("version"), text("reason"))
        }
        "upgraded" => format!("the rules are those of {}, before {}", text("to"), text("from")),
        "upgrade-failed" => {
            format!("the upgrade to {} failed ({})", text("version"), text("reason"))
        }
        "spec-offered" => format!("version {} is offered", number("version")),
        "spec-staged" => {
            format!("{} validators try version {}", number("cohort"), number("version"))
        }
        "spec-watched" => watched(event),
        "spec-activated" => {
            format!("version {} is in force, before {}", number("version"), number("previous"))
        }
        "spec-rolled-back" => {
            format!("version {} is rolled back ({})", number("version"), text("reason"))
        }
        "spec-withdrawn" => format!("version {} is offered no more", number("version")),
        _ => safety_words(event).unwrap_or_else(|| kind.replace('-', " ")),
    }
}

fn watched(event: &Value) -> String {
    let health = event.get("health").unwrap_or(&Value::Null);
    format!(
        "version {}: {} of {} run it; they missed {} of {} turns, the others {} of {}",
        number(event, "version"),
        number(health, "applied"),
        number(health, "cohort"),
        number(health, "missed"),
        number(health, "turns"),
        number(health, "other_missed"),
        number(health, "other_turns")
    )
}

/// The same for events of module `safety`.
fn safety_words(event: &Value) -> Option<String> {
    let (text, number) = (|name: &str| text(event, name), |name: &str| number(event, name));
    let order = || safety::in_words(event.get("order").unwrap_or(&Value::Null));
    Some(match text("type").as_str() {
        "override-approved" => format!(
            "call {} ({}): {} approves, {} of {}",
            number("call"),
            text("order"),
            text("member"),
            number("approvals"),
            number("needed")
        ),
        "override-used" => format!("call {}, use {}: {}", number("call"), number("used"), order()),
        "emergency-used" => format!("emergency, proposal {}: {}", number("proposal"), order()),
        "safety-rules-changed" => match event.get("rules").filter(|rules| !rules.is_null()) {
            Some(_) => format!("proposal {}: the override has other rules", number("proposal")),
            None => format!("proposal {}: the override is abolished", number("proposal")),
        },
        "change-begun" => format!(
            "change {} ({}) holds; it lapses after {} if it is not ratified",
            number("change"),
            text("order"),
            due(event.get("lapses"))
        ),
        "change-ended" => {
            format!("change {} ({}): {}", number("change"), text("order"), text("end"))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_with_what_they_are_about() {
        for (event, expected) in [
            (
                json!({ "type": "upgrade-scheduled", "version": "1.1.0", "height": 90 }),
                "the upgrade to 1.1.0 is planned for block 90",
            ),
            (
                json!({ "type": "override-used", "call": 3, "used": 1,
                    "order": { "type": "cancel-proposal", "proposal": 12 } }),
                "call 3, use 1: proposal 12 is cancelled",
            ),
            (
                json!({ "type": "safety-rules-changed", "proposal": 4, "rules": null }),
                "proposal 4: the override is abolished",
            ),
            (
                json!({ "type": "change-ended", "change": 2, "order": "set-spec", "end": "lapsed" }),
                "change 2 (set-spec): lapsed",
            ),
            (json!({ "type": "something-new" }), "something new"),
        ] {
            assert_eq!(words(&event), expected);
        }
    }
}
