//! Which transactions leave a full pool for a better-paying one.

use crate::{Pool, Rejection, queue::Item};
use althing_types::{GasPrice, SignedTransaction};
use std::{cmp::Reverse, collections::BinaryHeap};

impl Pool {
    /// The ids that must leave so that `tx` fits: always the cheapest last transaction of a
    /// sender other than its own, and only if it pays less than `tx`.
    pub(crate) fn make_room(
        &self,
        tx: &SignedTransaction,
        own: Option<u32>,
        old: Option<&Item>,
    ) -> Result<Vec<u32>, Rejection> {
        let stats = self.stats();
        let (freed_count, freed_bytes) = old.map_or((0, 0), |old| (1, old.bytes as usize));
        let mut count = stats.transactions - freed_count + 1;
        let mut bytes = stats.bytes - freed_bytes + tx.bytes().len();
        let mut victims = Vec::new();
        let mut tails = self.tails.iter().filter(|(_, id)| Some(**id) != own).peekable();
        // Last-but-one and earlier transactions of senders whose last one is a victim already.
        let mut deeper = BinaryHeap::new();
        while count > self.config.max_transactions || bytes > self.config.max_bytes {
            let from_tails = match (tails.peek(), deeper.peek()) {
                (Some((key, _)), Some(Reverse((other, _, _)))) => *key < other,
                (Some(_), None) => true,
                (None, _) => false,
            };
            let next = if from_tails {
                tails.next().map(|(&key, &id)| (key, id, self.sender(id).queue.len() - 1))
            } else {
                deeper.pop().map(|Reverse(next)| next)
            };
            let found = tx.body().gas_price;
            let Some(((price, ..), sender, index)) = next else {
                return Err(Rejection::PoolFull { floor: found, found });
            };
            if price >= found.get() {
                return Err(Rejection::PoolFull { floor: GasPrice::new(price), found });
            }
            let queue = self.sender(sender);
            let item = queue.queue[index];
            victims.push(item.id);
            count -= 1;
            bytes -= item.bytes as usize;
            if let Some(before) = index.checked_sub(1) {
                let item = queue.queue[before];
                let key = (item.price, before < queue.ready, Reverse(item.arrival));
                deeper.push(Reverse((key, sender, before)));
            }
        }
        Ok(victims)
    }
}
