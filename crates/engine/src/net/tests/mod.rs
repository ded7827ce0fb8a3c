//! The traffic on a simulated network: no consensus runs; the tests move its position.
#![allow(clippy::unwrap_used, reason = "test helpers")]

mod faults;
mod status;
mod transactions;

use super::{
    Transactions,
    admit::{Admit, Verdict},
    leaders::{Positions, Schedule},
    metrics::NetMetrics,
    peers::{Command, PeerTable},
};
use crate::{
    app::tip_of,
    assemble::genesis_block,
    chain::Chain,
    feed::Feed,
    limits::{self, Channel},
    metrics::Metrics,
    pool::{Admission, SharedPool},
    sets::Sets,
    types::{PrivateKey, PublicKey},
};
use althing_mempool::{Account, Origin, PoolConfig, Rejection, Verifier, VerifierConfig};
use althing_types::{
    Address, Amount, ChainParams, Epoch, Gas, GasPrice, Genesis, GenesisValidator, Hash, Height,
    KeyScheme, Nonce, Payload, Ppm, SecretKey, SignedTransaction, Text, Timestamp, Transaction,
    Transfer, ValidatorEntry, ValidatorKey, ValidatorSet, View, hash::sha256,
};
use commonware_cryptography::Signer as _;
use commonware_p2p::simulated::{Config, Link, Network, Oracle, Receiver, Sender};
use commonware_parallel::Sequential;
use commonware_runtime::{Clock as _, Handle, Runner as _, Supervisor as _, deterministic};
use commonware_utils::{NZUsize, probability};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::sync::mpsc;

pub(super) type Context = deterministic::Context;
pub(super) type Pair = (Sender<PublicKey, Context>, Receiver<PublicKey>);

const LATENCY: Duration = Duration::from_millis(10);

pub(super) fn private(seed: u64) -> PrivateKey {
    PrivateKey::from_seed(seed)
}

pub(super) fn genesis() -> Arc<Genesis> {
    let validator = |seed: u64| GenesisValidator {
        name: Text::new(format!("validator-{seed}")).unwrap_or_default(),
        website: Text::default(),
        description: Text::default(),
        key: ValidatorKey::from_public_key(&private(seed).public_key()),
        endpoint: format!("127.0.0.1:{}", 7_000 + seed),
        account: Address::new([seed as u8 + 1; 20]),
        stake: Amount::from_tokens(1_000).unwrap(),
        commission: Ppm::ZERO,
    };
    let genesis = Genesis {
        chain_id: "test-1".parse().unwrap(),
        genesis_time: Timestamp::new(0),
        address_prefix: "cpc".to_owned(),
        symbol: "CPC".to_owned(),
        params: ChainParams::devnet(),
        validators: (0..4).map(validator).collect(),
        allocations: Vec::new(),
        reserve: Amount::ZERO,
        network: None,
        safety: None,
        load_accounts: None,
    };
    Arc::new(genesis.normalized().unwrap())
}

pub(super) fn sets(own: Option<PrivateKey>) -> Sets {
    let entries = (0..4).map(|seed| ValidatorEntry {
        key: ValidatorKey::from_public_key(&private(seed).public_key()),
        endpoint: format!("127.0.0.1:{}", 7_000 + seed),
        stake: Amount::new(1),
    });
    let set = ValidatorSet::new(entries.collect()).unwrap();
    Sets::new(&genesis().hash(), set, own)
}

/// Four validators on a simulated network.
pub(super) struct World {
    pub(super) oracle: Oracle<PublicKey, Context>,
    pub(super) schedule: Schedule,
    _network: Handle<()>,
}

impl World {
    /// Runs `test` in a world where this share of messages arrives.
    pub(super) fn run<F, Fut>(lossy: bool, test: F)
    where
        F: FnOnce(Context, World) -> Fut,
        Fut: Future<Output = ()>,
    {
        deterministic::Runner::timed(Duration::from_secs(600)).start(|context| async move {
            let config = Config {
                max_size: limits::max_payload(),
                max_peers_per_set: NZUsize!(8),
                disconnect_on_block: true,
                tracked_peer_sets: NZUsize!(3),
            };
            let keys: Vec<PublicKey> = (0..4).map(|seed| private(seed).public_key()).collect();
            let network = Network::new_with_peers(context.child("network"), config, keys.clone());
            let (network, oracle) = network.await;
            let network = network.start();
            let success_rate = if lossy { probability!(0.5) } else { probability!(1.0) };
            for from in &keys {
                for to in keys.iter().filter(|to| *to != from) {
                    let link = Link { latency: LATENCY, jitter: Duration::ZERO, success_rate };
                    oracle.add_link(from.clone(), to.clone(), link).await.unwrap();
                }
            }
            let world = World { oracle, schedule: Schedule::new(sets(None)), _network: network };
            test(context, world).await;
        });
    }

    pub(super) async fn open(&self, seed: u64, channel: Channel) -> Pair {
        let control = self.oracle.control(private(seed).public_key());
        control.register(channel.id, channel.quota()).await.unwrap()
    }

    /// The seed of the leader of this view.
    pub(super) fn leader(&self, view: u64) -> u64 {
        let leader = self.schedule.leader(Epoch::ZERO, View::new(view)).unwrap();
        (0..4).find(|seed| private(*seed).public_key() == leader).unwrap()
    }
}

