//! Proves that a validator contradicted itself.

use crate::{
    Invalid,
    error::{Failure, Fault},
    execute::Context,
    modules::{
        performance::error::PerformanceError,
        staking::{self, BlockMoment, SlashOrder},
        validators,
    },
};
use althing_state::{StateKey, View};
use althing_types::{
    Address, Epoch, Event, Evidence, Height, ValidatorKey, event::SlashReason,
    message::SubmitEvidence,
};

/// Gas of the message itself, two signature checks included.
pub(crate) const GAS: u64 = 100_000;

/// The messages are checked when it runs: what they cost is paid for.
pub(crate) const fn validate(_: &SubmitEvidence) -> Result<(), Invalid> {
    Ok(())
}

/// The set that the validator was in, and what slashing it touches, as far as it is its own.
pub(crate) fn keys(message: &SubmitEvidence, _: &Address, out: &mut Vec<StateKey>) {
    out.push(validators::set_key(message.evidence.epoch));
    let validator = &message.evidence.validator;
    out.extend([staking::validator_key(validator), staking::slashes_key(validator)]);
    out.push(staking::TOTALS);
}

pub(crate) fn execute(
    message: &SubmitEvidence,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let block = &BlockMoment::from(context.block);
    let Evidence { validator, epoch, view, .. } = message.evidence;
    check_epoch(block, epoch)?;
    check_member(context.view, &validator, epoch)?;
    let Some(record) = staking::load_validator(context.view, &validator)? else {
        return Err(PerformanceError::Unknown.into());
    };
    if record.ejected {
        return Err(PerformanceError::Duplicate.into());
    }
    if !message.evidence.verify(&context.block.genesis) {
        return Err(PerformanceError::Invalid.into());
    }
    let params = &block.params.slashing;
    let first = epoch.get().saturating_mul(block.params.epoch_length).max(1);
    let order = SlashOrder {
        fraction: params.equivocation,
        since: Height::new(first),
        reason: SlashReason::Equivocation,
        reward: Some((context.sender, params.reporter_reward)),
    };
    let slashed = staking::slash(context.view, block, &validator, order)?;
    staking::eject(context.view, &validator)?;
    let (reporter, reward) = (context.sender, slashed.reward);
    Ok(vec![
        Event::EvidenceAccepted { validator, reporter, epoch, view, reward },
        slashed.event,
        Event::Ejected { validator },
    ])
}

fn check_epoch(block: &BlockMoment<'_>, epoch: Epoch) -> Result<(), PerformanceError> {
    let oldest = block.epoch.get().saturating_sub(block.params.slashing.evidence_epochs);
    let accepted = oldest..=block.epoch.get();
    if accepted.contains(&epoch.get()) { Ok(()) } else { Err(PerformanceError::Stale) }
}

fn check_member(view: &View, validator: &ValidatorKey, epoch: Epoch) -> Result<(), Failure> {
    // Sets that were not kept long enough are gone when governance raises `evidence_epochs`.
    let known = view.get(&validators::set_key(epoch)).map_err(Fault::from)?.is_some();
    if !known {
        return Err(PerformanceError::Stale.into());
    }
    match validators::load_set(view, epoch)?.position(validator) {
        Some(_) => Ok(()),
        None => Err(PerformanceError::Foreign.into()),
    }
}
