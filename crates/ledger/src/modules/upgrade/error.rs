use crate::{codes, error::Failure};

/// Rules of upgrades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpgradeError {
    /// Another one is planned.
    Scheduled,
    /// The version is not later, or leaves a major one out.
    Version,
    /// The height has passed, or lies too far ahead.
    Height,
    /// No upgrade to this version is planned.
    NotScheduled,
}

impl From<UpgradeError> for Failure {
    fn from(error: UpgradeError) -> Self {
        Self::Rule(match error {
            UpgradeError::Scheduled => codes::UPGRADE_SCHEDULED,
            UpgradeError::Version => codes::UPGRADE_VERSION,
            UpgradeError::Height => codes::UPGRADE_HEIGHT,
            UpgradeError::NotScheduled => codes::UPGRADE_NOT_SCHEDULED,
        })
    }
}
