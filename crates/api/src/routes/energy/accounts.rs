//! Energy as a whole, the versions of the rules, who may act for whom, and what accounts sell and
//! order.

use super::{AfterPage, cut, index, moment, totals, zone};
use crate::{
    backend::ProviderQuery,
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    routes::validators::no_index,
    state::App,
    views::{
        EnergyRulesPage, EnergyRulesView, EnergyView, GrantPage, GrantView, OpenOrderPage,
        OpenOrderView, TariffPage, TariffView,
    },
};
use althing_ledger::{energy::query as energy, query};
use althing_types::Address;
use axum::{Json, extract::State};
use serde::Deserialize;
use std::{collections::BTreeSet, sync::Arc};
use utoipa::IntoParams;

/// Energy as a whole
///
/// The rules in force, sums over everything, the oracles that have a weight, and the parameters.
#[utoipa::path(get, path = "/v1/energy", tag = "energy",
    responses((status = 200, description = "Energy now", body = EnergyView)))]
pub(in crate::routes) async fn summary(
    State(app): State<Arc<App>>,
) -> Result<Json<EnergyView>, ApiError> {
    let (record, set) = totals(&app).await?;
    let record = record.ok_or_else(|| {
        let message = "This node cannot read its state now: try again, or ask another one.";
        ApiError::new(ErrorCode::NotReady, message)
    })?;
    let counts = match app.backend.energy() {
        Some(index) => index.counts().await,
        None => None,
    };
    let records = app.read(vec![query::params_key()]).await?;
    let params = records.params(&app).energy;
    let now = moment(&app, &records, &params);
    Ok(Json(EnergyView::new(&record, &set, counts, now, app.show())))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct RulesQuery {
    /// `next` of the page before: only versions below this.
    before: Option<u32>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// The rules of settlement, all versions, newest first
#[utoipa::path(get, path = "/v1/energy/settlement", tag = "energy", params(RulesQuery),
    responses((status = 200, description = "A page of them", body = EnergyRulesPage)))]
pub(in crate::routes) async fn settlement(
    State(app): State<Arc<App>>,
    UrlQuery(page): UrlQuery<RulesQuery>,
) -> Result<Json<EnergyRulesPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let key = energy::energy_key();
    let newest = app.read(vec![key]).await?.get(key, energy::decode_energy);
    let count = newest.map_or(0, |record| record.version.saturating_add(1));
    let end = page.before.map_or(count, |before| before.min(count));
    let begin = end.saturating_sub(u32::try_from(limit).unwrap_or(u32::MAX));
    let keys = (begin..end).map(energy::settlement_key);
    let records = app.read(keys.collect()).await?;
    let view = |version| {
        let rules = records.get(energy::settlement_key(version), energy::decode_settlement)?;
        Some(EnergyRulesView::new(version, &rules))
    };
    let versions = (begin..end).rev().filter_map(view).collect();
    let next = (begin > 0).then_some(begin);
    Ok(Json(EnergyRulesPage { height: records.height.get(), versions, next }))
}

async fn granted(app: &App, grantor: Address, page: &AfterPage) -> Result<GrantPage, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let found = index(app)?.grants(grantor, page.after()?, limit + 1).await;
    let mut accounts = found.ok_or_else(no_index)?;
    let more = cut(&mut accounts, limit);
    let key = |account: &Address| energy::grant_key(grantor, *account);
    let records = app.read(accounts.iter().map(key).collect()).await?;
    let height = records.height.get();
    let view = |account: &Address| {
        let grant = records.get(key(account), energy::decode_grant)?;
        Some(GrantView::new(grantor, *account, &grant, height))
    };
    Ok(GrantPage {
        height,
        grants: accounts.iter().filter_map(view).collect(),
        next: accounts.last().filter(|_| more).map(|last| last.to_string()),
    })
}

/// Who may act for an account
#[utoipa::path(get, path = "/v1/energy/grants/{grantor}", tag = "energy",
    params(("grantor" = String, Path, description = "The account"), AfterPage),
    responses((status = 200, description = "A page of grants", body = GrantPage)))]
