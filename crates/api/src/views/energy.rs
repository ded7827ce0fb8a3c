//! Metered energy as JSON. Fields of records have the names that the ledger gives them. Energy is in
//! Wh, power in W, prices in base units a kWh; times of meters and slots are seconds since 1970
//! (UTC).

mod batches;
mod certificates;
mod disputes;
mod market;
mod meters;
mod oracles;
mod providers;

pub use batches::{BatchPage, BatchReadingView, BatchReportView, BatchView};
pub use certificates::{
    CertificatePage, CertificateView, OwnerView, SalePage, SalePaymentView, SaleView,
};
pub use disputes::{
    DisputeEndView, DisputeVoteView, EnergyDisputePage, EnergyDisputeView, FrozenView,
};
pub use market::{
    EnergyCreditPage, EnergyCreditView, MarketView, OfferView, OpenOrderPage, OpenOrderView,
    OrderView, SlotPage, SlotView, TariffPage, TariffView,
};
pub use meters::{MeterPage, MeterReadingPage, MeterReadingView, MeterValueView, MeterView};
pub use oracles::{
    EnergyRulesPage, EnergyRulesView, GrantPage, GrantView, OracleCountersView, OraclePage,
    OracleReportPage, OracleReportView, OracleValueView, OracleView,
};
pub use providers::{ProviderCountersView, ProviderPage, ProviderView, ReputationView, TraitView};

pub(crate) use batches::KnownBatch;
pub(crate) use certificates::KnownCertificate;
pub(crate) use disputes::KnownDispute;
pub(crate) use market::KnownMarket;
pub(crate) use providers::KnownProvider;

use super::Show;
use crate::backend::EnergyCounts;
use althing_ledger::energy::{Energy, OracleSet};
use althing_types::{
    Address, Height, Timestamp,
    energy::{EnergySettlementPayload, ReadingOutcome, Scopes},
    params::EnergyParams,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Milliseconds in a second.
const MS: u64 = 1_000;
/// Millionths in a whole.
const ONE: u64 = 1_000_000;

/// When something is looked at, and by which rules.
#[derive(Clone, Copy)]
pub(crate) struct EnergyMoment<'a> {
    pub(crate) height: Height,
    pub(crate) time: Timestamp,
    pub(crate) params: &'a EnergyParams,
}

impl EnergyMoment<'_> {
    /// How long ago this second was, in seconds.
    pub(crate) fn age(&self, second: u64) -> u64 {
        (self.time.get() / MS).saturating_sub(second)
    }
}

/// Rules of settlement.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EnergySettlementView {
    /// `batch`: a slot is cleared once at one price; `real-time`: at once, at posted tariffs.
    #[schema(example = "batch")]
    pub mode: String,
    /// The part of the weight of oracles that attests a reading, in parts per million.
    pub quorum_threshold_ppm: u32,
    /// Blocks after which what is not attested expires.
    pub expiry_blocks: u64,
}

impl From<EnergySettlementPayload> for EnergySettlementView {
    fn from(of: EnergySettlementPayload) -> Self {
        Self {
            mode: of.mode.name().to_owned(),
            quorum_threshold_ppm: of.quorum_threshold_ppm.get(),
            expiry_blocks: of.expiry_blocks,
        }
    }
}

/// What an account may do in a role.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ScopesView {
    /// Submit readings, or report about them.
    pub submit_reading: bool,
    /// Open disputes, or vote on them.
    pub dispute: bool,
    /// Offer energy, post tariffs, and cancel.
    pub settle: bool,
}

impl From<Scopes> for ScopesView {
    fn from(of: Scopes) -> Self {
        let Scopes { submit_reading, dispute, settle } = of;
        Self { submit_reading, dispute, settle }
    }
}

/// Sums over everything, and the numbers that come next.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EnergySumsView {
    /// The number of the next batch.
    pub next_batch: u64,
    /// The number of the next offer or order.
    pub next_order: u64,
    /// The number of the next certificate.
    pub next_certificate: u64,
    /// The number of the next dispute.
    pub next_dispute: u64,
    /// The stakes of all providers and oracles, in base units.
    pub stakes: String,
    /// The same for people.
    pub stakes_display: String,
    /// What buyers have set aside for orders, in base units.
    pub escrow: String,
    /// The same for people.
    pub escrow_display: String,
    /// Sales that are not paid to their providers yet, in base units.
    pub unpaid: String,
    /// The same for people.
    pub unpaid_display: String,
    /// Bonds of open disputes, in base units.
    pub bonds: String,
    /// The same for people.
    pub bonds_display: String,
    /// Energy of readings that are not decided, in Wh.
    pub pending_wh: u64,
    /// All energy that was ever attested, in Wh.
    pub attested_wh: u64,
    /// Energy of all certificates, in Wh.
    pub sold_wh: u64,
    /// Of that, energy of certificates that were used up, in Wh.
    pub retired_wh: u64,
    /// Energy that disputes took back, in Wh.
    pub revoked_wh: u64,
    /// Energy that nobody bought, in Wh.
    pub lapsed_wh: u64,
    /// What is on sale or held back, in Wh: attested, but neither sold, revoked nor lapsed.
    pub open_wh: u64,
    /// Providers that have not left.
    pub providers: u32,
}

