//! Metered energy: providers, meters, readings, oracles, the market, disputes.
//!
//! Energy is in watt-hours (Wh), power in watts (W), prices in base units a kilowatt-hour, times of
//! meters and slots in seconds since 1970 (UTC), times of blocks in milliseconds.

mod disputes;
mod market;
mod meters;
mod oracles;
#[cfg(test)]
mod tests;

pub use disputes::*;
pub use market::*;
pub use meters::*;
pub use oracles::*;

use super::{Client, ClientError, governance::path};
use althing_types::{
    Address, Amount, Due, Height, Ppm, Timestamp,
    energy::{EnergyName, EnergySettlementPayload, ProviderState, Zone},
    params::EnergyParams,
};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Entries asked for at a time where a method fetches all of them.
const WHOLE_PAGE: usize = 100;

/// Energy as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnergyInfo {
    /// The height this was read at.
    pub height: Height,
    /// The time of that block.
    pub time_ms: Timestamp,
    /// The number of the rules in force, from 0.
    pub version: u32,
    /// The rules in force.
    pub settlement: EnergySettlementPayload,
    /// Sums over everything.
    pub sums: EnergySums,
    /// The version of the set of oracles that counts now; 0 has nobody.
    pub oracle_set: u32,
    /// The sum of the weights of that set.
    pub oracle_weight: u64,
    /// Who is in it.
    pub oracles: Vec<OracleWeightInfo>,
    /// How much of everything there is; absent if the node keeps no index.
    #[serde(default)]
    pub counts: Option<EnergyCounts>,
    /// The slot of the market that runs now: when it began.
    pub slot: u64,
    /// The length of a slot, in seconds.
    pub slot_s: u64,
    /// The parameters in force.
    pub params: EnergyParams,
}

/// Sums over everything, and the numbers that come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnergySums {
    /// The number of the next batch.
    pub next_batch: u64,
    /// The number of the next offer or order.
    pub next_order: u64,
    /// The number of the next certificate.
    pub next_certificate: u64,
    /// The number of the next dispute.
    pub next_dispute: u64,
    /// The stakes of all providers and oracles, in base units.
    pub stakes: Amount,
    /// What buyers have set aside for orders, in base units.
    pub escrow: Amount,
    /// Sales that are not paid to their providers yet, in base units.
    pub unpaid: Amount,
    /// Bonds of open disputes, in base units.
    pub bonds: Amount,
    /// Energy of readings that are not decided, in Wh.
    pub pending_wh: u64,
    /// All energy that was ever attested, in Wh.
    pub attested_wh: u64,
    /// Energy of all certificates, in Wh.
    pub sold_wh: u64,
    /// Of that, energy of certificates that were used up, in Wh.
    #[serde(default)]
    pub retired_wh: u64,
    /// Energy that disputes took back, in Wh.
    pub revoked_wh: u64,
    /// Energy that nobody bought, in Wh.
    pub lapsed_wh: u64,
    /// What is on sale or held back: attested, but neither sold, revoked nor lapsed, in Wh.
    pub open_wh: u64,
    /// Providers that have not left.
    pub providers: u32,
}

/// An oracle that has a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OracleWeightInfo {
    /// Which.
    pub oracle: Address,
    /// Its weight, in parts per million.
    pub weight: Ppm,
    /// Its part of the weights of all, rounded down.
    pub part: Ppm,
}

/// How much of everything there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnergyCounts {
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

/// Which providers are wanted, in the order of their accounts. What is left open is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderQuery {
    /// What they do.
    pub state: Option<ProviderState>,
    /// Where they are.
    pub zone: Option<Zone>,
    /// Only those behind this account.
    pub after: Option<Address>,
    /// Entries wanted.
    pub limit: Option<usize>,
}

/// A provider of energy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderInfo {
    /// The height this was read at.
    pub height: Height,
    /// Its account.
    pub address: Address,
    /// Its name.
    pub name: EnergyName,
    /// The code of its zone.
    pub zone: Zone,
    /// What all its meters can deliver together, in W.
    pub capacity_w: u64,
    /// What its meters can measure together, in W.
    pub metered_w: u64,
    /// Its stake, in base units.
    pub stake: Amount,
    /// Below this it is suspended, in base units.
    pub least_stake: Amount,
    /// What is asked for when it grows or comes back, in base units.
    pub required_stake: Amount,
    /// What it does.
    pub state: ProviderState,
    /// When it was registered.
    pub registered: Height,
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
    /// When its stake is paid, if it leaves.
    #[serde(default)]
    pub unbonds: Option<Due>,
    /// How good it is expected to be.
    pub reputation: ReputationInfo,
    /// What it has done.
    pub counters: ProviderCountersInfo,
    /// What it sells at once, and at what price.
    #[serde(default)]
    pub tariff: Option<TariffInfo>,
    /// Why it may not submit readings now, each with what to do; empty if it may.
    pub obstacles: Vec<String>,
}

/// How good a provider is expected to be, as of the present epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReputationInfo {
    /// All traits together.
    pub score: Ppm,
    /// Whether it has what it offers.
    pub delivery: TraitInfo,
    /// Whether its readings are right.
    pub accuracy: TraitInfo,
    /// Whether its readings come in time.
    pub latency: TraitInfo,
    /// Whether its meters measure without gaps.
    pub capacity: TraitInfo,
}

/// What is known of a trait of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraitInfo {
    /// Good ones, in millionths of an observation.
    pub good: u64,
    /// Bad ones, in millionths of an observation.
    pub bad: u64,
    /// The expected part of good ones.
    pub expected: Ppm,
    /// What of the score it makes.
    pub part: Ppm,
}

/// What a provider has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderCountersInfo {
    /// Readings that it submitted.
    pub readings: u64,
    /// Of these, such that were attested.
    pub attested: u64,
    /// What they say together, in Wh.
    pub attested_wh: u64,
    /// Energy that it sold, in Wh. What was revoked later is included.
    pub sold_wh: u64,
    /// What it was paid, fees taken off, in base units.
    pub earned: Amount,
    /// Slashes because readings were refused.
    pub quorum: u64,
    /// Times that readings expired.
    pub expiry: u64,
    /// Slashes because disputes were upheld.
    pub conflict: u64,
}

/// A page of providers, in the order of their accounts' bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderPage {
    /// The height this was read at.
    pub height: Height,
    /// The providers.
    pub providers: Vec<ProviderInfo>,
    /// `after` of the next page.
    #[serde(default)]
    pub next: Option<Address>,
}

/// A text as a part of a query.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn text<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

impl Client {
    /// Energy as a whole: rules, sums, oracles, parameters.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn energy(&self) -> Result<EnergyInfo, ClientError> {
        self.get("/v1/energy").await
    }

    /// Providers, in the order of their accounts' bytes.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn energy_providers(
        &self,
        query: &ProviderQuery,
    ) -> Result<ProviderPage, ClientError> {
        let parameters = [
            ("state", text(query.state)),
            ("zone", query.zone.as_ref().map(|zone| encoded(zone))),
            ("after", text(query.after)),
            ("limit", text(query.limit)),
        ];
        self.get(&path("/v1/energy/providers", &parameters)).await
    }

    /// A provider.
    ///
    /// # Errors
    /// [`ClientError`]; the code `provider_not_found`.
    pub async fn energy_provider(&self, address: Address) -> Result<ProviderInfo, ClientError> {
        self.get(&format!("/v1/energy/providers/{address}")).await
    }
}
