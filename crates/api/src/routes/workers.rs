//! Workers, their devices, what they earn, and validators as those who check them.

use super::{compute::name, device_reports, validators::no_index};
use crate::{
    backend::{SettlementRow, WorkerQuery},
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    state::App,
    views::{
        AttemptPage, AttemptView, CheckerList, CheckerView, CreditView, KnownDevice, KnownWorker,
        Money, ReadingList, ReadingView, WeightPage, WorkerPage, WorkerView, WorkerWeightView,
        part_of,
    },
};
use althing_ledger::{
    compute::{Credits, MinerPool, query as compute},
    query,
};
use althing_types::{
    Address, Amount, Epoch, Timestamp, compute::DeviceId, limits::MAX_DEVICES,
    params::ComputeParams,
};
use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use utoipa::IntoParams;

/// Scores of devices that are told.
const MAX_READINGS: usize = 200;

/// The records of workers, in the order of the accounts; those that never were one are left out. The
/// pools of all epochs that they can claim of come with them.
async fn known(
    app: &App,
    accounts: &[Address],
) -> Result<(althing_types::Height, Vec<KnownWorker>, Pools, ComputeParams), ApiError> {
    let keys = accounts.iter().flat_map(|account| {
        let account = *account;
        [compute::worker_key(account), compute::beats_key(account), compute::credits_key(account)]
    });
    let records = app.read(keys.chain([query::params_key()]).collect()).await?;
    let mut workers = Vec::with_capacity(accounts.len());
    for address in accounts.iter().copied() {
        let record = records.get(compute::worker_key(address), compute::decode_worker);
        let Some(record) = record else { continue };
        let credits = records.get(compute::credits_key(address), compute::decode_credits);
        workers.push(KnownWorker {
            address,
            record,
            beats: records.get(compute::beats_key(address), compute::decode_beats),
            devices: Vec::new(),
            credits: credits.unwrap_or_default(),
        });
    }
    let ids = |worker: &KnownWorker| {
        let (worker, devices) = (worker.address, worker.record.devices);
        let has = move |number: &u8| devices >> number & 1 == 1;
        (0..MAX_DEVICES).filter(has).map(move |device| DeviceId { worker, device })
    };
    let epochs: BTreeSet<Epoch> = workers
        .iter()
        .flat_map(|worker| worker.credits.iter().map(|credit| credit.epoch))
        .collect();
    let of_device = |id| [compute::device_key(id), compute::report_key(id)];
    let devices = workers.iter().flat_map(ids).flat_map(of_device);
    let keys = devices.chain(epochs.iter().copied().map(compute::pool_key)).collect();
    let more = app.read(keys).await?;
    for worker in &mut workers {
        let device = |id: DeviceId| {
            let record = more.get(compute::device_key(id), compute::decode_device)?;
            let report = more.get(compute::report_key(id), compute::decode_report);
            Some(KnownDevice { number: id.device, record, report, doubt: None })
        };
        worker.devices = ids(worker).filter_map(device).collect();
    }
    let devices = workers.iter_mut().flat_map(|worker| {
        let address = worker.address;
        worker.devices.iter_mut().map(move |device| (address, device))
    });
    device_reports::compare(app, devices.collect()).await?;
    let pools = epochs.into_iter().filter_map(|epoch| {
        Some((epoch, more.get(compute::pool_key(epoch), compute::decode_pool)?))
    });
    let pools = pools.collect();
    Ok((more.height.max(records.height), workers, pools, records.params(app).compute))
}

type Pools = BTreeMap<Epoch, MinerPool>;

fn block_time(app: &App) -> Timestamp {
    Timestamp::new(app.backend.status().block_time_ms)
}

