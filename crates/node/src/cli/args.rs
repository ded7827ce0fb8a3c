//! Every command and option of the binary. `docs/cli.md` is generated from this tree.

mod compute;
mod energy;
mod genesis;
mod gov;
mod keys;
mod node;
mod offline;
mod oracle;
mod propose;
mod query;
mod stake;
mod tx;

pub use compute::{
    ComputeCancel, ComputeCommand, ComputeList, ComputeProveWrong, ComputeSubmit, ComputeWeights,
    ComputeWorkers, WorkerAttest, WorkerClaim, WorkerCommand, WorkerDevice, WorkerOnly,
    WorkerRegister, WorkerRun, WorkerSelftest, WorkerTake, WorkerUpdate,
};
pub use energy::{
    CertificateCommand, CertificateList, CertificateRetire, CertificateTransfer, DisputeCommand,
    DisputeList, DisputeOpen, DisputeVote, EnergyAttest, EnergyBatches, EnergyBuy, EnergyCancel,
    EnergyCommand, EnergyGrant, EnergyOffer, EnergyOnly, EnergyOracleCommand, EnergyOrder,
    EnergySlots, EnergyTariff, MeterCommand, MeterList, MeterNewKey, MeterReadings, MeterRegister,
    MeterRevoke, MeterRotate, OracleRegister, ProviderCommand, ProviderList, ProviderRegister,
    ProviderUpdate, SubmitReading,
};
pub use genesis::{
    GenesisAddAccount, GenesisAddValidator, GenesisCommand, GenesisDetails, GenesisEntryArgs,
    GenesisFile, GenesisMerge, GenesisNew, GenesisVerify, Preset,
};
pub use gov::{
    GovAdopt, GovCancel, GovCommand, GovList, GovOverride, GovParams, GovTally, GovVote,
    NetworkCommand, OverrideCommand, PreferencesClear, PreferencesCommand, PreferencesSet,
    TreasuryCommand, TreasuryStep, TreasurySubmit,
};
pub use keys::{KeysAdd, KeysCommand, KeysDelete, KeysExport, KeysImport};
pub use node::{
    BenchArgs, DbCommand, DevArgs, Holders, InitArgs, LogFormat, PeersBan, PeersCommand,
    Recipients, StartArgs, UpgradeCommand, parse_duration,
};
pub use offline::{CompletionsArgs, VerifyArgs};
pub use oracle::{OracleCheck, OracleCommand, OracleRun};
pub use propose::{
    About, GovPropose, OrderArgs, Payee, ProposeCommand, ProposeEmergency, ProposeNetwork,
    ProposeParams, ProposeRatify, ProposeRollback, ProposeSafetyRules, ProposeText,
    ProposeTreasury, ProposeUpgrade, ProposeUpgradeCancel, Proposing, Setting,
};
pub use query::{FaucetArgs, ProofArgs, QueryCommand, StateCommand};
pub(crate) use stake::parse_percent;
pub use stake::{
    ConsensusKeyArgs, EconomicsArgs, TxDelegate, TxRedelegate, TxStake, TxSubmitEvidence,
    TxUndelegate, TxUnjail, TxUnstake, TxUpdateValidator, ValidatorsCommand, ValidatorsHeartbeat,
    ValidatorsLs, ValidatorsRegister,
};
pub use tx::{Fees, Sending, TxBroadcast, TxBuild, TxCommand, TxSend, TxSign, TxWait};

use super::config::Config;
use clap::{Args, Parser, Subcommand};
use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

/// Where a node is asked when neither `--node` nor the environment says otherwise.
pub const DEFAULT_NODE: &str = "http://127.0.0.1:8080";

const AFTER_HELP: &str = "\
Exit codes: 0 done · 1 failed · 2 wrong usage · 3 node unreachable · 4 refused by the chain ·
5 not found · 6 a proof or a check is false · 7 key or password problem · 8 timed out.
Passwords come from a prompt, --password-file or ALTHING_PASSWORD_FILE, never from an argument.";

