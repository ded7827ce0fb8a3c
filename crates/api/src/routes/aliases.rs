//! Short and older spellings of routes. Each answers exactly as the route it stands for.

use super::{
    accounts, blocks, chain, delegators, economics, events, fees, governance, node, pages, peers,
    submit, transactions, treasury, validators,
};
use crate::state::App;
use axum::routing::{MethodRouter, get, post};
use std::sync::Arc;

const HISTORY: &str = "/v1/validators/{key}/history";
const DELEGATIONS: &str = "/v1/delegator/{address}/delegations";
const REWARDS: &str = "/v1/delegator/{address}/rewards";
const UNBONDING: &str = "/v1/delegator/{address}/unbonding";

pub(super) struct Alias {
    /// Lowercase, as the document spells it.
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// What it stands for, with the same names of parameters.
    pub(super) of: &'static str,
    pub(super) handler: MethodRouter<Arc<App>>,
}

fn reads(path: &'static str, of: &'static str, handler: MethodRouter<Arc<App>>) -> Alias {
    Alias { method: "get", path, of, handler }
}

pub(super) fn all() -> Vec<Alias> {
    vec![
        reads("/version", "/v1/version", get(node::version)),
        reads("/status", "/v1/status", get(node::status)),
        reads("/chainTip", "/v1/status", get(node::status)),
        reads("/health", "/v1/health/live", get(node::live)),
        reads("/healthz", "/v1/health/live", get(node::live)),
        reads("/metrics/health", "/v1/health/ready", get(node::ready)),
        reads("/v1/metrics", "/metrics", get(node::metrics)),
        reads("/metrics/extended", "/metrics", get(node::metrics)),
        reads("/search", "/v1/search", get(node::search)),
        reads("/genesis", "/v1/genesis", get(chain::genesis)),
        reads("/governance/params", "/v1/governance/params", get(governance::parameters)),
        reads("/governance/proposals", "/v1/governance/proposals", get(governance::list)),
        reads("/treasury/summary", "/v1/treasury/summary", get(treasury::summary)),
        reads("/supply", "/v1/supply", get(chain::supply)),
        reads("/validators", "/v1/validators", get(validators::list)),
        reads("/validators/leaderboard", "/v1/validators", get(validators::list)),
        reads("/validators/jailed", "/v1/validators/jailed", get(validators::jailed)),
        reads("/validators/{key}", "/v1/validators/{key}", get(validators::one)),
        reads("/validator/{key}", "/v1/validators/{key}", get(validators::one)),
        reads("/validators/{key}/history", HISTORY, get(validators::history)),
        reads("/validator/{key}/performance", HISTORY, get(validators::history)),
        reads("/delegator/{address}/delegations", DELEGATIONS, get(delegators::delegations)),
        reads("/delegator/{address}/rewards", REWARDS, get(delegators::rewards)),
        reads("/delegator/{address}/unbonding", UNBONDING, get(delegators::unbonding)),
        reads("/economics", "/v1/economics", get(economics::economics)),
        reads("/blocks", "/v1/blocks", get(blocks::list)),
        reads("/blocks/{id}", "/v1/blocks/{id}", get(blocks::one)),
        reads("/block/{id}", "/v1/blocks/{id}", get(blocks::one)),
        reads("/tx/{hash}", "/v1/transactions/{hash}", get(transactions::status)),
        reads("/tx/{hash}/receipt", "/v1/transactions/{hash}/receipt", get(transactions::receipt)),
        reads("/account/{address}", "/v1/accounts/{address}", get(accounts::account)),
        reads("/balance/{address}", "/v1/accounts/{address}", get(accounts::account)),
        reads("/nonce/{address}", "/v1/accounts/{address}/nonce", get(accounts::nonce)),
        reads("/mempool", "/v1/mempool", get(fees::mempool)),
        reads("/estimateFee", "/v1/fees", get(fees::estimate)),
        reads("/peers", "/v1/peers", get(peers::list)),
        reads("/events/stream", "/v1/events", get(events::stream)),
        reads("/openapi.json", "/v1/openapi.json", get(pages::openapi_json)),
        Alias {
            method: "post",
            path: "/tx/send",
            of: "/v1/transactions",
            handler: post(submit::submit),
        },
    ]
}
