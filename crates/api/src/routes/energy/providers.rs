//! Providers of energy.

use super::{cut, index, moment, totals, zone};
use crate::{
    backend::ProviderQuery,
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    routes::{compute::name, validators::no_index},
    state::App,
    views::{KnownProvider, ProviderPage, ProviderView},
};
use althing_ledger::{energy::query as energy, query};
use althing_types::{Address, Height};
use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::IntoParams;

/// The providers among accounts, in the same order, and the height of their records.
async fn known(app: &App, accounts: &[Address]) -> Result<(Height, Vec<ProviderView>), ApiError> {
    let (_, set) = totals(app).await?;
    let keys = accounts
        .iter()
        .flat_map(|account| [energy::provider_key(*account), energy::tariff_key(*account)]);
    let records = app.read(keys.chain([query::params_key()]).collect()).await?;
    let params = records.params(app).energy;
    let (now, epoch) = (moment(app, &records, &params), app.backend.status().epoch);
    let view = |address: &Address| {
        let mut record = records.get(energy::provider_key(*address), energy::decode_provider)?;
        record.reputation = record.reputation.at(epoch, &params);
        let tariff = records.get(energy::tariff_key(*address), energy::decode_tariff);
        let known = KnownProvider { address: *address, record, tariff, oracles: !set.is_empty() };
        Some(ProviderView::new(&known, now, app.show()))
    };
    Ok((records.height, accounts.iter().filter_map(view).collect()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct ProvidersQuery {
    /// Only those in this state: `active`, `leaving` or `suspended`.
    state: Option<String>,
    /// Only those of this zone.
    zone: Option<String>,
    /// `next` of the page before: only those behind this account.
    after: Option<String>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// Providers, in the order of their accounts' bytes
#[utoipa::path(get, path = "/v1/energy/providers", tag = "energy", params(ProvidersQuery),
    responses((status = 200, description = "A page of them", body = ProviderPage)))]
pub(in crate::routes) async fn list(
    State(app): State<Arc<App>>,
    UrlQuery(page): UrlQuery<ProvidersQuery>,
) -> Result<Json<ProviderPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let filter = ProviderQuery {
        state: name("state", page.state.as_deref())?,
        zone: zone(page.zone.as_deref())?,
        selling: false,
        after: super::account(&page.after)?,
    };
    let found = index(&app)?.providers(filter, limit + 1).await;
    let mut accounts = found.ok_or_else(no_index)?;
    let more = cut(&mut accounts, limit);
    let (height, providers) = known(&app, &accounts).await?;
    Ok(Json(ProviderPage {
        height: height.get(),
        providers,
        next: accounts.last().filter(|_| more).map(|last| last.to_string()),
    }))
}

/// A provider
///
/// Its reputation with all four traits, what it has done, and why it may not submit, if so.
#[utoipa::path(get, path = "/v1/energy/providers/{address}", tag = "energy",
    params(("address" = String, Path, description = "Its account")),
    responses((status = 200, description = "The provider", body = ProviderView)))]
pub(in crate::routes) async fn one(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
) -> Result<Json<ProviderView>, ApiError> {
    let address = parse::address(&address)?;
    let (_, found) = known(&app, &[address]).await?;
    let provider = found.into_iter().next().ok_or_else(|| {
        let message = "This account is no provider of energy, or has left.";
        ApiError::new(ErrorCode::ProviderNotFound, message)
            .detail(json!({ "provider": address.to_string() }))
    })?;
    Ok(Json(provider))
}