pub(in crate::routes) async fn grants(
    State(app): State<Arc<App>>,
    UrlPath(grantor): UrlPath<String>,
    UrlQuery(page): UrlQuery<AfterPage>,
) -> Result<Json<GrantPage>, ApiError> {
    granted(&app, parse::address(&grantor)?, &page).await.map(Json)
}

/// Who looks after the market for the chain
#[utoipa::path(get, path = "/v1/energy/admins", tag = "energy", params(AfterPage),
    responses((status = 200, description = "A page of grants of governance", body = GrantPage)))]
pub(in crate::routes) async fn admins(
    State(app): State<Arc<App>>,
    UrlQuery(page): UrlQuery<AfterPage>,
) -> Result<Json<GrantPage>, ApiError> {
    granted(&app, Address::of_module("governance"), &page).await.map(Json)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct TariffsQuery {
    /// Only those of this zone.
    zone: Option<String>,
    /// `next` of the page before: only those behind this account.
    after: Option<String>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// Providers that sell at once, with their tariffs
#[utoipa::path(get, path = "/v1/energy/tariffs", tag = "energy", params(TariffsQuery),
    responses((status = 200, description = "A page of them", body = TariffPage)))]
pub(in crate::routes) async fn tariffs(
    State(app): State<Arc<App>>,
    UrlQuery(page): UrlQuery<TariffsQuery>,
) -> Result<Json<TariffPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let filter = ProviderQuery {
        state: None,
        zone: zone(page.zone.as_deref())?,
        selling: true,
        after: super::account(&page.after)?,
    };
    let found = index(&app)?.providers(filter, limit + 1).await;
    let mut accounts = found.ok_or_else(no_index)?;
    let more = cut(&mut accounts, limit);
    let keys = accounts
        .iter()
        .flat_map(|account| [energy::provider_key(*account), energy::tariff_key(*account)]);
    let records = app.read(keys.collect()).await?;
    let view = |account: &Address| {
        let tariff = records.get(energy::tariff_key(*account), energy::decode_tariff)?;
        let provider = records.get(energy::provider_key(*account), energy::decode_provider)?;
        Some(TariffView::new(*account, &provider, &tariff, app.show()))
    };
    Ok(Json(TariffPage {
        height: records.height.get(),
        tariffs: accounts.iter().filter_map(view).collect(),
        next: accounts.last().filter(|_| more).map(|last| last.to_string()),
    }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct OrdersQuery {
    /// `next` of the page before: only those with a higher number.
    after: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// Open offers and orders of an account, oldest first
#[utoipa::path(get, path = "/v1/energy/orders/{account}", tag = "energy",
    params(("account" = String, Path, description = "The account"), OrdersQuery),
    responses((status = 200, description = "A page of them", body = OpenOrderPage)))]
pub(in crate::routes) async fn orders(
    State(app): State<Arc<App>>,
    UrlPath(account): UrlPath<String>,
    UrlQuery(page): UrlQuery<OrdersQuery>,
) -> Result<Json<OpenOrderPage>, ApiError> {
    let (account, limit) = (parse::address(&account)?, parse::limit(page.limit, &app.config)?);
    let found = index(&app)?.orders(account, page.after, limit + 1).await;
    let mut open = found.ok_or_else(no_index)?;
    let more = cut(&mut open, limit);
    let keys: BTreeSet<_> =
        open.iter().map(|order| energy::book_key(&order.zone, order.slot)).collect();
    let records = app.read(keys.into_iter().collect()).await?;
    let view = |order| -> Option<OpenOrderView> {
        let order: &crate::backend::OrderRow = order;
        let book = records.get(energy::book_key(&order.zone, order.slot), energy::decode_book)?;
        OpenOrderView::new(order, &book, app.show())
    };
    Ok(Json(OpenOrderPage {
        height: records.height.get(),
        account: account.to_string(),
        orders: open.iter().filter_map(view).collect(),
        next: open.last().filter(|_| more).map(|last| last.number),
    }))
}
