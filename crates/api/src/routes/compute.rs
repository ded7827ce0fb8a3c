//! Compute: tasks, prices, whitelists, what is being checked, randomness.

use super::validators::no_index;
use crate::{
    backend::TaskQuery,
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    records::Records,
    state::App,
    views::{
        AwaitingView, ComputeSummary, DriverList, KnownTask, ModelList, PriceList, Sums,
        TaskEventList, TaskEventView, TaskPage, TaskRowView, TaskView, VerifyingList, WorkGas,
        hex_of,
    },
};
use althing_ledger::{
    compute::{Task, query as compute},
    query,
};
use althing_types::Address;
use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use std::{str::FromStr, sync::Arc};
use utoipa::IntoParams;

/// Bytes of a typical transaction that takes work or commits to one result.
const WORK_BYTES: u64 = 256;

/// A name of the chain in a query.
pub(super) fn name<T: FromStr>(parameter: &str, text: Option<&str>) -> Result<Option<T>, ApiError>
where
    T::Err: std::fmt::Display,
{
    text.map(str::parse).transpose().map_err(|error: T::Err| {
        ApiError::parameter(parameter, format!("There is no such {parameter}: {error}."))
    })
}

/// Compute as a whole
#[utoipa::path(get, path = "/v1/compute/summary", tag = "compute",
    responses((status = 200, description = "Sums over all workers and tasks",
        body = ComputeSummary)))]
pub(super) async fn summary(State(app): State<Arc<App>>) -> Result<Json<ComputeSummary>, ApiError> {
    let (own, miners) = (Address::of_module("compute"), Address::of_module("miners"));
    let epoch = app.backend.status().epoch;
    let pool = compute::pool_key(epoch);
    let keys = vec![
        query::params_key(),
        compute::compute_key(),
        compute::verifying_key(),
        query::account_key(own),
        query::account_key(miners),
        pool,
    ];
    let records = app.read(keys).await?;
    let verifying = records.get(compute::verifying_key(), compute::decode_verifying);
    let sums = Sums {
        height: records.height,
        epoch,
        compute: records.get(compute::compute_key(), compute::decode_compute).unwrap_or_default(),
        verifying: verifying.map_or(0, |list| list.len()),
        balance: records.balance(own),
        pool: records.balance(miners),
        running: records.get(pool, compute::decode_pool).unwrap_or_default(),
        counts: app.backend.task_counts().await,
    };
    Ok(Json(ComputeSummary::new(sums, &records.params(&app).compute, app.show())))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TasksQuery {
    /// Only those in this state: `open`, `assigned`, `committed`, `challenged`, `accepted`,
    /// `disproved`, `settled`, `failed` or `cancelled`.
    state: Option<String>,
    /// Only those with this purpose: `paid`, `network` or `benchmark`.
    purpose: Option<String>,
    /// Only those that this account pays for.
    requester: Option<String>,
    /// Only those that this worker has, or had.
    worker: Option<String>,
    /// Only those with a lower number.
    before: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// Tasks, newest first
#[utoipa::path(get, path = "/v1/compute/tasks", tag = "compute", params(TasksQuery),
    responses((status = 200, description = "A page of them", body = TaskPage)))]
pub(super) async fn tasks(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<TasksQuery>,
) -> Result<Json<TaskPage>, ApiError> {
    let limit = parse::limit(query.limit, &app.config)?;
    let account = |text: &Option<String>| text.as_deref().map(parse::address).transpose();
    let wanted = TaskQuery {
        state: name("state", query.state.as_deref())?,
        purpose: name("purpose", query.purpose.as_deref())?,
        requester: account(&query.requester)?,
        worker: account(&query.worker)?,
        before: query.before,
    };
    let found = app.backend.tasks(wanted, limit + 1).await;
    let mut found = found.ok_or_else(no_index)?;
    let more = found.len() > limit;
    found.truncate(limit);
    Ok(Json(TaskPage {
        next: found.last().map(|last| last.number).filter(|_| more),
        tasks: found.iter().map(|task| TaskRowView::of_history(task, app.show())).collect(),
    }))
}

fn unknown(number: u64) -> ApiError {
    let message = format!("There is no task {number}; a node without an index forgets old ones.");
    ApiError::new(ErrorCode::TaskNotFound, message).detail(json!({ "task": number }))
}

/// The seed of the matrices of the present attempt, once it is drawn.
async fn seed(app: &App, number: u64, task: &Task) -> Result<Option<String>, ApiError> {
    if let Some(result) = &task.result {
        return Ok(Some(hex_of(&result.seed)));
    }
    let Some(assignment) = task.assignment else { return Ok(None) };
    let Some(mark) = app.randomness(assignment.seed_height).await? else { return Ok(None) };
    let device = assignment.device;
    let attempt = compute::Attempt { task: number, attempt: task.attempt, device };
    let genesis = app.backend.info().genesis_hash;
    Ok(Some(hex_of(&compute::operand_seed(&genesis, &attempt, &mark.value))))
}

