//! Runs simulated networks: `sim --plan fault --seeds 200`.

use althing_ledger::audit::SupplyReport;
use althing_sim::{
    LONG_PLANS, PLANS, Report, Scenario, campaign,
    cluster::{Labour, Propagation, Traded},
    plan,
};
use althing_types::Amount;
use anyhow::{Context as _, bail};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::IsTerminal as _,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};
use tracing_subscriber::EnvFilter;

/// Time between two lines about a long run.
const QUIET: Duration = Duration::from_secs(30);

/// Deterministic simulation of whole networks with faults.
#[derive(Parser)]
#[command(name = "sim", version)]
struct Arguments {
    /// The plan; `--list` shows all.
    #[arg(long, default_value = "fault")]
    plan: String,
    /// One seed, with details.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// How many seeds.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Threads; by default one for each core.
    #[arg(long)]
    threads: Option<usize>,
    /// Shows the plans.
    #[arg(long)]
    list: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Ok(filter) = EnvFilter::try_from_default_env() {
        let writer = std::io::stderr;
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).without_time().init();
    }
    if arguments.list {
        for plan in PLANS.iter().chain(LONG_PLANS) {
            println!("{:12} {}", plan.name, plan.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let plan = plan(&arguments.plan)
        .with_context(|| format!("there is no plan {:?}: see --list", arguments.plan))?;
    if let Some(seed) = arguments.seed {
        let scenario = plan.scenario(seed);
        println!("{scenario:#?}");
        let report = run_shown(&scenario);
        println!("{}", line(&report));
        println!(
            "longest time between blocks {} ms, before height {}",
            report.longest_gap.0, report.longest_gap.1
        );
        if let Some(supply) = &report.supply {
            println!("{}", money(supply));
        }
        for joined in &report.joined {
            println!("{joined:?}");
        }
        if let Some(line) = votes(&report) {
            println!("{line}");
        }
        for one in &report.propagations {
            println!("{}", propagation(one));
        }
        for (number, labour) in report.labour.iter().enumerate() {
            println!("{}", labour_line(number, labour));
        }
        if let Some(traded) = &report.traded {
            println!("{}", trade_line(traded));
        }
        println!("trace {}", report.trace);
        return Ok(verdict(&report));
    }
    if arguments.seeds == 0 {
        bail!("--seeds must be more than zero");
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = arguments.threads.unwrap_or(cores);
    Ok(many(plan, arguments.from, arguments.seeds, threads))
}

/// Runs one scenario and shows how far it is: a line that changes on a terminal, else a line for
/// each half minute.
fn run_shown(scenario: &Scenario) -> Report {
    let is_terminal = std::io::stderr().is_terminal();
    let bar = if is_terminal { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    let mut told = Instant::now();
    let report = althing_sim::run_with(scenario, &mut |now| {
        let text = format!(
            "{:.0} s simulated, height {}, slowest {}",
            now.simulated_ms as f64 / 1_000.0,
            now.height,
            now.slowest
        );
        if !is_terminal && told.elapsed() > QUIET {
            told = Instant::now();
            eprintln!("{text}");
        }
        bar.set_message(text);
        bar.tick();
    });
    bar.finish_and_clear();
    report
}

fn many(plan: &althing_sim::Plan, from: u64, seeds: u64, threads: usize) -> ExitCode {
    let bar = if std::io::stderr().is_terminal() {
        let template = "{bar:40} {pos}/{len} seeds, {eta} left {msg}";
        let style = ProgressStyle::with_template(template);
        ProgressBar::new(seeds).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    } else {
        ProgressBar::hidden()
    };
    let started = Instant::now();
    let mut failed = Vec::new();
    let (mut blocks, mut transactions, mut stops, mut evidence) = (0, 0, 0, 0);
    campaign::seeds(plan, from, seeds, threads, |report| {
        bar.inc(1);
        blocks += report.height;
        transactions += report.transactions;
        stops += report.stops;
        evidence += report.evidence;
        if !report.violations.is_empty() {
            bar.suspend(|| {
                let _ = verdict(&report);
            });
            failed.push(report.seed);
        }
    });
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    failed.sort_unstable();
    println!(
        "plan {}: {seeds} seeds from {from}, {} with violations {failed:?}",
        plan.name,
        failed.len()
    );
    println!(
        "{blocks} blocks, {transactions} transactions, {stops} stops, {evidence} pieces of evidence"
    );
    println!("{seconds:.1} s, {:.0} seeds a minute", seeds as f64 * 60.0 / seconds);
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn line(report: &Report) -> String {
    format!(
        "plan {} seed {}: {} validators, height {}, {} transactions ({} failed), {} stops \
         ({} by storage), {} pieces of evidence, {} ms simulated in {} ms",
        report.plan,
        report.seed,
        report.validators,
        report.height,
        report.transactions,
        report.failed,
        report.stops,
        report.storage_deaths,
        report.evidence,
        report.simulated_ms,
        report.wall.as_millis()
    )
}

/// What became of the proposals; `None` if there were none.
fn votes(report: &Report) -> Option<String> {
    let least = report.polls.iter().min_by_key(|poll| poll.percent())?;
    let enacted = report.polls.iter().filter(|poll| poll.enacted).count();
    let slowest = report.polls.iter().map(|poll| poll.last_vote_ms).max().unwrap_or_default();
    Some(format!(
        "{} proposals, {enacted} enacted; least participation {} of {} validators; all votes cast \
         within {slowest} ms of the beginning of a vote",
        report.polls.len(),
        least.voted,
        least.validators,
    ))
}

/// How a configuration of the network reached the nodes.
fn propagation(one: &Propagation) -> String {
    let at = |part: usize| one.took_ms.get(one.took_ms.len().saturating_sub(1) * part / 100);
    let [least, median, most] = [0, 50, 100].map(|part| at(part).copied().unwrap_or_default());
    format!(
        "configuration {} decided at {} ms: {} of {} nodes run it, after {least} ms at least, {median} \
         ms in the median, {most} ms at most",
        one.version,
        one.decided_ms,
        one.took_ms.len(),
        one.nodes,
    )
}

/// What a worker did and earned.
fn labour_line(number: usize, labour: &Labour) -> String {
    let Labour { craft, settled, wrong, withheld, other, paid, claimed, lost } = *labour;
    format!(
        "worker {number}, {craft:?}: {settled} results settled, {wrong} proven wrong, {withheld} \
         withheld, {other} with another end; paid {}, claimed {}, lost {}",
        paid.to_tokens(),
        claimed.to_tokens(),
        lost.to_tokens()
    )
}

/// What became of energy.
fn trade_line(traded: &Traded) -> String {
    let (right, wrong) = traded.readings;
    let (auctions, tariffs) = traded.sold_wh;
    let (dismissed, others) = traded.disputes;
    format!(
        "energy: {right} true readings attested, {wrong} false ones refused, {} misjudged; {} Wh \
         attested = {auctions} sold by auctions + {tariffs} by tariffs + {} not sold; {} used up; \
         providers were paid {}; {dismissed} disputes dismissed, {others} with another end",
        traded.misjudged,
        traded.attested_wh,
        traded.unsold_wh,
        traded.retired_wh,
        traded.paid.to_tokens()
    )
}

/// The money in a validator's database, in tokens.
fn money(report: &SupplyReport) -> String {
    let supply = &report.supply;
    format!(
        "supply after block {}: genesis {} + minted {} - burned {}; {} accounts own {}; account of \
         stake {}, {} validators, {} delegations and {} unbonding entries {}: {}",
        report.height,
        supply.genesis.to_tokens(),
        supply.minted.to_tokens(),
        supply.burned.to_tokens(),
        report.account_count,
        report.counted.to_tokens(),
        report.stake.to_tokens(),
        report.validator_count,
        report.delegation_count,
        report.unbonding_count,
        report.staked().map_or_else(|| "overflow".to_owned(), Amount::to_tokens),
        if report.agrees() { "agrees to the unit" } else { "DOES NOT AGREE" }
    )
}

/// Shows what was broken, and how to see it again.
fn verdict(report: &Report) -> ExitCode {
    if report.violations.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("{}", line(report));
    for violation in &report.violations {
        println!("  VIOLATION {violation}");
    }
    println!(
        "  again: cargo run --release -p althing-sim -- --plan {} --seed {}",
        report.plan, report.seed
    );
    ExitCode::FAILURE
}
