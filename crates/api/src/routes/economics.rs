//! What validating and delegating will earn.

use super::validators::find;
use crate::{
    economics::{Chain, Plan},
    error::ApiError,
    extract::UrlQuery,
    state::App,
    views::EconomicsView,
};
use althing_types::{Amount, Height, Ppm};
use axum::{Json, extract::State};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Blocks over which the pace is measured.
const PACE: u64 = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EconomicsQuery {
    /// A validator, by key or operator, whose present numbers stand for what is left out.
    validator: Option<String>,
    /// Own stake of the operator, in base units; the least that a validator needs if left out.
    stake: Option<String>,
    /// What others delegate to it, in base units.
    delegate: Option<String>,
    /// More that others delegate, on top of `delegate`, in base units.
    add: Option<String>,
    /// Commission, in parts per million; 50,000 if left out.
    commission: Option<u32>,
    /// What running it costs in a year, in base units; nothing if left out.
    costs: Option<String>,
    /// Fees that an average block pays, in base units; nothing if left out.
    fees: Option<String>,
    /// The part of its proposals that it makes, in parts per million; all if left out.
    score: Option<u32>,
    /// Time from block to block, in milliseconds; that of the last 100 blocks if left out.
    block_time_ms: Option<u64>,
}

fn amount(name: &str, text: Option<&str>, default: Amount) -> Result<Amount, ApiError> {
    // Enough for any supply, and small enough that nothing overflows.
    const MOST: u128 = 1 << 100;
    let Some(text) = text else { return Ok(default) };
    let parsed = text.parse::<Amount>().ok().filter(|amount| amount.units() <= MOST);
    parsed.ok_or_else(|| {
        ApiError::parameter(name, format!("{name} is a number of base units, at most 2^100."))
    })
}

fn ratio(name: &str, value: Option<u32>, default: Ppm) -> Result<Ppm, ApiError> {
    let Some(value) = value else { return Ok(default) };
    Ppm::new(value)
        .ok_or_else(|| ApiError::parameter(name, format!("{name} is at most 1000000 ppm.")))
}

/// The time from block to block, over the last blocks.
async fn pace(app: &App, idle_ms: u64) -> u64 {
    let tip = app.backend.status().height;
    let first = Height::new(tip.get().saturating_sub(PACE).max(1));
    let (Some(old), Some(new)) = (app.backend.block(first).await, app.backend.block(tip).await)
    else {
        return idle_ms;
    };
    let (old, new) = (&old.header, &new.header);
    let blocks = new.height.get().saturating_sub(old.height.get());
    let took = new.timestamp.get().saturating_sub(old.timestamp.get());
    took.checked_div(blocks).unwrap_or(idle_ms).max(1)
}

/// What a validator, its operator and its delegators earn in a year, if everything stays as it is
///
/// A forecast under the present parameters. Without `validator`, of one that joins.
#[utoipa::path(get, path = "/v1/economics", tag = "stake", params(EconomicsQuery),
    responses((status = 200, description = "The forecast", body = EconomicsView)))]
pub(super) async fn economics(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<EconomicsQuery>,
) -> Result<Json<EconomicsView>, ApiError> {
    let params = app.backend.params().await;
    let status = app.backend.status();
    let base = match &query.validator {
        Some(id) => Some(find(&app, id).await?.1),
        None => None,
    };
    let total = base.as_ref().map(|v| v.tokens.units().saturating_add(v.pending.units()));
    let own = base.as_ref().map_or(params.staking.min_validator_stake, |v| v.own_stake);
    let delegated =
        total.unwrap_or(0).saturating_sub(base.as_ref().map_or(0, |v| v.own_stake.units()));
    let five = Ppm::new(50_000).unwrap_or_default().min(params.staking.max_commission);
    let commission = base.as_ref().map_or(five, |v| v.commission);
    let more = amount("add", query.add.as_deref(), Amount::ZERO)?;
    let delegated = amount("delegate", query.delegate.as_deref(), Amount::new(delegated))?;
    let plan = Plan {
        own: amount("stake", query.stake.as_deref(), own)?,
        delegated: Amount::new(delegated.units().saturating_add(more.units())),
        commission: ratio("commission", query.commission, commission)?,
        costs: amount("costs", query.costs.as_deref(), Amount::ZERO)?,
        fees: amount("fees", query.fees.as_deref(), Amount::ZERO)?,
        score: ratio("score", query.score, Ppm::ONE)?,
    };
    let set = app.set_of(status.epoch).await?;
    let all = app.backend.validator_list().await;
    let key = base.as_ref().map(|v| v.key);
    let others = all.iter().filter(|v| set.position(&v.key).is_some() && Some(v.key) != key);
    let block_time_ms = match query.block_time_ms {
        Some(time) => time.max(1),
        None => pace(&app, params.idle_interval_ms).await,
    };
    let chain = Chain {
        height: status.height.get(),
        time: althing_types::Timestamp::new(status.block_time_ms),
        genesis_time: app.backend.info().genesis.genesis_time,
        block_time_ms,
        reserve: app.backend.stake().await.reserve,
        others: others.map(|v| v.tokens).collect(),
        params,
    };
    let named = base.map(|v| (v.key.to_string(), v.details.name.to_string()));
    Ok(Json(EconomicsView::new(named, &chain, &plan, app.show())))
}
