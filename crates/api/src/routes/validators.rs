//! Validators: who they are, what they did, who delegates to them.

use crate::{
    backend::ValidatorState,
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    state::App,
    views::{
        DelegationPage, DelegationView, Standing, ValidatorHistory, ValidatorPage, ValidatorView,
    },
};
use althing_types::{Amount, Epoch, ValidatorKey};
use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::IntoParams;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only members of the set of this epoch.
    epoch: Option<u64>,
    /// Only those that stand so: `active`, `waiting`, `jailed`, `leaving` or `ejected`,
    /// comma-separated.
    status: Option<String>,
    /// What they are ordered by: `stake` (largest first, the default), `name`, `commission`
    /// (lowest first), `score`, `registry_score` or `delegations` (highest first).
    sort: Option<String>,
    /// Entries to skip.
    offset: Option<usize>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// A validator with its rank.
type Ranked<'a> = (usize, &'a ValidatorState);

fn wanted(text: Option<&str>) -> Result<Vec<Standing>, ApiError> {
    let parts = text.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty());
    let parsed = parts.map(|part| {
        Standing::ALL.into_iter().find(|standing| standing.name() == part).ok_or_else(|| {
            let known = Standing::ALL.map(Standing::name).join(", ");
            let message = format!("There is no status {part:?}; there are {known}.");
            ApiError::parameter("status", message)
        })
    });
    parsed.collect()
}

fn sort(list: &mut [Ranked<'_>], by: Option<&str>) -> Result<(), ApiError> {
    let registry = |validator: &ValidatorState| {
        std::cmp::Reverse(validator.node.as_ref().map(|node| node.score))
    };
    match by.unwrap_or("stake") {
        "stake" => {}
        "name" => list.sort_by_cached_key(|(_, v)| v.details.name.to_string().to_lowercase()),
        "commission" => list.sort_by_key(|(_, v)| v.commission),
        "score" => list.sort_by_key(|(_, v)| std::cmp::Reverse(v.performance.score)),
        "registry_score" => list.sort_by_key(|(_, v)| registry(v)),
        "delegations" => list.sort_by_key(|(_, v)| std::cmp::Reverse(v.delegations)),
        other => {
            let message = format!(
                "There is no order {other:?}; there are stake, name, commission, score, \
                 registry_score, delegations."
            );
            return Err(ApiError::parameter("sort", message));
        }
    }
    Ok(())
}

async fn page(app: &App, query: &ListQuery) -> Result<ValidatorPage, ApiError> {
    let limit = parse::limit(query.limit, &app.config)?;
    let status = app.backend.status();
    let epoch = query.epoch.map_or(status.epoch, Epoch::new);
    let set = app.set_of(epoch).await?;
    let standings = wanted(query.status.as_deref())?;
    let all = app.backend.validator_list().await;
    let mut list: Vec<Ranked<'_>> = (1..)
        .zip(all.iter())
        .filter(|(_, v)| query.epoch.is_none() || set.position(&v.key).is_some())
        .filter(|(_, v)| standings.is_empty() || standings.contains(&Standing::of(v)))
        .collect();
    sort(&mut list, query.sort.as_deref())?;
    let bonded = bonded(&all);
    let (total, offset) = (list.len(), query.offset.unwrap_or(0));
    let show = app.show();
    let views = list.into_iter().skip(offset).take(limit);
    let end = offset.saturating_add(limit);
    Ok(ValidatorPage {
        height: status.height.get(),
        epoch: epoch.get(),
        members: set.entries().len(),
        quorum: set.quorum(),
        total,
        bonded: bonded.to_string(),
        bonded_display: show.amount(bonded),
        validators: views.map(|(rank, v)| ValidatorView::new(rank, v, bonded, show)).collect(),
        next: (end < total).then(|| end.to_string()),
    })
}

/// Stake of all validators that counts.
fn bonded(all: &[ValidatorState]) -> Amount {
    Amount::new(all.iter().map(|v| v.tokens.units()).fold(0, u128::saturating_add))
}

/// The validators, the largest stake first
#[utoipa::path(get, path = "/v1/validators", tag = "stake", params(ListQuery),
    responses((status = 200, description = "A page of validators", body = ValidatorPage)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<ListQuery>,
) -> Result<Json<ValidatorPage>, ApiError> {
    page(&app, &query).await.map(Json)
}

/// The validators that are in jail
#[utoipa::path(get, path = "/v1/validators/jailed", tag = "stake",
    responses((status = 200, description = "The first page of them", body = ValidatorPage)))]
pub(super) async fn jailed(State(app): State<Arc<App>>) -> Result<Json<ValidatorPage>, ApiError> {
    let status = Some(Standing::Jailed.name().to_owned());
    let limit = Some(app.config.max_page);
    page(&app, &ListQuery { status, limit, ..ListQuery::default() }).await.map(Json)
}

