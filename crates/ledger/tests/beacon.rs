//! Randomness that validators commit to and reveal.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a failed unwrap is a failed test"
)]

mod common;

use althing_ledger::{
    BeginError, Invalid,
    beacon::{Mark, Randomness, query, step},
    codes,
};
use althing_state::View as StateView;
use althing_types::{
    Allocation, Authorization, Code, Epoch, Event, Hash, Height, Payload, SignedTransaction,
    ValidatorKey,
    hash::{sha256, zero},
    message::CommitRandomness,
};
use common::*;

const STEPS: u32 = 3;

fn key() -> ValidatorKey {
    validator().0
}

fn started() -> Chain {
    let mut genesis = genesis();
    genesis.params.epoch_length = 10;
    let address = key().node_account();
    genesis.allocations.push(Allocation { address, amount: tokens(1), vesting: None });
    let mut chain = Chain::new(genesis.normalized().unwrap());
    chain.advance(&[]);
    chain
}

/// The preimages of a chain in the order in which they are revealed, after its tip.
fn chain_of(secret: &str) -> Vec<Hash> {
    let first = sha256(&[secret.as_bytes()]);
    let mut all: Vec<Hash> = std::iter::successors(Some(first), |from| Some(step(from)))
        .take(STEPS as usize + 1)
        .collect();
    all.reverse();
    all
}

fn commit(secret: &str, generation: u32) -> CommitRandomness {
    CommitRandomness { validator: key(), tip: chain_of(secret)[0], steps: STEPS, generation }
}

fn by_node(nonce: u64, message: CommitRandomness) -> SignedTransaction {
    let mut body = body(0, nonce, address(1), tokens(0));
    body.sender = key().node_account();
    body.payload = Payload::CommitRandomness(message);
    let public_key = *key().as_bytes();
    SignedTransaction::new(body, Authorization::Ed25519 { public_key, signature: [0; 64] })
}

fn advance(chain: &mut Chain, transaction: SignedTransaction) -> (Code, Vec<Event>) {
    let (outcome, results) = chain.advance(&[transaction]);
    assert_eq!(results, [Ok(())]);
    (outcome.receipts[0].code, outcome.receipts[0].events.clone())
}

fn mark(chain: &Chain, height: u64) -> Mark {
    let height = Height::new(height);
    let mark = query::decode_value(&chain.state[&query::value_key(height)]).unwrap();
    assert_eq!(mark.height, height);
    mark
}

fn randomness(chain: &Chain) -> Randomness {
    query::decode_randomness(&chain.state[&query::randomness_key(key())]).unwrap()
}

/// Advances to the last block before `epoch`.
fn until(chain: &mut Chain, epoch: Epoch) {
    while chain.next().epoch < epoch {
        chain.advance(&[]);
    }
}

fn refusal(chain: &Chain) -> BeginError {
    chain.begin(StateView::new()).unwrap_err()
}

#[test]
fn a_value_follows_from_the_one_before_and_the_parent_while_nobody_is_committed() {
    let mut chain = started();
    let before = mark(&chain, 1);
    let parent = chain.next().parent;
    chain.advance(&[]);
    let expected =
        sha256(&[b"althing-randomness-value-v1", before.value.as_ref(), parent.as_ref()]);
    assert_eq!(mark(&chain, 2), Mark { height: Height::new(2), value: expected, reveals: 0 });
}

#[test]
fn a_committed_leader_reveals_step_by_step_and_nothing_else() {
    let mut chain = started();
    let (code, events) = advance(&mut chain, by_node(0, commit("one", 0)));
    assert_eq!(code, Code::OK);
    let from = Epoch::new(2);
    let committed =
        Event::RandomnessCommitted { validator: key(), generation: 0, steps: STEPS, from };
    assert_eq!(events, [committed]);
    until(&mut chain, from);
    let chain_of_one = chain_of("one");
    // Nothing, something else, the tip itself, and the reveal after the next do not begin a block.
    for wrong in [zero(), sha256(&[b"else"]), chain_of_one[0], chain_of_one[2]] {
        chain.reveal = wrong;
        assert_eq!(refusal(&chain), BeginError::WrongReveal(key()));
    }
    for (made, reveal) in chain_of_one[1..].iter().enumerate() {
        let before = mark(&chain, chain.height);
        chain.reveal = *reveal;
        chain.advance(&[]);
        let after = mark(&chain, chain.height);
        let value = [b"althing-randomness-value-v1", before.value.as_ref(), reveal.as_ref()];
        assert_eq!(after.value, sha256(&value));
        assert_eq!(after.reveals, made as u64 + 1);
        assert_eq!(randomness(&chain).chain.unwrap().left, STEPS - made as u32 - 1);
    }
    // It is used up: nothing is owed, and nothing may be revealed.
    chain.reveal = chain_of_one[3];
    assert_eq!(refusal(&chain), BeginError::UnaskedReveal(key()));
    chain.reveal = zero();
    chain.advance(&[]);
    assert_eq!(mark(&chain, chain.height).reveals, u64::from(STEPS));
}

