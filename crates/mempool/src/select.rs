//! What goes into the next block.
//!
//! Senders take turns. The order is by gas price; at equal price every sender has its first turn
//! before any sender has its second, and first turns come in the order in which the senders'
//! first transactions became first. So a queue of any length costs others one place.

use crate::{Limits, Pool};
use althing_types::{Address, Gas, Height, Nonce, SignedTransaction};
use std::{cmp::Reverse, collections::BinaryHeap};

/// After so many transactions that do not fit, the block counts as full.
const MAX_MISFITS: usize = 128;

/// A sender's turn: price, place in the line, sender, position in its queue, how many it has had.
type Turn = (u64, Reverse<u64>, u32, usize, usize);

struct Picked {
    transactions: Vec<SignedTransaction>,
    bytes: usize,
    gas: u64,
    misfits: usize,
}

impl Pool {
    /// Chooses transactions for a block, in the order in which they shall be executed. They stay
    /// here until [`Pool::finalized`].
    ///
    /// `base_nonces` gives the next nonce of every sender that blocks between the last finalized
    /// one and the new one touch; what those blocks hold is skipped.
    pub fn select(
        &self,
        limits: &Limits,
        base_nonces: &impl Fn(Address) -> Option<Nonce>,
    ) -> Vec<SignedTransaction> {
        let mut picked = Picked { transactions: Vec::new(), bytes: 0, gas: 0, misfits: 0 };
        let mut heads = self.heads.iter().peekable();
        let mut line: BinaryHeap<Turn> = BinaryHeap::new();
        let mut place = 0u64;
        while picked.transactions.len() < limits.count && picked.misfits < MAX_MISFITS {
            let from_heads = match (heads.peek(), line.peek()) {
                (Some(((Reverse(price), _), _)), Some((other, ..))) => price >= other,
                (head, _) => head.is_some(),
            };
            let (sender, index, had) = if from_heads {
                let Some((_, &sender)) = heads.next() else { break };
                let (address, account) = {
                    let queue = self.sender(sender);
                    (queue.address, queue.account)
                };
                let base = base_nonces(address).unwrap_or(account.nonce).max(account.nonce);
                let skip = base.get() - account.nonce.get();
                let skip = usize::try_from(skip).unwrap_or(usize::MAX);
                if skip > 0 {
                    // It had its first turn in a block that is not final yet.
                    self.queue_turn(&mut line, &mut place, sender, skip, 0);
                    continue;
                }
                (sender, 0, 0)
            } else {
                let Some((_, _, sender, index, had)) = line.pop() else { break };
                (sender, index, had)
            };
            if had < limits.sender_count && self.pick(&mut picked, limits, sender, index) {
                self.queue_turn(&mut line, &mut place, sender, index + 1, had + 1);
            }
        }
        picked.transactions
    }

    fn queue_turn(
        &self,
        line: &mut BinaryHeap<Turn>,
        place: &mut u64,
        sender: u32,
        index: usize,
        had: usize,
    ) {
        let queue = self.sender(sender);
        if index < queue.ready {
            line.push((queue.queue[index].price, Reverse(*place), sender, index, had));
            *place += 1;
        }
    }

    fn pick(&self, picked: &mut Picked, limits: &Limits, sender: u32, index: usize) -> bool {
        let item = &self.sender(sender).queue[index];
        let tx = &self.slab.entry(item.id).tx;
        if tx.body().valid_until < limits.height {
            return false;
        }
        let bytes = picked.bytes.saturating_add(item.bytes as usize);
        let gas = picked.gas.saturating_add(item.gas);
        if bytes > limits.bytes || gas > limits.gas.get() {
            picked.misfits += 1;
            return false;
        }
        picked.transactions.push(tx.clone());
        picked.bytes = bytes;
        picked.gas = gas;
        true
    }

    /// At most `count` transactions that could be included, in the order of [`Pool::select`].
    pub fn ready(&self, count: usize) -> Vec<SignedTransaction> {
        let limits = Limits {
            bytes: usize::MAX,
            gas: Gas::new(u64::MAX),
            count,
            sender_count: usize::MAX,
            height: Height::ZERO,
        };
        self.select(&limits, &|_| None)
    }
}
