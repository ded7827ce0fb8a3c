//! `althing validators`, and `althing query validators`.

use super::{
    args::{ValidatorsCommand, ValidatorsHeartbeat, ValidatorsLs, ValidatorsRegister},
    context::{Context, Signer},
    error::CliError,
    fields::{amount, cell, due, list, number, ratio, text},
    online::with_chain,
    outlook::find,
    output,
    tx::{Plan, carry_out},
};
use althing_client::{
    builder::Builder,
    http::{Client, Version},
};
use althing_types::{
    Text,
    message::{Health, RegisterNode},
};
use serde_json::Value;
use std::sync::Arc;

/// Runs `althing validators …`.
///
/// # Errors
/// Exit code 3 if the node does not answer, 5 if there is no such validator, and those of
/// transactions.
pub(crate) fn run(context: &Context, command: &ValidatorsCommand) -> Result<(), CliError> {
    match command {
        ValidatorsCommand::Ls(args) => {
            with_chain(context, async |client, chain| ls(context, &client, &chain, args).await)
        }
        ValidatorsCommand::Show { validator, epochs } => {
            with_chain(context, async |client, chain| {
                show(context, &client, &chain, validator, *epochs).await
            })
        }
        ValidatorsCommand::Register(args) => register(context, args),
        ValidatorsCommand::Heartbeat(args) => heartbeat(context, args),
    }
}

/// Stake for a table: what counts, and what counts from the next epoch on.
fn stake_cell(validator: &Value) -> String {
    match (cell(validator, "tokens").as_str(), cell(validator, "pending").as_str()) {
        (tokens, "-") => tokens.to_owned(),
        ("-", pending) => format!("0 +{pending}"),
        (tokens, pending) => format!("{tokens} +{pending}"),
    }
}

/// All pages of a listing that is paged by `offset`.
async fn pages(client: &Client, path: &str, name: &str) -> Result<Value, CliError> {
    let mut whole: Value = client.get(&format!("{path}&limit=100")).await?;
    while let Some(next) = whole.get("next").and_then(Value::as_str).map(str::to_owned) {
        let page: Value = client.get(&format!("{path}&limit=100&offset={next}")).await?;
        let more = list(&page, name);
        if let Some(entries) = whole.get_mut(name).and_then(Value::as_array_mut) {
            entries.extend(more);
        }
        match (page.get("next"), whole.as_object_mut()) {
            (Some(next), Some(fields)) => fields.insert("next".to_owned(), next.clone()),
            (None, Some(fields)) => fields.remove("next"),
            _ => None,
        };
    }
    Ok(whole)
}

/// `althing validators ls`
///
/// # Errors
/// As any question to a node.
pub(super) async fn ls(
    context: &Context,
    client: &Client,
    chain: &Version,
    args: &ValidatorsLs,
) -> Result<(), CliError> {
    let sort = args.sort.as_deref().unwrap_or("stake");
    let mut path = format!("/v1/validators?sort={sort}");
    if let Some(status) = &args.status {
        path += &format!("&status={status}");
    }
    let value = pages(client, &path, "validators").await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let rows: Vec<Vec<String>> = list(&value, "validators")
        .iter()
        .map(|v| {
            vec![
                number(v, "rank").to_string(),
                text(v, "name"),
                output::short(&text(v, "key")),
                stake_cell(v),
                ratio(v, "share"),
                ratio(v, "commission"),
                ratio(v, "score"),
                ratio(v, "registry_score"),
                text(v, "status"),
                due(v.get("jailed_until")),
            ]
        })
        .collect();
    output::line(format!(
        "epoch {}, {} in the set, quorum {}, staked {}\n",
        number(&value, "epoch"),
        output::count(number(&value, "members"), "validator"),
        number(&value, "quorum"),
        output::about(amount(&value, "/bonded"), &chain.symbol),
    ));
    let header = [
        "rank",
        "name",
        "key",
        "stake",
        "share",
        "commission",
        "performance",
        "uptime",
        "status",
        "jailed until",
    ];
    output::rows(&header, &[0, 3, 4, 5, 6, 7], &rows);
    Ok(())
}

