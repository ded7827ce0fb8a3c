//! Validators that join and leave: what their operators do, and who is connected to whom.

use super::{Joined, Machine, World};
use crate::{
    audit::Violation,
    chain::{STAKE, endpoint},
    node::Known,
    plan::{Expect, Scenario},
};
use althing_types::{
    Amount, Event, Payload, Ppm, Text, ValidatorDetails, ValidatorKey,
    event::SlashReason,
    message::{Delegate, Possession, Registration, Stake, Undelegate, Unjail, Unstake},
};
use std::collections::{BTreeMap, BTreeSet};

/// How often a validator was punished, and what for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fate {
    jailed: usize,
    slashed: usize,
    contradictions: usize,
    reported: usize,
}

/// Who takes part.
pub(super) struct Members {
    /// Whom each node wants to be connected to, by what the chain says.
    known: Vec<Known>,
    /// The same when links were set last.
    linked: Vec<BTreeSet<ValidatorKey>>,
    /// The same, by hand.
    added: BTreeSet<(usize, usize)>,
    /// The same when links were set last.
    up: BTreeSet<(usize, usize)>,
    /// Whether `added` has changed since.
    stale: bool,
    retired: BTreeSet<usize>,
    joined: BTreeMap<usize, Joined>,
}

impl Members {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            known: (0..nodes).map(|_| Known::default()).collect(),
            linked: vec![BTreeSet::new(); nodes],
            added: BTreeSet::new(),
            up: BTreeSet::new(),
            stale: false,
            retired: BTreeSet::new(),
            joined: BTreeMap::new(),
        }
    }

    pub(super) fn known(&self, index: usize) -> Known {
        self.known[index].clone()
    }

    pub(super) fn started(&mut self, index: usize, started_ms: u64, behind: u64) {
        let joined = Joined { index, started_ms, behind, ..Joined::default() };
        self.joined.entry(index).or_insert(joined);
    }

    pub(super) fn retire(&mut self, index: usize) {
        self.retired.insert(index);
    }

    pub(super) fn add_peer(&mut self, node: usize, peer: usize) {
        self.stale |= self.added.insert((node, peer));
    }

    /// Whether a node takes part now: it is of the genesis or has started, and has not retired.
    pub(super) fn is_awaited(&self, index: usize, scenario: &Scenario) -> bool {
        let started = index < scenario.validators || self.joined.contains_key(&index);
        started && !self.retired.contains(&index)
    }
}

