use super::{
    EMISSION,
    math::{self, Emitted, EpochSpan},
    store,
};
use crate::{
    error::Fault,
    modules::{
        accounts, bank,
        performance::{self, Turns},
        staking::{self, BlockMoment, Validator},
        validators,
    },
};
use althing_state::{StateKey, View};
use althing_types::{
    Amount, AmountError, Event, Height, Timestamp, ValidatorKey, ValidatorSet, params::Schedule,
};

/// A member of the set that may earn.
struct Member {
    key: ValidatorKey,
    validator: Validator,
    turns: Turns,
    /// Fees of its blocks that wait for it.
    fees: Amount,
    weight: Amount,
}

fn corrupt(_: AmountError) -> Fault {
    Fault::Corrupt { key: EMISSION, what: "a sum of rewards is more than can be counted" }
}

/// Pays the epoch that ends with this block: emission and fees to the members of its set, the
/// miners' part to their pool. What nobody earned is burned, or stays in the reserve.
pub(crate) fn end_epoch(
    view: &mut View,
    block: &BlockMoment<'_>,
    genesis_time: Timestamp,
    set: &ValidatorSet,
) -> Result<Vec<Event>, Fault> {
    let mut record = store::load(view)?;
    let Members { earning, waiting, whole } = members(view, block, set)?;
    let reserve = bank::balance_of(view, &block.protocol.reserve)?;
    let span = span(block, record.epoch_started);
    let params = &block.params.emission;
    let emitted =
        math::epoch_emission(params, &span, genesis_time, whole, reserve).map_err(corrupt)?;
    emit(view, block, &emitted)?;

    let pot = bank::balance_of(view, &block.protocol.stakers)?;
    let pot = pot.checked_sub(waiting).map_err(|_| Fault::Corrupt {
        key: accounts::key(&block.protocol.stakers),
        what: "the fees that wait for proposers are not there",
    })?;
    let mut events = Vec::new();
    for member in earning {
        events.extend(pay(view, block, pot, whole, member)?);
    }
    let left = settle_rest(view, block, &emitted)?;
    let unearned = match params.schedule {
        Schedule::Halving { .. } => left.checked_add(emitted.excess).map_err(corrupt)?,
        Schedule::TargetApr { .. } => left,
    };
    for (sum, part) in [
        (&mut record.validators, emitted.validators),
        (&mut record.miners, emitted.miners),
        (&mut record.unearned, unearned),
    ] {
        *sum = sum.checked_add(part).map_err(corrupt)?;
    }
    record.epoch_started = block.time;
    store::save(view, &record)?;
    let Emitted { validators, miners, .. } = emitted;
    events.push(Event::Emitted { epoch: block.epoch, validators, miners, unearned });
    Ok(events)
}

/// The members of an epoch's set.
struct Members {
    earning: Vec<Member>,
    /// Fees that wait for all of them, in base units.
    waiting: Amount,
    /// The stake of all of them, those in jail included, in base units: what one of them does not
    /// earn is nobody else's gain.
    whole: Amount,
}

fn members(view: &View, block: &BlockMoment<'_>, set: &ValidatorSet) -> Result<Members, Fault> {
    let count = set.entries().len();
    let mut earning = Vec::with_capacity(count);
    let (mut waiting, mut whole) = (Amount::ZERO, Amount::ZERO);
    for entry in set.entries() {
        let key = entry.key;
        let (turns, fees) = performance::turns(view, &key, block.epoch)?;
        waiting = waiting.checked_add(fees).map_err(corrupt)?;
        let validator = staking::require_validator(view, &key)?;
        whole = whole.checked_add(validator.tokens).map_err(corrupt)?;
        let earns = validator.jailed_until.is_none() && !validator.ejected;
        if earns && !validator.shares.is_zero() {
            let weight = validator.tokens;
            earning.push(Member { key, validator, turns, fees, weight });
        }
    }
    let most = staking::most_that_earns(whole, count, &block.params.staking);
    for member in &mut earning {
        member.weight = member.weight.min(most);
    }
    Ok(Members { earning, waiting, whole })
}

