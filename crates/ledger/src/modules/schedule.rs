//! What a module does by itself at a later height: one queue for every module that has such things.
//! They lie in buckets by height; nothing is ever searched, and a block does at most so much.

use crate::{error::Fault, modules::staking, store};
use althing_state::{Missing, StateKey, View};
use althing_types::{Due, Event, Height, struct_codec};
use commonware_codec::{EncodeSize, Read, Write};
use serde::{Deserialize, Serialize};
use staking::BlockMoment;

/// Most heights without anything due that one block passes over.
const MAX_EMPTY_HEIGHTS: u32 = 1_024;
/// Most blocks between two looks at something whose height has come and whose time has not.
const MAX_PATIENCE: u64 = 600;

/// What is due, and how far it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agenda {
    /// Nothing before this height is due any more.
    pub height: Height,
    /// What was due at this height up to this place is done.
    pub place: u32,
    /// How much is due, now and later.
    pub open: u64,
}

struct_codec!(Agenda { height, place, open });

impl Agenda {
    /// The agenda at the next height.
    const fn after(self) -> Self {
        Self { height: Height::new(self.height.get().saturating_add(1)), place: 0, ..self }
    }
}

/// How much is due at a height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueCount {
    /// So many entries.
    pub entries: u32,
}

struct_codec!(DueCount { entries });

/// Where the queue of a module stands in the state.
#[derive(Clone, Copy)]
pub(crate) struct Schedule {
    /// The key of the [`Agenda`].
    pub(crate) agenda: StateKey,
    /// The table of a [`DueCount`] by height (8 bytes, big endian).
    pub(crate) due: u8,
    /// The table of what is due by height (8 bytes, big endian) and place (4 bytes, big endian).
    pub(crate) entry: u8,
}

impl Schedule {
    /// The key of how much is due at a height.
    pub(crate) const fn due_key(&self, height: Height) -> StateKey {
        StateKey::fixed(self.due, &height.get().to_be_bytes())
    }

    /// The key of one thing that is due at a height.
    pub(crate) const fn entry_key(&self, height: Height, place: u32) -> StateKey {
        let mut bytes = [0; 12];
        let (first, second) = bytes.split_at_mut(8);
        first.copy_from_slice(&height.get().to_be_bytes());
        second.copy_from_slice(&place.to_be_bytes());
        StateKey::fixed(self.entry, &bytes)
    }

    fn load(&self, view: &View) -> Result<Agenda, Fault> {
        store::require(view, &self.agenda, "the agenda is absent or does not decode")
    }

    /// Writes the agenda.
    pub(crate) fn save(&self, view: &mut View, agenda: &Agenda) -> Result<(), Fault> {
        store::save(view, self.agenda, agenda)
    }

    fn load_due(&self, view: &View, height: Height) -> Result<DueCount, Fault> {
        let what = "the number of what is due does not decode";
        Ok(store::load(view, &self.due_key(height), what)?.unwrap_or_default())
    }

    fn require_entry<T: Read<Cfg = ()>>(
        &self,
        view: &View,
        (height, place): (Height, u32),
    ) -> Result<T, Fault> {
        let what = "an entry of what is due is absent or does not decode";
        store::require(view, &self.entry_key(height, place), what)
    }

    const fn full(&self, what: &'static str) -> Fault {
        Fault::Corrupt { key: self.agenda, what }
    }

    /// Looks at something at the first height that may be late enough; returns which. Nothing is
    /// ever looked at in the block that says so.
    pub(crate) fn enqueue<T: Write + EncodeSize>(
        &self,
        view: &mut View,
        moment: &BlockMoment<'_>,
        due: Due,
        item: &T,
    ) -> Result<Height, Fault> {
        let (height, after) = place_of(moment, due);
        staking::know(view, [self.agenda, self.due_key(height)])?;
        let mut agenda = self.load(view)?;
        if agenda.open == 0 && agenda.height < after {
            agenda = Agenda { height: after, ..Agenda::default() };
        }
        agenda.open = agenda.open.checked_add(1).ok_or(self.full("too much is due"))?;
        self.save(view, &agenda)?;
        let DueCount { entries } = self.load_due(view, height)?;
        store::save(view, self.entry_key(height, entries), item)?;
        let more = entries.checked_add(1).ok_or(self.full("too much is due at one height"))?;
        store::save(view, self.due_key(height), &DueCount { entries: more })?;
        Ok(height)
    }

    /// What [`Self::enqueue`] reads besides the agenda.
    pub(crate) fn key_of(&self, moment: &BlockMoment<'_>, due: Due) -> StateKey {
        self.due_key(place_of(moment, due).0)
    }