/// A pool with a chain at genesis.
pub(super) fn chain() -> Arc<Chain> {
    let metrics = Arc::new(Metrics::default());
    let verifier = Verifier::new(VerifierConfig { keys: 1_024, verified: 65_536 });
    let pool = SharedPool::new(
        PoolConfig::default(),
        Arc::new(verifier),
        Feed::default(),
        metrics.clone(),
    );
    let genesis = genesis();
    let tip = tip_of(&genesis_block::<Context, Sequential>(&genesis));
    Arc::new(Chain::new(&genesis, tip, Arc::new(pool), metrics))
}

pub(super) fn table(seed: u64) -> (PeerTable, mpsc::UnboundedReceiver<Command>) {
    PeerTable::new(private(seed).public_key(), None, NetMetrics::default())
}

const RICH: Account = Account { nonce: Nonce::ZERO, balance: Amount::new(u128::MAX / 4) };

/// Admits to a pool in which every sender is rich.
#[derive(Clone)]
pub(super) struct Generous(pub(super) Arc<SharedPool>);

impl Generous {
    pub(super) fn insert(
        &self,
        transactions: Vec<SignedTransaction>,
        origin: Origin,
    ) -> Vec<Verdict> {
        let good = self.0.verifier().verify_all(&transactions, &Sequential);
        let with_accounts =
            transactions.into_iter().map(|tx| (tx, Some((RICH, Height::ZERO)))).collect();
        let admissions = self.0.insert(with_accounts, origin, Timestamp::new(1));
        let verdict = |(admission, good): (Admission, bool)| match admission {
            _ if !good => Verdict::Forged,
            Admission::Decided(Ok(_)) => Verdict::Admitted,
            Admission::Decided(Err(Rejection::AlreadyPending)) => Verdict::Known,
            _ => Verdict::Refused,
        };
        admissions.into_iter().zip(good).map(verdict).collect()
    }
}

impl Admit for Generous {
    async fn admit(&self, transactions: Vec<SignedTransaction>) -> Vec<Verdict> {
        let (good, forged): (Vec<_>, Vec<_>) =
            transactions.into_iter().partition(|tx| self.0.verifier().verify(tx));
        let mut verdicts = self.insert(good, Origin::Peer);
        verdicts.extend(forged.iter().map(|_| Verdict::Forged));
        verdicts
    }
}

/// One node of the world: its transactions run.
pub(super) struct Node {
    pub(super) pool: Arc<SharedPool>,
    pub(super) positions: Positions,
    pub(super) table: PeerTable,
    _commands: mpsc::UnboundedReceiver<Command>,
    _tasks: Vec<Handle<()>>,
}

impl Node {
    pub(super) async fn start(context: &Context, world: &World, seed: u64) -> Self {
        let chain = chain();
        let pool = chain.pool().clone();
        let positions = Positions::default();
        let (table, commands) = table(seed);
        let transactions = Transactions {
            chain,
            schedule: world.schedule.clone(),
            positions: positions.subscribe(),
            table: table.clone(),
            admit: Generous(pool.clone()),
        };
        let channel = world.open(seed, limits::TRANSACTIONS).await;
        let context = context.child("node").with_attribute("seed", seed);
        let tasks = transactions.start(&context, channel);
        Self { pool, positions, table, _commands: commands, _tasks: tasks }
    }

    pub(super) fn submit(&self, transactions: Vec<SignedTransaction>) {
        let verdicts = Generous(self.pool.clone()).insert(transactions, Origin::Local);
        assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Admitted), "{verdicts:?}");
    }

    pub(super) fn holds(&self, transactions: &[SignedTransaction]) -> usize {
        self.pool.with(|pool| transactions.iter().filter(|tx| pool.contains(&tx.hash())).count())
    }
}

pub(super) async fn nodes(context: &Context, world: &World) -> Vec<Node> {
    let mut nodes = Vec::new();
    for seed in 0..4 {
        nodes.push(Node::start(context, world, seed).await);
    }
    context.sleep(Duration::from_millis(1)).await;
    nodes
}

/// Signs transfers of one sender with these nonces.
pub(super) fn transfers(
    sender: u64,
    nonces: std::ops::Range<u64>,
    memo: &str,
) -> Vec<SignedTransaction> {
    let seed: Hash = sha256(&[b"sender", &sender.to_be_bytes()]);
    let key = SecretKey::from_seed(KeyScheme::Ed25519, seed.0).unwrap();
    let sign = |nonce| {
        let transaction = Transaction {
            chain_id: "test-1".parse().unwrap(),
            sender: key.address(),
            nonce: Nonce::new(nonce),
            gas_limit: Gas::new(60_000),
            gas_price: GasPrice::new(1_000_000_000),
            valid_until: Height::new(1_000),
            memo: memo.to_owned(),
            payload: Payload::Transfer(Transfer {
                to: Address::of_module("test"),
                amount: Amount::new(1),
            }),
        };
        transaction.sign(&key).unwrap()
    };
    nonces.map(sign).collect()
}

pub(super) const fn at(view: u64) -> (Epoch, View) {
    (Epoch::ZERO, View::new(view))
}
