use super::{Performance, performance_key, punish, score, store};
use crate::{
    error::Fault,
    modules::{
        staking::{self, BlockMoment},
        validators,
    },
};
use althing_state::{StateKey, View};
use althing_types::{Amount, Event, Height, ValidatorKey, ValidatorSet};
use std::collections::BTreeMap;

/// Most skipped views of one block that count as missed turns.
const MAX_SKIPPED: u64 = 1_000;

/// The first block of the chain.
const FIRST: Height = Height::new(1);

/// Whose turns led to a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Who proposed it.
    pub(crate) proposer: ValidatorKey,
    /// In which view.
    pub(crate) view: althing_types::View,
    /// The view of its parent; 0 for the first block of an epoch.
    pub(crate) parent_view: althing_types::View,
}

impl Turn {
    /// Whether views passed without a block.
    const fn skipped(&self) -> bool {
        self.view.get() > self.parent_view.get().saturating_add(1)
    }

    /// Who led the views that passed without a block, and how many each: the last 1,000.
    fn missed(
        &self,
        set: &ValidatorSet,
        epoch: althing_types::Epoch,
    ) -> BTreeMap<ValidatorKey, u32> {
        let first = self.parent_view.get().saturating_add(1);
        let first = first.max(self.view.get().saturating_sub(MAX_SKIPPED));
        let mut missed = BTreeMap::new();
        for view in first..self.view.get() {
            let leader = set.leader(epoch, althing_types::View::new(view)).key;
            let count: &mut u32 = missed.entry(leader).or_default();
            *count = count.saturating_add(1);
        }
        missed
    }
}

/// Counts the turns that led to this block, adds `fees` to what waits for its proposer, and jails
/// whoever has missed too many in a row.
pub(crate) fn record_turn(
    view: &mut View,
    block: &BlockMoment<'_>,
    turn: &Turn,
    fees: Amount,
) -> Result<Vec<Event>, Fault> {
    let mut suspects = Vec::new();
    // Views before the first block of the chain passed while nodes waited for the genesis time and
    // for each other: nobody missed them.
    if turn.skipped() && block.height > FIRST {
        let members = validators::load_set(view, block.epoch)?;
        let missed = turn.missed(&members, block.epoch);
        let blamed = !is_fault_of_network(view, &members, &missed)?;
        for (key, count) in missed {
            let record = miss(view, block, &key, count, blamed)?;
            if blamed && key != turn.proposer && reaches(&record, most(block)) {
                suspects.push((key, record.streak_since));
            }
        }
    }
    propose(view, block, &turn.proposer, fees)?;
    let mut events = Vec::new();
    for (key, since) in suspects {
        punish::jail(view, block, &key, since, &mut events)?;
    }
    Ok(events)
}

/// Whether more members than consensus tolerates have missed their last turn, those who just
/// `missed` one included: then nobody is to blame for it.
fn is_fault_of_network(
    view: &View,
    set: &ValidatorSet,
    missed: &BTreeMap<ValidatorKey, u32>,
) -> Result<bool, Fault> {
    let mut failing = 0usize;
    for entry in set.entries() {
        if missed.contains_key(&entry.key) || store::load(view, &entry.key)?.streak > 0 {
            failing = failing.saturating_add(1);
        }
    }
    Ok(failing > score::tolerated(set.entries().len()))
}

/// Counts `count` missed turns, which count against the member if it is to be `blamed`.
fn miss(
    view: &mut View,
    block: &BlockMoment<'_>,
    key: &ValidatorKey,
    count: u32,
    blamed: bool,
) -> Result<Performance, Fault> {
    let mut record = store::load(view, key)?;
    record.enter(block.epoch);
    record.missed = record.missed.saturating_add(count);
    record.missed_total = record.missed_total.saturating_add(count.into());
    if record.streak == 0 {
        record.streak_since = block.height;
    }
    if blamed {
        record.streak = record.streak.saturating_add(count);
    } else {
        record.excused = record.excused.saturating_add(count);
        record.streak = record.streak.max(1);
    }
    store::save(view, key, &record)?;
    Ok(record)
}

