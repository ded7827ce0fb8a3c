//! Meters and their readings.

use super::{EnergyMoment, outcome_name};
use crate::{
    backend::ReadingRow,
    views::{DueView, hex_of},
};
use althing_ledger::energy::{Meter, query::latest_value};
use althing_types::{
    Hash,
    energy::{MeterKey, MeterState},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A meter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MeterView {
    /// The height this was read at.
    pub height: u64,
    /// Its id.
    pub meter: String,
    /// Its provider.
    pub provider: String,
    /// `active` or `revoked`.
    #[schema(example = "active")]
    pub state: String,
    /// Its present public key, with its scheme before it.
    #[schema(example = "ed25519:00ff")]
    pub key: String,
    /// Which of its keys that is, from 0.
    pub generation: u32,
    /// When it got this key.
    pub keyed: u64,
    /// When a key may follow without the consent of this one, if it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cooled: Option<DueView>,
    /// The sequence of its next reading.
    pub sequence: u64,
    /// What it has counted in all, in Wh.
    pub total_wh: u64,
    /// When its last interval ended.
    pub last_end: u64,
    /// When its last reading was signed.
    pub signed_at: u64,
    /// What it can measure at most, in W.
    pub max_w: u64,
    /// What of its readings was attested, in Wh.
    pub attested_wh: u64,
    /// The hash chain over all its readings that are over, and what became of them.
    pub root: String,
    /// How many are in it.
    pub absorbed: u64,
    /// How long ago its last interval ended, by the time of the last block, in seconds.
    pub age_s: u64,
    /// Whether that is too long to trust its count.
    pub stale: bool,
}

impl MeterView {
    pub(crate) fn new(id: &Hash, meter: &Meter, key: &MeterKey, now: EnergyMoment<'_>) -> Self {
        Self {
            height: now.height.get(),
            meter: hex_of(id),
            provider: meter.provider.to_string(),
            state: meter.state.name().to_owned(),
            key: key.to_string(),
            generation: meter.generation,
            keyed: meter.keyed.get(),
            cooled: (meter.state == MeterState::Revoked).then(|| meter.cooled.into()),
            sequence: meter.sequence,
            total_wh: meter.total_wh,
            last_end: meter.last_end,
            signed_at: meter.signed_at,
            max_w: meter.max_w,
            attested_wh: meter.attested_wh,
            root: hex_of(&meter.root),
            absorbed: meter.absorbed,
            age_s: now.age(meter.last_end),
            stale: latest_value(meter, now.time, now.params, false).is_err(),
        }
    }
}

/// A page of meters of a provider.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MeterPage {
    /// The height this was read at.
    pub height: u64,
    /// The provider.
    pub provider: String,
    /// Its meters in the order of their ids.
    pub meters: Vec<MeterView>,
    /// `after` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What a meter has counted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MeterValueView {
    /// The height this was read at.
    pub height: u64,
    /// The meter.
    pub meter: String,
    /// In all, in Wh.
    pub total_wh: u64,
    /// When its last interval ended.
    pub last_end: u64,
    /// How long ago that was, by the time of the last block, in seconds.
    pub age_s: u64,
    /// From which age on a value is stale, in seconds.
    pub stale_s: u64,
    /// Whether it is.
    pub stale: bool,
}

/// A reading of a meter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MeterReadingView {
    /// The number of its batch.
    pub batch: u64,
    /// Its place in the batch, from 0.
    pub place: u8,
    /// Its sequence.
    pub sequence: u64,
    /// When its interval began.
    pub start: u64,
    /// The length of the interval, in seconds.
    pub seconds: u32,
    /// What was counted in it, in Wh.
    pub wh: u64,
    /// What the meter has counted in all, this interval included, in Wh.
    pub total_wh: u64,
    /// When the meter signed.
    pub signed_at: u64,
    /// `undecided`, `attested`, `refused`, `expired` or `disproved`.
    #[schema(example = "attested")]
    pub outcome: String,
    /// When its batch came.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
}

impl From<&ReadingRow> for MeterReadingView {
    fn from(of: &ReadingRow) -> Self {
        Self {
            batch: of.batch,
            place: of.place,
            sequence: of.sequence,
            start: of.start,
            seconds: of.seconds,
            wh: of.wh,
            total_wh: of.total_wh,
            signed_at: of.signed_at,
            outcome: outcome_name(of.outcome),
            height: of.height.get(),
            time_ms: of.time.get(),
        }
    }
}

/// A page of readings of a meter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MeterReadingPage {
    /// The meter.
    pub meter: String,
    /// Newest first.
    pub readings: Vec<MeterReadingView>,
    /// `before` of the next page: `batch * 64 + place` of the last reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}