/// A task
///
/// With the seed of its matrices as soon as that is drawn, its committee and what each member found,
/// when it came where, and how far it is in a sentence.
#[utoipa::path(get, path = "/v1/compute/tasks/{number}", tag = "compute",
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The task", body = TaskView)))]
pub(super) async fn task(
    State(app): State<Arc<App>>,
    UrlPath(number): UrlPath<u64>,
) -> Result<Json<TaskView>, ApiError> {
    let key = compute::task_key(number);
    let records = app.read(vec![query::params_key(), key]).await?;
    let record = records.get(key, compute::decode_task);
    let history = app.backend.task(number).await.flatten();
    if record.is_none() && history.is_none() {
        return Err(unknown(number));
    }
    let seed = match &record {
        Some(record) => seed(&app, number, record).await?,
        None => None,
    };
    let known = KnownTask {
        number,
        record: record.as_ref(),
        history: history.as_ref(),
        seed,
        verdicts: app.backend.verdicts(number).await,
        settlement: app.backend.settlement(number).await.flatten(),
    };
    let params = records.params(&app).compute;
    let names = app.names().await;
    let view = TaskView::new(records.height, known, &params, &names, app.show());
    view.map(Json).ok_or_else(|| unknown(number))
}

/// What happened to a task, oldest first
#[utoipa::path(get, path = "/v1/compute/tasks/{number}/events", tag = "compute",
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "Every step, and every verdict", body = TaskEventList)))]
pub(super) async fn events(
    State(app): State<Arc<App>>,
    UrlPath(number): UrlPath<u64>,
) -> Result<Json<TaskEventList>, ApiError> {
    let happened = app.backend.task_events(number).await.ok_or_else(no_index)?;
    if happened.is_empty() {
        return Err(unknown(number));
    }
    let events = happened.iter().map(|event| TaskEventView::new(event, app.show())).collect();
    Ok(Json(TaskEventList { number, events }))
}

async fn params(app: &App) -> Result<(Records, althing_types::params::ComputeParams), ApiError> {
    let records = app.read(vec![query::params_key()]).await?;
    let params = records.params(app).compute;
    Ok((records, params))
}

/// The shapes that the chain prices, with their work, time and gas
#[utoipa::path(get, path = "/v1/compute/prices", tag = "compute",
    responses((status = 200, description = "The shapes that earn credit", body = PriceList)))]
pub(super) async fn prices(State(app): State<Arc<App>>) -> Result<Json<PriceList>, ApiError> {
    let (records, params) = params(&app).await?;
    let gas = |message: &str| {
        let rule = app.config.rules.gas.iter().find(|rule| rule.message_type == message);
        rule.map(|rule| rule.gas(WORK_BYTES).get())
    };
    let gas = WorkGas { take: gas("take-work"), commit: gas("commit-results") };
    Ok(Json(PriceList::new(records.height, &params, gas)))
}

/// The models of graphics processors that governance knows
#[utoipa::path(get, path = "/v1/compute/models", tag = "compute",
    responses((status = 200, description = "The whitelist", body = ModelList)))]
pub(super) async fn models(State(app): State<Arc<App>>) -> Result<Json<ModelList>, ApiError> {
    let key = compute::models_key();
    let records = app.read(vec![key]).await?;
    let models = records.get(key, compute::decode_models).unwrap_or_default();
    Ok(Json(ModelList::new(records.height, &models)))
}

/// The drivers that governance knows
#[utoipa::path(get, path = "/v1/compute/drivers", tag = "compute",
    responses((status = 200, description = "The whitelist", body = DriverList)))]
pub(super) async fn drivers(State(app): State<Arc<App>>) -> Result<Json<DriverList>, ApiError> {
    let key = compute::drivers_key();
    let records = app.read(vec![key]).await?;
    let drivers = records.get(key, compute::decode_drivers).unwrap_or_default();
    Ok(Json(DriverList::new(records.height, &drivers)))
}

/// Results that await votes, oldest first
#[utoipa::path(get, path = "/v1/compute/verifying", tag = "compute",
    responses((status = 200, description = "The results", body = VerifyingList)))]
pub(super) async fn verifying(
    State(app): State<Arc<App>>,
) -> Result<Json<VerifyingList>, ApiError> {
    let key = compute::verifying_key();
    let list = app.read(vec![key]).await?.get(key, compute::decode_verifying);
    let list = list.unwrap_or_default();
    let keys = list.iter().map(|awaiting| compute::task_key(awaiting.task));
    let records = app.read(keys.chain([query::params_key()]).collect()).await?;
    let params = records.params(&app).compute;
    let view = |awaiting: &althing_ledger::compute::Awaiting| {
        let task = records.get(compute::task_key(awaiting.task), compute::decode_task)?;
        Some(AwaitingView::new(awaiting, &task))
    };
    Ok(Json(VerifyingList {
        height: records.height.get(),
        max_verifying: params.max_verifying,
        vote_blocks: params.vote_window.blocks,
        vote_ms: params.vote_window.ms,
        results: list.iter().filter_map(view).collect(),
    }))
}
