//! What happens to a world: its events, the weather of its links, the health of its storage.

use super::{Ended, Machine, World};
use crate::plan::{Event, StorageSpec};
use commonware_cryptography::Signer as _;
use commonware_p2p::simulated::Link;
use commonware_utils::Probability;
use futures::future::join_all;
use std::time::Duration;

impl World<'_> {
    /// Lets everything happen whose time has come.
    pub(super) async fn events(&mut self, machine: &mut Machine) -> Ended {
        let due: Vec<usize> = machine
            .revive
            .iter()
            .filter(|(_, at)| **at <= self.now_ms)
            .map(|(index, _)| *index)
            .collect();
        for index in due {
            self.start(machine, index).await;
        }
        let scenario = self.scenario;
        while let Some((at, event)) = scenario.events.get(self.happened) {
            if *at > self.now_ms {
                break;
            }
            self.happened += 1;
            match event {
                Event::Partition(sides) => {
                    self.sides.clone_from(sides);
                    self.connect(machine).await;
                }
                Event::Link(link) => {
                    self.link = *link;
                    self.sides.iter_mut().for_each(|side| *side = 0);
                    self.connect(machine).await;
                }
                Event::Crash(index) => self.stop(machine, *index),
                Event::Retire(index) => {
                    self.stop(machine, *index);
                    self.members.retire(*index);
                }
                Event::Stake(index) => self.stake(*index),
                Event::Unstake(index) => self.unstake(*index),
                Event::Delegate(from, to, tokens) => self.delegate(*from, *to, *tokens),
                Event::Undelegate(from, to) => self.undelegate(*from, *to),
                Event::Unjail(index) => self.unjail(*index),
                Event::Prefer(index) => self.prefer(*index),
                Event::Propose { by, parameter } => self.propose(*by, *parameter),
                Event::ProposeSpec { by, first_percent } => {
                    self.propose_spec(*by, *first_percent);
                }
                Event::Sabotage => self.specs.sabotage = true,
                Event::TakeWork(worker) => self.workers.hand_out(*worker),
                Event::OrderTask => self.order_task(),
                Event::OracleDown(oracle) => self.market.stop(*oracle),
                Event::OracleUp(oracle) => self.market.start(*oracle),
                Event::DisputeSale => self.market.dispute_next(),
                Event::SettleBy(mode) => self.propose_settlement(*mode),
                Event::AddPeer(node, peer) => self.members.add_peer(*node, *peer),
                Event::Restart(index) => {
                    if !machine.nodes.contains_key(index) {
                        self.start(machine, *index).await;
                    }
                }
                Event::Storage(spec) => {
                    self.storage = Some(*spec);
                    self.apply_storage(machine);
                }
                Event::StorageWorks => {
                    self.collect(machine).await;
                    self.storage = None;
                    self.apply_storage(machine);
                }
                Event::PowerLoss { .. } => {
                    self.collect(machine).await;
                    machine.nodes.iter().for_each(|(index, node)| self.hear(*index, node));
                    self.stops += self.scenario.validators;
                    return Ended::PowerLost;
                }
            }
        }
        Ended::Done
    }

    /// Sets every link to the present weather.
    pub(super) async fn connect(&self, machine: &Machine) {
        let nodes = self.sides.len();
        let pairs = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to)));
        self.link_all(machine, pairs.filter(|(from, to)| from != to)).await;
    }

    /// Sets links to the present weather, all at once: one after the other would take simulated
    /// seconds where there are many.
    pub(super) async fn link_all(
        &self,
        machine: &Machine,
        pairs: impl Iterator<Item = (usize, usize)>,
    ) {
        join_all(pairs.map(|(from, to)| self.link(machine, from, to))).await;
    }

    /// Sets one link to the present weather.
    async fn link(&self, machine: &Machine, from: usize, to: usize) {
        let link = Link {
            latency: Duration::from_millis(self.link.latency_ms),
            jitter: Duration::from_millis(self.link.jitter_ms),
            success_rate: Probability::new(100 - self.link.loss_percent, 100)
                .expect("a share of 100 is a probability"),
        };
        let keys = &self.shared.setup.validators;
        let (a, b) = (keys[from].public_key(), keys[to].public_key());
        let _ = machine.oracle.remove_link(a.clone(), b.clone()).await;
        let acquainted = !self.scenario.changes || self.acquainted(from, to);
        if self.sides[from] == self.sides[to] && acquainted {
            let _ = machine.oracle.add_link(a, b, link).await;
        }
    }

    /// Sets the failure rates of storage.
    pub(super) fn apply_storage(&self, machine: &Machine) {
        use commonware_runtime::deterministic::{FaultConfig, PartialWriteMode, WriteConfig};
        let upcoming = self.scenario.events.get(self.happened..).unwrap_or_default();
        let kept = upcoming.iter().find_map(|(_, event)| match event {
            Event::PowerLoss { kept_percent } => Some(*kept_percent),
            _ => None,
        });
        let per_mille = |rate| Probability::new(rate, 1_000).expect("rates are below one");
        let mut config = FaultConfig::default();
        let failing = self.storage.unwrap_or(StorageSpec { sync_per_mille: 0, write_per_mille: 0 });
        if kept.is_some() || self.storage.is_some() {
            config = config.write(WriteConfig {
                failure_rate: per_mille(failing.write_per_mille),
                retention_rate: per_mille(kept.unwrap_or(50) * 10),
                mode: PartialWriteMode::Subset,
            });
            config = config.sync(per_mille(failing.sync_per_mille));
        }
        *machine.context.storage_fault_config().write() = config;
    }
}
