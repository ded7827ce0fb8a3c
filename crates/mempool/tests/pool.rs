//! Rules of the pool, one by one.
#![allow(missing_docs, dead_code, clippy::unwrap_used)]

mod common;

use althing_mempool::{Account, DropReason, Fate, Limits, Origin, Pool, PoolConfig, Rejection};
use althing_types::{Gas, GasPrice, Height, Nonce, ValidatorKey};
use common::*;

fn pool() -> Pool {
    Pool::new(PoolConfig::default())
}

fn pool_of(max_transactions: usize) -> Pool {
    Pool::new(PoolConfig { max_transactions, ..PoolConfig::default() })
}

fn reasons(dropped: &[althing_mempool::Dropped]) -> Vec<((u32, u64), &'static str)> {
    dropped
        .iter()
        .map(|dropped| {
            let name = names(std::slice::from_ref(&dropped.transaction))[0];
            (name, dropped.reason.code())
        })
        .collect()
}

fn settle(pool: &mut Pool, included: &[(u32, u64, u64)], height: u64) -> Vec<&'static str> {
    let txs: Vec<_> = included.iter().map(|&(s, n, p)| tx(s, n, p)).collect();
    let accounts: Vec<_> = included
        .iter()
        .map(|&(s, n, _)| (address(s), Account { nonce: Nonce::new(n + 1), ..rich() }))
        .collect();
    let dropped = pool.finalized(&txs, Height::new(height), 0, accounts);
    dropped.iter().map(|dropped| dropped.reason.code()).collect()
}

#[test]
fn higher_prices_come_first_and_nonces_stay_in_order() {
    let mut pool = pool();
    for tx in [tx(1, 0, 5), tx(1, 1, 90), tx(2, 0, 10), tx(3, 0, 1)] {
        assert!(add(&mut pool, &tx).unwrap().ready);
    }
    assert_eq!(names(&select(&pool, 9)), [(2, 0), (1, 0), (1, 1), (3, 0)]);
}

#[test]
fn senders_take_turns_at_equal_price() {
    let mut pool = pool();
    for nonce in 0..3 {
        add(&mut pool, &tx(1, nonce, 5)).unwrap();
    }
    for nonce in 0..2 {
        add(&mut pool, &tx(2, nonce, 5)).unwrap();
    }
    add(&mut pool, &tx(3, 0, 5)).unwrap();
    assert_eq!(names(&select(&pool, 9)), [(1, 0), (2, 0), (3, 0), (1, 1), (2, 1), (1, 2)]);
}

#[test]
fn a_flood_of_one_sender_does_not_delay_another() {
    let config = PoolConfig {
        max_sender_transactions: 50_000,
        max_sender_bytes: 64 << 20,
        ..PoolConfig::default()
    };
    let mut pool = Pool::new(config);
    for nonce in 0..50_000 {
        assert!(add(&mut pool, &tx(1, nonce, 5)).unwrap().ready);
    }
    add(&mut pool, &tx(2, 0, 5)).unwrap();
    assert_eq!(names(&select(&pool, 2)), [(1, 0), (2, 0)]);
}

#[test]
fn a_flood_of_a_thousand_senders_does_not_delay_another() {
    let mut pool = pool();
    for nonce in 0..50 {
        for sender in 0..1_000 {
            add(&mut pool, &tx(sender, nonce, 5)).unwrap();
        }
    }
    add(&mut pool, &tx(5_000, 0, 5)).unwrap();
    // Two blocks of 600: after the first, its senders go to the end of the line.
    let first = select(&pool, 600);
    let spent: Vec<_> = names(&first).into_iter().map(|(s, n)| (s, n, 5)).collect();
    settle(&mut pool, &spent, 1);
    let second = names(&select(&pool, 600));
    assert!(second[..401].contains(&(5_000, 0)));
}

