//! Whether the node can serve, and what it measures.

use super::NodeBackend;
use crate::run::process;
use althing_api::backend::Backend as _;
use althing_types::Height;
use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

/// Blocks behind the network at which a node is not ready.
const MAX_BEHIND: u64 = 5;

/// Age of the newest block at which a node is not ready, in milliseconds; ten idle intervals if
/// those are longer.
const MAX_AGE_MS: u64 = 30_000;
/// Blocks that the index may be behind the state.
const MAX_UNINDEXED: u64 = 1_000;

impl NodeBackend {
    /// Names of the readiness checks that fail now.
    pub(super) fn failing(&self) -> Vec<String> {
        let status = self.status();
        let mut failing = Vec::new();
        let mut note = |fails: bool, name: &str| {
            if fails {
                failing.push(name.to_owned());
            }
        };
        note(!self.engine.status().running, "engine_stopped");
        note(status.height == Height::ZERO, "no_block_yet");
        let behind = status.network_height.get().saturating_sub(status.height.get());
        note(behind > MAX_BEHIND, "catching_up");
        let age = process::now_ms().saturating_sub(status.block_time_ms);
        let idle = self.engine.params().idle_interval_ms;
        let old = MAX_AGE_MS.max(idle.saturating_mul(10));
        note(status.height > Height::ZERO && age > old, "no_new_block");
        let unindexed = status.height.get().saturating_sub(status.index_height.get());
        note(self.index.is_some() && unindexed > MAX_UNINDEXED, "index_behind");
        failing
    }

    /// Metrics as Prometheus reads them.
    pub(super) fn prometheus(&self) -> String {
        // Encoding takes a while; a scrape that comes more than ten times a second gets an old one.
        let mut cached = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((taken, text)) = cached.as_ref()
            && taken.elapsed() < Duration::from_millis(100)
        {
            return text.clone();
        }
        let build = [
            ("version", self.info.version.to_owned()),
            ("commit", self.info.commit.to_owned()),
            ("chain_id", self.info.genesis.chain_id.to_string()),
        ];
        let process = process::metrics(self.info.started_at_ms, &build);
        let process = process.trim_end().trim_end_matches("# EOF");
        let stake = self.stake.metrics();
        let text = format!("{process}{stake}{}", self.engine.metrics());
        *cached = Some((Instant::now(), text.clone()));
        text
    }
}
