//! What this node knows of its peers: handshakes, latency, score, bans. A peer whose offences come
//! to 100 points is shut out for five minutes.

mod peer;

use super::{book, greeting::Report, metrics::NetMetrics};
use crate::types::PublicKey;
use althing_types::{Height, Timestamp, ValidatorKey};
use commonware_utils::sync::Mutex;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::sync::mpsc;
use tracing::{info, warn};

pub(super) use peer::Greeting;
use peer::Peer;
pub use peer::{Ban, Offence, PeerInfo, Software};

/// Points at which a peer is shut out.
const BAN_POINTS: u64 = 100;
/// How long offences shut a peer out, in milliseconds.
const BAN_MS: u64 = 5 * 60 * 1_000;
/// Most peers that are added by hand, and most bans that are kept.
const MAX_ENTRIES: usize = 256;

/// What the table wants done with connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// End the connection to a peer and accept no new one.
    ShutOut(PublicKey),
    /// Peers were added or removed by hand.
    Repeer,
}

#[derive(Default)]
struct State {
    peers: BTreeMap<PublicKey, Peer>,
    bans: BTreeMap<PublicKey, Ban>,
    endpoints: BTreeMap<PublicKey, String>,
    added: BTreeMap<PublicKey, String>,
    /// Whether it is known who is connected.
    watched: bool,
}

struct Inner {
    local: PublicKey,
    state: Mutex<State>,
    commands: mpsc::UnboundedSender<Command>,
    store: Option<PathBuf>,
    metrics: NetMetrics,
}

/// All peers. Cloning is cheap.
#[derive(Clone)]
pub struct PeerTable(Arc<Inner>);

impl PeerTable {
    /// A table that keeps bans and added peers in the file at `store`, and what it wants done.
    /// A file that cannot be read is reported and ignored.
    pub fn new(
        local: PublicKey,
        store: Option<PathBuf>,
        metrics: NetMetrics,
    ) -> (Self, mpsc::UnboundedReceiver<Command>) {
        let (commands, receiver) = mpsc::unbounded_channel();
        let mut state = State::default();
        if let Some(path) = &store {
            let saved = book::load(path);
            state.bans = saved.bans;
            state.added = saved.added;
        }
        for key in state.bans.keys() {
            let _ = commands.send(Command::ShutOut(key.clone()));
        }
        let inner = Inner { local, state: Mutex::new(state), commands, store, metrics };
        (Self(Arc::new(inner)), receiver)
    }

    /// The counters of the network.
    pub fn metrics(&self) -> &NetMetrics {
        &self.0.metrics
    }

    /// This node.
    pub fn local(&self) -> &PublicKey {
        &self.0.local
    }

    /// Notes where the chain says that peers are.
    pub fn name(&self, endpoints: impl IntoIterator<Item = (PublicKey, String)>) {
        let mut state = self.0.state.lock();
        state.endpoints = endpoints.into_iter().collect();
        state.endpoints.remove(&self.0.local);
    }

    /// How many peers are connected.
    pub fn connected_count(&self) -> u32 {
        let state = self.0.state.lock();
        let connected = state.peers.values().filter(|peer| peer.connected).count();
        u32::try_from(connected).unwrap_or(u32::MAX)
    }

    /// Whether any peer is known that this node should be connected to.
    pub(super) fn has_named(&self) -> bool {
        let state = self.0.state.lock();
        !state.endpoints.is_empty() || !state.added.is_empty()
    }

    /// Peers that were added by hand, with their endpoints.
    pub fn added(&self) -> BTreeMap<PublicKey, String> {
        self.0.state.lock().added.clone()
    }

    /// Notes who is connected. Returns those who were not before.
    pub(super) fn connected(&self, now: &BTreeSet<PublicKey>) -> Vec<PublicKey> {
        let mut state = self.0.state.lock();
        state.watched = true;
        for (key, peer) in &mut state.peers {
            if peer.connected && !now.contains(key) {
                peer.connected = false;
                peer.latency = None;
            }
        }
        let mut fresh = Vec::new();
        for key in now {
            let peer = state.peers.entry(key.clone()).or_default();
            if !std::mem::replace(&mut peer.connected, true) {
                fresh.push(key.clone());
            }
        }
        let banned = state.bans.len();
        drop(state);
        self.0.metrics.peers(now.len(), banned);
        fresh
    }