#[test]
fn a_sender_that_waits_in_an_unfinalized_block_stands_behind_first_turns() {
    let mut pool = pool();
    for nonce in 0..3 {
        add(&mut pool, &tx(1, nonce, 5)).unwrap();
    }
    add(&mut pool, &tx(2, 0, 5)).unwrap();
    let base = |a| (a == address(1)).then_some(Nonce::new(1));
    assert_eq!(names(&pool.select(&limits(9), &base)), [(2, 0), (1, 1), (1, 2)]);
    let base = |_| Some(Nonce::new(3));
    assert_eq!(names(&pool.select(&limits(9), &base)), []);
}

#[test]
fn selection_obeys_every_limit() {
    let mut pool = pool();
    for sender in 0..10 {
        for nonce in 0..10 {
            add(&mut pool, &tx(sender, nonce, 5)).unwrap();
        }
    }
    let size = tx(0, 0, 5).bytes().len();
    let base = limits(usize::MAX);
    let count = |limits: &Limits| pool.select(limits, &|_| None).len();
    assert_eq!(count(&base), 100);
    assert_eq!(count(&Limits { count: 7, ..base }), 7);
    assert_eq!(count(&Limits { bytes: 20 * size + 1, ..base }), 20);
    assert_eq!(count(&Limits { gas: Gas::new(GAS * 13), ..base }), 13);
    assert_eq!(count(&Limits { sender_count: 2, ..base }), 20);
    assert_eq!(count(&Limits { height: Height::new(1_000_001), ..base }), 0);
}

#[test]
fn what_was_selected_stays_until_it_is_final() {
    let mut pool = pool();
    add(&mut pool, &tx(1, 0, 5)).unwrap();
    assert_eq!(select(&pool, 9), select(&pool, 9));
    assert_eq!(settle(&mut pool, &[(1, 0, 5)], 7), [] as [&str; 0]);
    assert_eq!(select(&pool, 9), []);
    let hash = tx(1, 0, 5).hash();
    assert_eq!(pool.fate(&hash), Some(Fate::Included(Height::new(7))));
    assert!(pool.seen(&hash) && !pool.contains(&hash));
    assert_eq!(
        add(&mut pool, &tx(1, 0, 5)),
        Err(Rejection::AlreadyIncluded { height: Height::new(7) })
    );
}

#[test]
fn a_duplicate_is_rejected() {
    let mut pool = pool();
    add(&mut pool, &tx(1, 0, 5)).unwrap();
    assert_eq!(add(&mut pool, &tx(1, 0, 5)), Err(Rejection::AlreadyPending));
}

#[test]
fn a_replacement_must_pay_a_tenth_more() {
    let mut pool = pool();
    add(&mut pool, &tx(1, 0, 1_001)).unwrap();
    let refused = add(&mut pool, &tx(1, 0, 1_101)).unwrap_err();
    assert_eq!(refused.code(), "replacement_underpriced");
    assert!(refused.to_string().contains("at least 1102"), "{refused}");
    let inserted = add(&mut pool, &tx(1, 0, 1_102)).unwrap();
    assert_eq!(inserted.replaced, Some(tx(1, 0, 1_001).hash()));
    assert_eq!(reasons(&inserted.dropped), [((1, 0), "replaced")]);
    assert_eq!(select(&pool, 9), [tx(1, 0, 1_102)]);
    assert_eq!(pool.stats().transactions, 1);
}

#[test]
fn a_free_transaction_can_be_replaced_only_by_one_that_pays() {
    let mut pool = pool();
    add(&mut pool, &tx(1, 0, 0)).unwrap();
    let other = Spec { memo: 3, ..Spec::new(1, 0, 0) }.build();
    assert_eq!(add(&mut pool, &other).unwrap_err().code(), "replacement_underpriced");
    assert!(add(&mut pool, &tx(1, 0, 1)).is_ok());
}

#[test]
fn a_replaced_head_takes_its_place_by_its_new_price() {
    let mut pool = pool();
    add(&mut pool, &tx(1, 0, 10)).unwrap();
    add(&mut pool, &tx(2, 0, 15)).unwrap();
    add(&mut pool, &tx(1, 0, 20)).unwrap();
    assert_eq!(names(&select(&pool, 9)), [(1, 0), (2, 0)]);
}

