//! `althing energy`.

use super::tx::{Sending, parse_amount, parse_height};
use crate::cli::{
    compute::parse_state,
    energy::units::{parse_energy, parse_meter, parse_power, parse_time, parse_zone},
};
use althing_types::{
    Address, Amount, Hash, Height, KeyScheme,
    energy::{DisputeReason, EnergyName, EnergyRole, EnergyScope, MeterState, ProviderState, Zone},
};
use clap::{ArgGroup, Args, Subcommand};
use std::path::PathBuf;

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

/// A command about energy that needs nothing else.
#[derive(Debug, Args)]
pub struct EnergyOnly {
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
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

/// `althing energy meter …`
#[derive(Debug, Subcommand)]
pub enum MeterCommand {
    /// Make a key for a meter, in a file of its own; needs no node
    NewKey(MeterNewKey),
    /// Bind a meter to the sender's provider
    Register(Box<MeterRegister>),
    /// Give a meter another key
    Rotate(Box<MeterRotate>),
    /// Revoke the key of a meter at once, for example because it was stolen
    Revoke(Box<MeterRevoke>),
    /// Everything about one meter
    Show {
        /// Its id
        #[arg(value_parser = parse_meter)]
        meter: Hash,
    },
    /// Meters of a provider
    #[command(visible_alias = "ls")]
    List(MeterList),
    /// Readings of a meter, newest first, with what became of each
    Readings(MeterReadings),
}

/// `althing energy meter new-key`
#[derive(Debug, Args)]
pub struct MeterNewKey {
    /// The file; never overwritten
    pub file: PathBuf,
    /// ed25519, or ml-dsa-65 against quantum computers (its readings are 50 times as long)
    #[arg(long, default_value = "ed25519", value_parser = parse_scheme)]
    pub scheme: KeyScheme,
    /// Encrypt it with a password
    #[arg(long)]
    pub encrypt: bool,
}

fn parse_scheme(text: &str) -> Result<KeyScheme, String> {
    let scheme = KeyScheme::from_name(text);
    scheme.ok_or_else(|| "expected ed25519 or ml-dsa-65".to_owned())
}

/// `althing energy meter register`
#[derive(Debug, Args)]
pub struct MeterRegister {
    /// File with its key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// What it can measure at most, for example 5kW
    #[arg(long, value_name = "POWER", value_parser = parse_power)]
    pub max: u64,
    /// What it has counted so far
    #[arg(long, default_value = "0", value_name = "ENERGY", value_parser = parse_energy)]
    pub total: u64,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy meter rotate`
#[derive(Debug, Args)]
pub struct MeterRotate {
    /// The id of the meter
    #[arg(value_parser = parse_meter)]
    pub meter: Hash,
    /// File with the new key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// File with the old key, which agrees; without it the meter must have been revoked for the
    /// cool-down
    #[arg(long, value_name = "FILE")]
    pub old_key: Option<PathBuf>,
    /// What the meter counts from now on [default: what the chain knows]
    #[arg(long, value_name = "ENERGY", value_parser = parse_energy)]
    pub total: Option<u64>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy meter revoke`
#[derive(Debug, Args)]
pub struct MeterRevoke {
    /// The id of the meter
    #[arg(value_parser = parse_meter)]
    pub meter: Hash,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy meter list`
#[derive(Debug, Args)]
pub struct MeterList {
    /// The provider: an address, the name of a key, or dev:N [default: the only key there is]
    pub provider: Option<String>,
    /// Only those in this state: active or revoked
    #[arg(long, value_parser = parse_state::<MeterState>)]
    pub state: Option<MeterState>,
    /// Only those behind this meter: the last one of the page before
    #[arg(long, value_name = "METER", value_parser = parse_meter)]
    pub after: Option<Hash>,
    /// Most that are listed
    #[arg(long, default_value_t = 50, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
}

/// `althing energy meter readings`
#[derive(Debug, Args)]
pub struct MeterReadings {
    /// The id of the meter
    #[arg(value_parser = parse_meter)]
    pub meter: Hash,
    /// Only those before this place: what the page before says
    #[arg(long, value_name = "N")]
    pub before: Option<u64>,
    /// Most that are listed
    #[arg(long, default_value_t = 20, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
}

/// `althing energy submit-reading`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["key", "file"])))]
pub struct SubmitReading {
    /// File with the key of the meter, which signs here and now
    #[arg(long, value_name = "FILE", requires = "wh")]
    pub key: Option<PathBuf>,
    /// File with 1 to 64 readings that are signed already, as JSON; '-' is standard input
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// What was counted in the interval, for example 1.2kWh
    #[arg(long, value_name = "ENERGY", value_parser = parse_energy, conflicts_with = "file")]
    pub wh: Option<u64>,
    /// When the interval began [default: so that it is over now]
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with = "file")]
    pub start: Option<u64>,
    /// How long it was
    #[arg(long, default_value_t = 15, value_name = "MINUTES",
        value_parser = clap::value_parser!(u32).range(1..=1_440))]
    pub minutes: u32,
    /// The id of the meter [default: the one that the key serves]
    #[arg(long, value_parser = parse_meter, conflicts_with = "file")]
    pub meter: Option<Hash>,
    /// The provider, if the sender acts for it [default: the sender]
    #[arg(long, value_name = "ACCOUNT")]
    pub provider: Option<String>,
    /// Print the signed reading as JSON, and send nothing
    #[arg(long, conflicts_with = "file")]
    pub sign_only: bool,
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

/// `althing energy dispute …`
#[derive(Debug, Subcommand)]
pub enum DisputeCommand {
    /// Dispute a reading or a sale; a bond is set aside
    Open(Box<DisputeOpen>),
    /// Say whether who opened it is right, as an oracle
    Vote(Box<DisputeVote>),
    /// Everything about one
    Show {
        /// Its number
        dispute: u64,
    },
    /// List them, newest first
    #[command(visible_alias = "ls")]
    List(DisputeList),
}

/// `althing energy dispute open`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("subject").required(true).args(["batch", "certificate"])))]
pub struct DisputeOpen {
    /// The number of the batch of the reading
    #[arg(long, requires = "reading")]
    pub batch: Option<u64>,
    /// The place of the reading in the batch, from 0
    #[arg(long, requires = "batch", value_parser = clap::value_parser!(u8).range(0..=63))]
    pub reading: Option<u8>,
    /// The number of the certificate of the sale
    #[arg(long)]
    pub certificate: Option<u64>,
    /// Why: false-reading, double-counting or not-delivered
    #[arg(long, value_parser = parse_state::<DisputeReason>)]
    pub reason: DisputeReason,
    /// File with the evidence: its SHA-256 goes to the chain, oracles ask you for the file
    #[arg(long, value_name = "FILE")]
    pub evidence: PathBuf,
    /// For whom, if the sender acts for somebody [default: the sender]
    #[arg(long, value_name = "ACCOUNT")]
    pub opener: Option<String>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy dispute vote`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("vote").required(true).args(["uphold", "dismiss"])))]
pub struct DisputeVote {
    /// Its number
    pub dispute: u64,
    /// Who opened it is right
    #[arg(long)]
    pub uphold: bool,
    /// Who opened it is wrong
    #[arg(long)]
    pub dismiss: bool,
    /// The oracle, if the sender acts for it [default: the sender]
    #[arg(long, value_name = "ACCOUNT")]
    pub oracle: Option<String>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `althing energy dispute list`
#[derive(Debug, Args)]
pub struct DisputeList {
    /// Only those about this provider: an address, the name of a key, or dev:N
    #[arg(long, value_name = "ACCOUNT")]
    pub provider: Option<String>,
    /// Only those in this state: open, upheld, dismissed or lapsed
    #[arg(long, value_parser = ["open", "upheld", "dismissed", "lapsed"])]
    pub state: Option<String>,
    /// Only those with a lower number: the last one of the page before
    #[arg(long, value_name = "N")]
    pub before: Option<u64>,
    /// Most that are listed
    #[arg(long, default_value_t = 20, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
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
