use super::{
    super::validators::no_index,
    draft::{Wanted, draft},
    proposals::load,
};
use crate::{
    backend::VoteState,
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse::{self, PositionPage},
    records::{Records, proposal_keys},
    state::App,
    views::{VotePage, VoteView, WeightView},
};
use althing_ledger::governance::{Terms, ValidatorVote, query};
use althing_state::StateKey;
use althing_types::{
    Address, Amount, Event, Payload, ValidatorKey,
    governance::{Ballot, Choice},
    message::Vote,
};
use axum::{Json, extract::State};
use serde_json::json;
use std::sync::Arc;

/// Who votes: an account with its own stake, or a validator.
enum Voter {
    Account(Address),
    Validator(ValidatorKey),
}

impl Voter {
    fn parse(text: &str) -> Result<Self, ApiError> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Account(address));
        }
        text.parse().map(Self::Validator).map_err(|_| {
            let message = "A voter is an address, or the key of a validator: 64 hex characters.";
            ApiError::parameter("voter", message)
        })
    }
}

/// The keys of a validator's vote and of its weight.
fn held_keys(number: u64, terms: Option<&Terms>, validator: ValidatorKey) -> Vec<StateKey> {
    let vote = query::validator_vote_key(number, validator);
    let power = terms.map(|terms| query::power_key(terms.snapshot, validator));
    std::iter::once(vote).chain(power).collect()
}

/// A validator's vote and its stake, if either is known.
fn held(
    records: &Records,
    number: u64,
    terms: Option<&Terms>,
    validator: ValidatorKey,
) -> Option<(ValidatorVote, Option<Amount>)> {
    let vote = query::validator_vote_key(number, validator);
    let vote = records.get(vote, query::decode_validator_vote);
    let power = terms.and_then(|terms| {
        records.get(query::power_key(terms.snapshot, validator), query::decode_power)
    });
    let known = vote.is_some() || power.is_some();
    known.then(|| (vote.unwrap_or_default(), power.map(|power| power.tokens)))
}

/// Votes on a proposal, newest first
///
/// The last one of each voter. The weight of a validator is its present one while the vote goes on,
/// and afterwards that when it voted.
#[utoipa::path(get, path = "/v1/governance/proposals/{number}/votes", tag = "governance",
    params(("number" = u64, Path, description = "Number of the proposal"), PositionPage),
    responses((status = 200, description = "A page of them", body = VotePage)))]
pub(in crate::routes) async fn votes(
    State(app): State<Arc<App>>,
    UrlPath(number): UrlPath<u64>,
    UrlQuery(page): UrlQuery<PositionPage>,
) -> Result<Json<VotePage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let before = page.before.as_deref().map(|text| parse::position("before", text)).transpose()?;
    let (_, standing) = load(&app.read(proposal_keys(number).to_vec()).await?, number)?;
    let found = app.backend.votes(number, before, limit + 1).await;
    let mut votes = found.ok_or_else(no_index)?;
    let more = votes.len() > limit;
    votes.truncate(limit);
    let terms = standing.terms.as_ref();
    let validators = votes.iter().filter_map(|vote| vote.validator);
    let keys = validators.flat_map(|validator| held_keys(number, terms, validator)).collect();
    let (records, names) = (app.read(keys).await?, app.names().await);
    let view = |vote: &VoteState| {
        let held = vote.validator.and_then(|validator| held(&records, number, terms, validator));
        VoteView::listed(vote, held, &names, app.show())
    };
    let next = votes.last().filter(|_| more).map(|vote| format!("{}-{}", vote.at.0, vote.at.1));
    Ok(Json(VotePage { proposal: number, votes: votes.iter().map(view).collect(), next }))
}

/// The vote of an account with its own stake, or of a validator
#[utoipa::path(get, path = "/v1/governance/proposals/{number}/votes/{voter}", tag = "governance",
    params(("number" = u64, Path, description = "Number of the proposal"),
        ("voter" = String, Path, description = "Address of an account, or key of a validator")),
    responses((status = 200, description = "The vote", body = VoteView)))]
pub(in crate::routes) async fn one(
    State(app): State<Arc<App>>,
    UrlPath((number, voter)): UrlPath<(u64, String)>,
) -> Result<Json<VoteView>, ApiError> {
    let voter = Voter::parse(&voter)?;
    let (_, standing) = load(&app.read(proposal_keys(number).to_vec()).await?, number)?;
    let terms = standing.terms.as_ref();
    let found = match voter {
        Voter::Account(address) => {
            let key = query::account_vote_key(number, address);
            let vote = app.read(vec![key]).await?.get(key, query::decode_account_vote);
            vote.map(|vote| VoteView::of_account(address, vote.ballot, vote.weight, app.show()))
        }
        Voter::Validator(validator) => {
            let records = app.read(held_keys(number, terms, validator)).await?;
            let held = held(&records, number, terms, validator);
            let names = app.names().await;
            held.map(|held| VoteView::of_validator(validator, held, &names, app.show()))
        }
    };
    found.map(Json).ok_or_else(|| {
        let message = "Nobody has voted so, or the weights of this vote are not kept any more.";
        ApiError::new(ErrorCode::VoteNotFound, message).detail(json!({ "proposal": number }))
    })
}

/// What a vote would weigh, and whether it may be cast
///
/// A dry run of the vote: of the account's own stake, or of a validator by its operator.
#[utoipa::path(get, path = "/v1/governance/proposals/{number}/weight/{voter}", tag = "governance",
    params(("number" = u64, Path, description = "Number of the proposal"),
        ("voter" = String, Path, description = "Address of an account, or key of a validator")),
    responses((status = 200, description = "The weight", body = WeightView)))]
pub(in crate::routes) async fn weight(
    State(app): State<Arc<App>>,
    UrlPath((number, voter)): UrlPath<(u64, String)>,
) -> Result<Json<WeightView>, ApiError> {
    load(&app.read(proposal_keys(number).to_vec()).await?, number)?;
    let (sender, validator) = match Voter::parse(&voter)? {
        Voter::Account(address) => (address, None),
        Voter::Validator(key) => {
            let (_, state) = super::super::validators::find(&app, &key.to_string()).await?;
            (state.operator, Some(key))
        }
    };
    let ballot = Ballot::all(Choice::Abstain);
    let payload = Payload::Vote(Vote { proposal: number, ballot, validator });
    let (_, run) = draft(&app, Wanted { sender, payload, gas_price: None }).await;
    let mut weight = Amount::ZERO;
    let (may_vote, code_name, message) = match &run.outcome {
        Ok(receipt) => {
            for event in &receipt.events {
                if let Event::Voted { weight: found, .. } = event {
                    weight = *found;
                }
            }
            let (name, message) = (app.show().rules.describe)(receipt.code);
            (receipt.code.is_ok(), name.to_owned(), message.to_owned())
        }
        Err(refusal) => (false, refusal.code.clone(), refusal.message.clone()),
    };
    Ok(Json(WeightView {
        proposal: number,
        voter: sender.to_string(),
        validator: validator.map(|key| key.to_string()),
        may_vote,
        weight: weight.to_string(),
        weight_display: app.show().amount(weight),
        code_name,
        message,
    }))
}
