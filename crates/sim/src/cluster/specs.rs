//! Which configuration of the network each node runs, and since when.

use super::{Machine, World};
use althing_ledger::network::query;
use althing_types::{
    Event, Payload, Period, Ppm, Text,
    governance::{Action, Criticality},
    message::SubmitProposal,
    network::{GENESIS_SPEC, NetworkSpec, RolloutPlan},
};
use std::collections::BTreeMap;

/// How a configuration reached the nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Propagation {
    /// Its version.
    pub version: u64,
    /// When the harness saw it decided, in milliseconds.
    pub decided_ms: u64,
    /// Nodes that are to run it.
    pub nodes: usize,
    /// From then on, how long each node took that runs it, in milliseconds, shortest first.
    pub took_ms: Vec<u64>,
}

/// What is known of configurations.
#[derive(Default)]
pub(super) struct Specs {
    propagations: BTreeMap<u64, Propagation>,
    /// What each node was seen to run.
    seen: BTreeMap<usize, u64>,
    /// Versions that were rolled back.
    pub(super) rolled_back: usize,
    /// Blocks whose events were looked at.
    looked: usize,
    /// Whether those who try a version first are to be stopped as soon as they do.
    pub(super) sabotage: bool,
}

impl World<'_> {
    /// An operator proposes another limit of gossip, for everybody or for a part first.
    pub(super) fn propose_spec(&mut self, by: usize, first_percent: u32) {
        let (base, mut spec) = self.current_spec();
        spec.limits.gossip_bytes_per_second += 1;
        let rollout = (first_percent > 0).then(|| RolloutPlan {
            first: Ppm::new(first_percent * 10_000).unwrap_or(Ppm::ONE),
            watch: Period::blocks(60),
            min_health: Ppm::new(900_000).unwrap_or(Ppm::ONE),
        });
        let proposal = SubmitProposal {
            title: Text::new("more gossip".to_owned()).unwrap_or_default(),
            summary: Text::default(),
            link: Text::default(),
            criticality: Criticality::Standard,
            action: Action::Network { base, spec, rollout },
        };
        self.order(by, Payload::SubmitProposal(proposal));
    }

    /// The configuration in force, with its number.
    pub(super) fn current_spec(&self) -> (u64, NetworkSpec) {
        let replay = self.auditor.replay();
        let network = replay.record(query::network_key(), query::decode_network);
        let current = network.map_or(GENESIS_SPEC, |network| network.current);
        let spec = replay.record(query::spec_key(current), query::decode_spec);
        let first = || self.shared.setup.genesis.network_spec();
        let spec = spec.map(|spec| spec.document).or_else(|| first().ok());
        (current, spec.expect("the genesis names a configuration"))
    }

    /// Takes note of what was decided, and of who runs it.
    pub(super) fn watch_specs(&mut self, machine: &mut Machine) {
        let mut cohort = Vec::new();
        for block in &self.auditor.blocks()[self.specs.looked..] {
            for event in block.receipts.iter().flat_map(|receipt| &receipt.events) {
                let (version, nodes) = match event {
                    Event::SpecStaged { version, cohort: nodes, .. } => {
                        let key = query::cohort_key(*version);
                        let found = self.auditor.replay().record(key, query::decode_cohort);
                        let found = found.unwrap_or_default();
                        let first = found.iter().filter(|watched| watched.first);
                        cohort.extend(first.map(|watched| watched.validator));
                        (*version, *nodes as usize)
                    }
                    Event::SpecActivated { version, .. } => (*version, self.lives.len()),
                    Event::SpecRolledBack { .. } => {
                        self.specs.rolled_back += 1;
                        continue;
                    }
                    _ => continue,
                };
                let known = self.specs.propagations.entry(version).or_default();
                *known =
                    Propagation { version, decided_ms: self.now_ms, nodes, took_ms: Vec::new() };
                self.specs.seen.retain(|_, seen| *seen != version);
            }
        }
        self.specs.looked = self.auditor.blocks().len();
        for (index, node) in &machine.nodes {
            let Some(live) = node.live() else { continue };
            let version = live.chain.applied_spec().version;
            if self.specs.seen.insert(*index, version) != Some(version)
                && let Some(known) = self.specs.propagations.get_mut(&version)
            {
                known.took_ms.push(self.now_ms - known.decided_ms);
            }
        }
        if self.specs.sabotage {
            let keys = self.shared.setup.public_keys().len();
            let victims = (0..keys).filter(|index| cohort.contains(&self.shared.setup.key(*index)));
            for index in victims.collect::<Vec<_>>() {
                self.stop(machine, index);
                self.members.retire(index);
            }
        }
    }

    /// How each configuration reached the nodes, by version.
    pub(super) fn propagations(&self) -> Vec<Propagation> {
        let mut all: Vec<Propagation> = self.specs.propagations.values().cloned().collect();
        all.iter_mut().for_each(|one| one.took_ms.sort_unstable());
        all
    }
}
