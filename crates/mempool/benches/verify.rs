//! Microseconds per Ed25519 signature through the verifier, by batch size and state of its caches.
//! `cargo bench -p althing-mempool --bench verify`
#![allow(missing_docs, clippy::unwrap_used)]

use althing_mempool::{Verifier, VerifierConfig};
use althing_types::{
    Amount, Authorization, Gas, GasPrice, Height, KeyScheme, Nonce, Payload, SecretKey,
    SignedTransaction, Transaction, Transfer,
};
use commonware_parallel::{Rayon, Sequential, Strategy};
use std::{num::NonZeroUsize, time::Instant};

const COUNT: usize = 16_384;

fn signed(nonce: u64) -> Vec<SignedTransaction> {
    (0..COUNT)
        .map(|n| {
            let mut seed = [3; 32];
            seed[..8].copy_from_slice(&n.to_be_bytes());
            let key = SecretKey::from_seed(KeyScheme::Ed25519, seed).unwrap();
            let sender = key.address();
            let body = Transaction {
                chain_id: "bench".parse().unwrap(),
                sender,
                nonce: Nonce::new(nonce),
                gas_limit: Gas::new(21_000),
                gas_price: GasPrice::new(1_000_000_000),
                valid_until: Height::new(1_000),
                memo: String::new(),
                payload: Payload::Transfer(Transfer { to: sender, amount: Amount::new(5) }),
            };
            body.sign(&key).unwrap()
        })
        .collect()
}

fn measure(
    name: &str,
    verifier: &Verifier,
    txs: &[SignedTransaction],
    batch: usize,
    good: usize,
    strategy: &impl Strategy,
) {
    let start = Instant::now();
    let found: usize = txs
        .chunks(batch)
        .map(|chunk| verifier.verify_all(chunk, strategy).iter().filter(|good| **good).count())
        .sum();
    let us = start.elapsed().as_secs_f64() * 1e6 / txs.len() as f64;
    assert_eq!(found, good);
    println!("{name:<44} batch {batch:>6} {us:>8.2} us");
}

fn main() {
    let (first, second) = (signed(0), signed(1));
    let config = VerifierConfig { keys: 1 << 20, verified: 1 << 20 };
    let rayon = Rayon::new(NonZeroUsize::new(2).unwrap()).unwrap();
    for batch in [1, 64, 512, 1_024, 2_048, 4_096] {
        let verifier = Verifier::new(config);
        if batch == 512 || batch == 4_096 {
            measure("new keys", &verifier, &first, batch, COUNT, &Sequential);
        } else {
            verifier.verify_all(&first, &rayon);
        }
        measure("known keys", &verifier, &second, batch, COUNT, &Sequential);
    }
    for batch in [4_096, COUNT] {
        let verifier = Verifier::new(config);
        verifier.verify_all(&first, &rayon);
        measure("known keys, two threads", &verifier, &second, batch, COUNT, &rayon);
        measure("verified before", &verifier, &second, batch, COUNT, &rayon);
    }
    for every in [4_096, 512, 64, 2] {
        let mut txs = second.clone();
        for tx in txs.iter_mut().step_by(every) {
            if let Authorization::Ed25519 { public_key, mut signature } = tx.authorization().clone()
            {
                signature[33] ^= 4;
                let forged = Authorization::Ed25519 { public_key, signature };
                *tx = SignedTransaction::new(tx.body().clone(), forged);
            }
        }
        let verifier = Verifier::new(config);
        verifier.verify_all(&first, &rayon);
        let name = format!("one bad in {every}");
        measure(&name, &verifier, &txs, 4_096, COUNT - COUNT.div_ceil(every), &Sequential);
    }
}
