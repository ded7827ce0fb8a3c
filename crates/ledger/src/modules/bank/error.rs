use crate::{
    codes,
    error::{Failure, Fault},
};

/// Rules of the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BankError {
    /// More than the payer can spend.
    InsufficientBalance,
    /// More than what is not locked.
    FundsLocked,
    /// More than the recipient can hold.
    BalanceOverflow,
    /// The recipient takes no transfers.
    RecipientClosed,
    /// Not a rule: the state.
    Fault(Fault),
}

impl From<Fault> for BankError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<BankError> for Failure {
    fn from(error: BankError) -> Self {
        match error {
            BankError::InsufficientBalance => Self::Rule(codes::INSUFFICIENT_BALANCE),
            BankError::FundsLocked => Self::Rule(codes::FUNDS_LOCKED),
            BankError::BalanceOverflow => Self::Rule(codes::BALANCE_OVERFLOW),
            BankError::RecipientClosed => Self::Rule(codes::RECIPIENT_CLOSED),
            BankError::Fault(fault) => Self::Fault(fault),
        }
    }
}
