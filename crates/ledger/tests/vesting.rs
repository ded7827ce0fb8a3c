//! Vesting accounts on a chain: fees, transfers, stake.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a failed unwrap is a failed test"
)]

mod common;

use althing_ledger::{Invalid, VestingRecord, codes, query};
use althing_types::{
    Amount, Code, Genesis, Payload, Period, Ppm, SignedTransaction, Timestamp,
    genesis::Vesting,
    message::{Delegate, Undelegate},
};
use common::*;
use commonware_codec::Encode as _;

const SECOND: u64 = 1_000;
/// Nothing is free before 100 s, all at 400 s.
const LINE: Vesting = Vesting {
    start: Timestamp::new(0),
    cliff: Timestamp::new(100 * SECOND),
    end: Timestamp::new(400 * SECOND),
};
/// What a transaction of these tests reserves for its fee.
const RESERVE: u128 = 60_000 * PRICE as u128;

/// The 10 tokens of user 0 vest.
fn vesting_genesis() -> Genesis {
    let mut genesis = genesis();
    let of_user = genesis.allocations.iter_mut().find(|entry| entry.address == address(0));
    of_user.unwrap().vesting = Some(LINE);
    genesis.params.staking.min_delegation = tokens(1);
    genesis.params.staking.unbonding = Period::blocks(3);
    genesis.params.staking.max_unbonding_per_epoch = Ppm::ONE;
    genesis.normalized().unwrap()
}

fn started() -> Chain {
    let mut chain = Chain::new(vesting_genesis());
    chain.advance(&[]);
    chain
}

fn send(user: usize, nonce: u64, payload: Payload) -> SignedTransaction {
    let mut body = body(user, nonce, address(1), Amount::ZERO);
    body.payload = payload;
    SignedTransaction::new(body, authorization(user))
}

fn record(chain: &Chain) -> VestingRecord {
    query::decode_vesting(&chain.state[&query::vesting_key(address(0))]).unwrap()
}

fn advance(chain: &mut Chain, transaction: SignedTransaction) -> Code {
    let (outcome, results) = chain.advance(&[transaction]);
    assert_eq!(results, [Ok(())]);
    outcome.receipts[0].code
}

/// The chain after user 1 gave user 0 a token.
fn with_gift() -> Chain {
    let mut chain = started();
    assert_eq!(advance(&mut chain, transfer(1, 0, address(0), tokens(1))), Code::OK);
    chain
}

#[test]
fn genesis_locks_what_the_file_says() {
    let chain = started();
    assert!(chain.account(address(0)).vesting);
    assert!(!chain.account(address(1)).vesting);
    let expected = VestingRecord { total: tokens(10), line: LINE, staked: Amount::ZERO };
    assert_eq!(record(&chain), expected);
    assert_eq!(chain.account(address(0)).balance, tokens(10));
}

#[test]
fn a_schedule_keeps_its_bytes() {
    let key = query::vesting_key(address(0));
    assert_eq!(hex::encode(&key[..1]), "13");
    assert_eq!(&key[1..], address(0).as_bytes());
    let record = VestingRecord { staked: Amount::new(300), ..record(&started()) };
    assert_eq!(hex::encode(record.encode()), "8080a0cfc8e0c8e38a0100a08d0680b518ac02");
}

#[test]
fn a_fee_may_not_come_from_locked_money() {
    let mut chain = started();
    let (_, results) = chain.advance(&[transfer(0, 0, address(1), Amount::new(1))]);
    let required = Amount::new(RESERVE);
    let refused = Invalid::InsufficientFunds { required, available: Amount::ZERO };
    assert_eq!(results, [Err(refused)]);
    chain.interval = 100 * SECOND;
    assert_eq!(advance(&mut chain, transfer(0, 0, address(1), Amount::new(1))), Code::OK);
}

#[test]
fn a_transfer_of_locked_money_fails_and_pays_its_fee() {
    let mut chain = with_gift();
    let before = chain.account(address(0)).balance;
    let code = advance(&mut chain, transfer(0, 0, address(1), tokens(1)));
    assert_eq!(code, codes::FUNDS_LOCKED);
    let fee = before.checked_sub(chain.account(address(0)).balance).unwrap();
    assert_eq!(fee, Amount::new(21_000 * u128::from(PRICE)));
    let rest = tokens(1).checked_sub(fee).unwrap().checked_sub(Amount::new(RESERVE)).unwrap();
    assert_eq!(advance(&mut chain, transfer(0, 1, address(1), rest)), Code::OK);
}

#[test]
fn money_is_free_when_its_time_has_come() {
    let mut chain = started();
    chain.interval = 100 * SECOND;
    // A quarter of the time has passed: 7.5 of 10 are locked, the fee comes out of the rest.
    let free = Amount::new(tokens(10).units() / 4 - RESERVE);
    // The block is a millisecond late, for the first block took one.
    let millisecond = tokens(10).units() / 400_000;
    let more = free.checked_add(Amount::new(millisecond + 1)).unwrap();
    let mut late = chain.clone();
    assert_eq!(advance(&mut late, transfer(0, 0, address(1), more)), codes::FUNDS_LOCKED);
    let free = free.checked_add(Amount::new(millisecond)).unwrap();
    assert_eq!(advance(&mut chain, transfer(0, 0, address(1), free)), Code::OK);
    chain.interval = 300 * SECOND;
    chain.advance(&[]);
    let all = chain.account(address(0)).balance.checked_sub(Amount::new(RESERVE)).unwrap();
    assert_eq!(advance(&mut chain, transfer(0, 1, address(1), all)), Code::OK);
}

#[test]
fn locked_money_is_delegated_and_comes_back_locked() {
    let mut chain = with_gift();
    let key = validator().0;
    let delegate = Payload::Delegate(Delegate { validator: key, amount: tokens(8) });
    assert_eq!(advance(&mut chain, send(0, 0, delegate)), Code::OK);
    // Of the token that was free, what the fee had not reserved went first.
    let staked = Amount::new(tokens(7).units() + RESERVE);
    assert_eq!(record(&chain).staked, staked);
    assert_eq!(advance(&mut chain, transfer(1, 1, address(0), tokens(1))), Code::OK);
    while chain.height < 10 {
        chain.advance(&[]);
    }
    let undelegate = Payload::Undelegate(Undelegate { validator: key, amount: None });
    assert_eq!(advance(&mut chain, send(0, 1, undelegate)), Code::OK);
    assert_eq!(record(&chain).staked, staked);
    for _ in 0..4 {
        chain.advance(&[]);
    }
    assert_eq!(record(&chain).staked, Amount::ZERO);
    let balance = chain.account(address(0)).balance;
    assert!(balance > Amount::new(tokens(12).units() - RESERVE * 2), "{balance}");
    let code = advance(&mut chain, transfer(0, 2, address(1), tokens(2)));
    assert_eq!(code, codes::FUNDS_LOCKED);
    assert_eq!(chain.repeats.get(), 0, "the end of no block missed a key");
}

#[test]
fn a_dry_run_knows_what_is_locked() {
    let chain = started();
    let refused = transfer(0, 0, address(1), Amount::new(1));
    let mut view = chain.view(std::slice::from_ref(&refused), Fetch::All);
    let key = query::vesting_key(address(0));
    view.prefetch(key, chain.state.get(&key).cloned());
    let simulate = |ms| {
        let next = chain.next();
        chain.ledger.simulate(next.height, Timestamp::new(ms), &refused, &view)
    };
    assert!(simulate(2).is_err());
    assert!(simulate(100 * SECOND).unwrap().code.is_ok());
}
