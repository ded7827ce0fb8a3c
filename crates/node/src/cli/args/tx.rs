//! `althing tx`.

use super::{
    parse_duration,
    stake::{
        TxDelegate, TxRedelegate, TxStake, TxSubmitEvidence, TxUndelegate, TxUnjail, TxUnstake,
        TxUpdateValidator,
    },
};
use althing_types::{Amount, ChainId, Height};
use clap::{Args, Subcommand};
use std::{path::PathBuf, time::Duration};

/// `althing tx …`
#[derive(Debug, Subcommand)]
pub enum TxCommand {
    /// Send money: shows the cost, asks, signs and submits
    Send(TxSend),
    /// Register a validator, or add to the own stake of one
    Stake(Box<TxStake>),
    /// Take own stake back; all of it to leave
    Unstake(TxUnstake),
    /// Change what the own validator says about itself, and its commission
    UpdateValidator(Box<TxUpdateValidator>),
    /// Delegate to a validator
    Delegate(TxDelegate),
    /// Take a delegation back; it is paid after the unbonding period
    Undelegate(TxUndelegate),
    /// Move a delegation to another validator
    Redelegate(TxRedelegate),
    /// Let the own validator out of jail; costs a fee before its time is over
    Unjail(TxUnjail),
    /// Prove that a validator contradicted itself, for a reward
    SubmitEvidence(TxSubmitEvidence),
    /// Write an unsigned transfer as JSON; offline if every fee option is given
    Build(TxBuild),
    /// Sign an unsigned transaction; needs no node
    Sign(TxSign),
    /// Submit a signed transaction
    Broadcast(TxBroadcast),
    /// Show where a transaction is
    Status {
        /// Hash of the transaction, 64 hex characters
        hash: String,
    },
    /// Wait until a transaction is finalized
    Wait(TxWait),
}

pub(super) fn parse_amount(text: &str) -> Result<Amount, String> {
    Amount::parse_tokens(text).map_err(|error| error.to_string())
}

pub(super) fn parse_height(text: &str) -> Result<Height, String> {
    text.parse().map(Height::new).map_err(|_| "expected a block height".to_owned())
}

fn parse_chain_id(text: &str) -> Result<ChainId, String> {
    text.parse().map_err(|error: althing_types::transaction::ChainIdError| error.to_string())
}

/// What a transaction pays and how long it is good for. What is not given is asked of the node.
#[derive(Clone, Debug, Args)]
pub struct Fees {
    /// Free text, at most 256 bytes
    #[arg(long, default_value = "", hide_default_value = true)]
    pub memo: String,
    /// Price of one gas, in base units [default: what the node suggests]
    #[arg(long, value_name = "UNITS")]
    pub gas_price: Option<u64>,
    /// Most gas it may use [default: what a dry run used, and a fifth more]
    #[arg(long, value_name = "GAS")]
    pub gas_limit: Option<u64>,
    /// Number of the sender's transaction [default: the next one, counting those that wait]
    #[arg(long, value_name = "N")]
    pub nonce: Option<u64>,
    /// Last height at which it may be included [default: 1000 blocks from now]
    #[arg(long, value_name = "HEIGHT", value_parser = parse_height)]
    pub valid_until: Option<Height>,
    /// Name of the chain [default: the node's]
    #[arg(long, value_name = "ID", value_parser = parse_chain_id)]
    pub chain_id: Option<ChainId>,
}

/// Who sends, and how it goes on after signing.
#[derive(Clone, Debug, Args)]
pub struct Sending {
    /// Key that pays: a name in the keystore, or dev:N on a development network; dev-operator:N is
    /// the operator of its validator N [default: the only key there is]
    #[arg(long, value_name = "KEY")]
    pub from: Option<String>,
    /// Fees and validity.
    #[command(flatten)]
    pub fees: Fees,
    /// Sign as a passkey does, with a WebAuthn assertion; for secp256r1 keys
    #[arg(long)]
    pub passkey: bool,
    /// Show fee, gas and outcome, and send nothing; needs no password
    #[arg(long)]
    pub dry_run: bool,
    /// Wait until it is finalized, and fail if it fails
    #[arg(long)]
    pub wait: bool,
    /// How long --wait waits, for example 30s
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = parse_duration)]
    pub timeout: Duration,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
}

/// `althing tx send`
#[derive(Debug, Args)]
pub struct TxSend {
    /// Who receives: an address, the name of a key, or dev:N
    pub to: String,
    /// How much, in whole tokens, for example 12.5
    #[arg(value_parser = parse_amount)]
    pub amount: Amount,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing tx build`
#[derive(Debug, Args)]
pub struct TxBuild {
    /// Who receives: an address, the name of a key, or dev:N
    pub to: String,
    /// How much, in whole tokens, for example 12.5
    #[arg(value_parser = parse_amount)]
    pub amount: Amount,
    /// Who pays: the name of a key, its address, or dev:N
    #[arg(long, value_name = "KEY")]
    pub from: String,
    /// Fees and validity.
    #[command(flatten)]
    pub fees: Fees,
    /// Leave gas for a WebAuthn assertion, as a passkey signs; for secp256r1 keys
    #[arg(long)]
    pub passkey: bool,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `althing tx sign`
#[derive(Debug, Args)]
pub struct TxSign {
    /// File with the unsigned transaction; '-' is standard input
    pub file: PathBuf,
    /// Key that signs: a name in the keystore, or dev:N [default: the key of the sender]
    #[arg(long, value_name = "KEY")]
    pub from: Option<String>,
    /// Sign as a passkey does, with a WebAuthn assertion; for secp256r1 keys
    #[arg(long)]
    pub passkey: bool,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `althing tx broadcast`
#[derive(Debug, Args)]
pub struct TxBroadcast {
    /// File with the signed transaction; '-' is standard input
    pub file: PathBuf,
    /// Wait until it is finalized, and fail if it fails
    #[arg(long)]
    pub wait: bool,
    /// How long --wait waits, for example 30s
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = parse_duration)]
    pub timeout: Duration,
}

/// `althing tx wait`
#[derive(Debug, Args)]
pub struct TxWait {
    /// Hash of the transaction, 64 hex characters
    pub hash: String,
    /// How long to wait, for example 30s
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = parse_duration)]
    pub timeout: Duration,
}