    /// Notes what a peer said of itself. Returns whether its process is another one than before.
    pub(super) fn greeted(&self, key: &PublicKey, greeting: Greeting, height: Height) -> bool {
        let mut state = self.0.state.lock();
        let peer = state.peers.entry(key.clone()).or_default();
        let started = Some(greeting.started_at);
        let same = peer.greeting.as_ref().map(|greeting| greeting.started_at) == started;
        peer.connected = true;
        peer.greeting = Some(greeting);
        peer.refusal = None;
        peer.height = Some(height);
        !same
    }

    /// Notes that a peer does not want this node.
    pub(super) fn refused_by(&self, key: &PublicKey, reason: String) {
        let mut state = self.0.state.lock();
        state.peers.entry(key.clone()).or_default().refusal = Some(reason);
    }

    /// Whether a peer has said who it is.
    pub(super) fn is_greeted(&self, key: &PublicKey) -> bool {
        self.0.state.lock().peers.get(key).is_some_and(|peer| peer.greeting.is_some())
    }

    /// Notes where a peer stands.
    pub(super) fn reported(&self, key: &PublicKey, report: Report) {
        if let Some(peer) = self.0.state.lock().peers.get_mut(key) {
            peer.height = Some(report.height);
            peer.backlog = report.backlog;
        }
    }

    /// How many transactions of its own clients wait at a connected peer, as it said last.
    pub(super) fn backlog(&self, key: &PublicKey) -> u64 {
        let state = self.0.state.lock();
        state.peers.get(key).filter(|peer| peer.connected).map_or(0, |peer| peer.backlog)
    }

    /// Notes a round trip.
    pub(super) fn round_trip(&self, key: &PublicKey, took: Duration) {
        self.0.metrics.round_trip(took);
        if let Some(peer) = self.0.state.lock().peers.get_mut(key) {
            peer.latency = Some(peer.latency.map_or(took, |before| (before * 3 + took) / 4));
        }
    }

    /// Notes an offence; shuts the peer out if it has too many.
    pub fn offend(&self, key: &PublicKey, offence: Offence, now: Timestamp) {
        match offence {
            Offence::Flood => self.0.metrics.flooded(),
            Offence::Malformed | Offence::Forged => self.0.metrics.malformed(),
        }
        let points = {
            let mut state = self.0.state.lock();
            let peer = state.peers.entry(key.clone()).or_default();
            peer.fade(now);
            peer.points += offence.points();
            if peer.points >= BAN_POINTS { std::mem::take(&mut peer.points) } else { 0 }
        };
        if points >= BAN_POINTS {
            let until = Timestamp::new(now.get().saturating_add(BAN_MS));
            self.ban(key, offence.reason(), Some(until));
        }
    }

    /// Shuts a peer out until a time, or without an end.
    pub fn ban(&self, key: &PublicKey, reason: &str, until: Option<Timestamp>) {
        if *key == self.0.local {
            return;
        }
        warn!(peer = %key, reason, ?until, "shutting a peer out");
        let ban = Ban { reason: reason.to_owned(), until };
        let mut state = self.0.state.lock();
        state.bans.insert(key.clone(), ban);
        if state.bans.len() > MAX_ENTRIES {
            let soonest =
                state.bans.iter().min_by_key(|(_, ban)| ban.until.map_or(u64::MAX, Timestamp::get));
            if let Some(key) = soonest.map(|(key, _)| key.clone()) {
                state.bans.remove(&key);
            }
        }
        self.save(&state);
        drop(state);
        self.0.metrics.banned();
        let _ = self.0.commands.send(Command::ShutOut(key.clone()));
    }

