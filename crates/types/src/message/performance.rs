//! Messages of module `performance`.

use crate::{Evidence, struct_codec};
use serde::{Deserialize, Serialize};

/// Lets the sender's validator out of jail: free once its time is over, for a fee before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unjail {}

struct_codec!(Unjail {});

/// Proves that a validator contradicted itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitEvidence {
    /// The two messages that contradict each other.
    pub evidence: Evidence,
}

struct_codec!(SubmitEvidence { evidence });
