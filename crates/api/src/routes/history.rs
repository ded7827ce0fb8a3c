//! What happened so far, as the index of the node remembers it.

use super::validators::no_index;
use crate::{
    backend::HistoryTopic, error::ApiError, extract::UrlQuery, parse, state::App, views::FactPage,
};
use axum::{Json, extract::State};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FactsQuery {
    /// `next` of the page before.
    before: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

async fn page(
    app: &App,
    topic: HistoryTopic,
    query: &FactsQuery,
) -> Result<Json<FactPage>, ApiError> {
    let limit = parse::limit(query.limit, &app.config)?;
    let found = app.backend.facts(topic, query.before, limit + 1).await;
    let mut found = found.ok_or_else(no_index)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|fact| fact.number);
    Ok(Json(FactPage::new(&found, next, app.show())))
}

/// Approvals and uses of the safety override, emergencies, other rules of the override, and what became
/// of what they changed, newest first
#[utoipa::path(get, path = "/v1/safety/history", tag = "safety", params(FactsQuery),
    responses((status = 200, description = "A page of events", body = FactPage)))]
pub(super) async fn safety(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<FactsQuery>,
) -> Result<Json<FactPage>, ApiError> {
    page(&app, HistoryTopic::Safety, &query).await
}

/// What became of every upgrade, newest first
#[utoipa::path(get, path = "/v1/upgrade/history", tag = "upgrade", params(FactsQuery),
    responses((status = 200, description = "A page of events", body = FactPage)))]
pub(super) async fn upgrades(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<FactsQuery>,
) -> Result<Json<FactPage>, ApiError> {
    page(&app, HistoryTopic::Upgrade, &query).await
}

/// What became of every version of the configuration of the network, newest first
///
/// Which validator chose which version is not told.
#[utoipa::path(get, path = "/v1/network/history", tag = "network", params(FactsQuery),
    responses((status = 200, description = "A page of events", body = FactPage)))]
pub(super) async fn network(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<FactsQuery>,
) -> Result<Json<FactPage>, ApiError> {
    page(&app, HistoryTopic::Network, &query).await
}

/// What the treasury earned in each epoch, newest first
///
/// An epoch in which it earned nothing is left out, and so is what accounts sent it.
#[utoipa::path(get, path = "/v1/treasury/income", tag = "treasury", params(FactsQuery),
    responses((status = 200, description = "A page of events", body = FactPage)))]
pub(super) async fn income(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<FactsQuery>,
) -> Result<Json<FactPage>, ApiError> {
    page(&app, HistoryTopic::Income, &query).await
}
