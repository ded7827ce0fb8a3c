//! Votes as JSON.

use super::{Names, Show};
use crate::backend::VoteState;
use althing_ledger::governance::ValidatorVote;
use althing_types::{
    Address, Amount, ValidatorKey,
    governance::{Ballot, Choice},
};
use serde::Serialize;
use utoipa::ToSchema;

/// How a weight is divided, in parts per million.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct BallotView {
    /// For it.
    pub yes: u32,
    /// Against it.
    pub no: u32,
    /// Neither.
    pub abstain: u32,
    /// Against it as harmful.
    pub veto: u32,
}

impl From<Ballot> for BallotView {
    fn from(ballot: Ballot) -> Self {
        let part = |choice| ballot.part(choice).get();
        Self {
            yes: part(Choice::Yes),
            no: part(Choice::No),
            abstain: part(Choice::Abstain),
            veto: part(Choice::Veto),
        }
    }
}

/// A vote.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VoteView {
    /// The account that sent it; absent where only the record of a validator was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voter: Option<String>,
    /// The validator whose vote it is; absent if it is that of the voter's own stake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validator: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validator_name: Option<String>,
    /// How the weight is divided; absent if the validator has not voted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ballot: Option<BallotView>,
    /// The stake behind it, in base units: of a validator, its stake but what votes itself. Absent
    /// where weights are not kept any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_display: Option<String>,
    /// Whether the operator voted, and not its node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<bool>,
    /// The height at which it was cast last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// The time of that block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<u64>,
}

/// The record of a validator's vote, and the stake that it had, while that is kept.
pub(crate) type Held = (ValidatorVote, Option<Amount>);

impl VoteView {
    /// As the index says, with what the state says of a validator now.
    pub(crate) fn listed(
        vote: &VoteState,
        held: Option<Held>,
        names: &Names,
        show: Show<'_>,
    ) -> Self {
        let cast = Self::of_account(vote.voter, vote.ballot, vote.weight, show);
        let base = match (vote.validator, held) {
            (Some(validator), Some(held)) => {
                let now = Self::of_validator(validator, held, names, show);
                let weight = now.weight.clone().or(cast.weight);
                let weight_display = now.weight_display.clone().or(cast.weight_display);
                Self { weight, weight_display, ..now }
            }
            (validator, _) => Self { validator: validator.map(|key| key.to_string()), ..cast },
        };
        Self {
            voter: Some(vote.voter.to_string()),
            ballot: Some(vote.ballot.into()),
            height: Some(vote.at.0.get()),
            time_ms: Some(vote.time.get()),
            ..base
        }
    }

    pub(crate) fn of_account(
        voter: Address,
        ballot: Ballot,
        weight: Amount,
        show: Show<'_>,
    ) -> Self {
        Self {
            voter: Some(voter.to_string()),
            validator: None,
            validator_name: None,
            ballot: Some(ballot.into()),
            weight: Some(weight.to_string()),
            weight_display: Some(show.amount(weight)),
            by_hand: None,
            height: None,
            time_ms: None,
        }
    }

    pub(crate) fn of_validator(
        validator: ValidatorKey,
        (vote, tokens): Held,
        names: &Names,
        show: Show<'_>,
    ) -> Self {
        let rest = |tokens: Amount| Amount::new(tokens.units().saturating_sub(vote.own.units()));
        let weight = tokens.map(rest);
        Self {
            voter: None,
            validator: Some(validator.to_string()),
            validator_name: names.get(&validator).cloned(),
            ballot: vote.ballot.map(BallotView::from),
            weight: weight.map(|weight| weight.to_string()),
            weight_display: weight.map(|weight| show.amount(weight)),
            by_hand: Some(vote.by_hand),
            height: None,
            time_ms: None,
        }
    }
}

/// Votes on a proposal, newest first: the last one of each voter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VotePage {
    /// The proposal.
    pub proposal: u64,
    /// The votes.
    pub votes: Vec<VoteView>,
    /// Give this as `before` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What a vote would weigh.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WeightView {
    /// The proposal.
    pub proposal: u64,
    /// The account that would vote.
    pub voter: String,
    /// The validator whose vote it would be; absent if it is that of the voter's own stake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validator: Option<String>,
    /// Whether it may vote.
    pub may_vote: bool,
    /// The stake behind the vote, in base units; 0 if it may not.
    pub weight: String,
    /// The same for people.
    pub weight_display: String,
    /// `ok`, or why not.
    pub code_name: String,
    /// The same in words.
    pub message: String,
}
