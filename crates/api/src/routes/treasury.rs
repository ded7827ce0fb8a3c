//! The treasury: what it owns, disbursements, and transactions about them.

use super::{
    governance::{Wanted, draft, load},
    validators::no_index,
};
use crate::{
    backend::{DisbursementCount, HistoryTopic, Simulation},
    bodies::{CriticalityBody, ProposalRequest, TreasuryRollback, TreasuryStep},
    canonical,
    error::{ApiError, ErrorCode},
    extract::{JsonBody, UrlPath, UrlQuery},
    parse,
    records::{Records, proposal_keys},
    state::App,
    views::{
        DisbursementErrorView, DisbursementPage, DisbursementStateView, DisbursementView,
        EpochIncomeView, IncomeView, SimulationView, SnapshotView, TreasurySummary, UnsignedView,
        hex_of, now,
    },
};
use althing_ledger::{
    query,
    treasury::{Disbursement, query as treasury},
};
use althing_state::StateKey;
use althing_types::{
    Address, GasPrice, Payload, Ppm, Text,
    governance::{Action, Criticality, DisbursementState},
    hash::sha256,
    message::{AdvanceDisbursement, SubmitProposal},
};
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::IntoParams;

/// Header with the SHA-256 of a snapshot.
const DIGEST: &str = "x-content-sha256";

/// The treasury as a whole
#[utoipa::path(get, path = "/v1/treasury/summary", tag = "treasury",
    responses((status = 200, description = "What it owns and owes", body = TreasurySummary)))]
pub(super) async fn summary(
    State(app): State<Arc<App>>,
) -> Result<Json<TreasurySummary>, ApiError> {
    let pool = Address::of_module("treasury");
    let (account, income) = (query::account_key(pool), query::income_key());
    let records = app.read(vec![query::params_key(), treasury::treasury_key(), account, income]);
    let records = records.await?;
    let running = records.get(income, query::decode_income).unwrap_or_default();
    let earned = app.backend.facts(HistoryTopic::Income, None, 1).await.unwrap_or_default();
    let last = earned.first().and_then(|fact| EpochIncomeView::of(&fact.event, app.show()));
    let counts = app.backend.disbursement_counts().await;
    let view = |count: &DisbursementCount| DisbursementStateView {
        state: count.state.name().to_owned(),
        count: count.count,
        total: count.total.to_string(),
        total_display: app.show().amount(count.total),
    };
    let states = counts.map(|counts| counts.iter().map(view).collect());
    let sums = records.get(treasury::treasury_key(), treasury::decode_treasury);
    Ok(Json(TreasurySummary::new(
        now(records.height, app.backend.status().block_time_ms),
        (&sums.unwrap_or_default(), records.balance(pool)),
        &records.params(&app).treasury,
        (IncomeView::new(running, app.show()), last),
        states,
        app.show(),
    )))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DisbursementsQuery {
    /// Only those in this state: `draft`, `voting`, `queued`, `timelocked`, `executed`, `finalized`
    /// or `rolled_back`.
    state: Option<String>,
    /// Only those with a lower number.
    before: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// The keys of a disbursement and of its proposal.
fn keys_of(number: u64) -> Vec<StateKey> {
    let [proposal, standing] = proposal_keys(number);
    let disbursement = treasury::disbursement_key(number);
    vec![proposal, standing, disbursement, treasury::dependents_key(number)]
}

fn view(app: &App, records: &Records, number: u64) -> Option<DisbursementView> {
    let record = records.disbursement(number)?;
    let (proposal, _) = records.proposal(number)?;
    let dependents = treasury::dependents_key(number);
    let dependents = records.get(dependents, treasury::decode_dependents).unwrap_or_default();
    Some(DisbursementView::new(number, &record, &proposal, &dependents, app.show()))
}

fn unknown(number: u64) -> ApiError {
    let message = format!("There is no disbursement {number}: its proposal asks for no money.");
    ApiError::new(ErrorCode::DisbursementNotFound, message)
        .detail(json!({ "disbursement": number }))
}

/// Disbursements, newest first
#[utoipa::path(get, path = "/v1/treasury/disbursements", tag = "treasury",
    params(DisbursementsQuery),
    responses((status = 200, description = "A page of them", body = DisbursementPage)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<DisbursementsQuery>,
) -> Result<Json<DisbursementPage>, ApiError> {
    let limit = parse::limit(query.limit, &app.config)?;
    let state: Option<DisbursementState> =
        query.state.as_deref().map(str::parse).transpose().map_err(|error| {
            ApiError::parameter("state", format!("There is no such state: {error}."))
        })?;
    let found = app.backend.disbursements(state, query.before, limit + 1).await;
    let mut numbers = found.ok_or_else(no_index)?;
    let more = numbers.len() > limit;
    numbers.truncate(limit);
    let records = app.read(numbers.iter().flat_map(|number| keys_of(*number)).collect()).await?;
    Ok(Json(DisbursementPage {
        height: records.height.get(),
        disbursements: numbers.iter().filter_map(|it| view(&app, &records, *it)).collect(),
        next: numbers.last().copied().filter(|_| more),
    }))
}

/// A disbursement
#[utoipa::path(get, path = "/v1/treasury/disbursements/{number}", tag = "treasury",
    params(("number" = u64, Path, description = "The number of its proposal")),
    responses((status = 200, description = "The disbursement", body = DisbursementView)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    UrlPath(number): UrlPath<u64>,
) -> Result<Json<DisbursementView>, ApiError> {
    let records = app.read(keys_of(number)).await?;
    view(&app, &records, number).map(Json).ok_or_else(|| unknown(number))
}

/// The record of a disbursement as every node writes it at one height
///
/// Keys in order, integers as strings, no white space; `x-content-sha256` is the SHA-256 of the
/// body.
#[utoipa::path(get, path = "/v1/treasury/disbursements/{number}/snapshot", tag = "treasury",
    params(("number" = u64, Path, description = "The number of its proposal")),
    responses((status = 200, description = "The canonical text", body = SnapshotView,
        headers(("x-content-sha256" = String, description = "SHA-256 of the body, hex")))))]
