//! `althing gov`.

use super::{
    parse_duration,
    propose::{GovPropose, ProposeRollback},
    tx::Sending,
};
use crate::cli::gov::parse_ballot;
use althing_types::{
    governance::{Ballot, Criticality, OrderKind},
    params::Area,
};
use clap::{Args, Subcommand};
use std::{path::PathBuf, time::Duration};

const EXAMPLES: &str = "\
Examples:
  althing gov params                                    what can be changed, and who decides
  althing gov propose params --set staking.min_delegation=50CPC --dry-run
  althing gov propose text 'Meet in Reykjavik' --from alice --wait
  althing gov vote 7 yes --validator                    as the validator that you operate
  althing gov vote 7 yes=60,no=40                       with your own stake, divided
  althing gov tally 7 --watch";

const TREASURY_EXAMPLES: &str = "\
Examples:
  althing gov treasury submit examples/governance/treasury_disbursement.json --dry-run
  althing gov treasury status
  althing gov treasury status 12
  althing gov treasury export --json > treasury.json
  althing gov treasury execute 12 --from alice";

/// `althing gov …`
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum GovCommand {
    /// Propose something: shows who decides, what it needs and what would change, and asks
    Propose(Box<GovPropose>),
    /// Vote, or change a vote
    Vote(Box<GovVote>),
    /// How a vote stands: the numbers that decide, what is still needed, the time left
    Tally(GovTally),
    /// List proposals, newest first
    #[command(visible_alias = "ls")]
    List(GovList),
    /// Everything about one proposal, with its votes
    Show {
        /// Number of the proposal
        proposal: u64,
        /// Most votes that are listed
        #[arg(long, default_value_t = 20, value_name = "N")]
        votes: u32,
    },
    /// Take the own proposal back before it is decided; costs a part of the deposit
    Cancel(Box<GovCancel>),
    /// Every parameter that a proposal can change: its value, who decides, what it is
    Params(GovParams),
    /// What each criticality asks for, and who decides about what
    Tracks,
    /// What a validator leaves to its node
    #[command(subcommand)]
    Preferences(PreferencesCommand),
    /// Choose the configuration of the network that the node of the own validator runs: one that is
    /// offered, or again that which is in force
    Adopt(Box<GovAdopt>),
    /// The configuration of the network that the chain keeps
    #[command(subcommand)]
    Network(NetworkCommand),
    /// The same as `althing upgrade status`
    Upgrade,
    /// The safety override: approve an order as one of its members, or see where it stands
    Override(Box<GovOverride>),
    /// Money that leaves the treasury
    #[command(subcommand)]
    Treasury(TreasuryCommand),
}

/// `althing gov vote`
#[derive(Debug, Args)]
pub struct GovVote {
    /// Number of the proposal
    pub proposal: u64,
    /// yes, no, abstain, veto (no, and harmful), or parts in percent that add up to 100: yes=60,no=40
    #[arg(value_name = "BALLOT", value_parser = parse_ballot)]
    pub ballot: Ballot,
    /// As the validator that the sender operates: its vote in the house of validators, and that of
    /// all its stake whose owners do not vote themselves. Without it: the sender's own stake
    #[arg(long)]
    pub validator: bool,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing gov tally`
#[derive(Debug, Args)]
pub struct GovTally {
    /// Number of the proposal
    pub proposal: u64,
    /// Show it again and again until the vote is over; with --json one document a line
    #[arg(long)]
    pub watch: bool,
    /// How often --watch asks
    #[arg(long, default_value = "2s", value_name = "TIME", value_parser = parse_duration)]
    pub every: Duration,
}

/// `althing gov list`
#[derive(Debug, Args)]
pub struct GovList {
    /// Only those that stand so: waiting, voting, queued, enacted, rejected, failed or cancelled
    #[arg(long, value_name = "STATUS", value_parser = ["waiting", "voting", "queued", "enacted",
        "rejected", "failed", "cancelled"])]
    pub status: Option<String>,
    /// Only those of this account: an address, the name of a key, or dev:N
    #[arg(long, value_name = "ACCOUNT")]
    pub proposer: Option<String>,
    /// Only those that do this, for example parameters
    #[arg(long, value_name = "ACTION")]
    pub kind: Option<String>,
    /// Most proposals that are listed
    #[arg(long, default_value_t = 20, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=500))]
    pub limit: u32,
}

/// `althing gov cancel`
#[derive(Debug, Args)]
pub struct GovCancel {
    /// Number of the proposal
    pub proposal: u64,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing gov network …`
#[derive(Debug, Subcommand)]
pub enum NetworkCommand {
    /// The configuration in force, or another version of it
    Show {
        /// Number of the version
        #[arg(id = "spec", value_name = "VERSION")]
        version: Option<u64>,
    },
    /// Every version, newest first
    History,
    /// What became of them, newest first: who tried one, how they did, how it ended
    Events {
        /// Most events that are listed
        #[arg(long, default_value_t = 20, value_name = "N",
            value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
}

const OVERRIDE_EXAMPLES: &str = "\
Examples:
  althing gov override status                           who holds it, what waits, what it did so far
  althing gov override 3 cancel-proposal 12 --dry-run
  althing gov override --file examples/governance/safety_set_spec.json";

/// `althing gov override …`
#[derive(Debug, Subcommand)]
pub enum OverrideCommand {
    /// Who holds the override and within which limits, calls that wait for approvals, what holds
    /// until it is ratified, and what happened so far
    Status {
        /// Most events that are listed
        #[arg(long, default_value_t = 20, value_name = "N",
            value_parser = clap::value_parser!(u32).range(0..=1000))]
        events: u32,
    },
}

