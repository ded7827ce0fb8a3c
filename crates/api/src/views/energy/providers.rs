//! Providers of energy, and what is known of how good they are.

use super::{EnergyMoment, TariffView};
use crate::views::{DueView, Show};
use althing_ledger::energy::{
    Beta, Provider, ProviderCounters, Reputation, TRAIT_PERCENT, Tariff, pending_limit,
    required_stake,
};
use althing_types::{Address, Amount, Ppm, energy::ProviderState, params::EnergyParams};
use serde::Serialize;
use utoipa::ToSchema;

/// What is known of a trait of a provider.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct TraitView {
    /// Good ones, in millionths of an observation.
    pub good: u64,
    /// Bad ones, in millionths of an observation.
    pub bad: u64,
    /// The expected part of good ones, in parts per million.
    pub expected: u32,
    /// What of the score it makes, in parts per million.
    pub part: u32,
}

impl TraitView {
    fn new(of: Beta, percent: u64, params: &EnergyParams) -> Self {
        Self {
            good: of.good,
            bad: of.bad,
            expected: of.expected(params).get(),
            part: u32::try_from(percent.saturating_mul(10_000)).unwrap_or(u32::MAX),
        }
    }
}

/// How good a provider is expected to be, as of the present epoch.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ReputationView {
    /// All traits together, in parts per million.
    pub score: u32,
    /// Whether it has what it offers.
    pub delivery: TraitView,
    /// Whether its readings are right.
    pub accuracy: TraitView,
    /// Whether its readings come in time.
    pub latency: TraitView,
    /// Whether its meters measure without gaps.
    pub capacity: TraitView,
}

impl ReputationView {
    fn new(of: &Reputation, params: &EnergyParams) -> Self {
        let [delivery, accuracy, latency, capacity] = TRAIT_PERCENT;
        Self {
            score: of.score(params).get(),
            delivery: TraitView::new(of.delivery, delivery, params),
            accuracy: TraitView::new(of.accuracy, accuracy, params),
            latency: TraitView::new(of.latency, latency, params),
            capacity: TraitView::new(of.capacity, capacity, params),
        }
    }
}

/// What a provider has done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProviderCountersView {
    /// Readings that it submitted.
    pub readings: u64,
    /// Of these, such that were attested.
    pub attested: u64,
    /// What they say together, in Wh.
    pub attested_wh: u64,
    /// Energy that it sold, in Wh. What was revoked later is included.
    pub sold_wh: u64,
    /// What it was paid, fees taken off, in base units.
    pub earned: String,
    /// The same for people.
    pub earned_display: String,
    /// Slashes because readings were refused.
    pub quorum: u64,
    /// Times that readings expired.
    pub expiry: u64,
    /// Slashes because disputes were upheld.
    pub conflict: u64,
}

impl ProviderCountersView {
    fn new(of: &ProviderCounters, show: Show<'_>) -> Self {
        Self {
            readings: of.readings,
            attested: of.attested,
            attested_wh: of.attested_wh,
            sold_wh: of.sold_wh,
            earned: of.earned.to_string(),
            earned_display: show.amount(of.earned),
            quorum: of.quorum,
            expiry: of.expiry,
            conflict: of.conflict,
        }
    }
}