    /// Lets a peer in again. `false` if it was not shut out.
    pub fn unban(&self, key: &PublicKey) -> bool {
        let mut state = self.0.state.lock();
        let lifted = state.bans.remove(key).is_some();
        if lifted {
            if let Some(peer) = state.peers.get_mut(key) {
                peer.points = 0;
            }
            self.save(&state);
            info!(peer = %key, "letting a peer in again");
        }
        lifted
    }

    /// Whether a peer is shut out.
    pub fn is_banned(&self, key: &PublicKey, now: Timestamp) -> bool {
        self.0.state.lock().bans.get(key).is_some_and(|ban| ban.holds(now))
    }

    /// Whether a message to a peer may arrive: it is not shut out, and connected as far as known.
    pub(super) fn is_reachable(&self, key: &PublicKey, now: Timestamp) -> bool {
        let state = self.0.state.lock();
        let connected = state.peers.get(key).is_some_and(|peer| peer.connected);
        (connected || !state.watched) && !state.bans.get(key).is_some_and(|ban| ban.holds(now))
    }

    /// Ends bans whose time is over. Returns those who stay shut out.
    pub(super) fn expire(&self, now: Timestamp) -> Vec<PublicKey> {
        let mut state = self.0.state.lock();
        let before = state.bans.len();
        state.bans.retain(|_, ban| ban.holds(now));
        if state.bans.len() < before {
            self.save(&state);
        }
        state.bans.keys().cloned().collect()
    }

    /// Names a peer that the chain does not name, or another place of one. `false` if there are
    /// too many.
    pub fn add(&self, key: &PublicKey, endpoint: String) -> bool {
        let mut state = self.0.state.lock();
        if *key == self.0.local || state.added.len() >= MAX_ENTRIES {
            return false;
        }
        state.added.insert(key.clone(), endpoint);
        self.save(&state);
        let _ = self.0.commands.send(Command::Repeer);
        true
    }

    /// Forgets what [`Self::add`] said of a peer. `false` if it said nothing.
    pub fn remove(&self, key: &PublicKey) -> bool {
        let mut state = self.0.state.lock();
        let removed = state.added.remove(key).is_some();
        if removed {
            self.save(&state);
            let _ = self.0.commands.send(Command::Repeer);
        }
        removed
    }

    fn save(&self, state: &State) {
        let Some(path) = &self.0.store else { return };
        if let Err(error) = book::save(path, &state.bans, &state.added) {
            warn!(path = %path.display(), %error, "bans and added peers cannot be stored");
        }
    }

    /// The highest height that a connected peer reported.
    pub fn network_height(&self) -> Option<Height> {
        let state = self.0.state.lock();
        let connected = state.peers.values().filter(|peer| peer.connected);
        connected.filter_map(|peer| peer.height).max()
    }

