//! The routes, one module for each subject, and the document that describes them.

mod accounts;
mod aliases;
mod blocks;
mod chain;
mod compute;
mod delegators;
mod device_reports;
mod document;
mod economics;
mod energy;
mod events;
mod fees;
mod governance;
mod history;
mod network;
mod node;
mod pages;
mod peers;
mod proof;
mod randomness;
mod safety;
mod schemas;
mod submit;
mod transactions;
mod treasury;
mod upgrade;
mod validators;
mod workers;

pub use document::openapi;

use crate::{
    error::{ApiError, ErrorCode},
    state::App,
};
use axum::{
    Router,
    http::{Method, Uri},
};
use serde_json::json;
use std::sync::Arc;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Every route that the document describes, except aliases.
fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(document::frame())
        .routes(routes!(node::version))
        .routes(routes!(node::status))
        .routes(routes!(node::live))
        .routes(routes!(node::ready))
        .routes(routes!(node::metrics))
        .routes(routes!(node::search))
        .routes(routes!(chain::genesis))
        .routes(routes!(chain::params))
        .routes(routes!(chain::supply))
        .routes(routes!(validators::list))
        .routes(routes!(validators::jailed))
        .routes(routes!(validators::one))
        .routes(routes!(validators::history))
        .routes(routes!(validators::delegations))
        .routes(routes!(delegators::delegations))
        .routes(routes!(delegators::rewards))
        .routes(routes!(delegators::unbonding))
        .routes(routes!(economics::economics))
        .routes(routes!(governance::list))
        .routes(routes!(governance::one))
        .routes(routes!(governance::tally))
        .routes(routes!(governance::events))
        .routes(routes!(governance::votes))
        .routes(routes!(governance::vote))
        .routes(routes!(governance::weight))
        .routes(routes!(governance::check))
        .routes(routes!(governance::parameters))
        .routes(routes!(governance::parameter))
        .routes(routes!(governance::history))
        .routes(routes!(governance::tracks))
        .routes(routes!(treasury::summary))
        .routes(routes!(treasury::list))
        .routes(routes!(treasury::one))
        .routes(routes!(treasury::snapshot))
        .routes(routes!(history::income))
        .routes(routes!(treasury::submit))
        .routes(routes!(treasury::queue))
        .routes(routes!(treasury::execute))
        .routes(routes!(treasury::rollback))
        .routes(routes!(randomness::newest))
        .routes(routes!(randomness::at))
        .routes(routes!(network::spec))
        .routes(routes!(network::specs))
        .routes(routes!(network::one))
        .routes(routes!(network::preferences))
        .routes(routes!(history::network))
        .routes(routes!(upgrade::status))
        .routes(routes!(upgrade::readiness))
        .routes(routes!(history::upgrades))
        .routes(routes!(safety::status))
        .routes(routes!(history::safety))
        .routes(routes!(compute::summary))
        .routes(routes!(compute::tasks))
        .routes(routes!(compute::task))
        .routes(routes!(compute::events))
        .routes(routes!(compute::prices))
        .routes(routes!(compute::models))
        .routes(routes!(compute::drivers))
        .routes(routes!(compute::verifying))
        .routes(routes!(workers::list))
        .routes(routes!(workers::one))
        .routes(routes!(workers::tasks))
        .routes(routes!(workers::readings))
        .routes(routes!(workers::weights))
        .routes(routes!(workers::checkers))
        .routes(routes!(energy::summary))
        .routes(routes!(energy::settlement))
        .routes(routes!(energy::grants))
        .routes(routes!(energy::admins))
        .routes(routes!(energy::tariffs))
        .routes(routes!(energy::orders))
        .routes(routes!(energy::providers))
        .routes(routes!(energy::provider))
        .routes(routes!(energy::meters))
        .routes(routes!(energy::batches))
        .routes(routes!(energy::credits))
        .routes(routes!(energy::settlements))
        .routes(routes!(energy::meter))
        .routes(routes!(energy::meter_by_key))
        .routes(routes!(energy::meter_readings))
        .routes(routes!(energy::meter_latest))
        .routes(routes!(energy::all_batches))
        .routes(routes!(energy::batch))
        .routes(routes!(energy::undecided))
        .routes(routes!(energy::oracles))
        .routes(routes!(energy::oracle))
        .routes(routes!(energy::oracle_latest))
        .routes(routes!(energy::oracle_reports))
        .routes(routes!(energy::market))
        .routes(routes!(energy::slots))
        .routes(routes!(energy::certificates))
        .routes(routes!(energy::certificate))
        .routes(routes!(energy::disputes))
        .routes(routes!(energy::dispute))
        .routes(routes!(schemas::list))
        .routes(routes!(schemas::one))
        .routes(routes!(proof::record))
        .routes(routes!(chain::epoch))
        .routes(routes!(chain::evidence))
        .routes(routes!(chain::forks))
        .routes(routes!(blocks::list))
        .routes(routes!(blocks::one))
        .routes(routes!(blocks::header))
        .routes(routes!(blocks::transactions))
        .routes(routes!(blocks::receipts))
        .routes(routes!(blocks::certified))
        .routes(routes!(transactions::recent, submit::submit))
        .routes(routes!(submit::batch))
        .routes(routes!(submit::simulate))
        .routes(routes!(submit::faucet))
        .routes(routes!(transactions::status))
        .routes(routes!(transactions::receipt))
        .routes(routes!(transactions::proof))
        .routes(routes!(accounts::account))
        .routes(routes!(accounts::nonce))
        .routes(routes!(accounts::transactions))
        .routes(routes!(fees::mempool))
        .routes(routes!(fees::estimate))
        .routes(routes!(fees::gas))
        .routes(routes!(peers::list, peers::add))
        .routes(routes!(peers::remove))
        .routes(routes!(peers::ban, peers::unban))
        .routes(routes!(events::stream))
        .routes(routes!(pages::openapi_json))
}

/// Every route.
pub(crate) fn all() -> Router<Arc<App>> {
    let (router, _) = described().split_for_parts();
    let router = router.merge(pages::router());
    aliases::all()
        .into_iter()
        .fold(router, |router, alias| router.route(alias.path, alias.handler))
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_method)
}

async fn unknown_route(uri: Uri) -> ApiError {
    let message = "There is no such path: /v1/docs lists those that exist.";
    ApiError::new(ErrorCode::RouteNotFound, message).detail(json!({ "path": uri.path() }))
}

async fn unknown_method(method: Method, uri: Uri) -> ApiError {
    let message = "This path does not take this method: the header `allow` lists those it takes.";
    let detail = json!({ "method": method.as_str(), "path": uri.path() });
    ApiError::new(ErrorCode::MethodNotAllowed, message).detail(detail)
}
