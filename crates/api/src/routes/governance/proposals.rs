use super::super::validators::no_index;
use crate::{
    backend::ProposalFilter,
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    records::{Records, proposal_keys},
    state::App,
    views::{ProposalPage, ProposalView, TallyView, Timeline, now},
};
use althing_ledger::governance::{Proposal, Standing, query};
use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::IntoParams;

/// Names of the states of a proposal.
const STATES: [&str; 7] =
    ["waiting", "voting", "queued", "enacted", "rejected", "failed", "cancelled"];

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct ProposalsQuery {
    /// Only those in this state: `waiting`, `voting`, `queued`, `enacted`, `rejected`, `failed` or
    /// `cancelled`.
    status: Option<String>,
    /// Only those with this action, for example `parameters`.
    kind: Option<String>,
    /// Only those of this account.
    proposer: Option<String>,
    /// Only those with a lower number.
    before: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

impl ProposalsQuery {
    fn filter(&self) -> Result<ProposalFilter, ApiError> {
        if let Some(status) = &self.status
            && !STATES.contains(&status.as_str())
        {
            let message =
                format!("There is no status {status:?}; there are {}.", STATES.join(", "));
            return Err(ApiError::parameter("status", message));
        }
        let proposer = self.proposer.as_deref().map(parse::address).transpose()?;
        Ok(ProposalFilter { status: self.status.clone(), kind: self.kind.clone(), proposer })
    }
}

/// A proposal and how it stands, or the failure that there is none.
pub(in crate::routes) fn load(
    records: &Records,
    number: u64,
) -> Result<(Proposal, Standing), ApiError> {
    records.proposal(number).ok_or_else(|| {
        ApiError::new(ErrorCode::ProposalNotFound, format!("There is no proposal {number}."))
            .detail(json!({ "proposal": number }))
    })
}

/// Proposals, newest first
///
/// A filter needs the index of the node.
#[utoipa::path(get, path = "/v1/governance/proposals", tag = "governance", params(ProposalsQuery),
    responses((status = 200, description = "A page of them", body = ProposalPage)))]
pub(in crate::routes) async fn list(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<ProposalsQuery>,
) -> Result<Json<ProposalPage>, ApiError> {
    let limit = parse::limit(query.limit, &app.config)?;
    let filter = query.filter()?;
    let mut numbers: Vec<u64> = if filter.is_open() {
        let agenda = app.read(vec![query::agenda_key()]).await?;
        let agenda = agenda.get(query::agenda_key(), query::decode_agenda).unwrap_or_default();
        let end = query.before.map_or(agenda.next, |before| before.min(agenda.next));
        (1..end).rev().take(limit + 1).collect()
    } else {
        let found = app.backend.proposals(filter, query.before, limit + 1).await;
        found.ok_or_else(no_index)?
    };
    let next = numbers.len() > limit;
    numbers.truncate(limit);
    let records = app.read(numbers.iter().flat_map(|number| proposal_keys(*number)).collect());
    let records = records.await?;
    let moment = now(records.height, app.backend.status().block_time_ms);
    let view = |number: &u64| {
        let proposal = records.proposal(*number)?;
        Some(ProposalView::new(*number, &proposal, moment, app.show()))
    };
    Ok(Json(ProposalPage {
        height: records.height.get(),
        proposals: numbers.iter().filter_map(view).collect(),
        next: numbers.last().copied().filter(|_| next),
    }))
}

/// A proposal
#[utoipa::path(get, path = "/v1/governance/proposals/{number}", tag = "governance",
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The proposal", body = ProposalView)))]
pub(in crate::routes) async fn one(
    State(app): State<Arc<App>>,
    UrlPath(number): UrlPath<u64>,
) -> Result<Json<ProposalView>, ApiError> {
    let records = app.read(proposal_keys(number).to_vec()).await?;
    let proposal = load(&records, number)?;
    let moment = now(records.height, app.backend.status().block_time_ms);
    Ok(Json(ProposalView::new(number, &proposal, moment, app.show())))
}

/// How a proposal stands: all the numbers that decide
#[utoipa::path(get, path = "/v1/governance/proposals/{number}/tally", tag = "governance",
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The running tally", body = TallyView)))]
pub(in crate::routes) async fn tally(
    State(app): State<Arc<App>>,
    UrlPath(number): UrlPath<u64>,
) -> Result<Json<TallyView>, ApiError> {
    let records = app.read(proposal_keys(number).to_vec()).await?;
    let (_, standing) = load(&records, number)?;
    let moment = now(records.height, app.backend.status().block_time_ms);
    Ok(Json(TallyView::new(number, &standing, moment, app.show())))
}

/// What happened to a proposal and to its disbursement, without votes
#[utoipa::path(get, path = "/v1/governance/proposals/{number}/events", tag = "governance",
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "Its events, oldest first", body = Timeline)))]
pub(in crate::routes) async fn events(
    State(app): State<Arc<App>>,
    UrlPath(number): UrlPath<u64>,
) -> Result<Json<Timeline>, ApiError> {
    load(&app.read(proposal_keys(number).to_vec()).await?, number)?;
    let events = app.backend.proposal_events(number).await.ok_or_else(no_index)?;
    Ok(Json(Timeline::new(number, &events, app.show())))
}