#[test]
fn the_next_chain_takes_over_when_the_last_one_is_used_up() {
    let mut chain = started();
    assert_eq!(advance(&mut chain, by_node(0, commit("one", 0))).0, Code::OK);
    until(&mut chain, Epoch::new(2));
    chain.reveal = chain_of("one")[1];
    assert_eq!(advance(&mut chain, by_node(1, commit("two", 1))).0, Code::OK);
    let waits = randomness(&chain).next.unwrap();
    assert_eq!((waits.from, waits.chain.generation), (Epoch::new(4), 1));
    for reveal in &chain_of("one")[2..] {
        chain.reveal = *reveal;
        chain.advance(&[]);
    }
    // Used up before the first epoch of the next one.
    chain.reveal = zero();
    until(&mut chain, Epoch::new(4));
    chain.reveal = chain_of("two")[1];
    chain.advance(&[]);
    let record = randomness(&chain);
    assert_eq!((record.chain.unwrap().generation, record.next), (1, None));
}

#[test]
fn a_chain_waits_for_the_one_before_even_if_its_epoch_has_come() {
    let mut chain = started();
    assert_eq!(advance(&mut chain, by_node(0, commit("one", 0))).0, Code::OK);
    until(&mut chain, Epoch::new(2));
    chain.reveal = chain_of("one")[1];
    chain.advance(&[]);
    let mut record = randomness(&chain);
    record.next =
        Some(althing_ledger::beacon::Next { chain: record.chain.unwrap(), from: Epoch::ZERO });
    assert_eq!(record.turned(Epoch::new(9)), record);
}

#[test]
fn commitments_out_of_turn_are_rejected() {
    let mut chain = started();
    for generation in [1, u32::MAX] {
        let (code, _) =
            advance(&mut chain, by_node(u64::from(generation != 1), commit("one", generation)));
        assert_eq!(code, codes::RANDOMNESS_GENERATION);
    }
    assert_eq!(advance(&mut chain, by_node(2, commit("one", 0))).0, Code::OK);
    let (code, _) = advance(&mut chain, by_node(3, commit("two", 1)));
    assert_eq!(code, codes::RANDOMNESS_COMMITTED);
    let mut body = body(0, 0, address(1), tokens(0));
    body.payload = Payload::CommitRandomness(commit("three", 0));
    let (code, _) = advance(&mut chain, SignedTransaction::new(body, authorization(0)));
    assert_eq!(code, codes::WRONG_NODE);
    let stranger = ValidatorKey::new([77; 32]);
    let message = CommitRandomness { validator: stranger, ..commit("four", 0) };
    let (code, _) = advance(&mut chain, by_node(4, message));
    assert_eq!(code, codes::WRONG_NODE);
    for steps in [0, (1 << 20) + 1] {
        let message = CommitRandomness { steps, ..commit("five", 0) };
        let (_, results) = chain.advance(&[by_node(5, message)]);
        assert_eq!(results, [Err(Invalid::BadSteps { found: steps, maximum: 1 << 20 })]);
    }
}

#[test]
fn values_are_kept_for_a_ring_of_heights() {
    let mut chain = started();
    chain.audit_every = 1_000;
    let ring = althing_ledger::beacon::RING;
    while chain.height < ring + 1 {
        chain.advance(&[]);
    }
    assert_eq!(mark(&chain, ring + 1).height, Height::new(ring + 1));
    assert_eq!(query::value_key(Height::new(1)), query::value_key(Height::new(ring + 1)));
    let marks = chain.state.keys().filter(|key| key.prefix() == althing_ledger::prefix::MARK);
    assert_eq!(marks.count() as u64, ring);
}
