//! `althing compute` and `althing worker`.

use super::tx::{Sending, parse_amount};
use crate::cli::compute::{parse_shape, parse_state};
use althing_types::{
    Amount, Hash,
    compute::{Purpose, Shape, TaskState, WorkerState},
    hash,
};
use clap::{Args, Subcommand};
use std::{net::SocketAddr, path::PathBuf};

const EXAMPLES: &str = "\
Examples:
  althing compute prices                                what the chain prices, with time and gas
  althing compute submit --shape int8:1024x1024x1024 --count 4 --price 0.5 --wait
  althing compute show 12                               its worker, its result, how it was verified
  althing compute list --state settled --requester alice
  althing compute worker 3f…                            devices, score, what is missing, reputation
  althing compute weights --verify                      recompute every weight of the last epoch";

const WORKER_EXAMPLES: &str = "\
Examples:
  althing worker register --endpoint http://203.0.113.7:9090 --stake 100 --from miner --wait
  althing worker attest --device 0 --evidence evidence.json --from miner
  althing worker benchmark --device 0 --from miner
  althing worker take --device 0 --shape fp16:4096x4096x4096 --count 16 --from miner
  althing worker status miner
  althing worker claim --from miner";

fn parse_hash(text: &str) -> Result<Hash, String> {
    hash::parse(text).ok_or_else(|| "expected 64 hexadecimal characters".to_owned())
}

/// `althing compute …`
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum ComputeCommand {
    /// Order matrix products; --wait follows them until they are paid
    Submit(Box<ComputeSubmit>),
    /// Take a task back that nobody works on
    Cancel(Box<ComputeCancel>),
    /// Everything about one task
    Show {
        /// Number of the task
        task: u64,
    },
    /// List tasks, newest first
    #[command(visible_alias = "ls")]
    List(ComputeList),
    /// Sums over all workers and tasks
    Summary,
    /// The shapes that the chain prices, with work, time and gas
    Prices,
    /// List workers
    Workers(ComputeWorkers),
    /// Everything about one worker: devices with what their attestations lack, reputation, rewards
    Worker {
        /// An address, the name of a key, or dev:N
        account: String,
    },
    /// The models of graphics processors that governance knows
    Models,
    /// The drivers that governance knows
    Drivers,
    /// Weights of an epoch, and what they earn
    Weights(ComputeWeights),
    /// Results that await votes, and who has not voted
    Verifying,
    /// How validators have checked results
    Checkers,
    /// Prove that a result is wrong; a proof that fails costs the bond of a dispute
    ProveWrong(Box<ComputeProveWrong>),
}

/// `althing compute submit`
#[derive(Debug, Args)]
pub struct ComputeSubmit {
    /// What to multiply: int8 or fp16, then rows of A, columns of B, and columns of A
    #[arg(long, default_value = "int8:1024x1024x1024", value_name = "KIND:MxNxK",
        value_parser = parse_shape)]
    pub shape: Shape,
    /// Products in the batch; all of them have the same B
    #[arg(long, default_value_t = 1, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=64))]
    pub count: u32,
    /// What is paid for each product, in tokens; taken at once, and back if nobody does it
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount)]
    pub price: Amount,
    /// Root over the rows of your matrices A; without it they follow from random numbers that are
    /// drawn for the worker
    #[arg(long, value_name = "HASH", value_parser = parse_hash, requires = "b_root",
        requires = "source")]
    pub a_root: Option<Hash>,
    /// Root over the columns of your matrix B
    #[arg(long, value_name = "HASH", value_parser = parse_hash, requires = "a_root")]
    pub b_root: Option<Hash>,
    /// Where workers and validators fetch your matrices
    #[arg(long, value_name = "URL", requires = "a_root")]
    pub source: Option<String>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing compute cancel`
#[derive(Debug, Args)]
pub struct ComputeCancel {
    /// Number of the task
    pub task: u64,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing compute list`
#[derive(Debug, Args)]
pub struct ComputeList {
    /// Only those in this state: open, assigned, committed, challenged, accepted, disproved, settled,
    /// failed or cancelled
    #[arg(long, value_name = "STATE", value_parser = parse_state::<TaskState>)]
    pub state: Option<TaskState>,
    /// Only those with this purpose: paid, network or benchmark
    #[arg(long, value_name = "PURPOSE", value_parser = parse_state::<Purpose>)]
    pub purpose: Option<Purpose>,
    /// Only those that this account pays for: an address, the name of a key, or dev:N
    #[arg(long, value_name = "ACCOUNT")]
    pub requester: Option<String>,
    /// Only those that this worker has, or had
    #[arg(long, value_name = "ACCOUNT")]
    pub worker: Option<String>,
    /// Most tasks that are listed
    #[arg(long, default_value_t = 20, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=500))]
    pub limit: u32,
}

/// `althing compute workers`
#[derive(Debug, Args)]
pub struct ComputeWorkers {
    /// Only those in this state: active, paused, leaving, banned or left
    #[arg(long, value_name = "STATE", value_parser = parse_state::<WorkerState>)]
    pub state: Option<WorkerState>,
    /// Most workers that are listed
    #[arg(long, default_value_t = 50, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=500))]
    pub limit: u32,
}

/// `althing compute weights`
#[derive(Debug, Args)]
pub struct ComputeWeights {
    /// The epoch [default: the last one that is over]
    pub epoch: Option<u64>,
    /// Recompute every weight from the receipts of the blocks, and compare it with the state; exit
    /// code 6 if one differs
    #[arg(long)]
    pub verify: bool,
}

