use crate::{codes, error::Failure};

/// Rules of the configuration of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NetworkError {
    /// Another version is in force than the proposal says.
    Changed,
    /// A bound would be broken.
    Bounds,
    /// There is no such version.
    Unknown,
    /// The version is neither offered nor in force.
    NotOffered,
    /// The validator runs it already.
    AlreadyAdopted,
    /// Another version is tried.
    RolloutRunning,
}

impl From<NetworkError> for Failure {
    fn from(error: NetworkError) -> Self {
        Self::Rule(match error {
            NetworkError::Changed => codes::SPEC_CHANGED,
            NetworkError::Bounds => codes::SPEC_BOUNDS,
            NetworkError::Unknown => codes::UNKNOWN_SPEC,
            NetworkError::NotOffered => codes::NOT_OFFERED,
            NetworkError::AlreadyAdopted => codes::ALREADY_ADOPTED,
            NetworkError::RolloutRunning => codes::ROLLOUT_RUNNING,
        })
    }
}
