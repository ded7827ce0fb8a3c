//! The message of module `beacon`. It is signed by the node's own account, whose key is the
//! validator's consensus key.

use crate::{Hash, ValidatorKey, struct_codec};
use serde::{Deserialize, Serialize};

/// Commits the sender's validator to a chain of hashes, whose preimages it reveals one by one in the
/// blocks that it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitRandomness {
    /// The validator that the node serves; the sender is the account of its consensus key.
    pub validator: ValidatorKey,
    /// The end of the chain: what the first reveal hashes to.
    #[serde(with = "crate::hash::serde_hex")]
    pub tip: Hash,
    /// How many reveals the chain has, 1 to 2^20.
    pub steps: u32,
    /// Which chain of the validator it is, from 0; each one after the first has the next number.
    pub generation: u32,
}

struct_codec!(CommitRandomness { validator, tip, steps, generation });
