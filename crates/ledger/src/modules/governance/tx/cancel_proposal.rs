//! Takes a proposal back before it is decided. That costs a part of the deposit.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        governance::{
            AGENDA, Status, action, block::give_back, chain::take_off, error::GovernanceError,
            proposal_key, standing_key, store,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event,
    governance::{Criticality, DisbursementReason},
    message::CancelProposal,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 50_000;

/// Nothing can be wrong with it.
pub(crate) const fn validate(_: &CancelProposal) -> Result<(), Invalid> {
    Ok(())
}

/// The proposal, and the account that holds deposits.
pub(crate) fn keys(message: &CancelProposal, _: &Address, out: &mut Vec<StateKey>) {
    out.extend([AGENDA, proposal_key(message.proposal), standing_key(message.proposal)]);
    out.push(accounts::key(bank::governance_account()));
}

pub(crate) fn execute(
    message: &CancelProposal,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (number, block, proposer) = (message.proposal, context.block, context.sender);
    let view = &mut *context.view;
    let standing = store::load_standing(view, number)?;
    let mut standing = standing.ok_or(GovernanceError::UnknownProposal)?;
    let proposal = store::require_proposal(view, number)?;
    // Nobody takes back what nearly all validators may be about to decide.
    let emergency = proposal.criticality == Criticality::Emergency;
    if proposal.proposer != proposer || emergency {
        return Err(GovernanceError::NotProposer.into());
    }
    if !matches!(standing.status, Status::Waiting {} | Status::Voting { .. }) {
        return Err(GovernanceError::NotVoting.into());
    }
    staking::know(view, [accounts::key(&block.protocol.treasury)])?;
    let fee = block.params.governance.cancel_fee;
    let forfeited = give_back(view, block.protocol, &proposal, fee)?;
    take_off(view, number)?;
    standing.status = Status::Cancelled { height: block.height };
    store::save_standing(view, number, &standing)?;
    let moment = BlockMoment::from(block);
    let reason = DisbursementReason::Cancelled;
    let given_up = action::give_up(view, &moment, number, (&proposal.action, reason))?;
    let event = Event::ProposalCancelled { proposal: number, proposer, forfeited };
    Ok([vec![event], given_up].concat())
}
