//! Changes what a validator says about itself, and announces another commission.

use super::stake::check_endpoint;
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::staking::{
        Announcement, BlockMoment, Validator, error::StakingError, know, load_profile, operated_by,
        operator_key, profile_key, require_validator, save_validator, store::save_profile,
        validator_key,
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, Ppm, ValidatorKey, message::UpdateValidator};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 30_000;

/// Something must change, and what changes must be legal.
pub(crate) fn validate(message: &UpdateValidator) -> Result<(), Invalid> {
    if *message == UpdateValidator::default() {
        return Err(Invalid::NothingToDo);
    }
    if message.name.as_ref().is_some_and(|name| name.is_empty()) {
        return Err(Invalid::NameMissing);
    }
    message.endpoint.as_ref().map_or(Ok(()), check_endpoint)
}

/// Which validator the sender operates is in the state: its keys come in a second round.
pub(crate) fn keys(_: &UpdateValidator, sender: &Address, out: &mut Vec<StateKey>) {
    out.push(operator_key(sender));
}

pub(crate) fn execute(
    message: &UpdateValidator,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let moment = BlockMoment::from(context.block);
    let view = &mut *context.view;
    let key = operated_by(view, &context.sender)?.ok_or(StakingError::NotOperator)?;
    know(view, [validator_key(&key), profile_key(&key)])?;
    let mut validator = require_validator(view, &key)?;
    if validator.ejected {
        return Err(StakingError::ValidatorEjected.into());
    }
    let mut events = Vec::new();
    if let Some(commission) = message.commission {
        events.push(announce(&mut validator, &moment, key, commission)?);
        save_validator(view, &key, &validator)?;
    }
    let before = load_profile(view, &key)?;
    let mut profile = before.clone();
    let UpdateValidator { name, website, description, endpoint, commission: _ } = message.clone();
    profile.details.name = name.unwrap_or(profile.details.name);
    profile.details.website = website.unwrap_or(profile.details.website);
    profile.details.description = description.unwrap_or(profile.details.description);
    profile.endpoint = endpoint.unwrap_or(profile.endpoint);
    if profile != before {
        save_profile(view, &key, &profile)?;
        events.push(Event::ValidatorUpdated { validator: key });
    }
    Ok(events)
}

/// Announces a commission. It applies at the first turn of an epoch after the announcement period.
fn announce(
    validator: &mut Validator,
    moment: &BlockMoment<'_>,
    key: ValidatorKey,
    commission: Ppm,
) -> Result<Event, StakingError> {
    let staking = &moment.params.staking;
    if commission > staking.max_commission {
        return Err(StakingError::CommissionTooHigh);
    }
    let rise = commission.get().saturating_sub(validator.commission.get());
    if rise > staking.max_commission_step.get() {
        return Err(StakingError::CommissionStep);
    }
    if validator.announced.is_some() || !moment.is_reached(validator.commission_cooldown) {
        return Err(StakingError::CommissionCooldown);
    }
    let due = moment.after(staking.commission_announcement);
    validator.announced = Some(Announcement { commission, due });
    validator.commission_cooldown = moment.after(staking.commission_cooldown);
    Ok(Event::CommissionAnnounced { validator: key, commission, due })
}
