//! Counters of the chain, in the names that dashboards use. The runtime's own metrics are encoded
//! beside them.

mod compute;
mod energy;
mod governance;

use crate::{chain::FinalizedBlock, net::metrics::NetMetrics, votes::VoteCount};
use althing_ledger::{Supply, governance::Entry, treasury::Disbursement};
use althing_types::{Amount, Epoch, Height, Timestamp, ValidatorKey, amount::UNITS_PER_TOKEN};
use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

type FloatGauge = Gauge<f64, AtomicU64>;

/// An amount as metrics show it, in whole tokens.
pub fn tokens(amount: Amount) -> f64 {
    amount.units() as f64 / UNITS_PER_TOKEN as f64
}

/// Metrics of one engine.
pub struct Metrics {
    registry: Mutex<Registry>,
    height: Gauge,
    block_time: Histogram,
    block_latency: Histogram,
    block_transactions: Histogram,
    transactions: Counter,
    failed: Counter,
    tps: FloatGauge,
    mempool_size: Gauge,
    mempool_bytes: Gauge,
    epoch: Gauge,
    validators: Gauge,
    supply: Supplies,
    abandoned: Counter,
    skipped_views: Counter,
    faults: Counter,
    duties: Family<[(&'static str, &'static str); 1], Counter>,
    duties_unpaid: Counter,
    votes: Votes,
    compute: compute::Compute,
    energy: energy::Energy,
    governance: governance::Governance,
    build: Histogram,
    execution: Histogram,
    verification: Histogram,
    rate: Mutex<Rate>,
    last: AtomicU64,
}

/// Money, in whole tokens.
#[derive(Default)]
struct Supplies {
    total: FloatGauge,
    minted: FloatGauge,
    burned: FloatGauge,
}