async fn show(
    context: &Context,
    client: &Client,
    chain: &Version,
    name: &str,
    epochs: u32,
) -> Result<(), CliError> {
    let key = find(context, client, name).await?.key;
    let mut value: Value = client.get(&format!("/v1/validators/{key}")).await?;
    let path = format!("/v1/validators/{key}/history?limit={}", epochs.clamp(1, 100));
    // A node without an index has no histories.
    let history: Value = client.get(&path).await.unwrap_or_default();
    if context.global.json {
        value["history"] = history;
        output::json(&value);
        return Ok(());
    }
    let money = |name: &str| output::about(amount(&value, &format!("/{name}")), &chain.symbol);
    let mut facts = vec![
        ("name", text(&value, "name")),
        ("key", text(&value, "key")),
        ("operator", text(&value, "operator")),
        ("status", text(&value, "status")),
        ("rank", number(&value, "rank").to_string()),
        ("stake", format!("{}, {} of all", money("tokens"), ratio(&value, "share"))),
        ("own stake", money("own_stake")),
        ("counts later", money("pending")),
        ("may leave now", money("may_leave")),
        ("delegations", number(&value, "delegations").to_string()),
        ("commission", ratio(&value, "commission")),
    ];
    if value.get("room").is_some() {
        facts.push(("takes at most", money("room")));
    }
    if let Some(announced) = value.get("announced") {
        let then =
            format!("{} after {}", ratio(announced, "commission"), due(announced.get("due")));
        facts.push(("announced", then));
    }
    facts.extend([
        ("performance", ratio(&value, "score")),
        ("votes seen", votes(&value)),
        (
            "this epoch",
            match number(&value, "excused") {
                0 => {
                    format!("{} made, {} missed", number(&value, "made"), number(&value, "missed"))
                }
                excused => format!(
                    "{} made, {} missed, of which {excused} by a fault of the network",
                    number(&value, "made"),
                    number(&value, "missed")
                ),
            },
        ),
        ("in a row", format!("{} missed", number(&value, "streak"))),
        (
            "ever",
            format!(
                "{} made, {} missed",
                number(&value, "made_total"),
                number(&value, "missed_total")
            ),
        ),
        ("jails, slashes", format!("{}, {}", number(&value, "jails"), number(&value, "slashes"))),
        ("jailed until", due(value.get("jailed_until"))),
        ("uptime", ratio(&value, "registry_score")),
        ("endpoint", text(&value, "endpoint")),
        ("website", text(&value, "website")),
        ("description", text(&value, "description")),
    ]);
    if let Some(node) = value.get("node") {
        facts.push((
            "node",
            format!(
                "{} {} {}",
                text(node, "version"),
                text(node, "region"),
                text(node, "endpoint")
            ),
        ));
        if let Some(last) = node.get("last_heartbeat_ms").and_then(Value::as_u64) {
            facts.push(("last heartbeat", output::time(last)));
        }
    }
    facts.retain(|(_, text)| !text.is_empty());
    output::facts(&facts);
    show_epochs(&list(&history, "epochs"));
    Ok(())
}

/// Signatures in certificates, as the node that was asked saw them.
fn votes(validator: &Value) -> String {
    match validator.get("votes") {
        Some(votes) => {
            let (signed, all) = (number(votes, "signed"), number(votes, "certificates"));
            format!("in {signed} of {all} certificates that this node stored")
        }
        None => String::new(),
    }
}

fn show_epochs(epochs: &[Value]) {
    if epochs.is_empty() {
        return;
    }
    let rows: Vec<Vec<String>> = epochs
        .iter()
        .map(|entry| {
            let events: Vec<String> =
                list(entry, "events").iter().map(|event| text(event, "type")).collect();
            vec![
                number(entry, "epoch").to_string(),
                number(entry, "made").to_string(),
                number(entry, "missed").to_string(),
                ratio(entry, "score"),
                cell(entry, "reward"),
                cell(entry, "commission"),
                cell(entry, "tokens"),
                events.join(", "),
            ]
        })
        .collect();
    output::line("");
    let header =
        ["epoch", "made", "missed", "performance", "reward", "commission", "stake", "events"];
    output::rows(&header, &[0, 1, 2, 3, 4, 5, 6], &rows);
}

/// The text of a node within its bound.
fn node_text<const MAX: usize>(name: &str, value: &str) -> Result<Text<MAX>, CliError> {
    Text::new(value).map_err(|error| CliError::usage(format!("{name}: {error}")))
}

fn register(context: &Context, args: &ValidatorsRegister) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let key = Arc::new(context.consensus_key(args.key.validator_key.as_deref())?);
        let message = RegisterNode {
            validator: key.validator(),
            endpoint: node_text("--endpoint", &args.endpoint)?,
            version: node_text("the node's version", &chain.version)?,
            commit: node_text("the node's commit", &chain.commit)?,
            region: node_text("--region", &args.region)?,
        };
        let plan = Plan {
            facts: vec![
                ("validator", key.validator().to_string()),
                ("version", format!("{} ({})", chain.version, chain.commit)),
                ("region", args.region.clone()),
                ("endpoint", args.endpoint.clone()),
            ],
            question: "Describe this node in the registry".to_owned(),
        };
        let signer = Signer::Consensus(key);
        let builder = Builder::register_node(signer.public_key(), message);
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

fn heartbeat(context: &Context, args: &ValidatorsHeartbeat) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let key = Arc::new(context.consensus_key(args.key.validator_key.as_deref())?);
        let status = client.status().await?;
        let validator = key.validator();
        let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        // What only the node itself can measure stays 0.
        let health = Health {
            height: status.height,
            peers: small(status.peers),
            mempool: small(status.mempool_transactions),
            ..Health::default()
        };
        let plan = Plan {
            facts: vec![
                ("validator", validator.to_string()),
                ("height", status.height.to_string()),
                ("peers", status.peers.to_string()),
            ],
            question: "Send a heartbeat".to_owned(),
        };
        let signer = Signer::Consensus(key);
        let builder = Builder::heartbeat(signer.public_key(), validator, health);
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}
