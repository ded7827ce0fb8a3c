//! The root over the results of computation that a block accepts, which its header carries.

use althing_types::{Event, Hash, Receipt, merkle};

/// Root over the accepted results of a block, in the order of its receipts and their events.
pub fn root(receipts: &[Receipt]) -> Hash {
    let events = receipts.iter().flat_map(|receipt| &receipt.events);
    let leaves: Vec<Hash> = events.filter_map(Event::accepted_result).collect();
    merkle::root(&leaves)
}
