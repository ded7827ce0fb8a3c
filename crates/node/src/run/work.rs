//! `althing worker run` and `selftest`, and the worker of a development network.

use super::{asked_to_stop, logging, on_runtime};
use crate::cli::{
    CliError, Exit,
    args::{LogFormat, WorkerRun, WorkerSelftest},
    context::{Context, read_text},
    output,
};
use althing_client::dev;
use althing_compute::Portable;
use althing_types::SecretKey;
use althing_worker::{
    Chain, Config, HttpChain, Live, RunError, Stop, Summary, Worker,
    live::LiveTask,
    offer::{self, Offered},
    selftest::{self, TestPlan},
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::{
    io::IsTerminal as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;
use tracing::{info, warn};

/// The token, where the chain was not asked for its name.
const SYMBOL: &str = "CPC";
/// From one line of a live view that is no terminal to the next.
const LINES: Duration = Duration::from_secs(10);

fn failed(code: &'static str) -> impl Fn(String) -> CliError {
    move |sentence| CliError::new(Exit::Failed, code, sentence)
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        Self::new(Exit::Failed, "worker", error.to_string())
    }
}

/// What `config` and the options say; options win.
fn config(args: &WorkerRun, url: String, home: &Path) -> Result<Config, CliError> {
    let mut config = match &args.config {
        Some(path) => toml::from_str(&read_text(path)?)
            .map_err(|error| CliError::usage(format!("{}: {error}", path.display())))?,
        None => Config { data_dir: home.join("worker"), ..Config::default() },
    };
    if args.config.is_none() {
        config.node = url;
    }
    config.endpoint = args.endpoint.clone().unwrap_or(config.endpoint);
    config.listen = args.listen.unwrap_or(config.listen);
    config.data_dir = args.data_dir.clone().unwrap_or(config.data_dir);
    config.threads = args.threads.unwrap_or(config.threads);
    config.memory_mib = args.memory_mib.unwrap_or(config.memory_mib);
    config.network_work &= !args.paid_only;
    config.allow_private |= args.allow_private;
    Ok(config)
}

/// Finds and tests the devices; takes seconds.
async fn devices(config: &Config) -> Result<Offered, CliError> {
    let config = config.clone();
    let offered = tokio::task::spawn_blocking(move || offer::offer(&config)).await;
    offered.map_err(|error| failed("devices")(error.to_string()))
}

/// `althing worker run`
pub(super) fn run(context: &Context, args: &WorkerRun, key: SecretKey) -> Result<(), CliError> {
    logging::init(&args.log, LogFormat::Text).map_err(CliError::usage)?;
    let config = config(args, context.global.node_url(), &context.home())?;
    let json = context.global.json;
    on_runtime(async move {
        let offered = devices(&config).await?;
        tell_devices(&offered, json);
        let stop = Stop::default();
        let ends = stop.clone();
        tokio::spawn(async move {
            // The first wish lets it finish what it is bound to, the second one does not.
            if asked_to_stop().await.is_ok() {
                eprintln!("Finishing what is committed; once more to stop now.");
                ends.drain.cancel();
            }
            if asked_to_stop().await.is_ok() {
                ends.now.cancel();
            }
        });
        let summary = work(config, key, offered, stop, move |live| show(live, json)).await?;
        report(&summary, json);
        Ok(())
    })
}

/// The worker of a development network, for the well-known account of this number: works until the
/// network ends.
pub(super) async fn demo(url: &str, folder: &Path, account: u32) -> Result<(), CliError> {
    let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let config = Config {
        data_dir: folder.join("worker"),
        node: url.to_owned(),
        listen,
        threads: 1,
        allow_private: true,
        ..Config::default()
    };
    let offered = devices(&config).await?;
    let key = dev::account(account);
    println!("A worker runs for dev:{account} ({}) on this processor.", key.address());
    work(config, key, offered, Stop::default(), quiet).await?;
    Ok(())
}

async fn work<F: Future<Output = ()> + Send + 'static>(
    config: Config,
    key: SecretKey,
    offered: Offered,
    stop: Stop,
    view: impl FnOnce(watch::Receiver<Live>) -> F,
) -> Result<Summary, CliError> {
    for refused in &offered.refused {
        warn!(%refused, "a device is not offered");
    }
    let chain = HttpChain::new(&config.node).map_err(|error| failed("node")(error.to_string()))?;
    let chain: Arc<dyn Chain> = Arc::new(chain);
    let (worker, live) = Worker::new(config, key, chain, offered.devices).await?;
    info!(address = %worker.address(), "the worker shows its results here");
    let view = tokio::spawn(view(live));
    let summary = worker.run(stop).await;
    view.abort();
    Ok(summary?)
}

