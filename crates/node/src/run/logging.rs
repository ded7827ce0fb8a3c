//! Logs: to standard error, as text or as one JSON object an event.

use crate::cli::args::LogFormat;
use std::io::IsTerminal as _;
use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging. `filter` is a level or a list such as `info,althing_engine=debug`; `RUST_LOG`
/// wins over it. The first call wins.
///
/// # Errors
/// A sentence if the filter cannot be read.
pub(super) fn init(filter: &str, format: LogFormat) -> Result<(), String> {
    let chosen = std::env::var("RUST_LOG").unwrap_or_else(|_| filter.to_owned());
    let filter = EnvFilter::try_new(&chosen)
        .map_err(|error| format!("the log filter {chosen:?} cannot be read: {error}"))?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let result = match format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    // A second call (two validators in one process) finds the logger in place.
    drop(result);
    Ok(())
}
