//! Transactions between four nodes.

use super::{Node, World, at, nodes, private, transfers};
use crate::{
    limits,
    net::{greeting::Report, peers::Ban, stamp, wire},
};
use althing_types::{Authorization, Hash, Height, SignedTransaction};
use bytes::Bytes;
use commonware_cryptography::Signer as _;
use commonware_p2p::{Receiver as _, Recipients, Sender as _};
use commonware_runtime::Clock as _;
use std::{collections::BTreeSet, time::Duration};

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn move_all(nodes: &[Node], view: u64) {
    nodes.iter().for_each(|node| node.positions.advance(at(view)));
}

/// With the right form and a wrong signature.
fn forged(sender: u64, nonces: std::ops::Range<u64>) -> Vec<SignedTransaction> {
    let other = transfers(sender, 900..901, "").remove(0);
    let forge = |tx: SignedTransaction| {
        let (Authorization::Ed25519 { public_key, .. }, Authorization::Ed25519 { signature, .. }) =
            (tx.authorization(), other.authorization())
        else {
            panic!("another scheme")
        };
        let wrong = Authorization::Ed25519 { public_key: *public_key, signature: *signature };
        SignedTransaction::new(tx.body().clone(), wrong)
    };
    transfers(sender, nonces, "").into_iter().map(forge).collect()
}

#[test]
fn a_few_transactions_go_to_the_next_two_leaders_at_once_and_later_to_others() {
    World::run(false, |context, world| async move {
        let nodes = nodes(&context, &world).await;
        let (next, then) = (world.leader(1), world.leader(2));
        let me = world.leader(3) as usize;
        let last = world.leader(4) as usize;
        let batch = transfers(1, 0..5, "");
        nodes[me].submit(batch.clone());
        context.sleep(ms(40)).await;
        assert_eq!(nodes[next as usize].holds(&batch), 5);
        assert_eq!(nodes[then as usize].holds(&batch), 5);
        assert_eq!(nodes[last].holds(&batch), 0);
        // What comes from a peer is not sent on.
        move_all(&nodes, 1);
        context.sleep(ms(100)).await;
        assert_eq!(nodes[last].holds(&batch), 0);
        // No block of the two leaders had them: the first later leader that is not this node.
        move_all(&nodes, 3);
        context.sleep(ms(100)).await;
        assert_eq!(nodes[last].holds(&batch), 5);
        assert_eq!(nodes[me].table.metrics().forwarded_total(), 5);
    });
}

#[test]
fn a_large_backlog_is_shared_between_leaders_and_partly_sent_on_demand() {
    World::run(false, |context, world| async move {
        let nodes = nodes(&context, &world).await;
        let me = world.leader(4) as usize;
        let all: Vec<_> = (0..1_500).flat_map(|sender| transfers(sender, 0..4, "")).collect();
        nodes[me].submit(all.clone());
        context.sleep(ms(200)).await;
        // A quarter of 6,000: more than one message holds, so hashes first.
        assert_eq!(nodes[world.leader(1) as usize].holds(&all), 1_500);
        assert_eq!(nodes[world.leader(2) as usize].holds(&all), 0);
        // Nothing is in a block: in the end every leader has everything.
        let mut view = 0;
        while nodes.iter().any(|node| node.holds(&all) < all.len()) {
            view += 1;
            assert!(view < 100, "leaders miss transactions");
            move_all(&nodes, view);
            context.sleep(ms(200)).await;
        }
    });
}

#[test]
fn a_busy_node_gives_nothing_to_a_busy_leader_and_a_few_to_any() {
    World::run(false, |context, world| async move {
        let nodes = nodes(&context, &world).await;
        let next = world.leader(1);
        let me = &nodes[world.leader(4) as usize];
        let peer = private(next).public_key();
        let all: BTreeSet<_> = (0..4).map(|seed| private(seed).public_key()).collect();
        me.table.connected(&all);
        me.table.reported(&peer, Report { height: Height::ZERO, backlog: 5_000 });
        let few = transfers(9_999, 0..3, "");
        me.submit(few.clone());
        context.sleep(ms(50)).await;
        assert_eq!(nodes[next as usize].holds(&few), 3);
        let many: Vec<_> = (0..500).flat_map(|sender| transfers(sender, 0..4, "")).collect();
        me.submit(many.clone());
        context.sleep(ms(50)).await;
        assert_eq!(nodes[next as usize].holds(&many), 0);
        // The one after is idle.
        move_all(&nodes, 1);
        context.sleep(ms(50)).await;
        assert_eq!(nodes[world.leader(2) as usize].holds(&many), 1_024);
    });
}

#[test]
fn lost_messages_are_made_up_for() {
    World::run(true, |context, world| async move {
        let nodes = nodes(&context, &world).await;
        let batch: Vec<_> = (0..100).flat_map(|sender| transfers(sender, 0..3, "")).collect();
        nodes[0].submit(batch.clone());
        let elsewhere = |tx: &SignedTransaction| {
            nodes[1..].iter().any(|node| node.holds(std::slice::from_ref(tx)) == 1)
        };
        let mut view = 0;
        while !batch.iter().all(elsewhere) {
            view += 1;
            assert!(view < 40, "transactions are lost");
            move_all(&nodes, view);
            context.sleep(ms(100)).await;
        }
    });
}

