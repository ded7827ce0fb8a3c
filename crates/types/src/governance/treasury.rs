use crate::{
    Address, Amount, List, Period,
    codec::byte_enum,
    limits::{MAX_DISBURSEMENT_DEPENDENCIES, MAX_DISBURSEMENT_PAYMENTS},
    struct_codec,
};
use serde::{Deserialize, Serialize};

/// A payment out of the treasury.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// Who is paid.
    pub to: Address,
    /// How much, in base units; more than nothing.
    pub amount: Amount,
    /// When, counted from the execution of the disbursement, but never before it can be rolled back
    /// no more.
    #[serde(default)]
    pub milestone: Period,
}

struct_codec!(Payment { to, amount, milestone });

/// Payments that belong together: 1 to 32.
pub type Payments = List<Payment, MAX_DISBURSEMENT_PAYMENTS>;
/// Numbers of disbursements that must be executed before: at most 100.
pub type Dependencies = List<u64, MAX_DISBURSEMENT_DEPENDENCIES>;

byte_enum! {
    /// Where a disbursement is in its life.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum DisbursementState {
        /// Proposed; the vote has not begun.
        0 "draft" Draft,
        /// Voted on.
        1 "voting" Voting,
        /// Accepted; waits for what it depends on.
        2 "queued" Queued,
        /// Waits for its time.
        3 "timelocked" Timelocked,
        /// Its money is set aside, and paid when it is due.
        4 "executed" Executed,
        /// All is paid.
        5 "finalized" Finalized,
        /// Nothing is paid any more.
        6 "rolled_back" RolledBack,
    }
}

byte_enum! {
    /// Why a disbursement went on or could not.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum DisbursementReason {
        /// As planned.
        0 "planned" Planned,
        /// The treasury owns too little. It is tried again until the disbursement is too old.
        1 "insufficient_funds" InsufficientFunds,
        /// A recipient takes no payments.
        2 "invalid_target" InvalidTarget,
        /// What it depends on does not exist, or was rolled back.
        3 "stale_dep" StaleDependency,
        /// It depends on itself.
        4 "circular_dep" CircularDependency,
        /// A payment was refused.
        5 "execution_failed" ExecutionFailed,
        /// Its proposer took it back.
        6 "cancelled" Cancelled,
        /// The vote was against it.
        7 "rejected" Rejected,
        /// It waited too long.
        8 "expired" Expired,
        /// It was decided to roll it back.
        9 "decided" Decided,
        /// The safety override or an emergency stopped it.
        10 "overridden" Overridden,
    }
}
