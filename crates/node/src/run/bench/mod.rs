//! `althing bench`: load from accounts of the genesis, and what came of it.
//!
//! Everything is signed before the clock starts, so the figures are about the network and not
//! about the signer. Throughput is counted from finalized blocks; latency is measured by a probe
//! that sends single transfers and waits for their receipts, as a client does.

mod drive;
mod plan;
mod report;

use crate::cli::{
    CliError, Exit,
    args::{BenchArgs, Global},
};
use althing_types::{Address, Genesis};
use futures::{StreamExt as _, TryStreamExt as _};
use plan::{Plan, Start};
use serde_json::Value;

/// Accounts that are looked up at the same time.
const LOOKUPS: usize = 32;

fn failed(message: impl Into<String>) -> CliError {
    CliError::new(Exit::Failed, "bench_failed", message)
}

fn unreachable(error: &reqwest::Error) -> CliError {
    CliError::new(
        Exit::Unreachable,
        "node_unreachable",
        format!("the node did not answer: {error}"),
    )
}

async fn get(http: &reqwest::Client, url: String) -> Result<Value, CliError> {
    let answer = http.get(url).send().await.map_err(|error| unreachable(&error))?;
    answer.json().await.map_err(|error| unreachable(&error))
}

/// Runs the load and prints the figures.
///
/// # Errors
/// The node is unreachable, its genesis has no load accounts, or they own too little.
pub(super) async fn run(args: &BenchArgs, global: &Global) -> Result<(), CliError> {
    let nodes: Vec<String> = std::iter::once(global.node_url())
        .chain(args.also.iter().cloned())
        .map(|url| url.trim_end_matches('/').to_owned())
        .collect();
    let http = reqwest::Client::builder()
        .pool_max_idle_per_host(args.connections as usize)
        .build()
        .map_err(|error| unreachable(&error))?;
    let start = look(args, &http, &nodes).await?;
    let count = nodes.len();
    let arguments = args.clone();
    let plan = tokio::task::block_in_place(|| Plan::new(&arguments, start, count))?;
    let batches = tokio::task::block_in_place(|| plan.sign(global.json))?;
    let report = drive::run(args, &http, &nodes, batches, plan).await?;
    report.print(global.json);
    Ok(())
}

/// Asks the first node where the chain and the senders stand.
async fn look(
    args: &BenchArgs,
    http: &reqwest::Client,
    nodes: &[String],
) -> Result<Start, CliError> {
    let node = &nodes[0];
    let genesis = get(http, format!("{node}/v1/genesis")).await?;
    let genesis = genesis.get("genesis").unwrap_or(&genesis).to_string();
    let genesis = Genesis::from_json(&genesis).map_err(|error| failed(error.to_string()))?;
    let load = genesis.load_accounts.clone().ok_or_else(|| {
        failed(
            "the genesis has no load accounts: start the network with \
             `althing dev --load-accounts 10000`",
        )
    })?;
    // The last account is the probe's.
    let senders = plan::senders(args, &load);
    if senders < nodes.len() as u64 {
        return Err(failed("the genesis has too few load accounts"));
    }
    let status = get(http, format!("{node}/v1/status")).await?;
    let height = status.get("height").and_then(Value::as_u64).unwrap_or(0);
    let address = |index| plan::secret_of(&load, index).map(|key| key.address());
    let mut nonces = Vec::new();
    // A second run on the same chain continues where the first one stopped.
    if nonce(http, node, address(0)?).await? > 0 {
        let addresses: Result<Vec<Address>, CliError> = (0..senders).map(address).collect();
        let asked = addresses?.into_iter().map(|address| nonce(http, node, address));
        nonces = futures::stream::iter(asked).buffered(LOOKUPS).try_collect().await?;
    }
    let probe_nonce = nonce(http, node, address(load.count.saturating_sub(1))?).await?;
    Ok(Start { genesis, height, nonces, probe_nonce })
}

/// The next nonce of an account.
async fn nonce(http: &reqwest::Client, node: &str, address: Address) -> Result<u64, CliError> {
    let account = get(http, format!("{node}/v1/accounts/{address}")).await?;
    Ok(account.get("pending_nonce").and_then(Value::as_u64).unwrap_or(0))
}
