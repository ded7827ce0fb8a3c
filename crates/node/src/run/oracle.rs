//! `althing oracle`: the daemon of those who feed in, and of those who check.

use super::{asked_to_stop, logging, on_runtime};
use crate::cli::{
    CliError, Exit,
    args::{LogFormat, OracleCheck, OracleCommand, OracleRun},
    context::Context,
    output,
};
use althing_oracle::{
    Chain, Daemon, EXAMPLE, HttpChain, Keys, OracleError, Progress, Settings, Stop, Summary,
    metrics,
    preview::{self, Row},
    settings::{SettingsError, Source},
};
use axum::{Router, http::StatusCode, routing::get};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::{
    io::{IsTerminal as _, Write as _},
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch};

/// From one line of a live view that is no terminal to the next.
const LINES: Duration = Duration::from_secs(10);

fn failed(code: &'static str) -> impl Fn(String) -> CliError {
    move |sentence| CliError::new(Exit::Failed, code, sentence)
}

impl From<OracleError> for CliError {
    fn from(error: OracleError) -> Self {
        let code = match &error {
            OracleError::Held(_) | OracleError::GaveUp { .. } => "held_back",
            OracleError::NoKey(_) | OracleError::Store(_) | OracleError::Chain(_) => "oracle",
        };
        Self::new(Exit::Failed, code, error.to_string())
    }
}

impl From<SettingsError> for CliError {
    fn from(error: SettingsError) -> Self {
        Self::usage(error.to_string())
    }
}

/// Runs `althing oracle …`.
///
/// # Errors
/// Exit code 1 if the daemon cannot go on, is held back although it is to end, or something was refused; 2
/// for the configuration, 7 for keys.
pub(super) fn run(context: &Context, command: &OracleCommand) -> Result<(), CliError> {
    match command {
        OracleCommand::Run(args) if args.dry_run => dry_run(context, args),
        OracleCommand::Run(args) => daemon(context, args),
        OracleCommand::Init { file } => init(context, file),
        OracleCommand::Check(args) => check(context, args),
    }
}

fn init(context: &Context, file: &Path) -> Result<(), CliError> {
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file)
        .and_then(|mut open| open.write_all(EXAMPLE.as_bytes()));
    written.map_err(|error| CliError::io(file, &error))?;
    let name = file.display().to_string();
    if context.global.json {
        output::json(&json!({ "file": name }));
    } else {
        output::line(format!("Wrote {name}: adapt it, then try `althing oracle run --dry-run`."));
    }
    Ok(())
}

fn rows(rows: &[Row]) {
    let joined = |counts: Vec<(String, u64)>| {
        let parts: Vec<String> =
            counts.into_iter().map(|(what, count)| format!("{count} {what}")).collect();
        parts.join(", ")
    };
    let body: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let findings = row.findings.iter().map(|(what, count)| (format!("{what:?}"), *count));
            let left_out = row.left_out.iter().map(|(what, count)| (what.clone(), *count));
            let span = match (&row.first, &row.last) {
                (Some(first), Some(last)) => format!("{first} to {last}"),
                _ => "-".to_owned(),
            };
            vec![
                row.id.clone(),
                row.channel.clone(),
                row.direction.map_or_else(
                    || "-".to_owned(),
                    |direction| format!("{direction:?}").to_lowercase(),
                ),
                if row.meters.is_empty() { "-".to_owned() } else { row.meters.join(" ") },
                row.intervals.to_string(),
                row.wh.to_string(),
                span,
                joined(left_out.collect()),
                joined(findings.collect()),
            ]
        })
        .collect();
    let header =
        ["point", "channel", "way", "meters", "intervals", "wh", "from", "left out", "findings"];
    output::rows(&header, &[4, 5], &body);
}

fn dry_run(context: &Context, args: &OracleRun) -> Result<(), CliError> {
    let found = preview::preview(&Settings::load(&args.config)?);
    if context.global.json {
        output::json(&json!(found));
    } else {
        rows(&found.rows);
        for fault in &found.faults {
            output::note(format!("not read: {fault}"));
        }
    }
    Ok(())
}

