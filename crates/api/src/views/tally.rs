//! Tallies as JSON: all the numbers that decide.

use super::Show;
use althing_ledger::governance::{
    Standing, Status, Terms, Turnout, query,
    tally::{HEAD, Heads, StakeCount},
};
use althing_types::{Amount, Due, Height, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// The parts per million that a part is of a whole, rounded down.
fn ppm_of(part: u128, whole: u128) -> u32 {
    let ppm = Amount::new(part).mul_div(1_000_000, whole.max(1));
    ppm.ok().and_then(|ppm| u32::try_from(ppm.units()).ok()).unwrap_or(1_000_000)
}

/// When the vote ends, or when what was decided happens.
pub(super) const fn due_of(standing: &Standing) -> Option<Due> {
    match standing.status {
        Status::Voting { closes } => Some(closes),
        Status::Queued { due } => Some(due),
        _ => None,
    }
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
    /// How many voted; absent for votes that were over before version 1.1.0 of the rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turnout: Option<TurnoutView>,
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
            turnout: standing.turnout.map(TurnoutView::from),
            blocks_left: due.map(|due| due.height.get().saturating_sub(height.get())),
            ms_left: due.map(|due| due.time.get().saturating_sub(time.get())),
        }
    }
}

/// How many voted. Whoever changed a vote is counted once.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct TurnoutView {
    /// Accounts that voted with their own stake.
    pub accounts: u32,
    /// Validators that voted.
    pub validators: u32,
    /// Votes before this height are not counted: the height of the proposal, or that of the upgrade
    /// to 1.1.0 if the vote was running then.
    pub since_height: u64,
}

impl From<Turnout> for TurnoutView {
    fn from(turnout: Turnout) -> Self {
        Self {
            accounts: turnout.accounts,
            validators: turnout.validators,
            since_height: turnout.since.get(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Rules;
    use althing_types::governance::{Criticality, Houses};

    #[test]
    fn who_voted_is_told_where_it_was_counted() {
        let standing = |turnout| Standing {
            status: Status::Waiting {},
            criticality: Criticality::Standard,
            houses: Houses::BOTH,
            terms: None,
            stake: StakeCount::default(),
            validators: Heads::default(),
            turnout,
        };
        let rules = Rules::default();
        let show = Show { symbol: "CPC", rules: &rules };
        let view = |turnout| {
            let now = (Height::new(9), Timestamp::ZERO);
            serde_json::to_value(TallyView::new(1, &standing(turnout), now, show)).unwrap()
        };
        let turnout = Turnout { since: Height::new(7), accounts: 3, validators: 2 };
        assert_eq!(
            view(Some(turnout))["turnout"],
            serde_json::json!({ "accounts": 3, "validators": 2, "since_height": 7 })
        );
        assert!(view(None).get("turnout").is_none());
    }
}
