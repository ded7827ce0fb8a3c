//! Which transactions of local clients each peer has not been sent yet.

use crate::{Pool, queue::Sender, slab::Slab};
use althing_types::{SignedTransaction, ValidatorKey};
use std::collections::{BTreeMap, VecDeque};

/// Most peers whose place is remembered; there are at most 100 validators.
const MAX_PEERS: usize = 512;

#[derive(Debug)]
struct Line {
    number: u64,
    id: u32,
    arrival: u64,
}

/// Local transactions in the order in which they became ready, and how far each peer has read.
#[derive(Debug, Default)]
pub(crate) struct ForwardLog {
    lines: VecDeque<Line>,
    next: u64,
    cursors: BTreeMap<ValidatorKey, u64>,
}

impl ForwardLog {
    /// Adds what became ready since the last call.
    pub(crate) fn announce(&mut self, sender: &mut Sender, slab: &Slab) {
        let first = sender.account.nonce.get();
        let end = first.saturating_add(sender.ready as u64);
        let start = sender.announced.max(first);
        for nonce in start..end {
            let index = usize::try_from(nonce - first).unwrap_or(usize::MAX);
            let Some(item) = sender.queue.get_mut(index) else { break };
            if !std::mem::replace(&mut item.announced, true) && slab.entry(item.id).local {
                self.lines.push_back(Line {
                    number: self.next,
                    id: item.id,
                    arrival: item.arrival,
                });
                self.next += 1;
            }
        }
        sender.announced = sender.announced.max(end);
    }

    /// Forgets lines of transactions that left, once they are the majority.
    pub(crate) fn compact(&mut self, local: usize, slab: &Slab) {
        if self.lines.len() > 2 * local + 1_024 {
            self.lines.retain(|line| line.is_live(slab));
        }
    }

    fn cursor(&self, peer: &ValidatorKey) -> usize {
        let number = self.cursors.get(peer).copied().unwrap_or(0);
        self.lines.partition_point(|line| line.number < number)
    }
}

impl Line {
    fn is_live(&self, slab: &Slab) -> bool {
        slab.get(self.id).is_some_and(|entry| entry.arrival == self.arrival)
    }
}

impl Pool {
    /// Transactions that local clients submitted, that are or were ready, and that this call has
    /// not returned for `peer` before, in the order in which they became ready (so in nonce order
    /// within a sender). At most `max_count` with at most `max_bytes` encoded bytes, but at least
    /// one if there is any; call again for more.
    pub fn unforwarded(
        &mut self,
        peer: &ValidatorKey,
        max_count: usize,
        max_bytes: usize,
    ) -> Vec<SignedTransaction> {
        let mut out = Vec::new();
        let mut bytes = 0usize;
        let mut read = self.forward.next;
        for line in self.forward.lines.range(self.forward.cursor(peer)..) {
            if !line.is_live(&self.slab) {
                continue;
            }
            let tx = &self.slab.entry(line.id).tx;
            bytes = bytes.saturating_add(tx.bytes().len());
            if !out.is_empty() && (out.len() >= max_count || bytes > max_bytes) {
                read = line.number;
                break;
            }
            out.push(tx.clone());
        }
        if self.forward.cursors.len() >= MAX_PEERS && !self.forward.cursors.contains_key(peer) {
            self.forward.cursors.clear();
        }
        self.forward.cursors.insert(*peer, read);
        out
    }

    /// Forgets what `peer` was sent, so that it is sent everything again: call it when a peer
    /// restarted or a sending failed.
    pub fn forget_peer(&mut self, peer: &ValidatorKey) {
        self.forward.cursors.remove(peer);
    }
}