#[test]
fn garbage_gets_a_peer_shut_out_and_others_are_served_meanwhile() {
    World::run(false, |context, world| async move {
        let nodes =
            [Node::start(&context, &world, 0).await, Node::start(&context, &world, 1).await];
        let (mut bad, _receiver) = world.open(2, limits::TRANSACTIONS).await;
        let target = private(0).public_key();
        let messages = [
            Bytes::from_static(b""),
            Bytes::from_static(&[9, 9, 9]),
            wire::bodies(&forged(7, 0..20)),
            Bytes::from_static(&[0, 1, 200, 1]),
        ];
        let batch = transfers(1, 0..5, "");
        nodes[1].submit(batch.clone());
        for message in messages {
            assert!(!nodes[0].table.is_banned(&private(2).public_key(), stamp(&context)));
            bad.send(Recipients::One(target.clone()), message, false);
            context.sleep(ms(40)).await;
        }
        let key = private(2).public_key();
        assert!(nodes[0].table.is_banned(&key, stamp(&context)));
        let infos = nodes[0].table.infos(stamp(&context));
        let Some(Ban { reason, until: Some(_) }) = infos[0].ban.clone() else {
            panic!("no ban for a time: {infos:?}")
        };
        assert_eq!(reason, "sent malformed messages");
        assert_eq!(nodes[0].pool.stats().transactions, nodes[0].holds(&batch));
        // What a banned peer sends is not even looked at.
        bad.send(Recipients::One(target), wire::bodies(&transfers(3, 0..1, "")), false);
        context.sleep(ms(50)).await;
        assert_eq!(nodes[0].holds(&transfers(3, 0..1, "")), 0);
        for view in 1..10 {
            nodes.iter().for_each(|node| node.positions.advance(at(view)));
            context.sleep(ms(40)).await;
        }
        assert_eq!(nodes[0].holds(&batch), 5);
    });
}

#[test]
fn a_flood_of_one_peer_does_not_delay_another() {
    World::run(false, |context, world| async move {
        let node = Node::start(&context, &world, 0).await;
        let (mut flood, _a) = world.open(2, limits::TRANSACTIONS).await;
        let (mut calm, _b) = world.open(3, limits::TRANSACTIONS).await;
        let target = private(0).public_key();
        let same = wire::bodies(&transfers(5, 0..500, &"x".repeat(200)));
        for _ in 0..120 {
            flood.send(Recipients::One(target.clone()), same.clone(), false);
        }
        let batch = transfers(1, 0..5, "");
        calm.send(Recipients::One(target), wire::bodies(&batch), false);
        context.sleep(ms(40)).await;
        assert_eq!(node.holds(&batch), 5);
        context.sleep(ms(400)).await;
        assert!(node.table.metrics().flooded_total() > 10);
    });
}

#[test]
fn offered_transactions_are_asked_for_once_and_known_ones_never() {
    World::run(false, |context, world| async move {
        let _node = Node::start(&context, &world, 0).await;
        let (mut peer, mut answers) = world.open(2, limits::TRANSACTIONS).await;
        let batch = transfers(1, 0..10, "");
        let hashes: Vec<Hash> = batch.iter().map(SignedTransaction::hash).collect();
        let target = private(0).public_key();
        peer.send(Recipients::One(target.clone()), wire::bodies(&batch[..4]), false);
        context.sleep(ms(20)).await;
        peer.send(Recipients::One(target.clone()), wire::inventory(&hashes), false);
        peer.send(Recipients::One(target.clone()), wire::inventory(&hashes), false);
        let (_, request) = answers.recv().await.unwrap();
        assert_eq!(wire::Kind::of(request.as_ref()), Some(wire::Kind::Request));
        assert_eq!(wire::read_hashes(request).unwrap(), hashes[4..]);
        commonware_macros::select! {
            _ = answers.recv() => panic!("asked twice"),
            () = context.sleep(ms(100)) => {},
        }
        // And it gives what it has to those who ask.
        peer.send(Recipients::One(target), wire::request(&hashes), false);
        let (_, bodies) = answers.recv().await.unwrap();
        assert_eq!(wire::read_bodies(bodies).unwrap(), batch[..4]);
    });
}

#[test]
fn messages_have_these_bytes_and_no_others_are_accepted() {
    let batch = transfers(1, 0..2, "");
    let encoded = wire::bodies(&batch);
    assert_eq!(&encoded[..2], &[0, 2]);
    assert_eq!(wire::read_bodies(encoded.clone()).unwrap(), batch);
    for cut in 0..encoded.len() {
        assert!(wire::read_bodies(encoded.slice(..cut)).is_err(), "{cut}");
    }
    let longer = [&encoded[..], &[0]].concat();
    assert!(wire::read_bodies(Bytes::from(longer)).is_err());
    let hashes: Vec<Hash> = batch.iter().map(SignedTransaction::hash).collect();
    for (first, encoded) in [(1, wire::inventory(&hashes)), (2, wire::request(&hashes))] {
        let expected = [&[first, 2], hashes[0].as_ref(), hashes[1].as_ref()].concat();
        assert_eq!(encoded, expected);
        assert_eq!(wire::read_hashes(encoded.clone()).unwrap(), hashes);
        assert!(wire::read_hashes(encoded.slice(..40)).is_err());
    }
    // A count that the message cannot hold.
    assert!(wire::read_bodies(Bytes::from_static(&[0, 0xff, 0xff, 0xff, 0x7f])).is_err());
    assert!(wire::read_hashes(Bytes::from_static(&[1, 0xff, 0xff, 0xff, 0x7f])).is_err());
}
