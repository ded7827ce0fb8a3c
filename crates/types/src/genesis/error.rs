use crate::{Address, Amount, ParamsError, network::SpecError, validator::ValidatorSetError};

/// Why a genesis file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// Not JSON, or a field is missing, unknown or malformed.
    #[error("the genesis file cannot be read: {0}")]
    Json(String),
    /// A parameter breaks its bounds.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// The validators are no validator set.
    #[error(transparent)]
    Validators(#[from] ValidatorSetError),
    /// An endpoint is malformed.
    #[error("the endpoint {0:?} of validator {1:?} is not host:port")]
    Endpoint(String, String),
    /// The configuration of the network breaks its bounds.
    #[error("network: {0}")]
    Network(SpecError),
    /// An address is listed twice.
    #[error("the account {0} is listed twice")]
    DuplicateAccount(Address),
    /// An allocation of nothing.
    #[error("the allocation of {0} is zero: leave it out")]
    ZeroAllocation(Address),
    /// A validator without stake.
    #[error("the stake of validator {0:?} is zero")]
    ZeroStake(String),
    /// The operator of two validators.
    #[error("the account {0} operates two validators: give each its own")]
    DuplicateOperator(Address),
    /// A commission above the chain's highest.
    #[error("the commission of validator {0:?} is above staking.max_commission")]
    Commission(String),
    /// A validator that the chain's own rules would not choose.
    #[error("the stake of validator {0:?} is below staking.min_validator_stake, {1} base units")]
    StakeTooLow(String, Amount),
    /// More validators than the chain chooses.
    #[error("there are {0} validators, but staking.max_validators is {1}")]
    TooManyValidators(usize, u64),
    /// A vesting schedule out of order.
    #[error("the vesting of {0} must have start < end and start <= cliff <= end")]
    Vesting(Address),
    /// The sum does not fit 128 bits.
    #[error("the allocations and stakes add up to more than 2^128 base units")]
    SupplyOverflow,
    /// A schedule that releases a reserve which is not there.
    #[error(
        "emission.schedule is target-apr, which pays from the reserve, but the reserve is zero, so \
         nobody would ever be paid: set `reserve`, or choose the schedule halving"
    )]
    EmptyReserve,
    /// Too many load accounts.
    #[error("load_accounts.count is at most 1000000, not {0}")]
    TooManyLoadAccounts(u64),
}

impl GenesisError {
    /// Stable machine-readable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "genesis_unreadable",
            Self::Params(_) => "genesis_params",
            Self::Validators(_) => "genesis_validators",
            Self::Endpoint(..) => "genesis_endpoint",
            Self::Network(_) => "genesis_network",
            Self::DuplicateAccount(_) => "genesis_duplicate_account",
            Self::ZeroAllocation(_) => "genesis_zero_allocation",
            Self::ZeroStake(_) => "genesis_zero_stake",
            Self::DuplicateOperator(_) => "genesis_duplicate_operator",
            Self::Commission(_) => "genesis_commission",
            Self::StakeTooLow(..) => "genesis_stake_too_low",
            Self::TooManyValidators(..) => "genesis_too_many_validators",
            Self::Vesting(_) => "genesis_vesting",
            Self::SupplyOverflow => "genesis_supply_overflow",
            Self::EmptyReserve => "genesis_empty_reserve",
            Self::TooManyLoadAccounts(_) => "genesis_load_accounts",
        }
    }
}
