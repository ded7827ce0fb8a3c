//! Prints what one transfer costs: blocks of 8,192 transfers between 200,000 accounts, executed on
//! a view that holds every key. Run with `cargo bench -p althing-ledger`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a program for developers")]
#![allow(clippy::disallowed_types, reason = "a benchmark reads the clock; the ledger does not")]

mod common;

use althing_ledger::{BlockContext, Ledger};
use althing_state::{StateKey, StateValue, View as StateView};
use althing_types::{Address, Authorization, Height, SignedTransaction, Timestamp, View, hash};
use common::{Random, authorization, genesis, transfer};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

const ACCOUNTS: usize = 200_000;
const TRANSFERS: usize = 8_192;
const BLOCKS: u64 = 24;

fn main() {
    let authorizations: Vec<Authorization> = (0..ACCOUNTS).map(authorization).collect();
    let addresses: Vec<Address> = authorizations.iter().map(Authorization::address).collect();
    let genesis = Arc::new(genesis(&addresses));
    let ledger = Ledger::new(genesis.clone()).unwrap();
    let mut state: BTreeMap<StateKey, StateValue> = BTreeMap::new();
    let mut nonces = vec![0u64; ACCOUNTS];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut times: Vec<[Duration; 4]> = Vec::new();
    for height in 1..=BLOCKS + 1 {
        let transactions: Vec<SignedTransaction> = (0..if height == 1 { 0 } else { TRANSFERS })
            .map(|_| {
                let from = random.below(ACCOUNTS);
                let to = addresses[random.below(ACCOUNTS)];
                let nonce = nonces[from];
                nonces[from] += 1;
                transfer(&genesis, authorizations[from].clone(), nonce, to)
            })
            .collect();
        let context = BlockContext {
            height: Height::new(height),
            epoch: Height::new(height).epoch(genesis.params.epoch_length),
            timestamp: Timestamp::new(height),
            proposer: genesis.validators[0].key,
            view: View::new(height),
            parent_view: View::new(height - 1),
            parent: hash::zero(),
            reveal: hash::zero(),
        };
        let mut keys = ledger.block_keys(&context);
        for transaction in &transactions {
            ledger.transaction_keys(transaction, &mut keys);
        }
        keys.sort_unstable();
        keys.dedup();
        let values: Vec<_> = keys.iter().map(|key| state.get(key).cloned()).collect();
        let start = Instant::now();
        let mut view = StateView::with_capacity(keys.len());
        for (key, value) in keys.into_iter().zip(values) {
            view.prefetch(key, value);
        }
        let prefetched = start.elapsed();
        let mut block = ledger.begin(context, view).unwrap();
        let begun = start.elapsed();
        for transaction in &transactions {
            block.apply(transaction).unwrap();
        }
        let applied = start.elapsed();
        let outcome = block.finish().unwrap();
        let finished = start.elapsed();
        assert!(outcome.receipts.iter().all(|receipt| receipt.code.is_ok()));
        for (key, value) in outcome.writes {
            match value {
                Some(value) => state.insert(key, value),
                None => state.remove(&key),
            };
        }
        if height > 1 {
            times.push([prefetched, begun - prefetched, applied - begun, finished - applied]);
        } else {
            println!("genesis of {ACCOUNTS} accounts: begin {:?}", begun - prefetched);
        }
    }
    for (name, column) in [("prefetch", 0), ("begin", 1), ("apply", 2), ("finish", 3)] {
        let mut column: Vec<Duration> = times.iter().map(|row| row[column]).collect();
        column.sort_unstable();
        let median = column[column.len() / 2].as_nanos() / TRANSFERS as u128;
        let least = column[0].as_nanos() / TRANSFERS as u128;
        println!("{name:>9}: {median} ns a transfer (median), {least} ns (best)");
    }
}
