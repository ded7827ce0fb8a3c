use crate::{codes, error::Failure};
use althing_types::Code;

/// Rules of governance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GovernanceError {
    /// There is no such proposal.
    UnknownProposal,
    /// Its vote has not begun, or is over.
    NotVoting,
    /// What is proposed cannot have this criticality.
    Criticality,
    /// As many proposals as can be are open.
    TooManyProposals,
    /// As many as one account may have are open.
    TooManyOwnProposals,
    /// The sender did not propose it.
    NotProposer,
    /// No parameter has this name.
    ParameterUnknown,
    /// The value is of another type.
    ParameterType,
    /// The parameter is not what the proposal says it is now.
    ParameterChanged,
    /// A bound would be broken.
    ParameterBounds,
    /// The schedule pays from a reserve in which nothing is.
    ReserveEmpty,
    /// The voter had no stake when weights were fixed.
    NoVotingPower,
    /// The house that the vote is for is not asked.
    HouseNotAsked,
    /// The validator may not vote in its house.
    NotEligible,
    /// The sender does not operate the validator.
    NotOperator,
    /// The operator has not left this vote to the node.
    NodeMayNot,
}

impl GovernanceError {
    pub(super) const fn code(self) -> Code {
        match self {
            Self::UnknownProposal => codes::UNKNOWN_PROPOSAL,
            Self::NotVoting => codes::NOT_VOTING,
            Self::Criticality => codes::WRONG_CRITICALITY,
            Self::TooManyProposals => codes::TOO_MANY_PROPOSALS,
            Self::TooManyOwnProposals => codes::TOO_MANY_OWN_PROPOSALS,
            Self::NotProposer => codes::NOT_PROPOSER,
            Self::ParameterUnknown => codes::PARAMETER_UNKNOWN,
            Self::ParameterType => codes::PARAMETER_TYPE,
            Self::ParameterChanged => codes::PARAMETER_CHANGED,
            Self::ParameterBounds => codes::PARAMETER_BOUNDS,
            Self::ReserveEmpty => codes::RESERVE_EMPTY,
            Self::NoVotingPower => codes::NO_VOTING_POWER,
            Self::HouseNotAsked => codes::HOUSE_NOT_ASKED,
            Self::NotEligible => codes::NOT_ELIGIBLE,
            Self::NotOperator => codes::NOT_OPERATOR,
            Self::NodeMayNot => codes::NODE_MAY_NOT,
        }
    }
}

impl From<GovernanceError> for Failure {
    fn from(error: GovernanceError) -> Self {
        Self::Rule(error.code())
    }
}