/// Finds a validator by its key or by the address of its operator.
pub(super) async fn find(app: &App, id: &str) -> Result<(usize, ValidatorState), ApiError> {
    let by_key = id.parse::<ValidatorKey>().ok();
    let by_operator = match by_key {
        Some(_) => None,
        None => Some(parse::address(id).map_err(|_| {
            let message = "A validator is named by its key (64 hex characters) or by the address \
                           of its operator.";
            ApiError::parameter("key", message)
        })?),
    };
    let all = app.backend.validator_list().await;
    let is_wanted = |v: &ValidatorState| Some(v.key) == by_key || Some(v.operator) == by_operator;
    let mut found = all.iter().position(is_wanted).map(|at| (at + 1, all[at].clone()));
    if found.is_none() {
        // One that has left and whose delegators stay is in no list of candidates.
        let departed = match (by_key, by_operator) {
            (Some(key), _) => app.backend.validator(key).await,
            (None, Some(operator)) => app.backend.validator_of(operator).await,
            (None, None) => None,
        };
        found = departed.map(|validator| (all.len() + 1, validator));
    }
    found.ok_or_else(|| {
        let message = "No registered validator has this key or operator: see /v1/validators.";
        ApiError::new(ErrorCode::ValidatorNotFound, message).detail(json!({ "key": id }))
    })
}

/// A validator
#[utoipa::path(get, path = "/v1/validators/{key}", tag = "stake",
    params(("key" = String, Path,
        description = "Validator key, 64 hex characters, or the address of its operator")),
    responses((status = 200, description = "The validator", body = ValidatorView)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    UrlPath(id): UrlPath<String>,
) -> Result<Json<ValidatorView>, ApiError> {
    let (rank, validator) = find(&app, &id).await?;
    let bonded = bonded(&app.backend.validator_list().await);
    Ok(Json(ValidatorView::new(rank, &validator, bonded, app.show())))
}

/// The key that a path names. A validator that is gone has a history too, under its key.
async fn key_of(app: &App, id: &str) -> Result<ValidatorKey, ApiError> {
    match id.parse() {
        Ok(key) => Ok(key),
        Err(_) => find(app, id).await.map(|(_, validator)| validator.key),
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EpochPage {
    /// Only epochs before this one.
    pub(super) before: Option<u64>,
    /// Entries wanted.
    pub(super) limit: Option<usize>,
}

pub(super) fn no_index() -> ApiError {
    let message = "This node keeps no index: start it with the index on, or use another.";
    ApiError::new(ErrorCode::IndexDisabled, message)
}

/// What a validator did, epoch by epoch, newest first
#[utoipa::path(get, path = "/v1/validators/{key}/history", tag = "stake",
    params(("key" = String, Path,
        description = "Validator key, 64 hex characters, or the address of its operator"),
        EpochPage),
    responses((status = 200, description = "A page of epochs", body = ValidatorHistory)))]
pub(super) async fn history(
    State(app): State<Arc<App>>,
    UrlPath(id): UrlPath<String>,
    UrlQuery(page): UrlQuery<EpochPage>,
) -> Result<Json<ValidatorHistory>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let key = key_of(&app, &id).await?;
    let before = page.before.map(Epoch::new);
    let epochs = app.backend.validator_epochs(key, before, limit + 1).await;
    let mut epochs = epochs.ok_or_else(no_index)?;
    let more = epochs.len() > limit;
    epochs.truncate(limit);
    let next = epochs.last().filter(|_| more).map(|last| last.epoch.get());
    let beats = match before {
        None => app.backend.heartbeats(key, app.config.default_page).await.unwrap_or_default(),
        Some(_) => Vec::new(),
    };
    Ok(Json(ValidatorHistory::new(key, &epochs, &beats, next, app.show())))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AccountPage {
    /// `next` of the page before: only accounts behind this one.
    after: Option<String>,
    /// Entries wanted. A page may have fewer, although there is a next one.
    limit: Option<usize>,
}

/// Who delegates to a validator, ordered by account
#[utoipa::path(get, path = "/v1/validators/{key}/delegations", tag = "stake",
    params(("key" = String, Path,
        description = "Validator key, 64 hex characters, or the address of its operator"),
        AccountPage),
    responses((status = 200, description = "A page of delegations", body = DelegationPage)))]
pub(super) async fn delegations(
    State(app): State<Arc<App>>,
    UrlPath(id): UrlPath<String>,
    UrlQuery(page): UrlQuery<AccountPage>,
) -> Result<Json<DelegationPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let key = key_of(&app, &id).await?;
    let after = page.after.as_deref().map(parse::address).transpose()?;
    let found = app.backend.delegations_to(key, after, limit).await.ok_or_else(no_index)?;
    let (names, show) = (app.names().await, app.show());
    let view = |(delegator, delegation): &(_, _)| {
        DelegationView::new(*delegator, delegation, &names, show)
    };
    let delegations = found.0.iter().map(view).collect();
    Ok(Json(DelegationPage { delegations, next: found.1.map(|address| address.to_string()) }))
}
