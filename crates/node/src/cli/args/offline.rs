//! Commands that need no node: `althing genesis`, `althing verify`, `althing completions`.

use super::tx::parse_amount;
use althing_types::{Address, Amount, ChainId, ValidatorKey};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `althing genesis …`
#[derive(Debug, Subcommand)]
pub enum GenesisCommand {
    /// Write a new genesis file, with validators' folders if asked
    New(GenesisNew),
    /// Add a validator to a genesis file
    AddValidator(GenesisAddValidator),
    /// Give an account money in a genesis file
    AddAccount(GenesisAddAccount),
    /// Check every rule of a genesis file
    Validate(GenesisFile),
    /// Print the hash that nodes compare at their handshake
    Hash(GenesisFile),
}

/// Which parameters a new chain starts with.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Preset {
    /// Short epochs, fees 90 % to the proposer and 10 % to the treasury
    Devnet,
    /// Epochs of 600 blocks, fees as on devnet
    Testnet,
    /// Epochs of 3600 blocks, fees 40 % stakers, 10 % treasury, 50 % burned
    Mainnet,
}

/// `althing genesis new`
#[derive(Debug, Args)]
pub struct GenesisNew {
    /// File to write; never overwritten
    #[arg(long, default_value = "genesis.json", value_name = "FILE")]
    pub output: PathBuf,
    /// Name of the chain [default: cpc-devnet-1, cpc-testnet-1 or cpc-mainnet-1]
    #[arg(long, value_name = "ID")]
    pub chain_id: Option<ChainId>,
    /// Parameters to start with
    #[arg(long, value_enum, default_value = "devnet")]
    pub preset: Preset,
    /// Prefix of addresses
    #[arg(long, default_value = althing_types::address::DEFAULT_PREFIX)]
    pub address_prefix: String,
    /// Symbol of the native token
    #[arg(long, default_value = "CPC")]
    pub symbol: String,
    /// Time of the start in milliseconds since the Unix epoch [default: now]
    #[arg(long, value_name = "MS")]
    pub genesis_time: Option<u64>,
    /// Blocks in an epoch, 10 to 1000000 [default: the preset's]
    #[arg(long, value_name = "BLOCKS")]
    pub epoch_length: Option<u64>,
    /// Time between blocks without load, in milliseconds [default: the preset's]
    #[arg(long, value_name = "MS")]
    pub idle_interval_ms: Option<u64>,
    /// Also make this many validators, each with a folder of its own under --homes
    #[arg(long, value_name = "N", default_value_t = 0, requires = "homes")]
    pub validators: u16,
    /// Where the validators' folders node0, node1 … go
    #[arg(long, value_name = "DIR")]
    pub homes: Option<PathBuf>,
    /// First p2p port of those validators on 127.0.0.1; each takes the next one
    #[arg(long, default_value_t = 26_600, value_name = "PORT")]
    pub p2p_port: u16,
    /// First API port of those validators on 127.0.0.1; each takes the next one
    #[arg(long, default_value_t = 8_080, value_name = "PORT")]
    pub api_port: u16,
    /// Also fund the first N well-known development accounts, 1,000,000 tokens each; their keys
    /// are public
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub dev_accounts: u32,
    /// Also fund N load-test accounts that derive from the text `load`; their keys are public
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub load_accounts: u64,
}

/// `althing genesis add-validator`
#[derive(Debug, Args)]
pub struct GenesisAddValidator {
    /// The genesis file to change
    pub file: PathBuf,
    /// A name for people
    #[arg(long)]
    pub name: String,
    /// Consensus key, 64 hex characters, as `althing init` prints it
    #[arg(long)]
    pub key: ValidatorKey,
    /// Where its p2p port is reached, host:port
    #[arg(long)]
    pub endpoint: String,
    /// Account that its rewards go to: an address, or the name of a key
    #[arg(long)]
    pub account: String,
    /// Its stake, in whole tokens
    #[arg(long, value_parser = parse_amount)]
    pub stake: Amount,
}

/// `althing genesis add-account`
#[derive(Debug, Args)]
pub struct GenesisAddAccount {
    /// The genesis file to change
    pub file: PathBuf,
    /// Who: an address, or the name of a key
    pub address: String,
    /// How much, in whole tokens
    #[arg(value_parser = parse_amount)]
    pub amount: Amount,
}

/// A genesis file.
#[derive(Debug, Args)]
pub struct GenesisFile {
    /// The genesis file
    #[arg(default_value = "genesis.json")]
    pub file: PathBuf,
}

/// `althing verify`
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// What `althing query account --proof` or `althing query tx --proof` printed; '-' is
    /// standard input
    pub bundle: PathBuf,
    /// The genesis file of the chain; it is all that is trusted
    #[arg(long, value_name = "FILE")]
    pub genesis: PathBuf,
    /// Also require that the proof is about this account
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,
    /// Also require that the proof is about this transaction
    #[arg(long, value_name = "HASH")]
    pub tx: Option<String>,
}

impl VerifyArgs {
    /// The account that the proof must be about.
    ///
    /// # Errors
    /// If the text is no address of the chain whose genesis was read before.
    pub fn expected_address(&self) -> Result<Option<Address>, althing_types::AddressError> {
        self.address.as_deref().map(str::parse).transpose()
    }
}

/// `althing completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
