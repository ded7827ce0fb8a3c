//! `althing gov`.

use super::{
    parse_duration,
    stake::parse_percent,
    tx::{Sending, parse_amount},
};
use crate::cli::gov::{parse_ballot, parse_period};
use althing_types::{
    Amount, Period, Ppm, Text, ValidatorKey, Version,
    governance::{Ballot, Criticality},
    limits::{
        MAX_DISBURSEMENT_MEMO_BYTES, MAX_PROPOSAL_LINK_BYTES, MAX_PROPOSAL_SUMMARY_BYTES,
        MAX_PROPOSAL_TITLE_BYTES,
    },
    network::{BootNode, Strictness},
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

const PROPOSE_EXAMPLES: &str = "\
Examples:
  althing gov propose params --set staking.min_delegation=50CPC --title 'Smaller delegations'
  althing gov propose params --set governance.standard.voting=48h --set governance.quorum=40%
  althing gov propose treasury --pay alice=500 --pay bob=200@7d --dep 12 --purpose 'A bridge'
  althing gov propose --file examples/governance/parameter_change.json --dry-run";

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
    /// Money that leaves the treasury
    #[command(subcommand)]
    Treasury(TreasuryCommand),
}

/// `althing gov propose …`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = PROPOSE_EXAMPLES)]
pub struct GovPropose {
    /// Propose what stands in this file, as examples/governance has them; '-' is standard input
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
    /// What is proposed.
    #[command(subcommand)]
    pub what: Option<ProposeCommand>,
}

/// What can be proposed.
#[derive(Debug, Subcommand)]
pub enum ProposeCommand {
    /// A text: the vote is what it is about
    Text(Box<ProposeText>),
    /// Another value of parameters of the chain
    Params(Box<ProposeParams>),
    /// Another configuration of the network: boot nodes, least version, limits
    Network(Box<ProposeNetwork>),
    /// Payments out of the treasury
    Treasury(Box<ProposeTreasury>),
    /// Roll a disbursement back that is not final
    Rollback(Box<ProposeRollback>),
}

/// What every proposal says about itself.
#[derive(Clone, Debug, Default, Args)]
pub struct About {
    /// Why, at most 2000 bytes
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub summary: Text<MAX_PROPOSAL_SUMMARY_BYTES>,
    /// Where more stands, at most 280 bytes
    #[arg(long, default_value = "", hide_default_value = true, value_name = "URL")]
    pub link: Text<MAX_PROPOSAL_LINK_BYTES>,
    /// How much depends on it: standard, important or critical; it fixes the threshold and the
    /// times [default: the least that is allowed]. For the network also optional: what is decided is
    /// offered, and each validator chooses
    #[arg(long, value_name = "LEVEL")]
    pub criticality: Option<Criticality>,
}

/// `althing gov propose text`
#[derive(Debug, Args)]
pub struct ProposeText {
    /// A line for people, 1 to 140 bytes
    pub title: Text<MAX_PROPOSAL_TITLE_BYTES>,
    /// What it says.
    #[command(flatten)]
    pub about: About,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing gov propose params`
#[derive(Debug, Args)]
pub struct ProposeParams {
    /// A parameter and what it shall be: 50CPC, 40%, 48h or 90blocks, 7, as `gov params` shows
    /// them; once for each parameter, 1 to 16
    #[arg(long, value_name = "NAME=VALUE", required = true, value_parser = parse_setting)]
    pub set: Vec<Setting>,
    /// A line for people, 1 to 140 bytes [default: made from the names]
    #[arg(long)]
    pub title: Option<Text<MAX_PROPOSAL_TITLE_BYTES>>,
    /// What it says.
    #[command(flatten)]
    pub about: About,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing gov propose network`
#[derive(Debug, Args)]
pub struct ProposeNetwork {
    /// One more node to begin with, or another address of one
    #[arg(long, value_name = "KEY@HOST:PORT", value_parser = parse_boot_node)]
    pub add_boot_node: Vec<BootNode>,
    /// Without this one, by its key
    #[arg(long, value_name = "KEY")]
    pub remove_boot_node: Vec<ValidatorKey>,
    /// The oldest protocol that a node's software should be able to run
    #[arg(long, value_name = "VERSION")]
    pub min_version: Option<Version>,
    /// What happens to software that is older: off, soft (it is told) or hard (others do not talk
    /// to it)
    #[arg(long, value_name = "HOW")]
    pub strictness: Option<Strictness>,
    /// Most boot nodes that a node connects to beside the validators
    #[arg(long, value_name = "N")]
    pub max_peers: Option<u32>,
    /// Most bytes of gossip a second from one peer
    #[arg(long, value_name = "BYTES")]
    pub gossip_bytes_per_second: Option<u64>,
    /// The part of the validators that runs it first and is watched; without it everybody at once
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent, requires = "watch")]
    pub first: Option<Ppm>,
    /// How long these are watched, such as 1h or 100blocks
    #[arg(long, value_name = "TIME", value_parser = parse_period, requires = "first",
        default_value = "0blocks", hide_default_value = true)]
    pub watch: Period,
    /// How healthy they must be, or it is rolled back by itself
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent, default_value = "90%")]
    pub min_health: Ppm,
    /// A line for people, 1 to 140 bytes [default: made from the number of the version]
    #[arg(long)]
    pub title: Option<Text<MAX_PROPOSAL_TITLE_BYTES>>,
    /// What it says.
    #[command(flatten)]
    pub about: About,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

