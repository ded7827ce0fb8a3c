//! The routes.

use super::{
    ServeConfig,
    guard::{Limiter, ServeError},
    stream::{self, Range},
};
use crate::{
    content::Matrices,
    job::JobKey,
    results::Results,
    wire::{self, MAX_LINES},
};
use althing_compute::Side;
use althing_types::{Hash, hash};
use axum::{
    Json, Router,
    extract::{ConnectInfo, DefaultBodyLimit, Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;

/// No request has a body, and none is read.
const MOST_BODY: usize = 1_024;

/// Matrices of requesters that are shown on, by task.
#[derive(Debug, Default)]
pub struct Contents(Mutex<BTreeMap<u64, Matrices>>);

impl Contents {
    /// Shows matrices for a task.
    pub fn insert(&self, task: u64, matrices: Matrices) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(task, matrices);
    }

    /// The matrices of a task.
    pub fn get(&self, task: u64) -> Option<Matrices> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.get(&task).cloned()
    }

    /// Shows them no more.
    pub fn remove(&self, task: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&task);
    }

    fn find(&self, root: &Hash) -> Option<(Matrices, Side)> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.values().find_map(|matrices| Some((matrices.clone(), matrices.side(root)?)))
    }
}

struct App {
    results: Arc<Results>,
    contents: Arc<Contents>,
    limiter: Limiter,
    requests: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    timeout: Duration,
    stream_time: Duration,
}

/// The routes over these results and matrices.
pub fn router(results: Arc<Results>, contents: Arc<Contents>, config: &ServeConfig) -> Router {
    let semaphore = |permits: u32| Arc::new(Semaphore::new(permits.max(1) as usize));
    let app = App {
        results,
        contents,
        limiter: Limiter::new(config),
        requests: semaphore(config.concurrency),
        streams: semaphore(config.streams),
        timeout: Duration::from_secs(config.timeout_seconds.max(1).into()),
        stream_time: Duration::from_secs(config.stream_seconds.max(1).into()),
    };
    Router::new()
        .route("/v1/rows", get(rows))
        .route("/v1/result/{task}", get(result))
        .route("/v1/lines/{root}", get(lines))
        .route("/v1/health", get(async || Json(serde_json::json!({ "status": "ok" }))))
        .fallback(async || ServeError::NotFound("there is no such route".to_owned()))
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .with_state(Arc::new(app))
}

impl App {
    /// Does blocking work within the limits of time and number.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ServeError> + Send + 'static,
    ) -> Result<T, ServeError> {
        let permit = Arc::clone(&self.requests).acquire_owned();
        let permit = tokio::time::timeout(self.timeout, permit).await;
        let Ok(Ok(permit)) = permit else { return Err(ServeError::Busy) };
        // The permit goes with the work: what nobody waits for any more still counts.
        let work = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        match tokio::time::timeout(self.timeout, work).await {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => Err(ServeError::Broken(error.to_string())),
            Err(_) => Err(ServeError::Slow),
        }
    }
}

fn binary(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
}

/// What went wrong with the query, in the form of every other refusal.
fn query<T>(
    query: Result<Query<T>, axum::extract::rejection::QueryRejection>,
) -> Result<T, ServeError> {
    query.map(|Query(value)| value).map_err(|error| ServeError::BadRequest(error.body_text()))
}

type Address = ConnectInfo<SocketAddr>;
type Asked<T> = Result<Query<T>, axum::extract::rejection::QueryRejection>;

