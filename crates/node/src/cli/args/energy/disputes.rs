//! `althing energy dispute`.

use super::super::tx::Sending;
use crate::cli::compute::parse_state;
use althing_types::energy::DisputeReason;
use clap::{ArgGroup, Args, Subcommand};
use std::path::PathBuf;

/// `althing energy dispute …`
#[derive(Debug, Subcommand)]
pub enum DisputeCommand {
    /// Dispute a reading or a sale; a bond is set aside
    Open(Box<DisputeOpen>),
    /// Say whether who opened it is right, as an oracle
    Vote(Box<DisputeVote>),
    /// Everything about one
    Show {
        /// Its number
        dispute: u64,
    },
    /// List them, newest first
    #[command(visible_alias = "ls")]
    List(DisputeList),
}

/// `althing energy dispute open`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("subject").required(true).args(["batch", "certificate"])))]
pub struct DisputeOpen {
    /// The number of the batch of the reading
    #[arg(long, requires = "reading")]
    pub batch: Option<u64>,
    /// The place of the reading in the batch, from 0
    #[arg(long, requires = "batch", value_parser = clap::value_parser!(u8).range(0..=63))]
    pub reading: Option<u8>,
    /// The number of the certificate of the sale
    #[arg(long)]
    pub certificate: Option<u64>,
    /// Why: false-reading, double-counting or not-delivered
    #[arg(long, value_parser = parse_state::<DisputeReason>)]
    pub reason: DisputeReason,
    /// File with the evidence: its SHA-256 goes to the chain, oracles ask you for the file
    #[arg(long, value_name = "FILE")]
    pub evidence: PathBuf,
    /// For whom, if the sender acts for somebody [default: the sender]
    #[arg(long, value_name = "ACCOUNT")]
    pub opener: Option<String>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy dispute vote`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("vote").required(true).args(["uphold", "dismiss"])))]
pub struct DisputeVote {
    /// Its number
    pub dispute: u64,
    /// Who opened it is right
    #[arg(long)]
    pub uphold: bool,
    /// Who opened it is wrong
    #[arg(long)]
    pub dismiss: bool,
    /// The oracle, if the sender acts for it [default: the sender]
    #[arg(long, value_name = "ACCOUNT")]
    pub oracle: Option<String>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy dispute list`
#[derive(Debug, Args)]
pub struct DisputeList {
    /// Only those about this provider: an address, the name of a key, or dev:N
    #[arg(long, value_name = "ACCOUNT")]
    pub provider: Option<String>,
    /// Only those in this state: open, upheld, dismissed or lapsed
    #[arg(long, value_parser = ["open", "upheld", "dismissed", "lapsed"])]
    pub state: Option<String>,
    /// Only those with a lower number: the last one of the page before
    #[arg(long, value_name = "N")]
    pub before: Option<u64>,
    /// Most that are listed
    #[arg(long, default_value_t = 20, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
}
