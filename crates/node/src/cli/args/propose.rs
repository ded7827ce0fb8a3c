//! `althing gov propose`.

use super::{
    stake::parse_percent,
    tx::{Sending, parse_amount},
};
use crate::cli::gov::parse_period;
use althing_types::{
    Amount, Period, Ppm, Text, ValidatorKey, Version,
    governance::{Criticality, OrderKind},
    limits::{
        MAX_DISBURSEMENT_MEMO_BYTES, MAX_PROPOSAL_LINK_BYTES, MAX_PROPOSAL_SUMMARY_BYTES,
        MAX_PROPOSAL_TITLE_BYTES, MAX_UPGRADE_NOTES_BYTES,
    },
    network::{BootNode, Strictness},
};
use clap::{Args, Subcommand};
use std::path::PathBuf;

const PROPOSE_EXAMPLES: &str = "\
Examples:
  althing gov propose params --set staking.min_delegation=50CPC --title 'Smaller delegations'
  althing gov propose params --set governance.standard.voting=48h --set governance.quorum=40%
  althing gov propose safety-rules --forbid set-spec --uses 3 --cooldown 24h
  althing gov propose ratify 2
  althing gov propose treasury --pay alice=500 --pay bob=200@7d --dep 12 --purpose 'A bridge'
  althing gov propose --file examples/governance/parameter_change.json --dry-run";

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
    /// Later rules of the chain, which its software must know by then
    Upgrade(Box<ProposeUpgrade>),
    /// Give up an upgrade that is planned
    UpgradeCancel(Box<ProposeUpgradeCancel>),
    /// An order that happens at once if nearly all validators say yes
    Emergency(Box<ProposeEmergency>),
    /// Let a change stay that the safety override or an emergency made; `gov override status` lists them
    Ratify(Box<ProposeRatify>),
    /// Other members or limits of the safety override, or its end
    SafetyRules(Box<ProposeSafetyRules>),
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

/// What every proposal says about itself whose title can be made, and how it is sent.
#[derive(Debug, Args)]
pub struct Proposing {
    /// A line for people, 1 to 140 bytes [default: made from what is proposed]
    #[arg(long)]
    pub title: Option<Text<MAX_PROPOSAL_TITLE_BYTES>>,
    /// What it says.
    #[command(flatten)]
    pub about: About,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
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
    /// What it says about itself, and how it is sent.
    #[command(flatten)]
    pub with: Proposing,
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
    /// What it says about itself, and how it is sent.
    #[command(flatten)]
    pub with: Proposing,
}

fn parse_boot_node(text: &str) -> Result<BootNode, String> {
    let bad = || format!("{text:?}: expected KEY@HOST:PORT, with 64 hex characters of the key");
    let (key, endpoint) = text.split_once('@').ok_or_else(bad)?;
    let (key, endpoint) = (key.parse().map_err(|_| bad())?, endpoint.parse().map_err(|_| bad())?);
    Ok(BootNode { key, endpoint })
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
    /// What it says about itself, and how it is sent.
    #[command(flatten)]
    pub with: Proposing,
}

/// `althing gov propose rollback`
#[derive(Debug, Args)]
pub struct ProposeRollback {
    /// Number of the disbursement
    pub disbursement: u64,
    /// The part of each payment not made that its recipient gets, for what it has done already
    #[arg(long, value_name = "PERCENT", default_value = "0%", value_parser = parse_percent)]
    pub compensation: Ppm,
    /// What it says about itself, and how it is sent.
    #[command(flatten)]
    pub with: Proposing,
}

/// An order that happens at once.
#[derive(Clone, Debug, Args)]
pub struct OrderArgs {
    /// What: cancel-proposal, rollback-spec, pause-treasury, rollback-disbursement or
    /// cancel-upgrade
    pub order: OrderKind,
    /// What it is about: a number, a length of time, or a version
    pub value: String,
}

/// `althing gov propose emergency`
#[derive(Debug, Args)]
pub struct ProposeEmergency {
    /// What is ordered.
    #[command(flatten)]
    pub order: OrderArgs,
    /// What it says about itself, and how it is sent.
    #[command(flatten)]
    pub with: Proposing,
}

/// `althing gov propose ratify`
#[derive(Debug, Args)]
pub struct ProposeRatify {
    /// Number of the change
    pub change: u64,
    /// What it says about itself, and how it is sent.
    #[command(flatten)]
    pub with: Proposing,
}

/// `althing gov propose safety-rules`
#[derive(Debug, Args)]
pub struct ProposeSafetyRules {
    /// One more member: an address, the name of a key, or dev:N
    #[arg(long, value_name = "ACCOUNT")]
    pub add_member: Vec<String>,
    /// Without this member: an address, the name of a key, or dev:N
    #[arg(long, value_name = "ACCOUNT")]
    pub remove_member: Vec<String>,
    /// How many members must approve
    #[arg(long, value_name = "N")]
    pub needed: Option<u32>,
    /// What it may order no more: cancel-proposal, rollback-spec, set-spec, pause-treasury,
    /// rollback-disbursement or cancel-upgrade. What it may not order now it never may again
    #[arg(long, value_name = "ORDER")]
    pub forbid: Vec<OrderKind>,
    /// How often it may be used, counted anew; 0 puts it to rest
    #[arg(long, value_name = "N")]
    pub uses: Option<u32>,
    /// It may be used without end
    #[arg(long, conflicts_with = "uses")]
    pub unlimited: bool,
    /// The rest from one use to the next, such as 1h or 100blocks
    #[arg(long, value_name = "TIME", value_parser = parse_period)]
    pub cooldown: Option<Period>,
    /// Abolish it, for good
    #[arg(long, conflicts_with_all = ["add_member", "remove_member", "needed", "forbid", "uses",
        "unlimited", "cooldown"])]
    pub abolish: bool,
    /// What it says about itself, and how it is sent.
    #[command(flatten)]
    pub with: Proposing,
}

/// `althing gov propose upgrade`
#[derive(Debug, Args)]
pub struct ProposeUpgrade {
    /// The version of the protocol, such as 1.1.0
    #[arg(id = "release", value_name = "VERSION")]
    pub version: Version,
    /// The block from which on its rules hold [default: the first that is possible]
    #[arg(long, value_name = "BLOCK")]
    pub height: Option<u64>,
    /// Where the software that knows them is found
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub notes: Text<MAX_UPGRADE_NOTES_BYTES>,
    /// SHA-256 of that software, if it is one file, 64 hex characters
    #[arg(long, value_name = "HEX")]
    pub digest: Option<String>,
    /// What it says about itself, and how it is sent.
    #[command(flatten)]
    pub with: Proposing,
}

/// `althing gov propose upgrade-cancel`
#[derive(Debug, Args)]
pub struct ProposeUpgradeCancel {
    /// The version that is planned
    #[arg(id = "release", value_name = "VERSION")]
    pub version: Version,
    /// What it says about itself, and how it is sent.
    #[command(flatten)]
    pub with: Proposing,
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
