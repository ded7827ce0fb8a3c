//! `althing tx stake|unstake|…` and `althing validators`.

use super::tx::{Sending, parse_amount};
use althing_types::{Amount, Ppm};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Reads a part of a hundred: `5%` or `12.5`.
pub(crate) fn parse_percent(text: &str) -> Result<Ppm, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    let bad = || format!("{text:?} is no percentage: expected 0% to 100%, for example 5% or 12.5%");
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 4 {
        return Err(bad());
    }
    let whole: u32 = whole.parse().map_err(|_| bad())?;
    let fraction: u32 = format!("{fraction:0<4}").parse().map_err(|_| bad())?;
    let ppm = whole.checked_mul(10_000).and_then(|ppm| ppm.checked_add(fraction));
    ppm.and_then(Ppm::new).ok_or_else(bad)
}

/// Where the consensus key of a validator is.
#[derive(Clone, Debug, Args)]
pub struct ConsensusKeyArgs {
    /// File of the validator's consensus key [default: validator.key of --home]
    #[arg(long, value_name = "FILE")]
    pub validator_key: Option<PathBuf>,
}

/// `althing tx stake`
#[derive(Debug, Args)]
pub struct TxStake {
    /// How much, in whole tokens
    #[arg(value_parser = parse_amount)]
    pub amount: Amount,
    /// Register a new validator under this name, 1 to 70 bytes. Without it the amount is added to
    /// the validator that the sender operates
    #[arg(long, requires = "endpoint")]
    pub name: Option<String>,
    /// Where the p2p port of the new validator is reached, host:port
    #[arg(long, value_name = "HOST:PORT", requires = "name")]
    pub endpoint: Option<String>,
    /// What the new validator keeps of its delegators' rewards
    #[arg(long, value_name = "PERCENT", default_value = "5%", value_parser = parse_percent)]
    pub commission: Ppm,
    /// A web address of the new validator, at most 140 bytes
    #[arg(long, default_value = "", hide_default_value = true, requires = "name")]
    pub website: String,
    /// A few sentences about the new validator, at most 280 bytes
    #[arg(long, default_value = "", hide_default_value = true, requires = "name")]
    pub description: String,
    /// The consensus key of the new validator.
    #[command(flatten)]
    pub key: ConsensusKeyArgs,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing tx unstake`
#[derive(Debug, Args)]
pub struct TxUnstake {
    /// How much, in whole tokens; without it everything, and the validator leaves
    #[arg(value_parser = parse_amount)]
    pub amount: Option<Amount>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing tx update-validator`
#[derive(Debug, Args)]
pub struct TxUpdateValidator {
    /// Another name, 1 to 70 bytes
    #[arg(long)]
    pub name: Option<String>,
    /// Another web address, at most 140 bytes; '' removes it
    #[arg(long)]
    pub website: Option<String>,
    /// Another description, at most 280 bytes; '' removes it
    #[arg(long)]
    pub description: Option<String>,
    /// Where the p2p port is reached, host:port, from the next chosen set on
    #[arg(long, value_name = "HOST:PORT")]
    pub endpoint: Option<String>,
    /// Announce another commission
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    pub commission: Option<Ppm>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing tx delegate`
#[derive(Debug, Args)]
pub struct TxDelegate {
    /// The validator: its key, its name, the address of its operator, or dev:N
    pub validator: String,
    /// How much, in whole tokens
    #[arg(value_parser = parse_amount)]
    pub amount: Amount,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing tx undelegate`
#[derive(Debug, Args)]
pub struct TxUndelegate {
    /// The validator: its key, its name, the address of its operator, or dev:N
    pub validator: String,
    /// How much, in whole tokens, rewards included; without it everything
    #[arg(value_parser = parse_amount)]
    pub amount: Option<Amount>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing tx redelegate`
#[derive(Debug, Args)]
pub struct TxRedelegate {
    /// The validator that loses it: its key, its name, the address of its operator, or dev:N
    pub from_validator: String,
    /// The validator that gains it
    pub to_validator: String,
    /// How much, in whole tokens, rewards included; without it everything
    #[arg(value_parser = parse_amount)]
    pub amount: Option<Amount>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing tx unjail`
#[derive(Debug, Args)]
pub struct TxUnjail {
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing tx submit-evidence`
#[derive(Debug, Args)]
pub struct TxSubmitEvidence {
    /// File with the evidence, as `althing query evidence --json` prints an entry, or its encoding
    /// in hex; '-' is standard input
    pub file: PathBuf,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing validators …`
#[derive(Debug, Subcommand)]
pub enum ValidatorsCommand {
    /// List the validators by rank
    #[command(visible_alias = "list")]
    Ls(ValidatorsLs),
    /// Everything about one validator, with its last epochs
    Show {
        /// The validator: its key, its name, the address of its operator, or dev:N
        validator: String,
        /// Epochs of its history
        #[arg(long, default_value_t = 5, value_name = "N")]
        epochs: u32,
    },
    /// Describe the node of a validator in the registry; signed with the consensus key
    Register(ValidatorsRegister),
    /// Send one heartbeat of the node of a validator; signed with the consensus key
    Heartbeat(ValidatorsHeartbeat),
}

/// `althing validators ls`
#[derive(Debug, Default, Args)]
pub struct ValidatorsLs {
    /// Only those that stand so: active, waiting, jailed, leaving, ejected; comma-separated
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// Order: stake (the default), name, commission, score, registry_score or delegations
    #[arg(long, value_name = "BY")]
    pub sort: Option<String>,
}

/// `althing validators register`
#[derive(Debug, Args)]
pub struct ValidatorsRegister {
    /// The consensus key.
    #[command(flatten)]
    pub key: ConsensusKeyArgs,
    /// URL at which the API of the node is reached from outside
    #[arg(long, default_value = "", hide_default_value = true, value_name = "URL")]
    pub endpoint: String,
    /// Where in the world it stands, for example eu-north
    #[arg(long, default_value = "", hide_default_value = true)]
    pub region: String,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing validators heartbeat`
#[derive(Debug, Args)]
pub struct ValidatorsHeartbeat {
    /// The consensus key.
    #[command(flatten)]
    pub key: ConsensusKeyArgs,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing query validator-economics`
#[derive(Debug, Default, Args)]
pub struct EconomicsArgs {
    /// A validator whose numbers stand for what is not given: its key, its name, the address of its
    /// operator, or dev:N [default: one that joins]
    #[arg(long)]
    pub validator: Option<String>,
    /// Own stake of the operator, in whole tokens
    #[arg(long, value_name = "TOKENS", value_parser = parse_amount)]
    pub stake: Option<Amount>,
    /// What others delegate to it, in whole tokens
    #[arg(long, value_name = "TOKENS", value_parser = parse_amount)]
    pub delegate: Option<Amount>,
    /// What it keeps of its delegators' rewards
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    pub commission: Option<Ppm>,
    /// What running it costs a year, in whole tokens
    #[arg(long, value_name = "TOKENS", value_parser = parse_amount)]
    pub costs: Option<Amount>,
    /// Fees that an average block pays, in whole tokens
    #[arg(long, value_name = "TOKENS", value_parser = parse_amount)]
    pub fees: Option<Amount>,
    /// The part of its proposals that it makes
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    pub score: Option<Ppm>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_read_to_the_part_per_million() {
        for (text, ppm) in [("5%", 50_000), ("12.5", 125_000), ("0.0001%", 1), ("100%", 1_000_000)]
        {
            assert_eq!(parse_percent(text).unwrap().get(), ppm, "{text}");
        }
        for bad in ["", "%", "101%", "-1", "1.23456", "5 %%", "1e1", "9999999999"] {
            assert!(parse_percent(bad).is_err(), "{bad}");
        }
    }
}
