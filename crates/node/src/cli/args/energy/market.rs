//! Offers, orders, tariffs, purchases, and `althing energy certificate`.

use super::super::tx::{Sending, parse_amount};
use crate::cli::energy::units::{parse_energy, parse_time, parse_zone};
use althing_types::{Amount, energy::Zone};
use clap::{Args, Subcommand};

/// `althing energy offer`
#[derive(Debug, Args)]
pub struct EnergyOffer {
    /// When the slot begins
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub slot: u64,
    /// How much, for example 10kWh
    #[arg(long, value_name = "ENERGY", value_parser = parse_energy)]
    pub wh: u64,
    /// The least price, in tokens a kWh
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount)]
    pub min_price: Amount,
    /// The provider, if the sender acts for it [default: the sender]
    #[arg(long, value_name = "ACCOUNT")]
    pub provider: Option<String>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy order`
#[derive(Debug, Args)]
pub struct EnergyOrder {
    /// The zone
    #[arg(long, value_parser = parse_zone)]
    pub zone: Zone,
    /// When the slot begins
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub slot: u64,
    /// How much, for example 10kWh
    #[arg(long, value_name = "ENERGY", value_parser = parse_energy)]
    pub wh: u64,
    /// The highest price, in tokens a kWh
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount)]
    pub max_price: Amount,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy cancel`
#[derive(Debug, Args)]
pub struct EnergyCancel {
    /// The number of the offer or order
    pub number: u64,
    /// The zone
    #[arg(long, value_parser = parse_zone)]
    pub zone: Zone,
    /// When the slot begins
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub slot: u64,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy tariff`
#[derive(Debug, Args)]
pub struct EnergyTariff {
    /// The price, in tokens a kWh
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount, required_unless_present = "end")]
    pub price: Option<Amount>,
    /// How much is sold at it, for example 500kWh
    #[arg(long, value_name = "ENERGY", value_parser = parse_energy, required_unless_present = "end")]
    pub wh: Option<u64>,
    /// Sell nothing any more
    #[arg(long, conflicts_with_all = ["price", "wh"])]
    pub end: bool,
    /// The provider, if the sender acts for it [default: the sender]
    #[arg(long, value_name = "ACCOUNT")]
    pub provider: Option<String>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy buy`
#[derive(Debug, Args)]
pub struct EnergyBuy {
    /// From whom: an address, the name of a key, or dev:N
    pub provider: String,
    /// When the slot began
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub slot: u64,
    /// How much at most, for example 10kWh
    #[arg(long, value_name = "ENERGY", value_parser = parse_energy)]
    pub wh: u64,
    /// The highest price, in tokens a kWh [default: its tariff now]
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount)]
    pub max_price: Option<Amount>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy slots` and `althing energy tariffs`
#[derive(Debug, Args)]
pub struct EnergySlots {
    /// Only those of this zone
    #[arg(value_parser = parse_zone)]
    pub zone: Option<Zone>,
    /// Most that are listed
    #[arg(long, default_value_t = 20, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
}

/// `althing energy certificate …`
#[derive(Debug, Subcommand)]
pub enum CertificateCommand {
    /// Everything about one
    Show {
        /// Its number
        certificate: u64,
    },
    /// List them, newest first
    #[command(visible_alias = "ls")]
    List(CertificateList),
    /// Give one to another account
    Transfer(Box<CertificateTransfer>),
    /// Use one up; it cannot be transferred or used any more
    Retire(Box<CertificateRetire>),
}

/// `althing energy certificate list`
#[derive(Debug, Args)]
pub struct CertificateList {
    /// Only those that this account has: an address, the name of a key, or dev:N
    #[arg(long, value_name = "ACCOUNT")]
    pub owner: Option<String>,
    /// Only those of energy of this provider
    #[arg(long, value_name = "ACCOUNT")]
    pub provider: Option<String>,
    /// Only those in this state: held, retired or revoked
    #[arg(long, value_parser = ["held", "retired", "revoked"])]
    pub state: Option<String>,
    /// Only those with a lower number: the last one of the page before
    #[arg(long, value_name = "N")]
    pub before: Option<u64>,
    /// Most that are listed
    #[arg(long, default_value_t = 20, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
}

/// `althing energy certificate transfer`
#[derive(Debug, Args)]
pub struct CertificateTransfer {
    /// Its number
    pub certificate: u64,
    /// To whom: an address, the name of a key, or dev:N
    pub to: String,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy certificate retire`
#[derive(Debug, Args)]
pub struct CertificateRetire {
    /// Its number
    pub certificate: u64,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}
