//! What a recount of the randomness remembers.

use super::records::{BAD, Wrong, array};
use crate::{
    modules::beacon::{
        Mark, RING, Randomness, mark_key,
        query::{decode_randomness, decode_value},
        randomness_key,
    },
    prefix,
};
use althing_state::StateKey;
use althing_types::{Height, ValidatorKey};
use std::collections::BTreeMap;

/// All records of the randomness.
#[derive(Debug, Default)]
pub(super) struct Values {
    chains: BTreeMap<[u8; 32], Randomness>,
    marks: BTreeMap<u16, Mark>,
}

impl Values {
    /// Takes a record, if it belongs here. Returns whether it does.
    pub(super) fn add(
        &mut self,
        key: StateKey,
        rest: &[u8],
        value: &[u8],
    ) -> Result<bool, &'static str> {
        match key.prefix() {
            prefix::RANDOMNESS => {
                self.chains.insert(array(rest)?, decode_randomness(value).map_err(|_| BAD)?);
            }
            prefix::MARK => {
                let slot = u16::from_be_bytes(array(rest)?);
                self.marks.insert(slot, decode_value(value).map_err(|_| BAD)?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether the records fit together after the block of this `height`.
    pub(super) fn judge(&self, height: Height) -> Result<(), Wrong> {
        for (key, record) in &self.chains {
            let generation = record.chain.map(|chain| chain.generation);
            let expected = generation.map_or(Some(0), |number| number.checked_add(1));
            if record.next.is_some_and(|next| Some(next.chain.generation) != expected) {
                let key = randomness_key(&ValidatorKey::new(*key));
                return Err((key, "the chains of a validator are not numbered in order"));
            }
        }
        for (slot, mark) in &self.marks {
            let key = mark_key(mark.height);
            let place = mark.height.get() % RING;
            let age = height.get().checked_sub(mark.height.get());
            if place != u64::from(*slot) || age.is_none_or(|age| age >= RING) {
                return Err((key, "the randomness of a height stands at another one's place"));
            }
            let last = u16::try_from(RING.saturating_sub(1)).unwrap_or(u16::MAX);
            let before = self.marks.get(&(*slot).checked_sub(1).unwrap_or(last));
            let follows = before.filter(|before| Some(mark.height) == before.height.next());
            let grows = follows.is_none_or(|before| {
                mark.reveals == before.reveals
                    || Some(mark.reveals) == before.reveals.checked_add(1)
            });
            if !grows {
                return Err((key, "a height added more than one reveal"));
            }
        }
        Ok(())
    }
}