fn propose(
    view: &mut View,
    block: &BlockMoment<'_>,
    key: &ValidatorKey,
    fees: Amount,
) -> Result<(), Fault> {
    let mut record = store::load(view, key)?;
    record.enter(block.epoch);
    record.made = record.made.saturating_add(1);
    record.made_total = record.made_total.saturating_add(1);
    record.end_streak();
    record.fees = record.fees.checked_add(fees).map_err(|_| Fault::Corrupt {
        key: performance_key(key),
        what: "the fees of an epoch are more than can be counted",
    })?;
    store::save(view, key, &record)
}

const fn most(block: &BlockMoment<'_>) -> u64 {
    block.params.slashing.max_consecutive_misses
}

const fn reaches(record: &Performance, streak: u64) -> bool {
    record.streak as u64 >= streak
}

/// What happens on the last block of an epoch, before rewards: members whose score over the window
/// is too low are jailed, and the window moves on.
pub(crate) fn end_epoch(
    view: &mut View,
    block: &BlockMoment<'_>,
    set: &ValidatorSet,
) -> Result<Vec<Event>, Fault> {
    let params = &block.params.slashing;
    let mut failing = Vec::new();
    for entry in set.entries() {
        let mut record = store::load(view, &entry.key)?;
        let sum = score::over_window(&record, block.epoch, params.score_window);
        if sum.fails(params) {
            failing.push((entry.key, sum.since(block.params.epoch_length)));
        }
        if score::turn_window(&mut record, block.epoch, params.score_window) {
            store::save(view, &entry.key, &record)?;
        }
    }
    let mut events = Vec::new();
    let to_blame = failing.len() <= score::tolerated(set.entries().len());
    for (key, since) in failing {
        if to_blame {
            punish::jail(view, block, &key, since, &mut events)?;
        } else {
            // Nor is what the network did to them held against some of them later.
            let mut record = store::load(view, &key)?;
            record.forgive(block.epoch);
            store::save(view, &key, &record)?;
        }
    }
    Ok(events)
}

/// Keys that the turns of this block touch and the view does not know, as far as what it knows
/// tells. Ask again with those.
pub(crate) fn missing_for_block(
    view: &View,
    block: &BlockMoment<'_>,
    turn: &Turn,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    out.push(performance_key(&turn.proposer));
    if !turn.skipped() {
        return Ok(());
    }
    let set_key = validators::set_key(block.epoch);
    if !view.knows(&set_key) {
        out.push(set_key);
        return Ok(());
    }
    let set = validators::load_set(view, block.epoch)?;
    let records = set.entries().iter().map(|entry| performance_key(&entry.key));
    let mut known = true;
    out.extend(records.inspect(|key| known &= view.knows(key)));
    if !known {
        return Ok(());
    }
    for (key, count) in turn.missed(&set, block.epoch) {
        if u64::from(store::load(view, &key)?.streak.saturating_add(count)) >= most(block) {
            punish::keys(&key, block, out);
        }
    }
    Ok(())
}

/// Keys that the end of the epoch touches here.
pub(crate) fn missing_for_epoch_end(
    view: &View,
    block: &BlockMoment<'_>,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    let set_key = validators::set_key(block.epoch);
    if !view.knows(&set_key) {
        out.push(set_key);
        return Ok(());
    }
    let scored = block.params.slashing.min_score > althing_types::Ppm::ZERO;
    for entry in validators::load_set(view, block.epoch)?.entries() {
        out.push(performance_key(&entry.key));
        if scored {
            punish::keys(&entry.key, block, out);
        } else {
            out.push(staking::validator_key(&entry.key));
        }
    }
    Ok(())
}
