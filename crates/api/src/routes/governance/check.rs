use super::draft::{Wanted, draft};
use crate::{
    bodies::ProposalRequest,
    error::ApiError,
    extract::JsonBody,
    parse,
    records::Records,
    state::App,
    views::{CheckView, EffectView, RuleView, TrackView, houses_of, value_text},
};
use althing_ledger::{
    energy::query as energy,
    governance::query,
    network::query as network,
    query as records,
    safety::query as safety,
    treasury::{Treasury, query as treasury},
    upgrade::query as upgrade,
};
use althing_state::StateKey;
use althing_types::{
    Address, Amount, Event, GasPrice, Height, Payload, Ppm, Version,
    compute::Prices,
    energy::{EnergySettlementPayload, OracleChange},
    governance::{Action, DisbursementState, Order, ParameterChange, Payment, SafetyRules},
    network::NetworkSpec,
    params::Parameter,
};
use axum::{Json, extract::State};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

/// What a proposal would come to: whether the chain takes it, who decides, and all that would be
/// different
///
/// Nothing is kept. It is tried as the account `sender`, which must own the deposit.
#[utoipa::path(post, path = "/v1/governance/check", tag = "governance",
    request_body = ProposalRequest,
    responses((status = 200, description = "What it would come to", body = CheckView)))]
pub(in crate::routes) async fn check(
    State(app): State<Arc<App>>,
    JsonBody(request): JsonBody<ProposalRequest>,
) -> Result<Json<CheckView>, ApiError> {
    let sender = parse::address(&request.sender)?;
    let (action, criticality) = (request.proposal.action.clone(), request.proposal.criticality);
    let payload = Payload::SubmitProposal(request.proposal);
    let gas_price = request.gas_price.map(GasPrice::new);
    let (_, run) = draft(&app, Wanted { sender, payload, gas_price }).await;
    let show = app.show();
    let state = state_of(&app, &action).await?;
    let params = state.params(&app);
    let (mut number, mut gas_used, mut rule, mut reason) = (None, None, None, None);
    match run.outcome {
        Ok(receipt) => {
            gas_used = Some(receipt.gas_used.get());
            number = receipt.events.iter().find_map(|event| match event {
                Event::ProposalSubmitted { proposal, .. } => Some(*proposal),
                _ => None,
            });
            rule = (!receipt.code.is_ok()).then(|| RuleView::new(receipt.code, show));
        }
        Err(refusal) => reason = Some(refusal.into()),
    }
    Ok(Json(CheckView {
        height: run.height.get(),
        valid: rule.is_none() && reason.is_none(),
        rule,
        reason,
        number,
        kind: action.name().to_owned(),
        houses: query::houses(&params, &action, criticality).map(|it| houses_of(it).to_owned()),
        track: TrackView::new(criticality, &params),
        quorum: params.governance.quorum.get(),
        deposit: params.governance.deposit.to_string(),
        deposit_display: show.amount(params.governance.deposit),
        gas_used,
        effects: effects(&app, &state, &action),
    }))
}

/// Everything in the state that the effects of an action depend on.
async fn state_of(app: &App, action: &Action) -> Result<Records, ApiError> {
    let pool = records::account_key(Address::of_module("treasury"));
    let mut keys = vec![records::params_key(), treasury::treasury_key(), pool];
    keys.push(upgrade::protocol_key());
    let recipients = |payments: &[Payment]| -> Vec<StateKey> {
        payments.iter().map(|payment| records::account_key(payment.to)).collect()
    };
    match action {
        Action::Treasury { payments, .. } => keys.extend(recipients(payments)),
        Action::TreasuryRollback { disbursement, .. } => {
            let key = treasury::disbursement_key(*disbursement);
            let record = app.read(vec![key]).await?.get(key, treasury::decode_disbursement);
            keys.push(key);
            keys.extend(record.iter().flat_map(|record| recipients(&record.payments)));
        }
        Action::Network { .. } => {
            let key = network::network_key();
            let present = app.read(vec![key]).await?.get(key, network::decode_network);
            keys.push(key);
            keys.extend(present.map(|present| network::spec_key(present.current)));
        }
        Action::SafetyRules { .. } => keys.push(safety::safety_key()),
        Action::EnergySettlement { .. } => keys.push(energy::energy_key()),
        Action::EnergyOracle { oracle, .. } => keys.push(energy::oracle_key(*oracle)),
        _ => {}
    }
    app.read(keys).await
}

