//! The network of a node: authenticated and encrypted connections to the validators that the
//! chain names, at the addresses that the chain names.

use super::{Context, NodeConfig, NodeValidator};
use crate::{
    admit::Admitter,
    assemble::Network,
    evidence::Observer,
    limits::{self, Channel},
    neighbours::Track,
    net::{
        self, PeerTable,
        evidence::{Alarm, Gossip},
        hello::{self, Greeter, Identity, Wires},
        leaders::{Positions, Schedule},
        metrics::NetMetrics,
    },
    pace,
    types::{PrivateKey, PublicKey},
};
use althing_types::{ValidatorKey, network::NetworkSpec};
use commonware_cryptography::{ChaCha20Poly1305, Signer as _};
use commonware_p2p::{Address, AddressableManager as _, Ingress, authenticated::lookup};
use commonware_parallel::Rayon;
use commonware_runtime::{Handle, Supervisor as _};
use commonware_stream::{
    cups::{self, Cups},
    sake::{self, Sake},
};
use commonware_utils::{Hostname, NZU32, NZUsize, ordered::Map, sync::Mutex};
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    sync::Arc,
    time::Duration,
};
use tokio::sync::mpsc;
use tracing::{error, warn};

type Oracle = lookup::Oracle<PublicKey>;
type Sender = lookup::Sender<PublicKey, Context>;
type Receiver = lookup::Receiver<PublicKey>;

/// Consensus shuts peers out through the gate, which learns first which chain they are on.
type Blocker = hello::Gate<Oracle>;
pub(super) type NodeNetwork = Network<Sender, Receiver, Oracle, Blocker, Peers>;

/// Channels that consensus does not use, and what runs on them.
pub(super) struct Extensions {
    /// Transactions on their way to the next leaders.
    transactions: (Sender, Receiver),
    /// Handshakes and positions of peers.
    status: (Sender, Receiver),
    /// Evidence of consensus faults.
    evidence: (Sender, Receiver),
    network: Handle<()>,
    wires: Wires<Oracle>,
    newcomers: mpsc::UnboundedReceiver<PublicKey>,
    table: PeerTable,
    positions: Arc<Positions>,
    alarm: Arc<Alarm>,
    identity: Identity,
}

impl Extensions {
    /// What must see the activity of consensus.
    pub(super) fn observers(&self) -> [Arc<dyn Observer>; 2] {
        [self.positions.clone(), self.alarm.clone()]
    }

    /// The peers.
    pub(super) const fn table(&self) -> &PeerTable {
        &self.table
    }

    /// Starts what runs on them; the tasks that must not end.
    pub(super) fn into_tasks(
        self,
        context: &Context,
        validator: &NodeValidator,
        admit: Admitter<Context, Rayon>,
    ) -> Vec<Handle<()>> {
        let transactions = net::Transactions {
            chain: validator.chain.clone(),
            schedule: Schedule::new(validator.sets.clone()),
            positions: self.positions.subscribe(),
            table: self.table.clone(),
            admit,
        };
        let mut tasks = transactions.start(context, self.transactions);
        let (sender, receiver) = self.status;
        let greeter = Greeter::new(
            context.child("hello"),
            self.identity,
            validator.chain.clone(),
            self.table.clone(),
            sender,
            self.wires,
        );
        tasks.push(greeter.start(receiver));
        let (sender, receiver) = self.evidence;
        let gossip = Gossip::new(
            context.child("evidence"),
            (validator.watch.clone(), validator.sets.clone()),
            self.table,
            sender,
            self.alarm,
            self.newcomers,
        );
        tasks.push(gossip.start(receiver));
        tasks.push(self.network);
        tasks
    }
}

/// Tells the network who the peers are. Cloning is cheap.
#[derive(Clone)]
pub(super) struct Peers(Arc<Mutex<Book>>);

struct Book {
    oracle: Oracle,
    capacity: usize,
    table: PeerTable,
    /// Number of the next peer set.
    next: u64,
    /// Those that the chain names.
    named: BTreeMap<PublicKey, String>,
    /// Those that the configuration of the network names to begin with.
    boot: BTreeMap<PublicKey, String>,
    /// Most of those that are no validators around the present epoch.
    others: usize,
}

impl Book {
    /// Lets operators see who the peers should be.
    fn show(&self) {
        let mut endpoints = self.boot.clone();
        endpoints.extend(self.named.clone());
        self.table.name(endpoints);
    }

    /// Gives the network a new set of peers, `times` times: older sets are forgotten in the end.
    fn push(&mut self, times: usize) {
        // Where the chain says that a validator is counts more than where it was to begin with, and
        // what the operator says counts most.
        let mut endpoints = self.named.clone();
        let others = self.boot.iter().filter(|(key, _)| !self.named.contains_key(key));
        let others = others.take(self.others);
        endpoints.extend(others.map(|(key, endpoint)| (key.clone(), endpoint.clone())));
        endpoints.extend(self.table.added());
        let mut peers: BTreeMap<PublicKey, Address> = BTreeMap::new();
        for (key, endpoint) in endpoints {
            let Some(address) = address_of(&endpoint) else {
                warn!(peer = %key, endpoint, "illegal endpoint");
                continue;
            };
            let room = peers.len() < self.capacity - 1 || key == *self.table.local();
            if !room {
                error!(peer = %key, "no room for this peer: restart the node");
                continue;
            }
            peers.insert(key, address);
        }
        let peers: Map<PublicKey, Address> = Map::from_iter_dedup(peers);
        for _ in 0..times {
            self.oracle.track(self.next, peers.clone());
            self.next += 1;
        }
        self.oracle.overwrite(peers);
    }
}

