//! The configuration of the network that the chain keeps: where to find others, which software may
//! take part, and how much a node takes from others.
//!
//! Each version of it is one document that never changes. What a node runs is decided on the chain.

use crate::{
    Height, List, Period, Ppm, Text, ValidatorKey, Version,
    codec::byte_enum,
    limits::{MAX_BOOT_NODES, MAX_ENDPOINT_BYTES},
    struct_codec,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Number of the configuration that every chain begins with.
pub const GENESIS_SPEC: u64 = 1;

/// A node that is always there for others to begin with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootNode {
    /// Its network key.
    pub key: ValidatorKey,
    /// Where its p2p port is reached, `host:port`.
    pub endpoint: Text<MAX_ENDPOINT_BYTES>,
}

struct_codec!(BootNode { key, endpoint });

/// At most 64 nodes to begin with.
pub type BootNodes = List<BootNode, MAX_BOOT_NODES>;

byte_enum! {
    /// What happens to a node whose software is older than the configuration asks for.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Strictness {
        /// Nothing.
        0 "off" Off,
        /// It is told.
        #[default]
        1 "soft" Soft,
        /// Others do not talk to it.
        2 "hard" Hard,
    }
}

/// How much a node takes from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkLimits {
    /// Most boot nodes that a node connects to beside the validators, 8 to 1,000.
    pub max_peers: u32,
    /// Most bytes of gossip a second that it takes from one peer, 2^20 to 2^30. A node sends half as
    /// much at most.
    pub gossip_bytes_per_second: u64,
}

struct_codec!(NetworkLimits { max_peers, gossip_bytes_per_second });

impl Default for NetworkLimits {
    fn default() -> Self {
        Self { max_peers: 256, gossip_bytes_per_second: 12 << 20 }
    }
}

/// A version of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Nodes to begin with, 1 to 64, each key once.
    pub boot_nodes: BootNodes,
    /// The oldest protocol that a node's software should be able to run.
    pub min_version: Version,
    /// What happens to software that is older.
    pub strictness: Strictness,
    /// How much a node takes from others.
    pub limits: NetworkLimits,
}

struct_codec!(NetworkSpec { boot_nodes, min_version, strictness, limits });

/// How a version of the configuration reaches everybody: a part of the validators runs it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolloutPlan {
    /// The part of the validators that runs it first, 1 % to 90 %, rounded up to whole ones.
    pub first: Ppm,
    /// How long these are watched, at least; longer than nothing. Watching ends with an epoch.
    pub watch: Period,
    /// How healthy they must be, 50 % to 100 %: so many of them must run it in the end, and they may
    /// miss no larger part of their turns more than the others do than what is left to the whole.
    pub min_health: Ppm,
}

struct_codec!(RolloutPlan { first, watch, min_health });

byte_enum! {
    /// What became of a version of the configuration.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum SpecStatus {
        /// Everybody runs it who has chosen nothing else.
        0 "active" Active,
        /// A part of the validators runs it, and is watched.
        1 "staged" Staged,
        /// Each validator may choose it.
        2 "offered" Offered,
        /// Another one took its place, or what it was made for.
        3 "superseded" Superseded,
        /// Those who ran it first did worse than the others.
        4 "rolled-back" RolledBack,
    }
}

byte_enum! {
    /// Why a version of the configuration was rolled back.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum RollbackReason {
        /// Those who ran it first missed more of their turns than the others.
        0 "misses" Misses,
        /// Too few of those who were to run it first said that they do.
        1 "silence" Silence,
        /// The safety override or an emergency put an end to it.
        2 "overridden" Overridden,
    }
}

/// How those who run a version first do, and all others of the same set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutHealth {
    /// Validators that run it first.
    pub cohort: u32,
    /// Those of them whose nodes said that they run it.
    pub applied: u32,
    /// Turns that they had since.
    pub turns: u64,
    /// Those of the turns that they missed.
    pub missed: u64,
    /// Turns that the others had since.
    pub other_turns: u64,
    /// Those of the turns that they missed.
    pub other_missed: u64,
}

struct_codec!(RolloutHealth { cohort, applied, turns, missed, other_turns, other_missed });

/// Which bound of a configuration is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Nobody could find the network.
    #[error("a configuration names at least one boot node")]
    NoBootNode,
    /// The same key twice.
    #[error("the boot node {0} is listed twice")]
    DuplicateBootNode(ValidatorKey),
    /// No `host:port`.
    #[error("the endpoint of the boot node {0} must be host:port")]
    Endpoint(ValidatorKey),
    /// Outside its range.
    #[error("{name} must be from {min} to {max}, not {value}")]
    OutOfRange {
        /// What.
        name: &'static str,
        /// Smallest legal value.
        min: u64,
        /// Largest legal value.
        max: u64,
        /// The offending value.
        value: u64,
    },
}

