use althing_types::{Height, Version, governance::UpgradeFailure, struct_codec};
use serde::{Deserialize, Serialize};

/// The rules that hold, and what is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protocol {
    /// The version of the rules.
    pub version: Version,
    /// The first height with them.
    pub since: Height,
    /// The version before; none if the chain began with this one.
    pub previous: Option<Version>,
    /// What is planned.
    pub plan: Option<Plan>,
    /// The last upgrade that failed, unless one has succeeded since.
    pub failed: Option<FailedUpgrade>,
}

struct_codec!(Protocol { version, since, previous, plan, failed });

/// An upgrade that was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// To which version.
    pub version: Version,
    /// The first height with its rules, if enough nodes are ready then.
    pub height: Height,
    /// The proposal that wanted it.
    pub proposal: u64,
    /// How often it was put off.
    pub postponed: u32,
}

struct_codec!(Plan { version, height, proposal, postponed });

/// An upgrade that changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedUpgrade {
    /// To which version.
    pub version: Version,
    /// When.
    pub height: Height,
    /// The proposal that wanted it.
    pub proposal: u64,
    /// Why.
    pub reason: UpgradeFailure,
}

struct_codec!(FailedUpgrade { version, height, proposal, reason });
