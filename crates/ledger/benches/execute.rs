//! Prints what one transfer costs: blocks of 8,192 transfers between 200,000 accounts, executed on
//! a view that holds every key. Run with `cargo bench -p althing-ledger`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a program for developers")]
#![allow(clippy::disallowed_types, reason = "a benchmark reads the clock; the ledger does not")]

use althing_ledger::{BlockContext, Ledger};
use althing_state::{StateKey, StateValue, View};
use althing_types::{
    Address, Allocation, Amount, Authorization, ChainParams, Gas, GasPrice, Genesis,
    GenesisValidator, Height, Nonce, Payload, SecretKey, SignedTransaction, Timestamp, Transaction,
    Transfer, ValidatorKey,
};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

const ACCOUNTS: usize = 200_000;
const TRANSFERS: usize = 8_192;
const BLOCKS: u64 = 24;

fn authorization(index: usize) -> Authorization {
    let mut public_key = [0x5a; 32];
    public_key[..8].copy_from_slice(&(index as u64).to_be_bytes());
    Authorization::Ed25519 { public_key, signature: [7; 64] }
}

fn genesis(addresses: &[Address]) -> Genesis {
    let key = SecretKey::from_seed(althing_types::KeyScheme::Ed25519, [1; 32]).unwrap();
    let bytes: [u8; 32] = key.public_key().bytes().as_ref().try_into().unwrap();
    Genesis {
        chain_id: "bench".parse().unwrap(),
        genesis_time: Timestamp::ZERO,
        address_prefix: "cpc".into(),
        symbol: "CPC".into(),
        params: ChainParams { block_gas_limit: Gas::new(1_000_000_000), ..ChainParams::devnet() },
        validators: vec![GenesisValidator {
            name: "v".into(),
            key: ValidatorKey::new(bytes),
            endpoint: "127.0.0.1:1".into(),
            account: key.address(),
            stake: Amount::from_tokens(1).unwrap(),
        }],
        allocations: addresses
            .iter()
            .map(|address| Allocation {
                address: *address,
                amount: Amount::from_tokens(1_000_000).unwrap(),
            })
            .collect(),
        load_accounts: None,
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

fn main() {
    let authorizations: Vec<Authorization> = (0..ACCOUNTS).map(authorization).collect();
    let addresses: Vec<Address> = authorizations.iter().map(Authorization::address).collect();
    let genesis = Arc::new(genesis(&addresses).normalized().unwrap());
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
                let nonce = Nonce::new(nonces[from]);
                nonces[from] += 1;
                let body = Transaction {
                    chain_id: genesis.chain_id,
                    sender: addresses[from],
                    nonce,
                    gas_limit: Gas::new(50_000),
                    gas_price: GasPrice::new(1_000_000_000),
                    valid_until: Height::new(1_000),
                    memo: String::new(),
                    payload: Payload::Transfer(Transfer { to, amount: Amount::new(1 << 60) }),
                };
                SignedTransaction::new(body, authorizations[from].clone())
            })
            .collect();
        let context = BlockContext {
            height: Height::new(height),
            epoch: Height::new(height).epoch(genesis.params.epoch_length),
            timestamp: Timestamp::new(height),
            proposer: genesis.validators[0].key,
        };
        let mut keys = ledger.block_keys(&context);
        for transaction in &transactions {
            ledger.transaction_keys(transaction, &mut keys);
        }
        keys.sort_unstable();
        keys.dedup();
        let values: Vec<_> = keys.iter().map(|key| state.get(key).cloned()).collect();
        let start = Instant::now();
        let mut view = View::with_capacity(keys.len());
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
