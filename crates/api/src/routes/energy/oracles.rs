//! Oracles and their reports.

use super::{AfterPage, BeforePage, LatestQuery, cut, index, moment, stale, totals};
use crate::{
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    routes::validators::no_index,
    state::App,
    views::{
        OraclePage, OracleReportPage, OracleReportView, OracleValueView, OracleView, oracle_weight,
    },
};
use althing_ledger::{energy::query as energy, query};
use althing_types::Address;
use axum::{Json, extract::State};
use serde_json::json;
use std::sync::Arc;

fn unknown(oracle: Address) -> ApiError {
    let message = "This account is no oracle, or has left.";
    ApiError::new(ErrorCode::OracleNotFound, message)
        .detail(json!({ "oracle": oracle.to_string() }))
}

/// Oracles, in the order of their accounts' bytes
#[utoipa::path(get, path = "/v1/energy/oracles", tag = "energy", params(AfterPage),
    responses((status = 200, description = "A page of them", body = OraclePage)))]
pub(in crate::routes) async fn list(
    State(app): State<Arc<App>>,
    UrlQuery(page): UrlQuery<AfterPage>,
) -> Result<Json<OraclePage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let found = index(&app)?.oracles(page.after()?, limit + 1).await;
    let mut accounts = found.ok_or_else(no_index)?;
    let more = cut(&mut accounts, limit);
    let (record, set) = totals(&app).await?;
    let keys = accounts.iter().map(|account| energy::oracle_key(*account));
    let records = app.read(keys.chain([query::params_key()]).collect()).await?;
    let params = records.params(&app).energy;
    let now = moment(&app, &records, &params);
    let view = |account: &Address| {
        let oracle = records.get(energy::oracle_key(*account), energy::decode_oracle)?;
        Some(OracleView::new(*account, &oracle, &set, now, app.show()))
    };
    Ok(Json(OraclePage {
        height: records.height.get(),
        oracle_set: record.map_or(0, |record| record.oracle_set),
        oracle_weight: oracle_weight(&set),
        oracles: accounts.iter().filter_map(view).collect(),
        next: accounts.last().filter(|_| more).map(|last| last.to_string()),
    }))
}

/// An oracle, with how often it agreed, contradicted, was late, absent or overruled
#[utoipa::path(get, path = "/v1/energy/oracles/{address}", tag = "energy",
    params(("address" = String, Path, description = "Its account")),
    responses((status = 200, description = "The oracle", body = OracleView)))]
pub(in crate::routes) async fn one(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
) -> Result<Json<OracleView>, ApiError> {
    let address = parse::address(&address)?;
    let key = energy::oracle_key(address);
    let (_, set) = totals(&app).await?;
    let records = app.read(vec![query::params_key(), key]).await?;
    let oracle = records.get(key, energy::decode_oracle).ok_or_else(|| unknown(address))?;
    let params = records.params(&app).energy;
    let now = moment(&app, &records, &params);
    Ok(Json(OracleView::new(address, &oracle, &set, now, app.show())))
}

/// When an oracle last reported
///
/// If that is too long ago to rely on it, the answer is a failure, unless asked for.
#[utoipa::path(get, path = "/v1/energy/oracles/{address}/latest", tag = "energy",
    params(("address" = String, Path, description = "Its account"), LatestQuery),
    responses((status = 200, description = "Its last report", body = OracleValueView)))]
pub(in crate::routes) async fn latest(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
    UrlQuery(wanted): UrlQuery<LatestQuery>,
) -> Result<Json<OracleValueView>, ApiError> {
    let address = parse::address(&address)?;
    let key = energy::oracle_key(address);
    let records = app.read(vec![query::params_key(), key]).await?;
    let oracle = records.get(key, energy::decode_oracle).ok_or_else(|| unknown(address))?;
    let params = records.params(&app).energy;
    let now = moment(&app, &records, &params);
    let fresh = energy::latest_report(&oracle, now.time, &params, false);
    if let Err(why) = &fresh
        && wanted.allow_stale != Some(true)
    {
        return Err(stale("oracle", why));
    }
    Ok(Json(OracleValueView {
        height: records.height.get(),
        oracle: address.to_string(),
        reported: oracle.reported.get(),
        reported_at: oracle.reported_at.get(),
        age_s: now.age(oracle.reported_at.get() / 1_000),
        stale_s: params.stale_s,
        stale: fresh.is_err(),
    }))
}

/// Reports of an oracle, newest batch first
#[utoipa::path(get, path = "/v1/energy/oracles/{address}/reports", tag = "energy",
    params(("address" = String, Path, description = "Its account"), BeforePage),
    responses((status = 200, description = "A page of them", body = OracleReportPage)))]
pub(in crate::routes) async fn reports(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
    UrlQuery(page): UrlQuery<BeforePage>,
) -> Result<Json<OracleReportPage>, ApiError> {
    let (oracle, limit) = (parse::address(&address)?, parse::limit(page.limit, &app.config)?);
    let found = index(&app)?.oracle_reports(oracle, page.before, limit + 1).await;
    let mut reports = found.ok_or_else(no_index)?;
    let more = cut(&mut reports, limit);
    Ok(Json(OracleReportPage {
        oracle: oracle.to_string(),
        reports: reports.iter().map(OracleReportView::from).collect(),
        next: reports.last().filter(|_| more).map(|last| last.report.batch),
    }))
}
