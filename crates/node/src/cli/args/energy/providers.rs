//! `althing energy provider`.

use super::super::tx::{Sending, parse_amount};
use super::EnergyOnly;
use crate::cli::{
    compute::parse_state,
    energy::units::{parse_power, parse_zone},
};
use althing_types::{
    Address, Amount,
    energy::{EnergyName, ProviderState, Zone},
};
use clap::{ArgGroup, Args, Subcommand};

/// `althing energy provider …`
#[derive(Debug, Subcommand)]
pub enum ProviderCommand {
    /// Make the sender's account a provider
    Register(Box<ProviderRegister>),
    /// Change its name or capacity, or add to its stake
    Update(Box<ProviderUpdate>),
    /// Leave: the stake is paid once all is settled
    Leave(Box<EnergyOnly>),
    /// Everything about one: reputation, stake, limits, what it sold
    Show {
        /// An address, the name of a key, or dev:N [default: the only key there is]
        account: Option<String>,
    },
    /// List them
    #[command(visible_alias = "ls")]
    List(ProviderList),
}

/// `althing energy provider register`
#[derive(Debug, Args)]
pub struct ProviderRegister {
    /// Its name
    #[arg(long)]
    pub name: EnergyName,
    /// The code of the zone where it feeds in; for good
    #[arg(long, value_parser = parse_zone)]
    pub zone: Zone,
    /// What all its meters can deliver together, for example 5kW
    #[arg(long, value_name = "POWER", value_parser = parse_power)]
    pub capacity: u64,
    /// What it stakes, in tokens [default: the least for a newcomer of this capacity]
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount)]
    pub stake: Option<Amount>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy provider update`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("change").required(true).multiple(true)))]
pub struct ProviderUpdate {
    /// Another name
    #[arg(long, group = "change")]
    pub name: Option<EnergyName>,
    /// Another capacity, for example 7kW
    #[arg(long, value_name = "POWER", value_parser = parse_power, group = "change")]
    pub capacity: Option<u64>,
    /// More stake, in tokens
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount, group = "change")]
    pub add_stake: Option<Amount>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy provider list`
#[derive(Debug, Args)]
pub struct ProviderList {
    /// Only those in this zone
    #[arg(long, value_parser = parse_zone)]
    pub zone: Option<Zone>,
    /// Only those in this state: active, suspended or leaving
    #[arg(long, value_parser = parse_state::<ProviderState>)]
    pub state: Option<ProviderState>,
    /// Only those behind this account: the last one of the page before
    #[arg(long, value_name = "ADDRESS")]
    pub after: Option<Address>,
    /// Most that are listed
    #[arg(long, default_value_t = 50, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
}
