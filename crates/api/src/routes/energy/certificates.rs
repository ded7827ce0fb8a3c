//! Sales and certificates of origin.

use super::{BeforePage, cut, index};
use crate::{
    backend::{SaleQuery, SaleRow},
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    routes::validators::no_index,
    state::App,
    views::{CertificatePage, CertificateView, KnownCertificate, SalePage, SaleView},
};
use althing_ledger::energy::query as energy;
use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::IntoParams;

/// Owners of one certificate that are told.
const MAX_OWNERS: usize = 1_000;
/// What a certificate can be good for.
const STATES: [&str; 3] = ["held", "retired", "revoked"];

/// Sales of a provider, newest first, with what it was paid for them
#[utoipa::path(get, path = "/v1/energy/providers/{address}/settlements", tag = "energy",
    params(("address" = String, Path, description = "Its account"), BeforePage),
    responses((status = 200, description = "A page of them", body = SalePage)))]
pub(in crate::routes) async fn settlements(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
    UrlQuery(page): UrlQuery<BeforePage>,
) -> Result<Json<SalePage>, ApiError> {
    let (provider, limit) = (parse::address(&address)?, parse::limit(page.limit, &app.config)?);
    let filter =
        SaleQuery { provider: Some(provider), before: page.before, ..SaleQuery::default() };
    let found = index(&app)?.sales(filter, limit + 1).await;
    let mut sales = found.ok_or_else(no_index)?;
    let more = cut(&mut sales, limit);
    Ok(Json(SalePage {
        provider: provider.to_string(),
        settlements: sales.iter().map(|sale| SaleView::new(sale, app.show())).collect(),
        next: sales.last().filter(|_| more).map(|last| last.number),
    }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct CertificatesQuery {
    /// Only those that this account has.
    owner: Option<String>,
    /// Only those of energy of this provider.
    provider: Option<String>,
    /// Only those of energy that this account bought.
    buyer: Option<String>,
    /// Only those in this state: `held`, `retired` or `revoked`.
    state: Option<String>,
    /// `next` of the page before: only those with a lower number.
    before: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// Certificates of origin, newest first
#[utoipa::path(get, path = "/v1/energy/certificates", tag = "energy", params(CertificatesQuery),
    responses((status = 200, description = "A page of them", body = CertificatePage)))]
pub(in crate::routes) async fn list(
    State(app): State<Arc<App>>,
    UrlQuery(page): UrlQuery<CertificatesQuery>,
) -> Result<Json<CertificatePage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let state = |text: &str| {
        let known = STATES.into_iter().find(|known| *known == text);
        let wrong = "There is no such state: give held, retired or revoked.";
        known.ok_or_else(|| ApiError::parameter("state", wrong))
    };
    let filter = SaleQuery {
        owner: super::account(&page.owner)?,
        provider: super::account(&page.provider)?,
        buyer: super::account(&page.buyer)?,
        state: page.state.as_deref().map(state).transpose()?,
        before: page.before,
    };
    let found = index(&app)?.sales(filter, limit + 1).await;
    let mut sales = found.ok_or_else(no_index)?;
    let more = cut(&mut sales, limit);
    let keys = sales.iter().map(|sale| energy::certificate_key(sale.number));
    let records = app.read(keys.collect()).await?;
    let view = |sale: &SaleRow| {
        let key = energy::certificate_key(sale.number);
        let record = records.get(key, energy::decode_certificate);
        let (number, record) = (sale.number, record.as_ref());
        CertificateView::new(&KnownCertificate { number, record, history: Some(sale) }, app.show())
    };
    Ok(Json(CertificatePage {
        height: records.height.get(),
        certificates: sales.iter().filter_map(view).collect(),
        next: sales.last().filter(|_| more).map(|last| last.number),
    }))
}

/// A certificate of origin, with who had it and how it stands
#[utoipa::path(get, path = "/v1/energy/certificates/{number}", tag = "energy",
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The certificate", body = CertificateView)))]
pub(in crate::routes) async fn one(
    State(app): State<Arc<App>>,
    UrlPath(number): UrlPath<u64>,
) -> Result<Json<CertificateView>, ApiError> {
    let key = energy::certificate_key(number);
    let record = app.read(vec![key]).await?.get(key, energy::decode_certificate);
    let (mut history, mut owners) = (None, Vec::new());
    if let Some(index) = app.backend.energy() {
        history = index.sale(number).await.flatten();
        owners = index.owners(number, MAX_OWNERS).await.unwrap_or_default();
    }
    let known = KnownCertificate { number, record: record.as_ref(), history: history.as_ref() };
    let view = CertificateView::new(&known, app.show()).ok_or_else(|| {
        let message = format!(
            "There is no certificate {number}; a node without an index forgets revoked ones."
        );
        ApiError::new(ErrorCode::CertificateNotFound, message)
            .detail(json!({ "certificate": number }))
    })?;
    Ok(Json(view.whole(&owners)))
}
