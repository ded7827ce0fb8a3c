//! Counters of the network, beside those of the base library (which counts messages by peer and
//! channel, and bytes of all sockets).

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::time::Duration;

/// Metrics of the channels for transactions, status and evidence.
#[derive(Clone)]
pub struct NetMetrics {
    messages_in: Counter,
    messages_out: Counter,
    bytes_in: Counter,
    bytes_out: Counter,
    peers: Gauge,
    banned: Gauge,
    bans: Counter,
    mismatches: Counter,
    refused: Counter,
    malformed: Counter,
    flooded: Counter,
    forwarded: Counter,
    repeated: Counter,
    received: Counter,
    duplicates: Counter,
    latency: Histogram,
}

impl Default for NetMetrics {
    fn default() -> Self {
        let bounds = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6];
        Self {
            messages_in: Counter::default(),
            messages_out: Counter::default(),
            bytes_in: Counter::default(),
            bytes_out: Counter::default(),
            peers: Gauge::default(),
            banned: Gauge::default(),
            bans: Counter::default(),
            mismatches: Counter::default(),
            refused: Counter::default(),
            malformed: Counter::default(),
            flooded: Counter::default(),
            forwarded: Counter::default(),
            repeated: Counter::default(),
            received: Counter::default(),
            duplicates: Counter::default(),
            latency: Histogram::new(bounds),
        }
    }
}

impl NetMetrics {
    /// Adds them to a registry.
    pub fn register(&self, r: &mut Registry) {
        let mut counter = |name: &str, help: &str, counter: &Counter| {
            r.register(name, help, counter.clone());
        };
        counter("p2p_messages_in", "Messages from peers that are not consensus", &self.messages_in);
        counter("p2p_messages_out", "Messages to peers that are not consensus", &self.messages_out);
        counter("p2p_bytes_in", "Bytes of those from peers", &self.bytes_in);
        counter("p2p_bytes_out", "Bytes of those to peers", &self.bytes_out);
        counter("p2p_bans", "Peers that were shut out", &self.bans);
        counter(
            "p2p_version_mismatches",
            "Handshakes with another software or protocol version",
            &self.mismatches,
        );
        counter("p2p_handshakes_refused", "Handshakes that ended a connection", &self.refused);
        counter("p2p_malformed_messages", "Messages that are not what they claim", &self.malformed);
        counter("p2p_flooded_messages", "Messages above a peer's share", &self.flooded);
        counter("tx_forwarded", "Transactions sent to coming leaders", &self.forwarded);
        counter("tx_forwarded_again", "Those sent again or announced", &self.repeated);
        counter("tx_received", "Transactions from peers", &self.received);
        counter("tx_received_duplicates", "Those that were known here", &self.duplicates);
        r.register("peer_count", "Connected peers", self.peers.clone());
        r.register("peers_banned", "Peers that are shut out", self.banned.clone());
        r.register("peer_latency_seconds", "Round trips to peers", self.latency.clone());
    }

    /// A message came in.
    pub fn message_in(&self, bytes: usize) {
        self.messages_in.inc();
        self.bytes_in.inc_by(bytes as u64);
    }

    /// A message went out to `recipients` peers.
    pub fn message_out(&self, bytes: usize, recipients: usize) {
        self.messages_out.inc_by(recipients as u64);
        self.bytes_out.inc_by((bytes * recipients) as u64);
    }

    /// So many peers are connected and so many are shut out.
    pub fn peers(&self, connected: usize, banned: usize) {
        self.peers.set(connected as i64);
        self.banned.set(banned as i64);
    }

    /// A peer was shut out.
    pub fn banned(&self) {
        self.bans.inc();
    }

    /// A peer runs another version.
    pub fn mismatch(&self) {
        self.mismatches.inc();
    }

    /// How many handshakes showed another version since start.
    pub fn mismatches(&self) -> u64 {
        self.mismatches.get()
    }

    /// A handshake was refused.
    pub fn refused(&self) {
        self.refused.inc();
    }

    /// A message was malformed.
    pub fn malformed(&self) {
        self.malformed.inc();
    }

    /// A message was dropped because its sender sends too much.
    pub fn flooded(&self) {
        self.flooded.inc();
    }

    /// How many messages were dropped because their senders sent too much.
    pub fn flooded_total(&self) -> u64 {
        self.flooded.get()
    }

    /// Transactions were sent.
    pub fn forwarded(&self, count: usize) {
        self.forwarded.inc_by(count as u64);
    }

    /// How many transactions were sent since start.
    pub fn forwarded_total(&self) -> u64 {
        self.forwarded.get()
    }

    /// Transactions were sent again or announced.
    pub fn repeated(&self, count: usize) {
        self.repeated.inc_by(count as u64);
    }

    /// Transactions came in; some of them were known.
    pub fn received(&self, count: usize, duplicates: usize) {
        self.received.inc_by(count as u64);
        self.duplicates.inc_by(duplicates as u64);
    }

    /// A round trip to a peer took so long.
    pub fn round_trip(&self, took: Duration) {
        self.latency.observe(took.as_secs_f64());
    }
}
