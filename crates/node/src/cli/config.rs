//! `config.toml`: how a node runs. What belongs to the chain is in the genesis file instead.

use super::{
    args::LogFormat,
    context::read_text,
    error::{CliError, Exit},
};
use althing_engine::storage::STATE_CACHE;
use serde::Deserialize;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// Name of the file in a node's folder.
pub const FILE: &str = "config.toml";

/// The whole file. Paths are relative to its folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[node]`
    pub node: Node,
    /// `[p2p]`
    pub p2p: P2p,
    /// `[api]`
    pub api: Api,
    /// `[index]`
    #[serde(default)]
    pub index: Index,
    /// `[storage]`
    #[serde(default)]
    pub storage: Storage,
    /// `[mempool]`
    #[serde(default)]
    pub mempool: Mempool,
    /// `[faucet]`
    #[serde(default)]
    pub faucet: Option<Faucet>,
    /// `[compute]`
    #[serde(default)]
    pub compute: Compute,
    /// `[log]`
    #[serde(default)]
    pub log: Log,
}

/// Who the node is and where its files are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// A name for people.
    pub name: String,
    /// The genesis file.
    pub genesis: PathBuf,
    /// The validator key file.
    pub validator_key: PathBuf,
    /// Folder of the databases.
    pub data: PathBuf,
    /// Where in the world it stands, for the registry of nodes.
    #[serde(default)]
    pub region: String,
}

/// The network between validators.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct P2p {
    /// Address that others connect to.
    pub listen: SocketAddr,
    /// Refuse peers of another version instead of warning.
    #[serde(default)]
    pub strict_versions: bool,
    /// Further peers, `KEY@host:port`.
    #[serde(default)]
    pub peers: Vec<String>,
}

/// The HTTP API.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Address that it listens on.
    pub listen: SocketAddr,
    /// Where it is reached from outside, for the registry of nodes.
    #[serde(default)]
    pub public: String,
    /// Web origins that may call it; `*` is all.
    #[serde(default)]
    pub cors_origins: Vec<String>,
    /// Requests a minute from one address; 0 is no limit. Loopback is never limited.
    #[serde(default = "requests_per_minute")]
    pub requests_per_minute: u32,
}

/// The read model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Whether it is kept. Without it, histories are not served.
    pub enabled: bool,
}

/// The databases of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// MiB of memory that cache the state, at least 16.
    pub state_cache_mib: usize,
}

/// Waiting transactions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mempool {
    /// Most transactions.
    pub max_transactions: usize,
    /// Most bytes.
    pub max_bytes: usize,
    /// Most transactions of one sender.
    pub max_per_sender: usize,
    /// Seconds after which a waiting transaction is dropped.
    pub ttl_seconds: u64,
}

/// Results of computation that the validator is drawn to check.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Compute {
    /// Whether the node checks them. A member of a committee that says nothing is counted as missing.
    pub check: bool,
    /// Whether rows are fetched from workers on this machine and in private networks.
    pub allow_private_workers: bool,
}

impl Default for Compute {
    fn default() -> Self {
        Self { check: true, allow_private_workers: false }
    }
}

/// Test money.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faucet {
    /// File with the hex seed of the Ed25519 account that pays.
    pub key: PathBuf,
    /// What one request pays, in whole tokens.
    pub tokens: u64,
    /// Seconds between two payments to one address.
    pub cooldown_seconds: u64,
}

/// Logs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// What to log, for example `info` or `info,althing_engine=debug`.
    pub filter: String,
    /// `text` or `json`.
    pub format: LogFormat,
}

const fn requests_per_minute() -> u32 {
    6_000
}

impl Default for Index {
    fn default() -> Self {
        Self { enabled: true }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self { state_cache_mib: STATE_CACHE >> 20 }
    }
}

impl Default for Mempool {
    fn default() -> Self {
        Self {
            max_transactions: 100_000,
            max_bytes: 64 * 1024 * 1024,
            max_per_sender: 1_000,
            ttl_seconds: 3_600,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Text }
    }
}

/// What `init` decides; everything else starts at its default.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    /// Name of the node.
    pub name: &'a str,
    /// Address of the API.
    pub api: SocketAddr,
    /// Address of the p2p port.
    pub p2p: SocketAddr,
    /// Whether a faucet key was given.
    pub faucet: bool,
}

