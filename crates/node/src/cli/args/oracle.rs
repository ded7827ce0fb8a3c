//! `althing oracle`.

use super::parse_duration;
use clap::{Args, Subcommand};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

const EXAMPLES: &str = "\
Examples:
  althing oracle init oracle.toml                       write an example of its configuration
  althing oracle check meter-data.csv                   what is in a file, channel by channel
  althing oracle run --config oracle.toml --dry-run     what would be sent, without a node
  althing oracle run --config oracle.toml --from alice --backfill-only
  althing oracle run --config oracle.toml --from alice --metrics 127.0.0.1:9310";

/// `althing oracle …`
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum OracleCommand {
    /// Run the daemon: reads meters, signs and submits what they counted, checks what others submit
    Run(Box<OracleRun>),
    /// Write an example of the configuration
    Init {
        /// The file; never overwritten
        #[arg(default_value = "oracle.toml")]
        file: PathBuf,
    },
    /// Show what is in a file of readings; needs no node
    Check(OracleCheck),
}

/// `althing oracle run`
#[derive(Debug, Args)]
pub struct OracleRun {
    /// Its configuration, a TOML file
    #[arg(long, default_value = "oracle.toml", value_name = "FILE")]
    pub config: PathBuf,
    /// The account that sends: the name of a key, or dev:N [default: the only key there is]
    #[arg(long, value_name = "KEY")]
    pub from: Option<String>,
    /// The account that reports about readings, if it is another one
    #[arg(long, value_name = "KEY")]
    pub attest_from: Option<String>,
    /// End when all files are read and everything is decided; fails if something was refused or cannot be sent
    #[arg(long)]
    pub backfill_only: bool,
    /// With --backfill-only: fail after this time if something that may pass holds everything back
    #[arg(long, default_value = "10m", value_name = "TIME", value_parser = parse_duration)]
    pub give_up_after: Duration,
    /// Show what would be sent, and send nothing; needs no node and no key
    #[arg(long)]
    pub dry_run: bool,
    /// Serve Prometheus metrics here
    #[arg(long, value_name = "ADDR")]
    pub metrics: Option<SocketAddr>,
    /// What to log, for example `info`
    #[arg(long, default_value = "warn", value_name = "FILTER")]
    pub log: String,
}

/// `althing oracle check`
#[derive(Debug, Args)]
pub struct OracleCheck {
    /// NEM12, NEM13, Green Button, or a table that a source of the configuration describes
    pub file: PathBuf,
    /// A configuration with a source that describes the file
    #[arg(long, value_name = "FILE", requires = "source")]
    pub config: Option<PathBuf>,
    /// The name of that source
    #[arg(long, value_name = "NAME", requires = "config")]
    pub source: Option<String>,
}
