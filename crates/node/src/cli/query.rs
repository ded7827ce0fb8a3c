//! `althing query`, `althing state` and `althing faucet`.

use super::{
    args::{FaucetArgs, QueryCommand, StateCommand},
    context::Context,
    error::CliError,
    online::with_node,
    output,
    tx::{self, parse_hash},
};
use althing_client::http::Client;
use althing_types::{Address, Amount};
use serde_json::{Value, json};
use std::time::Duration;

/// How long `faucet --wait` waits.
const FAUCET_WAIT: Duration = Duration::from_secs(60);

/// Runs `althing query …`.
///
/// # Errors
/// Exit code 3 if the node does not answer, 5 if it does not know what is asked for.
pub(crate) fn run(context: &Context, command: &QueryCommand) -> Result<(), CliError> {
    with_node(context, async |client| match command {
        QueryCommand::Balance { address } => balance(context, &client, address).await,
        QueryCommand::Account { address, proof: false } => account(context, &client, address).await,
        QueryCommand::Account { address, proof: true } => {
            output::json(&client.account_proof(context.address(address)?).await?);
            Ok(())
        }
        QueryCommand::Tx { hash, proof: true } => {
            output::json(&client.transaction_proof(&parse_hash(hash)?).await?);
            Ok(())
        }
        QueryCommand::Tx { hash, proof: false } => {
            let info = client.transaction(&parse_hash(hash)?).await?;
            tx::show(context, &info);
            Ok(())
        }
        QueryCommand::Block { block } => {
            let value = get(&client, &format!("/v1/blocks/{block}")).await?;
            show(context, &value);
            Ok(())
        }
        QueryCommand::Validators { epoch } => validators(context, &client, *epoch).await,
        QueryCommand::Mempool => mempool(context, &client).await,
        QueryCommand::Evidence => listing(context, &client, "/v1/evidence", "evidence").await,
        QueryCommand::Forks => listing(context, &client, "/v1/forks", "forks").await,
        QueryCommand::Params => facts(context, &client, "/v1/params").await,
        QueryCommand::Status => facts(context, &client, "/v1/status").await,
        QueryCommand::Fees => facts(context, &client, "/v1/fees").await,
        QueryCommand::Supply => facts(context, &client, "/v1/supply").await,
        QueryCommand::Genesis => {
            let value = get(&client, "/v1/genesis").await?;
            output::line(if context.global.json {
                value.to_string()
            } else {
                format!("{value:#}")
            });
            Ok(())
        }
    })
}

/// Runs `althing state …`.
///
/// # Errors
/// As [`run`].
pub(crate) fn state(context: &Context, command: &StateCommand) -> Result<(), CliError> {
    with_node(context, async |client| match command {
        StateCommand::Tip => {
            let status = client.status().await?;
            let names = ["height", "block_hash", "state_root", "block_time_ms", "epoch"];
            let tip = names.iter().map(|name| ((*name).to_owned(), status[*name].clone()));
            show(context, &Value::Object(tip.collect()));
            Ok(())
        }
        StateCommand::Account { address } => account(context, &client, address).await,
    })
}

/// Runs `althing faucet`.
///
/// # Errors
/// Exit code 4 if the faucet says no; otherwise as [`run`].
pub(crate) fn faucet(context: &Context, args: &FaucetArgs) -> Result<(), CliError> {
    let address = context.address(&args.address)?;
    with_node(context, async |client| {
        let hash = client.faucet(address).await?;
        if args.wait {
            let info = client.wait(&parse_hash(&hash)?, FAUCET_WAIT).await?;
            tx::show(context, &info);
        } else if context.global.json {
            output::json(&json!({ "hash": hash, "status": "pending" }));
        } else {
            output::line(format!("the faucet pays {address} with {hash}"));
        }
        Ok(())
    })
}

async fn get(client: &Client, path: &str) -> Result<Value, CliError> {
    Ok(client.get(path).await?)
}

/// One value of an answer as people read it.
fn text_of(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_u64() {
            Some(time) if name.ends_with("_ms") && time > 1_000_000_000_000 => output::time(time),
            _ => number.to_string(),
        },
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}

