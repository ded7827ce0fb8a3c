//! Punishment, for the modules that decide about it.

use super::{
    BlockMoment, Contradiction, MAX_SLASHES, Slash, Slashes, TOTALS, Validator, delegation_key,
    position::{burn_bonded, change_totals},
    settle,
    store::{self, load_slashes, load_totals, require_validator, save_validator},
    validator_key,
};
use crate::{
    error::Fault,
    modules::{accounts, bank},
};
use althing_state::{StateKey, View};
use althing_types::{Address, Amount, Due, Event, Height, Ppm, ValidatorKey, event::SlashReason};

/// A slash that is to happen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlashOrder {
    /// The part of the stake that is taken.
    pub(crate) fraction: Ppm,
    /// When its cause began: money that left before is not liable.
    pub(crate) since: Height,
    pub(crate) reason: SlashReason,
    /// Who gets which part of what is taken: at most half of what the operator's own stake loses,
    /// so that to report oneself never pays. The rest is burned.
    pub(crate) reward: Option<(Address, Ppm)>,
}

/// What a slash did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlashResult {
    /// What was taken from the present stake, in base units.
    pub(crate) amount: Amount,
    /// What of it was paid to the reporter, in base units.
    pub(crate) reward: Amount,
    pub(crate) event: Event,
}

/// The records that a slash of the validator touches.
pub(crate) fn slash_keys(key: &ValidatorKey, moment: &BlockMoment<'_>) -> [StateKey; 6] {
    [
        validator_key(key),
        super::slashes_key(key),
        TOTALS,
        bank::SUPPLY,
        accounts::key(&moment.protocol.stake),
        accounts::key(&moment.protocol.treasury),
    ]
}

/// Takes a part, rounded up, of all that is staked with a validator and of all that begins to
/// count in the next epoch. What is unbonding or was redelegated pays later, by the list of
/// slashes.
pub(crate) fn slash(
    view: &mut View,
    moment: &BlockMoment<'_>,
    key: &ValidatorKey,
    order: SlashOrder,
) -> Result<SlashResult, Fault> {
    store::know(view, slash_keys(key, moment))?;
    let SlashOrder { fraction, since, reason, reward } = order;
    let broken = |error| Contradiction::from(error).at(validator_key(key));
    let mut validator = require_validator(view, key)?;
    let most = match reward {
        Some(_) => half_of_own_loss(view, key, &validator, fraction)?,
        None => Amount::ZERO,
    };
    let mut amount = Amount::ZERO;
    for part in [&mut validator.tokens, &mut validator.pending] {
        let lost = settle::slashed(*part, fraction);
        *part = part.checked_sub(lost).map_err(broken)?;
        amount = amount.checked_add(lost).map_err(broken)?;
    }
    record(view, moment, key, &mut validator, since, fraction)?;
    save_validator(view, key, &validator)?;
    let mut paid = Amount::ZERO;
    if let Some((reporter, part)) = reward {
        paid = amount.share(part).min(most);
        bank::move_held(view, &moment.protocol.stake, &reporter, paid)?;
        change_totals(view, |totals| {
            totals.bonded = totals.bonded.checked_sub(paid)?;
            Ok(())
        })?;
    }
    burn_bonded(view, moment, amount.checked_sub(paid).map_err(broken)?)?;
    let event = Event::Slashed { validator: *key, reason, fraction, amount };
    Ok(SlashResult { amount, reward: paid, event })
}

/// Half of what a slash takes from what counts of the operator's own stake, rounded down.
fn half_of_own_loss(
    view: &View,
    key: &ValidatorKey,
    validator: &Validator,
    fraction: Ppm,
) -> Result<Amount, Fault> {
    store::know(view, [delegation_key(&validator.operator, key)])?;
    let own = store::load_delegation(view, &validator.operator, key)?.unwrap_or_default();
    let worth = own.shares.worth(validator.tokens, validator.shares);
    let lost = worth.map(|worth| settle::slashed(worth, fraction));
    lost.and_then(|lost| lost.mul_div(1, 2))
        .map_err(|error| Contradiction::from(error).at(validator_key(key)))
}

/// Notes the slash for what is unbonding and what moved on.
fn record(
    view: &mut View,
    moment: &BlockMoment<'_>,
    key: &ValidatorKey,
    validator: &mut Validator,
    since: Height,
    fraction: Ppm,
) -> Result<(), Fault> {
    let Slashes(mut slashes) = load_slashes(view, key)?;
    let full = Contradiction("a validator was slashed more often than it can be");
    if slashes.len() >= MAX_SLASHES {
        return Err(full.at(super::slashes_key(key)));
    }
    let (height, time) = (moment.height, moment.time);
    slashes.push(Slash { since, height, time, fraction });
    validator.slashes =
        u32::try_from(slashes.len()).map_err(|_| full.at(super::slashes_key(key)))?;
    store::save_slashes(view, key, &Slashes(slashes))
}

/// Puts a validator into jail.
pub(crate) fn jail(view: &mut View, key: &ValidatorKey, until: Due) -> Result<(), Fault> {
    change(view, key, |validator| validator.jailed_until = Some(until))
}

/// Lets a validator out of jail.
pub(crate) fn unjail(view: &mut View, key: &ValidatorKey) -> Result<(), Fault> {
    change(view, key, |validator| validator.jailed_until = None)
}

/// Ejects a validator for good.
pub(crate) fn eject(view: &mut View, key: &ValidatorKey) -> Result<(), Fault> {
    change(view, key, |validator| validator.ejected = true)
}

/// Adds to the stake that counts what a validator's delegators earned. The caller has moved the
/// money to the account `stake`.
pub(crate) fn add_reward(
    view: &mut View,
    key: &ValidatorKey,
    amount: Amount,
) -> Result<Validator, Fault> {
    let broken = |error| Contradiction::from(error).at(validator_key(key));
    let mut validator = require_validator(view, key)?;
    if amount.is_zero() {
        return Ok(validator);
    }
    if validator.shares.is_zero() {
        return Err(Contradiction("a reward has nobody to go to").at(validator_key(key)));
    }
    validator.tokens = validator.tokens.checked_add(amount).map_err(broken)?;
    save_validator(view, key, &validator)?;
    let mut totals = load_totals(view)?;
    totals.bonded = totals.bonded.checked_add(amount).map_err(broken)?;
    store::save_totals(view, &totals)?;
    Ok(validator)
}

fn change(
    view: &mut View,
    key: &ValidatorKey,
    change: impl FnOnce(&mut Validator),
) -> Result<(), Fault> {
    let mut validator = require_validator(view, key)?;
    change(&mut validator);
    save_validator(view, key, &validator)
}
