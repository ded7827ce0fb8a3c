//! `althing genesis`: files that a chain starts from.

use super::{
    propose::{Setting, parse_setting},
    tx::parse_amount,
};
use althing_client::genesis_plan;
use althing_types::{
    Amount, ChainId, Ppm, Text, Timestamp, ValidatorKey,
    limits::{
        MAX_VALIDATOR_DESCRIPTION_BYTES, MAX_VALIDATOR_NAME_BYTES, MAX_VALIDATOR_WEBSITE_BYTES,
    },
};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `althing genesis …`
#[derive(Debug, Subcommand)]
pub enum GenesisCommand {
    /// Write a new genesis file, with validators' folders if asked, or the draft of a plan
    New(Box<GenesisNew>),
    /// Print an example of a plan: who gets which share of the supply, and how it is locked
    Plan,
    /// Write a validator's signed entry for a genesis
    Entry(GenesisEntryArgs),
    /// Put validators' entries into a draft
    Merge(GenesisMerge),
    /// Check a genesis file, and that it holds what its validators signed
    Verify(GenesisVerify),
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
    /// Epochs of 100 blocks, small stakes, periods of minutes
    Devnet,
    /// Epochs of 600 blocks, 21 validators, unbonding in a day
    Testnet,
    /// Epochs of 3600 blocks, 100 validators, unbonding in 21 days, a fixed supply
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
    /// Parameters to start with; docs/parameters.md lists them
    #[arg(long, value_enum, default_value = "devnet")]
    pub preset: Preset,
    /// Make the draft of this plan, which says everything else; see `althing genesis plan`
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "chain_id", "preset", "address_prefix", "symbol", "genesis_time", "epoch_length",
            "idle_interval_ms", "params", "reserve", "validators", "dev_accounts", "load_accounts",
            "safety", "network",
        ]
    )]
    pub plan: Option<PathBuf>,
    /// Prefix of addresses
    #[arg(long, default_value = althing_types::address::DEFAULT_PREFIX)]
    pub address_prefix: String,
    /// Symbol of the native token
    #[arg(long, default_value = "CPC")]
    pub symbol: String,
    /// Time of the start: UTC, like 2027-01-15T12:00:00Z, or milliseconds since the Unix epoch
    /// [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub genesis_time: Option<Timestamp>,
    /// Blocks in an epoch, 10 to 1000000 [default: the preset's]
    #[arg(long, value_name = "BLOCKS")]
    pub epoch_length: Option<u64>,
    /// Time between blocks without load, in milliseconds [default: the preset's]
    #[arg(long, value_name = "MS")]
    pub idle_interval_ms: Option<u64>,
    /// Start with another value of a parameter that a proposal can change, for example
    /// governance.standard.voting=10blocks; `althing gov params` lists them
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parse_setting)]
    pub params: Vec<Setting>,
    /// Tokens that rewards are released from over the years, part of the supply; for presets with
    /// the schedule target-apr [default: 300000000 for mainnet]
    #[arg(long, value_name = "TOKENS", value_parser = parse_amount)]
    pub reserve: Option<Amount>,
    /// Who holds the safety override and within which limits: a JSON file as docs/modules/safety.md
    /// shows; without it nobody ever does
    #[arg(long, value_name = "FILE")]
    pub safety: Option<PathBuf>,
    /// The configuration of the network that the chain begins with: a JSON file with the fields of
    /// docs/modules/network.md [default: the endpoints of the first 64 validators]
    #[arg(long, value_name = "FILE")]
    pub network: Option<PathBuf>,
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

/// What a validator says about itself in a genesis.
#[derive(Debug, Args)]
pub struct GenesisDetails {
    /// A name for people, at most 70 bytes
    #[arg(long)]
    pub name: Text<MAX_VALIDATOR_NAME_BYTES>,
    /// A web address
    #[arg(long, value_name = "URL", default_value = "")]
    pub website: Text<MAX_VALIDATOR_WEBSITE_BYTES>,
    /// A few sentences
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub description: Text<MAX_VALIDATOR_DESCRIPTION_BYTES>,
    /// Where its p2p port is reached, host:port
    #[arg(long)]
    pub endpoint: String,
    /// Its operator, who owns its stake and earns its commission: an address, or the name of a key
    #[arg(long)]
    pub account: String,
    /// Its stake, in whole tokens
    #[arg(long, value_parser = parse_amount)]
    pub stake: Amount,
    /// What it keeps of its delegators' rewards, in percent
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent, default_value = "5")]
    pub commission: Ppm,
}

