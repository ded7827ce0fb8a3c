//! Meters and their readings.

use super::{BeforePage, LatestQuery, cut, index, moment, stale};
use crate::{
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    records::Records,
    routes::{compute::name, validators::no_index},
    state::App,
    views::{
        EnergyMoment, MeterPage, MeterReadingPage, MeterReadingView, MeterValueView, MeterView,
        hex_of,
    },
};
use althing_ledger::{
    energy::{Meter, query as energy},
    query,
};
use althing_types::{Hash, energy::MeterKey, hash};
use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::IntoParams;

fn id(text: &str) -> Result<Hash, ApiError> {
    let wrong = || ApiError::parameter("meter", "The id of a meter is 64 hex characters.");
    hash::parse(text).ok_or_else(wrong)
}

fn unknown(meter: &Hash) -> ApiError {
    let message = "There is no such meter: nobody has registered it.";
    ApiError::new(ErrorCode::MeterNotFound, message).detail(json!({ "meter": hex_of(meter) }))
}

fn record(records: &Records, meter: Hash) -> Option<Meter> {
    records.get(energy::meter_key(meter), energy::decode_meter)
}

fn view(records: &Records, meter: Hash, now: EnergyMoment<'_>) -> Option<MeterView> {
    let key = records.get(energy::meter_public_key(meter), energy::decode_meter_key)?;
    Some(MeterView::new(&meter, &record(records, meter)?, &key, now))
}

async fn known(app: &App, meter: Hash) -> Result<MeterView, ApiError> {
    let keys = vec![query::params_key(), energy::meter_key(meter), energy::meter_public_key(meter)];
    let records = app.read(keys).await?;
    let params = records.params(app).energy;
    view(&records, meter, moment(app, &records, &params)).ok_or_else(|| unknown(&meter))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct MetersQuery {
    /// `next` of the page before: only those behind this id.
    after: Option<String>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// Meters of a provider, in the order of their ids
#[utoipa::path(get, path = "/v1/energy/providers/{address}/meters", tag = "energy",
    params(("address" = String, Path, description = "Its account"), MetersQuery),
    responses((status = 200, description = "A page of them", body = MeterPage)))]
pub(in crate::routes) async fn list(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
    UrlQuery(page): UrlQuery<MetersQuery>,
) -> Result<Json<MeterPage>, ApiError> {
    let (provider, limit) = (parse::address(&address)?, parse::limit(page.limit, &app.config)?);
    let after = page.after.as_deref().map(id).transpose()?;
    let found = index(&app)?.meters_of(provider, after, limit + 1).await;
    let mut meters = found.ok_or_else(no_index)?;
    let more = cut(&mut meters, limit);
    let keys = meters
        .iter()
        .flat_map(|meter| [energy::meter_key(*meter), energy::meter_public_key(*meter)]);
    let records = app.read(keys.chain([query::params_key()]).collect()).await?;
    let params = records.params(&app).energy;
    let now = moment(&app, &records, &params);
    Ok(Json(MeterPage {
        height: records.height.get(),
        provider: provider.to_string(),
        meters: meters.iter().filter_map(|meter| view(&records, *meter, now)).collect(),
        next: meters.last().filter(|_| more).map(hex_of),
    }))
}

/// A meter
#[utoipa::path(get, path = "/v1/energy/meters/{id}", tag = "energy",
    params(("id" = String, Path, description = "Its id, hex")),
    responses((status = 200, description = "The meter", body = MeterView)))]
pub(in crate::routes) async fn one(
    State(app): State<Arc<App>>,
    UrlPath(meter): UrlPath<String>,
) -> Result<Json<MeterView>, ApiError> {
    known(&app, id(&meter)?).await.map(Json)
}

/// The meter that a public key serves, or has served
///
/// `key` of the answer is the present key of the meter: it is another one if this key was changed.
#[utoipa::path(get, path = "/v1/energy/meters/by-key/{key}", tag = "energy",
    params(("key" = String, Path, description = "`ed25519:` or `ml-dsa-65:` and the key, hex")),
    responses((status = 200, description = "The meter", body = MeterView)))]
pub(in crate::routes) async fn by_key(
    State(app): State<Arc<App>>,
    UrlPath(key): UrlPath<String>,
) -> Result<Json<MeterView>, ApiError> {
    let key: Option<MeterKey> = name("key", Some(&key))?;
    let at = key.as_ref().map(energy::meter_of_key);
    let found = match at {
        Some(at) => app.read(vec![at]).await?.get(at, energy::decode_meter_of_key),
        None => None,
    };
    let meter = found.ok_or_else(|| {
        let message = "No meter has or had this key.";
        ApiError::new(ErrorCode::MeterNotFound, message)
            .detail(json!({ "key": key.map(|key| key.to_string()) }))
    })?;
    known(&app, meter.meter).await.map(Json)
}

/// Readings of a meter, newest first, with what became of them
#[utoipa::path(get, path = "/v1/energy/meters/{id}/readings", tag = "energy",
    params(("id" = String, Path, description = "Its id, hex"), BeforePage),
    responses((status = 200, description = "A page of them", body = MeterReadingPage)))]
pub(in crate::routes) async fn readings(
    State(app): State<Arc<App>>,
    UrlPath(meter): UrlPath<String>,
    UrlQuery(page): UrlQuery<BeforePage>,
) -> Result<Json<MeterReadingPage>, ApiError> {
    let (meter, limit) = (id(&meter)?, parse::limit(page.limit, &app.config)?);
    let found = index(&app)?.meter_readings(meter, page.before, limit + 1).await;
    let mut readings = found.ok_or_else(no_index)?;
    let more = cut(&mut readings, limit);
    if readings.is_empty() {
        let records = app.read(vec![energy::meter_key(meter)]).await?;
        record(&records, meter).ok_or_else(|| unknown(&meter))?;
    }
    let last = readings.last().filter(|_| more);
    Ok(Json(MeterReadingPage {
        meter: hex_of(&meter),
        readings: readings.iter().map(MeterReadingView::from).collect(),
        next: last.map(|last| last.batch.saturating_mul(64).saturating_add(last.place.into())),
    }))
}

/// What a meter has counted in all
///
/// A value that is too old to be trusted is refused, unless asked for.
#[utoipa::path(get, path = "/v1/energy/meters/{id}/latest", tag = "energy",
    params(("id" = String, Path, description = "Its id, hex"), LatestQuery),
    responses((status = 200, description = "The last value", body = MeterValueView)))]
pub(in crate::routes) async fn latest(
    State(app): State<Arc<App>>,
    UrlPath(meter): UrlPath<String>,
    UrlQuery(wanted): UrlQuery<LatestQuery>,
) -> Result<Json<MeterValueView>, ApiError> {
    let meter = id(&meter)?;
    let keys = vec![query::params_key(), energy::meter_key(meter)];
    let records = app.read(keys).await?;
    let found = record(&records, meter).ok_or_else(|| unknown(&meter))?;
    let params = records.params(&app).energy;
    let now = moment(&app, &records, &params);
    let fresh = energy::latest_value(&found, now.time, &params, false);
    if let Err(why) = &fresh
        && wanted.allow_stale != Some(true)
    {
        return Err(stale("meter", why));
    }
    Ok(Json(MeterValueView {
        height: records.height.get(),
        meter: hex_of(&meter),
        total_wh: found.total_wh,
        last_end: found.last_end,
        age_s: now.age(found.last_end),
        stale_s: params.stale_s,
        stale: fresh.is_err(),
    }))
}