pub(super) async fn snapshot(
    State(app): State<Arc<App>>,
    UrlPath(number): UrlPath<u64>,
) -> Result<Response, ApiError> {
    let records = app.read(keys_of(number)).await?;
    let record = records.disbursement(number).ok_or_else(|| unknown(number))?;
    let (proposal, _) = load(&records, number)?;
    let info = app.backend.info();
    let chain = (info.genesis.chain_id.to_string(), hex_of(&info.genesis_hash));
    let view = SnapshotView::new(chain, records.height, number, &record, &proposal);
    // The view holds strings, numbers and lists only, which always serialize.
    let text = canonical::text(&serde_json::to_value(view).unwrap_or_default());
    let digest = hex_of(&sha256(&[text.as_bytes()]));
    let headers = [(header::CONTENT_TYPE, "application/json".to_owned())];
    Ok((headers, [(DIGEST, digest)], text).into_response())
}

/// The transaction that proposes a disbursement, ready to be signed
///
/// Refused with the code that the chain would fail it with.
#[utoipa::path(post, path = "/v1/treasury/submit", tag = "treasury", request_body = ProposalRequest,
    responses((status = 200, description = "The transaction", body = UnsignedView)))]
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    JsonBody(request): JsonBody<ProposalRequest>,
) -> Result<Json<UnsignedView>, ApiError> {
    let ProposalRequest { sender, proposal, gas_price } = request;
    if !matches!(proposal.action, Action::Treasury { .. }) {
        let message = "The action of a disbursement is `treasury`.";
        return Err(ApiError::parameter("proposal.action", message));
    }
    build(&app, &sender, Payload::SubmitProposal(proposal), gas_price).await
}

/// The transaction that lets a disbursement go on from `queued`, ready to be signed
///
/// The chain takes every step by itself; this takes the one that is due, when many others wait.
#[utoipa::path(post, path = "/v1/treasury/queue", tag = "treasury", request_body = TreasuryStep,
    responses((status = 200, description = "The transaction", body = UnsignedView)))]
pub(super) async fn queue(
    State(app): State<Arc<App>>,
    JsonBody(request): JsonBody<TreasuryStep>,
) -> Result<Json<UnsignedView>, ApiError> {
    step(&app, request, &[DisbursementState::Queued]).await
}

/// The transaction that executes a disbursement or makes its payments, ready to be signed
///
/// The chain takes every step by itself; this takes the one that is due, when many others wait.
#[utoipa::path(post, path = "/v1/treasury/execute", tag = "treasury", request_body = TreasuryStep,
    responses((status = 200, description = "The transaction", body = UnsignedView)))]
