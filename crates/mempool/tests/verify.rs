//! What the verifier accepts.
#![allow(missing_docs, clippy::unwrap_used)]

use althing_mempool::{Verifier, VerifierConfig};
use althing_types::{
    Address, Amount, Authorization, Gas, GasPrice, Height, KeyScheme, Nonce, Payload, SecretKey,
    SignedTransaction, Transaction, Transfer,
};
use commonware_parallel::{Rayon, Sequential};
use std::num::NonZeroUsize;

fn key(scheme: KeyScheme, number: u32) -> SecretKey {
    let mut seed = [7; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    SecretKey::from_seed(scheme, seed).unwrap()
}

fn body(sender: Address, nonce: u64) -> Transaction {
    Transaction {
        chain_id: "test".parse().unwrap(),
        sender,
        nonce: Nonce::new(nonce),
        gas_limit: Gas::new(21_000),
        gas_price: GasPrice::new(1),
        valid_until: Height::new(100),
        memo: String::new(),
        payload: Payload::Transfer(Transfer { to: sender, amount: Amount::new(1) }),
    }
}

fn good(count: u32) -> Vec<SignedTransaction> {
    (0..count)
        .map(|number| {
            let key = key(KeyScheme::Ed25519, number % 40);
            body(key.address(), u64::from(number)).sign(&key).unwrap()
        })
        .collect()
}

fn forged(tx: &SignedTransaction) -> SignedTransaction {
    let Authorization::Ed25519 { public_key, mut signature } = tx.authorization().clone() else {
        unreachable!("these tests forge Ed25519 signatures");
    };
    signature[40] ^= 1;
    SignedTransaction::new(tx.body().clone(), Authorization::Ed25519 { public_key, signature })
}

fn verifier() -> Verifier {
    Verifier::new(VerifierConfig { keys: 64, verified: 4_096 })
}

#[test]
fn bad_signatures_are_found_wherever_they_are() {
    for bad in
        [vec![0], vec![699], vec![13, 14, 300], (0..700).collect(), (0..700).step_by(3).collect()]
    {
        let mut txs = good(700);
        for &index in &bad {
            txs[index] = forged(&txs[index]);
        }
        let verifier = verifier();
        assert!(!verifier.verify_block(&txs, &Sequential));
        let verdicts = verifier.verify_all(&txs, &Sequential);
        for (index, verdict) in verdicts.iter().enumerate() {
            assert_eq!(*verdict, !bad.contains(&index), "{index}");
            assert_eq!(verifier.is_verified(&txs[index].hash()), *verdict, "{index}");
        }
        assert_eq!(verifier.verify_all(&txs, &Sequential), verdicts, "asked again");
    }
}

#[test]
fn every_scheme_is_checked_and_mixes_with_others() {
    let mut txs = good(20);
    for scheme in KeyScheme::ALL {
        let key = key(scheme, 1);
        txs.push(body(key.address(), 1_000).sign(&key).unwrap());
        // Signed by a key that does not control the sender.
        txs.push(body(Address::new([9; 20]), 1_000).sign(&key).unwrap());
    }
    let verdicts = verifier().verify_all(&txs, &Sequential);
    assert_eq!(verdicts[..20], [true; 20]);
    assert_eq!(verdicts[20..], [true, false, true, false, true, false]);
}

#[test]
fn a_key_that_is_no_point_is_bad_and_spoils_nothing() {
    let mut txs = good(50);
    let public_key = (0..=255u8)
        .map(|byte| [byte; 32])
        .find(|bytes| althing_types::keys::PreparedKey::new(bytes).is_none())
        .unwrap();
    let authorization = Authorization::Ed25519 { public_key, signature: [0; 64] };
    txs[5] = SignedTransaction::new(body(authorization.address(), 1), authorization);
    let verdicts = verifier().verify_all(&txs, &Sequential);
    assert_eq!(verdicts.iter().filter(|good| **good).count(), 49);
    assert!(!verdicts[5]);
}

#[test]
fn parallel_and_sequential_checks_agree() {
    let mut txs = good(3_000);
    txs[2_222] = forged(&txs[2_222]);
    let rayon = Rayon::new(NonZeroUsize::new(2).unwrap()).unwrap();
    assert_eq!(
        verifier().verify_all(&txs, &rayon),
        Verifier::default().verify_all(&txs, &Sequential)
    );
}

#[test]
fn an_empty_block_is_good_and_one_good_transaction_is_too() {
    assert!(verifier().verify_block(&[], &Sequential));
    assert!(verifier().verify(&good(1)[0]));
    assert!(!verifier().verify(&forged(&good(1)[0])));
}
