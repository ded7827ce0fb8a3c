//! Metered energy: rules and sums, providers, meters, batches, oracles, the market, disputes.
//!
//! Records that the state has are read from the state and are exact; lists and what the state forgets
//! come from the index.

mod accounts;
mod batches;
mod certificates;
mod disputes;
mod market;
mod meters;
mod oracles;
mod providers;
mod slots;

pub(super) use accounts::{
    __path_admins, __path_grants, __path_orders, __path_settlement, __path_summary, __path_tariffs,
    admins, grants, orders, settlement, summary, tariffs,
};
pub(super) use batches::{
    __path_batches, __path_list as __path_all_batches, __path_one as __path_batch,
    __path_undecided, batches, list as all_batches, one as batch, undecided,
};
pub(super) use certificates::{
    __path_list as __path_certificates, __path_one as __path_certificate, __path_settlements,
    list as certificates, one as certificate, settlements,
};
pub(super) use disputes::{
    __path_list as __path_disputes, __path_one as __path_dispute, list as disputes, one as dispute,
};
pub(super) use market::{__path_credits, __path_market, __path_slots, credits, market, slots};
pub(super) use meters::{
    __path_by_key as __path_meter_by_key, __path_latest as __path_meter_latest,
    __path_list as __path_meters, __path_one as __path_meter,
    __path_readings as __path_meter_readings, by_key as meter_by_key, latest as meter_latest,
    list as meters, one as meter, readings as meter_readings,
};
pub(super) use oracles::{
    __path_latest as __path_oracle_latest, __path_list as __path_oracles,
    __path_one as __path_oracle, __path_reports as __path_oracle_reports, latest as oracle_latest,
    list as oracles, one as oracle, reports as oracle_reports,
};
pub(super) use providers::{
    __path_list as __path_providers, __path_one as __path_provider, list as providers,
    one as provider,
};

use super::{compute::name, validators::no_index};
use crate::{
    backend::EnergyIndex,
    error::{ApiError, ErrorCode},
    parse,
    records::Records,
    state::App,
    views::EnergyMoment,
};
use althing_ledger::energy::{Energy, OracleSet, query as energy, query::Stale};
use althing_types::{Address, Timestamp, energy::Zone, params::EnergyParams};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

/// A page of a listing that goes on before a number.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BeforePage {
    /// `next` of the page before: only those with a lower number.
    before: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// A page of a listing of accounts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AfterPage {
    /// `next` of the page before: only those behind this account.
    after: Option<String>,
    /// Entries wanted.
    limit: Option<usize>,
}

impl AfterPage {
    fn after(&self) -> Result<Option<Address>, ApiError> {
        account(&self.after)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LatestQuery {
    /// Whether a value that is too old to be trusted is wanted, too.
    allow_stale: Option<bool>,
}

/// The index, asked about energy.
fn index(app: &App) -> Result<&dyn EnergyIndex, ApiError> {
    app.backend.energy().ok_or_else(no_index)
}

/// An account in a query.
fn account(text: &Option<String>) -> Result<Option<Address>, ApiError> {
    text.as_deref().map(parse::address).transpose()
}

/// A zone in a query.
fn zone(text: Option<&str>) -> Result<Option<Zone>, ApiError> {
    name("zone", text)
}

/// When records were read, by the rules that they say.
fn moment<'a>(app: &App, records: &Records, params: &'a EnergyParams) -> EnergyMoment<'a> {
    let time = Timestamp::new(app.backend.status().block_time_ms);
    EnergyMoment { height: records.height, time, params }
}

/// Cuts a list that has one entry more than a page; says whether there are more.
fn cut<T>(list: &mut Vec<T>, limit: usize) -> bool {
    let more = list.len() > limit;
    list.truncate(limit);
    more
}

/// The sums over everything, and the set of oracles that counts now.
async fn totals(app: &App) -> Result<(Option<Energy>, OracleSet), ApiError> {
    let key = energy::energy_key();
    let record = app.read(vec![key]).await?.get(key, energy::decode_energy);
    let Some(version) = record.as_ref().map(|record| record.oracle_set) else {
        return Ok((None, OracleSet::default()));
    };
    let key = energy::oracle_set_key(version);
    let set = app.read(vec![key]).await?.get(key, energy::decode_oracle_set);
    Ok((record, set.unwrap_or_default()))
}

/// The failure of a value that is too old.
fn stale(what: &str, why: &Stale) -> ApiError {
    let message = format!(
        "The last value of this {what} is {} seconds old, and values count for {} seconds: wait \
         for a newer one, or ask with allow_stale=true.",
        why.age_s, why.stale_s
    );
    let detail = json!({ "age_s": why.age_s, "stale_s": why.stale_s });
    ApiError::new(ErrorCode::StaleValue, message).detail(detail)
}
