//! Nanoseconds per transaction in and out of a pool of 200,000 senders.
//! `cargo bench -p althing-mempool --bench pool [transactions]`
#![allow(missing_docs, clippy::unwrap_used)]

use althing_mempool::{Account, Limits, Origin, Pool, PoolConfig};
use althing_types::{
    Address, Amount, Authorization, Gas, GasPrice, Height, Nonce, Payload, SignedTransaction,
    Transaction, Transfer, ValidatorKey,
};
use std::{hint::black_box, time::Instant};

const SENDERS: u64 = 200_000;
const BLOCK: usize = 10_000;

/// A fixed permutation of 64-bit numbers.
fn mix(mut value: u64) -> u64 {
    value ^= value >> 33;
    value = value.wrapping_mul(0xff51_afd7_ed55_8ccd);
    value ^= value >> 33;
    value = value.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    value ^ value >> 33
}

fn address(n: u64) -> Address {
    let mut bytes = [0; 20];
    bytes[..8].copy_from_slice(&mix(n).to_be_bytes());
    Address::new(bytes)
}

fn tx(sender: u64, nonce: u64, price: u64) -> SignedTransaction {
    let body = Transaction {
        chain_id: "bench".parse().unwrap(),
        sender: address(sender),
        nonce: Nonce::new(nonce),
        gas_limit: Gas::new(21_000),
        gas_price: GasPrice::new(price),
        valid_until: Height::new(1_000 + sender % 50),
        memo: String::new(),
        payload: Payload::Transfer(Transfer { to: address(sender + 1), amount: Amount::new(5) }),
    };
    let authorization = Authorization::Ed25519 { public_key: [1; 32], signature: [2; 64] };
    SignedTransaction::new(body, authorization)
}

fn account(nonce: u64) -> Account {
    Account { nonce: Nonce::new(nonce), balance: Amount::new(1 << 100) }
}

fn report(name: &str, start: Instant, count: usize) {
    let ns = start.elapsed().as_nanos() as f64 / count.max(1) as f64;
    println!("{name:<58} {ns:>8.0} ns");
}

/// `rounds` transactions of each sender at prices drawn by `price`.
fn scenario(name: &str, rounds: u64, price: impl Fn(u64) -> u64) {
    println!("-- {name}");
    let txs: Vec<_> = (0..rounds)
        .flat_map(|round| (0..SENDERS).map(move |n| (n, round)))
        .map(|(n, round)| tx(n, round, price(n ^ round << 32)))
        .collect();
    let config = PoolConfig {
        max_transactions: 1_000_000,
        max_bytes: 1 << 30,
        max_waiting: 1_000_000,
        ..PoolConfig::default()
    };
    let mut pool = Pool::new(config);
    for fill in ["insert into an empty pool", "insert again after everything left"] {
        let copies = txs.clone();
        let start = Instant::now();
        let mut inserted = 0;
        for tx in copies {
            let origin = if inserted % 4 == 0 { Origin::Local } else { Origin::Peer };
            inserted += usize::from(pool.insert(tx, account(0), origin, Height::new(1), 1).is_ok());
        }
        report(fill, start, txs.len());
        if fill.contains("again") {
            break;
        }
        drain(&mut pool);
        pool = Pool::new(PoolConfig {
            max_transactions: 1_000_000,
            max_bytes: 1 << 30,
            max_waiting: 1_000_000,
            ..PoolConfig::default()
        });
    }
    let start = Instant::now();
    let peer = ValidatorKey::new([1; 32]);
    let mut forwarded = 0;
    loop {
        let batch = pool.unforwarded(&peer, 1_000, 64 * 1024);
        if batch.is_empty() {
            break;
        }
        forwarded += batch.len();
    }
    report("forward one", start, forwarded);
    let start = Instant::now();
    let expired = pool.expire(Height::new(1_024), 2).len();
    report("expire one", start, expired);
}

fn drain(pool: &mut Pool) {
    let limits = Limits {
        bytes: 4 << 20,
        gas: Gas::new(u64::MAX),
        count: BLOCK,
        sender_count: 100,
        height: Height::new(2),
    };
    let (mut select_ns, mut finalize_ns, mut count, mut height) = (0, 0, 0, 2);
    loop {
        let start = Instant::now();
        let block = black_box(pool.select(&limits, &|_| None));
        select_ns += start.elapsed().as_nanos();
        if block.is_empty() {
            break;
        }
        let accounts: Vec<_> = block
            .iter()
            .map(|tx| (tx.sender(), account(tx.body().nonce.get() + 1)))
            .flat_map(|own| [own, (Address::new([7; 20]), account(0))])
            .collect();
        let start = Instant::now();
        let dropped = pool.finalized(&block, Height::new(height), 2, accounts);
        finalize_ns += start.elapsed().as_nanos();
        assert!(dropped.is_empty());
        count += block.len();
        height += 1;
    }
    println!("{:<58} {:>8} ns", "select one", select_ns / count as u128);
    println!("{:<58} {:>8} ns", "finalize one", finalize_ns / count as u128);
}

fn main() {
    scenario("200,000 senders, one each, one price", 1, |_| 1_000);
    scenario("200,000 senders, one each, random prices", 1, mix);
    scenario("200,000 senders, four each, one price", 4, |_| 1_000);
}
