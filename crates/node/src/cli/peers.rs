//! `althing peers`.

use super::{
    args::PeersCommand,
    config,
    context::{Context, read_text, replace},
    error::{CliError, Exit},
    online::with_node,
    output,
};
use althing_client::http::{Client, ClientError};
use althing_types::ValidatorKey;
use serde_json::{Value, json};
use std::path::Path;

/// Runs `althing peers …`.
///
/// # Errors
/// Exit code 2 for a malformed peer, 3 if the node does not answer, 4 if it refuses.
pub(crate) fn run(context: &Context, command: &PeersCommand) -> Result<(), CliError> {
    match command {
        PeersCommand::List => with_node(context, async |client| list(context, &client).await),
        PeersCommand::Add { peer } => {
            let (key, endpoint) = parse(peer)?;
            change(context, key, Some(peer), async |client: Client| {
                client.add_peer(key, endpoint).await
            })
        }
        PeersCommand::Remove { key } => {
            change(context, *key, None, async |client: Client| client.remove_peer(*key).await)
        }
        PeersCommand::Ban(args) => with_node(context, async |client| {
            client.ban(args.key, Some(args.duration)).await?;
            let time = humantime::format_duration(args.duration);
            done(context, args.key, &format!("is shut out for {time}"));
            Ok(())
        }),
        PeersCommand::Unban { key } => with_node(context, async |client| {
            client.ban(*key, None).await?;
            done(context, *key, "may come in again");
            Ok(())
        }),
    }
}

fn done(context: &Context, key: ValidatorKey, what: &str) {
    if context.global.json {
        output::json(&json!({ "key": key.to_string(), "status": "ok" }));
    } else {
        output::line(format!("{key} {what}"));
    }
}

/// Splits `KEY@host:port`.
///
/// # Errors
/// Exit code 2 if it has another form.
pub(crate) fn parse(text: &str) -> Result<(ValidatorKey, &str), CliError> {
    let bad = || {
        CliError::usage(format!(
            "{text:?} is no peer: expected KEY@host:port with 64 hexadecimal characters as key"
        ))
    };
    let (key, endpoint) = text.split_once('@').ok_or_else(bad)?;
    let key: ValidatorKey = key.parse().map_err(|_| bad())?;
    let (host, port) = endpoint.rsplit_once(':').ok_or_else(bad)?;
    if host.is_empty() || port.parse::<u16>().is_err() {
        return Err(bad());
    }
    Ok((key, endpoint))
}

/// Changes the running node, and `config.toml` so that the next start knows it too. One of them is
/// enough: a node may be down, or run without a folder here. What the node refuses is not stored.
fn change(
    context: &Context,
    key: ValidatorKey,
    peer: Option<&str>,
    call: impl AsyncFnOnce(Client) -> Result<(), ClientError>,
) -> Result<(), CliError> {
    let path = context.home().join(config::FILE);
    let what = if peer.is_some() { "added" } else { "removed" };
    let live = with_node(context, async |client| Ok(call(client).await?));
    let told = match live {
        Ok(()) => true,
        Err(error) => {
            let down = error.exit == Exit::Unreachable;
            let gone = peer.is_none() && error.exit == Exit::NotFound;
            if !(path.exists() && (down || gone)) {
                return Err(error);
            }
            false
        }
    };
    let stored = path.exists() && store(&path, key, peer)?;
    let place = path.display();
    match (told, stored) {
        (true, true) => done(context, key, &format!("{what}: the running node and {place} know")),
        (true, false) => done(context, key, &format!("{what}: the running node knows")),
        (false, true) => done(context, key, &format!("{what} in {place}: the next start knows")),
        (false, false) => {
            let message = format!("neither the node nor {place} has a peer {key}");
            return Err(CliError::new(Exit::NotFound, "unknown_peer", message));
        }
    }
    Ok(())
}

/// Rewrites the list `peers` of `[p2p]`, keeping comments and order of the file. Says whether there
/// was anything to change.
fn store(path: &Path, key: ValidatorKey, peer: Option<&str>) -> Result<bool, CliError> {
    let text = read_text(path)?;
    let broken = |reason: String| {
        CliError::new(Exit::Usage, "config", format!("{}: {reason}", path.display()))
    };
    let mut file: toml_edit::DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| broken(error.to_string()))?;
    let list = file.get_mut("p2p").and_then(|table| table.get_mut("peers"));
    let list = list.and_then(toml_edit::Item::as_array_mut);
    let list = list.ok_or_else(|| broken("there is no list `peers` in [p2p]".to_owned()))?;
    let (prefix, before) = (key.to_string(), list.len());
    list.retain(|entry| !entry.as_str().is_some_and(|entry| entry.starts_with(&prefix)));
    if peer.is_none() && list.len() == before {
        return Ok(false);
    }
    if let Some(peer) = peer {
        list.push(peer);
    }
    let text = file.to_string();
    config::Config::parse(&text).map_err(broken)?;
    replace(path, &text).map(|()| true)
}

async fn list(context: &Context, client: &Client) -> Result<(), CliError> {
    let value: Value = client.get("/v1/peers").await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let peers = value.get("peers").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows: Vec<Vec<String>> = peers.iter().map(row).collect();
    if rows.is_empty() {
        output::line("no peers: this node is the only validator");
        return Ok(());
    }
    let header = ["key", "endpoint", "state", "score", "latency", "version", "height"];
    output::rows(&header, &[3, 4, 6], &rows);
    Ok(())
}

fn row(peer: &Value) -> Vec<String> {
    let text = |name: &str| peer.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let number = |name: &str| peer.get(name).and_then(Value::as_u64);
    let state = match (text("banned"), peer.get("connected").and_then(Value::as_bool)) {
        (banned, _) if !banned.is_empty() => format!("banned: {banned}"),
        (_, Some(true)) => "connected".to_owned(),
        _ => "away".to_owned(),
    };
    let latency = peer.get("latency_ms").and_then(Value::as_f64);
    vec![
        output::short(&text("key")),
        text("endpoint"),
        state,
        number("score").map_or(String::new(), |score| score.to_string()),
        latency.map_or(String::new(), |latency| format!("{latency:.1} ms")),
        text("version"),
        number("height").map_or(String::new(), |height| height.to_string()),
    ]
}