fn effects(app: &App, state: &Records, action: &Action) -> Vec<EffectView> {
    match action {
        Action::Parameters { changes } => {
            changes.iter().filter_map(|change| changed(app, state, change)).collect()
        }
        Action::Treasury { payments, .. } => {
            let paid = payments.iter().map(|payment| (payment.to, payment.amount));
            moved(app, state, paid, false)
        }
        Action::TreasuryRollback { disbursement, compensation } => {
            rolled_back(app, state, *disbursement, *compensation)
        }
        Action::Network { base, spec, .. } => configured(state, *base, spec),
        Action::Upgrade { version, height, .. } => upgraded(state, *version, *height),
        Action::UpgradeCancel { version } => given_up(state, *version),
        Action::Emergency { order } => vec![ordered(order)],
        Action::SafetyRules { rules } => vec![ruled(state, rules.as_ref())],
        Action::Ratify { change, order } => vec![EffectView {
            what: format!("provisional change {change} ({})", order.name()),
            from: "lapses by itself".to_owned(),
            to: "stays".to_owned(),
            expected: None,
        }],
        Action::ComputeWhitelist { change } => vec![EffectView {
            what: "lists of drivers and models".to_owned(),
            from: String::new(),
            to: written(change),
            expected: None,
        }],
        Action::ComputePrices { prices } => vec![priced(state, prices)],
        Action::EnergySettlement { settlement } => vec![settled(state, settlement)],
        Action::EnergyOracle { oracle, change } => vec![weighted(state, *oracle, change)],
        Action::EnergyAdmin { account, scopes, expires } => vec![EffectView {
            what: format!("what {account} may do for the market of energy"),
            from: String::new(),
            to: format!("{} before block {expires}", written(scopes)),
            expected: None,
        }],
        Action::Text {} => Vec::new(),
    }
}

/// The shapes of work that would earn credit, and how much.
fn priced(state: &Records, prices: &Prices) -> EffectView {
    let present = state.get(records::params_key(), records::decode_params);
    let from = present.map(|params| written(&params.compute.prices)).unwrap_or_default();
    let what = "shapes of work that earn credit".to_owned();
    EffectView { what, from, to: written(prices), expected: None }
}

/// How readings would be attested and energy sold.
fn settled(state: &Records, settlement: &EnergySettlementPayload) -> EffectView {
    let present = state.get(energy::energy_key(), energy::decode_energy);
    let from = present.map(|present| written(&present.settlement)).unwrap_or_default();
    let what = "rules of settlement of energy".to_owned();
    EffectView { what, from, to: written(settlement), expected: None }
}

/// What an oracle would weigh, in parts per million.
fn weighted(state: &Records, oracle: Address, change: &OracleChange) -> EffectView {
    let present = state.get(energy::oracle_key(oracle), energy::decode_oracle);
    let from = present.map_or(Ppm::ZERO, |present| present.weight);
    let to = match change {
        OracleChange::Weight { weight } => *weight,
        OracleChange::Remove {} => Ppm::ZERO,
    };
    EffectView {
        what: format!("weight of the oracle {oracle}"),
        from: from.get().to_string(),
        to: to.get().to_string(),
        expected: None,
    }
}

/// A document as text: strings, numbers and lists only, which always serialize.
fn written(document: &impl Serialize) -> String {
    serde_json::to_string(document).unwrap_or_default()
}

/// What an order does at once.
fn ordered(order: &Order) -> EffectView {
    let (what, to) = (order.kind().name().to_owned(), written(order));
    EffectView { what, from: String::new(), to, expected: None }
}

/// Who would hold the safety override, and within which limits.
fn ruled(state: &Records, rules: Option<&SafetyRules>) -> EffectView {
    let present = state.get(safety::safety_key(), safety::decode_safety);
    let none = || "none".to_owned();
    let from = present.map_or_else(none, |present| written(&present.rules));
    let to = rules.map_or_else(none, written);
    EffectView { what: "safety override".to_owned(), from, to, expected: None }
}

/// Every field of the configuration that would be another one.
fn configured(state: &Records, base: u64, spec: &NetworkSpec) -> Vec<EffectView> {
    let Some(present) = state.get(network::network_key(), network::decode_network) else {
        return Vec::new();
    };
    let current = present.current;
    let mut effects = vec![EffectView {
        what: "network version".to_owned(),
        from: current.to_string(),
        to: present.next.to_string(),
        expected: (base != current).then(|| base.to_string()),
    }];
    // A configuration holds strings, numbers and lists only, which always serialize.
    let before = state.get(network::spec_key(current), network::decode_spec);
    let before = before.map(|before| serde_json::to_value(before.document).unwrap_or_default());
    let after = serde_json::to_value(spec).unwrap_or_default();
    for (name, value) in after.as_object().into_iter().flatten() {
        let was = before.as_ref().and_then(|before| before.get(name));
        if was != Some(value) {
            effects.push(EffectView {
                what: format!("network {name}"),
                from: was.map(ToString::to_string).unwrap_or_default(),
                to: value.to_string(),
                expected: None,
            });
        }
    }
    effects
}

