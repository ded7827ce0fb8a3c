use althing_types::{
    Due, Height, List, ValidatorKey,
    limits::MAX_VALIDATORS,
    network::{Adoption, NetworkSpec, RollbackReason, RolloutHealth, RolloutPlan, SpecStatus},
    struct_codec,
};
use serde::{Deserialize, Serialize};

/// Most versions that are offered at a time.
pub const MAX_OFFERED: usize = 16;

/// What is in force, what is tried, and what is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// The version in force.
    pub current: u64,
    /// The number of the next version.
    pub next: u64,
    /// What some validators run first.
    pub staged: Option<Rollout>,
    /// Versions that each validator may choose, oldest first: variants of the one in force.
    pub offered: List<u64, MAX_OFFERED>,
}

struct_codec!(Network { current, next, staged, offered });

impl Network {
    /// The version that a validator chose, as long as it is offered; that in force otherwise.
    pub fn chosen(&self, adoption: Option<&Adoption>) -> u64 {
        let chosen = adoption.map(|adoption| adoption.version);
        chosen.filter(|version| self.offered.contains(version)).unwrap_or(self.current)
    }

    /// The version that the node of a validator is to run, `first` if it is among those who run
    /// what is staged first.
    pub fn applies(&self, first: bool, adoption: Option<&Adoption>) -> u64 {
        match &self.staged {
            Some(rollout) if first => rollout.version,
            _ => self.chosen(adoption),
        }
    }
}

/// A version that some validators run first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// The version.
    pub version: u64,
    /// How it is tried.
    pub plan: RolloutPlan,
    /// They are watched until the first epoch that ends at or after this.
    pub until: Due,
}

struct_codec!(Rollout { version, plan, until });

/// A version of the configuration. Its document never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// What it says.
    pub document: NetworkSpec,
    /// The version that it was made for; 0 of the first.
    pub base: u64,
    /// The proposal that made it; 0 of the first.
    pub proposal: u64,
    /// When it was made.
    pub made: Height,
    /// What became of it.
    pub status: SpecStatus,
    /// Since when.
    pub since: Height,
    /// Why it was rolled back.
    pub reason: Option<RollbackReason>,
    /// How those did who ran it first, when they were looked at last.
    pub health: Option<RolloutHealth>,
    /// Validators that chose it last.
    pub adopted: u32,
}

struct_codec!(Spec { document, base, proposal, made, status, since, reason, health, adopted });

impl Spec {
    /// It has become this.
    pub(super) fn enter(&mut self, status: SpecStatus, height: Height) {
        (self.status, self.since) = (status, height);
    }
}

/// A validator that is watched during a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// The validator.
    pub validator: ValidatorKey,
    /// Whether it is one of those who run the version first.
    pub first: bool,
    /// Blocks that it had made before.
    pub made: u64,
    /// Turns that it had missed before.
    pub missed: u64,
}

struct_codec!(Watched { validator, first, made, missed });

/// All that are watched, ordered by key.
pub type Cohort = List<Watched, MAX_VALIDATORS>;