/// Althing: a node, a wallet and a verifier in one program.
#[derive(Debug, Parser)]
#[command(name = "althing", version = crate::cli::VERSION, after_help = AFTER_HELP)]
#[command(arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command accepts.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// URL of a node's API [env: ALTHING_NODE or CPC_NODE] [default: the one in the config.toml of
    /// --home, or http://127.0.0.1:8080]
    #[arg(long, global = true, value_name = "URL")]
    pub node: Option<String>,
    /// Print JSON instead of tables; errors become {"code","message","detail"} on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Folder of keys, configuration and data [env: ALTHING_HOME] [default: ~/.althing]
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// File whose first line is the password of the key [env: ALTHING_PASSWORD_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

impl Global {
    /// The node's URL: option, then `ALTHING_NODE`, then `CPC_NODE`, then the node whose folder
    /// this is, then the default.
    pub fn node_url(&self) -> String {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        self.node
            .clone()
            .or_else(|| set("ALTHING_NODE"))
            .or_else(|| set("CPC_NODE"))
            .or_else(|| {
                let config = Config::load(&self.home_dir()).ok()?;
                Some(local_url(config.api.listen))
            })
            .unwrap_or_else(|| DEFAULT_NODE.to_owned())
    }

    /// The home folder: option, then `ALTHING_HOME`, then `~/.althing`.
    pub fn home_dir(&self) -> PathBuf {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        if let Some(home) = &self.home {
            return home.clone();
        }
        if let Some(home) = set("ALTHING_HOME") {
            return home.into();
        }
        PathBuf::from(set("HOME").unwrap_or_default()).join(".althing")
    }

    /// The password file: option, then `ALTHING_PASSWORD_FILE`.
    pub fn password_file(&self) -> Option<PathBuf> {
        let set = || std::env::var_os("ALTHING_PASSWORD_FILE").filter(|value| !value.is_empty());
        self.password_file.clone().or_else(|| set().map(PathBuf::from))
    }
}

/// Where a node that listens on `address` is asked on its own machine.
fn local_url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}")
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Account keys in the encrypted keystore
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Make and check genesis files; needs no node
    #[command(subcommand)]
    Genesis(GenesisCommand),
    /// Prepare a node's folder: config.toml, validator.key, data/
    Init(InitArgs),
    /// Run a node of a network
    Start(StartArgs),
    /// Run a whole network in this process, with funded accounts and a faucet
    Dev(DevArgs),
    /// Put load on a network and measure it
    Bench(BenchArgs),
    /// Care of the data of a node that does not run
    #[command(subcommand)]
    Db(DbCommand),
    /// Upgrades of the protocol
    #[command(subcommand)]
    Upgrade(UpgradeCommand),
    /// Send money, stake and delegate, follow transactions
    #[command(subcommand)]
    Tx(TxCommand),
    /// The validators and their nodes
    #[command(subcommand)]
    Validators(ValidatorsCommand),
    /// Propose, vote, and see how decisions stand
    #[command(subcommand)]
    Gov(GovCommand),
    /// Order matrix products, follow them, see workers, prices and weights
    #[command(subcommand)]
    Compute(ComputeCommand),
    /// Work for the network: register, attest, measure, take work, be paid
    #[command(subcommand)]
    Worker(WorkerCommand),
    /// Meters, readings, oracles, and the market of metered energy
    #[command(subcommand)]
    Energy(EnergyCommand),
    /// Feed in what meters count, and check what others feed in
    #[command(subcommand)]
    Oracle(OracleCommand),
    /// Ask a node
    #[command(subcommand)]
    Query(QueryCommand),
    /// The newest finalized state
    #[command(subcommand)]
    State(StateCommand),
    /// The peers of a node
    #[command(subcommand)]
    Peers(PeersCommand),
    /// Ask a test network for money
    Faucet(FaucetArgs),
    /// Check a proof that an API returned, trusting nothing but a genesis file
    Verify(VerifyArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print version, commit and protocol
    Version,
    /// Print the reference of all commands as Markdown
    #[command(hide = true)]
    Reference,
}