/// The epoch that this block ends. Block 0 is genesis, which nobody made.
const fn span(block: &BlockMoment<'_>, began: Timestamp) -> EpochSpan {
    let length = block.params.epoch_length;
    let first = block.epoch.get().saturating_mul(length);
    let first = Height::new(if first == 0 { 1 } else { first });
    EpochSpan { first, last: block.height, began, ended: block.time }
}

/// Brings the emission of the epoch into the pools.
fn emit(view: &mut View, block: &BlockMoment<'_>, emitted: &Emitted) -> Result<(), Fault> {
    let pools = block.protocol;
    let parts = [(&pools.stakers, emitted.validators), (&pools.miners, emitted.miners)];
    match block.params.emission.schedule {
        Schedule::Halving { .. } => {
            for (pool, part) in parts {
                bank::mint(view, pool, part)?;
            }
            bank::mint_and_burn(view, emitted.excess)?;
        }
        Schedule::TargetApr { .. } => {
            for (pool, part) in parts {
                bank::move_held(view, &pools.reserve, pool, part)?;
            }
        }
    }
    let carried = bank::balance_of(view, &pools.miners)?;
    let surplus = carried.checked_sub(block.params.emission.miner_pool_cap).unwrap_or_default();
    bank::burn(view, &pools.miners, surplus)
}

/// Pays one member; nothing happens if it earned nothing.
fn pay(
    view: &mut View,
    block: &BlockMoment<'_>,
    pot: Amount,
    whole: Amount,
    member: Member,
) -> Result<Option<Event>, Fault> {
    let Member { key, validator, turns, fees, weight } = member;
    let reward = math::member_reward(pot, weight, whole, turns.made, turns.due())
        .and_then(|reward| reward.checked_add(fees))
        .map_err(corrupt)?;
    if reward.is_zero() {
        return Ok(None);
    }
    let commission = reward.share(validator.commission);
    let shared = reward.checked_sub(commission).map_err(corrupt)?;
    bank::move_held(view, &block.protocol.stakers, &validator.operator, commission)?;
    bank::move_held(view, &block.protocol.stakers, &block.protocol.stake, shared)?;
    let after = staking::add_reward(view, &key, shared)?;
    let (epoch, tokens, shares) = (block.epoch, after.tokens, after.shares);
    Ok(Some(Event::Rewarded { validator: key, epoch, reward, commission, tokens, shares }))
}

/// Empties the stakers' pool and returns what was left in it. New money that nobody earned, and
/// fees, are burned; money of the reserve goes back there.
fn settle_rest(
    view: &mut View,
    block: &BlockMoment<'_>,
    emitted: &Emitted,
) -> Result<Amount, Fault> {
    let pools = block.protocol;
    let left = bank::balance_of(view, &pools.stakers)?;
    let back = match block.params.emission.schedule {
        Schedule::Halving { .. } => Amount::ZERO,
        Schedule::TargetApr { .. } => left.min(emitted.validators),
    };
    bank::move_held(view, &pools.stakers, &pools.reserve, back)?;
    bank::burn(view, &pools.stakers, left.checked_sub(back).map_err(corrupt)?)?;
    Ok(left)
}

/// Keys that the end of the epoch touches here, as far as what the view knows tells.
pub(crate) fn missing_for_epoch_end(
    view: &View,
    block: &BlockMoment<'_>,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    let pools = block.protocol;
    let accounts = [&pools.stake, &pools.stakers, &pools.miners, &pools.reserve];
    out.extend(accounts.map(accounts::key));
    out.extend([EMISSION, staking::TOTALS]);
    if !view.knows(&validators::set_key(block.epoch)) {
        return Ok(());
    }
    for entry in validators::load_set(view, block.epoch)?.entries() {
        let key = staking::validator_key(&entry.key);
        if view.knows(&key) {
            let operator = staking::require_validator(view, &entry.key)?.operator;
            out.push(accounts::key(&operator));
        }
    }
    Ok(())
}
