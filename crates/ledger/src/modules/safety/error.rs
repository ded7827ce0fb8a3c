use crate::{codes, error::Failure};

/// Rules of the safety override.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SafetyError {
    /// The sender is no member, or there is no override.
    NotMember,
    /// The sender has approved this call.
    AlreadyApproved,
    /// The override may not do this, or not so much of it.
    NotAllowed,
    /// It was used as often as it may be.
    Spent,
    /// It was used a short while ago.
    Cooldown,
    /// There is nothing to stop, to ratify or to rule over.
    Nothing,
    /// The approvals came too late.
    Expired,
}

impl From<SafetyError> for Failure {
    fn from(error: SafetyError) -> Self {
        Self::Rule(match error {
            SafetyError::NotMember => codes::NOT_MEMBER,
            SafetyError::AlreadyApproved => codes::ALREADY_APPROVED,
            SafetyError::NotAllowed => codes::ORDER_NOT_ALLOWED,
            SafetyError::Spent => codes::OVERRIDE_SPENT,
            SafetyError::Cooldown => codes::OVERRIDE_COOLDOWN,
            SafetyError::Nothing => codes::NOTHING_TO_OVERRIDE,
            SafetyError::Expired => codes::CALL_EXPIRED,
        })
    }
}
