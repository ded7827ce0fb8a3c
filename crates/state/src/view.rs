//! The view that one block is executed on.

use crate::{StateKey, StateValue};
use ahash::RandomState;
use std::collections::{HashMap, hash_map::Entry};

/// One change of the state: a key with its new value, or `None` to remove it.
pub type Write = (StateKey, Option<StateValue>);

/// Keys that were read and are not in the view: fetch them, [`View::prefetch`] them, and run the
/// same step again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} keys are not in the view: fetch them and run this step again", .0.len())]
pub struct Missing(pub Vec<StateKey>);

/// What the database holds for some keys, with the changes of the block so far on top of it, and
/// the changes of the current transaction on top of those.
///
/// Changes of a transaction are kept by [`Self::commit`] and undone by [`Self::rollback`]. Reads
/// see all changes. The hash table is looked up and never visited, so its order has no effect.
#[derive(Clone, Debug, Default)]
pub struct View {
    // Position of each key in `slots`. Looked up only; the seed of its hash differs from process
    // to process, so that nobody can prepare keys that collide.
    index: HashMap<StateKey, u32, RandomState>,
    slots: Vec<Slot>,
    undo: Vec<(u32, Before)>,
}

#[derive(Clone, Debug)]
struct Slot {
    key: StateKey,
    value: Option<StateValue>,
    status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// Set without having been read, and the set was rolled back.
    Unknown,
    /// As the database holds it.
    Fetched,
    /// Changed by this block.
    Written,
}

#[derive(Clone, Debug)]
struct Before {
    value: Option<StateValue>,
    status: Status,
}

impl View {
    /// A view that knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A view that knows nothing, with room for `keys` keys.
    pub fn with_capacity(keys: usize) -> Self {
        Self {
            index: HashMap::with_capacity_and_hasher(keys, RandomState::new()),
            slots: Vec::with_capacity(keys),
            undo: Vec::new(),
        }
    }

    /// Adds what the database holds for `key`; `None` means that it has no such key. Ignored for a
    /// key that the view knows already, so a key may be fetched twice.
    pub fn prefetch(&mut self, key: StateKey, value: Option<StateValue>) {
        match self.index.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(position(self.slots.len()));
                self.slots.push(Slot { key, value, status: Status::Fetched });
            }
            Entry::Occupied(entry) => {
                let slot = &mut self.slots[*entry.get() as usize];
                if slot.status == Status::Unknown {
                    *slot = Slot { key, value, status: Status::Fetched };
                }
            }
        }
    }

    /// Whether `key` can be read.
    pub fn knows(&self, key: &StateKey) -> bool {
        self.slot(key).is_some()
    }

    /// The value of `key` with all changes so far; `None` if there is none.
    ///
    /// # Errors
    /// [`Missing`] if the key was neither fetched nor set.
    pub fn get(&self, key: &StateKey) -> Result<Option<&StateValue>, Missing> {
        match self.slot(key) {
            Some(slot) => Ok(slot.value.as_ref()),
            None => Err(Missing(vec![*key])),
        }
    }

    /// Changes `key` within the current transaction; `None` removes it. The key need not be known.
    pub fn set(&mut self, key: StateKey, value: Option<StateValue>) {
        let next = position(self.slots.len());
        let at = *self.index.entry(key).or_insert(next);
        if at == next {
            self.slots.push(Slot { key, value: None, status: Status::Unknown });
        }
        let slot = &mut self.slots[at as usize];
        let before = Before { value: slot.value.take(), status: slot.status };
        slot.value = value;
        slot.status = Status::Written;
        self.undo.push((at, before));
    }

    /// Keeps the changes of the current transaction and starts the next one.
    pub fn commit(&mut self) {
        self.undo.clear();
    }

    /// Drops the changes of the current transaction and starts the next one.
    pub fn rollback(&mut self) {
        while let Some((at, before)) = self.undo.pop() {
            let slot = &mut self.slots[at as usize];
            slot.value = before.value;
            slot.status = before.status;
        }
    }

    /// All committed changes, ordered by key. A key that was set appears even if its value is what
    /// the database holds already, because roots depend on the history of writes. Changes of a
    /// transaction that was not committed are dropped.
    pub fn into_writes(mut self) -> Vec<Write> {
        self.rollback();
        let mut writes: Vec<Write> = self
            .slots
            .into_iter()
            .filter(|slot| slot.status == Status::Written)
            .map(|slot| (slot.key, slot.value))
            .collect();
        // Most keys are in order already, and this sort makes use of that.
        writes.sort_by_key(|write| write.0);
        writes
    }

    fn slot(&self, key: &StateKey) -> Option<&Slot> {
        let slot = &self.slots[*self.index.get(key)? as usize];
        (slot.status != Status::Unknown).then_some(slot)
    }
}

