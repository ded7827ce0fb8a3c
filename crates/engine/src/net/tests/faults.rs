//! Evidence between nodes.

use super::{Context, World, private, sets, table};
use crate::{
    evidence::{Fault, Watch},
    limits,
    metrics::Metrics,
    net::{
        evidence::{Alarm, Gossip, encode},
        peers::PeerTable,
        stamp,
    },
    types::{Activity, Digest, PublicKey, Scheme},
};
use althing_types::{Epoch, hash::sha256};
use bytes::Bytes;
use commonware_codec::Encode as _;
use commonware_consensus::{
    Reporter as _,
    simplex::types::{ConflictingNotarize, Notarize, Proposal},
    types::{Epoch as ConsensusEpoch, Round, View as ConsensusView},
};
use commonware_cryptography::Signer as _;
use commonware_p2p::{Recipients, Sender as _};
use commonware_runtime::{Clock as _, Handle, Supervisor as _};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Two votes of validator `seed` for different blocks in the same view.
fn conflict(seed: u64, view: u64) -> ConflictingNotarize<Scheme, Digest> {
    let scheme = sets(Some(private(seed))).scheme_at(Epoch::ZERO).unwrap();
    let vote = |payload: &[u8]| {
        let round = Round::new(ConsensusEpoch::new(0), ConsensusView::new(view));
        let proposal = Proposal::new(round, ConsensusView::new(view - 1), sha256(&[payload]));
        Notarize::sign(&*scheme, proposal).unwrap()
    };
    ConflictingNotarize::new(vote(b"a"), vote(b"b"))
}

struct Node {
    watch: Watch,
    table: PeerTable,
    newcomers: mpsc::UnboundedSender<PublicKey>,
    _task: Handle<()>,
}

impl Node {
    async fn start(context: &Context, world: &World, seed: u64) -> Self {
        let sets = sets(None);
        let alarm = Arc::new(Alarm::default());
        let watch = Watch::new(vec![alarm.clone()], Arc::new(Metrics::default()));
        watch.epoch_began(Epoch::ZERO, sets.scheme_at(Epoch::ZERO).unwrap());
        let (table, _) = table(seed);
        let (sender, receiver) = world.open(seed, limits::EVIDENCE).await;
        let (newcomers, told) = mpsc::unbounded_channel();
        let gossip = Gossip::new(
            context.child("node").with_attribute("seed", seed),
            (watch.clone(), sets),
            table.clone(),
            sender,
            alarm,
            told,
        );
        Self { watch, table, newcomers, _task: gossip.start(receiver) }
    }

    fn report(&self, conflict: ConflictingNotarize<Scheme, Digest>) {
        self.watch.clone().report(Activity::ConflictingNotarize(conflict));
    }
}

const WAIT: Duration = Duration::from_millis(100);

#[test]
fn a_fault_that_one_node_saw_is_known_to_all_once_and_told_to_newcomers() {
    World::run(false, |context, world| async move {
        let mut nodes = Vec::new();
        for seed in 0..3 {
            nodes.push(Node::start(&context, &world, seed).await);
        }
        nodes[0].report(conflict(3, 5));
        nodes[0].report(conflict(3, 5));
        context.sleep(WAIT).await;
        let faults: Vec<Vec<Fault>> = nodes.iter().map(|node| node.watch.faults()).collect();
        assert_eq!(faults[0].len(), 1);
        assert_eq!(faults[0][0].kind, "conflicting_notarize");
        assert_eq!(faults[0], faults[1]);
        assert_eq!(faults[0], faults[2]);
        let late = Node::start(&context, &world, 3).await;
        nodes[1].newcomers.send(private(3).public_key()).unwrap();
        context.sleep(WAIT).await;
        assert_eq!(late.watch.faults(), faults[0]);
    });
}

#[test]
fn evidence_that_proves_nothing_is_not_kept_and_costs_its_sender() {
    World::run(false, |context, world| async move {
        let node = Node::start(&context, &world, 0).await;
        let (mut peer, _answers) = world.open(1, limits::EVIDENCE).await;
        let target = Recipients::One(private(0).public_key());
        let good = conflict(3, 5).encode();
        let mut forged = good.to_vec();
        let last = forged.len() - 1;
        forged[last] ^= 1;
        let messages = [
            encode(&[(0, forged.into())]),
            encode(&[(1, Bytes::from_static(b"noise"))]),
            Bytes::from_static(&[1, 9, 0]),
            Bytes::from_static(&[0xff, 0xff, 3]),
        ];
        for message in messages {
            assert!(!node.table.is_banned(&private(1).public_key(), stamp(&context)));
            peer.send(target.clone(), message, false);
            context.sleep(WAIT).await;
        }
        assert!(node.watch.faults().is_empty());
        assert!(node.table.is_banned(&private(1).public_key(), stamp(&context)));
    });
}

#[test]
fn one_faulty_validator_cannot_fill_the_store() {
    World::run(false, |context, world| async move {
        let node = Node::start(&context, &world, 0).await;
        let (mut peer, _answers) = world.open(1, limits::EVIDENCE).await;
        let target = Recipients::One(private(0).public_key());
        let proofs: Vec<_> = (1..=40).map(|view| (0, conflict(3, view).encode())).collect();
        peer.send(target.clone(), encode(&proofs), false);
        peer.send(target, encode(&[(0, conflict(2, 7).encode())]), false);
        context.sleep(WAIT).await;
        let faults = node.watch.faults();
        assert_eq!(faults.len(), 9);
        assert!(!node.table.is_banned(&private(1).public_key(), stamp(&context)));
    });
}
