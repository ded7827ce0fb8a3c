//! Proposals as JSON, and what happened to them.

use super::{
    DueView, Show, message,
    tally::{TallyView, due_of},
};
use crate::backend::ProposalEvent;
use althing_ledger::governance::{Proposal, Standing, Status};
use althing_types::{Code, Height, Timestamp, governance::Houses};
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