/// A block has at most some hundred thousand keys: four billion cannot fit in memory.
fn position(len: usize) -> u32 {
    u32::try_from(len).expect("a view holds fewer than 2^32 keys, which no memory could hold")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn key(n: u8) -> StateKey {
        StateKey::fixed(1, &[n])
    }

    fn value(n: u8) -> Option<StateValue> {
        Some(StateValue::new(Bytes::from(vec![n])).unwrap())
    }

    fn read(view: &View, n: u8) -> Result<Option<u8>, Missing> {
        Ok(view.get(&key(n))?.map(|value| value[0]))
    }

    #[test]
    fn a_read_of_an_unknown_key_names_it() {
        let view = View::new();
        assert_eq!(view.get(&key(3)), Err(Missing(vec![key(3)])));
        assert!(!view.knows(&key(3)));
    }

    #[test]
    fn absence_is_known_once_fetched() {
        let mut view = View::new();
        view.prefetch(key(3), None);
        assert_eq!(view.get(&key(3)), Ok(None));
        assert!(view.into_writes().is_empty());
    }

    #[test]
    fn a_late_prefetch_does_not_overwrite_a_change() {
        let mut view = View::new();
        view.set(key(1), value(9));
        view.commit();
        view.prefetch(key(1), value(1));
        assert_eq!(read(&view, 1), Ok(Some(9)));
    }

    #[test]
    fn rollback_restores_values_absence_and_ignorance() {
        let mut view = View::new();
        view.prefetch(key(1), value(1));
        view.prefetch(key(2), None);
        for _ in 0..2 {
            for n in [1, 2, 3] {
                view.set(key(n), value(n + 10));
            }
            view.set(key(1), None);
        }
        view.rollback();
        assert_eq!(read(&view, 1), Ok(Some(1)));
        assert_eq!(read(&view, 2), Ok(None));
        assert_eq!(read(&view, 3), Err(Missing(vec![key(3)])));
        view.prefetch(key(3), value(3));
        assert_eq!(read(&view, 3), Ok(Some(3)));
        assert!(view.into_writes().is_empty());
    }

    #[test]
    fn unchanged_values_are_written_and_uncommitted_ones_are_not() {
        let mut view = View::new();
        view.prefetch(key(1), value(1));
        view.set(key(2), None);
        view.set(key(1), value(1));
        view.commit();
        view.set(key(0), value(5));
        assert_eq!(view.into_writes(), vec![(key(1), value(1)), (key(2), None)]);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Set(u8, Option<u8>),
        Commit,
        Rollback,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => (0u8..8, any::<Option<u8>>()).prop_map(|(n, v)| Step::Set(n, v)),
            1 => Just(Step::Commit),
            1 => Just(Step::Rollback),
        ]
    }

    proptest! {
        #[test]
        fn a_view_agrees_with_ordered_maps(
            start in proptest::collection::btree_map(0u8..8, any::<u8>(), 0..8),
            steps in proptest::collection::vec(step(), 0..60),
        ) {
            let mut view = View::new();
            for n in 0..8 {
                view.prefetch(key(n), start.get(&n).copied().and_then(value));
            }
            let mut kept: BTreeMap<u8, Option<u8>> = BTreeMap::new();
            let mut current = kept.clone();
            for step in steps {
                match step {
                    Step::Set(n, v) => {
                        view.set(key(n), v.and_then(value));
                        current.insert(n, v);
                    }
                    Step::Commit => {
                        view.commit();
                        kept = current.clone();
                    }
                    Step::Rollback => {
                        view.rollback();
                        current = kept.clone();
                    }
                }
                for n in 0..8 {
                    let expected = current.get(&n).copied().unwrap_or(start.get(&n).copied());
                    prop_assert_eq!(read(&view, n), Ok(expected));
                }
            }
            let writes: Vec<_> =
                kept.into_iter().map(|(n, v)| (key(n), v.and_then(value))).collect();
            prop_assert_eq!(view.into_writes(), writes);
        }
    }
}
