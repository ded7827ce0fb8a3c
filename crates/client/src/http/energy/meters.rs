//! Meters, their readings, and batches of readings.

use super::{encoded, text};
use crate::http::{Client, ClientError, governance::path};
use althing_types::{
    Address, Due, Hash, Height, Ppm, Timestamp,
    energy::{MeterKey, MeterState, ReadingOutcome},
    hash::serde_hex,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterInfo {
    /// The height this was read at.
    pub height: Height,
    /// Its id.
    #[serde(with = "serde_hex")]
    pub meter: Hash,
    /// Its provider.
    pub provider: Address,
    /// Whether its readings count.
    pub state: MeterState,
    /// Its present public key.
    pub key: MeterKey,
    /// Which of its keys that is, from 0.
    pub generation: u32,
    /// When it got this key.
    pub keyed: Height,
    /// When a key may follow without the consent of this one, if it is revoked.
    #[serde(default)]
    pub cooled: Option<Due>,
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
    /// The hash chain over all its readings that are over.
    #[serde(with = "serde_hex")]
    pub root: Hash,
    /// How many are in it.
    pub absorbed: u64,
    /// How long ago its last interval ended, by the time of the last block, in seconds.
    pub age_s: u64,
    /// Whether that is too long to trust its count.
    pub stale: bool,
}

/// A page of meters of a provider, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterPage {
    /// The height this was read at.
    pub height: Height,
    /// The provider.
    pub provider: Address,
    /// The meters.
    pub meters: Vec<MeterInfo>,
    /// `after` of the next page.
    #[serde(default, with = "althing_types::hash::serde_hex_option")]
    pub next: Option<Hash>,
}

/// What a meter has counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterValue {
    /// The height this was read at.
    pub height: Height,
    /// The meter.
    #[serde(with = "serde_hex")]
    pub meter: Hash,
    /// In all, in Wh.
    pub total_wh: u64,
    /// When its last interval ended.
    pub last_end: u64,
    /// How long ago that was, in seconds.
    pub age_s: u64,
    /// From which age on a value is stale, in seconds.
    pub stale_s: u64,
    /// Whether it is.
    pub stale: bool,
}

/// What became of a reading so far: `undecided`, or the name of its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadingStatus {
    /// Oracles have not decided.
    Undecided,
    /// They have, or time has.
    Decided(ReadingOutcome),
}

impl ReadingStatus {
    /// The name that the API gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::Decided(outcome) => outcome.name(),
        }
    }

    /// What became of it, if that is decided.
    pub const fn outcome(self) -> Option<ReadingOutcome> {
        match self {
            Self::Undecided => None,
            Self::Decided(outcome) => Some(outcome),
        }
    }
}

impl std::fmt::Display for ReadingStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for ReadingStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for ReadingStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name == "undecided" {
            return Ok(Self::Undecided);
        }
        name.parse().map(Self::Decided).map_err(serde::de::Error::custom)
    }
}

/// A reading of a meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterReadingInfo {
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
    /// What became of it.
    pub outcome: ReadingStatus,
    /// When its batch came.
    pub height: Height,
    /// The time of that block.
    pub time_ms: Timestamp,
}

/// A page of readings of a meter, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterReadingPage {
    /// The meter.
    #[serde(with = "serde_hex")]
    pub meter: Hash,
    /// The readings.
    pub readings: Vec<MeterReadingInfo>,
    /// `before` of the next page: `batch * 64 + place` of the last reading.
    #[serde(default)]
    pub next: Option<u64>,
}

/// Which batches are wanted, newest first. What is left open is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchQuery {
    /// Only those that are not over, or that are.
    pub open: Option<bool>,
    /// Whose.
    pub provider: Option<Address>,
    /// Only those with a lower number.
    pub before: Option<u64>,
    /// Entries wanted.
    pub limit: Option<usize>,
}

/// A batch of readings, also one that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchInfo {
    /// Its number.
    pub number: u64,
    /// Its provider.
    pub provider: Address,
    /// When it came.
    pub height: Height,
    /// The time of that block.
    pub time_ms: Timestamp,
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
    #[serde(default)]
    pub closed: Option<Height>,
    /// The first height at which nobody can attest any more, while it is not over.
    #[serde(default)]
    pub expires: Option<Height>,
    /// When it is over, if all is decided and nothing is disputed.
    #[serde(default)]
    pub closes: Option<Due>,
    /// The version of the set of oracles that decides, while it is not over.
    #[serde(default)]
    pub oracles: Option<u32>,
    /// The part of their weight that attests a reading, while it is not over.
    #[serde(default)]
    pub quorum: Option<Ppm>,
    /// The length of the slots of the market when it came, in seconds, while it is not over.
    #[serde(default)]
    pub slot_s: Option<u64>,
    /// Its readings in their order; empty in listings.
    #[serde(default)]
    pub readings: Vec<BatchReadingInfo>,
    /// What oracles found; empty in listings.
    #[serde(default)]
    pub reports: Vec<BatchReportInfo>,
}

