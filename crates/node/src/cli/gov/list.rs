//! `althing gov list` and `althing gov show`.

use super::{history, propose, tally, value};
use crate::cli::{
    args::GovList,
    context::Context,
    error::CliError,
    fields::{amount, due, list as entries, number, text},
    output,
};
use althing_client::http::{Client, Version};
use althing_types::governance::{Action, Ballot};
use serde_json::{Value, json};

/// Characters of a title in a table.
const TITLE: usize = 44;

/// `althing gov list`
///
/// # Errors
/// As any question to a node.
pub(super) async fn list(
    context: &Context,
    client: &Client,
    args: &GovList,
) -> Result<(), CliError> {
    let mut path = format!("/v1/governance/proposals?limit={}", args.limit.min(100));
    for (name, value) in [("status", &args.status), ("kind", &args.kind)] {
        if let Some(value) = value {
            path += &format!("&{name}={value}");
        }
    }
    if let Some(proposer) = &args.proposer {
        path += &format!("&proposer={}", context.address(proposer)?);
    }
    let value = pages(client, &path, "proposals", args.limit as usize).await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let rows: Vec<Vec<String>> = entries(&value, "proposals").iter().map(row).collect();
    if rows.is_empty() {
        output::line("no proposals: `althing gov propose --help` says how to make one");
        return Ok(());
    }
    let header = ["number", "title", "does", "criticality", "decides", "status", "not before"];
    output::rows(&header, &[0], &rows);
    Ok(())
}

fn row(proposal: &Value) -> Vec<String> {
    let title = text(proposal, "title");
    let short: String = match title.chars().count() > TITLE {
        true => title.chars().take(TITLE - 1).chain(['…']).collect(),
        false => title,
    };
    let outcome = proposal.get("tally").map(|tally| text(tally, "outcome")).unwrap_or_default();
    let status = match text(proposal, "status").as_str() {
        "voting" => format!("voting ({outcome})"),
        "rejected" => format!("rejected ({})", text(proposal, "rejection")),
        other => other.to_owned(),
    };
    vec![
        number(proposal, "number").to_string(),
        short,
        text(proposal, "kind"),
        text(proposal, "criticality"),
        text(proposal, "houses"),
        status,
        due(proposal.get("due")),
    ]
}

/// Up to `most` entries of a listing that is paged by `before`.
///
/// # Errors
/// As any question to a node.
pub(crate) async fn pages(
    client: &Client,
    path: &str,
    name: &str,
    most: usize,
) -> Result<Value, CliError> {
    let mut whole: Value = client.get(path).await?;
    let mut all = entries(&whole, name);
    while all.len() < most {
        let next = match whole.get("next") {
            Some(Value::String(next)) => next.clone(),
            Some(Value::Number(next)) => next.to_string(),
            _ => break,
        };
        let page: Value = client.get(&format!("{path}&before={next}")).await?;
        all.extend(entries(&page, name));
        whole = page;
    }
    if all.len() > most {
        all.truncate(most);
    }
    whole[name] = Value::Array(all);
    Ok(whole)
}

/// `althing gov show`
///
/// # Errors
/// As any question to a node; exit code 5 if there is no such proposal.
pub(super) async fn show(
    context: &Context,
    client: &Client,
    chain: &Version,
    (proposal, most): (u64, u32),
) -> Result<(), CliError> {
    let mut value = tally::ask(client, proposal).await?;
    let path = format!("/v1/governance/proposals/{proposal}");
    let votes = format!("{path}/votes?limit={}", most.clamp(1, 100));
    let votes = pages(client, &votes, "votes", most as usize).await?;
    let happened: Value = client.get(&format!("{path}/events")).await?;
    let (votes, happened) = (entries(&votes, "votes"), entries(&happened, "events"));
    if context.global.json {
        value["votes"] = Value::Array(votes);
        value["events"] = Value::Array(happened);
        output::json(&value);
        return Ok(());
    }
    let ended = value.get("ended_height").is_some();
    let params = client.params().await?;
    let mut facts = vec![
        ("number", number(&value, "number").to_string()),
        ("title", text(&value, "title")),
        ("summary", text(&value, "summary")),
        ("link", text(&value, "link")),
        ("proposer", text(&value, "proposer")),
        ("deposit", output::tokens_of(amount(&value, "/deposit"), &chain.symbol)),
        ("criticality", text(&value, "criticality")),
        ("stands", tally::stands(&value)),
    ];
    facts.retain(|(_, text)| !text.is_empty());
    match action(&value) {
        Some(action) => facts.extend(propose::describe(
            &params,
            (!ended).then_some(&params),
            &action,
            &chain.symbol,
        )),
        None => facts.push(("does", value.get("action").map(Value::to_string).unwrap_or_default())),
    }
    output::facts(&facts);
    output::line(format!("\n{}", tally::houses(&value, &chain.symbol).join("\n")));
    show_votes(&votes, &chain.symbol);
    show_events(&happened);
    Ok(())
}

/// What a proposal does, as the chain reads it: without the texts for people beside it.
fn action(proposal: &Value) -> Option<Action> {
    let mut action = proposal.get("action")?.clone();
    action.as_object_mut()?.retain(|name, _| !name.ends_with("_display"));
    serde_json::from_value(action).ok()
}

fn show_votes(votes: &[Value], symbol: &str) {
    if votes.is_empty() {
        return;
    }
    let row = |vote: &Value| {
        let ballot = vote.get("ballot").cloned().map(serde_json::from_value::<Ballot>);
        let own = "own stake".to_owned();
        let (as_whom, by) = match vote.get("validator") {
            Some(_) => (
                format!("validator {}", text(vote, "validator_name")),
                match vote.get("by_hand").and_then(Value::as_bool) {
                    Some(false) => "its node",
                    _ => "its operator",
                },
            ),
            None => (own, "itself"),
        };
        vec![
            text(vote, "voter"),
            as_whom,
            ballot.and_then(Result::ok).map(|read| value::ballot(&read)).unwrap_or_default(),
            output::about(amount(vote, "/weight"), symbol),
            by.to_owned(),
            number(vote, "height").to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = votes.iter().map(row).collect();
    output::line("");
    output::rows(&["voter", "as", "votes", "stake behind it", "cast by", "block"], &[3, 5], &rows);
}

fn show_events(events: &[Value]) {
    if events.is_empty() {
        return;
    }
    let row = |entry: &Value| {
        let event = entry.get("event").cloned().unwrap_or(json!({}));
        let words = history::words(&event);
        vec![number(entry, "height").to_string(), output::time(number(entry, "time_ms")), words]
    };
    let rows: Vec<Vec<String>> = events.iter().map(row).collect();
    output::line("");
    output::rows(&["block", "time", "what happened"], &[0], &rows);
}
