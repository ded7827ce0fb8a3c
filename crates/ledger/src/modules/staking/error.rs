use crate::{
    codes,
    error::{Failure, Fault},
};
use althing_types::Code;

/// Rules of staking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StakingError {
    /// Nobody registered the key.
    UnknownValidator,
    /// Registered already.
    ValidatorExists,
    /// The sender operates another validator.
    OperatorTaken,
    /// The sender operates no such validator.
    NotOperator,
    /// A first stake without a registration.
    RegistrationMissing,
    /// The consensus key did not sign.
    BadPossession,
    /// Above the highest commission.
    CommissionTooHigh,
    /// Rises too much at a time.
    CommissionStep,
    /// The last change is too recent, or one is announced already.
    CommissionCooldown,
    /// The operator's own stake would be too low.
    StakeTooLow,
    /// Less than the least delegation.
    DelegationTooLow,
    /// The account delegates to as many validators as it may.
    TooManyValidators,
    /// The list of candidates is full.
    TooManyCandidates,
    /// One validator would hold too much of all stake.
    PowerCap,
    /// Too much leaves the validator in one epoch.
    UnbondingLimit,
    /// The account has as many unbonding entries as it may.
    TooManyUnbonding,
    /// Less is delegated than is to be taken.
    InsufficientDelegation,
    /// The stake counts from the next epoch on.
    StakePending,
    /// The stake is liable for another validator.
    RedelegationLocked,
    /// Too many parts of the delegation are liable.
    TooManyRedelegations,
    /// From a validator to itself.
    SameValidator,
    /// Ejected for good.
    ValidatorEjected,
    /// Leaving, or slashed to nothing.
    ValidatorClosed,
    /// Too little would be left.
    DelegationDust,
}

impl StakingError {
    const fn code(self) -> Code {
        match self {
            Self::UnknownValidator => codes::UNKNOWN_VALIDATOR,
            Self::ValidatorExists => codes::VALIDATOR_EXISTS,
            Self::OperatorTaken => codes::OPERATOR_TAKEN,
            Self::NotOperator => codes::NOT_OPERATOR,
            Self::RegistrationMissing => codes::REGISTRATION_MISSING,
            Self::BadPossession => codes::BAD_POSSESSION,
            Self::CommissionTooHigh => codes::COMMISSION_TOO_HIGH,
            Self::CommissionStep => codes::COMMISSION_STEP,
            Self::CommissionCooldown => codes::COMMISSION_COOLDOWN,
            Self::StakeTooLow => codes::STAKE_TOO_LOW,
            Self::DelegationTooLow => codes::DELEGATION_TOO_LOW,
            Self::TooManyValidators => codes::TOO_MANY_VALIDATORS,
            Self::TooManyCandidates => codes::TOO_MANY_CANDIDATES,
            Self::PowerCap => codes::POWER_CAP,
            Self::UnbondingLimit => codes::UNBONDING_LIMIT,
            Self::TooManyUnbonding => codes::TOO_MANY_UNBONDING,
            Self::InsufficientDelegation => codes::INSUFFICIENT_DELEGATION,
            Self::StakePending => codes::STAKE_PENDING,
            Self::RedelegationLocked => codes::REDELEGATION_LOCKED,
            Self::TooManyRedelegations => codes::TOO_MANY_REDELEGATIONS,
            Self::SameValidator => codes::SAME_VALIDATOR,
            Self::ValidatorEjected => codes::VALIDATOR_EJECTED,
            Self::ValidatorClosed => codes::VALIDATOR_CLOSED,
            Self::DelegationDust => codes::DELEGATION_DUST,
        }
    }
}

impl From<StakingError> for Failure {
    fn from(error: StakingError) -> Self {
        Self::Rule(error.code())
    }
}

/// Records that contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the records of stake contradict each other: {0}")]
pub struct Contradiction(pub &'static str);

impl Contradiction {
    /// As what stops the node, with the record where it shows.
    pub(super) const fn at(self, key: althing_state::StateKey) -> Fault {
        Fault::Corrupt { key, what: self.0 }
    }
}

impl From<althing_types::AmountError> for Contradiction {
    fn from(_: althing_types::AmountError) -> Self {
        Self("a sum of stake or shares does not fit")
    }
}