/// A reading of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchReadingInfo {
    /// Its place in the batch, from 0.
    pub place: u8,
    /// The meter.
    #[serde(with = "serde_hex")]
    pub meter: Hash,
    /// Its sequence.
    pub sequence: u64,
    /// When its interval began.
    pub start: u64,
    /// The length of the interval, in seconds.
    pub seconds: u32,
    /// What was counted in it, in Wh.
    pub wh: u64,
    /// What the meter has counted in all, in Wh; absent if the node keeps no index.
    #[serde(default)]
    pub total_wh: Option<u64>,
    /// When the meter signed; absent if the node keeps no index.
    #[serde(default)]
    pub signed_at: Option<u64>,
    /// SHA-256 of what the meter signed.
    #[serde(with = "serde_hex")]
    pub digest: Hash,
    /// What became of it.
    pub state: ReadingStatus,
    /// Whether it is disputed now.
    #[serde(default)]
    pub disputed: bool,
}

/// What an oracle found about a batch. With a place in neither list it abstained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchReportInfo {
    /// The oracle.
    pub oracle: Address,
    /// Places of readings that it found right.
    pub agree: Vec<u8>,
    /// Places of readings that it found wrong.
    pub contradict: Vec<u8>,
    /// When it reported; absent if the node keeps no index.
    #[serde(default)]
    pub height: Option<Height>,
    /// Whether all was decided already; absent if the node keeps no index.
    #[serde(default)]
    pub late: Option<bool>,
}

/// A page of batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchPage {
    /// The height this was read at.
    pub height: Height,
    /// The batches.
    pub batches: Vec<BatchInfo>,
    /// `before` of the next page, of undecided ones `after`. A page may be short, or empty, and not
    /// be the last.
    #[serde(default)]
    pub next: Option<u64>,
}

impl Client {
    /// Meters of a provider, in the order of their ids, from behind one.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn provider_meters(
        &self,
        provider: Address,
        after: Option<Hash>,
        limit: Option<usize>,
    ) -> Result<MeterPage, ClientError> {
        let parameters = [("after", after.map(hex::encode)), ("limit", text(limit))];
        self.get(&path(&format!("/v1/energy/providers/{provider}/meters"), &parameters)).await
    }

    /// Batches of a provider, newest first, below a number.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn provider_batches(
        &self,
        provider: Address,
        before: Option<u64>,
        limit: Option<usize>,
    ) -> Result<BatchPage, ClientError> {
        let parameters = [("before", text(before)), ("limit", text(limit))];
        self.get(&path(&format!("/v1/energy/providers/{provider}/batches"), &parameters)).await
    }

    /// A meter.
    ///
    /// # Errors
    /// [`ClientError`]; the code `meter_not_found`.
    pub async fn meter(&self, meter: Hash) -> Result<MeterInfo, ClientError> {
        self.get(&format!("/v1/energy/meters/{}", hex::encode(meter))).await
    }

    /// The meter that a public key serves, or has served: its `key` says which.
    ///
    /// # Errors
    /// [`ClientError`]; the code `meter_not_found`.
    pub async fn meter_by_key(&self, key: &MeterKey) -> Result<MeterInfo, ClientError> {
        self.get(&format!("/v1/energy/meters/by-key/{}", encoded(&key.to_string()))).await
    }

    /// Readings of a meter, newest first, before a place in the chain of all readings.
    ///
    /// # Errors
    /// [`ClientError`]; the codes `meter_not_found` and `index_disabled`.
    pub async fn meter_readings(
        &self,
        meter: Hash,
        before: Option<u64>,
        limit: Option<usize>,
    ) -> Result<MeterReadingPage, ClientError> {
        let parameters = [("before", text(before)), ("limit", text(limit))];
        let base = format!("/v1/energy/meters/{}/readings", hex::encode(meter));
        self.get(&path(&base, &parameters)).await
    }

    /// What a meter has counted in all.
    ///
    /// # Errors
    /// [`ClientError`]; the code `stale_value` if that is too old, unless `allow_stale`, and
    /// `meter_not_found`.
    pub async fn meter_latest(
        &self,
        meter: Hash,
        allow_stale: bool,
    ) -> Result<MeterValue, ClientError> {
        let meter = hex::encode(meter);
        self.get(&format!("/v1/energy/meters/{meter}/latest?allow_stale={allow_stale}")).await
    }

    /// Batches, newest first.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn energy_batches(&self, query: &BatchQuery) -> Result<BatchPage, ClientError> {
        let state = query.open.map(|open| if open { "open" } else { "closed" });
        let parameters = [
            ("state", text(state)),
            ("provider", text(query.provider)),
            ("before", text(query.before)),
            ("limit", text(query.limit)),
        ];
        self.get(&path("/v1/energy/batches", &parameters)).await
    }

    /// A batch with its readings and reports.
    ///
    /// # Errors
    /// [`ClientError`]; the code `batch_not_found`.
    pub async fn energy_batch(&self, number: u64) -> Result<BatchInfo, ClientError> {
        self.get(&format!("/v1/energy/batches/{number}")).await
    }

    /// Batches with undecided readings, oldest first, behind a number, with their readings. With an
    /// oracle, those about which it can report and has not, also decided ones that are not over.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn undecided(
        &self,
        oracle: Option<Address>,
        after: Option<u64>,
        limit: Option<usize>,
    ) -> Result<BatchPage, ClientError> {
        let parameters = [("oracle", text(oracle)), ("after", text(after)), ("limit", text(limit))];
        self.get(&path("/v1/energy/undecided", &parameters)).await
    }
}
