use super::super::validators::no_index;
use crate::{
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    state::App,
    views::{
        ActionTrackView, ParameterChangeView, ParameterHistory, ParameterList, ParameterView,
        TrackView, TracksView,
    },
};
use althing_ledger::{governance::query, query as records};
use althing_types::{
    Address, Amount, ChainParams, Height, List, Period, Ppm, Text, Version,
    compute::{Prices, WhitelistChange},
    energy::{EnergySettlementPayload, OracleChange, Scopes},
    governance::{
        Action, Criticality, Dependencies, Order, OrderKind, ParameterChange, ParameterChanges,
        Payment, Payments,
    },
    network::{NetworkLimits, NetworkSpec, RolloutPlan, Strictness},
    params::{Area, PARAMETERS, Parameter},
};
use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::IntoParams;

/// Every parameter that a proposal can change
#[utoipa::path(get, path = "/v1/governance/params", tag = "governance",
    responses((status = 200, description = "The parameters in force", body = ParameterList)))]
pub(in crate::routes) async fn list(
    State(app): State<Arc<App>>,
) -> Result<Json<ParameterList>, ApiError> {
    let found = app.read(vec![records::params_key()]).await?;
    let params = found.params(&app);
    let view = |parameter| ParameterView::new(parameter, &params, app.show());
    Ok(Json(ParameterList {
        height: found.height.get(),
        epoch_length: params.epoch_length,
        parameters: PARAMETERS.iter().map(view).collect(),
    }))
}

fn find(name: &str) -> Result<&'static Parameter, ApiError> {
    Parameter::find(name).ok_or_else(|| {
        let message = "There is no such parameter: /v1/governance/params lists those that exist.";
        ApiError::new(ErrorCode::ParameterNotFound, message).detail(json!({ "name": name }))
    })
}

/// A parameter
#[utoipa::path(get, path = "/v1/governance/params/{name}", tag = "governance",
    params(("name" = String, Path, description = "Its name, for example `staking.min_delegation`")),
    responses((status = 200, description = "The parameter", body = ParameterView)))]
pub(in crate::routes) async fn one(
    State(app): State<Arc<App>>,
    UrlPath(name): UrlPath<String>,
) -> Result<Json<ParameterView>, ApiError> {
    let parameter = find(&name)?;
    let found = app.read(vec![records::params_key()]).await?;
    Ok(Json(ParameterView::new(parameter, &found.params(&app), app.show())))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct HistoryQuery {
    /// `next` of the page before.
    before: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// Changes of a parameter, newest first
#[utoipa::path(get, path = "/v1/governance/params/{name}/history", tag = "governance",
    params(("name" = String, Path, description = "Its name"), HistoryQuery),
    responses((status = 200, description = "A page of them", body = ParameterHistory)))]
pub(in crate::routes) async fn history(
    State(app): State<Arc<App>>,
    UrlPath(name): UrlPath<String>,
    UrlQuery(page): UrlQuery<HistoryQuery>,
) -> Result<Json<ParameterHistory>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let name = find(&name)?.name.to_owned();
    let found = app.backend.parameter_changes(Some(name.clone()), page.before, limit + 1).await;
    let mut found = found.ok_or_else(no_index)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|change| change.number);
    let changes = found.iter().map(|change| ParameterChangeView::new(change, app.show())).collect();
    Ok(Json(ParameterHistory { name, changes, next }))
}

/// The rules of votes: what each criticality asks for, and who decides about what
#[utoipa::path(get, path = "/v1/governance/tracks", tag = "governance",
    responses((status = 200, description = "The rules in force", body = TracksView)))]
pub(in crate::routes) async fn tracks(
    State(app): State<Arc<App>>,
) -> Result<Json<TracksView>, ApiError> {
    let found = app.read(vec![records::params_key(), query::agenda_key()]).await?;
    let (params, show) = (found.params(&app), app.show());
    let agenda = found.get(query::agenda_key(), query::decode_agenda).unwrap_or_default();
    let rules = &params.governance;
    let tracks = Criticality::ALL.iter().filter_map(|level| TrackView::new(*level, &params));
    Ok(Json(TracksView {
        height: found.height.get(),
        deposit: rules.deposit.to_string(),
        deposit_display: show.amount(rules.deposit),
        quorum: rules.quorum.get(),
        veto: rules.veto.get(),
        min_uptime: rules.min_uptime.get(),
        open: agenda.entries.len(),
        max_open: rules.max_open,
        max_open_per_account: rules.max_open_per_account,
        tracks: tracks.collect(),
        actions: cases(&params).iter().filter_map(|case| action(&params, case)).collect(),
    }))
}

