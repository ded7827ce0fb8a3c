//! Parameters of upgrades.

use super::{ParamsError, Range, ppm};
use crate::{Ppm, struct_codec};
use serde::{Deserialize, Serialize};

/// Parameters of module `upgrade`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpgradeParams {
    /// The part of the validator set whose nodes must know the new rules when an upgrade is due,
    /// 666,667 to 1,000,000 ppm: with fewer, nobody could go on after it.
    pub min_ready: Ppm,
    /// How often an upgrade that too few are ready for is put off to the next epoch before it is
    /// given up, 0 to 100.
    pub patience: u64,
}

struct_codec!(UpgradeParams { min_ready, patience });

impl UpgradeParams {
    /// Every network: five of six, asked four times.
    pub fn common() -> Self {
        Self { min_ready: ppm(833_333), patience: 3 }
    }

    pub(super) fn validate(&self, range: &Range) -> Result<(), ParamsError> {
        range.check("upgrade.min_ready", self.min_ready.get().into(), 666_667, 1_000_000)?;
        range.check("upgrade.patience", self.patience, 0, 100)
    }
}
