//! Commands about a node of one's own: `init`, `start`, `dev`, `bench`, `db`, `peers`.

use althing_types::{Amount, ValidatorKey, Version, limits::MAX_SAFETY_MEMBERS};
use clap::{Args, Subcommand, ValueEnum};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// Reads a duration such as `250ms`, `30s` or `1h 5m`.
///
/// # Errors
/// A sentence that shows the expected form.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "expected a time such as 250ms, 30s or 5m".into())
}

/// `althing init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Genesis file of the network to join; copied into the folder
    #[arg(long, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    /// Validator key file to use instead of making a new one; copied into the folder
    #[arg(long, value_name = "FILE")]
    pub validator_key: Option<PathBuf>,
    /// File with the hex seed of an account that pays a faucet; copied into the folder
    #[arg(long, value_name = "FILE")]
    pub faucet_key: Option<PathBuf>,
    /// Encrypt the validator key with a password, which `start` will then need
    #[arg(long)]
    pub encrypt: bool,
    /// Name of the node, for people
    #[arg(long, default_value = "node")]
    pub name: String,
    /// Address of the API
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub api: SocketAddr,
    /// Address that other validators connect to
    #[arg(long, default_value = "0.0.0.0:26600", value_name = "ADDR")]
    pub p2p: SocketAddr,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One readable line an event
    Text,
    /// One JSON object an event
    Json,
}

/// `althing start`
#[derive(Debug, Args)]
pub struct StartArgs {
    /// Genesis file [default: the one that config.toml names]
    #[arg(long, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    /// Validator key file [default: the one that config.toml names]
    #[arg(long, value_name = "FILE")]
    pub validator_key: Option<PathBuf>,
    /// Address of the API [default: the one in config.toml]
    #[arg(long, value_name = "ADDR")]
    pub api: Option<SocketAddr>,
    /// Address that other validators connect to [default: the one in config.toml]
    #[arg(long, value_name = "ADDR")]
    pub p2p: Option<SocketAddr>,
    /// Refuse peers that run another version instead of warning
    #[arg(long = "p2p.strict-versions", alias = "p2p.strictVersions")]
    pub strict_versions: bool,
    /// Know no later version of the protocol, as older software does: for exercises
    #[arg(long, hide = true, value_name = "VERSION")]
    pub newest_protocol: Option<Version>,
    /// Know a version of the protocol whose upgrade fails: for exercises
    #[arg(long, hide = true)]
    pub failing_protocol: bool,
    /// What to log, for example `info` or `info,althing_engine=debug` [default: config.toml's]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
    /// How to log [default: config.toml's]
    #[arg(long, value_enum)]
    pub log_format: Option<LogFormat>,
}

/// How many well-known accounts hold the safety override.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holders {
    /// How many must approve.
    pub needed: u32,
    /// How many there are: dev:0 and those that follow.
    pub members: u32,
}

fn parse_holders(text: &str) -> Result<Holders, String> {
    let holders = text.split_once('/').and_then(|(needed, members)| {
        Some(Holders { needed: needed.parse().ok()?, members: members.parse().ok()? })
    });
    let legal = |holders: &Holders| {
        (1..=MAX_SAFETY_MEMBERS as u32).contains(&holders.members)
            && (1..=holders.members).contains(&holders.needed)
    };
    let most = MAX_SAFETY_MEMBERS;
    holders.filter(legal).ok_or_else(|| {
        format!("expected how many of how many accounts, such as 2/3, with at most {most} accounts")
    })
}

