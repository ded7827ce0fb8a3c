//! Numbers for transactions that are sent faster than they are finalized.

use althing_types::{Address, Nonce};
use std::collections::{BTreeMap, BTreeSet};

/// Hands out nonces of many accounts and follows what becomes of them, so that none is left out
/// and none is used twice. Feed it with the node's events.
#[derive(Clone, Debug, Default)]
pub struct NonceManager {
    accounts: BTreeMap<Address, Account>,
}

#[derive(Clone, Debug, Default)]
struct Account {
    next: u64,
    freed: BTreeSet<u64>,
}

impl NonceManager {
    /// Knows no account yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Learns an account's next nonce, counting what waits in the mempool.
    pub fn start(&mut self, address: Address, pending: Nonce) {
        let account = self.accounts.entry(address).or_default();
        *account = Account { next: account.next.max(pending.get()), freed: BTreeSet::new() };
    }

    /// Whether the account is known.
    pub fn knows(&self, address: &Address) -> bool {
        self.accounts.contains_key(address)
    }

    /// The nonce for the next transaction: a freed one first, so that a gap is closed. `None` if
    /// the account is unknown.
    pub fn reserve(&mut self, address: &Address) -> Option<Nonce> {
        let account = self.accounts.get_mut(address)?;
        if let Some(nonce) = account.freed.pop_first() {
            return Some(Nonce::new(nonce));
        }
        let nonce = account.next;
        account.next = nonce.checked_add(1)?;
        Some(Nonce::new(nonce))
    }

    /// A transaction was included: this nonce and those below it are spent.
    pub fn confirmed(&mut self, address: &Address, nonce: Nonce) {
        let Some(account) = self.accounts.get_mut(address) else { return };
        account.freed = account.freed.split_off(&nonce.get().saturating_add(1));
        account.next = account.next.max(nonce.get().saturating_add(1));
    }

    /// A transaction was refused, dropped or has expired: its nonce can be used again.
    pub fn released(&mut self, address: &Address, nonce: Nonce) {
        let Some(account) = self.accounts.get_mut(address) else { return };
        if nonce.get() < account.next {
            account.freed.insert(nonce.get());
        }
        // Freed numbers at the end are simply not used yet.
        while account.next > 0 && account.freed.remove(&(account.next - 1)) {
            account.next -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reserved(manager: &mut NonceManager, address: &Address) -> u64 {
        manager.reserve(address).unwrap().get()
    }

    #[test]
    fn a_dropped_transaction_leaves_no_gap() {
        let (mut manager, alice) = (NonceManager::new(), Address::new([1; 20]));
        assert_eq!(manager.reserve(&alice), None);
        manager.start(alice, Nonce::new(5));
        let all: Vec<u64> = (0..4).map(|_| reserved(&mut manager, &alice)).collect();
        assert_eq!(all, [5, 6, 7, 8]);
        manager.released(&alice, Nonce::new(6));
        assert_eq!(reserved(&mut manager, &alice), 6);
        assert_eq!(reserved(&mut manager, &alice), 9);
    }

    #[test]
    fn numbers_released_at_the_end_are_counted_back() {
        let (mut manager, alice) = (NonceManager::new(), Address::new([1; 20]));
        manager.start(alice, Nonce::ZERO);
        for _ in 0..3 {
            manager.reserve(&alice);
        }
        manager.released(&alice, Nonce::new(1));
        manager.released(&alice, Nonce::new(2));
        assert_eq!(reserved(&mut manager, &alice), 1);
        manager.released(&alice, Nonce::new(77));
        assert_eq!(reserved(&mut manager, &alice), 2);
    }

    #[test]
    fn a_confirmation_spends_everything_below() {
        let (mut manager, alice) = (NonceManager::new(), Address::new([1; 20]));
        manager.start(alice, Nonce::ZERO);
        for _ in 0..4 {
            manager.reserve(&alice);
        }
        manager.released(&alice, Nonce::new(0));
        manager.released(&alice, Nonce::new(2));
        manager.confirmed(&alice, Nonce::new(1));
        assert_eq!(reserved(&mut manager, &alice), 2);
        manager.confirmed(&alice, Nonce::new(9));
        assert_eq!(reserved(&mut manager, &alice), 10);
    }
}
