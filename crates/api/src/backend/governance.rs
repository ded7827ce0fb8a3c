//! What the index of the node knows about governance and the treasury. Everything else that the API
//! says about them it reads from records of the state.

use althing_types::{
    Address, Amount, Event, Height, Timestamp, ValidatorKey,
    governance::{Ballot, DisbursementState, ParameterChange},
};

/// Which proposals are wanted. What is left open is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProposalFilter {
    /// Name of the state, for example `voting`.
    pub status: Option<String>,
    /// Name of the action, for example `parameters`.
    pub kind: Option<String>,
    /// Who proposed it.
    pub proposer: Option<Address>,
}

impl ProposalFilter {
    /// Whether every proposal is wanted.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

/// A vote as it was last cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoteState {
    /// Where it was cast: height and position in the block.
    pub at: (Height, u32),
    /// The time of that block.
    pub time: Timestamp,
    /// Who sent it.
    pub voter: Address,
    /// The validator whose vote it is; none if it is that of the sender's own stake.
    pub validator: Option<ValidatorKey>,
    /// How the weight is divided.
    pub ballot: Ballot,
    /// The stake behind it when it was cast, in base units.
    pub weight: Amount,
}

/// A parameter that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterChangeState {
    /// Number of the change, from 1 in the order of the chain.
    pub number: u64,
    /// The height from whose end on it is so.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// The proposal that changed it.
    pub proposal: u64,
    /// Which, from what, to what.
    pub change: ParameterChange,
}

/// Something that happened to a proposal or to its disbursement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalEvent {
    /// The height.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// What happened.
    pub event: Event,
}

/// Disbursements that are in the same state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisbursementCount {
    /// The state.
    pub state: DisbursementState,
    /// How many.
    pub count: u64,
    /// The sum of their payments, in base units.
    pub total: Amount,
}

/// What a history is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryTopic {
    /// The safety override, emergencies, and what they left in force.
    Safety,
    /// The version of the rules.
    Upgrade,
    /// The configuration of the network; which validator chose which version is not told.
    Network,
    /// What the treasury earned, epoch by epoch.
    Income,
}

/// An event of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEvent {
    /// Its number in the order of the chain; numbers of all topics rise together.
    pub number: u64,
    /// The height.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// What happened.
    pub event: Event,
}
