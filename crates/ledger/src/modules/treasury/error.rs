use crate::{codes, error::Failure};

/// Rules of the treasury.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TreasuryError {
    /// More than the treasury owns, less what is accepted already.
    InsufficientFunds,
    /// A recipient takes no payments.
    InvalidTarget,
    /// A dependency does not exist, or was rolled back.
    StaleDependency,
    /// It would depend on itself.
    CircularDependency,
    /// Too much hangs together.
    DependencyLimit,
    /// There is no such disbursement.
    Unknown,
    /// Nothing can be done to it now.
    NotReady,
    /// As many as can be are accepted or proposed.
    TooMany,
}

impl From<TreasuryError> for Failure {
    fn from(error: TreasuryError) -> Self {
        Self::Rule(match error {
            TreasuryError::InsufficientFunds => codes::TREASURY_INSUFFICIENT_FUNDS,
            TreasuryError::InvalidTarget => codes::INVALID_TARGET,
            TreasuryError::StaleDependency => codes::STALE_DEPENDENCY,
            TreasuryError::CircularDependency => codes::CIRCULAR_DEPENDENCY,
            TreasuryError::DependencyLimit => codes::DEPENDENCY_LIMIT,
            TreasuryError::Unknown => codes::UNKNOWN_DISBURSEMENT,
            TreasuryError::NotReady => codes::NOT_READY,
            TreasuryError::TooMany => codes::TOO_MANY_DISBURSEMENTS,
        })
    }
}