    /// Everything known, ordered by key.
    pub fn infos(&self, now: Timestamp) -> Vec<PeerInfo> {
        let mut state = self.0.state.lock();
        let State { peers, bans, endpoints, added, .. } = &mut *state;
        let keys: BTreeSet<PublicKey> = peers
            .keys()
            .chain(bans.keys())
            .chain(endpoints.keys())
            .chain(added.keys())
            .cloned()
            .collect();
        let info = |key: PublicKey| {
            let mut unknown = Peer::default();
            let peer = peers.get_mut(&key).unwrap_or(&mut unknown);
            let ban = bans.get(&key).filter(|ban| ban.holds(now)).cloned();
            let greeting = peer.greeting.clone();
            PeerInfo {
                key: ValidatorKey::from_public_key(&key),
                endpoint: added
                    .get(&key)
                    .or_else(|| endpoints.get(&key))
                    .cloned()
                    .unwrap_or_default(),
                added: added.contains_key(&key),
                connected: peer.connected,
                protocol: greeting.as_ref().map(|greeting| greeting.protocol),
                started_at: greeting.as_ref().map(|greeting| greeting.started_at),
                software: greeting.map(|greeting| greeting.software),
                height: peer.height,
                latency: peer.latency,
                refusal: peer.refusal.clone(),
                score: if ban.is_some() { 0 } else { peer.score(now) },
                ban,
            }
        };
        keys.into_iter().map(info).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::PrivateKey;
    use commonware_cryptography::Signer as _;

    fn key(seed: u64) -> PublicKey {
        PrivateKey::from_seed(seed).public_key()
    }

    fn table() -> (PeerTable, mpsc::UnboundedReceiver<Command>) {
        PeerTable::new(key(0), None, NetMetrics::default())
    }

    const fn at(ms: u64) -> Timestamp {
        Timestamp::new(1_000_000 + ms)
    }

    fn score(table: &PeerTable, peer: &PublicKey, now: Timestamp) -> u8 {
        let key = ValidatorKey::from_public_key(peer);
        table.infos(now).into_iter().find(|info| info.key == key).unwrap().score
    }

    #[test]
    fn offences_lower_the_score_fade_and_shut_a_peer_out_when_repeated() {
        let (table, mut commands) = table();
        let peer = key(1);
        table.offend(&peer, Offence::Malformed, at(0));
        assert_eq!(score(&table, &peer, at(0)), 75);
        assert_eq!(score(&table, &peer, at(60_000)), 85);
        assert_eq!(score(&table, &peer, at(3_600_000)), 100);
        for _ in 0..4 {
            assert!(!table.is_banned(&peer, at(3_600_000)));
            table.offend(&peer, Offence::Forged, at(3_600_000));
        }
        assert!(table.is_banned(&peer, at(3_600_000)));
        assert_eq!(commands.try_recv().unwrap(), Command::ShutOut(peer.clone()));
        assert_eq!(score(&table, &peer, at(3_600_000)), 0);
        assert!(!table.is_banned(&peer, at(3_600_000 + BAN_MS)));
        assert!(table.expire(at(3_600_000 + BAN_MS)).is_empty());
    }

    #[test]
    fn latency_and_another_version_cost_points() {
        let (table, _commands) = table();
        let peer = key(1);
        let greeting = Greeting {
            protocol: 1,
            software: Software::default(),
            started_at: at(0),
            differs: true,
        };
        assert!(table.greeted(&peer, greeting.clone(), Height::new(5)));
        assert!(!table.greeted(&peer, greeting, Height::new(6)));
        assert_eq!(score(&table, &peer, at(0)), 90);
        table.round_trip(&peer, Duration::from_millis(100));
        assert_eq!(score(&table, &peer, at(0)), 86);
        table.round_trip(&peer, Duration::from_secs(100));
        assert_eq!(score(&table, &peer, at(0)), 70);
        assert_eq!(table.network_height(), Some(Height::new(6)));
    }

    #[test]
    fn bans_and_added_peers_survive_a_restart_and_the_node_cannot_ban_itself() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("peers");
        let open = || PeerTable::new(key(0), Some(path.clone()), NetMetrics::default());
        let (table, _commands) = open();
        table.ban(&key(0), "me", None);
        table.ban(&key(1), "a reason with spaces", None);
        table.ban(&key(2), "short", Some(at(5)));
        assert!(table.add(&key(3), "host:1".to_owned()));
        let (table, mut commands) = open();
        assert!(!table.is_banned(&key(0), at(0)));
        assert!(table.is_banned(&key(1), at(0)));
        assert!(table.is_banned(&key(2), at(0)) && !table.is_banned(&key(2), at(5)));
        assert_eq!(std::iter::from_fn(|| commands.try_recv().ok()).count(), 2);
        let info = table.infos(at(0));
        let banned = info.iter().find(|info| info.ban.as_ref().is_some_and(|b| b.until.is_none()));
        assert_eq!(banned.unwrap().ban.as_ref().unwrap().reason, "a reason with spaces");
        assert!(table.unban(&key(1)) && !table.unban(&key(1)));
        assert!(table.remove(&key(3)) && !table.remove(&key(3)));
        let (table, _commands) = open();
        assert!(!table.is_banned(&key(1), at(0)) && table.added().is_empty());
    }
}
