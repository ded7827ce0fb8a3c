//! Batches of readings: what the state says while they are not over, and the index for ever.

use super::{outcome_name, places};
use crate::{
    backend::{BatchRow, ReadingRow, ReportRow},
    views::{DueView, hex_of},
};
use althing_ledger::energy::{Batch, HeldReading, OracleSet};
use althing_types::{
    ChainId, Hash, KeyScheme,
    energy::{MeterSignature, Reading},
    hash,
};
use commonware_codec::DecodeExt as _;
use serde::Serialize;
use utoipa::ToSchema;

/// A batch of readings.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BatchView {
    /// Its number.
    pub number: u64,
    /// Its provider.
    pub provider: String,
    /// When it came.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
    /// Whether nobody can dispute it any more: the state has forgotten it.
    pub over: bool,
    /// Its readings.
    pub count: u32,
    /// What they say together, in Wh.
    pub wh: u64,
    /// What those that are attested say together, in Wh.
    pub attested_wh: u64,
    /// Those that are not decided.
    pub undecided: u32,
    /// Those that are attested.
    pub attested: u32,
    /// Those that oracles contradicted.
    pub refused: u32,
    /// Those that expired.
    pub expired: u32,
    /// Those that were attested and disproved.
    pub disproved: u32,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<u64>,
    /// The first height at which nobody can attest any more, while it is not over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
    /// When it is over, if all is decided and nothing is disputed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes: Option<DueView>,
    /// The version of the set of oracles that decides, while it is not over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oracles: Option<u32>,
    /// The part of their weight that attests a reading, in parts per million, while it is not over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<u32>,
    /// The length of the slots of the market when it came, in seconds, while it is not over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot_s: Option<u64>,
    /// Its readings in their order; absent in listings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<BatchReadingView>,
    /// What oracles found; absent in listings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<BatchReportView>,
}

/// A reading of a batch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BatchReadingView {
    /// Its place in the batch, from 0.
    pub place: u8,
    /// The meter.
    pub meter: String,
    /// Its sequence.
    pub sequence: u64,
    /// When its interval began.
    pub start: u64,
    /// The length of the interval, in seconds.
    pub seconds: u32,
    /// What was counted in it, in Wh.
    pub wh: u64,
    /// What the meter has counted in all, in Wh; absent if this node keeps no index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_wh: Option<u64>,
    /// When the meter signed; absent if this node keeps no index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<u64>,
    /// SHA-256 of what the meter signed.
    pub digest: String,
    /// `undecided`, `attested`, `refused`, `expired` or `disproved`.
    #[schema(example = "undecided")]
    pub state: String,
    /// Whether it is disputed now.
    pub disputed: bool,
}

/// What an oracle found about a batch. Where a place is in neither list it abstained.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BatchReportView {
    /// The oracle.
    pub oracle: String,
    /// Places of readings that it found right.
    pub agree: Vec<u8>,
    /// Places of readings that it found wrong.
    pub contradict: Vec<u8>,
    /// When it reported; absent if this node keeps no index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// Whether all was decided already; absent if this node keeps no index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<bool>,
}

/// A page of batches.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BatchPage {
    /// The height this was read at.
    pub height: u64,
    /// The batches.
    pub batches: Vec<BatchView>,
    /// `before` of the next page, of undecided ones `after`. A page may be short, or empty, and not
    /// be the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// What is known of a batch: what the state says counts.
pub(crate) struct KnownBatch<'a> {
    pub(crate) number: u64,
    pub(crate) record: Option<&'a Batch>,
    pub(crate) history: Option<&'a BatchRow>,
}

/// What the readings of these places say together, in Wh.
fn sum(record: &Batch, bits: u64) -> u64 {
    let of = places(bits).into_iter().filter_map(|place| record.readings.get(usize::from(place)));
    of.fold(0u64, |sum, reading| sum.saturating_add(reading.wh))
}

impl BatchView {
    /// As in a listing; nothing of a batch that never was.
    pub(crate) fn new(known: &KnownBatch<'_>) -> Option<Self> {
        match (known.record, known.history) {
            (Some(record), _) => Some(Self::of_record(known.number, record)),
            (None, Some(history)) => Some(Self::of_history(history)),
            (None, None) => None,
        }
    }

