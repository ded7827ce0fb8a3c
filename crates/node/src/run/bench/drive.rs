//! Sends the load, watches the chain, and measures what a client sees.

use super::{
    failed, get,
    plan::{Batch, Plan},
    report::Report,
};
use crate::cli::{CliError, args::BenchArgs};
use althing_types::SignedTransaction;
use hdrhistogram::Histogram;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Pause between two probes.
const PROBE_PAUSE: Duration = Duration::from_millis(100);
/// How long to wait after the load for the rest to be finalized.
const DRAIN: Duration = Duration::from_secs(60);
/// After this long without a sign of life, past the time of the load, nodes are given up.
const SILENCE: Duration = Duration::from_secs(15);

/// Counters that all tasks share.
#[derive(Default)]
struct Counters {
    submitted: AtomicU64,
    accepted: AtomicU64,
    finalized: AtomicU64,
    stop: AtomicBool,
    rejected: Mutex<BTreeMap<String, u64>>,
    seconds: Mutex<Vec<u64>>,
    blocks: Mutex<Vec<(u64, u64)>>,
}

impl Counters {
    fn reject(&self, code: &str, count: u64) {
        let mut rejected = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        *rejected.entry(code.to_owned()).or_default() += count;
    }

    fn waiting(&self) -> u64 {
        let accepted = self.accepted.load(Ordering::Relaxed);
        accepted.saturating_sub(self.finalized.load(Ordering::Relaxed))
    }
}

/// Sends the load to the nodes and collects the figures.
pub(super) async fn run(
    args: &BenchArgs,
    http: &reqwest::Client,
    nodes: &[String],
    batches: Vec<Vec<Batch>>,
    plan: Plan,
) -> Result<Report, CliError> {
    let counters = Arc::new(Counters::default());
    let probes = plan.probes()?;
    let watcher = tokio::spawn(watch(http.clone(), nodes[0].clone(), Arc::clone(&counters)));
    let prober = tokio::spawn(probe(http.clone(), nodes[0].clone(), probes, Arc::clone(&counters)));
    let others = tokio::spawn(others(http.clone(), nodes[0].clone(), plan, Arc::clone(&counters)));
    let started = Instant::now();
    let mut senders = Vec::new();
    for (node, batches) in nodes.iter().zip(batches) {
        let queue = Arc::new(Mutex::new(batches.into_iter()));
        for _ in 0..args.connections.div_ceil(nodes.len() as u32) {
            senders.push(tokio::spawn(send(
                http.clone(),
                format!("{node}/v1/transactions/batch"),
                Arc::clone(&queue),
                Arc::clone(&counters),
                Pace::new(args, started),
            )));
        }
    }
    for sender in senders {
        sender.await.map_err(|error| failed(error.to_string()))?;
    }
    let elapsed = started.elapsed();
    let finalized_in_window = counters.finalized.load(Ordering::Relaxed);
    counters.stop.store(true, Ordering::Relaxed);
    let (latency, probes_lost) = prober.await.map_err(|error| failed(error.to_string()))??;
    others.await.map_err(|error| failed(error.to_string()))??;
    drain(&counters).await;
    watcher.abort();
    let held = |error: PoisonError<_>| error.into_inner();
    Ok(Report {
        nodes: nodes.len(),
        elapsed,
        submitted: counters.submitted.load(Ordering::Relaxed),
        accepted: counters.accepted.load(Ordering::Relaxed),
        finalized: counters.finalized.load(Ordering::Relaxed),
        finalized_in_window,
        unfinished: counters.waiting(),
        rejected: counters.rejected.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        per_second: counters.seconds.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        blocks: counters.blocks.lock().unwrap_or_else(held).clone(),
        latency,
        probes_lost,
    })
}

/// Waits for what is under way, as long as some of it goes on being finalized.
async fn drain(counters: &Counters) {
    let started = Instant::now();
    let (mut last, mut moved) = (counters.waiting(), Instant::now());
    while last > 0 && started.elapsed() < DRAIN && moved.elapsed() < SILENCE {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = counters.waiting();
        if now != last {
            (last, moved) = (now, Instant::now());
        }
    }
}

