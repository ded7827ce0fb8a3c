//! How many transactions a second one core indexes, into a database on disk.
//!
//! `cargo bench -p althing-index`, or with a number of transactions as argument.

#[path = "../tests/common/mod.rs"]
mod common;

use althing_index::{Index, IndexedBlock};
use common::{account, block, transfer};
use std::time::Instant;

const BLOCK: u64 = 2_000;
const BATCH: usize = 16;
const ACCOUNTS: u64 = 200_000;

fn main() {
    let count = std::env::args().find_map(|text| text.parse().ok()).unwrap_or(1_000_000u64);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = Index::open(&folder.path().join("index.db")).expect("a new database");
    let pick = |value: u64| value.wrapping_mul(0x9E37_79B9_7F4A_7C15) % ACCOUNTS;
    let mut seconds = 0.0;
    let heights: Vec<u64> = (1..=count.div_ceil(BLOCK)).collect();
    for batch in heights.chunks(BATCH) {
        let blocks: Vec<IndexedBlock> = batch
            .iter()
            .map(|height| {
                let numbers = height * BLOCK..(height + 1) * BLOCK;
                block(*height, numbers.map(|n| transfer(pick(n), pick(n + 7), n)).collect())
            })
            .collect();
        let start = Instant::now();
        index.apply(&blocks).expect("blocks in order");
        seconds += start.elapsed().as_secs_f64();
    }
    let total = index.stats().expect("totals").transactions;
    let start = Instant::now();
    for number in 0..1_000 {
        index.account_transactions(account(number), None, 50).expect("a page");
    }
    println!(
        "indexed {total} transactions in {seconds:.2} s: {:.0} tx/s, {:.1} bytes a transaction; \
         page of an account: {:.0} us",
        total as f64 / seconds,
        index.bytes_on_disk() as f64 / total as f64,
        start.elapsed().as_secs_f64() * 1_000.0,
    );
}