impl World<'_> {
    /// What became of those that joined.
    pub(super) fn joined(&self) -> Vec<Joined> {
        let joined = self.members.joined.values();
        joined.filter(|joined| joined.index >= self.scenario.validators).copied().collect()
    }

    /// Heartbeats in final blocks.
    pub(super) fn heartbeats(&self) -> usize {
        let receipts = self.auditor.blocks().iter().flat_map(|block| block.receipts.iter());
        let events = receipts.flat_map(|receipt| &receipt.events);
        events.filter(|event| matches!(event, Event::Heartbeat { .. })).count()
    }

    pub(super) fn stake(&mut self, index: usize) {
        let setup = &self.shared.setup;
        let operator = setup.operators[index].address();
        let possession = Possession { chain: setup.genesis.chain_id, operator };
        let name = Text::new(format!("v{index}")).unwrap_or_default();
        let registration = Registration {
            details: ValidatorDetails { name, ..ValidatorDetails::default() },
            endpoint: Text::new(endpoint(index)).unwrap_or_default(),
            commission: Ppm::ZERO,
            possession: possession.sign(&setup.validators[index]),
        };
        let amount = Amount::from_tokens(STAKE).unwrap_or(Amount::ZERO);
        let validator = setup.key(index);
        let stake = Stake { validator, amount, registration: Some(registration) };
        self.order(index, Payload::Stake(stake));
    }

    pub(super) fn unstake(&mut self, index: usize) {
        self.order(index, Payload::Unstake(Unstake { amount: None }));
    }

    pub(super) fn delegate(&mut self, index: usize, to: usize, tokens: u64) {
        let amount = Amount::from_tokens(tokens).unwrap_or(Amount::ZERO);
        let validator = self.shared.setup.key(to);
        self.order(index, Payload::Delegate(Delegate { validator, amount }));
    }

    pub(super) fn undelegate(&mut self, index: usize, from: usize) {
        let validator = self.shared.setup.key(from);
        self.order(index, Payload::Undelegate(Undelegate { validator, amount: None }));
    }

    pub(super) fn unjail(&mut self, index: usize) {
        self.order(index, Payload::Unjail(Unjail {}));
    }

    pub(super) fn note_progress(&mut self) {
        for (index, joined) in &mut self.members.joined {
            let height = self.auditor.height_of(*index);
            if joined.caught_up_ms.is_none() && height >= joined.behind {
                joined.caught_up_ms = Some(self.now_ms);
            }
        }
    }

    /// Whether both know each other: one dials, the other accepts.
    pub(super) fn acquainted(&self, from: usize, to: usize) -> bool {
        let knows = |one: usize, other: usize| {
            self.members.linked[one].contains(&self.shared.setup.key(other))
                || self.members.up.contains(&(one, other))
        };
        knows(from, to) && knows(to, from)
    }

    /// Sets the links of those who have got to know each other, or forgotten.
    pub(super) async fn reconnect(&mut self, machine: &Machine) {
        let known: Vec<BTreeSet<ValidatorKey>> =
            self.members.known.iter().map(Known::all).collect();
        if known == self.members.linked && !self.members.stale {
            return;
        }
        let all: Vec<(usize, usize)> =
            (0..known.len()).flat_map(|a| (0..known.len()).map(move |b| (a, b))).collect();
        let before: Vec<bool> = all.iter().map(|(a, b)| self.acquainted(*a, *b)).collect();
        self.members.linked = known;
        self.members.stale = false;
        self.members.up = self.members.added.clone();
        let changed = all
            .into_iter()
            .zip(before)
            .filter(|((from, to), before)| from != to && self.acquainted(*from, *to) != *before);
        let changed: Vec<(usize, usize)> = changed.map(|(pair, _)| pair).collect();
        self.link_all(machine, changed.into_iter()).await;
    }

    /// How a validator was punished.
    fn fate(&self, index: usize) -> Fate {
        let key = self.shared.setup.key(index);
        let receipts = self.auditor.blocks().iter().flat_map(|block| block.receipts.iter());
        let mut fate = Fate::default();
        for event in receipts.flat_map(|receipt| &receipt.events) {
            match event {
                Event::Jailed { validator, .. } if *validator == key => fate.jailed += 1,
                Event::Slashed { validator, reason, .. } if *validator == key => match reason {
                    SlashReason::Downtime => fate.slashed += 1,
                    SlashReason::Equivocation => fate.contradictions += 1,
                },
                Event::EvidenceAccepted { validator, reward, .. }
                    if *validator == key && !reward.is_zero() =>
                {
                    fate.reported += 1;
                }
                _ => {}
            }
        }
        fate
    }

    /// Whether everybody is where the scenario says.
    pub(super) fn check_expected(&mut self) {
        for block in self.auditor.blocks() {
            let leader = block.block.header.leader;
            let mut joined = self.members.joined.iter_mut();
            let found = joined.find(|(index, _)| self.shared.setup.key(**index) == leader);
            if let Some((_, joined)) = found {
                joined.proposed.get_or_insert(block.block.header.height.get());
            }
        }
        let member = |index: usize| {
            self.auditor.replay().set().position(&self.shared.setup.key(index)).is_some()
        };
        let proposed = |index: usize| {
            self.members.joined.get(&index).is_some_and(|joined| joined.proposed.is_some())
        };
        let polls = self.polls();
        let fates: Vec<Fate> = (0..self.lives.len()).map(|index| self.fate(index)).collect();
        let broken = |expect: &&Expect| match **expect {
            Expect::Member(index) => !member(index),
            Expect::Gone(index) => member(index),
            Expect::Proposed(index) => !proposed(index),
            Expect::Jailed(index) => {
                fates[index] != Fate { jailed: 1, slashed: 1, ..Fate::default() }
            }
            Expect::Free(index) => fates[index] != Fate::default(),
            Expect::Reliable(index) => {
                self.auditor.replay().missed(&self.shared.setup.key(index)) > 0
            }
            Expect::Undisturbed(index) => {
                self.auditor.replay().missed(&self.shared.setup.key(index)) > 2
            }
            Expect::Enacted(count) => {
                polls.iter().any(|poll| poll.lost)
                    || polls.iter().filter(|poll| poll.enacted).count() != count
            }
            Expect::Participation(percent) => {
                polls.iter().any(|poll| poll.percent() < percent || poll.voted == 0)
            }
            Expect::RolledBack(count) => self.specs.rolled_back != count,
            Expect::Propagated(ms) => {
                let all = self.propagations();
                all.is_empty()
                    || all.iter().any(|one| {
                        one.took_ms.len() < one.nodes || one.took_ms.iter().any(|took| *took > ms)
                    })
            }
            Expect::Runs(version) => self.current_spec().0 != version,
            Expect::NoPause(ms) => self.auditor.replay().longest_gap().0 > ms,
            Expect::Earned(_) | Expect::Exposed(_) | Expect::Withheld(_) | Expect::Served(_) => {
                !self.workers.meets(**expect)
            }
            Expect::Attested(_) | Expect::Overruled(_) | Expect::Traded | Expect::Dismissed(_) => {
                !self.is_traded(**expect)
            }
            Expect::Reported(index) => {
                fates[index] != Fate { contradictions: 1, reported: 1, ..Fate::default() }
            }
        };
        let found: Vec<Expect> = self.scenario.expected.iter().filter(broken).copied().collect();
        for expect in found {
            self.auditor.report(Violation::Membership(format!("not so: {expect:?}")));
        }
        self.check_orders();
    }
}