/// `althing genesis entry`
#[derive(Debug, Args)]
pub struct GenesisEntryArgs {
    /// The draft that the entry is for
    pub draft: PathBuf,
    /// The validator's key file
    #[arg(long, value_name = "FILE", default_value = "validator.key")]
    pub key: PathBuf,
    #[command(flatten)]
    /// What the validator says about itself
    pub details: GenesisDetails,
    /// File to write; never overwritten
    #[arg(long, default_value = "entry.json", value_name = "FILE")]
    pub output: PathBuf,
}

/// `althing genesis merge`
#[derive(Debug, Args)]
pub struct GenesisMerge {
    /// The draft
    pub draft: PathBuf,
    /// Entries, or folders whose files *.json are entries
    #[arg(required = true, value_name = "ENTRY")]
    pub entries: Vec<PathBuf>,
    /// Take stakes and node allowances from the account that this plan names
    #[arg(long, value_name = "FILE", conflicts_with = "stakes_from")]
    pub plan: Option<PathBuf>,
    /// Take stakes and node allowances from the allocation of this account; without it they add to
    /// the supply
    #[arg(long, value_name = "ACCOUNT")]
    pub stakes_from: Option<String>,
    /// File to write; never overwritten
    #[arg(long, default_value = "genesis.json", value_name = "FILE")]
    pub output: PathBuf,
}

/// `althing genesis verify`
#[derive(Debug, Args)]
pub struct GenesisVerify {
    /// The genesis file
    #[arg(default_value = "genesis.json")]
    pub file: PathBuf,
    /// Also require that its validators are exactly those of the entries *.json in this folder
    #[arg(long, value_name = "DIR")]
    pub entries: Option<PathBuf>,
    /// Also require that it is this plan to the base unit
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
}

/// `althing genesis add-validator`
#[derive(Debug, Args)]
pub struct GenesisAddValidator {
    /// The genesis file to change
    pub file: PathBuf,
    /// Consensus key, 64 hex characters, as `althing init` prints it
    #[arg(long)]
    pub key: ValidatorKey,
    #[command(flatten)]
    /// What the validator says about itself
    pub details: GenesisDetails,
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
    /// Lock the whole amount and set it free on a straight line to this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub vesting_end: Option<Timestamp>,
    /// Nothing is free before this time [default: the line's start]
    #[arg(long, value_name = "TIME", value_parser = parse_time, requires = "vesting_end")]
    pub vesting_cliff: Option<Timestamp>,
    /// Where the line starts [default: the genesis time]
    #[arg(long, value_name = "TIME", value_parser = parse_time, requires = "vesting_end")]
    pub vesting_start: Option<Timestamp>,
}

/// A genesis file.
#[derive(Debug, Args)]
pub struct GenesisFile {
    /// The genesis file
    #[arg(default_value = "genesis.json")]
    pub file: PathBuf,
}

/// Reads a time: UTC, or milliseconds since the Unix epoch.
fn parse_time(text: &str) -> Result<Timestamp, String> {
    genesis_plan::parse_time(text).ok_or_else(|| {
        "expected a time in UTC like 2027-01-15T12:00:00Z, or milliseconds since 1970".to_owned()
    })
}

/// Reads percent with at most four decimals.
fn parse_percent(text: &str) -> Result<Ppm, String> {
    let error = || "expected percent with at most four decimals, from 0 to 100".to_owned();
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || whole.len() > 3 || decimals.len() > 4 {
        return Err(error());
    }
    let ppm: u32 = format!("{whole}{decimals:0<4}").parse().map_err(|_| error())?;
    Ppm::new(ppm).ok_or_else(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_are_read_to_the_millionth() {
        for (text, ppm) in
            [("0", 0), ("5", 50_000), ("7.25", 72_500), ("0.0001", 1), ("100", 1_000_000)]
        {
            assert_eq!(parse_percent(text).unwrap().get(), ppm, "{text}");
        }
        for text in ["", "5%", "-1", "100.1", "101", "1.00001", ".5", "5.", "1e2"] {
            assert!(parse_percent(text).is_err(), "{text}");
        }
    }
}