impl EnergySumsView {
    fn new(of: &Energy, show: Show<'_>) -> Self {
        let gone = [of.sold_wh, of.revoked_wh, of.lapsed_wh];
        Self {
            next_batch: of.next_batch,
            next_order: of.next_order,
            next_certificate: of.next_certificate,
            next_dispute: of.next_dispute,
            stakes: of.stakes.to_string(),
            stakes_display: show.amount(of.stakes),
            escrow: of.escrow.to_string(),
            escrow_display: show.amount(of.escrow),
            unpaid: of.unpaid.to_string(),
            unpaid_display: show.amount(of.unpaid),
            bonds: of.bonds.to_string(),
            bonds_display: show.amount(of.bonds),
            pending_wh: of.pending_wh,
            attested_wh: of.attested_wh,
            sold_wh: of.sold_wh,
            retired_wh: of.retired_wh,
            revoked_wh: of.revoked_wh,
            lapsed_wh: of.lapsed_wh,
            open_wh: gone.into_iter().fold(of.attested_wh, u64::saturating_sub),
            providers: of.providers,
        }
    }
}

/// An oracle that has a weight.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OracleWeightView {
    /// Its account.
    pub oracle: String,
    /// Its weight, in parts per million.
    pub weight: u32,
    /// Its part of the weights of all, in parts per million, rounded down.
    pub part: u32,
}

/// The weight of all oracles of a set.
pub(crate) fn oracle_weight(set: &OracleSet) -> u64 {
    set.iter().fold(0u64, |sum, entry| sum.saturating_add(entry.weight.into()))
}

/// What an oracle has of the weights of all, in parts per million, rounded down.
pub(crate) fn part_of_set(set: &OracleSet, oracle: &Address) -> u32 {
    let entry = set.iter().find(|entry| entry.oracle == *oracle);
    let weight = u64::from(entry.map_or(0, |entry| entry.weight));
    // Weights are at most a million, so this fits.
    let part = weight.saturating_mul(ONE).checked_div(oracle_weight(set)).unwrap_or(0);
    u32::try_from(part).unwrap_or(u32::MAX)
}

/// How much of everything there is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct EnergyCountsView {
    /// Providers that submit and sell.
    pub active: u64,
    /// Providers that leave.
    pub leaving: u64,
    /// Providers that must add to their stake.
    pub suspended: u64,
    /// Meters that were ever registered.
    pub meters: u64,
    /// Batches that are not over.
    pub open_batches: u64,
    /// Disputes that are not over.
    pub open_disputes: u64,
}

impl From<EnergyCounts> for EnergyCountsView {
    fn from(of: EnergyCounts) -> Self {
        let EnergyCounts { active, leaving, suspended, meters, open_batches, open_disputes } = of;
        Self { active, leaving, suspended, meters, open_batches, open_disputes }
    }
}

/// Energy as a whole.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EnergyView {
    /// The height this was read at.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
    /// The number of the rules in force, from 0.
    pub version: u32,
    /// The rules in force.
    pub settlement: EnergySettlementView,
    /// Sums over everything.
    pub sums: EnergySumsView,
    /// The version of the set of oracles that counts now; 0 has nobody.
    pub oracle_set: u32,
    /// The sum of the weights of that set.
    pub oracle_weight: u64,
    /// Who is in it.
    pub oracles: Vec<OracleWeightView>,
    /// How much of everything there is; absent if this node keeps no index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<EnergyCountsView>,
    /// When the slot of the market began that runs now.
    pub slot: u64,
    /// The length of a slot, in seconds.
    pub slot_s: u64,
    /// The parameters in force, as `/v1/params` names them.
    #[schema(value_type = Object)]
    pub params: EnergyParams,
}

impl EnergyView {
    pub(crate) fn new(
        energy: &Energy,
        set: &OracleSet,
        counts: Option<EnergyCounts>,
        now: EnergyMoment<'_>,
        show: Show<'_>,
    ) -> Self {
        let oracle = |entry: &althing_ledger::energy::OracleEntry| OracleWeightView {
            oracle: entry.oracle.to_string(),
            weight: entry.weight,
            part: part_of_set(set, &entry.oracle),
        };
        let (second, length) = (now.time.get() / MS, now.params.slot_s);
        Self {
            height: now.height.get(),
            time_ms: now.time.get(),
            version: energy.version,
            settlement: energy.settlement.into(),
            sums: EnergySumsView::new(energy, show),
            oracle_set: energy.oracle_set,
            oracle_weight: oracle_weight(set),
            oracles: set.iter().map(oracle).collect(),
            counts: counts.map(Into::into),
            slot: second.saturating_sub(second.checked_rem(length).unwrap_or(0)),
            slot_s: length,
            params: now.params.clone(),
        }
    }
}

/// The places of the bits that are set.
fn places(bits: u64) -> Vec<u8> {
    (0..64).filter(|place| bits >> place & 1 == 1).collect()
}

/// `undecided`, or the name of what became of a reading.
fn outcome_name(outcome: Option<ReadingOutcome>) -> String {
    outcome.map_or("undecided", ReadingOutcome::name).to_owned()
}
