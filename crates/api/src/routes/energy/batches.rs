//! Batches of readings.

use super::{BeforePage, cut, index};
use crate::{
    backend::{BatchQuery, BatchRow},
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    records::Records,
    routes::validators::no_index,
    state::App,
    views::{BatchPage, BatchView, KnownBatch},
};
use althing_ledger::energy::{Batch, OracleSet, query as energy};
use althing_types::Address;
use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};
use utoipa::IntoParams;

/// Most batches with all their readings in one answer.
const MAX_WHOLE: usize = 32;

fn record(records: &Records, number: u64) -> Option<Batch> {
    records.get(energy::batch_key(number), energy::decode_batch)
}

/// Batches of the index as a page, with what the state says of those that are not over.
async fn page(app: &App, filter: BatchQuery, limit: Option<usize>) -> Result<BatchPage, ApiError> {
    let limit = parse::limit(limit, &app.config)?;
    let found = index(app)?.batches(filter, limit + 1).await;
    let mut batches = found.ok_or_else(no_index)?;
    let more = cut(&mut batches, limit);
    let open = batches.iter().filter(|batch| batch.closed.is_none());
    let records = app.read(open.map(|batch| energy::batch_key(batch.number)).collect()).await?;
    let view = |batch: &BatchRow| {
        let record = record(&records, batch.number);
        let (number, record) = (batch.number, record.as_ref());
        BatchView::new(&KnownBatch { number, record, history: Some(batch) })
    };
    Ok(BatchPage {
        height: records.height.get(),
        batches: batches.iter().filter_map(view).collect(),
        next: batches.last().filter(|_| more).map(|last| last.number),
    })
}

/// Batches of a provider, newest first
#[utoipa::path(get, path = "/v1/energy/providers/{address}/batches", tag = "energy",
    params(("address" = String, Path, description = "Its account"), BeforePage),
    responses((status = 200, description = "A page of them", body = BatchPage)))]
pub(in crate::routes) async fn batches(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
    UrlQuery(query): UrlQuery<BeforePage>,
) -> Result<Json<BatchPage>, ApiError> {
    let provider = Some(parse::address(&address)?);
    let filter = BatchQuery { open: None, provider, before: query.before };
    page(&app, filter, query.limit).await.map(Json)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct BatchesQuery {
    /// Only those that are not over (`open`), or that are (`closed`).
    state: Option<String>,
    /// Only those of this provider.
    provider: Option<String>,
    /// `next` of the page before: only those with a lower number.
    before: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// Batches of readings, newest first
#[utoipa::path(get, path = "/v1/energy/batches", tag = "energy", params(BatchesQuery),
    responses((status = 200, description = "A page of them", body = BatchPage)))]
pub(in crate::routes) async fn list(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<BatchesQuery>,
) -> Result<Json<BatchPage>, ApiError> {
    let open = match query.state.as_deref() {
        None => None,
        Some("open") => Some(true),
        Some("closed") => Some(false),
        Some(_) => {
            let message = "There is no such state: give open or closed.";
            return Err(ApiError::parameter("state", message));
        }
    };
    let provider = super::account(&query.provider)?;
    let filter = BatchQuery { open, provider, before: query.before };
    page(&app, filter, query.limit).await.map(Json)
}