/// `althing dev`
#[derive(Debug, Args)]
pub struct DevArgs {
    /// Folder of the chain [default: a temporary one, removed at the end]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Start over: delete the chain in --data-dir first
    #[arg(long, requires = "data_dir")]
    pub reset: bool,
    /// Full validators to run, on loopback
    #[arg(long, default_value_t = 1, value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=100))]
    pub validators: u16,
    /// Time between blocks without load
    #[arg(long, default_value = "1s", value_name = "TIME", value_parser = parse_duration)]
    pub block_time: Duration,
    /// Address of the API of the first validator
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub api: SocketAddr,
    /// Funded well-known accounts
    #[arg(long, default_value_t = 10, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub accounts: u32,
    /// What each of them owns, in whole tokens
    #[arg(long, default_value = "1000000", value_name = "TOKENS",
        value_parser = super::tx::parse_amount)]
    pub balance: Amount,
    /// Also fund N load-test accounts for `althing bench`
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub load_accounts: u64,
    /// Blocks in an epoch, 10 to 1000000 [default: 100]
    #[arg(long, value_name = "BLOCKS")]
    pub epoch_length: Option<u64>,
    /// Also run a compute worker on this processor, for the last of the funded accounts
    #[arg(long)]
    pub worker: bool,
    /// Who holds the safety override: 2/3 is two of dev:0 to dev:2 together, for every order
    /// [default: nobody]
    #[arg(long = "override", value_name = "NEEDED/MEMBERS", value_parser = parse_holders)]
    pub holders: Option<Holders>,
    /// Start with another value of a parameter that a proposal can change, for example
    /// governance.standard.voting=10blocks; `althing gov params` lists them
    #[arg(long = "param", value_name = "NAME=VALUE",
        value_parser = super::propose::parse_setting)]
    pub params: Vec<super::propose::Setting>,
    /// What to log, for example `info`
    #[arg(long, default_value = "warn,commonware_storage=error", value_name = "FILTER")]
    pub log: String,
}

/// `althing bench`
#[derive(Clone, Debug, Args)]
pub struct BenchArgs {
    /// Further nodes to send to, besides --node
    #[arg(long, value_name = "URL")]
    pub also: Vec<String>,
    /// How long
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = parse_duration)]
    pub duration: Duration,
    /// Transactions a second; 0 is as many as possible
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub rate: u64,
    /// Load-test accounts to send from; the genesis file must fund them
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub accounts: u64,
    /// Transactions in one request
    #[arg(long, default_value_t = 500, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub batch: u32,
    /// Requests in flight
    #[arg(long, default_value_t = 4, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub connections: u32,
    /// Most transactions that may wait for finality at a time
    #[arg(long, default_value_t = 50_000, value_name = "N")]
    pub in_flight: u64,
    /// Threads that sign
    #[arg(long, default_value_t = 1, value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: u16,
    /// Also send transfers that create accounts, carry memos or fail, and use every key scheme
    #[arg(long)]
    pub mixed: bool,
    /// Who is paid
    #[arg(long, value_enum, default_value_t = Recipients::Senders, conflicts_with = "mixed")]
    pub to: Recipients,
}

/// Who is paid by the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Recipients {
    /// The accounts that send
    Senders,
    /// Accounts that do not exist yet, one after the other, to grow the state
    New,
    /// Accounts that earlier runs with `new` made, in no order
    Created,
}

/// `althing db …`
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Sizes and counts of the node's databases
    Stats,
    /// Build the read model anew from the blocks
    Reindex,
    /// Check that state, blocks, receipts and index agree
    Check,
}

/// `althing upgrade …`
#[derive(Debug, Subcommand)]
pub enum UpgradeCommand {
    /// Which rules hold, what is planned, and which nodes are ready for it
    Status,
    /// What became of every upgrade, newest first
    History {
        /// Most events that are listed
        #[arg(long, default_value_t = 20, value_name = "N",
            value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Try an upgrade out on the state of a node that does not run, and change nothing
    Check {
        /// The version [default: the one that is planned, or the newest that this software knows]
        #[arg(long, value_name = "VERSION")]
        to: Option<Version>,
    },
}

/// `althing peers …`
#[derive(Debug, Subcommand)]
pub enum PeersCommand {
    /// List the peers of the node
    List,
    /// Add a peer to this node's config.toml; `start` connects to it
    Add {
        /// The peer, KEY@host:port
        peer: String,
    },
    /// Remove a peer from this node's config.toml
    Remove {
        /// Validator key of the peer, 64 hex characters
        key: ValidatorKey,
    },
    /// Shut a peer out of the running node
    Ban(PeersBan),
    /// Let a peer in again
    Unban {
        /// Validator key of the peer, 64 hex characters
        key: ValidatorKey,
    },
}

/// `althing peers ban`
#[derive(Debug, Args)]
pub struct PeersBan {
    /// Validator key of the peer, 64 hex characters
    pub key: ValidatorKey,
    /// For how long
    #[arg(long = "for", default_value = "1h", value_name = "TIME", value_parser = parse_duration)]
    pub duration: Duration,
}
