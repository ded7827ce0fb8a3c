//! Votes that an operator leaves to its node: on what validators alone decide, as the preferences in
//! the state say. A vote by hand always goes first.

use super::{AT_ONCE, Duties, Now, Sent};
use crate::{reads, types::Runtime};
use althing_ledger::{
    governance::{Entry, Standing, Status, query},
    network::{self, Network},
};
use althing_state::{StateKey, StateValue};
use althing_types::{
    ChainParams, Payload, Period,
    governance::{Action, Ballot, Choice, Criticality, Houses, Preferences},
    message::{AdoptSpec, Vote},
    network::Strictness,
};
use commonware_parallel::Strategy;
use std::collections::{BTreeMap, BTreeSet};
use tracing::{debug, info};

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
    /// The offered configuration of the network that it has nothing more to do about.
    offered: Option<u64>,
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
        let keys =
            [query::preferences_key(self.own), query::agenda_key(), network::query::network_key()];
        let [preferences, agenda, network] = self.values(keys).await?;
        let network = network::query::decode_network(&network?).ok()?;
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
            if self.vote(now, number, (&preferences, &network)).await? {
                self.governing.settled.insert(number);
            }
            if self.sent >= AT_ONCE {
                break;
            }
        }
        self.adopt(now, &preferences, &network).await
    }

    /// Chooses the newest configuration of the network that is offered, if the operator leaves that
    /// to this node. What an operator chose by hand stays.
    async fn adopt(
        &mut self,
        now: &Now,
        preferences: &Preferences,
        network: &Network,
    ) -> Option<()> {
        let Some(version) = network.offered.last().copied() else { return Some(()) };
        let done = self.governing.offered == Some(version);
        if done || !preferences.auto_adopt_optional {
            return Some(());
        }
        let keys = [network::query::adoption_key(self.own), network::query::spec_key(version)];
        let [adoption, spec] = self.values(keys).await?;
        let adoption = adoption.and_then(|value| network::query::decode_adoption(&value).ok());
        let spec = network::query::decode_spec(&spec?).ok()?.document;
        let runs = spec.judge(self.config.protocol) != Strictness::Hard;
        if !runs || adoption.is_some_and(|adoption| adoption.version == version) {
            self.governing.offered = Some(version);
            return Some(());
        }
        let message = AdoptSpec { version, validator: self.own };
        match self.send(now, Payload::AdoptSpec(message)).await? {
            Sent::Waits => info!(version, "this node chooses a configuration that is offered"),
            Sent::Fails(code) => {
                debug!(code, version, "this node may not choose what is offered");
                self.governing.offered = Some(version);
            }
            Sent::Later => {}
        }
        Some(())
    }

    /// Votes on this proposal. Whether it needs no vote of this node any more.
    async fn vote(
        &mut self,
        now: &Now,
        number: u64,
        (preferences, network): (&Preferences, &Network),
    ) -> Option<bool> {
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
        let possible = match &proposal.action {
            Action::Parameters { changes } => query::params_after(&now.params, changes).is_some(),
            Action::Network { base, spec, .. } => {
                let fits = *base == network.current && network.staged.is_none();
                fits && spec.validate().is_ok()
                    && spec.judge(self.config.protocol) != Strictness::Hard
            }
            // Nothing else is decided by validators alone.
            _ => return Some(true),
        };
        let choice = choice(&standing, possible, preferences, &now.params);
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
    pub(super) async fn values<const N: usize>(
        &self,
        keys: [StateKey; N],
    ) -> Option<[Option<StateValue>; N]> {
        let read = reads::newest(&self.config.database, &self.config.chain, &keys).await?;
        read.1.try_into().ok()
    }
}

/// Whether the preferences leave a vote to the node.
fn is_left(standing: &Standing, preferences: &Preferences) -> bool {
    let wanted = match standing.criticality {
        Criticality::Optional if preferences.auto_adopt_optional => true,
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
    possible: bool,
    preferences: &Preferences,
    params: &ChainParams,
) -> Choice {
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