/// A provider of energy.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProviderView {
    /// The height this was read at.
    pub height: u64,
    /// Its account.
    pub address: String,
    /// Its name.
    pub name: String,
    /// The code of its zone.
    pub zone: String,
    /// What all its meters can deliver together, in W.
    pub capacity_w: u64,
    /// What its meters can measure together, in W.
    pub metered_w: u64,
    /// Its stake, in base units.
    pub stake: String,
    /// The same for people.
    pub stake_display: String,
    /// Below this it is suspended, in base units.
    pub least_stake: String,
    /// The same for people.
    pub least_stake_display: String,
    /// What is asked for when it grows or comes back, in base units.
    pub required_stake: String,
    /// The same for people.
    pub required_stake_display: String,
    /// `active`, `leaving` or `suspended`.
    #[schema(example = "active")]
    pub state: String,
    /// When it was registered.
    pub registered: u64,
    /// Its meters.
    pub meters: u32,
    /// Readings that are not decided.
    pub pending: u64,
    /// How many it may have.
    pub pending_limit: u64,
    /// Batches that are not over.
    pub batches: u64,
    /// Sales that it is not paid for yet.
    pub unpaid: u64,
    /// Disputes about it that are open.
    pub disputes: u32,
    /// When its stake is paid, if it leaves, unless something is not settled then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unbonds: Option<DueView>,
    /// How good it is expected to be.
    pub reputation: ReputationView,
    /// What it has done.
    pub counters: ProviderCountersView,
    /// What it sells at once, and at what price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tariff: Option<TariffView>,
    /// Why it may not submit readings now, each with what to do; empty if it may.
    pub obstacles: Vec<String>,
}

/// The records of a provider.
pub(crate) struct KnownProvider {
    pub(crate) address: Address,
    /// With what it is known for brought to the present epoch.
    pub(crate) record: Provider,
    pub(crate) tariff: Option<Tariff>,
    /// Whether any oracle has a weight.
    pub(crate) oracles: bool,
}

impl ProviderView {
    pub(crate) fn new(known: &KnownProvider, now: EnergyMoment<'_>, show: Show<'_>) -> Self {
        let KnownProvider { address, record, tariff, .. } = known;
        let score = record.reputation.score(now.params);
        let stake = |score| {
            // What does not fit is more than there is.
            required_stake(now.params, record.capacity_w, score).unwrap_or(Amount::MAX)
        };
        let (least, required) = (stake(Ppm::ONE), stake(score));
        let leaves = record.state == ProviderState::Leaving;
        Self {
            height: now.height.get(),
            address: address.to_string(),
            name: record.name.to_string(),
            zone: record.zone.to_string(),
            capacity_w: record.capacity_w,
            metered_w: record.metered_w,
            stake: record.stake.to_string(),
            stake_display: show.amount(record.stake),
            least_stake: least.to_string(),
            least_stake_display: show.amount(least),
            required_stake: required.to_string(),
            required_stake_display: show.amount(required),
            state: record.state.name().to_owned(),
            registered: record.registered.get(),
            meters: record.meters,
            pending: record.pending,
            pending_limit: pending_limit(now.params, score),
            batches: record.batches,
            unpaid: record.unpaid,
            disputes: record.disputes,
            unbonds: leaves.then(|| record.unbonds.into()),
            reputation: ReputationView::new(&record.reputation, now.params),
            counters: ProviderCountersView::new(&record.counters, show),
            tariff: tariff.as_ref().map(|of| TariffView::new(*address, record, of, show)),
            obstacles: obstacles(known, required, now.params, show),
        }
    }
}

/// Why a provider may not submit readings, each with what to do.
fn obstacles(
    known: &KnownProvider,
    required: Amount,
    params: &EnergyParams,
    show: Show<'_>,
) -> Vec<String> {
    let record = &known.record;
    let limit = pending_limit(params, record.reputation.score(params));
    let checks = [
        (
            record.state == ProviderState::Leaving,
            "It leaves, and submits no more: register again once its stake is paid.".to_owned(),
        ),
        (
            record.state == ProviderState::Suspended,
            format!("It is suspended: add to its stake until it is {}.", show.amount(required)),
        ),
        (record.meters == 0, "It has no meters: register one.".to_owned()),
        (
            record.pending >= limit,
            format!(
                "It has {} undecided readings and may have {limit}: wait for oracles.",
                record.pending
            ),
        ),
        (!known.oracles, "No oracle has a weight: wait for governance to admit one.".to_owned()),
    ];
    checks.into_iter().filter(|(applies, _)| *applies).map(|(_, why)| why).collect()
}

/// A page of providers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProviderPage {
    /// The height this was read at.
    pub height: u64,
    /// Providers in the order of their accounts' bytes.
    pub providers: Vec<ProviderView>,
    /// `after` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
