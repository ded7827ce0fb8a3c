use super::{Performance, performance_key, punish, score, store};
use crate::{
    error::Fault,
    modules::{
        staking::{self, BlockMoment},
        validators,
    },
};
use althing_state::{StateKey, View};
use althing_types::{Amount, Event, ValidatorKey, ValidatorSet};
use std::collections::BTreeMap;

/// Most skipped views of one block that count as missed turns.
const MAX_SKIPPED: u64 = 1_000;

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
    let mut set = None;
    if turn.skipped() {
        let members = validators::load_set(view, block.epoch)?;
        for (key, count) in turn.missed(&members, block.epoch) {
            let record = miss(view, block, &key, count)?;
            if key != turn.proposer && reaches(&record, most(block)) {
                suspects.push((key, record.streak_since));
            }
        }
        set = Some(members);
    }
    propose(view, block, &turn.proposer, fees)?;
    let Some(set) = set.filter(|_| !suspects.is_empty()) else { return Ok(Vec::new()) };
    if is_fault_of_network(view, block, &set)? {
        return Ok(Vec::new());
    }
    let mut events = Vec::new();
    for (key, since) in suspects {
        punish::jail(view, block, &key, since, &mut events)?;
    }
    Ok(events)
}

fn miss(
    view: &mut View,
    block: &BlockMoment<'_>,
    key: &ValidatorKey,
    count: u32,
) -> Result<Performance, Fault> {
    let mut record = store::load(view, key)?;
    record.enter(block.epoch);
    record.missed = record.missed.saturating_add(count);
    record.missed_total = record.missed_total.saturating_add(count.into());
    if record.streak == 0 {
        record.streak_since = block.height;
    }
    record.streak = record.streak.saturating_add(count);
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

/// Whether more members than consensus tolerates miss their turns: then nobody is to blame.
fn is_fault_of_network(
    view: &View,
    block: &BlockMoment<'_>,
    set: &ValidatorSet,
) -> Result<bool, Fault> {
    let mut failing = 0usize;
    for entry in set.entries() {
        if reaches(&store::load(view, &entry.key)?, most(block) / 2) {
            failing = failing.saturating_add(1);
        }
    }
    Ok(failing > score::tolerated(set.entries().len()))
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
    if failing.len() <= score::tolerated(set.entries().len()) {
        for (key, since) in failing {
            punish::jail(view, block, &key, since, &mut events)?;
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
    let mut suspects = Vec::new();
    for (key, count) in turn.missed(&set, block.epoch) {
        let record_key = performance_key(&key);
        if !view.knows(&record_key) {
            out.push(record_key);
        } else if u64::from(store::load(view, &key)?.streak.saturating_add(count)) >= most(block) {
            suspects.push(key);
        }
    }
    if !suspects.is_empty() {
        out.extend(set.entries().iter().map(|entry| performance_key(&entry.key)));
        suspects.iter().for_each(|key| punish::keys(key, block, out));
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
