//! `althing energy`.

mod disputes;
mod market;
mod meters;
mod providers;

pub use disputes::{DisputeCommand, DisputeList, DisputeOpen, DisputeVote};
pub use market::{
    CertificateCommand, CertificateList, CertificateRetire, CertificateTransfer, EnergyBuy,
    EnergyCancel, EnergyOffer, EnergyOrder, EnergySlots, EnergyTariff,
};
pub use meters::{
    MeterCommand, MeterList, MeterNewKey, MeterReadings, MeterRegister, MeterRevoke, MeterRotate,
    SubmitReading,
};
pub use providers::{ProviderCommand, ProviderList, ProviderRegister, ProviderUpdate};

use super::tx::{Sending, parse_amount, parse_height};
use crate::cli::{
    compute::parse_state,
    energy::units::{parse_time, parse_zone},
};
use althing_types::{
    Amount, Height,
    energy::{EnergyName, EnergyRole, EnergyScope, Zone},
};
use clap::{ArgGroup, Args, Subcommand};

const EXAMPLES: &str = "\
Examples:
  althing energy status
  althing energy provider register --name 'Roof 12' --zone NEM-VIC --capacity 5kW --from alice
  althing energy meter new-key roof.key
  althing energy meter register --key roof.key --max 5kW --from alice
  althing energy submit-reading --key roof.key --wh 1.2kWh --minutes 15 --from alice --wait
  althing energy batch 7                                who attested what, and what is missing
  althing energy order --zone NEM-VIC --slot 2026-11-22T12:00:00Z --wh 10kWh --max-price 0.3
  althing energy certificate list --owner bob
  althing energy dispute open --batch 7 --reading 3 --reason false-reading --evidence photo.jpg
Energy is in Wh, or with kWh or MWh behind it; power in W, or with kW or MW; prices in tokens a kWh;
times as 2026-11-22T12:00:00Z or in seconds since 1970.";

/// `althing energy …`
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum EnergyCommand {
    /// The rules in force, the oracles, and sums over everything
    Status,
    /// Providers: those who feed in
    #[command(subcommand)]
    Provider(ProviderCommand),
    /// Meters and their keys
    #[command(subcommand)]
    Meter(MeterCommand),
    /// Sign what a meter counted and submit it; or submit readings that are signed already
    SubmitReading(Box<SubmitReading>),
    /// Batches of readings, newest first
    Batches(EnergyBatches),
    /// One batch: its readings, what oracles found, what is missing
    Batch {
        /// Its number
        number: u64,
    },
    /// Oracles: those who check readings
    #[command(subcommand)]
    Oracle(EnergyOracleCommand),
    /// Say what you found about readings of a batch, as an oracle
    Attest(Box<EnergyAttest>),
    /// Offer energy of a slot, in mode batch
    Offer(Box<EnergyOffer>),
    /// Order energy of a slot, in mode batch; the money is set aside
    Order(Box<EnergyOrder>),
    /// Take an offer or an order back
    Cancel(Box<EnergyCancel>),
    /// Post, change or end the tariff at which you sell, in mode real-time
    Tariff(Box<EnergyTariff>),
    /// Buy attested energy at a tariff, in mode real-time
    Buy(Box<EnergyBuy>),
    /// Offers and orders of a slot
    Market {
        /// The zone
        #[arg(value_parser = parse_zone)]
        zone: Zone,
        /// When the slot begins [default: the present one]
        #[arg(value_parser = parse_time)]
        slot: Option<u64>,
    },
    /// Slots that were cleared, newest first
    Slots(EnergySlots),
    /// Who sells at once, and at what price
    Tariffs(EnergySlots),
    /// Open offers and orders of an account
    Orders {
        /// An address, the name of a key, or dev:N [default: the only key there is]
        account: Option<String>,
    },
    /// Certificates of origin
    #[command(subcommand)]
    Certificate(CertificateCommand),
    /// Disputes about readings and sales
    #[command(subcommand)]
    Dispute(DisputeCommand),
    /// Let another account act for you, or end that
    Grant(Box<EnergyGrant>),
    /// Who may act for an account
    Grants {
        /// An address, the name of a key, or dev:N [default: the only key there is]
        account: Option<String>,
    },
}

/// A command about energy that needs nothing else.
#[derive(Debug, Args)]
pub struct EnergyOnly {
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy batches`
#[derive(Debug, Args)]
pub struct EnergyBatches {
    /// Only those of this provider: an address, the name of a key, or dev:N
    #[arg(long, value_name = "ACCOUNT")]
    pub provider: Option<String>,
    /// Only those in this state: open or closed
    #[arg(long, value_parser = ["open", "closed"])]
    pub state: Option<String>,
    /// Only those with a lower number: the last one of the page before
    #[arg(long, value_name = "N")]
    pub before: Option<u64>,
    /// Most that are listed
    #[arg(long, default_value_t = 20, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
}

/// `althing energy oracle …`
#[derive(Debug, Subcommand)]
pub enum EnergyOracleCommand {
    /// Stake for an oracle; a proposal gives it a weight
    Register(Box<OracleRegister>),
    /// Leave: the stake unbonds
    Leave(Box<EnergyOnly>),
    /// Everything about one: weight, stake, what it said and missed
    Show {
        /// An address, the name of a key, or dev:N [default: the only key there is]
        account: Option<String>,
    },
    /// List them
    #[command(visible_alias = "ls")]
    List,
}

/// `althing energy oracle register`
#[derive(Debug, Args)]
pub struct OracleRegister {
    /// Its name
    #[arg(long)]
    pub name: EnergyName,
    /// What is staked, in tokens [default: the least that the chain takes]
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount)]
    pub stake: Option<Amount>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy attest`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("found").required(true).multiple(true)))]
pub struct EnergyAttest {
    /// The number of the batch
    pub batch: u64,
    /// Places of the readings that are right, from 0, for example 0,2,5-9; or all
    #[arg(long, value_name = "PLACES", group = "found")]
    pub agree: Option<String>,
    /// Places of the readings that are wrong
    #[arg(long, value_name = "PLACES", group = "found")]
    pub contradict: Option<String>,
    /// The oracle, if the sender acts for it [default: the sender]
    #[arg(long, value_name = "ACCOUNT")]
    pub oracle: Option<String>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy grant`
#[derive(Debug, Args)]
pub struct EnergyGrant {
    /// Which account: an address, the name of a key, or dev:N
    pub account: String,
    /// For what you are: provider or oracle
    #[arg(long, value_parser = parse_state::<EnergyRole>)]
    pub role: EnergyRole,
    /// What it may do, any of submit_reading, dispute and settle, with commas; none ends the grant
    #[arg(long, value_delimiter = ',', value_name = "SCOPES",
        value_parser = parse_state::<EnergyScope>)]
    pub scopes: Vec<EnergyScope>,
    /// The first height at which it may no more [default: 100000 blocks from now]
    #[arg(long, value_name = "HEIGHT", value_parser = parse_height)]
    pub expires: Option<Height>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}
