//! `althing query delegations|unbonding|rewards`.

use super::{
    context::Context,
    error::CliError,
    fields::{amount, cell, due, list, number, text},
    output,
};
use althing_client::http::{Client, Version};
use althing_types::{Address, Amount};
use serde_json::Value;

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

/// What the node says about a delegator; `None` if it was printed as JSON.
async fn ask(
    context: &Context,
    client: &Client,
    name: &str,
    what: &str,
) -> Result<Option<(Address, Value)>, CliError> {
    let address = context.address(name)?;
    let value: Value = client.get(&format!("/v1/delegator/{address}/{what}")).await?;
    if context.global.json {
        output::json(&value);
        return Ok(None);
    }
    Ok(Some((address, value)))
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
    let Some((address, value)) = ask(context, client, name, "delegations").await? else {
        return Ok(());
    };
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
    let Some((address, value)) = ask(context, client, name, "unbonding").await? else {
        return Ok(());
    };
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
    let mut what = format!("rewards?limit={}", limit.clamp(1, 100));
    if let Some(before) = before {
        what += &format!("&before={before}");
    }
    let Some((address, value)) = ask(context, client, name, &what).await? else { return Ok(()) };
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