impl Template<'_> {
    /// The file, with a comment for each setting.
    pub fn render(&self) -> String {
        let (storage, mempool, log) = (Storage::default(), Mempool::default(), Log::default());
        let mut text = format!(
            "# How this node runs. Paths are relative to this folder. `althing start` reads this file;\n\
             # its options win over it.\n\
             \n\
             [node]\n\
             # A name for people.\n\
             name = {name}\n\
             # What the chain starts from; the same file at every node.\n\
             genesis = \"genesis.json\"\n\
             # The consensus key. Never run one key on two machines: that is a punishable fault.\n\
             validator_key = \"validator.key\"\n\
             # Databases.\n\
             data = \"data\"\n\
             # Where in the world the node stands, for the registry of nodes, or empty.\n\
             region = \"\"\n\
             \n\
             [p2p]\n\
             # Address that other validators connect to.\n\
             listen = \"{p2p}\"\n\
             # Refuse peers of another version instead of warning and counting them.\n\
             strict_versions = false\n\
             # Peers besides the validators of the genesis, \"KEY@host:port\".\n\
             peers = []\n\
             \n\
             [api]\n\
             # Address of the HTTP API, the status page and the metrics.\n\
             listen = \"{api}\"\n\
             # URL of the API from outside, for the registry of nodes, or empty.\n\
             public = \"\"\n\
             # Web origins that may call it from a browser; \"*\" is all.\n\
             cors_origins = []\n\
             # Requests a minute from one address, 0 is no limit. Loopback is never limited.\n\
             requests_per_minute = {requests}\n\
             \n\
             [index]\n\
             # Keep a read model for histories and searches. It can be rebuilt at any time.\n\
             enabled = true\n\
             \n\
             [storage]\n\
             # MiB of memory that cache the state, taken at start, at least 16.\n\
             state_cache_mib = {state_cache}\n\
             \n\
             [mempool]\n\
             # Most waiting transactions, most bytes of them, and most of one sender.\n\
             max_transactions = {transactions}\n\
             max_bytes = {bytes}\n\
             max_per_sender = {per_sender}\n\
             # Seconds after which a waiting transaction is dropped.\n\
             ttl_seconds = {ttl}\n\
             \n\
             [log]\n\
             # What to log, for example \"info\" or \"info,althing_engine=debug\". `RUST_LOG` wins.\n\
             filter = \"{filter}\"\n\
             # \"text\" or \"json\".\n\
             format = \"text\"\n",
            name = toml::Value::from(self.name),
            p2p = self.p2p,
            api = self.api,
            requests = requests_per_minute(),
            state_cache = storage.state_cache_mib,
            transactions = mempool.max_transactions,
            bytes = mempool.max_bytes,
            per_sender = mempool.max_per_sender,
            ttl = mempool.ttl_seconds,
            filter = log.filter,
        );
        if self.faucet {
            text.push_str(
                "\n[faucet]\n\
                 # File with the hex seed of the account that pays.\n\
                 key = \"faucet.key\"\n\
                 # Whole tokens a request, and seconds between two payments to one address.\n\
                 tokens = 100\n\
                 cooldown_seconds = 60\n",
            );
        }
        text
    }
}

impl Config {
    /// Reads `config.toml` of a node's folder, and makes its paths absolute to that folder.
    ///
    /// # Errors
    /// Exit code 5 if there is none, 2 if it cannot be read; the sentence names the line.
    pub fn load(home: &Path) -> Result<Self, CliError> {
        let path = home.join(FILE);
        if !path.exists() {
            return Err(CliError::new(
                Exit::NotFound,
                "config_not_found",
                format!("there is no node in {}: `althing init` prepares one", home.display()),
            ));
        }
        let mut config = Self::parse(&read_text(&path)?).map_err(|text| {
            CliError::new(Exit::Usage, "config", format!("{}: {text}", path.display()))
        })?;
        for path in
            [&mut config.node.genesis, &mut config.node.validator_key, &mut config.node.data]
        {
            *path = home.join(&*path);
        }
        if let Some(faucet) = &mut config.faucet {
            faucet.key = home.join(&faucet.key);
        }
        Ok(config)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// A sentence that names the line and the setting.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string().trim().to_owned())
    }
}
