use althing_types::{
    Amount, Due, Height, List, Period, Timestamp,
    governance::{Dependencies, DisbursementReason, DisbursementState, Payments},
    limits::MAX_DISBURSEMENT_DEPENDENCIES,
    params::TreasuryParams,
    struct_codec,
};
use serde::{Deserialize, Serialize};

/// Most steps that a disbursement remembers. No life has more: three votes' steps, an execution and
/// an end, and one more for each reason to wait.
pub(crate) const MAX_STEPS: usize = 16;

/// Money that is to leave the treasury, as a proposal said. What it is for stands in the proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disbursement {
    /// Where it is in its life.
    pub state: DisbursementState,
    /// How it came there, oldest first.
    pub history: List<Step, MAX_STEPS>,
    /// Who is paid what, and when.
    pub payments: Payments,
    /// What must be executed before.
    pub deps: Dependencies,
    /// The sum of all payments, in base units.
    pub total: Amount,
    /// From when all that it depends on is executed to its own execution.
    pub delay: Period,
    /// When it may be executed, or when its rollback window ends.
    pub due: Due,
    /// When it is given up if it is not executed.
    pub expires: Due,
    /// Whether the treasury could not pay it when it was due.
    pub short: bool,
    /// When it was executed.
    pub executed: Option<Moment>,
    /// Bit `n`: payment `n` was paid.
    pub paid: u32,
}

struct_codec!(Disbursement {
    state,
    history,
    payments,
    deps,
    total,
    delay,
    due,
    expires,
    short,
    executed,
    paid,
});

/// A height and the time of its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The height.
    pub height: Height,
    /// The time.
    pub time: Timestamp,
}

struct_codec!(Moment { height, time });

/// A step in the life of a disbursement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Where it came.
    pub state: DisbursementState,
    /// Why.
    pub reason: DisbursementReason,
    /// When.
    pub height: Height,
}

struct_codec!(Step { state, reason, height });

/// Sums over all disbursements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Treasury {
    /// What is accepted and not executed yet, in base units.
    pub reserved: Amount,
    /// What is executed and not paid yet: what the account `disbursements` holds, in base units.
    pub held: Amount,
    /// All that was ever paid, in base units.
    pub paid: Amount,
    /// Disbursements that are accepted and not over.
    pub pending: u32,
    /// Before this nothing happens by itself; without meaning if nothing is pending.
    pub wake: Due,
    /// Epochs in a row that ended with a backlog.
    pub stalled: u32,
    /// Before this nothing is executed or paid: it is paused.
    pub paused_until: Due,
}

struct_codec!(Treasury { reserved, held, paid, pending, wake, stalled, paused_until });

impl Treasury {
    /// Whether it is paused at this height and time.
    pub const fn is_paused(&self, height: Height, time: Timestamp) -> bool {
        !self.paused_until.is_reached(height, time)
    }
}

/// A disbursement that is accepted and not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its number.
    pub number: u64,
    /// Not before this anything happens to it.
    pub wake: Due,
}

struct_codec!(Waiting { number, wake });

/// All that are accepted and not over, in the order in which they were accepted.
pub type Pending = List<Waiting, { TreasuryParams::MAX_PENDING as usize }>;

/// Disbursements that depend on one.
pub type Dependents = List<u64, MAX_DISBURSEMENT_DEPENDENCIES>;
