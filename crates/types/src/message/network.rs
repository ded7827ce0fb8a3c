//! Messages of module `network`.

use crate::{ValidatorKey, struct_codec};
use serde::{Deserialize, Serialize};

/// Chooses which version of the network's configuration the node of a validator runs: one that is
/// offered, or again that which is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptSpec {
    /// The validator; the sender operates it, or is its node.
    pub validator: ValidatorKey,
    /// The version.
    pub version: u64,
}

struct_codec!(AdoptSpec { validator, version });
