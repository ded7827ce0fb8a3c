//! What happens by itself: unbonded money is paid in every block, the rest when the epoch turns.

use super::{
    BlockMoment, CANDIDATES, Candidates, Contradiction, Conversion, MAX_UNBONDING_ENTRIES, QUEUE,
    Queue, TOTALS, Unbonding, Validator,
    position::{Position, Want, burn_bonded, change_totals, lose, settle_keys},
    settle,
    store::{
        self, load_candidates, load_delegation, load_delegator, load_queue, load_slashes,
        require_unbonding, require_validator, save_validator,
    },
    unbonding_key, validator_key,
};
use crate::{
    error::{Failure, Fault},
    modules::{accounts, bank, governance, network, performance, registry, validators, vesting},
};
use althing_state::{StateKey, View};
use althing_types::{Amount, Epoch, Event, Shares, ValidatorKey};

/// Most entries of the unbonding queue that are paid in one block.
pub(super) const MAX_PAID_PER_BLOCK: u64 = 256;

/// Pays what has unbonded, oldest first, at most 256 entries a block.
///
/// # Errors
/// [`Fault`]: nothing is missing once [`missing_for_block`] is satisfied.
pub(crate) fn pay_unbonding(
    view: &mut View,
    moment: &BlockMoment<'_>,
) -> Result<Vec<Event>, Fault> {
    let mut queue = load_queue(view)?;
    let mut events = Vec::new();
    for _ in 0..MAX_PAID_PER_BLOCK {
        if !is_due(&queue, moment) {
            break;
        }
        events.push(pay_entry(view, moment, queue.head)?);
        let next = Contradiction("the unbonding queue has used every number").at(QUEUE);
        queue.head = queue.head.checked_add(1).ok_or(next)?;
        if queue.head < queue.tail {
            queue.head_due = require_unbonding(view, queue.head)?.due;
        }
    }
    if !events.is_empty() {
        store::save_queue(view, &queue)?;
    }
    Ok(events)
}

/// Whether the entry at the head of the queue is to be paid.
pub(super) const fn is_due(queue: &Queue, moment: &BlockMoment<'_>) -> bool {
    queue.head < queue.tail && moment.is_reached(queue.head_due)
}

fn pay_entry(view: &mut View, moment: &BlockMoment<'_>, number: u64) -> Result<Event, Fault> {
    let broken = |contradiction: Contradiction| contradiction.at(unbonding_key(number));
    let entry = require_unbonding(view, number)?;
    let Unbonding { delegator, validator, began, slashes: first, .. } = entry;
    let slashes = load_slashes(view, &validator)?;
    let amount = settle::after_slashes(entry.amount, &slashes, first, began);
    let slashed = entry.amount.checked_sub(amount).map_err(|error| broken(error.into()))?;
    lose(view, moment, slashed)?;
    bank::pay_from_stake(view, moment.protocol, &delegator, amount)?;
    store::remove_unbonding(view, number);
    let mut lists = load_delegator(view, &delegator)?;
    let at = lists.unbonding.iter().position(|known| *known == number);
    let unlisted = Contradiction("an unbonding entry is not in its owner's list");
    lists.unbonding.remove(at.ok_or_else(|| broken(unlisted))?);
    store::save_delegator(view, &delegator, &lists)?;
    change_totals(view, |totals| {
        totals.unbonding = totals.unbonding.checked_sub(entry.amount)?;
        Ok(())
    })?;
    Ok(Event::UnbondingPaid { validator, delegator, entry: number, amount, slashed })
}

/// Applies the commissions whose announcement has been out long enough. After the rewards of the
/// epoch, which are paid at the old rate.
pub(crate) fn end_epoch_commissions(
    view: &mut View,
    moment: &BlockMoment<'_>,
) -> Result<Vec<Event>, Fault> {
    let mut events = Vec::new();
    for key in load_candidates(view)?.0 {
        let mut validator = require_validator(view, &key)?;
        let due = validator.announced.filter(|announced| moment.is_reached(announced.due));
        if let Some(announced) = due {
            validator.commission = announced.commission;
            validator.announced = None;
            save_validator(view, &key, &validator)?;
            let commission = announced.commission;
            events.push(Event::CommissionChanged { validator: key, commission });
        }
    }
    Ok(events)
}

/// Turns what was delegated in this epoch into shares, at the price after the epoch's rewards, and
/// begins to count what leaves in the next epoch.
pub(crate) fn end_epoch_conversions(
    view: &mut View,
    moment: &BlockMoment<'_>,
) -> Result<Vec<Event>, Fault> {
    for key in load_candidates(view)?.0 {
        let before = require_validator(view, &key)?;
        let broken = |contradiction: Contradiction| contradiction.at(validator_key(&key));
        let mut validator = before.clone();
        if !validator.pending_nominal.is_zero() {
            let (conversion, burned) = convert(&mut validator).map_err(broken)?;
            store::save_conversion(view, &key, moment.epoch, Some(&conversion))?;
            burn_bonded(view, moment, burned)?;
        }
        validator.epoch_tokens = validator.tokens;
        validator.left = Amount::ZERO;
        if validator != before {
            save_validator(view, &key, &validator)?;
        }
    }
    Ok(Vec::new())
}

