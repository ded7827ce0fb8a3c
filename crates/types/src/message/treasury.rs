//! Messages of module `treasury`.

use crate::struct_codec;
use serde::{Deserialize, Serialize};

/// Takes the next step of a disbursement that was accepted, if it is due: the chain takes it by
/// itself, only not so many at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvanceDisbursement {
    /// The number of its proposal.
    pub disbursement: u64,
}

struct_codec!(AdvanceDisbursement { disbursement });