/// Prints an object: as it is, or as aligned names and values. Amounts are shown once, in tokens.
fn show(context: &Context, value: &Value) {
    let Some(object) = value.as_object().filter(|_| !context.global.json) else {
        output::json(value);
        return;
    };
    let mut facts = Vec::new();
    for (name, value) in object {
        if object.contains_key(&format!("{name}_display")) {
            continue;
        }
        let plain = name.strip_suffix("_display").unwrap_or(name);
        let plain = plain.strip_suffix("_ms").filter(|_| name.contains("time")).unwrap_or(plain);
        match value {
            Value::Object(inner) => {
                for (part, value) in inner {
                    facts.push((format!("{plain} {part}").replace('_', " "), text_of(part, value)));
                }
            }
            Value::Array(items) if items.iter().all(Value::is_object) => {
                for item in items.iter().filter_map(Value::as_object) {
                    let line = item.iter().map(|(part, value)| {
                        format!("{} {}", part.replace('_', " "), text_of(part, value))
                    });
                    let line: Vec<String> = line.collect();
                    facts.push((plain.replace('_', " "), line.join(", ")));
                }
            }
            _ => facts.push((plain.replace('_', " "), text_of(name, value))),
        }
    }
    output::facts(&facts);
}

async fn facts(context: &Context, client: &Client, path: &str) -> Result<(), CliError> {
    show(context, &get(client, path).await?);
    Ok(())
}

async fn listing(
    context: &Context,
    client: &Client,
    path: &str,
    name: &str,
) -> Result<(), CliError> {
    let value = get(client, path).await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let items = value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    if items.is_empty() {
        output::line("none");
    }
    for item in &items {
        show(context, item);
        output::line("");
    }
    Ok(())
}

async fn balance(context: &Context, client: &Client, text: &str) -> Result<(), CliError> {
    let address: Address = context.address(text)?;
    let account = client.account(address).await?;
    if context.global.json {
        output::json(&json!({
            "address": address.to_string(), "balance": account.balance,
            "balance_display": output::tokens(account.balance), "height": account.height,
        }));
    } else {
        output::line(output::tokens(account.balance));
    }
    Ok(())
}

async fn account(context: &Context, client: &Client, text: &str) -> Result<(), CliError> {
    let address = context.address(text)?;
    show(context, &get(client, &format!("/v1/accounts/{address}")).await?);
    Ok(())
}

async fn validators(
    context: &Context,
    client: &Client,
    epoch: Option<u64>,
) -> Result<(), CliError> {
    let query = epoch.map(|epoch| format!("?epoch={epoch}")).unwrap_or_default();
    let value = get(client, &format!("/v1/validators{query}")).await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let entries = value.get("validators").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |entry: &Value, name: &str| {
        entry.get(name).and_then(Value::as_str).unwrap_or("").to_owned()
    };
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|entry| {
            vec![
                text(entry, "name"),
                text(entry, "key"),
                text(entry, "endpoint"),
                text(entry, "stake_display"),
            ]
        })
        .collect();
    output::line(format!(
        "epoch {}, {} validators, quorum {}\n",
        value.get("epoch").unwrap_or(&Value::Null),
        rows.len(),
        value.get("quorum").unwrap_or(&Value::Null)
    ));
    output::rows(&["name", "key", "endpoint", "stake"], &[3], &rows);
    Ok(())
}

async fn mempool(context: &Context, client: &Client) -> Result<(), CliError> {
    let value = get(client, "/v1/mempool").await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let number = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or(0);
    output::line(format!("{} waiting, {} bytes", number("count"), number("bytes")));
    let list = value.get("transactions").and_then(Value::as_array).cloned().unwrap_or_default();
    let cell = |entry: &Value, name: &str| {
        entry.get(name).map(|value| text_of(name, value)).unwrap_or_default()
    };
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|entry| {
            let amount = entry.pointer("/payload/amount").and_then(Value::as_str);
            let amount = amount.and_then(|units| units.parse().ok()).map(Amount::new);
            vec![
                output::short(&cell(entry, "hash")),
                cell(entry, "sender"),
                cell(entry, "nonce"),
                amount.map(output::tokens).unwrap_or_default(),
                cell(entry, "gas_price"),
                cell(entry, "valid_until"),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let header = ["hash", "sender", "nonce", "amount", "gas price", "valid until"];
        output::line("");
        output::rows(&header, &[2, 3, 4, 5], &rows);
    }
    Ok(())
}
