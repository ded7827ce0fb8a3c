//! The messages of module `staking`.

pub(crate) mod delegate;
pub(crate) mod redelegate;
pub(crate) mod stake;
pub(crate) mod undelegate;
pub(crate) mod unstake;
pub(crate) mod update_validator;
