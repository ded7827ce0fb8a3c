//! Bundles of proof, checked by the client that they are made for.

use crate::{chain, fixture::Api, node::TIP};
use althing_client::verify::{Bundle, Step, Verified, verify};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn the_client_accepts_the_proof_of_every_transaction() {
    let api = Api::new();
    for height in 1..=TIP {
        for n in 0..height % 4 {
            let failing = (height, n) == (3, 2);
            let expected =
                if failing { chain::transfer(99, 0) } else { chain::transfer(n as u8, height) };
            let path = format!("/v1/transactions/{}/proof", hex::encode(expected.hash()));
            let bundle = api.get(&path).await;
            let proven = verify(&chain::genesis(), bundle.text());
            let Ok(Verified::Transaction { transaction, receipt, index, at }) = proven else {
                panic!("block {height}: {proven:?}");
            };
            assert_eq!((transaction.hash(), u64::from(index)), (expected.hash(), n));
            assert_eq!((at.height.get(), receipt.code.is_ok()), (height, !failing));
        }
    }
}

#[tokio::test]
async fn the_boundaries_of_epochs_are_read_once() {
    let api = Api::new();
    let path = format!("/v1/transactions/{}/proof", hex::encode(chain::transfer(0, 23).hash()));
    let bundle = api.get(&path).await.ok();
    assert_eq!(bundle["epochs"].as_array().unwrap().len(), 2);
    // Its own block, and the ends of epochs 0 and 1.
    assert_eq!(api.node.finality_calls.load(Ordering::Relaxed), 3);
    api.get(&path).await.ok();
    assert_eq!(api.node.finality_calls.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn the_proof_of_an_account_has_the_fields_that_the_client_reads() {
    let api = Api::new();
    let answer = api.get(&format!("/v1/accounts/{}?proof=true", chain::address(1))).await.ok();
    let text = answer["proof"].to_string();
    let Bundle::Account(bundle) = Bundle::from_json(&text).unwrap() else { panic!("{text}") };
    assert_eq!((bundle.height, bundle.value.as_deref()), (TIP, Some("0304")));
    // Genesis, validators, headers and certificate hold; only the state proof is made up.
    assert_eq!(verify(&chain::genesis(), &text).unwrap_err().step, Step::State);
}

#[tokio::test]
async fn without_a_certificate_there_is_no_proof() {
    let api = Api::new();
    api.node.certified.store(false, Ordering::Relaxed);
    let path = format!("/v1/transactions/{}/proof", hex::encode(chain::transfer(0, 23).hash()));
    api.get(&path).await.fails(404, "proof_unavailable");
    let path = format!("/v1/accounts/{}?proof=true", chain::address(1));
    api.get(&path).await.fails(404, "proof_unavailable");
}
