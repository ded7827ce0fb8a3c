//! The keys of one block: read in batches, written together.

use crate::{
    chain::Chain,
    exec::ExecError,
    types::{Batch, Dbs, Merkleized, Runtime, Staged},
};
use althing_state::{Missing, StateKey, StateValue, View, Write};
use althing_types::Height;
use commonware_parallel::Strategy;
use commonware_storage::qmdb::current::batch::Slot;
use std::collections::BTreeMap;

/// Values of `keys` in the newest state, in order, with its height. `None` if the storage fails.
pub(crate) async fn newest<E: Runtime, S: Strategy>(
    database: &Dbs<E, S>,
    chain: &Chain,
    keys: &[StateKey],
) -> Option<(Height, Vec<Option<StateValue>>)> {
    let references: Vec<&StateKey> = keys.iter().collect();
    let database = database.read().await;
    let values = database.get_many(&references).await.ok()?;
    let root = database.root();
    drop(database);
    let height =
        chain.with_root(&root).map_or_else(|| chain.tip().header.height, |header| header.height);
    Some((height, values))
}

/// Reads of one block on the state of its parent.
pub struct Reads<E: Runtime, S: Strategy> {
    staged: Staged<E, S>,
    /// What was read first, ordered by key.
    first: Vec<StateKey>,
    /// What turned out to be missing, with its slot.
    later: BTreeMap<StateKey, usize>,
    values: Vec<Option<StateValue>>,
}

impl<E: Runtime, S: Strategy> Reads<E, S> {
    /// Reads `keys`, which are ordered and distinct, in one batch.
    pub(crate) async fn new(batch: Batch<E, S>, keys: Vec<StateKey>) -> Result<Self, ExecError> {
        let references: Vec<&StateKey> = keys.iter().collect();
        let (values, staged) = batch.stage(&references).await?;
        Ok(Self { staged, first: keys, later: BTreeMap::new(), values })
    }

    /// A view over everything read so far.
    pub(crate) fn view(&self) -> View {
        let mut view = View::with_capacity(self.values.len());
        for (key, value) in self.first.iter().zip(&self.values) {
            view.prefetch(*key, value.clone());
        }
        for (key, slot) in &self.later {
            view.prefetch(*key, self.values[*slot].clone());
        }
        view
    }

    /// Reads more keys in one batch and tells `view` about them.
    pub(crate) async fn fetch(
        mut self,
        missing: Missing,
        view: &mut View,
    ) -> Result<Self, ExecError> {
        let Missing(mut keys) = missing;
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| !view.knows(key));
        if keys.is_empty() {
            return Err(ExecError::Broken("the ledger misses a key that it was given".to_owned()));
        }
        let references: Vec<&StateKey> = keys.iter().collect();
        let (slots, values, staged) = self.staged.expand(&references).await?;
        self.staged = staged;
        for ((key, slot), value) in keys.iter().zip(slots).zip(values) {
            view.prefetch(*key, value.clone());
            self.later.insert(*key, slot);
            self.values.push(value);
        }
        Ok(self)
    }

    /// Applies `writes`, which are ordered by key, and computes the root.
    pub(crate) async fn write(self, writes: &[Write]) -> Result<Merkleized<E, S>, ExecError> {
        let mut slots: Vec<Slot<StateValue>> = Vec::with_capacity(self.values.len());
        slots.resize_with(self.values.len(), || Slot::Keep);
        let mut unread = Vec::new();
        let mut cursor = 0;
        for (key, value) in writes {
            while cursor < self.first.len() && self.first[cursor] < *key {
                cursor += 1;
            }
            let slot = match self.first.get(cursor) {
                Some(found) if found == key => Some(cursor),
                _ => self.later.get(key).copied(),
            };
            match (slot, value.clone()) {
                (Some(slot), Some(value)) => slots[slot] = Slot::Put(value),
                (Some(slot), None) => slots[slot] = Slot::Delete,
                (None, value) => unread.push((*key, value)),
            }
        }
        Ok(self.staged.merkleize(slots, unread).await?)
    }
}
