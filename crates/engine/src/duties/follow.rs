//! Runs the configuration of the network that the chain says this node is to run: what is tried, if
//! it is among the first; what its validator chose; otherwise what is in force. Nothing restarts.

use super::Duties;
use crate::{chain::Applied, node::address_of, types::Runtime};
use althing_ledger::{network::query, upgrade::query as upgrade};
use althing_types::network::Strictness;
use commonware_parallel::Strategy;
use std::sync::Arc;
use tracing::{error, info, warn};

impl<E: Runtime, S: Strategy> Duties<E, S> {
    /// Applies another version, if the state names one.
    pub(super) async fn follow(&mut self) -> Option<()> {
        let keys = [query::network_key(), query::adoption_key(self.own)];
        let [network, adoption] = self.values(keys).await?;
        // Before the first block there is no state, and the node runs what genesis says.
        let network = query::decode_network(&network?).ok()?;
        let adoption = adoption.and_then(|value| query::decode_adoption(&value).ok());
        let first = match &network.staged {
            Some(rollout) => self.is_first(rollout.version).await?,
            None => false,
        };
        let version = network.applies(first, adoption.as_ref());
        let before = self.config.chain.applied_spec();
        if version == before.version {
            return Some(());
        }
        let [spec] = self.values([query::spec_key(version)]).await?;
        let spec = query::decode_spec(&spec?).ok()?.document;
        let broken = spec.boot_nodes.iter().find(|node| address_of(&node.endpoint).is_none());
        if let Some(node) = broken {
            // It does not say that it runs this version: a rollout notices.
            if self.refused.replace(version) != Some(version) {
                error!(version, endpoint = %node.endpoint, "a boot node cannot be dialled: this node keeps its configuration");
            }
            return Some(());
        }
        self.config.neighbours.begin_with(&spec);
        let judged = spec.judge(self.config.protocol);
        let least = spec.min_version;
        self.config.chain.apply_spec(Arc::new(Applied { version, spec }));
        self.config.metrics.spec_applied(version);
        info!(version, before = before.version, first, "applied a configuration of the network");
        match judged {
            Strictness::Off => {}
            Strictness::Soft => {
                warn!(%least, "the network asks for newer software: update this node")
            }
            Strictness::Hard => error!(
                %least,
                "the network refuses software as old as this: update this node, no peer talks to it"
            ),
        }
        Some(())
    }

    /// Says that an upgrade is planned that this software does not know, once for each plan and height.
    pub(super) async fn watch_upgrade(&mut self) -> Option<()> {
        let [protocol] = self.values([upgrade::protocol_key()]).await?;
        let plan = upgrade::decode_protocol(&protocol?).ok()?.plan;
        let unknown = plan.filter(|plan| !self.config.ledger.releases().knows(plan.version));
        let unknown = unknown.map(|plan| (plan.version, plan.height));
        if let Some((version, height)) = unknown
            && self.unknown != Some((version, height))
        {
            warn!(
                %version, %height,
                "an upgrade is planned that this software does not know: install a later one before \
                 that height, or this node stops there"
            );
        }
        self.unknown = unknown;
        Some(())
    }

    /// Whether this node's validator is among those who run a version first.
    async fn is_first(&self, version: u64) -> Option<bool> {
        let [cohort] = self.values([query::cohort_key(version)]).await?;
        let cohort = query::decode_cohort(&cohort?).ok()?;
        Some(cohort.iter().any(|watched| watched.first && watched.validator == self.own))
    }
}
