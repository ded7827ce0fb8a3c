//! What an oracle says about a dispute. A quorum ends it at once.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        energy::{
            AGENDA, ENERGY, desk::Desk, dispute_key, error::EnergyError, grants, oracle_set_key,
            store,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event,
    energy::{EnergyRole, EnergyScope},
    message::VoteEnergyDispute,
};

/// Gas of the message itself; the vote that decides does what follows.
pub(crate) const GAS: u64 = 150_000;

/// The dispute is looked at when it runs.
pub(crate) const fn validate(_: &VoteEnergyDispute) -> Result<(), Invalid> {
    Ok(())
}

/// The dispute.
pub(crate) fn keys(message: &VoteEnergyDispute, sender: &Address, out: &mut Vec<StateKey>) {
    grants::keys(sender, (&message.oracle, EnergyRole::Oracle), out);
    out.extend([ENERGY, AGENDA, dispute_key(message.dispute)]);
}

pub(crate) fn execute(
    message: &VoteEnergyDispute,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let moment = BlockMoment::from(context.block);
    let VoteEnergyDispute { oracle, dispute: number, uphold } = *message;
    grants::authorize(context, &oracle, (EnergyRole::Oracle, EnergyScope::Dispute))?;
    grants::count(context.view, &moment, (&oracle, EnergyRole::Oracle))?;
    let mut desk = Desk::begin(context.view, &moment)?;
    staking::know(desk.view, [dispute_key(number)])?;
    let known = store::load_dispute(desk.view, number)?;
    let mut dispute = known.ok_or(EnergyError::UnknownDispute)?;
    staking::know(desk.view, [oracle_set_key(dispute.oracles)])?;
    let set = store::require_set(desk.view, dispute.oracles)?;
    let place = set.iter().position(|entry| entry.oracle == oracle);
    let place = place.and_then(|place| u32::try_from(place).ok());
    let bit = 1u32.checked_shl(place.ok_or(EnergyError::NotAdmitted)?).unwrap_or(0);
    if (dispute.uphold | dispute.dismiss) & bit != 0 {
        return Err(EnergyError::AlreadyVoted.into());
    }
    let side = if uphold { &mut dispute.uphold } else { &mut dispute.dismiss };
    *side |= bit;
    desk.events.push(Event::EnergyDisputeVoted { dispute: number, oracle, uphold });
    match desk.verdict(&dispute)? {
        Some(end) => desk.end_dispute(number, &dispute, end)?,
        None => store::save_dispute(desk.view, number, &dispute)?,
    }
    Ok(desk.finish()?)
}