    fn of_record(number: u64, record: &Batch) -> Self {
        Self {
            number,
            provider: record.provider.to_string(),
            height: record.height.get(),
            time_ms: record.time.get(),
            over: false,
            count: u32::try_from(record.readings.len()).unwrap_or(u32::MAX),
            wh: sum(record, u64::MAX),
            attested_wh: sum(record, record.attested),
            undecided: record.undecided.count_ones(),
            attested: record.attested.count_ones(),
            refused: record.refused.count_ones(),
            expired: record.expired.count_ones(),
            disproved: record.disproved.count_ones(),
            closed: None,
            expires: Some(record.expires.get()),
            closes: record.closes.map(Into::into),
            oracles: Some(record.oracles),
            quorum: Some(record.quorum.get()),
            slot_s: Some(record.slot_s),
            readings: Vec::new(),
            reports: Vec::new(),
        }
    }

    /// The state has forgotten it, or the index is a little behind and does not know it yet.
    fn of_history(of: &BatchRow) -> Self {
        Self {
            number: of.number,
            provider: of.provider.to_string(),
            height: of.height.get(),
            time_ms: of.time.get(),
            over: true,
            count: of.count,
            wh: of.wh,
            attested_wh: of.attested_wh,
            undecided: of.undecided,
            attested: of.attested,
            refused: of.refused,
            expired: of.expired,
            disproved: of.disproved,
            closed: of.closed.map(althing_types::Height::get),
            expires: None,
            closes: None,
            oracles: None,
            quorum: None,
            slot_s: None,
            readings: Vec::new(),
            reports: Vec::new(),
        }
    }

    /// Adds the readings.
    pub(crate) fn with_readings(
        mut self,
        record: Option<&Batch>,
        rows: &[ReadingRow],
        chain: &ChainId,
    ) -> Self {
        self.readings = match record {
            Some(record) => (0u8..)
                .zip(record.readings.iter())
                .map(|(place, held)| {
                    let row = rows.iter().find(|row| row.place == place);
                    BatchReadingView::of_record(place, held, record, row)
                })
                .collect(),
            None => rows.iter().filter_map(|row| BatchReadingView::of_row(row, chain)).collect(),
        };
        self
    }

    /// Adds what oracles found. The state knows places in the set of oracles, the index accounts.
    pub(crate) fn with_reports(
        mut self,
        record: Option<(&Batch, &OracleSet)>,
        rows: &[ReportRow],
    ) -> Self {
        self.reports = rows.iter().map(BatchReportView::of_row).collect();
        let Some((batch, set)) = record else { return self };
        for report in batch.reports.iter() {
            let Some(entry) = set.get(usize::from(report.oracle)) else { continue };
            if rows.iter().all(|row| row.oracle != entry.oracle) {
                self.reports.push(BatchReportView {
                    oracle: entry.oracle.to_string(),
                    agree: places(report.agree),
                    contradict: places(report.contradict),
                    height: None,
                    late: None,
                });
            }
        }
        self
    }
}

impl BatchReadingView {
    fn of_record(place: u8, held: &HeldReading, batch: &Batch, row: Option<&ReadingRow>) -> Self {
        Self {
            place,
            meter: hex_of(&held.meter),
            sequence: held.sequence,
            start: held.start,
            seconds: held.seconds,
            wh: held.wh,
            total_wh: row.map(|row| row.total_wh),
            signed_at: row.map(|row| row.signed_at),
            digest: hex_of(&held.digest),
            state: outcome_name(batch.outcome(place)),
            disputed: batch.disputed.checked_shr(place.into()).unwrap_or(0) & 1 == 1,
        }
    }

    fn of_row(row: &ReadingRow, chain: &ChainId) -> Option<Self> {
        Some(Self {
            place: row.place,
            meter: hex_of(&row.meter),
            sequence: row.sequence,
            start: row.start,
            seconds: row.seconds,
            wh: row.wh,
            total_wh: Some(row.total_wh),
            signed_at: Some(row.signed_at),
            digest: hex_of(&digest(row, chain)?),
            state: outcome_name(row.outcome),
            disputed: false,
        })
    }
}

/// SHA-256 of what the meter signed, which holds nothing that the index does not know: the signature
/// is not a part of what is signed, so any other one does.
fn digest(row: &ReadingRow, chain: &ChainId) -> Option<Hash> {
    let blank = vec![0; 1 + KeyScheme::Ed25519.signature_len()];
    let reading = Reading {
        meter: row.meter,
        sequence: row.sequence,
        start: row.start,
        seconds: row.seconds,
        wh: row.wh,
        total_wh: row.total_wh,
        signed_at: row.signed_at,
        signature: MeterSignature::decode(blank).ok()?,
    };
    Some(hash::sha256(&[&reading.signed_bytes(chain)]))
}

impl BatchReportView {
    fn of_row(row: &ReportRow) -> Self {
        Self {
            oracle: row.oracle.to_string(),
            agree: places(row.report.agree),
            contradict: places(row.report.contradict),
            height: Some(row.height.get()),
            late: Some(row.late),
        }
    }
}
