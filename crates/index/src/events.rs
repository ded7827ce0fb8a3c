//! What a block says about one module, event by event.

use crate::{IndexError, IndexedBlock, pack, stake::int};
use althing_types::{Event, SignedTransaction};

/// Where an event happened.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) position: i64,
    pub(crate) seq: i64,
    pub(crate) height: i64,
    pub(crate) time_ms: i64,
}

/// The events of a module in a receipt, with the transaction that it is of; none if the block did it by
/// itself.
pub(crate) type Said<'a> = (Option<&'a SignedTransaction>, Vec<(Place, &'a Event)>);

/// What the receipts of a block say about a module, which the high byte of an event's tag names.
pub(crate) fn of_module(
    entry: &IndexedBlock,
    module: u16,
) -> impl Iterator<Item = Result<Said<'_>, IndexError>> {
    let header = &entry.block.header;
    let (height, time_ms) = (int(header.height.get()), int(header.timestamp.get()));
    (0u32..).zip(entry.receipts.iter()).map(move |(index, receipt)| {
        let position = pack((header.height, index));
        let position = position.ok_or(IndexError::OutOfRange(header.height))?;
        let transaction = usize::try_from(index).ok();
        let transaction = transaction.and_then(|index| entry.block.transactions.get(index));
        let events = (0i64..).zip(&receipt.events);
        let of_it = events.filter(|(_, event)| event.tag() >> 8 == module);
        let at = |(seq, event)| (Place { position, seq, height, time_ms }, event);
        Ok((transaction, of_it.map(at).collect()))
    })
}
