//! Workers as JSON. Fields of records have the names that the ledger gives them.

use super::{
    DueView, Money, Show,
    device::{DeviceView, KnownDevice, PointsView},
    hex_of,
};
use crate::backend::DeviceReading;
use althing_ledger::{
    Node,
    compute::{Counters, Credits, MinerPool, Worker, query::standing},
};
use althing_types::{
    Address, Amount, Epoch, Height, Timestamp, compute::WorkerState, params::ComputeParams,
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a worker has done.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct CountersView {
    /// Tasks that it got.
    pub assigned: u64,
    /// Results that it committed to.
    pub committed: u64,
    /// Of these, such that came in the second half of the time.
    pub late: u64,
    /// Results that were settled as right.
    pub accepted: u64,
    /// Results that were proven wrong.
    pub wrong: u64,
    /// Results that it did not show.
    pub withheld: u64,
    /// Results that did not come in time.
    pub expired: u64,
    /// Results that were planted.
    pub planted: u64,
}

impl From<Counters> for CountersView {
    fn from(of: Counters) -> Self {
        let Counters { assigned, committed, late, accepted, wrong, withheld, expired, planted } =
            of;
        Self { assigned, committed, late, accepted, wrong, withheld, expired, planted }
    }
}

/// What a worker earned in an epoch and has not claimed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClaimView {
    /// The epoch.
    pub epoch: u64,
    /// Its weight, in millionths of a unit of work.
    pub weight: String,
    /// The weight of all workers.
    pub total: String,
    /// Its part of the miners' pool, in base units; absent while the epoch runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward: Option<Money>,
}

/// A worker.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkerView {
    /// The height this was read at.
    pub height: u64,
    /// Its account.
    pub address: String,
    /// `active`, `paused`, `leaving`, `banned` or `left`.
    #[schema(example = "active")]
    pub state: String,
    /// Where others fetch what it has computed.
    pub endpoint: String,
    /// Its stake, in base units.
    pub stake: String,
    /// The same for people.
    pub stake_display: String,
    /// What binds it to the secret of its plants.
    pub plant: String,
    /// When it was registered for the first time.
    pub registered: u64,
    /// Its tasks that are not over for it.
    pub tasks: Vec<u64>,
    /// Wrong results so far.
    pub strikes: u32,
    /// As many as this ban it.
    pub max_strikes: u64,
    /// When its stake is paid, if it leaves or is banned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unbonds: Option<DueView>,
    /// The time of its last heartbeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<u64>,
    /// The version of its software; empty before the first heartbeat.
    pub version: String,
    /// The part of its results that were right, in parts per million.
    pub success: u32,
    /// The part of its results that were in time, in parts per million.
    pub timeliness: u32,
    /// The part of its heartbeats that it sent, in parts per million.
    pub uptime: u32,
    /// `success * timeliness`, in parts per million.
    pub reputation: u32,
    /// Its chance when paid tasks are assigned: `reputation * uptime`, in parts per million.
    pub weight: u32,
    /// What it has done.
    pub counters: CountersView,
    /// Its devices.
    pub devices: Vec<DeviceView>,
    /// What it earned in epochs that it has not claimed, the running one included.
    pub claims: Vec<ClaimView>,
    /// What it can claim now, in base units.
    pub claimable: String,
    /// The same for people.
    pub claimable_display: String,
}

/// The records of a worker.
pub(crate) struct KnownWorker {
    pub(crate) address: Address,
    pub(crate) record: Worker,
    pub(crate) beats: Option<Node>,
    pub(crate) devices: Vec<KnownDevice>,
    pub(crate) credits: Credits,
}