fn check(context: &Context, args: &OracleCheck) -> Result<(), CliError> {
    let source = match (&args.config, &args.source) {
        (Some(config), Some(name)) => {
            let settings = Settings::load(config)?;
            let known = settings.sources.into_iter().find(|source| source.name == *name);
            let absent = || CliError::usage(format!("{} has no source {name:?}", config.display()));
            known.ok_or_else(absent)?
        }
        _ => Source::of_file(&args.file),
    };
    let found = preview::check(&source, &args.file).map_err(|fault| {
        let message = format!("{}: {fault}", args.file.display());
        CliError::new(Exit::False, fault.code(), message)
    })?;
    if context.global.json {
        output::json(&json!(found));
    } else {
        rows(&found);
    }
    Ok(())
}

/// The keys that the configuration asks for.
fn keys(context: &Context, args: &OracleRun, settings: &Settings) -> Result<Keys, CliError> {
    let unlock = |name: Option<&str>| context.unlock(&context.signer(name)?);
    let attest_from = args.attest_from.as_deref().or(args.from.as_deref());
    let mut keys = Keys {
        feed: settings.feed.as_ref().map(|_| unlock(args.from.as_deref())).transpose()?,
        attest: settings.attest.as_ref().map(|_| unlock(attest_from)).transpose()?,
        ..Keys::default()
    };
    keys.read_meters(settings, |path| {
        let word = context.password(&format!("the key of a meter in {}", path.display()));
        word.ok().map(|word| word.to_string())
    })?;
    Ok(keys)
}

fn daemon(context: &Context, args: &OracleRun) -> Result<(), CliError> {
    logging::init(&args.log, LogFormat::Text).map_err(CliError::usage)?;
    let settings = Settings::load(&args.config)?;
    let keys = keys(context, args, &settings)?;
    let json = context.global.json;
    on_runtime(async move {
        let chain = HttpChain::new(&settings.nodes);
        let chain: Arc<dyn Chain> =
            Arc::new(chain.map_err(|error| failed("node")(error.to_string()))?);
        let (mut daemon, seen) = Daemon::new(settings, keys, chain)?;
        if args.backfill_only {
            daemon = daemon.backfill_only().give_up_after(args.give_up_after);
        }
        if let Some(address) = args.metrics {
            serve(address, seen.clone()).await?;
        }
        let (stop, wish) = (Stop::new(), Stop::new());
        let ends = stop.clone();
        tokio::spawn(async move {
            if asked_to_stop().await.is_ok() {
                ends.cancel();
            }
        });
        let view = tokio::spawn(show(seen, json, wish.clone()));
        let summary = daemon.run(stop).await;
        wish.cancel();
        let _ = view.await;
        report(&summary?, json, args.backfill_only)
    })
}

/// Serves metrics until the process ends.
async fn serve(address: SocketAddr, seen: watch::Receiver<Progress>) -> Result<(), CliError> {
    let taken = |error: std::io::Error| {
        failed("metrics_address")(format!("--metrics {address}: {error}: choose another address"))
    };
    let listener = TcpListener::bind(address).await.map_err(taken)?;
    let page = move || async move {
        let progress = seen.borrow().clone();
        metrics::render(&progress).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
    };
    let app = Router::new().route("/metrics", get(page));
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::warn!(%error, "metrics are not served any more");
        }
    });
    Ok(())
}