const fn within(name: &'static str, value: u64, min: u64, max: u64) -> Result<(), SpecError> {
    if min <= value && value <= max {
        Ok(())
    } else {
        Err(SpecError::OutOfRange { name, min, max, value })
    }
}

/// Whether a text is `host:port` with a port that can be dialled.
pub(crate) fn is_endpoint(text: &str) -> bool {
    let parts = text.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>()));
    matches!(parts, Some((host, Ok(1..))) if !host.is_empty())
}

impl NetworkSpec {
    /// The formats that [`NetworkSpec::render`] knows, oldest first.
    pub const FORMATS: &'static [u16] = &[1, 2];

    /// Checks every bound.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn validate(&self) -> Result<(), SpecError> {
        if self.boot_nodes.is_empty() {
            return Err(SpecError::NoBootNode);
        }
        let mut keys = BTreeSet::new();
        for BootNode { key, endpoint } in self.boot_nodes.iter() {
            if !keys.insert(*key) {
                return Err(SpecError::DuplicateBootNode(*key));
            }
            if !is_endpoint(endpoint) {
                return Err(SpecError::Endpoint(*key));
            }
        }
        let NetworkLimits { max_peers, gossip_bytes_per_second } = self.limits;
        within("limits.max_peers", max_peers.into(), 8, 1_000)?;
        within("limits.gossip_bytes_per_second", gossip_bytes_per_second, 1 << 20, 1 << 30)
    }

    /// The document as software of a certain age reads it: format 1 holds `key@host:port` of the
    /// boot nodes alone, format 2 everything. `None` if there is no such format. A format never
    /// changes; what is new becomes a new one.
    pub fn render(&self, version: u64, format: u16) -> Option<Value> {
        match format {
            1 => {
                let line = |node: &BootNode| format!("{}@{}", node.key, node.endpoint);
                let nodes: Vec<String> = self.boot_nodes.iter().map(line).collect();
                Some(json!({ "format": 1, "version": version, "boot_nodes": nodes }))
            }
            2 => Some(json!({
                "format": 2,
                "version": version,
                "boot_nodes": self.boot_nodes,
                "min_version": self.min_version,
                "strictness": self.strictness,
                "limits": self.limits,
            })),
            _ => None,
        }
    }

    /// What software that can run `protocol` at most has to do about `min_version`.
    pub fn judge(&self, protocol: Version) -> Strictness {
        if protocol >= self.min_version { Strictness::Off } else { self.strictness }
    }
}

impl RolloutPlan {
    /// Checks every bound.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn validate(&self) -> Result<(), SpecError> {
        within("rollout.first", self.first.get().into(), 10_000, 900_000)?;
        within("rollout.min_health", self.min_health.get().into(), 500_000, 1_000_000)?;
        let Period { blocks, ms } = self.watch;
        let least = u64::from(ms == 0);
        within("rollout.watch.blocks", blocks, least, Period::MAX_BLOCKS)?;
        within("rollout.watch.ms", ms, 0, Period::MAX_MS)
    }

    /// How many of so many validators run it first: all but one at most, and one at least.
    pub fn cohort(&self, validators: usize) -> usize {
        let parts = (validators as u128) * u128::from(self.first.get());
        let part = usize::try_from(parts.div_ceil(1_000_000)).unwrap_or(usize::MAX);
        part.min(validators.saturating_sub(1)).max(1)
    }

    /// Why those who run it first are not healthy; `None` while nothing is wrong. Whether they run
    /// it at all is asked `at_end` alone, and fewer than three missed turns say nothing.
    pub fn judge(&self, health: &RolloutHealth, at_end: bool) -> Option<RollbackReason> {
        const ONE: u128 = 1_000_000;
        let RolloutHealth { cohort, applied, turns, missed, other_turns, other_missed } = *health;
        let allowed = ONE.saturating_sub(self.min_health.get().into());
        // missed / turns > other_missed / other_turns + allowed
        let others = u128::from(other_turns.max(1));
        let bad = u128::from(missed).saturating_mul(others).saturating_mul(ONE);
        let usual = u128::from(other_missed).saturating_mul(ONE);
        let most = usual.saturating_add(allowed.saturating_mul(others));
        if missed >= MIN_MISSES && bad > most.saturating_mul(turns.into()) {
            return Some(RollbackReason::Misses);
        }
        let needed = u128::from(cohort).saturating_mul(self.min_health.get().into());
        let silent = u128::from(applied).saturating_mul(ONE) < needed;
        (at_end && silent).then_some(RollbackReason::Silence)
    }
}

/// Fewer missed turns than this may be chance.
const MIN_MISSES: u64 = 3;

/// The version of the configuration that a validator chose for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// The version that the validator chose.
    pub version: u64,
    /// When.
    pub height: Height,
    /// Whether its operator chose it, and not its node.
    pub by_hand: bool,
}

struct_codec!(Adoption { version, height, by_hand });

#[cfg(test)]
mod tests;