#[test]
fn a_missing_nonce_holds_back_what_follows_until_it_comes() {
    let mut pool = pool();
    assert!(!add(&mut pool, &tx(1, 2, 5)).unwrap().ready);
    assert!(!add(&mut pool, &tx(1, 1, 5)).unwrap().ready);
    assert_eq!(pool.pending_nonce(&address(1)), Some(Nonce::new(0)));
    assert_eq!((pool.stats().waiting, select(&pool, 9).len()), (2, 0));
    assert!(add(&mut pool, &tx(1, 0, 5)).unwrap().ready);
    assert_eq!(pool.pending_nonce(&address(1)), Some(Nonce::new(3)));
    assert_eq!(names(&select(&pool, 9)), [(1, 0), (1, 1), (1, 2)]);
}

#[test]
fn a_block_that_fills_the_gap_promotes() {
    let mut pool = pool();
    add(&mut pool, &tx(1, 1, 5)).unwrap();
    assert_eq!(settle(&mut pool, &[(1, 0, 77)], 1), [] as [&str; 0]);
    assert_eq!(names(&select(&pool, 9)), [(1, 1)]);
}

#[test]
fn gapped_transactions_are_bounded_per_sender_and_in_distance() {
    let config = PoolConfig { max_sender_gapped: 3, max_nonce_gap: 8, ..PoolConfig::default() };
    let mut pool = Pool::new(config);
    assert_eq!(add(&mut pool, &tx(1, 9, 5)).unwrap_err().code(), "nonce_too_high");
    for nonce in [8, 4, 2] {
        add(&mut pool, &tx(1, nonce, 5)).unwrap();
    }
    let refused = add(&mut pool, &tx(1, 1, 5)).unwrap_err();
    assert_eq!(refused, Rejection::TooManyGapped { count: 3, expected: Nonce::new(0), max: 3 });
    assert!(add(&mut pool, &tx(1, 0, 5)).unwrap().ready);
}

#[test]
fn gapped_transactions_are_bounded_in_sum() {
    let mut pool = Pool::new(PoolConfig { max_waiting: 2, ..PoolConfig::default() });
    add(&mut pool, &tx(1, 1, 5)).unwrap();
    add(&mut pool, &tx(2, 1, 5)).unwrap();
    assert_eq!(add(&mut pool, &tx(3, 1, 5)).unwrap_err().code(), "too_many_waiting");
    assert!(add(&mut pool, &tx(3, 0, 5)).is_ok());
}

#[test]
fn a_used_nonce_is_rejected() {
    let refused =
        pool().insert(tx(1, 4, 5), account(5, 1 << 90), Origin::Peer, Height::ZERO, 0).unwrap_err();
    assert_eq!(refused, Rejection::NonceTooLow { expected: Nonce::new(5), found: Nonce::new(4) });
}

#[test]
fn the_last_nonce_is_unusable() {
    let account = account(u64::MAX, 1 << 90);
    let refused =
        pool().insert(tx(1, u64::MAX, 5), account, Origin::Peer, Height::ZERO, 0).unwrap_err();
    assert_eq!(refused.code(), "nonce_too_high");
}

#[test]
fn one_sender_cannot_exceed_its_count_or_its_bytes() {
    let mut pool = Pool::new(PoolConfig { max_sender_transactions: 2, ..PoolConfig::default() });
    add(&mut pool, &tx(1, 0, 5)).unwrap();
    add(&mut pool, &tx(1, 1, 5)).unwrap();
    assert_eq!(add(&mut pool, &tx(1, 2, 500)).unwrap_err().code(), "sender_full");
    assert!(add(&mut pool, &tx(1, 1, 6)).is_ok(), "a replacement needs no room");

    let size = tx(1, 0, 5).bytes().len();
    let mut pool =
        Pool::new(PoolConfig { max_sender_bytes: 2 * size + 50, ..PoolConfig::default() });
    add(&mut pool, &tx(1, 0, 5)).unwrap();
    add(&mut pool, &tx(1, 1, 5)).unwrap();
    assert_eq!(add(&mut pool, &tx(1, 2, 5)).unwrap_err().code(), "sender_full");
    let large = Spec { memo: 60, ..Spec::new(1, 1, 500) }.build();
    assert_eq!(add(&mut pool, &large).unwrap_err().code(), "sender_full");
    let huge = Spec { memo: 256, ..Spec::new(9, 0, 500) }.build();
    let mut tiny = Pool::new(PoolConfig { max_bytes: size, ..PoolConfig::default() });
    assert_eq!(add(&mut tiny, &huge).unwrap_err().code(), "too_large");
}