/// `althing compute prove-wrong`
#[derive(Debug, Args)]
pub struct ComputeProveWrong {
    /// Number of the task
    pub task: u64,
    /// File with the opening of a wrong entry as JSON: column, tile, and lines of a task whose
    /// matrices the requester has; '-' is standard input
    pub opening: PathBuf,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing worker …`
#[derive(Debug, Subcommand)]
#[command(after_help = WORKER_EXAMPLES)]
pub enum WorkerCommand {
    /// Run a worker: registers, proves its devices, takes work, computes, shows and commits results
    Run(Box<WorkerRun>),
    /// Compare every device of this machine with the reference, and measure it
    Selftest(WorkerSelftest),
    /// Make the sender's account a worker
    Register(Box<WorkerRegister>),
    /// Change endpoint, stake, devices, or pause and go on
    Update(Box<WorkerUpdate>),
    /// Leave: the stake is paid after the unbonding time
    Leave(Box<WorkerOnly>),
    /// Describe a device and prove what can be proven about it
    Attest(Box<WorkerAttest>),
    /// Ask for a task that measures a device
    Benchmark(Box<WorkerDevice>),
    /// Take work of the network for a device
    Take(Box<WorkerTake>),
    /// Be paid the parts of the miners' pool of past epochs
    Claim(Box<WorkerClaim>),
    /// Everything about a worker: what it has, what it earns, what is missing
    Status {
        /// An address, the name of a key, or dev:N [default: the only key there is]
        account: Option<String>,
    },
}

/// `althing worker run`
#[derive(Debug, Args)]
pub struct WorkerRun {
    /// The worker's account: the name of a key, or dev:N [default: the only key there is]
    #[arg(long, value_name = "KEY")]
    pub from: Option<String>,
    /// A TOML file with the settings of a worker; options win over it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where others reach this worker, for example http://203.0.113.7:9300
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Where it listens for them [default: 0.0.0.0:9300]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Folder of its journal and results [default: worker/ in the home folder]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Threads of the processor; 0 is all [default: 0]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Memory that one product may take, in MiB [default: 2048]
    #[arg(long, value_name = "MIB")]
    pub memory_mib: Option<u64>,
    /// Take no work of the network, only tasks that somebody pays for
    #[arg(long)]
    pub paid_only: bool,
    /// Use addresses of this machine and of private networks: for development
    #[arg(long)]
    pub allow_private: bool,
    /// What to log, for example `info`
    #[arg(long, default_value = "warn", value_name = "FILTER")]
    pub log: String,
}

/// `althing worker selftest`
#[derive(Debug, Args)]
pub struct WorkerSelftest {
    /// A few seconds: two seeds, sides up to 512
    #[arg(long)]
    pub quick: bool,
    /// Seeds for each shape [default: 10]
    #[arg(long, value_name = "N")]
    pub seeds: Option<u32>,
    /// Largest side that is compared, up to 16384 [default: 1024]
    #[arg(long, value_name = "N")]
    pub largest: Option<u32>,
}

/// A command of a worker that needs nothing else.
#[derive(Debug, Args)]
pub struct WorkerOnly {
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing worker register`
#[derive(Debug, Args)]
pub struct WorkerRegister {
    /// Where validators and requesters fetch what it has computed
    #[arg(long, value_name = "URL")]
    pub endpoint: String,
    /// What it stakes, in tokens [default: the least that the chain takes]
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount)]
    pub stake: Option<Amount>,
    /// Commitment to the secret of its planted results [default: one without a secret, so that it
    /// plants none until the worker's program sets another]
    #[arg(long, value_name = "HASH", value_parser = parse_hash)]
    pub plant: Option<Hash>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing worker update`
#[derive(Debug, Args)]
pub struct WorkerUpdate {
    /// Where others fetch what it has computed
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// More stake, in tokens
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount)]
    pub add_stake: Option<Amount>,
    /// Take no new work
    #[arg(long, conflicts_with = "resume")]
    pub pause: bool,
    /// Take work again
    #[arg(long)]
    pub resume: bool,
    /// Commitment to another secret of planted results
    #[arg(long, value_name = "HASH", value_parser = parse_hash)]
    pub plant: Option<Hash>,
    /// Number of a device that it has no more
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=15))]
    pub remove_device: Option<u8>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing worker attest`
#[derive(Debug, Args)]
pub struct WorkerAttest {
    /// Number of the device
    #[arg(long, default_value_t = 0, value_name = "N",
        value_parser = clap::value_parser!(u8).range(0..=15))]
    pub device: u8,
    /// File with its evidence as JSON, as the self-test writes it; '-' is standard input
    #[arg(long, value_name = "FILE")]
    pub evidence: PathBuf,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing worker benchmark`
#[derive(Debug, Args)]
pub struct WorkerDevice {
    /// Number of the device
    #[arg(long, default_value_t = 0, value_name = "N",
        value_parser = clap::value_parser!(u8).range(0..=15))]
    pub device: u8,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing worker take`
#[derive(Debug, Args)]
pub struct WorkerTake {
    /// Number of the device
    #[arg(long, default_value_t = 0, value_name = "N",
        value_parser = clap::value_parser!(u8).range(0..=15))]
    pub device: u8,
    /// One of the shapes of `althing compute prices`
    #[arg(long, value_name = "KIND:MxNxK", value_parser = parse_shape)]
    pub shape: Shape,
    /// Products in the batch
    #[arg(long, default_value_t = 1, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=64))]
    pub count: u32,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing worker claim`
#[derive(Debug, Args)]
pub struct WorkerClaim {
    /// The worker that is paid: an address, the name of a key, or dev:N [default: the sender]
    #[arg(long, value_name = "ACCOUNT")]
    pub worker: Option<String>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}
