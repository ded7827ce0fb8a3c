//! Transactions for tests: unsigned ones are enough for the pool, which checks no signatures.

use althing_mempool::{Account, Inserted, Limits, Origin, Pool, Rejection};
use althing_types::{
    Address, Amount, Authorization, Gas, GasPrice, Height, Nonce, Payload, SignedTransaction,
    Transaction, Transfer,
};

pub(crate) const GAS: u64 = 21_000;

/// The address of test account `n`.
pub(crate) fn address(n: u32) -> Address {
    let mut bytes = [0; 20];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    Address::new(bytes)
}

/// What varies between test transactions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    pub(crate) sender: u32,
    pub(crate) nonce: u64,
    pub(crate) price: u64,
    pub(crate) amount: u128,
    pub(crate) valid_until: u64,
    pub(crate) memo: usize,
}

impl Spec {
    pub(crate) fn new(sender: u32, nonce: u64, price: u64) -> Self {
        Self { sender, nonce, price, amount: 1, valid_until: 1_000_000, memo: 0 }
    }

    pub(crate) fn build(self) -> SignedTransaction {
        let body = Transaction {
            chain_id: "test".parse().unwrap(),
            sender: address(self.sender),
            nonce: Nonce::new(self.nonce),
            gas_limit: Gas::new(GAS),
            gas_price: GasPrice::new(self.price),
            valid_until: Height::new(self.valid_until),
            memo: "m".repeat(self.memo),
            payload: Payload::Transfer(Transfer {
                to: address(u32::MAX),
                amount: Amount::new(self.amount),
            }),
        };
        let authorization = Authorization::Ed25519 { public_key: [1; 32], signature: [2; 64] };
        SignedTransaction::new(body, authorization)
    }
}

pub(crate) fn tx(sender: u32, nonce: u64, price: u64) -> SignedTransaction {
    Spec::new(sender, nonce, price).build()
}

pub(crate) fn account(nonce: u64, balance: u128) -> Account {
    Account { nonce: Nonce::new(nonce), balance: Amount::new(balance) }
}

/// An account at nonce 0 that can pay for anything in these tests.
pub(crate) fn rich() -> Account {
    account(0, 1 << 100)
}

pub(crate) fn limits(count: usize) -> Limits {
    Limits {
        bytes: usize::MAX,
        gas: Gas::new(u64::MAX),
        count,
        sender_count: usize::MAX,
        height: Height::new(1),
    }
}

/// Inserts for a rich account at height 0 and time 0.
pub(crate) fn add(pool: &mut Pool, tx: &SignedTransaction) -> Result<Inserted, Rejection> {
    pool.insert(tx.clone(), rich(), Origin::Local, Height::ZERO, 0)
}

pub(crate) fn select(pool: &Pool, count: usize) -> Vec<SignedTransaction> {
    pool.select(&limits(count), &|_| None)
}

/// `(sender number, nonce)` of each.
pub(crate) fn names(txs: &[SignedTransaction]) -> Vec<(u32, u64)> {
    txs.iter()
        .map(|tx| {
            let mut number = [0; 4];
            number.copy_from_slice(&tx.sender().as_bytes()[..4]);
            (u32::from_be_bytes(number), tx.body().nonce.get())
        })
        .collect()
}
