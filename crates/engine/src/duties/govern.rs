//! Votes that an operator leaves to its node: on what validators alone decide, as the preferences in
//! the state say. A vote by hand always goes first.

use super::{Duties, Now, Sent};
use crate::{reads, types::Runtime};
use althing_ledger::governance::{Entry, Proposal, Standing, Status, query};
use althing_state::{StateKey, StateValue};
use althing_types::{
    ChainParams, Payload, Period,
    governance::{Action, Ballot, Choice, Criticality, Houses, Preferences},
    message::Vote,
};
use commonware_parallel::Strategy;
use std::collections::{BTreeMap, BTreeSet};
use tracing::{debug, info};

/// Most votes that a node sends at a time.
const AT_ONCE: u64 = 8;
/// Looks over which the nodes of a network spread their votes on one proposal, so that they do not
/// all send in the same block.
const SPREAD: u64 = 4;

/// What a node remembers between looks.
#[derive(Default)]
pub(super) struct Governing {
    /// What the operator left to it when it looked last.
    preferences: Option<Preferences>,
    /// Proposals that need no vote of this node any more.
    settled: BTreeSet<u64>,
    /// When it saw others first, in looks.
    seen: BTreeMap<u64, u64>,
}

impl Governing {
    /// Forgets what is off the agenda, and everything when the preferences change.
    fn refresh(&mut self, preferences: Preferences, entries: &[Entry]) {
        if self.preferences != Some(preferences) {
            *self = Self { preferences: Some(preferences), ..Self::default() };
        }
        let open: BTreeSet<u64> = entries.iter().map(|entry| entry.proposal).collect();
        self.settled.retain(|number| open.contains(number));
        self.seen.retain(|number, _| open.contains(number));
    }
}

impl<E: Runtime, S: Strategy> Duties<E, S> {
    /// Votes on proposals that the operator has left to this node.
    pub(super) async fn govern(&mut self, now: &Now) -> Option<()> {
        let keys = [query::preferences_key(self.own), query::agenda_key()];
        let [preferences, agenda] = self.values(keys).await?;
        let preferences = preferences.and_then(|value| query::decode_preferences(&value).ok());
        let Some(preferences) = preferences else {
            self.governing = Governing::default();
            return Some(());
        };
        let agenda = agenda.and_then(|value| query::decode_agenda(&value).ok()).unwrap_or_default();
        self.governing.refresh(preferences, &agenda.entries);
        let looks = self.looks;
        let own = u64::from(self.own.as_bytes()[0]);
        for entry in agenda.entries.iter().filter(|entry| entry.snapshot.is_some()) {
            let number = entry.proposal;
            if self.governing.settled.contains(&number) {
                continue;
            }
            let first = *self.governing.seen.entry(number).or_insert(looks);
            if looks < first.saturating_add((own ^ number) % SPREAD) {
                continue;
            }
            if self.vote(now, number, &preferences).await? {
                self.governing.settled.insert(number);
            }
            if self.sent >= AT_ONCE {
                break;
            }
        }
        Some(())
    }

    /// Votes on this proposal. Whether it needs no vote of this node any more.
    async fn vote(&mut self, now: &Now, number: u64, preferences: &Preferences) -> Option<bool> {
        let keys = [
            query::standing_key(number),
            query::proposal_key(number),
            query::validator_vote_key(number, self.own),
        ];
        let [standing, proposal, vote] = self.values(keys).await?;
        let standing = standing.and_then(|value| query::decode_standing(&value).ok());
        let proposal = proposal.and_then(|value| query::decode_proposal(&value).ok());
        let vote = vote.and_then(|value| query::decode_validator_vote(&value).ok());
        let (Some(standing), Some(proposal)) = (standing, proposal) else { return Some(true) };
        if vote.is_some_and(|vote| vote.ballot.is_some()) || !is_left(&standing, preferences) {
            return Some(true);
        }
        let choice = choice(&standing, &proposal, preferences, &now.params);
        let message =
            Vote { proposal: number, ballot: Ballot::all(choice), validator: Some(self.own) };
        Some(match self.send(now, Payload::Vote(message)).await? {
            Sent::Waits => {
                info!(proposal = number, vote = choice.name(), "this node votes");
                false
            }
            Sent::Fails(code) => {
                debug!(code, proposal = number, "this node has no vote");
                true
            }
            Sent::Later => false,
        })
    }

    /// Records of the newest state.
    pub(super) async fn values<const N: usize>(&self, keys: [StateKey; N]) -> Option<[Option<StateValue>; N]> {
        let read = reads::newest(&self.config.database, &self.config.chain, &keys).await?;
        read.1.try_into().ok()
    }
}

/// Whether the preferences leave a vote to the node.
fn is_left(standing: &Standing, preferences: &Preferences) -> bool {
    let wanted = match standing.criticality {
        Criticality::Optional => preferences.auto_adopt_optional,
        other => other >= preferences.minimum_criticality,
    };
    matches!(standing.status, Status::Voting { .. })
        && standing.houses == Houses::VALIDATORS
        && wanted
}

/// Yes to what this node can do and its operator has the time for; no to what is not possible any
/// more; otherwise nothing either way.
fn choice(
    standing: &Standing,
    proposal: &Proposal,
    preferences: &Preferences,
    params: &ChainParams,
) -> Choice {
    let possible = match &proposal.action {
        Action::Parameters { changes } => query::params_after(params, changes).is_some(),
        // Nothing else is decided by validators alone.
        _ => return Choice::Abstain,
    };
    let delay = standing.terms.map(|terms| terms.delay).unwrap_or_default();
    match (possible, blocks_of(delay, params) <= preferences.max_delay_tolerance) {
        (false, _) => Choice::No,
        (true, true) => Choice::Yes,
        (true, false) => Choice::Abstain,
    }
}

/// How many blocks a period takes when nothing happens on the chain.
fn blocks_of(period: Period, params: &ChainParams) -> u64 {
    period.blocks.max(period.ms / params.idle_interval_ms.max(1))
}
