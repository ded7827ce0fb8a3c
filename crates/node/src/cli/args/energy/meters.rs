//! `althing energy meter` and `submit-reading`.

use super::super::tx::Sending;
use crate::cli::{
    compute::parse_state,
    energy::units::{parse_energy, parse_meter, parse_power, parse_time},
};
use althing_types::{Hash, KeyScheme, energy::MeterState};
use clap::{ArgGroup, Args, Subcommand};
use std::path::PathBuf;

/// `althing energy meter …`
#[derive(Debug, Subcommand)]
pub enum MeterCommand {
    /// Make a key for a meter, in a file of its own; needs no node
    NewKey(MeterNewKey),
    /// Bind a meter to the sender's provider
    Register(Box<MeterRegister>),
    /// Give a meter another key
    Rotate(Box<MeterRotate>),
    /// Revoke the key of a meter at once, for example because it was stolen
    Revoke(Box<MeterRevoke>),
    /// Everything about one meter
    Show {
        /// Its id
        #[arg(value_parser = parse_meter)]
        meter: Hash,
    },
    /// Meters of a provider
    #[command(visible_alias = "ls")]
    List(MeterList),
    /// Readings of a meter, newest first, with what became of each
    Readings(MeterReadings),
}

/// `althing energy meter new-key`
#[derive(Debug, Args)]
pub struct MeterNewKey {
    /// The file; never overwritten
    pub file: PathBuf,
    /// ed25519, or ml-dsa-65 against quantum computers (its readings are 50 times as long)
    #[arg(long, default_value = "ed25519", value_parser = parse_scheme)]
    pub scheme: KeyScheme,
    /// Encrypt it with a password
    #[arg(long)]
    pub encrypt: bool,
}

fn parse_scheme(text: &str) -> Result<KeyScheme, String> {
    let scheme = KeyScheme::from_name(text);
    scheme.ok_or_else(|| "expected ed25519 or ml-dsa-65".to_owned())
}

/// `althing energy meter register`
#[derive(Debug, Args)]
pub struct MeterRegister {
    /// File with its key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// What it can measure at most, for example 5kW
    #[arg(long, value_name = "POWER", value_parser = parse_power)]
    pub max: u64,
    /// What it has counted so far
    #[arg(long, default_value = "0", value_name = "ENERGY", value_parser = parse_energy)]
    pub total: u64,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy meter rotate`
#[derive(Debug, Args)]
pub struct MeterRotate {
    /// The id of the meter
    #[arg(value_parser = parse_meter)]
    pub meter: Hash,
    /// File with the new key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// File with the old key, which agrees; without it the meter must have been revoked for the
    /// cool-down
    #[arg(long, value_name = "FILE")]
    pub old_key: Option<PathBuf>,
    /// What the meter counts from now on [default: what the chain knows]
    #[arg(long, value_name = "ENERGY", value_parser = parse_energy)]
    pub total: Option<u64>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy meter revoke`
#[derive(Debug, Args)]
pub struct MeterRevoke {
    /// The id of the meter
    #[arg(value_parser = parse_meter)]
    pub meter: Hash,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy meter list`
#[derive(Debug, Args)]
pub struct MeterList {
    /// The provider: an address, the name of a key, or dev:N [default: the only key there is]
    pub provider: Option<String>,
    /// Only those in this state: active or revoked
    #[arg(long, value_parser = parse_state::<MeterState>)]
    pub state: Option<MeterState>,
    /// Only those behind this meter: the last one of the page before
    #[arg(long, value_name = "METER", value_parser = parse_meter)]
    pub after: Option<Hash>,
    /// Most that are listed
    #[arg(long, default_value_t = 50, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
}

/// `althing energy meter readings`
#[derive(Debug, Args)]
pub struct MeterReadings {
    /// The id of the meter
    #[arg(value_parser = parse_meter)]
    pub meter: Hash,
    /// Only those before this place: what the page before says
    #[arg(long, value_name = "N")]
    pub before: Option<u64>,
    /// Most that are listed
    #[arg(long, default_value_t = 20, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
}

/// `althing energy submit-reading`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["key", "file"])))]
pub struct SubmitReading {
    /// File with the key of the meter, which signs here and now
    #[arg(long, value_name = "FILE", requires = "wh")]
    pub key: Option<PathBuf>,
    /// File with 1 to 64 readings that are signed already, as JSON; '-' is standard input
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// What was counted in the interval, for example 1.2kWh
    #[arg(long, value_name = "ENERGY", value_parser = parse_energy, conflicts_with = "file")]
    pub wh: Option<u64>,
    /// When the interval began [default: so that it is over now]
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with = "file")]
    pub start: Option<u64>,
    /// How long it was
    #[arg(long, default_value_t = 15, value_name = "MINUTES",
        value_parser = clap::value_parser!(u32).range(1..=1_440))]
    pub minutes: u32,
    /// The id of the meter [default: the one that the key serves]
    #[arg(long, value_parser = parse_meter, conflicts_with = "file")]
    pub meter: Option<Hash>,
    /// The provider, if the sender acts for it [default: the sender]
    #[arg(long, value_name = "ACCOUNT")]
    pub provider: Option<String>,
    /// Print the signed reading as JSON, and send nothing
    #[arg(long, conflicts_with = "file")]
    pub sign_only: bool,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}
