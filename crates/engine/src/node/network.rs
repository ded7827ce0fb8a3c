//! The network of a node: authenticated and encrypted connections to the validators that the
//! chain names, at the addresses that the chain names.

use super::{Context, NodeConfig, NodeValidator};
use crate::{
    assemble::{Network, Track},
    limits::{self, Channel},
    net::{
        self, PeerTable,
        admit::Admitter,
        leaders::{Positions, Schedule},
    },
    sets,
    types::{Dbs, PrivateKey, PublicKey},
};
use althing_types::{Epoch, ValidatorEntry, ValidatorSet};
use commonware_cryptography::{ChaCha20Poly1305, Signer as _};
use commonware_p2p::{Address, AddressableManager as _, Ingress, authenticated::lookup};
use commonware_parallel::Rayon;
use commonware_runtime::{Handle, Supervisor as _};
use commonware_stream::{
    cups::{self, Cups},
    sake::{self, Sake},
};
use commonware_utils::{Hostname, NZU32, NZUsize, ordered::Map};
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    time::Duration,
};
use tracing::{error, warn};

type Oracle = lookup::Oracle<PublicKey>;
type Sender = lookup::Sender<PublicKey, Context>;
type Receiver = lookup::Receiver<PublicKey>;
pub(super) type NodeNetwork = Network<Sender, Receiver, Oracle, Oracle, Peers>;

/// Channels that consensus does not use.
pub(super) struct Extensions {
    /// Transactions on their way to the next leaders.
    transactions: (Sender, Receiver),
    /// Handshakes and positions of peers.
    status: (Sender, Receiver),
    /// Evidence of consensus faults.
    evidence: (Sender, Receiver),
    network: Handle<()>,
}

impl Extensions {
    /// Starts what runs on them; the tasks that must not end.
    pub(super) fn into_tasks(
        self,
        context: &Context,
        validator: &NodeValidator,
        database: &Dbs<Context, Rayon>,
        positions: &Positions,
        table: PeerTable,
    ) -> Vec<Handle<()>> {
        let Self { transactions, status, evidence, network } = self;
        drop((status, evidence));
        let admit = Admitter::new(
            context.child("admission"),
            validator.ledger.clone(),
            validator.chain.clone(),
            database.clone(),
        );
        let parts = net::Transactions {
            chain: validator.chain.clone(),
            schedule: Schedule::new(validator.sets.clone()),
            positions: positions.subscribe(),
            table,
            admit,
        };
        let mut tasks = parts.start(context, transactions);
        tasks.push(network);
        tasks
    }
}

/// Tells the network who the peers are.
pub(super) struct Peers {
    oracle: Oracle,
    capacity: usize,
    local: PublicKey,
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

impl Track for Peers {
    fn track(&mut self, epoch: Epoch, set: &ValidatorSet, previous: Option<&ValidatorSet>) {
        let mut primary: BTreeMap<PublicKey, Address> = BTreeMap::new();
        let previous = previous.map_or(&[] as &[ValidatorEntry], ValidatorSet::entries);
        for entry in set.entries().iter().chain(previous) {
            let (Some(key), Some(address)) =
                (entry.key.to_public_key(), address_of(&entry.endpoint))
            else {
                warn!(validator = %entry.key, endpoint = entry.endpoint, "illegal endpoint");
                continue;
            };
            let room = primary.len() < self.capacity - 1 || key == self.local;
            if !room && !primary.contains_key(&key) {
                error!(validator = %entry.key, "no room for this peer: restart the node");
                continue;
            }
            primary.entry(key).or_insert(address);
        }
        let peers: Map<PublicKey, Address> = Map::from_iter_dedup(primary);
        self.oracle.track(epoch.get(), peers.clone());
        self.oracle.overwrite(peers);
    }
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
    let namespace = sets::namespace(&config.genesis.hash());
    let peers = NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN);
    let mut settings = lookup::Config::local(
        handshake(config.key.clone()),
        &namespace,
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
    settings.block_duration = Duration::from_mins(5);
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
    let parts = Network {
        votes: open(limits::VOTES),
        certificates: open(limits::CERTIFICATES),
        resolver: open(limits::RESOLVER),
        backfill: open(limits::BACKFILL),
        blocks: open(limits::BLOCKS),
        peers: oracle.clone(),
        blocker: oracle.clone(),
        tracker: Peers { oracle, capacity, local: config.key.public_key() },
    };
    let (transactions, status, evidence) =
        (open(limits::TRANSACTIONS), open(limits::STATUS), open(limits::EVIDENCE));
    let extensions = Extensions { transactions, status, evidence, network: network.start() };
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