    /// Takes the next thing that is due off the agenda.
    fn next<T: Read<Cfg = ()>>(&self, view: &mut View, height: Height) -> Result<Option<T>, Fault> {
        staking::know(view, [self.agenda])?;
        let before = self.load(view)?;
        let mut agenda = before;
        for _ in 0..MAX_EMPTY_HEIGHTS {
            if agenda.open == 0 || agenda.height > height {
                break;
            }
            staking::know(view, [self.due_key(agenda.height)])?;
            let entries = self.load_due(view, agenda.height)?.entries;
            if agenda.place >= entries {
                agenda = agenda.after();
                continue;
            }
            let at = (agenda.height, agenda.place);
            staking::know(view, [self.entry_key(at.0, at.1)])?;
            let item = self.require_entry(view, at)?;
            view.set(self.entry_key(at.0, at.1), None);
            agenda.place = at.1.saturating_add(1);
            agenda.open = agenda.open.saturating_sub(1);
            if agenda.place == entries {
                view.set(self.due_key(at.0), None);
                agenda = agenda.after();
            }
            self.save(view, &agenda)?;
            return Ok(Some(item));
        }
        if agenda != before {
            self.save(view, &agenda)?;
        }
        Ok(None)
    }

    /// Moves on what is due, oldest first, until `budget` units of work are done; only the last thing
    /// may go beyond. `handle` says what happened, and how many units that took.
    pub(crate) fn run<T: Read<Cfg = ()>>(
        &self,
        view: &mut View,
        moment: &BlockMoment<'_>,
        budget: u64,
        handle: impl Fn(&mut View, &T) -> Result<(Vec<Event>, u64), Fault>,
    ) -> Result<Vec<Event>, Fault> {
        let (mut events, mut left) = (Vec::new(), budget);
        while left > 0
            && let Some(item) = self.next(view, moment.height)?
        {
            let (more, work) = handle(view, &item)?;
            events.extend(more);
            left = left.saturating_sub(work);
        }
        Ok(events)
    }

    /// Adds the keys of the present bucket and of those that are late, all at once, as far as `budget` may
    /// go, if anything is due now; the agenda must be known. Returns the things in them that are known, or
    /// `None` if nothing is due.
    pub(crate) fn ahead<T: Read<Cfg = ()>>(
        &self,
        view: &View,
        moment: &BlockMoment<'_>,
        budget: u64,
        out: &mut Vec<StateKey>,
    ) -> Result<Option<Vec<T>>, Fault> {
        let agenda = self.load(view)?;
        if agenda.open == 0 || agenda.height > moment.height {
            return Ok(None);
        }
        let (mut items, mut left) = (Vec::new(), u32::try_from(budget).unwrap_or(u32::MAX));
        // As many buckets as things: each has at least one, or is passed over.
        let last = agenda.height.get().saturating_add(budget).min(moment.height.get());
        for height in (agenda.height.get()..=last).map(Height::new) {
            let key = self.due_key(height);
            if !view.knows(&key) {
                out.push(key);
                continue;
            }
            let entries = self.load_due(view, height)?.entries;
            let first = if height == agenda.height { agenda.place } else { 0 };
            for place in first..entries.min(first.saturating_add(left)) {
                let key = self.entry_key(height, place);
                out.push(key);
                if view.knows(&key) {
                    items.push(self.require_entry(view, (height, place))?);
                }
                left = left.saturating_sub(1);
            }
        }
        Ok(Some(items))
    }

    /// Adds the keys that [`Self::run`] would miss, as far as what the view knows tells. What is due is
    /// tried on a copy of the view, so that these keys and what is done with them can never differ.
    pub(crate) fn missing<T: Read<Cfg = ()>>(
        &self,
        view: &View,
        moment: &BlockMoment<'_>,
        budget: u64,
        handle: impl Fn(&mut View, &T) -> Result<(Vec<Event>, u64), Fault>,
        out: &mut Vec<StateKey>,
    ) -> Result<(), Fault> {
        let mut scratch = view.clone();
        scratch.commit();
        let mut left = budget;
        while left > 0 {
            let item = match self.next(&mut scratch, moment.height) {
                Ok(Some(item)) => item,
                Ok(None) => break,
                Err(fault) => return missed(fault, out),
            };
            scratch.commit();
            match handle(&mut scratch, &item) {
                Ok((_, work)) => {
                    scratch.commit();
                    left = left.saturating_sub(work);
                }
                Err(fault) => {
                    scratch.rollback();
                    missed(fault, out)?;
                    left = left.saturating_sub(1);
                }
            }
        }
        Ok(())
    }
}

/// The height at which something is looked at, and the first that is possible.
fn place_of(moment: &BlockMoment<'_>, due: Due) -> (Height, Height) {
    let after = Height::new(moment.height.get().saturating_add(1));
    let height = if due.height > after { due.height } else { patient(moment, due, after) };
    (height, after)
}

/// The height at which the time of `due` has come if no block is faster than the idle ones.
fn patient(moment: &BlockMoment<'_>, due: Due, after: Height) -> Height {
    let left = due.time.get().saturating_sub(moment.time.get());
    let blocks = left.checked_div(moment.params.idle_interval_ms).unwrap_or(0);
    Height::new(after.get().saturating_add(blocks.min(MAX_PATIENCE)))
}

/// Keeps the keys that were missed; anything else is a fault.
pub(crate) fn missed(fault: Fault, out: &mut Vec<StateKey>) -> Result<(), Fault> {
    match fault {
        Fault::Missing(Missing(keys)) => {
            out.extend(keys);
            Ok(())
        }
        fault => Err(fault),
    }
}
