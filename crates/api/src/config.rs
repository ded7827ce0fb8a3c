//! What an operator can set.

use althing_types::{Code, Gas};
use std::{net::IpAddr, time::Duration};

/// Limits and switches of the API.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// Whether peer commands are served: to callers on this machine, and to those who know
    /// `admin_token`.
    pub admin: bool,
    /// What a caller from elsewhere sends as `authorization: Bearer` to give peer commands; with
    /// `None`, nobody from elsewhere may.
    pub admin_token: Option<String>,
    /// Origins that browsers may call from; empty allows every origin.
    pub cors_origins: Vec<String>,
    /// Reverse proxies whose `X-Forwarded-For` names the client.
    pub trusted_proxies: Vec<IpAddr>,
    /// Quota of reads for one client address.
    pub read_quota: Quota,
    /// Quota of submissions (also simulate and faucet) for one client address.
    pub submit_quota: Quota,
    /// Quota of transactions in batches for one client address.
    pub batch_quota: Quota,
    /// Whether clients on this machine have no quota.
    pub loopback_unlimited: bool,
    /// Largest request body except batches, in bytes.
    pub max_body_bytes: usize,
    /// Largest batch of transactions, in bytes.
    pub max_batch_bytes: usize,
    /// Most transactions in one batch.
    pub max_batch_transactions: usize,
    /// Requests served at the same time; more are answered `overloaded`.
    pub max_concurrent: usize,
    /// Longest time for one request.
    pub request_timeout: Duration,
    /// Longest time a submission waits for finality when it asks to, at most `request_timeout`.
    pub wait_timeout: Duration,
    /// Event streams and waiting submissions at the same time.
    pub max_subscribers: usize,
    /// Blocks that an event stream replays; older ones are reported as missed.
    pub max_replay_blocks: u64,
    /// Time between comments that keep an idle event stream open.
    pub keep_alive: Duration,
    /// Entries of a page when the caller does not say.
    pub default_page: usize,
    /// Most entries of a page.
    pub max_page: usize,
    /// Open connections.
    pub max_connections: usize,
    /// Open connections from one address (loopback excepted).
    pub max_connections_per_address: usize,
    /// Longest time for a client to send the headers of a request.
    pub header_timeout: Duration,
    /// Longest time that open requests may take to finish at shutdown.
    pub shutdown_grace: Duration,
    /// What the API must know of the ledger's rules.
    pub rules: Rules,
}

/// A rate limit for one client address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Requests a minute in the long run; 0 means no limit.
    pub per_minute: u32,
    /// Requests that may come at once; at least 1.
    pub burst: u32,
}

/// Names and prices that belong to the ledger, given by the node so that this crate needs no
/// ledger.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Stable name and sentence of a receipt's code.
    pub describe: fn(Code) -> (&'static str, &'static str),
    /// Gas by message type.
    pub gas: Vec<GasRule>,
}

/// What a message type costs: `base + per_byte * max(0, bytes - included_bytes)`.
#[derive(Clone, Copy, Debug)]
pub struct GasRule {
    /// Name of the message type, for example `transfer`.
    pub message_type: &'static str,
    /// Gas of every such transaction.
    pub base: Gas,
    /// Bytes of the encoded transaction that `base` pays for.
    pub included_bytes: u64,
    /// Gas of each byte beyond.
    pub per_byte: Gas,
}

impl GasRule {
    /// Gas of an encoded transaction of `bytes` bytes.
    pub fn gas(&self, bytes: u64) -> Gas {
        let extra = bytes.saturating_sub(self.included_bytes);
        Gas::new(self.base.get().saturating_add(extra.saturating_mul(self.per_byte.get())))
    }
}

impl Default for Rules {
    fn default() -> Self {
        fn describe(code: Code) -> (&'static str, &'static str) {
            if code.is_ok() {
                ("ok", "The transaction did what it asked for.")
            } else {
                ("failed", "The transaction failed; its fee was charged.")
            }
        }
        let transfer = GasRule {
            message_type: "transfer",
            base: Gas::new(21_000),
            included_bytes: 256,
            per_byte: Gas::new(16),
        };
        Self { describe, gas: vec![transfer] }
    }
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            admin: true,
            admin_token: None,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            read_quota: Quota { per_minute: 1_200, burst: 200 },
            submit_quota: Quota { per_minute: 600, burst: 100 },
            batch_quota: Quota { per_minute: 600_000, burst: 65_536 },
            loopback_unlimited: true,
            max_body_bytes: 256 * 1024,
            max_batch_bytes: 4 * 1024 * 1024,
            max_batch_transactions: 32_768,
            max_concurrent: 512,
            request_timeout: Duration::from_secs(30),
            wait_timeout: Duration::from_secs(20),
            max_subscribers: 1_000,
            max_replay_blocks: 10_000,
            keep_alive: Duration::from_secs(15),
            default_page: 20,
            max_page: 100,
            max_connections: 4_096,
            max_connections_per_address: 256,
            header_timeout: Duration::from_secs(10),
            shutdown_grace: Duration::from_secs(3),
            rules: Rules::default(),
        }
    }
}
