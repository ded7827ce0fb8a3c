//! What happens when a block is final and when time passes.

use crate::{Account, DropReason, Dropped, Pool};
use althing_types::{Address, Height, SignedTransaction};

impl Pool {
    /// Takes note of a finalized block: its transactions leave, others of the same nonces are
    /// dropped, what waited for them becomes ready, and what is too old leaves as
    /// [`Pool::expire`] says.
    ///
    /// `accounts` says what the block left in the accounts it touched, receivers included; those
    /// without pending transactions are skipped.
    pub fn finalized(
        &mut self,
        included: &[SignedTransaction],
        height: Height,
        now_ms: u64,
        accounts: impl IntoIterator<Item = (Address, Account)>,
    ) -> Vec<Dropped> {
        let mut dropped = Vec::new();
        let mut touched = Vec::new();
        // Each loop does one look-up in memory that is rarely cached, so that many of them are
        // under way at once.
        let ids: Vec<_> = included.iter().map(|tx| self.index.get(&tx.hash()).copied()).collect();
        let senders: Vec<_> = (included.iter().zip(&ids))
            .map(|(tx, id)| match id {
                Some(id) => Some(self.slab.entry(*id).sender),
                None => self.addresses.get(&tx.sender()).copied(),
            })
            .collect();
        let accounts: Vec<_> = accounts
            .into_iter()
            .filter_map(|(address, account)| Some((*self.addresses.get(&address)?, account)))
            .collect();
        for tx in included {
            self.included.insert(tx.hash(), height);
        }
        senders.iter().flatten().for_each(|&sender| self.touch(sender, &mut touched));
        accounts.iter().for_each(|&(sender, _)| self.touch(sender, &mut touched));

        for (tx, sender) in included.iter().zip(senders) {
            let Some(sender) = sender else { continue };
            let nonce = tx.body().nonce;
            // All earlier nonces are used up, then this one, by this very transaction or another.
            self.use_up(sender, nonce.get(), Some(tx), &mut dropped);
            let queue = self.sender_mut(sender);
            let next = nonce.next().unwrap_or(nonce);
            queue.account.nonce = queue.account.nonce.max(next);
        }
        for (sender, account) in accounts {
            self.set_account(sender, account, &mut dropped);
        }
        for sender in touched {
            self.sender_mut(sender).settle();
            self.reindex(sender);
        }
        dropped.append(&mut self.expire(height, now_ms));
        dropped
    }

    fn touch(&mut self, sender: u32, touched: &mut Vec<u32>) {
        let queue = self.sender_mut(sender);
        if !std::mem::replace(&mut queue.dirty, true) {
            touched.push(sender);
        }
    }

    /// Takes out everything of a sender up to `nonce`; what is not `included` itself is dropped.
    fn use_up(
        &mut self,
        sender: u32,
        nonce: u64,
        included: Option<&SignedTransaction>,
        dropped: &mut Vec<Dropped>,
    ) {
        let Some(end) = nonce.checked_add(1) else { return };
        while let Some(item) = self.sender_mut(sender).pop_below(end) {
            let tx = &self.slab.entry(item.id).tx;
            if included.is_some_and(|included| included == tx) {
                self.unstore(item.id);
            } else {
                let next = althing_types::Nonce::new(end);
                let reason =
                    DropReason::NonceUsed { sender: tx.sender(), nonce: tx.body().nonce, next };
                dropped.push(self.forget(item.id, reason));
            }
        }
    }

    /// Believes `account` unless its nonce is older than what is known. The caller reindexes.
    pub(crate) fn set_account(
        &mut self,
        sender: u32,
        account: Account,
        dropped: &mut Vec<Dropped>,
    ) {
        if account.nonce < self.sender(sender).account.nonce {
            return;
        }
        if let Some(used) = account.nonce.previous() {
            self.use_up(sender, used.get(), None, dropped);
        }
        let queue = self.sender_mut(sender);
        queue.account = account;
        queue.settle();
    }

    /// Drops what can no longer be included after the block at `height` (`valid_until` passed)
    /// and what has waited longer than the configured time. Returns these and any drop that no
    /// earlier answer could carry.
    pub fn expire(&mut self, height: Height, now_ms: u64) -> Vec<Dropped> {
        let mut dropped = std::mem::take(&mut self.overdue);
        let now_ms = self.tick(now_ms);
        while let Some((&until, list)) = self.untils.first_key_value() {
            let Some(id) = list.first().filter(|_| until <= height.get()) else { break };
            let valid_until = Height::new(until);
            dropped.push(self.drop_entry(id, DropReason::Expired { valid_until }));
        }
        while let Some(id) = self.ages.first() {
            let waited_ms = now_ms.saturating_sub(self.slab.entry(id).received_ms);
            if waited_ms < self.config.ttl_ms {
                break;
            }
            dropped.push(self.drop_entry(id, DropReason::TimedOut { waited_ms }));
        }
        dropped
    }
}
