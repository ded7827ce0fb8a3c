//! The version of the protocol, and who is ready for the next one.

use crate::{
    error::{ApiError, ErrorCode},
    extract::UrlQuery,
    records::Records,
    state::App,
    views::{NodeReadiness, ReadinessView, UpgradeView, WarningView},
};
use althing_ledger::{
    query,
    upgrade::{Plan, Protocol, query as upgrade},
};
use althing_types::{Timestamp, Version};
use axum::{Json, extract::State};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

fn protocol(records: &Records) -> Result<Protocol, ApiError> {
    records.get(upgrade::protocol_key(), upgrade::decode_protocol).ok_or_else(|| {
        let message = "This chain has no block yet, and so no version.";
        ApiError::new(ErrorCode::NotReady, message)
    })
}

/// The rules that hold, what is planned, and what the software of this node knows
#[utoipa::path(get, path = "/v1/upgrade", tag = "upgrade",
    responses((status = 200, description = "The version of the protocol", body = UpgradeView)))]
pub(super) async fn status(State(app): State<Arc<App>>) -> Result<Json<UpgradeView>, ApiError> {
    let records = app.read(vec![upgrade::protocol_key()]).await?;
    let releases = &app.backend.info().releases;
    Ok(Json(UpgradeView::new(records.height, &protocol(&records)?, releases)))
}

/// What is planned that the software of this node does not know.
pub(super) async fn warnings(app: &App) -> Vec<WarningView> {
    let key = upgrade::protocol_key();
    // A node that cannot read its state says so elsewhere.
    let Ok(records) = app.read(vec![key]).await else { return Vec::new() };
    let plan = records.get(key, upgrade::decode_protocol).and_then(|protocol| protocol.plan);
    let unknown = plan.filter(|plan| !app.backend.info().releases.knows(plan.version));
    let warning = |plan: Plan| WarningView {
        code: "upgrade_unknown",
        message: format!(
            "This software does not know version {} of the rules, which are to hold from block {} \
             on: install a later one before, or the node stops there.",
            plan.version, plan.height
        ),
    };
    unknown.map(warning).into_iter().collect()
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReadinessQuery {
    /// The version to ask about; that which is planned, or else the newest that this node knows, if
    /// left out.
    version: Option<String>,
}

/// Which validators of the present set have nodes that know a version
#[utoipa::path(get, path = "/v1/upgrade/readiness", tag = "upgrade", params(ReadinessQuery),
    responses((status = 200, description = "Every member of the set", body = ReadinessView)))]
pub(super) async fn readiness(
    State(app): State<Arc<App>>,
    UrlQuery(wanted): UrlQuery<ReadinessQuery>,
) -> Result<Json<ReadinessView>, ApiError> {
    let status = app.backend.status();
    let set = app.set_of(status.epoch).await?;
    let members: Vec<_> = set.entries().iter().map(|entry| entry.key).collect();
    let mut keys = vec![upgrade::protocol_key(), query::params_key()];
    keys.extend(members.iter().copied().map(query::node_key));
    let records = app.read(keys).await?;
    let planned = protocol(&records)?.plan.map(|plan| plan.version);
    let newest = app.backend.info().releases.newest();
    let version: Version = match &wanted.version {
        None => planned.unwrap_or(newest),
        Some(text) => text.parse().map_err(|error| {
            ApiError::parameter("version", format!("{text:?} is no version: {error}."))
        })?,
    };
    let (names, now) = (app.names().await, Timestamp::new(status.block_time_ms));
    let nodes = members.into_iter().map(|key| {
        let node = records.get(query::node_key(key), query::decode_node);
        NodeReadiness::new((key, names.get(&key).cloned()), node.as_ref(), version, now)
    });
    let needed = records.params(&app).upgrade.min_ready;
    Ok(Json(ReadinessView::new((records.height, version), needed, nodes.collect())))
}
