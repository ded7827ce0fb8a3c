//! Handshakes between nodes.

use super::{Context, LATENCY, World, chain, private, table};
use crate::{
    limits,
    net::{
        hello::{Gate, Greeter, Identity, Wires},
        peers::{PeerInfo, PeerTable, Software},
        stamp,
    },
    types::PublicKey,
};
use althing_types::{Hash, Height, Timestamp, hash::sha256};
use commonware_cryptography::Signer as _;
use commonware_p2p::{Blocker as _, simulated::Control};
use commonware_runtime::{Clock as _, Handle, Supervisor as _};
use std::time::Duration;
use tokio::sync::mpsc;

struct Node {
    table: PeerTable,
    gate: Gate<Control<PublicKey, Context>>,
    newcomers: mpsc::UnboundedReceiver<PublicKey>,
    _task: Handle<()>,
}

impl Node {
    /// What it knows of the node with this seed.
    fn sees(&self, context: &Context, seed: u64) -> PeerInfo {
        let key = althing_types::ValidatorKey::from_public_key(&private(seed).public_key());
        let infos = self.table.infos(stamp(context));
        infos.into_iter().find(|info| info.key == key).unwrap()
    }
}

fn identity(version: &str, genesis: Hash, strict: bool) -> Identity {
    Identity {
        software: Software { version: version.to_owned(), commit: "abc".to_owned() },
        chain_id: "test-1".parse().unwrap(),
        genesis,
        started_at: Timestamp::new(77),
        strict,
        newest: althing_types::Version::GENESIS,
    }
}

async fn start(context: &Context, world: &World, seed: u64, identity: Identity) -> Node {
    let (table, commands) = table(seed);
    let control = world.oracle.control(private(seed).public_key());
    let (gate, suspects) = Gate::new(control.clone());
    let (fresh, newcomers) = mpsc::unbounded_channel();
    let wires =
        Wires { blocker: control, commands, suspects, newcomers: fresh, repeer: Box::new(|| ()) };
    let (sender, receiver) = world.open(seed, limits::STATUS).await;
    let context = context.child("node").with_attribute("seed", seed);
    let greeter = Greeter::new(context, identity, chain(), table.clone(), sender, wires);
    Node { table, gate, newcomers, _task: greeter.start(receiver) }
}

fn same() -> Hash {
    sha256(&[b"same"])
}

#[test]
fn peers_learn_version_height_and_latency_of_each_other() {
    World::run(false, |context, world| async move {
        let mut first = start(&context, &world, 0, identity("1.0.0", same(), false)).await;
        let _second = start(&context, &world, 1, identity("1.0.0", same(), true)).await;
        context.sleep(Duration::from_millis(3_500)).await;
        let info = first.sees(&context, 1);
        assert!(info.connected && info.ban.is_none());
        assert_eq!(info.software.unwrap().to_string(), "1.0.0 (abc)");
        assert_eq!((info.protocol, info.height), (Some(1), Some(Height::ZERO)));
        assert_eq!(info.started_at, Some(Timestamp::new(77)));
        let latency = info.latency.unwrap();
        assert!(latency >= LATENCY * 2 && latency < LATENCY * 3, "{latency:?}");
        assert_eq!(info.score, 100 - (latency.as_millis() / 25) as u8);
        assert_eq!(first.newcomers.try_recv().unwrap(), private(1).public_key());
        assert!(first.newcomers.try_recv().is_err());
        assert_eq!(first.table.metrics().mismatches(), 0);
    });
}

#[test]
fn another_genesis_is_refused_by_both_with_the_reason() {
    World::run(false, |context, world| async move {
        let first = start(&context, &world, 0, identity("1.0.0", same(), false)).await;
        let other = sha256(&[b"other"]);
        let mut second = start(&context, &world, 1, identity("1.0.0", other, false)).await;
        // Its votes are wrong here: that must not hide the real reason.
        let mut gate = second.gate.clone();
        #[allow(clippy::disallowed_methods, reason = "this is what consensus does")]
        let _ = gate.block(private(0).public_key());
        context.sleep(Duration::from_secs(3)).await;
        for (node, peer) in [(&first, 1), (&second, 0)] {
            let reason = node.sees(&context, peer).ban.unwrap().reason;
            assert!(reason.starts_with("it is on another chain"), "{reason}");
            assert!(reason.contains(&other.to_string()) && reason.contains(&same().to_string()));
        }
        let blocked = world.oracle.blocked().await.unwrap();
        assert_eq!(blocked.len(), 2);
        assert!(second.newcomers.try_recv().is_err());
    });
}

#[test]
fn another_version_is_counted_once_in_soft_mode_and_refused_in_strict_mode() {
    World::run(false, |context, world| async move {
        let soft = start(&context, &world, 0, identity("1.0.0", same(), false)).await;
        let other = start(&context, &world, 1, identity("1.1.0", same(), false)).await;
        let strict = start(&context, &world, 2, identity("1.0.0", same(), true)).await;
        context.sleep(Duration::from_secs(40)).await;
        assert_eq!(soft.table.metrics().mismatches(), 1);
        assert!(soft.sees(&context, 1).ban.is_none());
        assert!((89..=90).contains(&soft.sees(&context, 1).score));
        assert!(soft.sees(&context, 2).ban.is_none());
        let reason = strict.sees(&context, 1).ban.unwrap().reason;
        assert!(reason.contains("1.1.0") && reason.contains("1.0.0"), "{reason}");
        assert_eq!(other.sees(&context, 2).refusal.unwrap(), reason);
        assert_eq!(other.sees(&context, 0).refusal, None);
    });
}

#[test]
fn a_suspect_of_this_chain_is_shut_out_for_wrong_consensus() {
    World::run(false, |context, world| async move {
        let mut first = start(&context, &world, 0, identity("1.0.0", same(), false)).await;
        let _second = start(&context, &world, 1, identity("1.0.0", same(), false)).await;
        context.sleep(Duration::from_secs(2)).await;
        #[allow(clippy::disallowed_methods, reason = "this is what consensus does")]
        let _ = first.gate.block(private(1).public_key());
        context.sleep(Duration::from_millis(10)).await;
        let ban = first.sees(&context, 1).ban.unwrap();
        assert_eq!(ban.reason, "sent wrong messages of consensus");
        assert!(ban.until.is_some());
        assert_eq!(world.oracle.blocked().await.unwrap().len(), 1);
        assert!(first.table.unban(&private(1).public_key()));
    });
}