fn unknown(address: Address) -> ApiError {
    let message = "This account is no worker and never was one.";
    ApiError::new(ErrorCode::WorkerNotFound, message)
        .detail(json!({ "worker": address.to_string() }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WorkersQuery {
    /// Only those in this state: `active`, `paused`, `leaving`, `banned` or `left`.
    state: Option<String>,
    /// `next` of the page before: only those behind this account.
    after: Option<String>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// Workers, in the order of their accounts' bytes
#[utoipa::path(get, path = "/v1/compute/workers", tag = "compute", params(WorkersQuery),
    responses((status = 200, description = "A page of them", body = WorkerPage)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    UrlQuery(page): UrlQuery<WorkersQuery>,
) -> Result<Json<WorkerPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let filter = WorkerQuery {
        state: name("state", page.state.as_deref())?,
        after: page.after.as_deref().map(parse::address).transpose()?,
    };
    let found = app.backend.workers(filter, limit + 1).await;
    let mut accounts = found.ok_or_else(no_index)?;
    let more = accounts.len() > limit;
    accounts.truncate(limit);
    let (height, workers, pools, params) = known(&app, &accounts).await?;
    let now = (height, block_time(&app));
    let view = |worker: &KnownWorker| WorkerView::new(worker, &pools, &params, now, app.show());
    Ok(Json(WorkerPage {
        height: height.get(),
        workers: workers.iter().map(view).collect(),
        next: accounts.last().filter(|_| more).map(|last| last.to_string()),
    }))
}

/// A worker
///
/// Its devices with what each level of their attestations gave and what is missing, what became of the
/// reports that they signed themselves, its reputation with all factors, what it has done, and what it
/// can claim.
#[utoipa::path(get, path = "/v1/compute/workers/{address}", tag = "compute",
    params(("address" = String, Path, description = "Its account")),
    responses((status = 200, description = "The worker", body = WorkerView)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
) -> Result<Json<WorkerView>, ApiError> {
    let address = parse::address(&address)?;
    let (height, mut workers, pools, params) = known(&app, &[address]).await?;
    let worker = workers.first_mut().ok_or_else(|| unknown(address))?;
    device_reports::explain(&app, address, &mut worker.devices).await?;
    let now = (height, block_time(&app));
    Ok(Json(WorkerView::new(worker, &pools, &params, now, app.show())))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AttemptsQuery {
    /// Only tasks with a lower number.
    before: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// Tasks that a worker has, or had, newest first, with what became of each attempt
#[utoipa::path(get, path = "/v1/compute/workers/{address}/tasks", tag = "compute",
    params(("address" = String, Path, description = "Its account"), AttemptsQuery),
    responses((status = 200, description = "A page of them", body = AttemptPage)))]
pub(super) async fn tasks(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
    UrlQuery(page): UrlQuery<AttemptsQuery>,
) -> Result<Json<AttemptPage>, ApiError> {
    let (address, limit) = (parse::address(&address)?, parse::limit(page.limit, &app.config)?);
    // Attempts of one worker at one task share a number: a page ends between two numbers.
    let found = app.backend.attempts(address, page.before, limit + 1).await;
    let mut attempts = found.ok_or_else(no_index)?;
    let mut next = None;
    if attempts.len() > limit {
        let cut = attempts.last().map(|attempt| attempt.task.number);
        // All of one task stay together, also where they alone are more than a page.
        if attempts.iter().any(|attempt| Some(attempt.task.number) != cut) {
            attempts.retain(|attempt| Some(attempt.task.number) != cut);
        }
        next = attempts.last().map(|attempt| attempt.task.number);
    }
    let tasks = attempts.iter().map(|attempt| AttemptView::new(attempt, app.show())).collect();
    Ok(Json(AttemptPage { tasks, next }))
}

/// How the devices of a worker were scored, newest first
#[utoipa::path(get, path = "/v1/compute/workers/{address}/readings", tag = "compute",
    params(("address" = String, Path, description = "Its account")),
    responses((status = 200, description = "Every attestation and benchmark", body = ReadingList)))]
pub(super) async fn readings(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
) -> Result<Json<ReadingList>, ApiError> {
    let address = parse::address(&address)?;
    let found = app.backend.device_readings(address, MAX_READINGS).await.ok_or_else(no_index)?;
    let readings = found.iter().map(ReadingView::from).collect();
    Ok(Json(ReadingList { worker: address.to_string(), readings }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WeightsQuery {
    /// `next` of the page before: only credits of tasks with a higher number.
    after: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// What a worker has in an epoch by the state: its weight, and its part of the pool.
fn weight_of(
    worker: Address,
    credits: Option<&Credits>,
    (epoch, pool): (Epoch, Option<&MinerPool>),
    money: impl Fn(Amount) -> Money,
) -> WorkerWeightView {
    let credit = credits.and_then(|all| all.iter().find(|credit| credit.epoch == epoch));
    let released = pool.filter(|pool| !pool.pool.is_zero());
    let part = credit.zip(released).map(|(credit, pool)| part_of(pool, credit.weight));
    WorkerWeightView {
        worker: worker.to_string(),
        weight: credit.map(|credit| credit.weight.to_string()),
        reward: part.map(money),
    }
}

/// Weights of an epoch, with every credit that they are made of
///
/// Each credit names the block whose receipts say the same: anybody can recompute all weights.
#[utoipa::path(get, path = "/v1/compute/weights/{epoch}", tag = "compute",
    params(("epoch" = u64, Path, description = "The epoch"), WeightsQuery),
    responses((status = 200, description = "A page of credits", body = WeightPage)))]
pub(super) async fn weights(
    State(app): State<Arc<App>>,
    UrlPath(epoch): UrlPath<u64>,
    UrlQuery(page): UrlQuery<WeightsQuery>,
) -> Result<Json<WeightPage>, ApiError> {
    let (epoch, limit) = (Epoch::new(epoch), parse::limit(page.limit, &app.config)?);
    let running = app.backend.status().epoch;
    if epoch > running {
        let message = format!("Epoch {epoch} has not begun; epoch {running} runs.");
        return Err(ApiError::new(ErrorCode::EpochNotFound, message)
            .detail(json!({ "epoch": epoch.get() })));
    }
    let found = app.backend.credited(epoch, page.after, limit + 1).await;
    let mut credits: Vec<SettlementRow> = found.ok_or_else(no_index)?;
    let more = credits.len() > limit;
    credits.truncate(limit);
    let accounts: BTreeSet<Address> = credits.iter().map(|credit| credit.worker).collect();
    let pool_key = compute::pool_key(epoch);
    let keys = accounts.iter().copied().map(compute::credits_key).chain([pool_key]);
    let records = app.read(keys.collect()).await?;
    let pool = records.get(pool_key, compute::decode_pool);
    let money = |amount| Money::new(amount, app.show());
    let workers = accounts.into_iter().map(|worker| {
        let all = records.get(compute::credits_key(worker), compute::decode_credits);
        weight_of(worker, all.as_ref(), (epoch, pool.as_ref()), money)
    });
    let over = epoch < running;
    Ok(Json(WeightPage {
        height: records.height.get(),
        epoch: epoch.get(),
        over,
        total: pool.map(|pool| pool.total.to_string()),
        pool: pool.filter(|_| over).map(|pool| money(pool.pool)),
        left: pool.filter(|_| over).map(|pool| money(pool.left)),
        workers: workers.collect(),
        next: credits.last().map(|last| last.task).filter(|_| more),
        credits: credits.iter().filter_map(CreditView::new).collect(),
    }))
}

/// How validators have checked results
#[utoipa::path(get, path = "/v1/compute/checkers", tag = "compute",
    responses((status = 200, description = "The validators", body = CheckerList)))]
pub(super) async fn checkers(State(app): State<Arc<App>>) -> Result<Json<CheckerList>, ApiError> {
    let list = app.backend.validator_list().await;
    let keys = list.iter().map(|validator| compute::checker_key(validator.key)).collect();
    let (records, names) = (app.read(keys).await?, app.names().await);
    let view = |validator: &crate::backend::ValidatorState| {
        let key = compute::checker_key(validator.key);
        let checker = records.get(key, compute::decode_checker)?;
        Some(CheckerView::new(&validator.key, &checker, &names))
    };
    let checkers = list.iter().filter_map(view).collect();
    Ok(Json(CheckerList { height: records.height.get(), checkers }))
}