/// One line that changes on a terminal; elsewhere a line now and then, or JSON.
async fn show(mut seen: watch::Receiver<Progress>, json: bool, ends: Stop) {
    let bar = (!json && std::io::stderr().is_terminal()).then(|| {
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar
    });
    let mut told: Option<tokio::time::Instant> = None;
    loop {
        tokio::select! {
            () = ends.cancelled() => break,
            changed = seen.changed() => if changed.is_err() { break },
        }
        let now = seen.borrow_and_update().clone();
        match &bar {
            Some(bar) => {
                let (done, all) = steps(&now);
                bar.set_length(all);
                bar.set_position(done);
                bar.set_message(line(&now));
            }
            None if told.is_some_and(|told| told.elapsed() < LINES) => {}
            None => {
                told = Some(tokio::time::Instant::now());
                if json { output::json(&json!(now)) } else { output::note(line(&now)) }
            }
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

/// How far files are read and what they hold is decided: done, and in all.
fn steps(progress: &Progress) -> (u64, u64) {
    let sum = |parts: &mut dyn Iterator<Item = u64>| parts.fold(0u64, u64::saturating_add);
    let read = sum(&mut progress.sources.iter().map(|source| source.read));
    let total = sum(&mut progress.sources.iter().filter_map(|source| source.total));
    let feed = progress.feed.as_ref();
    let queued = feed.map_or(0, |feed| feed.queued);
    let sent = feed.map_or(0, |feed| feed.sent);
    let attested = feed.map_or(0, |feed| feed.attested);
    (read.saturating_add(attested), total.max(read).saturating_add(sent).saturating_add(queued))
}

fn line(progress: &Progress) -> String {
    let mut parts = Vec::new();
    if let Some(feed) = &progress.feed {
        let refused: u64 = feed.refused.values().fold(0, |sum, count| sum.saturating_add(*count));
        parts.push(format!(
            "{} queued, {} sent ({} Wh), {} attested ({} Wh), {refused} refused",
            feed.queued, feed.sent, feed.sent_wh, feed.attested, feed.attested_wh
        ));
        parts.extend(feed.held.clone());
        parts.extend(feed.blocked.iter().map(|(meter, why)| format!("{meter}: {why}")));
    }
    if let Some(oracle) = &progress.oracle {
        parts.push(format!(
            "{} reports: {} right, {} wrong, {} without own data; {} missed",
            oracle.reports, oracle.agreed, oracle.contradicted, oracle.abstained, oracle.missed
        ));
    }
    if !progress.connected {
        parts.push("no node answers".to_owned());
    }
    parts.extend(progress.trouble.clone());
    parts.join("; ")
}

fn report(summary: &Summary, json: bool, must_be_clean: bool) -> Result<(), CliError> {
    if json {
        output::json(&json!(summary));
    } else {
        output::line(line(&summary.progress));
        for refusal in &summary.refusals {
            output::note(format!("refused: {}", refusal.words));
        }
    }
    if must_be_clean && !summary.is_clean() {
        let message = "something was refused, missed or not read: the lines above say what";
        return Err(failed("not_clean")(message.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_oracle::progress::{FeedProgress, OracleProgress, SourceProgress};

    #[test]
    fn the_bar_is_full_when_all_is_read_and_attested() {
        let source = |read, total| SourceProgress { read, total, ..SourceProgress::default() };
        let feed = |queued, sent, attested| FeedProgress {
            queued,
            sent,
            attested,
            ..FeedProgress::default()
        };
        let progress = |sources, feed| Progress { sources, feed, ..Progress::default() };
        let begun = progress(vec![source(10, Some(100)), source(5, None)], None);
        assert_eq!(steps(&begun), (15, 100));
        let done = progress(vec![source(100, Some(100))], Some(feed(0, 90, 90)));
        assert_eq!(steps(&done), (190, 190));
        let waits = progress(vec![source(100, Some(100))], Some(feed(40, 50, 20)));
        assert_eq!(steps(&waits), (120, 190));
    }

    #[test]
    fn a_line_says_what_is_wrong() {
        let feed = FeedProgress { held: Some("the clock is off".to_owned()), ..Default::default() };
        let oracle = OracleProgress { missed: 3, ..Default::default() };
        let text = line(&Progress {
            feed: Some(feed),
            oracle: Some(oracle),
            trouble: Some("busy".to_owned()),
            ..Progress::default()
        });
        for part in ["the clock is off", "3 missed", "no node answers", "busy"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