fn upgraded(state: &Records, version: Version, height: Option<Height>) -> Vec<EffectView> {
    let present = state.get(upgrade::protocol_key(), upgrade::decode_protocol);
    let from = present.map(|present| present.version.to_string()).unwrap_or_default();
    let when = height.map(|height| format!(" from block {height} on")).unwrap_or_default();
    let (what, to) = ("protocol version".to_owned(), format!("{version}{when}"));
    vec![EffectView { what, from, to, expected: None }]
}

fn given_up(state: &Records, version: Version) -> Vec<EffectView> {
    let present = state.get(upgrade::protocol_key(), upgrade::decode_protocol);
    let plan = present.and_then(|present| present.plan).map(|plan| plan.version.to_string());
    let expected = version.to_string();
    let (what, from) = ("planned upgrade".to_owned(), plan.unwrap_or_else(|| "none".to_owned()));
    let expected = (expected != from).then_some(expected);
    vec![EffectView { what, from, to: "none".to_owned(), expected }]
}

fn changed(app: &App, state: &Records, change: &ParameterChange) -> Option<EffectView> {
    let present = Parameter::find(&change.name)?.get(&state.params(app));
    let text = |value| value_text(value, app.show());
    Some(EffectView {
        what: change.name.to_string(),
        from: text(&present),
        to: text(&change.to),
        expected: (present != change.from).then(|| text(&change.from)),
    })
}

/// Money between the treasury and others: from it, or back into what is available.
fn moved(
    app: &App,
    state: &Records,
    paid: impl Iterator<Item = (Address, Amount)>,
    back: bool,
) -> Vec<EffectView> {
    let sums = state.get(treasury::treasury_key(), treasury::decode_treasury);
    let Treasury { reserved, .. } = sums.unwrap_or_default();
    let owned = state.balance(Address::of_module("treasury")).units();
    let available = owned.saturating_sub(reserved.units());
    let mut by_account: BTreeMap<Address, u128> = BTreeMap::new();
    for (to, amount) in paid {
        let sum = by_account.entry(to).or_default();
        *sum = sum.saturating_add(amount.units());
    }
    let total = by_account.values().copied().fold(0, u128::saturating_add);
    let after =
        if back { available.saturating_add(total) } else { available.saturating_sub(total) };
    let effect = |what: String, from: u128, to: u128| EffectView {
        what,
        from: app.show().amount(Amount::new(from)),
        to: app.show().amount(Amount::new(to)),
        expected: None,
    };
    let mut effects = vec![effect("treasury (available)".to_owned(), available, after)];
    if !back {
        effects.extend(by_account.into_iter().map(|(to, sum)| {
            let owned = state.balance(to).units();
            effect(to.to_string(), owned, owned.saturating_add(sum))
        }));
    }
    effects
}

fn rolled_back(app: &App, state: &Records, number: u64, compensation: Ppm) -> Vec<EffectView> {
    let Some(record) = state.disbursement(number).filter(|record| record.is_pending()) else {
        return Vec::new();
    };
    let executed = record.state == DisbursementState::Executed;
    let kept = |amount: Amount| if executed { amount.share(compensation) } else { Amount::ZERO };
    let open = record.payments.iter().zip(0u32..);
    let open = open
        .filter(|(_, place)| 1u32.checked_shl(*place).is_some_and(|bit| record.paid & bit == 0));
    let open: Vec<Payment> = open.map(|(payment, _)| *payment).collect();
    let returned = open.iter().map(|payment| {
        let rest = payment.amount.units().saturating_sub(kept(payment.amount).units());
        (payment.to, Amount::new(rest))
    });
    let mut effects = vec![EffectView {
        what: format!("disbursement {number}"),
        from: record.state.name().to_owned(),
        to: DisbursementState::RolledBack.name().to_owned(),
        expected: None,
    }];
    effects.extend(moved(app, state, returned, true));
    for payment in open.iter().filter(|payment| !kept(payment.amount).is_zero()) {
        let owned = state.balance(payment.to);
        let more = Amount::new(owned.units().saturating_add(kept(payment.amount).units()));
        effects.push(EffectView {
            what: payment.to.to_string(),
            from: app.show().amount(owned),
            to: app.show().amount(more),
            expected: None,
        });
    }
    effects
}