fn ip(ConnectInfo(address): Address) -> IpAddr {
    address.ip()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowsQuery {
    task: u64,
    attempt: u32,
    rows: Option<String>,
    product: Option<u32>,
    row: Option<u32>,
}

impl RowsQuery {
    fn rows(&self) -> Result<Vec<althing_compute::Row>, ServeError> {
        match (&self.rows, self.product, self.row) {
            (Some(list), None, None) => {
                wire::parse_rows(list).map_err(|error| ServeError::BadRequest(error.to_string()))
            }
            (None, Some(product), Some(row)) => Ok(vec![(product, row)]),
            _ => Err(ServeError::BadRequest(
                "name rows=0-5,0-17 or product=0&row=5, not both".to_owned(),
            )),
        }
    }
}

async fn rows(
    State(app): State<Arc<App>>,
    address: Address,
    asked: Asked<RowsQuery>,
) -> Result<Response, ServeError> {
    let asked = query(asked)?;
    let rows = asked.rows()?;
    app.limiter.check(ip(address), rows.len())?;
    let (key, results) = (JobKey { task: asked.task, attempt: asked.attempt }, app.results.clone());
    let read = move || {
        let mut bytes = Vec::new();
        for (product, row) in rows {
            let opening = results.open(key, product, row)?;
            wire::write_part(&mut bytes, &opening.to_bytes());
        }
        Ok(bytes)
    };
    app.work(read).await.map(binary)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResultQuery {
    attempt: Option<u32>,
    product: Option<u32>,
}

async fn result(
    State(app): State<Arc<App>>,
    address: Address,
    task: Result<Path<u64>, axum::extract::rejection::PathRejection>,
    asked: Asked<ResultQuery>,
) -> Result<Response, ServeError> {
    let asked = query(asked)?;
    let Path(task) = task.map_err(|error| ServeError::BadRequest(error.body_text()))?;
    let unknown = || ServeError::NotFound(format!("there is no committed result of task {task}"));
    let key = match asked.attempt {
        Some(attempt) => JobKey { task, attempt },
        None => app.results.latest(task).ok_or_else(unknown)?,
    };
    let batch = app.results.stored(key)?.batch;
    let m = u64::from(batch.shape.m());
    let range = match asked.product {
        Some(product) if product < batch.products() => {
            Range { first: u64::from(product) * m, count: m }
        }
        Some(product) => {
            return Err(ServeError::NotFound(format!("{key} has no product {product}")));
        }
        None => Range { first: 0, count: batch.rows() },
    };
    app.limiter.check(ip(address), usize::try_from(range.count).unwrap_or(usize::MAX))?;
    let permit = Arc::clone(&app.streams).try_acquire_owned().map_err(|_| ServeError::Busy)?;
    let length = range.count * batch.shape.row_bytes() as u64;
    let body = stream::rows(app.results.clone(), key, (batch, range), app.stream_time, permit);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
    ];
    Ok((headers, body).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinesQuery {
    first: Option<u64>,
    count: Option<u32>,
    lines: Option<String>,
}

impl LinesQuery {
    fn indices(&self) -> Result<Vec<u64>, ServeError> {
        let bad = || {
            let message = "name lines=5,17 (at most 64) or first=0&count=64 (at most 256)";
            ServeError::BadRequest(message.to_owned())
        };
        match (&self.lines, self.first, self.count) {
            (Some(list), None, None) if list.len() <= wire::MAX_ROWS * 20 => {
                let indices: Result<Vec<u64>, _> = list.split(',').map(str::parse).collect();
                indices.ok().filter(|all| all.len() <= wire::MAX_ROWS).ok_or_else(bad)
            }
            (None, Some(first), Some(count @ 1..=MAX_LINES)) => {
                Ok((first..first.saturating_add(count.into())).collect())
            }
            _ => Err(bad()),
        }
    }
}

async fn lines(
    State(app): State<Arc<App>>,
    address: Address,
    Path(root): Path<String>,
    asked: Asked<LinesQuery>,
) -> Result<Response, ServeError> {
    let indices = query(asked)?.indices()?;
    app.limiter.check(ip(address), indices.len())?;
    let bad = || ServeError::BadRequest("a root has 64 hex characters".to_owned());
    let root = hash::parse(&root).ok_or_else(bad)?;
    let unknown = || ServeError::NotFound("there is no such operand here".to_owned());
    let (matrices, side) = app.contents.find(&root).ok_or_else(unknown)?;
    let read = move || {
        let mut bytes = Vec::new();
        for index in indices {
            let missing = || ServeError::NotFound(format!("the operand has no line {index}"));
            let (entries, path) = matrices.line(side, index).ok_or_else(missing)?;
            wire::write_part(&mut bytes, &wire::line_bytes(&entries, &path));
        }
        Ok(bytes)
    };
    app.work(read).await.map(binary)
}