/// A batch, with its readings and what oracles found
///
/// Also one that is over: then it comes from the index.
#[utoipa::path(get, path = "/v1/energy/batches/{number}", tag = "energy",
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The batch", body = BatchView)))]
pub(in crate::routes) async fn one(
    State(app): State<Arc<App>>,
    UrlPath(number): UrlPath<u64>,
) -> Result<Json<BatchView>, ApiError> {
    let records = app.read(vec![energy::batch_key(number)]).await?;
    let record = record(&records, number);
    let (mut history, mut readings, mut reports) = (None, Vec::new(), Vec::new());
    if let Some(index) = app.backend.energy() {
        history = index.batch(number).await.flatten();
        readings = index.batch_readings(number).await.unwrap_or_default();
        reports = index.batch_reports(number).await.unwrap_or_default();
    }
    let known = KnownBatch { number, record: record.as_ref(), history: history.as_ref() };
    let view = BatchView::new(&known).ok_or_else(|| {
        let message =
            format!("There is no batch {number}; a node without an index forgets those over.");
        ApiError::new(ErrorCode::BatchNotFound, message).detail(json!({ "batch": number }))
    })?;
    let set = match &record {
        Some(record) => Some(set_of(&app, record.oracles).await?),
        None => None,
    };
    let chain = &app.backend.info().genesis.chain_id;
    let view = view.with_readings(record.as_ref(), &readings, chain);
    Ok(Json(view.with_reports(record.as_ref().zip(set.as_ref()), &reports)))
}

async fn set_of(app: &App, version: u32) -> Result<OracleSet, ApiError> {
    let key = energy::oracle_set_key(version);
    let set = app.read(vec![key]).await?.get(key, energy::decode_oracle_set);
    Ok(set.unwrap_or_default())
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct UndecidedQuery {
    /// Those about which this oracle can report and has not, also decided ones that are not over.
    oracle: Option<String>,
    /// `next` of the page before: only those with a higher number.
    after: Option<u64>,
    /// Entries wanted, at most 32.
    limit: Option<usize>,
}

/// Batches with undecided readings, oldest first, with all their readings
///
/// What an oracle has to look at: a report that comes when others have decided counts as late, and one
/// that has not come when the batch is over as absent.
#[utoipa::path(get, path = "/v1/energy/undecided", tag = "energy", params(UndecidedQuery),
    responses((status = 200, description = "A page of them", body = BatchPage)))]
pub(in crate::routes) async fn undecided(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<UndecidedQuery>,
) -> Result<Json<BatchPage>, ApiError> {
    let limit = parse::limit(query.limit, &app.config)?.min(MAX_WHOLE);
    let (oracle, index) = (super::account(&query.oracle)?, index(&app)?);
    let found = index.undecided(oracle, query.after, limit + 1).await;
    let mut batches = found.ok_or_else(no_index)?;
    let more = cut(&mut batches, limit);
    let keys = batches.iter().map(|batch| energy::batch_key(batch.number));
    let records = app.read(keys.collect()).await?;
    let open: Vec<(u64, Batch)> = batches
        .iter()
        .filter_map(|batch| Some((batch.number, record(&records, batch.number)?)))
        .filter(|(_, batch)| oracle.is_some() || batch.undecided != 0)
        .collect();
    let versions: BTreeSet<u32> = open.iter().map(|(_, batch)| batch.oracles).collect();
    let sets = app.read(versions.into_iter().map(energy::oracle_set_key).collect()).await?;
    let chain = &app.backend.info().genesis.chain_id;
    let mut views = Vec::with_capacity(open.len());
    for (number, batch) in &open {
        let set = sets.get(energy::oracle_set_key(batch.oracles), energy::decode_oracle_set);
        if oracle.is_some_and(|oracle| !awaits(batch, &set.unwrap_or_default(), oracle)) {
            continue;
        }
        let rows = index.batch_readings(*number).await.unwrap_or_default();
        let known = KnownBatch { number: *number, record: Some(batch), history: None };
        let view = BatchView::new(&known);
        views.extend(view.map(|view| view.with_readings(Some(batch), &rows, chain)));
    }
    Ok(Json(BatchPage {
        height: records.height.get(),
        batches: views,
        next: batches.last().filter(|_| more).map(|last| last.number),
    }))
}

/// Whether an oracle can report about a batch, and has not.
fn awaits(batch: &Batch, set: &OracleSet, oracle: Address) -> bool {
    let place = set.iter().position(|entry| entry.oracle == oracle);
    place
        .is_some_and(|place| batch.reports.iter().all(|report| usize::from(report.oracle) != place))
}
