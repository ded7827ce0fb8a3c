//! Users that send transactions: transfers that succeed and that fail, gaps in the nonces, and
//! everything again until it is final.

use crate::{model::Accounts, rng::Rng};
use althing_types::{
    Address, Amount, Gas, GasPrice, Genesis, Height, Nonce, Payload, SecretKey, SignedTransaction,
    Transaction, Transfer,
};
use std::sync::Arc;

/// Gas limit of an ordinary transfer.
const GAS_LIMIT: u64 = 130_000;

struct User {
    key: SecretKey,
    address: Address,
    next: u64,
    /// Sent and not final, by nonce.
    pending: Vec<SignedTransaction>,
}

/// All users.
pub struct Load {
    genesis: Arc<Genesis>,
    users: Vec<User>,
    rng: Rng,
    sent: usize,
}

impl Load {
    /// Users with these keys.
    pub fn new(genesis: Arc<Genesis>, keys: &[SecretKey], rng: Rng) -> Self {
        let users = keys.iter().map(|key| User {
            key: key.clone(),
            address: key.address(),
            next: 0,
            pending: Vec::new(),
        });
        Self { genesis, users: users.collect(), rng, sent: 0 }
    }

    /// How many transactions were made.
    pub const fn sent(&self) -> usize {
        self.sent
    }

    /// Makes `count` new transactions, for a chain at `height`.
    pub fn make(&mut self, count: usize, height: u64) -> Vec<SignedTransaction> {
        let mut made = Vec::new();
        for _ in 0..count {
            let index = self.rng.index(self.users.len());
            if self.users[index].pending.len() >= 8 {
                continue;
            }
            if let Some(signed) = self.sign(index, self.users[index].next, height) {
                self.users[index].next += 1;
                self.users[index].pending.push(signed.clone());
                // Some arrive later than their successors: they wait for the next repetition.
                if !self.rng.chance(15) {
                    made.push(signed);
                }
                self.sent += 1;
            }
        }
        made
    }

    /// Everything that is not final at a height with these accounts, once more. What has expired is
    /// made anew.
    pub fn repeat(&mut self, height: u64, accounts: &Accounts) -> Vec<SignedTransaction> {
        let mut repeated = Vec::new();
        for index in 0..self.users.len() {
            let pending = std::mem::take(&mut self.users[index].pending);
            let mut rest = Vec::new();
            let address = self.users[index].address;
            let nonce = accounts.get(&address).copied().unwrap_or_default().nonce;
            for signed in pending {
                if signed.body().nonce.get() < nonce {
                    continue;
                }
                let expired = signed.body().valid_until.get() <= height;
                let renewed =
                    expired.then(|| self.sign(index, signed.body().nonce.get(), height)).flatten();
                rest.push(renewed.unwrap_or(signed));
            }
            repeated.extend(rest.iter().cloned());
            self.users[index].pending = rest;
        }
        repeated
    }

    fn sign(&mut self, index: usize, nonce: u64, height: u64) -> Option<SignedTransaction> {
        let rng = &mut self.rng;
        let other = self.users[rng.index(self.users.len())].address;
        let stranger = || Address::of_key(9, &[index as u8, nonce as u8, (nonce >> 8) as u8]);
        let small = Amount::new(u128::from(rng.range(1, 1_000_000_000)));
        let huge = Amount::from_tokens(1_000_000).ok()?;
        let (to, amount, gas) = match rng.below(100) {
            0..70 => (other, small, GAS_LIMIT),
            70..80 => (stranger(), small, GAS_LIMIT),
            80..88 => (other, huge, GAS_LIMIT),
            88..93 => (Address::of_module("stake"), small, GAS_LIMIT),
            93..95 => (Address::of_module("treasury"), small, GAS_LIMIT),
            // Too little to create the recipient; enough for the signature.
            _ => (stranger(), small, if index < 2 { GAS_LIMIT } else { 30_000 }),
        };
        let life = if rng.chance(5) { rng.range(1, 3) } else { 200 };
        let body = Transaction {
            chain_id: self.genesis.chain_id,
            sender: self.users[index].address,
            nonce: Nonce::new(nonce),
            gas_limit: Gas::new(gas),
            gas_price: GasPrice::new(1_000_000_000 + rng.below(1_000)),
            valid_until: Height::new(height + life),
            memo: if rng.chance(20) { "simulated".to_owned() } else { String::new() },
            payload: Payload::Transfer(Transfer { to, amount }),
        };
        body.sign(&self.users[index].key).ok()
    }
}
