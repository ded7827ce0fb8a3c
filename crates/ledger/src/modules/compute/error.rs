use crate::{codes, error::Failure};

/// Rules of compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ComputeError {
    /// The account is a worker already.
    WorkerExists,
    /// The account is no worker.
    UnknownWorker,
    /// The worker was banned.
    WorkerBanned,
    /// The worker is not active.
    WorkerNotActive,
    /// Less than the least stake.
    StakeTooLow,
    /// The worker has tasks.
    WorkerBusy,
    /// The worker has no such device.
    UnknownDevice,
    /// The evidence does not decode or breaks a bound.
    EvidenceMalformed,
    /// Another device has this UUID.
    DeviceTaken,
    /// The device may not work.
    DeviceNotEligible,
    /// The device has a task that is in the way.
    DeviceBusy,
    /// The device must be measured first.
    MustMeasure,
    /// The shape cannot be checked.
    ShapeIllegal,
    /// The shape earns nothing.
    ShapeNotPriced,
    /// The batch is empty or too large.
    BatchSize,
    /// There is no such task.
    UnknownTask,
    /// Another account ordered the task.
    NotRequester,
    /// Somebody works on the task.
    TaskNotOpen,
    /// The sender does not have the task, or is bound to a result already.
    NotAssigned,
    /// The seed is not drawn.
    CommitEarly,
    /// The time is over.
    CommitLate,
    /// A benchmark needs the digest of its result.
    DigestMissing,
    /// Too many results await votes.
    VerifiersBusy,
    /// None of the votes counts.
    NoVoteCounts,
    /// There is no result that can be proven wrong.
    NotDisputable,
    /// The opening does not lead to what the worker committed to.
    OpeningInvalid,
    /// The result was not to be planted, or the secret is another one.
    NotPlanted,
    /// There is nothing to claim.
    NothingToClaim,
    /// The list would break a bound.
    WhitelistBounds,
}

impl From<ComputeError> for Failure {
    fn from(error: ComputeError) -> Self {
        Self::Rule(match error {
            ComputeError::WorkerExists => codes::WORKER_EXISTS,
            ComputeError::UnknownWorker => codes::UNKNOWN_WORKER,
            ComputeError::WorkerBanned => codes::WORKER_BANNED,
            ComputeError::WorkerNotActive => codes::WORKER_NOT_ACTIVE,
            ComputeError::StakeTooLow => codes::WORKER_STAKE_TOO_LOW,
            ComputeError::WorkerBusy => codes::WORKER_BUSY,
            ComputeError::UnknownDevice => codes::UNKNOWN_DEVICE,
            ComputeError::EvidenceMalformed => codes::DEVICE_EVIDENCE_MALFORMED,
            ComputeError::DeviceTaken => codes::DEVICE_TAKEN,
            ComputeError::DeviceNotEligible => codes::DEVICE_NOT_ELIGIBLE,
            ComputeError::DeviceBusy => codes::DEVICE_BUSY,
            ComputeError::MustMeasure => codes::BENCHMARK_DUE,
            ComputeError::ShapeIllegal => codes::SHAPE_ILLEGAL,
            ComputeError::ShapeNotPriced => codes::SHAPE_NOT_PRICED,
            ComputeError::BatchSize => codes::BATCH_SIZE,
            ComputeError::UnknownTask => codes::UNKNOWN_TASK,
            ComputeError::NotRequester => codes::NOT_REQUESTER,
            ComputeError::TaskNotOpen => codes::TASK_NOT_OPEN,
            ComputeError::NotAssigned => codes::NOT_ASSIGNED,
            ComputeError::CommitEarly => codes::COMMIT_EARLY,
            ComputeError::CommitLate => codes::COMMIT_LATE,
            ComputeError::DigestMissing => codes::DIGEST_MISSING,
            ComputeError::VerifiersBusy => codes::VERIFIERS_BUSY,
            ComputeError::NoVoteCounts => codes::NO_VOTE_COUNTS,
            ComputeError::NotDisputable => codes::NOT_DISPUTABLE,
            ComputeError::OpeningInvalid => codes::OPENING_INVALID,
            ComputeError::NotPlanted => codes::NOT_PLANTED,
            ComputeError::NothingToClaim => codes::NOTHING_TO_CLAIM,
            ComputeError::WhitelistBounds => codes::WHITELIST_BOUNDS,
        })
    }
}