#[test]
fn the_balance_must_cover_everything_pending() {
    let mut pool = pool();
    let cost = u128::from(GAS) * 5 + 1;
    let poor = account(0, 2 * cost);
    let mut insert = |tx| pool.insert(tx, poor, Origin::Local, Height::ZERO, 0);
    assert!(insert(tx(1, 0, 5)).is_ok());
    assert!(insert(tx(1, 2, 5)).is_ok());
    let refused = insert(tx(1, 1, 5)).unwrap_err();
    assert_eq!(refused.code(), "insufficient_funds");
    assert!(refused.to_string().contains(&(3 * cost).to_string()), "{refused}");
    let overflow = Spec { amount: u128::MAX, ..Spec::new(2, 0, 5) }.build();
    let everything = account(0, u128::MAX);
    let refused = pool.insert(overflow, everything, Origin::Local, Height::ZERO, 0).unwrap_err();
    assert_eq!(refused.code(), "insufficient_funds");
}

#[test]
fn a_balance_that_falls_makes_wait_what_it_no_longer_covers() {
    let mut pool = pool();
    for nonce in 0..3 {
        add(&mut pool, &tx(1, nonce, 5)).unwrap();
    }
    let cost = u128::from(GAS) * 5 + 1;
    let report = |balance| [(address(1), account(0, balance))];
    pool.finalized(&[], Height::new(1), 0, report(2 * cost));
    assert_eq!(names(&select(&pool, 9)), [(1, 0), (1, 1)]);
    assert_eq!(pool.pending_nonce(&address(1)), Some(Nonce::new(3)));
    pool.finalized(&[], Height::new(2), 0, report(0));
    assert_eq!(select(&pool, 9), []);
    pool.finalized(&[], Height::new(3), 0, report(3 * cost));
    assert_eq!(select(&pool, 9).len(), 3);
}

#[test]
fn a_full_pool_takes_only_what_pays_more_and_drops_the_cheapest_tail() {
    let mut pool = pool_of(3);
    add(&mut pool, &tx(1, 0, 9)).unwrap();
    add(&mut pool, &tx(1, 1, 4)).unwrap();
    assert_eq!(pool.floor(), None);
    add(&mut pool, &tx(2, 0, 5)).unwrap();
    assert_eq!(pool.floor(), Some(GasPrice::new(4)));
    assert_eq!(
        add(&mut pool, &tx(3, 0, 4)),
        Err(Rejection::PoolFull { floor: GasPrice::new(4), found: GasPrice::new(4) })
    );
    let inserted = add(&mut pool, &tx(3, 0, 6)).unwrap();
    assert_eq!(reasons(&inserted.dropped), [((1, 1), "evicted")]);
    assert_eq!(
        pool.fate(&tx(1, 1, 4).hash()),
        Some(Fate::Dropped(DropReason::Evicted { price: GasPrice::new(6) }))
    );
    assert_eq!(pool.stats().transactions, 3);
}

#[test]
fn a_sender_does_not_evict_its_own() {
    let mut pool = pool_of(2);
    add(&mut pool, &tx(1, 0, 1)).unwrap();
    add(&mut pool, &tx(2, 0, 5)).unwrap();
    let inserted = add(&mut pool, &tx(1, 1, 9)).unwrap();
    assert_eq!(reasons(&inserted.dropped), [((2, 0), "evicted")]);
    assert_eq!(add(&mut pool, &tx(1, 2, 99)).unwrap_err().code(), "pool_full");
}