/// What the pending stake becomes, and what is burned because it becomes nothing.
fn convert(validator: &mut Validator) -> Result<(Conversion, Amount), Contradiction> {
    let pending = validator.pending;
    let price = (validator.shares.count(), validator.tokens.units());
    // Where shares are worth nothing, no number of new ones stands for new money.
    let minted = if validator.shares.is_zero() {
        Some(Shares::new(pending.units()))
    } else {
        let minted = Shares::new(pending.units()).mul_div(price.0, price.1);
        minted.ok().filter(|minted| minted.checked_add(validator.shares).is_ok())
    };
    let burned = if minted.is_some() { Amount::ZERO } else { pending };
    let minted = minted.unwrap_or(Shares::ZERO);
    let kept = pending.checked_sub(burned)?;
    validator.tokens = validator.tokens.checked_add(kept)?;
    validator.shares = validator.shares.checked_add(minted)?;
    let nominal = core::mem::take(&mut validator.pending_nominal);
    let open = core::mem::take(&mut validator.pending_count);
    validator.pending = Amount::ZERO;
    Ok((Conversion { nominal, shares: minted, left: minted, open }, burned))
}

/// Unbonds the own stakes of validators that leave and are in no set any more.
pub(crate) fn end_epoch_leaving(
    view: &mut View,
    moment: &BlockMoment<'_>,
) -> Result<Vec<Event>, Fault> {
    let moment = moment.turned()?;
    let mut events = Vec::new();
    for key in load_candidates(view)?.0 {
        let validator = require_validator(view, &key)?;
        let gone = !validator.is_active(moment.epoch) || validator.ejected;
        if validator.leaving && gone {
            leave(view, &moment, &key, validator, &mut events)?;
        }
    }
    Ok(events)
}

/// Unbonds what is free of a validator's own stake. What is not stays, for a later turn.
fn leave(
    view: &mut View,
    moment: &BlockMoment<'_>,
    key: &ValidatorKey,
    validator: Validator,
    events: &mut Vec<Event>,
) -> Result<(), Fault> {
    let operator = validator.operator;
    let waiting = load_delegator(view, &operator)?.unbonding.len();
    if load_delegation(view, &operator, key)?.is_none() || waiting >= MAX_UNBONDING_ENTRIES {
        return Ok(());
    }
    let own = Position::open(view, moment, operator, *key, validator, events)?;
    unbond_own(view, moment, own, events).map_err(|failure| match failure {
        Failure::Fault(fault) => fault,
        Failure::Rule(_) => Contradiction("own stake cannot unbond though its validator has left")
            .at(validator_key(key)),
    })
}

/// Unbonds what is free of an operator's own stake, if anything is, and writes the rest.
pub(super) fn unbond_own(
    view: &mut View,
    moment: &BlockMoment<'_>,
    mut own: Position,
    events: &mut Vec<Event>,
) -> Result<(), Failure> {
    let liable = settle::liable_shares(&own.delegation).map_err(|error| own.broken(error))?;
    if own.delegation.shares > liable {
        let taken = own.take(view, moment, Want::Leave)?;
        events.push(own.unbond(view, moment, taken)?);
    }
    own.close(view, moment)
}

/// Takes validators that are ejected, and those that have left their delegators behind, off the list
/// of candidates, and forgets those that nobody has a stake in and that no evidence can be about any
/// more. The last step of the turn.
pub(crate) fn end_epoch_removals(
    view: &mut View,
    moment: &BlockMoment<'_>,
) -> Result<Vec<Event>, Fault> {
    let next = moment.turned()?.epoch;
    let candidates = load_candidates(view)?.0;
    let mut kept = Vec::with_capacity(candidates.len());
    let mut events = Vec::new();
    for key in &candidates {
        let validator = require_validator(view, key)?;
        if validator.ejected {
            free_operator(view, key, &validator)?;
        } else if is_empty(&validator) && !is_accountable(&validator, next, moment) {
            forget(view, key, &validator)?;
            events.push(Event::ValidatorRemoved { validator: *key });
        } else if !has_left(view, key, &validator, next)? {
            kept.push(*key);
        }
    }
    if kept.len() < candidates.len() {
        store::save_candidates(view, &Candidates(kept))?;
    }
    Ok(events)
}

fn is_empty(validator: &Validator) -> bool {
    let Validator { shares, pending_nominal, delegations, .. } = validator;
    shares.is_zero() && pending_nominal.is_zero() && *delegations == 0
}

