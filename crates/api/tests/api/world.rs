//! What stories of the index's tests have in common, as the canned node knows them: their blocks, read
//! through the real index, and the records of the state that go with them.

use crate::node::TIP;
use althing_index::{EventPlace, Index, IndexedBlock};
use althing_state::{StateKey, StateValue};
use althing_types::{Due, Event, Height, Ppm, Timestamp};
use commonware_codec::Encode;
use std::{collections::BTreeMap, sync::Arc};

pub struct World {
    pub index: Arc<Index>,
    pub state: BTreeMap<StateKey, StateValue>,
    pub blocks: Vec<IndexedBlock>,
}

impl World {
    /// A story told to an index from its first block on.
    pub fn new(blocks: Vec<IndexedBlock>, state: BTreeMap<StateKey, StateValue>) -> Self {
        Self::told(Index::in_memory().unwrap(), blocks, state)
    }

    /// The same to an index that may know the genesis.
    pub fn told(
        index: Index,
        blocks: Vec<IndexedBlock>,
        state: BTreeMap<StateKey, StateValue>,
    ) -> Self {
        index.apply(&blocks).unwrap();
        Self { index: Arc::new(index), state, blocks }
    }

    pub fn record(&self, key: &StateKey) -> Option<StateValue> {
        self.state.get(key).cloned()
    }

    /// A block of the story, as if it came behind the canned chain.
    pub fn block(&self, number: usize) -> IndexedBlock {
        let mut entry = self.blocks[number - 1].clone();
        let mut block = entry.block.as_ref().clone();
        block.header.height = Height::new(TIP + 1);
        entry.hash = block.hash();
        entry.block = block.into();
        entry
    }

    /// What happened at a place that the index knows.
    pub fn event(&self, place: &EventPlace) -> (Height, Timestamp, Event) {
        let (height, receipt) = place.at;
        let entry = &self.blocks[height.get() as usize - 1];
        let event = entry.receipts[receipt as usize].events[place.seq as usize].clone();
        (height, entry.block.header.timestamp, event)
    }
}

/// A record as the state has it.
pub fn entry(key: StateKey, record: &impl Encode) -> (StateKey, StateValue) {
    (key, StateValue::new(record.encode()).unwrap())
}

pub fn due(height: u64) -> Due {
    Due { height: Height::new(height), time: Timestamp::new(height * 1_000) }
}

pub fn ppm(value: u32) -> Ppm {
    Ppm::new(value).unwrap()
}