#[test]
fn room_in_bytes_is_made_by_several_or_not_at_all() {
    let size = tx(1, 0, 5).bytes().len();
    let config = PoolConfig { max_bytes: 4 * size, ..PoolConfig::default() };
    let mut pool = Pool::new(config);
    for (sender, nonce, price) in [(1, 0, 3), (1, 1, 3), (2, 0, 4), (3, 0, 9)] {
        add(&mut pool, &tx(sender, nonce, price)).unwrap();
    }
    let large = |price| Spec { memo: 2 * size - 10, ..Spec::new(4, 0, price) }.build();
    assert_eq!(add(&mut pool, &large(4)).unwrap_err().code(), "pool_full");
    assert_eq!(pool.stats().transactions, 4);
    let inserted = add(&mut pool, &large(5)).unwrap();
    assert_eq!(
        reasons(&inserted.dropped),
        [((1, 1), "evicted"), ((1, 0), "evicted"), ((2, 0), "evicted")]
    );
    assert!(pool.stats().bytes <= 4 * size);
}

#[test]
fn time_and_height_end_the_wait() {
    let config = PoolConfig { ttl_ms: 1_000, ..PoolConfig::default() };
    let mut pool = Pool::new(config);
    let at = |pool: &mut Pool, tx, now| {
        pool.insert(tx, rich(), Origin::Local, Height::new(1), now).unwrap()
    };
    at(&mut pool, tx(1, 0, 5), 100);
    at(&mut pool, tx(1, 1, 5), 900);
    at(&mut pool, Spec { valid_until: 5, ..Spec::new(2, 0, 5) }.build(), 900);
    assert_eq!(pool.expire(Height::new(4), 1_099), []);
    let dropped = pool.expire(Height::new(5), 1_100);
    assert_eq!(reasons(&dropped), [((2, 0), "expired"), ((1, 0), "timed_out")]);
    assert_eq!((pool.stats().ready, pool.stats().waiting), (0, 1));
    assert!(at(&mut pool, tx(1, 0, 6), 1_200).ready, "the nonce is free again");
    let refused = pool
        .insert(
            Spec { valid_until: 5, ..Spec::new(2, 0, 5) }.build(),
            rich(),
            Origin::Local,
            Height::new(5),
            0,
        )
        .unwrap_err();
    assert_eq!(refused, Rejection::Expired { valid_until: Height::new(5), next: Height::new(6) });
}

#[test]
fn another_transaction_with_the_same_nonce_in_a_block_drops_ours() {
    let mut pool = pool();
    add(&mut pool, &tx(1, 0, 5)).unwrap();
    add(&mut pool, &tx(1, 1, 5)).unwrap();
    assert_eq!(settle(&mut pool, &[(1, 0, 6)], 1), ["nonce_used"]);
    assert_eq!(names(&select(&pool, 9)), [(1, 1)]);
}

#[test]
fn a_newer_account_is_believed_and_an_older_one_is_not() {
    let mut pool = pool();
    add(&mut pool, &tx(1, 0, 5)).unwrap();
    add(&mut pool, &tx(1, 1, 5)).unwrap();
    let newer = Account { nonce: Nonce::new(1), ..rich() };
    pool.insert(tx(1, 2, 5), newer, Origin::Peer, Height::ZERO, 0).unwrap();
    assert_eq!(names(&select(&pool, 9)), [(1, 1), (1, 2)]);
    pool.insert(tx(1, 3, 5), rich(), Origin::Peer, Height::ZERO, 0).unwrap();
    assert_eq!(names(&select(&pool, 9)), [(1, 1), (1, 2), (1, 3)]);
    assert_eq!(reasons(&pool.expire(Height::ZERO, 0)), [((1, 0), "nonce_used")]);
    let last = Account { nonce: Nonce::new(9), ..rich() };
    assert!(pool.insert(tx(1, 9, 5), last, Origin::Peer, Height::ZERO, 0).unwrap().ready);
    assert_eq!(pool.expire(Height::ZERO, 0).len(), 3);
}

