//! Proposals, tallies and votes as JSON.

use super::{DueView, Names, Show, message};
use crate::backend::{ProposalEvent, VoteState};
use althing_ledger::governance::{
    Proposal, Standing, Status, Terms, ValidatorVote, query,
    tally::{HEAD, Heads, StakeCount},
};
use althing_types::{
    Address, Amount, Code, Due, Height, Timestamp, ValidatorKey,
    governance::{Ballot, Choice, Houses},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Who decides, in a word.
pub(crate) const fn houses_of(houses: Houses) -> &'static str {
    match (houses.stake, houses.validators) {
        (true, true) => "both",
        (true, false) => "stake",
        (false, true) => "validators",
        (false, false) => "nobody",
    }
}

/// The parts per million that a part is of a whole, rounded down.
fn ppm_of(part: u128, whole: u128) -> u32 {
    let ppm = Amount::new(part).mul_div(1_000_000, whole.max(1));
    ppm.ok().and_then(|ppm| u32::try_from(ppm.units()).ok()).unwrap_or(1_000_000)
}

/// A rule that was broken.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RuleView {
    /// Its number.
    pub code: u16,
    /// Its stable name.
    pub code_name: String,
    /// How to mend it.
    pub message: String,
}

impl RuleView {
    pub(crate) fn new(code: Code, show: Show<'_>) -> Self {
        let (name, message) = (show.rules.describe)(code);
        Self { code: code.get(), code_name: name.to_owned(), message: message.to_owned() }
    }
}

/// What was proposed, and how it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProposalView {
    /// Its number.
    pub number: u64,
    /// A line for people.
    pub title: String,
    /// Why.
    pub summary: String,
    /// Where more stands, or empty.
    pub link: String,
    /// Who proposed it.
    pub proposer: String,
    /// Name of its action.
    #[schema(example = "parameters")]
    pub kind: String,
    /// How much depends on it.
    #[schema(example = "standard")]
    pub criticality: String,
    /// Who decides: `stake`, `validators` or `both`.
    pub houses: String,
    /// What was paid for it, in base units.
    pub deposit: String,
    /// The same for people.
    pub deposit_display: String,
    /// The height at which it was submitted.
    pub submitted_height: u64,
    /// What happens if it is accepted: `type` and its fields.
    pub action: Value,
    /// `waiting` (the vote begins with the next epoch), `voting`, `queued` (accepted, waits for its
    /// delay), `enacted`, `rejected`, `failed` or `cancelled`.
    #[schema(example = "voting")]
    pub status: String,
    /// The vote ends, or it is enacted, with the first epoch that ends at or after this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<DueView>,
    /// The height at which it was enacted, rejected, cancelled, or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_height: Option<u64>,
    /// Why it was rejected: `no-quorum`, `threshold` or `veto`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<String>,
    /// The rule that it broke when it was to be enacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<RuleView>,
    /// The numbers that decide.
    pub tally: TallyView,
}

impl ProposalView {
    pub(crate) fn new(
        number: u64,
        (proposal, standing): &(Proposal, Standing),
        now: (Height, Timestamp),
        show: Show<'_>,
    ) -> Self {
        let (mut rejection, mut failure) = (None, None);
        let ended = match standing.status {
            Status::Waiting {} | Status::Voting { .. } | Status::Queued { .. } => None,
            Status::Enacted { height } | Status::Cancelled { height } => Some(height),
            Status::Rejected { height, reason } => {
                rejection = Some(reason.name().to_owned());
                Some(height)
            }
            Status::Failed { height, code } => {
                failure = Some(RuleView::new(Code::new(code), show));
                Some(height)
            }
        };
        Self {
            number,
            title: proposal.title.to_string(),
            summary: proposal.summary.to_string(),
            link: proposal.link.to_string(),
            proposer: proposal.proposer.to_string(),
            kind: proposal.action.name().to_owned(),
            criticality: proposal.criticality.name().to_owned(),
            houses: houses_of(proposal.houses).to_owned(),
            deposit: proposal.deposit.to_string(),
            deposit_display: show.amount(proposal.deposit),
            submitted_height: proposal.submitted.get(),
            action: message::action(&proposal.action, show),
            status: standing.status.name().to_owned(),
            due: due_of(standing).map(DueView::from),
            ended_height: ended.map(Height::get),
            rejection,
            failure,
            tally: TallyView::new(number, standing, now, show),
        }
    }
}

const fn due_of(standing: &Standing) -> Option<Due> {
    match standing.status {
        Status::Voting { closes } => Some(closes),
        Status::Queued { due } => Some(due),
        _ => None,
    }
}

/// A page of proposals, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProposalPage {
    /// The height this was read at.
    pub height: u64,
    /// The proposals.
    pub proposals: Vec<ProposalView>,
    /// Give this as `before` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// All numbers that decide about a proposal. Parts are in parts per million, rounded down; the chain
/// decides without rounding.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TallyView {
    /// The proposal.
    pub proposal: u64,
    /// The height this was read at.
    pub height: u64,
    /// What is to happen to it, or has happened.
    #[schema(example = "voting")]
    pub status: String,
    /// How it would end if the vote ended now: `passed`, `no-quorum`, `threshold` or `veto`; absent
    /// before the vote has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "passed")]
    pub outcome: Option<String>,
    /// The epoch at whose beginning all weights were fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_epoch: Option<u64>,
    /// The house of stake, if it is asked and the vote has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stake: Option<StakeTally>,
    /// The house of validators, if it is asked and the vote has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validators: Option<HeadTally>,
    /// Blocks until the vote may end, or until what was decided may happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks_left: Option<u64>,
    /// Milliseconds of block time until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms_left: Option<u64>,
}

