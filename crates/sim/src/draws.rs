//! What the chain draws, drawn once more by the rules that everybody can apply: the randomness of
//! each height out of headers alone, and out of it the seeds of matrices, challenges and committees.

use crate::replay::Replay;
use althing_ledger::{beacon::query as beacon, compute::query};
use althing_types::{
    Block, Event, Genesis, Hash, Height, Receipt, ValidatorKey, ValidatorSet,
    compute::{DeviceId, draw},
    hash::{sha256, zero},
};
use std::{collections::BTreeMap, sync::Arc};

/// What a value is hashed with.
const VALUE: &[u8] = b"althing-randomness-value-v1";

/// The randomness of a chain, and what was bound before it was known.
#[derive(Clone)]
pub struct Draws {
    genesis: Hash,
    /// The randomness of each height, from 1 on.
    values: Vec<Hash>,
    /// The validators of the epoch of the next block, as headers say.
    set: ValidatorSet,
    /// By task: which attempt, on which device, and the height that draws its seed.
    assigned: BTreeMap<u64, (u32, DeviceId, Height)>,
    /// By task: the height that draws its next challenge.
    bound: BTreeMap<u64, Height>,
}

impl Draws {
    /// Of a chain that has not started.
    ///
    /// # Panics
    /// If the genesis is illegal.
    pub fn new(genesis: &Arc<Genesis>) -> Self {
        Self {
            genesis: genesis.hash(),
            values: Vec::new(),
            set: genesis.validator_set().expect("the genesis has validators"),
            assigned: BTreeMap::new(),
            bound: BTreeMap::new(),
        }
    }

    /// Draws what the next block drew, and compares. `after` is the chain after this block.
    ///
    /// # Errors
    /// What was drawn otherwise.
    pub fn follow(
        &mut self,
        block: &Block,
        receipts: &[Receipt],
        after: &Replay,
    ) -> Result<(), String> {
        let header = &block.header;
        let before = self.values.last().copied().unwrap_or_else(zero);
        let contribution = if header.reveal == zero() { header.parent } else { header.reveal };
        let value = sha256(&[VALUE, before.as_ref(), contribution.as_ref()]);
        self.values.push(value);
        let mark = after.record(beacon::value_key(header.height), beacon::decode_value);
        if mark.map(|mark| (mark.height, mark.value)) != Some((header.height, value)) {
            return Err("the randomness does not follow from the headers".to_owned());
        }
        for event in receipts.iter().flat_map(|receipt| &receipt.events) {
            self.learn(header.height, event, after)?;
        }
        if let Some(set) = &header.next_validators {
            self.set = set.clone();
        }
        Ok(())
    }

    /// The randomness of a height that is final.
    pub fn value(&self, height: Height) -> Option<Hash> {
        let place = usize::try_from(height.get().checked_sub(1)?).ok()?;
        self.values.get(place).copied()
    }

    fn learn(&mut self, now: Height, event: &Event, after: &Replay) -> Result<(), String> {
        let later = || {
            let delay = after.params().map_or(0, |params| params.compute.beacon_delay);
            Height::new(now.get() + delay)
        };
        match event {
            Event::TaskAssigned { task, attempt, worker, device, seed_height, .. } => {
                if *seed_height != later() {
                    return Err(format!("the seed of task {task} is drawn too early or too late"));
                }
                let device = DeviceId { worker: *worker, device: *device };
                self.assigned.insert(*task, (*attempt, device, *seed_height));
            }
            Event::TaskCommitted { task, .. } => {
                self.bound.insert(*task, later());
                return self.check_seed(*task, after);
            }
            Event::TaskChallenged { task, round, challenge, committee, .. } => {
                let members: Vec<ValidatorKey> = committee.iter().copied().collect();
                return self.check_committee((*task, *round), challenge, &members, after);
            }
            _ => {}
        }
        Ok(())
    }

    /// The seed of the matrices of a task that a worker has just committed to.
    fn check_seed(&self, number: u64, after: &Replay) -> Result<(), String> {
        let task = after.record(query::task_key(number), query::decode_task);
        let seed = task.and_then(|task| task.result).map(|result| result.seed);
        let expected = self.assigned.get(&number).and_then(|(attempt, device, height)| {
            let attempt = draw::Attempt { task: number, attempt: *attempt, device: *device };
            Some(draw::operand_seed(&self.genesis, &attempt, &self.value(*height)?))
        });
        if seed.is_some() && seed == expected {
            Ok(())
        } else {
            Err(format!("the seed of task {number} is not the one that was drawn"))
        }
    }

    /// The challenge to a result, and who is to answer it. The first one is drawn by the height that
    /// the commitment named, the second one by a later height.
    fn check_committee(
        &self,
        (number, round): (u64, u8),
        challenge: &Hash,
        members: &[ValidatorKey],
        after: &Replay,
    ) -> Result<(), String> {
        let (attempt, ..) = self.assigned.get(&number).ok_or("nobody has a challenged task")?;
        let bound = self.bound.get(&number).ok_or("a challenged task has no result")?;
        let check = after.record(query::task_key(number), query::decode_task);
        let check = check.and_then(|task| task.check).ok_or("a challenged task has no check")?;
        let in_time = if round == 0 { check.height == *bound } else { check.height > *bound };
        let value = self.value(check.height).filter(|_| in_time);
        let value = value.ok_or(format!("task {number} is challenged too early or too late"))?;
        if draw::challenge(number, *attempt, round, &value) != *challenge {
            return Err(format!("the challenge to task {number} is not the one that was drawn"));
        }
        let size = after.params().map_or(0, |params| params.compute.committee);
        let drawn = draw::committee(&self.set, challenge, size);
        if drawn.iter().eq(members) {
            Ok(())
        } else {
            Err(format!("the committee of task {number} is not the one that was drawn"))
        }
    }
}