/// An action with a name for what is special about it.
type Case = (Action, &'static str);

/// Who decides about an action, whatever its criticality.
fn action(params: &ChainParams, (action, case): &Case) -> Option<ActionTrackView> {
    let allowed = |level: &&Criticality| query::houses(params, action, **level).is_some();
    let levels: Vec<Criticality> = Criticality::ALL.iter().filter(allowed).copied().collect();
    let houses = query::houses(params, action, *levels.first()?)?;
    Some(ActionTrackView::new((action.name(), case), houses, &levels))
}

/// An example of everything about which somebody else decides, or another criticality is asked for.
fn cases(params: &ChainParams) -> Vec<Case> {
    let limit = params.treasury.grant_limit;
    let above = Amount::new(limit.units().saturating_add(1));
    let mut cases = vec![(Action::Text {}, "any")];
    for (area, case) in [
        (Area::Network, "parameters of the network"),
        (Area::Economy, "parameters of the economy"),
        (Area::Governance, "parameters of governance"),
    ] {
        cases.extend(change_in(params, area).map(|action| (action, case)));
    }
    for (rollout, case) in [(true, "tried by some first"), (false, "for everybody at once")] {
        cases.push((configuration(rollout), case));
    }
    cases.extend(grant(limit).map(|action| (action, "up to treasury.grant_limit")));
    cases.extend(grant(above).map(|action| (action, "above treasury.grant_limit")));
    let rollback = Action::TreasuryRollback { disbursement: 0, compensation: Ppm::ZERO };
    cases.push((rollback, "any"));
    let (version, notes) = (Version::default(), Text::default());
    cases.push((Action::Upgrade { version, height: None, notes, digest: None }, "any"));
    cases.push((Action::UpgradeCancel { version }, "any"));
    cases.push((Action::Emergency { order: Order::CancelUpgrade { version } }, "any"));
    cases.push((Action::SafetyRules { rules: None }, "any"));
    cases.push((Action::ComputeWhitelist { change: WhitelistChange::default() }, "any"));
    cases.push((Action::ComputePrices { prices: Prices::default() }, "any"));
    let settlement = EnergySettlementPayload::initial();
    cases.push((Action::EnergySettlement { settlement }, "any"));
    let (oracle, change) = (Address::of_module("energy"), OracleChange::Remove {});
    cases.push((Action::EnergyOracle { oracle, change }, "any"));
    let (account, scopes, expires) = (oracle, Scopes::NONE, Height::ZERO);
    cases.push((Action::EnergyAdmin { account, scopes, expires }, "any"));
    for (order, case) in [
        (OrderKind::PauseTreasury, "changes of the treasury"),
        (OrderKind::SetSpec, "changes of the network"),
    ] {
        cases.push((Action::Ratify { change: 0, order }, case));
    }
    cases
}

fn change_in(params: &ChainParams, area: Area) -> Option<Action> {
    let parameter = PARAMETERS.iter().find(|parameter| parameter.area == area)?;
    let value = parameter.get(params);
    let change = ParameterChange { name: parameter.name.parse().ok()?, from: value, to: value };
    Some(Action::Parameters { changes: ParameterChanges::new(vec![change])? })
}

/// A configuration. Who decides does not depend on what it says.
fn configuration(rollout: bool) -> Action {
    let spec = NetworkSpec {
        boot_nodes: List::default(),
        min_version: Version::default(),
        strictness: Strictness::Off,
        limits: NetworkLimits::default(),
    };
    let (first, min_health) = (Ppm::ZERO, Ppm::ONE);
    let plan = RolloutPlan { first, watch: Period::default(), min_health };
    Action::Network { base: 0, spec, rollout: rollout.then_some(plan) }
}

fn grant(amount: Amount) -> Option<Action> {
    let to = Address::of_module("treasury");
    let payments = Payments::new(vec![Payment { to, amount, milestone: Period::default() }])?;
    Some(Action::Treasury { payments, deps: Dependencies::default(), memo: Text::default() })
}
