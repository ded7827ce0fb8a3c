use crate::{codes, error::Failure};

/// Rules of performance and punishment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PerformanceError {
    /// The validator has left, and nothing of its stake is there any more.
    Unknown,
    /// The sender operates no validator.
    NotOperator,
    /// The validator is free.
    NotJailed,
    /// It was ejected for good.
    Ejected,
    /// Too little stake is left to be chosen.
    StakeTooLow,
    /// The epoch of the fault lies too far back, or has not begun.
    Stale,
    /// The signer was no member of that epoch's set.
    Foreign,
    /// The signer was ejected already.
    Duplicate,
    /// The messages prove nothing.
    Invalid,
}

impl From<PerformanceError> for Failure {
    fn from(error: PerformanceError) -> Self {
        Self::Rule(match error {
            PerformanceError::Unknown => codes::UNKNOWN_VALIDATOR,
            PerformanceError::NotOperator => codes::NOT_OPERATOR,
            PerformanceError::NotJailed => codes::NOT_JAILED,
            PerformanceError::Ejected => codes::VALIDATOR_EJECTED,
            PerformanceError::StakeTooLow => codes::UNJAIL_STAKE,
            PerformanceError::Stale => codes::EVIDENCE_STALE,
            PerformanceError::Foreign => codes::EVIDENCE_FOREIGN,
            PerformanceError::Duplicate => codes::EVIDENCE_DUPLICATE,
            PerformanceError::Invalid => codes::EVIDENCE_INVALID,
        })
    }
}
