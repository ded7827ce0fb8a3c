//! What misses and contradictions cost.

use super::{score, store};
use crate::{
    error::Fault,
    modules::staking::{self, BlockMoment, SlashOrder},
};
use althing_state::{StateKey, View};
use althing_types::{Event, Height, Ppm, ValidatorKey, params::SlashingParams};

/// What the jail with this number costs, from 1.
const fn ladder(params: &SlashingParams, jail: u32) -> Ppm {
    match jail {
        0 | 1 => params.first_jail,
        2 => params.second_jail,
        _ => params.third_jail,
    }
}

/// Jails a validator whose misses began at `since`, and slashes it by the ladder; the jail
/// `slashing.ejecting_jail` ejects it. A validator in jail, or ejected, is left alone.
pub(super) fn jail(
    view: &mut View,
    block: &BlockMoment<'_>,
    key: &ValidatorKey,
    since: Height,
    events: &mut Vec<Event>,
) -> Result<(), Fault> {
    let validator = staking::require_validator(view, key)?;
    if validator.jailed_until.is_some() || validator.ejected {
        return Ok(());
    }
    let mut record = store::load(view, key)?;
    // Slashes are remembered for ever, the record of a validator that left and came back is not.
    let slashes = staking::load_slashes(view, key)?.0.len();
    let count = record.jails.max(u32::try_from(slashes).unwrap_or(u32::MAX)).saturating_add(1);
    record.jails = count;
    record.clear(block.epoch);
    store::save(view, key, &record)?;

    let until = block.after(block.params.slashing.jail);
    staking::jail(view, key, until)?;
    events.push(Event::Jailed { validator: *key, count, until });
    let fraction = ladder(&block.params.slashing, count);
    let order = SlashOrder { fraction, since, reason: score::REASON, reward: None };
    events.push(staking::slash(view, block, key, order)?.event);
    if u64::from(count) >= block.params.slashing.ejecting_jail {
        staking::eject(view, key)?;
        events.push(Event::Ejected { validator: *key });
    }
    Ok(())
}

/// Keys that punishing a validator touches.
pub(super) fn keys(key: &ValidatorKey, block: &BlockMoment<'_>, out: &mut Vec<StateKey>) {
    out.push(super::performance_key(key));
    out.extend(staking::slash_keys(key, block));
}
