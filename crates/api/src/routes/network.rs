//! The configuration of the network.

use crate::{
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    state::App,
    views::{NetworkSpecPage, NetworkSpecView, PreferencesView},
};
use althing_ledger::{
    governance::query as governance,
    network::{Network, Spec, query},
};
use althing_state::StateKey;
use althing_types::{ValidatorKey, network::NetworkSpec};
use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SpecQuery {
    /// The format that the caller's software reads; the newest if left out.
    format: Option<u16>,
    /// Instead of what is in force, what the node of this validator is to run, by its key.
    validator: Option<String>,
}

/// The version of a number.
fn found(version: u64, spec: Option<Spec>) -> Result<Spec, ApiError> {
    spec.ok_or_else(|| {
        let message = format!("There is no version {version} of the configuration.");
        ApiError::new(ErrorCode::SpecNotFound, message).detail(json!({ "version": version }))
    })
}

async fn network(
    app: &App,
    more: &[StateKey],
) -> Result<(Network, crate::records::Records), ApiError> {
    let keys = std::iter::once(query::network_key()).chain(more.iter().copied());
    let records = app.read(keys.collect()).await?;
    let network = records.get(query::network_key(), query::decode_network).ok_or_else(|| {
        let message = "This chain has no block yet, and so no configuration.";
        ApiError::new(ErrorCode::SpecNotFound, message)
    })?;
    Ok((network, records))
}

/// What the node of a validator is to run.
async fn applied(app: &App, key: ValidatorKey) -> Result<u64, ApiError> {
    let adoption = query::adoption_key(key);
    let (network, records) = network(app, &[adoption]).await?;
    let adoption = records.get(adoption, query::decode_adoption);
    let first = match &network.staged {
        None => false,
        Some(rollout) => {
            let cohort = query::cohort_key(rollout.version);
            let cohort = app.read(vec![cohort]).await?.get(cohort, query::decode_cohort);
            let cohort = cohort.unwrap_or_default();
            cohort.iter().any(|watched| watched.first && watched.validator == key)
        }
    };
    Ok(network.applies(first, adoption.as_ref()))
}

/// The configuration in force, as software of a certain age reads it
#[utoipa::path(get, path = "/v1/network/spec", tag = "network", params(SpecQuery),
    responses((status = 200, description = "The document", body = Value)))]
pub(super) async fn spec(
    State(app): State<Arc<App>>,
    UrlQuery(wanted): UrlQuery<SpecQuery>,
) -> Result<Json<Value>, ApiError> {
    let newest = NetworkSpec::FORMATS.last().copied().unwrap_or_default();
    let format = wanted.format.unwrap_or(newest);
    let version = match &wanted.validator {
        None => network(&app, &[]).await?.0.current,
        Some(text) => applied(&app, parse::validator(text)?).await?,
    };
    let key = query::spec_key(version);
    let spec = found(version, app.read(vec![key]).await?.get(key, query::decode_spec))?;
    spec.document.render(version, format).map(Json).ok_or_else(|| {
        let known: Vec<String> = NetworkSpec::FORMATS.iter().map(u16::to_string).collect();
        let message = format!("There is no format {format}; there are {}.", known.join(", "));
        ApiError::parameter("format", message)
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SpecsQuery {
    /// Only versions with a lower number.
    before: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// What is in force, what is tried, what is offered, and every version, newest first
#[utoipa::path(get, path = "/v1/network/specs", tag = "network", params(SpecsQuery),
    responses((status = 200, description = "A page of versions", body = NetworkSpecPage)))]
pub(super) async fn specs(
    State(app): State<Arc<App>>,
    UrlQuery(page): UrlQuery<SpecsQuery>,
) -> Result<Json<NetworkSpecPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let (network, _) = network(&app, &[]).await?;
    let end = page.before.map_or(network.next, |before| before.min(network.next));
    let mut versions: Vec<u64> = (1..end).rev().take(limit + 1).collect();
    let more = versions.len() > limit;
    versions.truncate(limit);
    let records = app.read(versions.iter().copied().map(query::spec_key).collect()).await?;
    let view = |version: &u64| {
        let spec = records.get(query::spec_key(*version), query::decode_spec)?;
        Some(NetworkSpecView::new(*version, &spec))
    };
    let next = versions.last().copied().filter(|_| more);
    let specs = versions.iter().filter_map(view).collect();
    Ok(Json(NetworkSpecPage::new(records.height, &network, (specs, next))))
}

/// A version of the configuration
#[utoipa::path(get, path = "/v1/network/specs/{version}", tag = "network",
    params(("version" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The version", body = NetworkSpecView)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    UrlPath(version): UrlPath<u64>,
) -> Result<Json<NetworkSpecView>, ApiError> {
    let key = query::spec_key(version);
    let spec = found(version, app.read(vec![key]).await?.get(key, query::decode_spec))?;
    Ok(Json(NetworkSpecView::new(version, &spec)))
}

/// What a validator leaves to its node, and the configuration that it chose
#[utoipa::path(get, path = "/v1/governance/preferences/{key}", tag = "governance",
    params(("key" = String, Path, description = "Key of the validator")),
    responses((status = 200, description = "Its preferences", body = PreferencesView)))]
pub(super) async fn preferences(
    State(app): State<Arc<App>>,
    UrlPath(key): UrlPath<String>,
) -> Result<Json<PreferencesView>, ApiError> {
    let key = parse::validator(&key)?;
    let (left, chosen) = (governance::preferences_key(key), query::adoption_key(key));
    let records = app.read(vec![left, chosen]).await?;
    let left = records.get(left, governance::decode_preferences);
    let chosen = records.get(chosen, query::decode_adoption);
    Ok(Json(PreferencesView::new(key, left, chosen)))
}
