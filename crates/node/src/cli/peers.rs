//! `althing peers`.

use super::{
    args::PeersCommand,
    config,
    context::{Context, read_text},
    error::{CliError, Exit},
    online::with_node,
    output,
};
use althing_client::http::{Client, ClientError};
use althing_types::ValidatorKey;
use serde_json::{Value, json};
use std::path::PathBuf;

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
/// enough: a node may be down, or run without a folder here.
fn change(
    context: &Context,
    key: ValidatorKey,
    peer: Option<&str>,
    call: impl AsyncFnOnce(Client) -> Result<(), ClientError>,
) -> Result<(), CliError> {
    let live = with_node(context, async |client| Ok(call(client).await?));
    let path = context.home().join(config::FILE);
    let stored = path.exists();
    if stored {
        store(&path, key, peer)?;
    }
    let what = if peer.is_some() { "added" } else { "removed" };
    match live {
        Ok(()) => done(context, key, &format!("{what}: the running node knows")),
        Err(error) if error.exit == Exit::Unreachable && stored => {
            done(context, key, &format!("{what} in {}: the next start knows", path.display()));
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Rewrites the list `peers` of `[p2p]`, keeping comments and order of the file.
fn store(path: &PathBuf, key: ValidatorKey, peer: Option<&str>) -> Result<(), CliError> {
    let text = read_text(path)?;
    let broken = |reason: String| {
        CliError::new(Exit::Usage, "config", format!("{}: {reason}", path.display()))
    };
    let mut file: toml_edit::DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| broken(error.to_string()))?;
    let list = file.get_mut("p2p").and_then(|table| table.get_mut("peers"));
    let list = list.and_then(toml_edit::Item::as_array_mut);
    let list = list.ok_or_else(|| broken("there is no list `peers` in [p2p]".to_owned()))?;
    let prefix = key.to_string();
    list.retain(|entry| !entry.as_str().is_some_and(|entry| entry.starts_with(&prefix)));
    if let Some(peer) = peer {
        list.push(peer);
    }
    let text = file.to_string();
    config::Config::parse(&text).map_err(broken)?;
    std::fs::write(path, text).map_err(|error| CliError::io(path, &error))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_a_key_and_an_endpoint() {
        let key = "11".repeat(32);
        assert!(parse(&format!("{key}@10.0.0.1:26600")).is_ok());
        for bad in
            ["", "x@y", &format!("{key}@host"), &format!("{key}@:1"), &format!("{key}@h:99999")]
        {
            assert_eq!(parse(bad).unwrap_err().exit, Exit::Usage, "{bad}");
        }
    }

    #[test]
    fn peers_are_stored_once_and_comments_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(config::FILE);
        let template = config::Template {
            name: "n",
            api: "127.0.0.1:1".parse().unwrap(),
            p2p: "127.0.0.1:2".parse().unwrap(),
            faucet: false,
        };
        std::fs::write(&path, template.render()).unwrap();
        let key: ValidatorKey = "11".repeat(32).parse().unwrap();
        store(&path, key, Some(&format!("{key}@a:1"))).unwrap();
        store(&path, key, Some(&format!("{key}@b:2"))).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(config::Config::parse(&text).unwrap().p2p.peers, [format!("{key}@b:2")]);
        assert!(text.contains("# Peers besides"));
        store(&path, key, None).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(config::Config::parse(&text).unwrap().p2p.peers.is_empty());
    }
}
