use althing_types::{Amount, Timestamp, struct_codec};
use serde::{Deserialize, Serialize};

/// What was emitted since the chain began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emission {
    /// To validators and their delegators, in base units.
    pub validators: Amount,
    /// To the miner pool, in base units.
    pub miners: Amount,
    /// Burned, or left in the reserve, because nobody earned it or a cap cut it off, in base units.
    pub unearned: Amount,
    /// When the running epoch began: the time of the last block of the one before, and of block 1
    /// in the first.
    pub epoch_started: Timestamp,
}

struct_codec!(Emission { validators, miners, unearned, epoch_started });
