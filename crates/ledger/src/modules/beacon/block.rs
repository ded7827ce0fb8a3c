//! What the beginning of a block does: the leader's reveal makes the next value.

use super::{Mark, Randomness, mark_key, randomness_key, step, store};
use crate::error::Fault;
use althing_state::{StateKey, View};
use althing_types::{
    Epoch, Hash, Height, ValidatorKey,
    hash::{sha256, zero},
};

/// What a value is hashed with.
const VALUE: &[u8] = b"althing-randomness-value-v1";

/// The block that begins.
pub(crate) struct Place {
    pub(crate) height: Height,
    pub(crate) epoch: Epoch,
    pub(crate) proposer: ValidatorKey,
    /// Digest of the block before it.
    pub(crate) parent: Hash,
    /// What its leader reveals, or zeros.
    pub(crate) reveal: Hash,
}

/// Why a block cannot begin with this reveal.
#[derive(Debug)]
pub(crate) enum BadReveal {
    Fault(Fault),
    /// It owes a preimage, and this is none.
    Wrong,
    /// It owes nothing.
    Unasked,
}

impl From<Fault> for BadReveal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Keys that the beginning reads.
pub(crate) fn missing(place: &Place) -> Vec<StateKey> {
    let before = place.height.previous().unwrap_or(Height::ZERO);
    vec![mark_key(before), mark_key(place.height), randomness_key(&place.proposer)]
}

/// Checks the reveal, takes it from the leader's chain and makes the value of this height.
pub(crate) fn begin(view: &mut View, place: &Place) -> Result<(), BadReveal> {
    let record = store::load(view, &place.proposer)?;
    let record = record.map(|record| record.turned(place.epoch));
    let owed = record.and_then(|record| record.owing(place.epoch));
    let revealed = match owed {
        Some(chain) if step(&place.reveal) == chain.tip => {
            let left = chain.left.saturating_sub(1);
            let chain = super::Chain { tip: place.reveal, left, ..chain };
            let next = record.and_then(|record| record.next);
            store::save(view, &place.proposer, &Randomness { chain: Some(chain), next })?;
            true
        }
        Some(_) => return Err(BadReveal::Wrong),
        None if place.reveal == zero() => false,
        None => return Err(BadReveal::Unasked),
    };
    let before = place.height.previous().unwrap_or(Height::ZERO);
    let before = store::load_mark(view, before)?.filter(|mark| mark.height == before);
    let (value, reveals) = before.map_or((zero(), 0), |mark| (mark.value, mark.reveals));
    // The leader of this block did not choose its parent's digest; it would choose its own.
    let contribution = if revealed { place.reveal } else { place.parent };
    let mark = Mark {
        height: place.height,
        value: sha256(&[VALUE, value.as_ref(), contribution.as_ref()]),
        reveals: reveals.saturating_add(revealed.into()),
    };
    store::save_mark(view, &mark)?;
    Ok(())
}