type ByValidator = Family<[(&'static str, String); 1], Gauge>;

/// Votes that this node saw in certificates, by validator.
#[derive(Default)]
struct Votes {
    signed: ByValidator,
    certificates: ByValidator,
}

/// Transactions of the last few seconds.
#[derive(Default)]
struct Rate {
    window: std::collections::VecDeque<(u64, u64)>,
    sum: u64,
}

impl Rate {
    const WINDOW_MS: u64 = 10_000;

    fn push(&mut self, now_ms: u64, transactions: u64) -> f64 {
        self.window.push_back((now_ms, transactions));
        self.sum += transactions;
        while let Some((then, count)) = self.window.front().copied() {
            if now_ms.saturating_sub(then) < Self::WINDOW_MS {
                break;
            }
            self.sum -= count;
            self.window.pop_front();
        }
        self.sum as f64 * 1000.0 / Self::WINDOW_MS as f64
    }
}

fn seconds() -> Histogram {
    let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8];
    Histogram::new(bounds)
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Mutex::new(Registry::default()),
            height: Gauge::default(),
            block_time: seconds(),
            block_latency: seconds(),
            block_transactions: Histogram::new([
                0.0, 1.0, 10.0, 100.0, 1_000.0, 5_000.0, 10_000.0, 20_000.0, 40_000.0, 65_535.0,
            ]),
            transactions: Counter::default(),
            failed: Counter::default(),
            tps: FloatGauge::default(),
            mempool_size: Gauge::default(),
            mempool_bytes: Gauge::default(),
            epoch: Gauge::default(),
            validators: Gauge::default(),
            supply: Supplies::default(),
            abandoned: Counter::default(),
            skipped_views: Counter::default(),
            faults: Counter::default(),
            duties: Family::default(),
            duties_unpaid: Counter::default(),
            votes: Votes::default(),
            compute: compute::Compute::default(),
            energy: energy::Energy::default(),
            governance: governance::Governance::default(),
            build: seconds(),
            execution: seconds(),
            verification: seconds(),
            rate: Mutex::default(),
            last: AtomicU64::new(0),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&self) {
        let Ok(mut registry) = self.registry.lock() else { return };
        let r = &mut *registry;
        r.register("block_height", "Last applied height", self.height.clone());
        r.register("block_time_seconds", "Time between blocks", self.block_time.clone());
        r.register(
            "block_finality_seconds",
            "From a block's timestamp until its state is applied here",
            self.block_latency.clone(),
        );
        r.register(
            "block_transactions",
            "Transactions in a block",
            self.block_transactions.clone(),
        );
        r.register("tx", "Transactions in finalized blocks", self.transactions.clone());
        r.register("tx_failed", "Transactions that paid and failed", self.failed.clone());
        r.register("tps", "Transactions a second, over ten seconds", self.tps.clone());
        r.register("mempool_size", "Waiting transactions", self.mempool_size.clone());
        r.register("mempool_bytes", "Their bytes", self.mempool_bytes.clone());
        r.register("epoch", "Epoch of consensus", self.epoch.clone());
        r.register("validator_count", "Validators of the epoch", self.validators.clone());
        r.register("total_supply", "Tokens in existence", self.supply.total.clone());
        r.register("minted", "Tokens created since genesis", self.supply.minted.clone());
        r.register("burned", "Tokens destroyed since genesis", self.supply.burned.clone());
        r.register(
            "speculative_branches_abandoned",
            "Proposals that were executed and lost",
            self.abandoned.clone(),
        );
        r.register("consensus_skipped_views", "Views without a block", self.skipped_views.clone());
        r.register("consensus_faults", "Faults with evidence", self.faults.clone());
        r.register(
            "node_transactions",
            "Transactions that this node sent for itself: heartbeats, reports of faults",
            self.duties.clone(),
        );
        r.register(
            "node_transactions_unpaid",
            "Transactions of its own that this node could not pay for",
            self.duties_unpaid.clone(),
        );
        r.register(
            "observed_votes_signed",
            "Finalization certificates stored here that the validator signed, since start",
            self.votes.signed.clone(),
        );
        r.register(
            "observed_votes_certificates",
            "Finalization certificates stored here of epochs of the validator, since start",
            self.votes.certificates.clone(),
        );
        self.compute.register(r);
        self.energy.register(r);
        self.governance.register(r);
        r.register("block_build_seconds", "Time to build a block", self.build.clone());
        r.register("block_execution_seconds", "Time to check a block", self.execution.clone());
        r.register(
            "signature_verification_seconds",
            "Time to verify the signatures of a block or a submission",
            self.verification.clone(),
        );
    }

    /// The metrics as Prometheus text, without the closing mark.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        if let Ok(registry) = self.registry.lock() {
            let _ = text::encode_registry(&mut text, &registry);
        }
        text
    }

    /// Shows the counters of the network too.
    pub fn show(&self, net: &NetMetrics) {
        if let Ok(mut registry) = self.registry.lock() {
            net.register(&mut registry);
        }
    }

    /// A block was built here.
    pub fn built(&self, took: Duration) {
        self.build.observe(took.as_secs_f64());
    }

    /// A block was checked here.
    pub fn executed(&self, took: Duration) {
        self.execution.observe(took.as_secs_f64());
    }

    /// Signatures were verified.
    pub fn verified(&self, took: Duration) {
        self.verification.observe(took.as_secs_f64());
    }

    /// Branches lost.
    pub fn abandoned(&self, count: usize) {
        self.abandoned.inc_by(count as u64);
    }

    /// How many branches have lost since start.
    pub fn abandoned_total(&self) -> u64 {
        self.abandoned.get()
    }

    /// A view passed without a block.
    pub fn skipped_view(&self) {
        self.skipped_views.inc();
    }

    /// A fault was proved.
    pub fn fault(&self) {
        self.faults.inc();
    }

    /// This node sent a transaction of its own.
    pub fn duty(&self, name: &'static str) {
        self.duties.get_or_create(&[("type", name)]).inc();
    }

    /// This node could not pay for a transaction of its own.
    pub fn duty_unpaid(&self) {
        self.duties_unpaid.inc();
    }

    /// This node saw certificates of a validator's epochs, and its signature in some of them; `None`
    /// forgets the validator.
    pub fn votes(&self, validator: &ValidatorKey, seen: Option<VoteCount>) {
        let label = [("validator", validator.to_string())];
        match seen {
            Some(VoteCount { signed, certificates }) => {
                self.votes.signed.get_or_create(&label).set(signed as i64);
                self.votes.certificates.get_or_create(&label).set(certificates as i64);
            }
            None => {
                self.votes.signed.remove(&label);
                self.votes.certificates.remove(&label);
            }
        }
    }

    /// What the chain was deciding about when this node started: proposals on the agenda, and
    /// disbursements that are not over, with the time at which they were accepted if they were.
    pub fn deciding(
        &self,
        proposals: &[Entry],
        disbursements: &[(u64, Disbursement, Option<Timestamp>)],
    ) {
        self.governance.opened(proposals, disbursements);
    }

    /// An upgrade of the protocol is planned for this height, or none is.
    pub fn upgrade_planned(&self, height: Option<Height>) {
        self.governance.planned.set(height.map_or(0, |height| height.get() as i64));
    }

    /// This node runs a version of the configuration of the network.
    pub fn spec_applied(&self, version: u64) {
        self.governance.spec.set(version as i64);
    }

    /// An epoch began.
    pub fn epoch(&self, epoch: Epoch, validators: usize) {
        self.epoch.set(epoch.get() as i64);
        self.validators.set(validators as i64);
    }

    /// The mempool holds so much.
    pub fn mempool(&self, transactions: usize, bytes: usize) {
        self.mempool_size.set(transactions as i64);
        self.mempool_bytes.set(bytes as i64);
    }

    /// A block left so much money.
    pub fn supply(&self, supply: &Supply) {
        self.supply.total.set(supply.total().map_or(f64::NAN, tokens));
        self.supply.minted.set(tokens(supply.minted));
        self.supply.burned.set(tokens(supply.burned));
    }

    /// A block left so many workers and devices.
    pub fn working(&self, sums: &althing_ledger::compute::Compute) {
        self.compute.sums(sums);
    }

    /// A block left so much energy.
    pub fn metered(&self, sums: &althing_ledger::energy::Energy) {
        self.energy.sums(sums);
    }

    /// A block was finalized and applied at `now`.
    pub fn finalized(&self, finalized: &FinalizedBlock, now: Timestamp) {
        let header = &finalized.block.header;
        let count = finalized.block.transactions.len() as u64;
        self.height.set(header.height.get() as i64);
        let last = self.last.swap(header.timestamp.get(), Ordering::Relaxed);
        if last > 0 {
            let gap = header.timestamp.get().saturating_sub(last);
            self.block_time.observe(gap as f64 / 1000.0);
        }
        let latency = now.get().saturating_sub(header.timestamp.get());
        self.block_latency.observe(latency as f64 / 1000.0);
        self.block_transactions.observe(count as f64);
        self.transactions.inc_by(count);
        let events = finalized.receipts.iter().flat_map(|receipt| &receipt.events);
        self.compute.events(header.timestamp, events.clone());
        self.governance.events(header.timestamp, events);
        self.energy.receipts(header.timestamp, &finalized.receipts);
        let outcomes = finalized.transaction_receipts();
        let failed = outcomes.iter().filter(|receipt| !receipt.code.is_ok()).count();
        self.failed.inc_by(failed as u64);
        if let Ok(mut rate) = self.rate.lock() {
            self.tps.set(rate.push(now.get(), count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_have_the_names_that_dashboards_use() {
        let metrics = Metrics::default();
        metrics.abandoned(2);
        metrics.mempool(3, 400);
        let token = |count| Amount::from_tokens(count).unwrap_or(Amount::ZERO);
        metrics.supply(&Supply { genesis: token(100), minted: token(7), burned: token(2) });
        let text = metrics.encode();
        for name in [
            "block_height 0",
            "tx_total 0",
            "mempool_size 3",
            "mempool_bytes 400",
            "speculative_branches_abandoned_total 2",
            "validator_count 0",
            "total_supply 105.0",
            "minted 7.0",
            "burned 2.0",
            "# TYPE block_time_seconds histogram",
        ] {
            assert!(text.contains(name), "{name} is missing in\n{text}");
        }
    }

    #[test]
    fn the_rate_forgets_what_is_older_than_ten_seconds() {
        let mut rate = Rate::default();
        assert_eq!(rate.push(0, 1_000), 100.0);
        assert_eq!(rate.push(5_000, 1_000), 200.0);
        assert_eq!(rate.push(12_000, 0), 100.0);
        assert_eq!(rate.push(20_000, 0), 0.0);
    }
}