/// `althing gov override`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = OVERRIDE_EXAMPLES)]
pub struct GovOverride {
    /// Instead of approving.
    #[command(subcommand)]
    pub show: Option<OverrideCommand>,
    /// A number that the members agree on; with another one the same order can be called again
    #[arg(conflicts_with = "file")]
    pub call: Option<u64>,
    /// What: cancel-proposal, rollback-spec, pause-treasury, rollback-disbursement or
    /// cancel-upgrade
    #[arg(requires = "call")]
    pub order: Option<OrderKind>,
    /// What it is about: a number, a length of time, or a version
    #[arg(requires = "order")]
    pub value: Option<String>,
    /// Approve the order in this file, as examples/governance/safety_override.json; '-' is standard
    /// input
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing gov adopt`
#[derive(Debug, Args)]
pub struct GovAdopt {
    /// Number of the version
    #[arg(id = "spec", value_name = "VERSION")]
    pub version: u64,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing gov params`
#[derive(Debug, Args)]
pub struct GovParams {
    /// One of them, or the beginning of several names, such as `staking.`
    pub name: Option<String>,
    /// Every change of it so far
    #[arg(long)]
    pub history: bool,
    /// Only those that are about this: network, economy or governance
    #[arg(long, value_name = "AREA")]
    pub area: Option<Area>,
}

/// `althing gov preferences …`
#[derive(Debug, Subcommand)]
pub enum PreferencesCommand {
    /// Leave votes about the network to the node of the validator that the sender operates
    Set(Box<PreferencesSet>),
    /// What a validator leaves to its node
    Show {
        /// The validator: its key, its name, the address of its operator, or dev:N
        validator: String,
    },
    /// Leave nothing to the node any more
    Clear(Box<PreferencesClear>),
}

/// `althing gov preferences set`
#[derive(Debug, Args)]
pub struct PreferencesSet {
    /// The node votes by itself on proposals of at least this criticality: optional, standard,
    /// important or critical
    #[arg(long, value_name = "LEVEL", default_value = "standard")]
    pub minimum_criticality: Criticality,
    /// The longest delay, in blocks, of what the node agrees to by itself
    #[arg(long, value_name = "BLOCKS", default_value_t = 200_000)]
    pub max_delay_tolerance: u64,
    /// The node also adopts what is each validator's own choice
    #[arg(long)]
    pub auto_adopt_optional: bool,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing gov preferences clear`
#[derive(Debug, Args)]
pub struct PreferencesClear {
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing gov treasury …`
#[derive(Debug, Subcommand)]
#[command(after_help = TREASURY_EXAMPLES)]
pub enum TreasuryCommand {
    /// Propose the disbursement in a file
    Submit(Box<TreasurySubmit>),
    /// What the treasury owns and owes, or where a disbursement is in its life
    Status {
        /// Number of the disbursement, which is that of its proposal
        disbursement: Option<u64>,
    },
    /// What the treasury earned, epoch by epoch, newest first; what accounts sent it is not counted
    Income {
        /// Most epochs that are listed
        #[arg(long, default_value_t = 20, value_name = "N",
            value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Print the canonical snapshot of a disbursement, or of the treasury and all its disbursements
    Export {
        /// Number of the disbursement
        disbursement: Option<u64>,
    },
    /// Take the step of an accepted disbursement from waiting for others to its timelock, if it is
    /// due; the chain takes it by itself, too
    Queue(Box<TreasuryStep>),
    /// Take the step of an accepted disbursement to its execution or its payments, if it is due;
    /// the chain takes it by itself, too
    Execute(Box<TreasuryStep>),
    /// Propose to roll a disbursement back that is not final
    Rollback(Box<ProposeRollback>),
}

/// `althing gov treasury submit`
#[derive(Debug, Args)]
pub struct TreasurySubmit {
    /// File with the proposal; '-' is standard input
    pub file: PathBuf,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing gov treasury queue` and `execute`
#[derive(Debug, Args)]
pub struct TreasuryStep {
    /// Number of the disbursement
    pub disbursement: u64,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}
