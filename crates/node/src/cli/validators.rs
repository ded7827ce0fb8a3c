//! `althing validators`, and the questions about stake.

use super::{
    args::{
        EconomicsArgs, ValidatorsCommand, ValidatorsHeartbeat, ValidatorsLs, ValidatorsRegister,
    },
    context::{Context, Signer},
    error::CliError,
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
    Amount, Text,
    message::{Health, RegisterNode},
};
use serde_json::{Value, json};
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

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}

fn amount(value: &Value, pointer: &str) -> Amount {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.and_then(|text| text.parse().ok()).unwrap_or(Amount::ZERO)
}

/// An amount for a table; nothing is a dash.
fn cell(value: &Value, name: &str) -> String {
    let amount = amount(value, &format!("/{name}"));
    if amount.is_zero() {
        return "-".to_owned();
    }
    let text = output::about(amount, "");
    text.trim_end().to_owned()
}

fn ratio(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_u64).map_or_else(|| "-".to_owned(), output::percent)
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// A moment in the future.
fn due(value: Option<&Value>) -> String {
    let Some(due) = value else { return String::new() };
    let (height, time) = (number(due, "height"), number(due, "time"));
    match (height, time) {
        (0, time) => output::time(time),
        // Before a period of blocks only, the time is that of its beginning.
        (height, _) => format!("block {height}"),
    }
}

/// When an entry is paid: not before a block, and not before a time that has not come yet.
fn due_both(entry: &Value) -> String {
    let Some(due) = entry.get("due") else { return String::new() };
    let blocks = format!("block {}", number(due, "height"));
    let left = match (number(entry, "blocks_left"), number(entry, "ms_left")) {
        (blocks, 0) => format!("in {blocks} blocks"),
        (_, ms) => format!("in {}", output::duration(ms)),
    };
    match number(entry, "ms_left") {
        0 => format!("{blocks}, {left}"),
        _ => format!("{blocks} and {}, {left}", output::time(number(due, "time"))),
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

/// `althing query delegations`
///
/// # Errors
/// As any question to a node.
pub(super) async fn delegations(
    context: &Context,
    client: &Client,
    chain: &Version,
    name: &str,
) -> Result<(), CliError> {
    let address = context.address(name)?;
    let value: Value = client.get(&format!("/v1/delegator/{address}/delegations")).await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let entries = list(&value, "delegations");
    output::line(format!(
        "{address} delegates {} to {}",
        output::about(amount(&value, "/staked"), &chain.symbol),
        output::count(entries.len() as u64, "validator")
    ));
    if entries.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|entry| {
            vec![
                text(entry, "validator_name"),
                output::short(&text(entry, "validator")),
                cell(entry, "amount"),
                cell(entry, "pending"),
                cell(entry, "locked"),
                due(entry.get("locked_until")),
                number(entry, "created_height").to_string(),
            ]
        })
        .collect();
    output::line("");
    let header =
        ["validator", "key", "amount", "counts later", "locked", "locked until", "since block"];
    output::rows(&header, &[2, 3, 4, 6], &rows);
    Ok(())
}

/// `althing query unbonding`
///
/// # Errors
/// As any question to a node.
pub(super) async fn unbonding(
    context: &Context,
    client: &Client,
    chain: &Version,
    name: &str,
) -> Result<(), CliError> {
    let address = context.address(name)?;
    let value: Value = client.get(&format!("/v1/delegator/{address}/unbonding")).await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let waiting = list(&value, "entries");
    output::line(format!(
        "{address} waits for {} in {}",
        output::about(amount(&value, "/unbonding"), &chain.symbol),
        output::count(waiting.len() as u64, "payment")
    ));
    let rows: Vec<Vec<String>> = waiting
        .iter()
        .chain(&list(&value, "paid"))
        .map(|entry| {
            let when = match entry.get("paid_height").and_then(Value::as_u64) {
                Some(height) => format!("paid at block {height}"),
                None => due_both(entry),
            };
            vec![
                number(entry, "entry").to_string(),
                text(entry, "validator_name"),
                cell(entry, "amount"),
                cell(entry, "slashed"),
                number(entry, "began_height").to_string(),
                when,
            ]
        })
        .collect();
    if !rows.is_empty() {
        output::line("");
        let header = ["entry", "validator", "amount", "slashed", "since block", "paid"];
        output::rows(&header, &[0, 2, 3, 4], &rows);
    }
    Ok(())
}

/// `althing query rewards`
///
/// # Errors
/// As any question to a node.
pub(super) async fn rewards(
    context: &Context,
    client: &Client,
    chain: &Version,
    name: &str,
    (before, limit): (Option<u64>, u32),
) -> Result<(), CliError> {
    let address = context.address(name)?;
    let mut path = format!("/v1/delegator/{address}/rewards?limit={}", limit.clamp(1, 100));
    if let Some(before) = before {
        path += &format!("&before={before}");
    }
    let value: Value = client.get(&path).await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let entries = list(&value, "rewards");
    if entries.is_empty() {
        output::line(format!("{address} has earned nothing yet"));
        return Ok(());
    }
    let sum = |name: &str| {
        let units = entries.iter().map(|entry| amount(entry, &format!("/{name}")).units());
        output::about(Amount::new(units.fold(0, u128::saturating_add)), &chain.symbol)
    };
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|entry| {
            vec![
                number(entry, "epoch").to_string(),
                text(entry, "validator_name"),
                cell(entry, "stake"),
                cell(entry, "reward"),
                cell(entry, "commission"),
            ]
        })
        .collect();
    output::rows(&["epoch", "validator", "stake", "reward", "commission"], &[0, 2, 3, 4], &rows);
    output::line(format!(
        "\nshown: {} of rewards, {} of commission",
        sum("reward"),
        sum("commission")
    ));
    if let Some(next) = value.get("next").and_then(Value::as_u64) {
        output::line(format!("earlier ones: althing query rewards {name} --before {next}"));
    }
    Ok(())
}

