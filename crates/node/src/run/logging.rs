//! Logs: to standard error, as text or as one JSON object an event.

use crate::cli::args::LogFormat;
use std::io::IsTerminal as _;
use tracing_subscriber::{EnvFilter, fmt};

/// What the base library says at the level `info` is about its own parts, several lines a block.
/// A filter that names these targets wins.
const QUIET: &str = "commonware_consensus=warn,commonware_storage=error,commonware_p2p=warn";

/// Starts logging. `filter` is a level or a list such as `info,althing_engine=debug`; `RUST_LOG`
/// wins over it, as it stands. The first call wins.
///
/// # Errors
/// A sentence if the filter cannot be read.
pub(super) fn init(filter: &str, format: LogFormat) -> Result<(), String> {
    let chosen = std::env::var("RUST_LOG").unwrap_or_else(|_| format!("{QUIET},{filter}"));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_names_a_target_of_the_base_library_wins() {
        let of =
            |filter: &str| EnvFilter::try_new(format!("{QUIET},{filter}")).unwrap().to_string();
        let quiet = of("info");
        assert!(quiet.contains("commonware_consensus=warn") && quiet.contains("info"), "{quiet}");
        let loud = of("info,commonware_consensus=debug");
        assert!(loud.contains("commonware_consensus=debug"), "{loud}");
        assert!(!loud.contains("commonware_consensus=warn"), "{loud}");
    }
}