async fn quiet(mut live: watch::Receiver<Live>) {
    while live.changed().await.is_ok() {
        if let Some(trouble) = &live.borrow_and_update().trouble {
            warn!(trouble, "the worker");
        }
    }
}

fn tell_devices(offered: &Offered, json: bool) {
    if json {
        return;
    }
    if let Some(note) = &offered.note {
        eprintln!("{note}");
    }
    for device in &offered.devices {
        eprintln!(
            "Device {}: {}, {} units of work a second; passed its self-test.",
            device.number,
            device.engine.name(),
            device.units_per_second
        );
    }
    for refused in &offered.refused {
        eprintln!("Not offered: {refused}");
    }
}

/// One line that changes on a terminal; elsewhere a line now and then, or JSON.
async fn show(mut live: watch::Receiver<Live>, json: bool) {
    let bar = (!json && std::io::stderr().is_terminal()).then(|| {
        let bar = ProgressBar::new(100);
        let style = ProgressStyle::with_template("{bar:24} {pos:>3} % {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar
    });
    let mut told = tokio::time::Instant::now();
    while live.changed().await.is_ok() {
        let now = live.borrow_and_update().clone();
        let task = computed(&now);
        match &bar {
            Some(bar) => {
                bar.set_position(task.map_or(0, |task| task.percent().into()));
                bar.set_message(line(&now));
            }
            None if told.elapsed() < LINES => {}
            None if json => {
                told = tokio::time::Instant::now();
                output::json(&json!(now));
            }
            None => {
                told = tokio::time::Instant::now();
                eprintln!("{}", line(&now));
            }
        }
    }
}

/// What one of its devices computes now.
fn computed(live: &Live) -> Option<LiveTask> {
    live.devices.iter().find_map(|device| device.task)
}

fn line(live: &Live) -> String {
    let task = computed(live).map_or_else(
        || "waits for work".to_owned(),
        |task| format!("{}, {} rows/s", task.key, task.rows_per_second),
    );
    let reputation = live.reputation.map_or(0, |ppm| ppm.get() / 10_000);
    let trouble = live.trouble.as_ref().map(|text| format!(" — {text}")).unwrap_or_default();
    format!(
        "{task}; {} settled, {} failed; paid {}, claimable {}; reputation {reputation} %{trouble}",
        live.settled,
        live.failed,
        output::tokens_of(live.paid, SYMBOL),
        output::tokens_of(live.claimable, SYMBOL)
    )
}

fn report(summary: &Summary, json: bool) {
    if json {
        let (settled, drained) = (summary.tally.settled, summary.drained);
        return output::json(&json!({ "settled": settled, "drained": drained }));
    }
    let rest = if summary.drained {
        "all of its tasks are over"
    } else {
        "the rest goes on at the next start"
    };
    println!("The worker stopped; {rest}.");
}

/// `althing worker selftest`
pub(super) fn selftest(context: &Context, args: &WorkerSelftest) -> Result<(), CliError> {
    let config = Config::default();
    let plan = TestPlan {
        seeds: args.seeds.unwrap_or(if args.quick { 2 } else { 10 }),
        largest: args.largest.unwrap_or(if args.quick { 512 } else { 1_024 }),
    };
    let offered = offer::offer(&config);
    tell_devices(&offered, context.global.json);
    let mut passed = Vec::new();
    for device in &offered.devices {
        let bar = ProgressBar::new(0);
        let progress = |done: u32, total: u32| {
            bar.set_length(total.into());
            bar.set_position(done.into());
        };
        let outcome = selftest::compare(device.engine.as_ref(), &Portable, plan, &progress);
        bar.finish_and_clear();
        passed.push(outcome.map_err(|error| failed("selftest")(error.to_string()))?);
    }
    if context.global.json {
        output::json(&json!(passed));
    } else {
        for device in &passed {
            println!("{}: every product agrees with the reference", device.device);
            for shape in &device.shapes {
                println!(
                    "  {} {:>6}  {:>4} products  {:>6} GOP/s",
                    shape.kind, shape.side, shape.products, shape.giga_operations
                );
            }
        }
    }
    match offered.refused.first() {
        None => Ok(()),
        Some(refused) => Err(failed("selftest")(refused.to_string())),
    }
}