pub(super) async fn execute(
    State(app): State<Arc<App>>,
    JsonBody(request): JsonBody<TreasuryStep>,
) -> Result<Json<UnsignedView>, ApiError> {
    step(&app, request, &[DisbursementState::Timelocked, DisbursementState::Executed]).await
}

/// The transaction that proposes to roll a disbursement back, ready to be signed
#[utoipa::path(post, path = "/v1/treasury/rollback", tag = "treasury",
    request_body = TreasuryRollback,
    responses((status = 200, description = "The transaction", body = UnsignedView)))]
pub(super) async fn rollback(
    State(app): State<Arc<App>>,
    JsonBody(request): JsonBody<TreasuryRollback>,
) -> Result<Json<UnsignedView>, ApiError> {
    let number = request.disbursement;
    let pending =
        [DisbursementState::Queued, DisbursementState::Timelocked, DisbursementState::Executed];
    in_state(&app, number, &pending).await?;
    let compensation = Ppm::new(request.compensation).ok_or_else(|| {
        ApiError::parameter("compensation", "compensation is at most 1000000 ppm.")
    })?;
    let title = request.title.unwrap_or_else(|| format!("Roll disbursement {number} back"));
    let proposal = SubmitProposal {
        title: text("title", &title)?,
        summary: text("summary", &request.summary)?,
        link: text("link", &request.link)?,
        criticality: match request.criticality {
            None | Some(CriticalityBody::Important) => Criticality::Important,
            Some(CriticalityBody::Critical) => Criticality::Critical,
            Some(_) => {
                let message = "A rollback is `important` or `critical`.";
                return Err(ApiError::parameter("criticality", message));
            }
        },
        action: Action::TreasuryRollback { disbursement: number, compensation },
    };
    build(&app, &request.sender, Payload::SubmitProposal(proposal), request.gas_price).await
}

fn text<const MAX: usize>(name: &str, value: &str) -> Result<Text<MAX>, ApiError> {
    value.parse().map_err(|_| {
        ApiError::parameter(name, format!("{name} is at most {MAX} bytes of plain text."))
    })
}

/// The disbursement, if it is in one of these states.
async fn in_state(
    app: &App,
    number: u64,
    states: &[DisbursementState],
) -> Result<Disbursement, ApiError> {
    let records = app.read(keys_of(number)).await?;
    let record = records.disbursement(number).ok_or_else(|| unknown(number))?;
    if states.contains(&record.state) {
        return Ok(record);
    }
    let expected: Vec<&str> = states.iter().map(|state| state.name()).collect();
    let message =
        format!("Disbursement {number} is {}, not {}.", record.state, expected.join(" or "));
    Err(ApiError::new(ErrorCode::WrongState, message).detail(json!({
        "disbursement": number,
        "state": record.state.name(),
        "expected": expected,
    })))
}

async fn step(
    app: &App,
    request: TreasuryStep,
    states: &[DisbursementState],
) -> Result<Json<UnsignedView>, ApiError> {
    let TreasuryStep { sender, disbursement, gas_price } = request;
    in_state(app, disbursement, states).await?;
    let payload = Payload::AdvanceDisbursement(AdvanceDisbursement { disbursement });
    build(app, &sender, payload, gas_price).await
}

/// A transaction that would do what it asks for.
async fn build(
    app: &App,
    sender: &str,
    payload: Payload,
    gas_price: Option<u64>,
) -> Result<Json<UnsignedView>, ApiError> {
    let sender = parse::address(sender)?;
    let gas_price = gas_price.map(GasPrice::new);
    let (transaction, run) = draft(app, Wanted { sender, payload, gas_price }).await;
    refuse(app, &run)?;
    let view = SimulationView::new(run, app.show());
    Ok(Json(UnsignedView::new(&transaction, view)))
}

/// The failure that a dry run says.
fn refuse(app: &App, run: &Simulation) -> Result<(), ApiError> {
    match &run.outcome {
        Ok(receipt) if receipt.code.is_ok() => Ok(()),
        Ok(receipt) => {
            let (code, message) = (app.show().rules.describe)(receipt.code);
            let error = DisbursementErrorView::of_code(code);
            let detail = json!({ "disbursement_error": error });
            Err(ApiError::would_fail(code, message).detail(detail))
        }
        Err(rejection) => Err(ApiError::rejected(rejection.clone())),
    }
}