impl Track for Peers {
    fn track(&mut self, peers: &BTreeMap<ValidatorKey, String>) {
        let mut book = self.0.lock();
        let named = peers
            .iter()
            .filter_map(|(key, endpoint)| Some((key.to_public_key()?, endpoint.clone())));
        book.named = named.collect();
        book.show();
        book.push(1);
    }

    fn begin_with(&mut self, spec: &NetworkSpec) {
        let mut book = self.0.lock();
        let boot = spec.boot_nodes.iter();
        let boot =
            boot.filter_map(|node| Some((node.key.to_public_key()?, node.endpoint.to_string())));
        book.boot = boot.collect();
        book.others = usize::try_from(spec.limits.max_peers).unwrap_or(usize::MAX);
        book.show();
        book.push(limits::TRACKED_PEER_SETS);
    }
}

/// Where a validator is reached; `None` if its endpoint is malformed.
pub fn address_of(endpoint: &str) -> Option<Address> {
    if let Ok(socket) = endpoint.parse::<SocketAddr>() {
        return Some(Address::Symmetric(socket));
    }
    let (host, port) = endpoint.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let ingress = Ingress::Dns { host: Hostname::new(host).ok()?, port };
    Some(Address::Asymmetric { ingress, egress: (Ipv4Addr::UNSPECIFIED, port).into() })
}

fn handshake(key: PrivateKey) -> Cups<Sake<PrivateKey>, ChaCha20Poly1305> {
    Cups::new(
        Sake {
            signer: key,
            synchrony_bound: Duration::from_secs(5),
            max_handshake_age: Duration::from_secs(10),
            version: sake::Version::V1,
        },
        cups::Version::V1,
    )
}

fn settings(
    config: &NodeConfig,
    capacity: usize,
) -> lookup::Config<Cups<Sake<PrivateKey>, ChaCha20Poly1305>> {
    let peers = NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN);
    let mut settings = lookup::Config::local(
        handshake(config.key.clone()),
        hello::NAMESPACE,
        config.listen,
        peers,
        limits::max_payload(),
        NZUsize!(1024),
    );
    settings.bypass_ip_check = true;
    settings.tracked_peer_sets = NZUsize!(limits::TRACKED_PEER_SETS);
    settings.peer_connection_cooldown = Duration::from_millis(500);
    settings.dial_frequency = Duration::from_millis(250);
    settings.dial_timeout = Duration::from_secs(5);
    settings.max_concurrent_handshakes = NZU32!(256);
    // Short, so that a ban can be lifted: the table of peers renews it while a ban lasts.
    settings.block_duration = Duration::from_secs(10);
    settings
}

/// Starts the network. `capacity` peers fit one peer set.
pub(super) fn start(
    context: &Context,
    config: &NodeConfig,
    capacity: usize,
) -> (NodeNetwork, Extensions) {
    let settings = settings(config, capacity);
    let (mut network, oracle) = lookup::Network::new(context.child("network"), settings);
    let mut open = |channel: Channel| network.register(channel.id, channel.quota());
    let store = config.data_dir.join("peers");
    let (table, commands) =
        PeerTable::new(config.key.public_key(), Some(store), NetMetrics::default());
    let book = Book {
        oracle: oracle.clone(),
        capacity,
        table: table.clone(),
        next: 0,
        named: BTreeMap::new(),
        boot: BTreeMap::new(),
        others: 0,
    };
    let tracker = Peers(Arc::new(Mutex::new(book)));
    let (gate, suspects) = hello::Gate::new(oracle.clone());
    let (newcomers, evidence_for) = mpsc::unbounded_channel();
    let peers = tracker.clone();
    let wires = Wires {
        blocker: oracle.clone(),
        commands,
        suspects,
        newcomers,
        repeer: Box::new(move || peers.0.lock().push(limits::TRACKED_PEER_SETS)),
    };
    let parts = Network {
        votes: open(limits::VOTES),
        certificates: open(limits::CERTIFICATES),
        resolver: open(limits::RESOLVER),
        backfill: open(limits::BACKFILL),
        blocks: open(limits::BLOCKS),
        peers: oracle,
        blocker: gate,
        tracker,
    };
    let identity = Identity {
        software: config.software.clone(),
        chain_id: config.genesis.chain_id,
        genesis: config.genesis.hash(),
        started_at: pace::now(context),
        strict: config.strict_versions,
        newest: config.releases.newest(),
    };
    let extensions = Extensions {
        transactions: open(limits::TRANSACTIONS),
        status: open(limits::STATUS),
        evidence: open(limits::EVIDENCE),
        network: network.start(),
        wires,
        newcomers: evidence_for,
        table,
        positions: Arc::default(),
        alarm: Arc::default(),
        identity,
    };
    (parts, extensions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_sockets_or_names() {
        let socket: SocketAddr = "127.0.0.1:7000".parse().unwrap();
        assert_eq!(address_of("127.0.0.1:7000"), Some(Address::Symmetric(socket)));
        assert!(matches!(
            address_of("validator.example:7000"),
            Some(Address::Asymmetric { ingress: Ingress::Dns { port: 7000, .. }, .. })
        ));
        assert_eq!(address_of("validator.example"), None);
        assert_eq!(address_of("validator.example:port"), None);
    }
}
