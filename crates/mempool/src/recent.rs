//! A bounded map that forgets the oldest half at once, so that inserting never scans.

use ahash::RandomState;
use std::{borrow::Borrow, collections::HashMap, hash::Hash, mem};

/// Remembers at least the last `capacity / 2` and at most the last `capacity` keys.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    young: HashMap<K, V, RandomState>,
    old: HashMap<K, V, RandomState>,
    generation: usize,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            young: HashMap::default(),
            old: HashMap::default(),
            generation: capacity.div_ceil(2).max(1),
        }
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.generation {
            mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(key, value);
    }

    pub(crate) fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    pub(crate) fn contains<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.get(key).is_some()
    }

    /// Like `get`, and saves the key from the next round of forgetting.
    pub(crate) fn refresh<Q>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        if !self.young.contains_key(key) {
            let (key, value) = self.old.remove_entry(key)?;
            self.insert(key, value);
        }
        self.young.get(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_half_is_always_remembered_and_the_bound_holds() {
        let mut recent = Recent::new(10);
        for i in 0..1_000u32 {
            recent.insert(i, ());
            for back in 0..5.min(i) {
                assert!(recent.contains(&(i - back)));
            }
            assert!(recent.young.len() + recent.old.len() <= 10);
        }
        assert!(!recent.contains(&980));
    }

    #[test]
    fn a_key_that_is_refreshed_stays() {
        let mut recent = Recent::new(4);
        recent.insert(0u32, ());
        for i in 1..100 {
            recent.insert(i, ());
            assert!(recent.refresh(&0).is_some(), "{i}");
        }
    }
}
