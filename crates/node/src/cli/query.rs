//! `althing query`, `althing state` and `althing faucet`.

use super::{
    args::{FaucetArgs, ProofArgs, QueryCommand, StateCommand, ValidatorsLs},
    context::Context,
    delegators, economics,
    error::{CliError, Exit},
    online::with_chain,
    output,
    tx::{self, parse_hash},
    validators,
};
use althing_client::http::{Client, Version};
use althing_ledger::compute::query as compute;
use althing_state::StateKey;
use althing_types::{Address, Epoch};
use serde_json::{Value, json};
use std::time::Duration;

/// How long `faucet --wait` waits.
const FAUCET_WAIT: Duration = Duration::from_secs(60);

/// Runs `althing query …`.
///
/// # Errors
/// Exit code 3 if the node does not answer, 5 if it does not know what is asked for.
pub(crate) fn run(context: &Context, command: &QueryCommand) -> Result<(), CliError> {
    if let QueryCommand::Tx { hash, proof: ProofArgs { proof: false, .. } } = command {
        return tx::status(context, hash);
    }
    with_chain(context, async |client, chain| match command {
        QueryCommand::Balance { address } => balance(context, &client, &chain, address).await,
        QueryCommand::Account { address, proof } => account(context, &client, address, proof).await,
        QueryCommand::Record { key, output } => {
            let bundle = client.record_proof(&record_key(context, key)?).await?;
            prove(context, &ProofArgs { proof: true, output: output.clone() }, &bundle)
        }
        QueryCommand::Tx { hash, proof } => {
            prove(context, proof, &client.transaction_proof(&parse_hash(hash)?).await?)
        }
        QueryCommand::Block { block } => {
            facts(context, &client, &format!("/v1/blocks/{}", block_id(block)?)).await
        }
        QueryCommand::Validators { epoch: None } => {
            validators::ls(context, &client, &chain, &ValidatorsLs::default()).await
        }
        QueryCommand::Validators { epoch: Some(epoch) } => members(context, &client, *epoch).await,
        QueryCommand::Delegations { address } => {
            delegators::delegations(context, &client, &chain, address).await
        }
        QueryCommand::Unbonding { address } => {
            delegators::unbonding(context, &client, &chain, address).await
        }
        QueryCommand::Rewards { address, before, limit } => {
            delegators::rewards(context, &client, &chain, address, (*before, *limit)).await
        }
        QueryCommand::ValidatorEconomics(args) => {
            economics::economics(context, &client, &chain, args).await
        }
        QueryCommand::Mempool => mempool(context, &client).await,
        QueryCommand::Evidence => listing(context, &client, "/v1/evidence", "evidence").await,
        QueryCommand::Forks => listing(context, &client, "/v1/forks", "forks").await,
        QueryCommand::Params => facts(context, &client, "/v1/params").await,
        QueryCommand::Status => facts(context, &client, "/v1/status").await,
        QueryCommand::Fees => facts(context, &client, "/v1/fees").await,
        QueryCommand::Supply { audit } => supply(context, &client, *audit).await,
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
    with_chain(context, async |client, _| match command {
        StateCommand::Tip => {
            let status = get(&client, "/v1/status").await?;
            let names = ["height", "block_hash", "state_root", "block_time_ms", "epoch"];
            let tip = names.iter().map(|name| ((*name).to_owned(), status[*name].clone()));
            show(context, &Value::Object(tip.collect()));
            Ok(())
        }
        StateCommand::Account { address, proof } => account(context, &client, address, proof).await,
    })
}

/// Runs `althing faucet`.
///
/// # Errors
/// Exit code 4 if the faucet says no; otherwise as [`run`].
pub(crate) fn faucet(context: &Context, args: &FaucetArgs) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let address = context.address(&args.address)?;
        let hash = client.faucet(address).await?;
        if args.wait {
            let info = client.wait(&parse_hash(&hash)?, FAUCET_WAIT).await?;
            tx::show(context, &info, &chain.symbol);
            tx::settled(&info)
        } else if context.global.json {
            output::json(&json!({ "hash": hash, "status": "pending" }));
            Ok(())
        } else {
            output::line(format!("the faucet pays {address} with {hash}"));
            Ok(())
        }
    })
}