impl WorkerView {
    pub(crate) fn new(
        known: &KnownWorker,
        pools: &BTreeMap<Epoch, MinerPool>,
        params: &ComputeParams,
        now: (Height, Timestamp),
        show: Show<'_>,
    ) -> Self {
        let KnownWorker { address, record, beats, devices, credits } = known;
        let standing = standing(&record.counters, beats.as_ref(), now.1);
        let claims: Vec<(ClaimView, Amount)> = credits
            .iter()
            .filter_map(|credit| {
                let pool = pools.get(&credit.epoch)?;
                Some(claim(credit.epoch, credit.weight, pool, show))
            })
            .collect();
        let claimable = claims.iter().map(|(_, part)| part.units()).fold(0, u128::saturating_add);
        let claimable = Amount::new(claimable);
        let leaves = matches!(record.state, WorkerState::Leaving | WorkerState::Banned);
        Self {
            height: now.0.get(),
            address: address.to_string(),
            state: record.state.name().to_owned(),
            endpoint: record.endpoint.to_string(),
            stake: record.stake.to_string(),
            stake_display: show.amount(record.stake),
            plant: hex_of(&record.plant),
            registered: record.registered.get(),
            tasks: record.tasks.iter().copied().collect(),
            strikes: record.strikes,
            max_strikes: params.max_strikes,
            unbonds: leaves.then(|| record.unbonds.into()),
            heard: beats.as_ref().and_then(|beats| beats.last).map(Timestamp::get),
            version: beats.as_ref().map(|beats| beats.version.to_string()).unwrap_or_default(),
            success: standing.success.get(),
            timeliness: standing.timeliness.get(),
            uptime: standing.uptime.get(),
            reputation: standing.reputation.get(),
            weight: standing.weight().get(),
            counters: record.counters.into(),
            devices: devices
                .iter()
                .map(|device| DeviceView::new(device, record, params, now))
                .collect(),
            claims: claims.into_iter().map(|(view, _)| view).collect(),
            claimable: claimable.to_string(),
            claimable_display: show.amount(claimable),
        }
    }
}

/// What a worker earned in an epoch, and what of it can be claimed now: nothing while the epoch runs.
fn claim(epoch: Epoch, weight: Amount, pool: &MinerPool, show: Show<'_>) -> (ClaimView, Amount) {
    // A pool is released when its epoch is over; without money nobody can tell, and nothing is lost.
    let released = !pool.pool.is_zero();
    let part = released.then(|| part_of(pool, weight));
    let view = ClaimView {
        epoch: epoch.get(),
        weight: weight.to_string(),
        total: pool.total.to_string(),
        reward: part.map(|part| Money::new(part, show)),
    };
    (view, part.unwrap_or(Amount::ZERO))
}

/// `pool * weight / total`, rounded down, as the chain pays it.
pub(crate) fn part_of(pool: &MinerPool, weight: Amount) -> Amount {
    let (of, by) = (pool.pool.units(), pool.total.units());
    althing_types::amount::mul_div(of, weight.units(), by).map_or(Amount::ZERO, Amount::new)
}

/// A page of workers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkerPage {
    /// The height this was read at.
    pub height: u64,
    /// Workers in the order of their accounts' bytes.
    pub workers: Vec<WorkerView>,
    /// `after` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// How a device was scored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReadingView {
    /// The number of the device.
    pub device: u8,
    /// When.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
    /// `cpu` or `gpu`; absent if the device was removed then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What each level gave.
    pub points: PointsView,
    /// All points, 0 to 100.
    pub score: u8,
    /// What it computed by its last benchmark, in milli-TFLOPS; 0 without one.
    pub performance: u64,
    /// What its work counts, in parts per million.
    pub tier: u32,
    /// Whether it computed much more or less than the last time.
    pub flagged: bool,
}

impl From<&DeviceReading> for ReadingView {
    fn from(of: &DeviceReading) -> Self {
        Self {
            device: of.device,
            height: of.height.get(),
            time_ms: of.time.get(),
            kind: of.kind.map(|kind| kind.name().to_owned()),
            points: of.points.into(),
            score: of.points.score(),
            performance: of.performance,
            tier: of.tier.get(),
            flagged: of.flagged,
        }
    }
}

/// How the devices of a worker were scored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReadingList {
    /// The worker.
    pub worker: String,
    /// Newest first.
    pub readings: Vec<ReadingView>,
}