/// Whether a validator has left and is kept by its delegators alone: it takes no place among the
/// candidates, so that to hold one takes the stake of a validator. It comes back by `Stake`.
fn has_left(
    view: &View,
    key: &ValidatorKey,
    validator: &Validator,
    next: Epoch,
) -> Result<bool, Fault> {
    let is_out = validator.leaving && !validator.is_active(next) && !is_empty(validator);
    Ok(is_out && load_delegation(view, &validator.operator, key)?.is_none())
}

/// Whether evidence of what the validator did as a member of a set can come yet. Its unbonding stake
/// is liable for that, so its record must be there.
fn is_accountable(validator: &Validator, next: Epoch, moment: &BlockMoment<'_>) -> bool {
    let kept = moment.params.slashing.evidence_epochs;
    validator.chosen_until.is_some_and(|until| until.get().saturating_add(kept) >= next.get())
}

/// An operator without stake in its ejected validator may register another one.
fn free_operator(view: &mut View, key: &ValidatorKey, validator: &Validator) -> Result<(), Fault> {
    if load_delegation(view, &validator.operator, key)?.is_none() {
        store::remove_operator(view, &validator.operator);
    }
    Ok(())
}

/// Removes the records of a validator. How often it was slashed is not forgotten: the key may come
/// back, and what moved away from it may be liable yet.
fn forget(view: &mut View, key: &ValidatorKey, validator: &Validator) -> Result<(), Fault> {
    store::remove_validator(view, key);
    store::remove_operator(view, &validator.operator);
    view.set(performance::performance_key(key), None);
    view.set(registry::key(key), None);
    view.set(governance::preferences_key(key), None);
    network::forget(view, key)
}

/// Adds the keys that a block touches by itself, as far as what the view knows tells: ask again
/// once they are there.
pub(crate) fn missing_for_block(
    view: &View,
    moment: &BlockMoment<'_>,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    if !all_known(view, [QUEUE], out) {
        return Ok(());
    }
    let queue = load_queue(view)?;
    if !is_due(&queue, moment) {
        return Ok(());
    }
    out.extend([TOTALS, bank::SUPPLY, accounts::key(&moment.protocol.stake)]);
    // One more than can be paid: its due date becomes that of the queue.
    let end = queue.head.saturating_add(MAX_PAID_PER_BLOCK.saturating_add(1)).min(queue.tail);
    if !all_known(view, (queue.head..end).map(unbonding_key), out) {
        return Ok(());
    }
    for number in queue.head..end {
        let entry = require_unbonding(view, number)?;
        if !moment.is_reached(entry.due) {
            break;
        }
        let account = accounts::key(&entry.delegator);
        if view.knows(&account) {
            out.extend(vesting::keys_of(view, &entry.delegator)?);
        }
        out.push(account);
        out.push(super::delegator_key(&entry.delegator));
        out.push(super::slashes_key(&entry.validator));
    }
    Ok(())
}

/// Adds the keys that the turn of the epoch touches, as far as what the view knows tells: ask again
/// once they are there.
pub(crate) fn missing_for_epoch_end(
    view: &View,
    moment: &BlockMoment<'_>,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    let next = validators::set_key(moment.turned()?.epoch);
    let stake = accounts::key(&moment.protocol.stake);
    if !all_known(view, [CANDIDATES, QUEUE, TOTALS, bank::SUPPLY, stake, next], out) {
        return Ok(());
    }
    let candidates = load_candidates(view)?.0;
    let about = |key: &ValidatorKey| {
        [validator_key(key), super::profile_key(key), performance::performance_key(key)]
    };
    if !all_known(view, candidates.iter().flat_map(about), out) {
        return Ok(());
    }
    let mut own = Vec::with_capacity(candidates.len());
    out.push(super::SNAPSHOTS);
    for key in candidates {
        let Validator { operator, leaving, .. } = require_validator(view, &key)?;
        if leaving {
            out.push(super::past_key(&operator));
            network::forget_keys(view, &key, out)?;
        }
        own.push((operator, key));
    }
    let stakes = own.iter().flat_map(|(operator, key)| {
        [super::delegation_key(operator, key), super::delegator_key(operator)]
    });
    if !all_known(view, stakes, out) {
        return Ok(());
    }
    for (operator, key) in &own {
        if let Some(delegation) = load_delegation(view, operator, key)? {
            out.extend(settle_keys(key, &delegation, moment.epoch));
        }
    }
    Ok(())
}

/// Adds `keys` to `out`, and says whether all of them can be read.
fn all_known(
    view: &View,
    keys: impl IntoIterator<Item = StateKey>,
    out: &mut Vec<StateKey>,
) -> bool {
    let mut known = true;
    out.extend(keys.into_iter().inspect(|key| known &= view.knows(key)));
    known
}