impl TallyView {
    pub(crate) fn new(
        proposal: u64,
        standing: &Standing,
        (height, time): (Height, Timestamp),
        show: Show<'_>,
    ) -> Self {
        let outcome = query::outcome(standing).map(|outcome| match outcome {
            Ok(()) => "passed".to_owned(),
            Err(reason) => reason.name().to_owned(),
        });
        let terms = standing.terms.as_ref();
        let stake = terms.filter(|_| standing.houses.stake);
        let heads = terms.filter(|_| standing.houses.validators);
        let due = due_of(standing);
        Self {
            proposal,
            height: height.get(),
            status: standing.status.name().to_owned(),
            outcome,
            snapshot_epoch: terms.map(|terms| terms.snapshot.get()),
            stake: stake.map(|terms| StakeTally::new(&standing.stake, terms, show)),
            validators: heads.map(|terms| HeadTally::new(&standing.validators, terms)),
            blocks_left: due.map(|due| due.height.get().saturating_sub(height.get())),
            ms_left: due.map(|due| due.time.get().saturating_sub(time.get())),
        }
    }
}

/// The house of stake.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StakeTally {
    /// All stake that may take part, in base units.
    pub total: String,
    /// For it, in base units.
    pub yes: String,
    /// The same for people.
    pub yes_display: String,
    /// Against it, in base units.
    pub no: String,
    /// The same for people.
    pub no_display: String,
    /// Neither, in base units.
    pub abstain: String,
    /// The same for people.
    pub abstain_display: String,
    /// Against it as harmful, in base units.
    pub veto: String,
    /// The same for people.
    pub veto_display: String,
    /// The part of all stake that takes part.
    pub turnout: u32,
    /// The part that must.
    pub quorum: u32,
    /// The part for it, of what is for or against it.
    pub yes_part: u32,
    /// The part that must be.
    pub threshold: u32,
    /// The part that calls it harmful, of what takes part.
    pub veto_part: u32,
    /// The part that rejects it so.
    pub veto_limit: u32,
}

impl StakeTally {
    fn new(count: &StakeCount, terms: &Terms, show: Show<'_>) -> Self {
        let cast = count.cast().units();
        let decided = cast.saturating_sub(count.abstain.units());
        Self {
            total: terms.stake.to_string(),
            yes: count.yes.to_string(),
            yes_display: show.amount(count.yes),
            no: count.no.to_string(),
            no_display: show.amount(count.no),
            abstain: count.abstain.to_string(),
            abstain_display: show.amount(count.abstain),
            veto: count.veto.to_string(),
            veto_display: show.amount(count.veto),
            turnout: ppm_of(cast, terms.stake.units()),
            quorum: terms.quorum.get(),
            yes_part: ppm_of(count.yes.units(), decided),
            threshold: terms.threshold.get(),
            veto_part: ppm_of(count.veto.units(), cast),
            veto_limit: terms.veto.get(),
        }
    }
}

/// The house of validators. Votes are in parts per million of one validator, because a vote can be
/// divided; all parts are of all validators that may vote.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HeadTally {
    /// Validators that may vote.
    pub total: u32,
    /// For it.
    pub yes: u64,
    /// Against it.
    pub no: u64,
    /// Neither.
    pub abstain: u64,
    /// Against it as harmful.
    pub veto: u64,
    /// The part that takes part.
    pub turnout: u32,
    /// The part for it.
    pub yes_part: u32,
    /// The part that must be.
    pub threshold: u32,
    /// The part that calls it harmful.
    pub veto_part: u32,
    /// The part that rejects it so.
    pub veto_limit: u32,
}

impl HeadTally {
    fn new(heads: &Heads, terms: &Terms) -> Self {
        let all = u128::from(terms.validators).saturating_mul(HEAD.into());
        Self {
            total: terms.validators,
            yes: heads.yes,
            no: heads.no,
            abstain: heads.abstain,
            veto: heads.veto,
            turnout: ppm_of(heads.cast().into(), all),
            yes_part: ppm_of(heads.yes.into(), all),
            threshold: terms.threshold.get(),
            veto_part: ppm_of(heads.veto.into(), all),
            veto_limit: terms.veto.get(),
        }
    }
}

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

/// Something that happened to a proposal or to its disbursement.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProposalEventView {
    /// The height.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
    /// What happened: `type` and the fields of that event.
    pub event: Value,
}

/// What happened to a proposal and to its disbursement, oldest first, without votes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Timeline {
    /// The proposal.
    pub proposal: u64,
    /// The events.
    pub events: Vec<ProposalEventView>,
}

impl Timeline {
    pub(crate) fn new(proposal: u64, events: &[ProposalEvent], show: Show<'_>) -> Self {
        let view = |happened: &ProposalEvent| ProposalEventView {
            height: happened.height.get(),
            time_ms: happened.time.get(),
            event: message::event(&happened.event, show),
        };
        Self { proposal, events: events.iter().map(view).collect() }
    }
}