/// What a block is named by in the API.
fn block_id(text: &str) -> Result<String, CliError> {
    if text == "latest" || text.parse::<u64>().is_ok() {
        return Ok(text.to_owned());
    }
    let hash = parse_hash(text).map_err(|_| {
        CliError::usage(format!("{text:?} is no block: expected a height, a hash or `latest`"))
    })?;
    Ok(hex::encode(hash))
}

/// The key of a record: in hex, or by the name of what stands there.
fn record_key(context: &Context, text: &str) -> Result<StateKey, CliError> {
    if let Some(worker) = text.strip_prefix("credits:") {
        return Ok(compute::credits_key(context.address(worker)?));
    }
    let wrong = || {
        CliError::usage(format!(
            "{text:?} names no record: expected 2 to 128 hex characters, credits:ACCOUNT or pool:EPOCH"
        ))
    };
    if let Some(epoch) = text.strip_prefix("pool:") {
        return Ok(compute::pool_key(epoch.parse().map(Epoch::new).map_err(|_| wrong())?));
    }
    let bytes = hex::decode(text).map_err(|_| wrong())?;
    StateKey::from_bytes(&bytes).ok_or_else(wrong)
}

/// Prints or writes what `althing verify` reads.
fn prove(context: &Context, args: &ProofArgs, bundle: &Value) -> Result<(), CliError> {
    let Some(path) = &args.output else {
        output::json(bundle);
        return Ok(());
    };
    tx::write(Some(path), bundle)?;
    let (height, place) = (bundle.get("height"), path.display().to_string());
    if context.global.json {
        output::json(&json!({ "file": place, "height": height }));
    } else {
        output::line(format!("wrote {place}; with the genesis file of the chain at hand:"));
        output::line(format!("  althing verify {place} --genesis genesis.json"));
    }
    Ok(())
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
            Some(0) if name == "block_time_ms" => "no block yet".to_owned(),
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

async fn balance(
    context: &Context,
    client: &Client,
    chain: &Version,
    text: &str,
) -> Result<(), CliError> {
    let address: Address = context.address(text)?;
    let account = client.account(address).await?;
    let tokens = output::tokens_of(account.balance, &chain.symbol);
    if context.global.json {
        output::json(&json!({
            "address": address.to_string(), "balance": account.balance,
            "balance_display": tokens, "height": account.height,
        }));
    } else {
        output::line(tokens);
    }
    Ok(())
}

async fn account(
    context: &Context,
    client: &Client,
    text: &str,
    proof: &ProofArgs,
) -> Result<(), CliError> {
    let address = context.address(text)?;
    if proof.proof {
        return prove(context, proof, &client.account_proof(address).await?);
    }
    facts(context, client, &format!("/v1/accounts/{address}")).await
}

/// The supply; an audit that does not agree is a failure.
async fn supply(context: &Context, client: &Client, audit: bool) -> Result<(), CliError> {
    let value = get(client, if audit { "/v1/supply?audit=true" } else { "/v1/supply" }).await?;
    if context.global.json {
        output::json(&value);
    } else {
        economics::show_supply(&value);
    }
    match value.pointer("/audit/agrees").and_then(Value::as_bool) {
        Some(false) => {
            let broken = value.pointer("/audit/broken").and_then(Value::as_str);
            let what = broken.unwrap_or("the sums differ");
            Err(CliError::new(Exit::False, "supply_audit", format!("the audit fails: {what}")))
        }
        _ => Ok(()),
    }
}

async fn members(context: &Context, client: &Client, epoch: u64) -> Result<(), CliError> {
    let value = get(client, &format!("/v1/epochs/{epoch}")).await?;
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
            let amount = entry.pointer("/payload/amount_display").and_then(Value::as_str);
            vec![
                output::short(&cell(entry, "hash")),
                cell(entry, "sender"),
                cell(entry, "nonce"),
                amount.unwrap_or_default().to_owned(),
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
