//! Messages of module `safety`.

use crate::{governance::Order, struct_codec};
use serde::{Deserialize, Serialize};

/// Approves a call of the safety override. The approval that makes them enough executes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// A number that the members agree on, so that the same order can be called for again.
    pub call: u64,
    /// What happens at once.
    pub order: Order,
}

struct_codec!(Override { call, order });