/// When the next batch may leave.
#[derive(Clone, Copy)]
struct Pace {
    started: Instant,
    duration: Duration,
    rate: u64,
    in_flight: u64,
}

impl Pace {
    const fn new(args: &BenchArgs, started: Instant) -> Self {
        Self { started, duration: args.duration, rate: args.rate, in_flight: args.in_flight }
    }

    /// Waits for room; false when the time is up.
    async fn ready(&self, counters: &Counters, next: u64) -> bool {
        loop {
            let elapsed = self.started.elapsed();
            if elapsed >= self.duration {
                return false;
            }
            let due = match self.rate {
                0 => u64::MAX,
                rate => (elapsed.as_secs_f64() * rate as f64) as u64,
            };
            let submitted = counters.submitted.load(Ordering::Relaxed);
            if submitted + next <= due && counters.waiting() + next <= self.in_flight {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

async fn send(
    http: reqwest::Client,
    url: String,
    queue: Arc<Mutex<std::vec::IntoIter<Batch>>>,
    counters: Arc<Counters>,
    pace: Pace,
) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some(batch) = next else { return };
        if !pace.ready(&counters, batch.transactions).await {
            return;
        }
        counters.submitted.fetch_add(batch.transactions, Ordering::Relaxed);
        let mut again = false;
        // A batch that got no answer is sent again: its nonces must not be missing.
        while !post(&http, &url, &batch, &counters, again).await {
            again = true;
            if pace.started.elapsed() >= pace.duration + SILENCE {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Posts a batch; false if it must be posted again. `again` says that the node may know it.
async fn post(
    http: &reqwest::Client,
    url: &str,
    batch: &Batch,
    counters: &Counters,
    again: bool,
) -> bool {
    let request =
        http.post(url).header("content-type", "application/octet-stream").body(batch.body.clone());
    match request.send().await {
        Ok(answer) if answer.status().is_success() => {
            let Ok(answer) = answer.json::<Value>().await else { return false };
            let accepted = answer.get("accepted").and_then(Value::as_u64).unwrap_or(0);
            counters.accepted.fetch_add(accepted, Ordering::Relaxed);
            count_rejections(counters, &answer, again);
            true
        }
        Ok(answer) => {
            let status = answer.status().as_u16();
            let busy = status == 429 || status == 503;
            let code = answer.json::<Value>().await.ok();
            let code = code.as_ref().and_then(|value| value.get("code")?.as_str());
            counters.reject(
                &format!("{status} {}", code.unwrap_or("")),
                if busy { 1 } else { batch.transactions },
            );
            !busy
        }
        Err(error) => {
            counters.reject(if error.is_connect() { "connect" } else { "transport" }, 1);
            false
        }
    }
}

fn count_rejections(counters: &Counters, answer: &Value, again: bool) {
    let listed = answer.get("rejected").and_then(Value::as_array);
    for entry in listed.into_iter().flatten() {
        let code = entry.get("code").and_then(Value::as_str).unwrap_or("rejected");
        if again && code.starts_with("already_") {
            counters.accepted.fetch_add(1, Ordering::Relaxed);
        } else {
            counters.reject(code, 1);
        }
    }
}

/// Counts finalized transactions from the event stream.
async fn watch(http: reqwest::Client, node: String, counters: Arc<Counters>) {
    let started = Instant::now();
    let mut last_id: Option<String> = None;
    loop {
        let mut request = http.get(format!("{node}/v1/events?topics=block"));
        if let Some(id) = &last_id {
            request = request.header("last-event-id", id);
        }
        let Ok(mut answer) = request.send().await else {
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        };
        let mut buffer = String::new();
        while let Ok(Some(chunk)) = answer.chunk().await {
            buffer.push_str(&String::from_utf8_lossy(&chunk));
            while let Some(end) = buffer.find("\n\n") {
                let event: String = buffer.drain(..end + 2).collect();
                for line in event.lines() {
                    if let Some(id) = line.strip_prefix("id:") {
                        last_id = Some(id.trim().to_owned());
                    } else if let Some(data) = line.strip_prefix("data:") {
                        note_block(&counters, data, started.elapsed());
                    }
                }
            }
        }
    }
}

fn note_block(counters: &Counters, data: &str, since: Duration) {
    let Ok(block) = serde_json::from_str::<Value>(data) else { return };
    let number = |names: &[&str]| names.iter().find_map(|name| block.get(*name)?.as_u64());
    let Some(count) = number(&["transaction_count", "transactions", "tx_count"]) else { return };
    counters.finalized.fetch_add(count, Ordering::Relaxed);
    let second = usize::try_from(since.as_secs()).unwrap_or(usize::MAX);
    let mut seconds = counters.seconds.lock().unwrap_or_else(PoisonError::into_inner);
    if seconds.len() <= second {
        seconds.resize(second + 1, 0);
    }
    seconds[second] += count;
    drop(seconds);
    let time = number(&["timestamp", "timestamp_ms", "time_ms"]).unwrap_or(0);
    counters.blocks.lock().unwrap_or_else(PoisonError::into_inner).push((time, count));
}

/// Sends single transfers and measures submit-to-final, as a client sees it.
async fn probe(
    http: reqwest::Client,
    node: String,
    probes: Vec<SignedTransaction>,
    counters: Arc<Counters>,
) -> Result<(Histogram<u64>, u64), CliError> {
    let mut latency =
        Histogram::new_with_bounds(1, 120_000_000, 3).map_err(|error| failed(error.to_string()))?;
    let mut lost = 0;
    for transaction in probes {
        if counters.stop.load(Ordering::Relaxed) {
            break;
        }
        let started = Instant::now();
        match submit(&http, &node, &transaction).await {
            Ok(()) => {
                counters.accepted.fetch_add(1, Ordering::Relaxed);
                let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
                latency.saturating_record(micros);
            }
            Err(code) => {
                lost += 1;
                counters.reject(&format!("probe {code}"), 1);
                break;
            }
        }
        tokio::time::sleep(PROBE_PAUSE).await;
    }
    Ok((latency, lost))
}

/// The accounts with other key schemes send one transfer after the other.
async fn others(
    http: reqwest::Client,
    node: String,
    plan: Plan,
    counters: Arc<Counters>,
) -> Result<(), CliError> {
    let mut nonces = vec![None; plan.others().len()];
    while !nonces.is_empty() && !counters.stop.load(Ordering::Relaxed) {
        for (key, nonce) in plan.others().iter().zip(nonces.iter_mut()) {
            let Some(first) = *nonce else {
                let account = get(&http, format!("{node}/v1/accounts/{}", key.address())).await?;
                let funded = account.get("balance").and_then(Value::as_str).unwrap_or("0") != "0";
                *nonce = account.get("nonce").and_then(Value::as_u64).filter(|_| funded);
                continue;
            };
            let transaction = plan.of_other(key, first)?;
            let scheme = format!("{:?}", key.scheme()).to_lowercase();
            match submit(&http, &node, &transaction).await {
                Ok(()) => {
                    counters.accepted.fetch_add(1, Ordering::Relaxed);
                    *nonce = Some(first + 1);
                }
                Err(code) => counters.reject(&format!("{scheme} {code}"), 1),
            }
        }
        tokio::time::sleep(PROBE_PAUSE).await;
    }
    Ok(())
}

/// Submits one transaction and waits for its receipt; the code of the failure otherwise.
async fn submit(
    http: &reqwest::Client,
    node: &str,
    transaction: &SignedTransaction,
) -> Result<(), String> {
    let sent = http
        .post(format!("{node}/v1/transactions?wait=finalized"))
        .header("content-type", "application/octet-stream")
        .body(transaction.bytes().clone())
        .timeout(Duration::from_secs(30))
        .send()
        .await;
    let answer = sent.map_err(|_| "transport".to_owned())?;
    if answer.status().is_success() {
        return answer.bytes().await.map(drop).map_err(|_| "transport".to_owned());
    }
    let status = answer.status().as_u16();
    let value = answer.json::<Value>().await.unwrap_or_default();
    let code = value.get("code").and_then(Value::as_str).unwrap_or("");
    Err(format!("{status} {code}"))
}