/// `althing query validator-economics`
///
/// # Errors
/// As any question to a node.
pub(super) async fn economics(
    context: &Context,
    client: &Client,
    chain: &Version,
    args: &EconomicsArgs,
) -> Result<(), CliError> {
    let mut query = Vec::new();
    if let Some(name) = &args.validator {
        query.push(format!("validator={}", find(context, client, name).await?.key));
    }
    let amounts = [
        ("stake", args.stake),
        ("delegate", args.delegate),
        ("costs", args.costs),
        ("fees", args.fees),
    ];
    query
        .extend(amounts.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))));
    let ratios = [("commission", args.commission), ("score", args.score)];
    query.extend(
        ratios.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?.get()))),
    );
    let value: Value = client.get(&format!("/v1/economics?{}", query.join("&"))).await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let money =
        |name: &str| output::about(amount(&value, &format!("/{name}/amount")), &chain.symbol);
    let who = match value.get("validator_name").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => "one that joins".to_owned(),
    };
    let profitable = value.get("profitable").and_then(Value::as_bool) == Some(true);
    let even = |there: Option<String>, what: &str| {
        there.unwrap_or_else(|| format!("no {what} covers the costs"))
    };
    let delegated = value.get("break_even_delegated").map(|_| money("break_even_delegated"));
    let commission =
        value.get("break_even_commission").and_then(Value::as_u64).map(output::percent);
    output::facts(&[
        ("validator", who),
        ("own stake", money("stake")),
        ("delegated", money("delegated")),
        ("commission", ratio(&value, "commission_rate")),
        (
            "counts",
            format!(
                "{} of {} in a set of {}",
                money("weight"),
                money("counted_stake"),
                number(&value, "members")
            ),
        ),
        (
            "blocks a year",
            format!(
                "{}, one in {} ms",
                number(&value, "blocks_per_year"),
                number(&value, "block_time_ms")
            ),
        ),
        ("emission a year", format!("{} to all who stake", money("emission"))),
        ("", String::new()),
        ("it earns", format!("{} a year", money("reward"))),
        (
            "operator",
            format!(
                "{} = {} commission + {} for its own stake",
                money("operator_income"),
                money("commission"),
                money("own_reward")
            ),
        ),
        (
            "delegators",
            format!(
                "{}, {} a year on what they delegate",
                money("delegators_reward"),
                ratio(&value, "delegator_rate")
            ),
        ),
        ("costs", money("costs")),
        (if profitable { "surplus" } else { "gap" }, money("surplus_or_gap")),
        (
            "covers costs with",
            even(delegated.map(|text| format!("{text} of delegations")), "delegation"),
        ),
        (
            "or with",
            even(commission.map(|text| format!("a commission of {text}")), "legal commission"),
        ),
    ]);
    Ok(())
}

/// Prints the supply, and the audit if there is one.
pub(super) fn show_supply(value: &Value) {
    let plain = |name: &str| text(value, &format!("{name}_display"));
    let money = |name: &str| {
        let display = value.pointer(&format!("/{name}/amount_display"));
        display.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut facts = vec![("height", number(value, "height").to_string())];
    facts.extend(["total", "genesis", "minted", "burned"].map(|name| (name, plain(name))));
    let parts = [
        "staked",
        "delegated",
        "unbonding",
        "treasury",
        "stakers",
        "miners",
        "reserve",
        "released",
    ];
    facts.extend(parts.map(|name| (name, money(name))));
    output::facts(&facts);
    let Some(audit) = value.get("audit") else { return };
    let of = |name: &str| text(audit, &format!("{name}_display"));
    let agrees = audit.get("agrees") == Some(&json!(true));
    output::line("");
    output::facts(&[
        ("audit at height", number(audit, "height").to_string()),
        (
            "records read",
            format!("{} in {} ms", number(audit, "records"), number(audit, "took_ms")),
        ),
        ("accounts", number(audit, "accounts").to_string()),
        ("they own", of("balances")),
        ("genesis + minted - burned", of("supply")),
        ("account of stake", of("stake_account")),
        ("validators + unbonding", of("stake_records")),
        ("verdict", if agrees { "agrees to the unit" } else { "DOES NOT AGREE" }.to_owned()),
    ]);
}