fn parse_boot_node(text: &str) -> Result<BootNode, String> {
    let bad = || format!("{text:?}: expected KEY@HOST:PORT, with 64 hex characters of the key");
    let (key, endpoint) = text.split_once('@').ok_or_else(bad)?;
    let (key, endpoint) = (key.parse().map_err(|_| bad())?, endpoint.parse().map_err(|_| bad())?);
    Ok(BootNode { key, endpoint })
}

/// `althing gov network …`
#[derive(Debug, Subcommand)]
pub enum NetworkCommand {
    /// The configuration in force, or another version of it
    Show {
        /// Number of the version
        version: Option<u64>,
    },
    /// Every version, newest first
    History,
}

/// `althing gov propose treasury`
#[derive(Debug, Args)]
pub struct ProposeTreasury {
    /// Who is paid how much, in whole tokens, and when: TO=AMOUNT, or TO=AMOUNT@TIME where the time
    /// counts from the execution, such as 7d or 100blocks; TO is an address, the name of a key, or
    /// dev:N; once for each payment, 1 to 32
    #[arg(long, value_name = "TO=AMOUNT[@TIME]", required = true, value_parser = parse_payee)]
    pub pay: Vec<Payee>,
    /// Number of a disbursement that must be executed before
    #[arg(long = "dep", value_name = "N")]
    pub deps: Vec<u64>,
    /// What it is for, at most 280 bytes
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub purpose: Text<MAX_DISBURSEMENT_MEMO_BYTES>,
    /// A line for people, 1 to 140 bytes [default: made from the purpose]
    #[arg(long)]
    pub title: Option<Text<MAX_PROPOSAL_TITLE_BYTES>>,
    /// What it says.
    #[command(flatten)]
    pub about: About,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing gov propose rollback`
#[derive(Debug, Args)]
pub struct ProposeRollback {
    /// Number of the disbursement
    pub disbursement: u64,
    /// The part of each payment not made that its recipient gets, for what it has done already
    #[arg(long, value_name = "PERCENT", default_value = "0%", value_parser = parse_percent)]
    pub compensation: Ppm,
    /// A line for people, 1 to 140 bytes [default: made from the number]
    #[arg(long)]
    pub title: Option<Text<MAX_PROPOSAL_TITLE_BYTES>>,
    /// What it says.
    #[command(flatten)]
    pub about: About,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// A parameter and the text of its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// What it shall be.
    pub value: String,
}

pub(super) fn parse_setting(text: &str) -> Result<Setting, String> {
    let bad = || "expected NAME=VALUE, for example staking.min_delegation=50CPC".to_owned();
    let (name, value) = text.split_once('=').ok_or_else(bad)?;
    let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
    if name.is_empty() || value.is_empty() { Err(bad()) } else { Ok(Setting { name, value }) }
}

/// Who is paid, how much and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    /// An address, the name of a key, or `dev:N`.
    pub to: String,
    /// How much.
    pub amount: Amount,
    /// When, from the execution on.
    pub milestone: Period,
}

fn parse_payee(text: &str) -> Result<Payee, String> {
    let (to, rest) =
        text.split_once('=').ok_or("expected TO=AMOUNT or TO=AMOUNT@TIME, such as alice=500@7d")?;
    let (amount, milestone) = match rest.split_once('@') {
        Some((amount, time)) => (amount, parse_period(time)?),
        None => (rest, Period::default()),
    };
    Ok(Payee { to: to.trim().to_owned(), amount: parse_amount(amount.trim())?, milestone })
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

/// `althing gov adopt`
#[derive(Debug, Args)]
pub struct GovAdopt {
    /// Number of the version
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_split_at_the_first_sign_only() {
        let setting = parse_setting("fee_split=proposer=40%,burn=60%").unwrap();
        assert_eq!((&*setting.name, &*setting.value), ("fee_split", "proposer=40%,burn=60%"));
        for bad in ["", "=", "a=", "=1", "a"] {
            assert!(parse_setting(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_payee_has_an_amount_and_perhaps_a_time() {
        let payee = parse_payee("alice=12.5").unwrap();
        assert_eq!((&*payee.to, &*payee.amount.to_tokens()), ("alice", "12.5"));
        assert_eq!(payee.milestone, Period::default());
        assert_eq!(parse_payee("dev:3=1@100blocks").unwrap().milestone, Period::blocks(100));
        for bad in ["alice", "alice=", "alice=x", "alice=1@", "alice=1@soon"] {
            assert!(parse_payee(bad).is_err(), "{bad}");
        }
    }
}
