//! `althing query`, `althing state` and `althing faucet`.

use super::stake::EconomicsArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Asks for a proof that needs no trust in the node.
#[derive(Clone, Debug, Args)]
pub struct ProofArgs {
    /// Give what `althing verify` needs to prove it
    #[arg(long)]
    pub proof: bool,
    /// Write the proof to this file instead of standard output
    #[arg(short, long, value_name = "FILE", requires = "proof")]
    pub output: Option<PathBuf>,
}

/// `althing query …`
#[derive(Debug, Subcommand)]
pub enum QueryCommand {
    /// What an account owns
    Balance {
        /// An address, the name of a key, or dev:N
        address: String,
    },
    /// Balance and nonces of an account
    Account {
        /// An address, the name of a key, or dev:N
        address: String,
        /// Whether to prove it.
        #[command(flatten)]
        proof: ProofArgs,
    },
    /// A record of the state with what `althing verify` needs to prove it
    Record {
        /// Its key in hex, or credits:ACCOUNT for the weights of a worker, or pool:EPOCH for the miners'
        /// pool of an epoch
        key: String,
        /// Write the proof to this file instead of standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// A block by height or hash; the newest one if neither is given
    Block {
        /// Height, hash or `latest`
        #[arg(default_value = "latest")]
        block: String,
    },
    /// A transaction and its receipt
    Tx {
        /// Hash of the transaction, 64 hex characters
        hash: String,
        /// Whether to prove it.
        #[command(flatten)]
        proof: ProofArgs,
    },
    /// The validators by rank, or the members of the set of an epoch
    Validators {
        /// The epoch; everybody if it is not given
        #[arg(long)]
        epoch: Option<u64>,
    },
    /// What an account delegates
    Delegations {
        /// An address, the name of a key, or dev:N
        address: String,
    },
    /// What an account waits for, and what it was paid
    Unbonding {
        /// An address, the name of a key, or dev:N
        address: String,
    },
    /// What an account earned by epoch
    Rewards {
        /// An address, the name of a key, or dev:N
        address: String,
        /// Only epochs before this one
        #[arg(long, value_name = "EPOCH")]
        before: Option<u64>,
        /// Entries
        #[arg(long, default_value_t = 20, value_name = "N")]
        limit: u32,
    },
    /// What a validator, its operator and its delegators earn in a year, if everything stays as it is
    ValidatorEconomics(Box<EconomicsArgs>),
    /// Parameters in force
    Params,
    /// Where the node stands
    Status,
    /// Suggested gas prices
    Fees,
    /// Waiting transactions
    Mempool,
    /// Consensus faults with their evidence
    Evidence,
    /// Competing proposals that were executed and abandoned
    Forks,
    /// Money that exists, where it came from, and where the part is that nobody spends
    Supply {
        /// Recompute it from every record of the state; on the node's own machine
        #[arg(long)]
        audit: bool,
    },
    /// The genesis file that the node runs on
    Genesis,
}

/// `althing state …`
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// Height, hash and state root of the newest finalized block
    Tip,
    /// An account in the newest finalized state
    Account {
        /// An address, the name of a key, or dev:N
        address: String,
        /// Whether to prove it.
        #[command(flatten)]
        proof: ProofArgs,
    },
}

/// `althing faucet`
#[derive(Debug, Args)]
pub struct FaucetArgs {
    /// Who receives: an address, the name of a key, or dev:N
    pub address: String,
    /// Wait until the money is there
    #[arg(long)]
    pub wait: bool,
}
