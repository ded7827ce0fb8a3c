//! Proposes something. It must be possible now, and costs a deposit until it is decided.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        governance::{
            AGENDA, Agenda, Proposal, action, chain, emergency, error::GovernanceError, store,
            tracks,
        },
        safety,
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event,
    governance::{Action, Criticality},
    message::SubmitProposal,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 100_000;

/// It has a title, and changes something if it is about parameters.
pub(crate) fn validate(message: &SubmitProposal) -> Result<(), Invalid> {
    if message.title.is_empty() {
        return Err(Invalid::TitleMissing);
    }
    match &message.action {
        // What it says is checked against what is in force.
        Action::Text {} | Action::Network { .. } => Ok(()),
        Action::Parameters { changes } => {
            let idle = changes.is_empty() || changes.iter().any(|change| change.from == change.to);
            if idle { Err(Invalid::NothingToDo) } else { Ok(()) }
        }
        Action::Treasury { payments, .. } if payments.is_empty() => Err(Invalid::NothingToDo),
        Action::Treasury { payments, .. } => {
            let nothing = payments.iter().any(|payment| payment.amount.is_zero());
            if nothing { Err(Invalid::ZeroAmount) } else { Ok(()) }
        }
        Action::TreasuryRollback { .. }
        | Action::Upgrade { .. }
        | Action::UpgradeCancel { .. }
        | Action::SafetyRules { .. }
        | Action::Ratify { .. } => Ok(()),
        Action::ComputeWhitelist { change } if change.is_empty() => Err(Invalid::NothingToDo),
        Action::ComputePrices { prices } if prices.is_empty() => Err(Invalid::NothingToDo),
        Action::ComputeWhitelist { .. }
        | Action::ComputePrices { .. }
        | Action::EnergySettlement { .. }
        | Action::EnergyOracle { .. }
        | Action::EnergyAdmin { .. } => Ok(()),
        Action::Emergency { order } => safety::validate(order),
    }
}

/// The agenda, and the account that holds deposits.
pub(crate) fn keys(_: &SubmitProposal, _: &Address, out: &mut Vec<StateKey>) {
    out.extend([AGENDA, accounts::key(bank::governance_account())]);
}

pub(crate) fn execute(
    message: &SubmitProposal,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let SubmitProposal { title, summary, link, criticality, action } = message.clone();
    let (block, proposer) = (context.block, context.sender);
    let houses = tracks::houses(block.params, &action, criticality)?;
    let mut agenda = store::load_agenda(context.view)?;
    check_room(&agenda, context)?;
    let number = agenda.next;
    let moment = BlockMoment::from(block);
    let place = (number, agenda.entries.len());
    let began = action::submit(context.view, context.meter, &moment, place, &action)?;
    let deposit = block.params.governance.deposit;
    bank::transfer(context.view, &proposer, &block.protocol.governance, deposit, block.time)?;
    let proposal = Proposal {
        proposer,
        deposit,
        submitted: block.height,
        title,
        summary,
        link,
        criticality,
        houses,
        action,
    };
    let event = chain::enter(context.view, &moment, &mut agenda, &proposal)?;
    store::save_agenda(context.view, &agenda)?;
    let mut events = [vec![event], began].concat();
    if criticality == Criticality::Emergency {
        events.push(emergency::begin(context, number)?);
    }
    Ok(events)
}

/// Whether one more proposal may be open, and one more of this account.
fn check_room(agenda: &Agenda, context: &Context<'_>) -> Result<(), GovernanceError> {
    let params = &context.block.params.governance;
    let reaches = |count: usize, most: u64| u64::try_from(count).is_ok_and(|count| count >= most);
    if reaches(agenda.entries.len(), params.max_open) {
        return Err(GovernanceError::TooManyProposals);
    }
    let own = agenda.entries.iter().filter(|entry| entry.proposer == context.sender).count();
    if reaches(own, params.max_open_per_account) {
        return Err(GovernanceError::TooManyOwnProposals);
    }
    Ok(())
}