#[test]
fn a_discarded_transaction_frees_its_nonce() {
    let mut pool = pool();
    add(&mut pool, &tx(1, 0, 5)).unwrap();
    add(&mut pool, &tx(1, 1, 5)).unwrap();
    let hash = tx(1, 0, 5).hash();
    let dropped = pool.discard(&hash, "wrong_chain", "sign it for this chain").unwrap();
    assert_eq!((dropped.reason.code(), pool.stats().ready), ("wrong_chain", 0));
    assert_eq!(dropped.reason.to_string(), "sign it for this chain");
    assert_eq!(pool.discard(&hash, "wrong_chain", ""), None);
    assert!(pool.get(&hash).is_none());
    assert_eq!(names(&pool.of_sender(&address(1))), [(1, 1)]);
}

#[test]
fn each_peer_is_sent_every_ready_local_transaction_once_in_order() {
    let mut pool = pool();
    let (a, b) = (ValidatorKey::new([1; 32]), ValidatorKey::new([2; 32]));
    add(&mut pool, &tx(1, 1, 5)).unwrap();
    pool.insert(tx(7, 0, 5), rich(), Origin::Peer, Height::ZERO, 0).unwrap();
    assert_eq!(pool.unforwarded(&a, 9, 9_999), [], "neither gapped nor foreign ones");
    add(&mut pool, &tx(1, 0, 5)).unwrap();
    add(&mut pool, &tx(2, 0, 5)).unwrap();
    assert_eq!(names(&pool.unforwarded(&a, 2, 9_999)), [(1, 0), (1, 1)]);
    assert_eq!(names(&pool.unforwarded(&a, 2, 9_999)), [(2, 0)]);
    assert_eq!(pool.unforwarded(&a, 2, 9_999), []);
    add(&mut pool, &tx(2, 0, 6)).unwrap();
    assert_eq!(pool.unforwarded(&a, 9, 9_999), [tx(2, 0, 6)], "replacements are news");
    settle(&mut pool, &[(1, 0, 5)], 1);
    assert_eq!(names(&pool.unforwarded(&b, 9, 9_999)), [(1, 1), (2, 0)]);
    pool.forget_peer(&a);
    assert_eq!(names(&pool.unforwarded(&a, 9, 1)), [(1, 1)], "at least one");
}

#[test]
fn forwarding_survives_that_most_of_the_log_is_gone() {
    let mut pool = pool();
    let peer = ValidatorKey::new([1; 32]);
    add(&mut pool, &tx(1, 0, 5)).unwrap();
    for sender in 2..5_000 {
        add(&mut pool, &tx(sender, 0, 5)).unwrap();
        settle(&mut pool, &[(sender, 0, 5)], 1);
    }
    add(&mut pool, &tx(1, 1, 5)).unwrap();
    assert_eq!(names(&pool.unforwarded(&peer, 9, 9_999)), [(1, 0), (1, 1)]);
    assert_eq!(pool.unforwarded(&peer, 9, 9_999), []);
}

#[test]
fn a_proposal_must_be_covered_with_its_deposit() {
    use althing_types::{
        Amount, Payload, SignedTransaction,
        governance::{Action, Criticality},
        message::SubmitProposal,
    };
    let propose = |nonce: u64| {
        let plain = tx(1, nonce, 5);
        let mut body = plain.body().clone();
        body.payload = Payload::SubmitProposal(SubmitProposal {
            title: "A question".parse().unwrap(),
            summary: "".parse().unwrap(),
            link: "".parse().unwrap(),
            criticality: Criticality::Standard,
            action: Action::Text {},
        });
        SignedTransaction::new(body, plain.authorization().clone())
    };
    let fee = u128::from(GAS) * 5;
    let mut pool = pool();
    let owns = |units| account(0, units);
    pool.insert(propose(0), owns(fee), Origin::Local, Height::ZERO, 0).unwrap();
    pool.set_deposit(Amount::new(1_000));
    let refused =
        pool.insert(propose(1), owns(2 * fee + 999), Origin::Local, Height::ZERO, 0).unwrap_err();
    assert_eq!(refused.code(), "insufficient_funds");
    assert!(pool.insert(propose(1), owns(2 * fee + 1_000), Origin::Local, Height::ZERO, 0).is_ok());
}
