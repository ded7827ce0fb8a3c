//! Counters of metered energy, from the outcomes of finalized blocks and from the sums of the state.

use super::tokens;
use althing_ledger::{codes, energy::Energy as Sums};
use althing_types::{
    Address, Code, Event, Receipt, Timestamp,
    energy::{DisputeEnd, EnergySlashReason, ReadingOutcome},
};
use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError, atomic::AtomicU64},
};

type By = [(&'static str, &'static str); 1];
type ByAccount = [(&'static str, String); 1];

/// Batches whose reports are timed at most.
const TIMED: usize = 4_096;
/// Accounts that have a counter of their own at most; those that come later share one.
const NAMED: usize = 1_000;
/// The label of those that come later.
const OTHERS: &str = "others";
/// Codes of receipts that say that readings, oracles or the market refused something.
const CODES: std::ops::RangeInclusive<u16> = 140..=199;

/// Counters of energy.
pub(super) struct Energy {
    /// When batches came, in milliseconds.
    came: Mutex<BTreeMap<u64, u64>>,
    named: Mutex<BTreeSet<Address>>,
    batches: Counter,
    readings: Family<By, Counter>,
    energy: Family<By, Counter>,
    reports: Family<ByAccount, Counter>,
    late: Family<ByAccount, Counter>,
    latency: Histogram,
    settlements: Family<ByAccount, Counter>,
    cleared: Counter,
    slashes: Family<ByAccount, Counter>,
    reasons: Family<By, Counter>,
    oracle_slashes: Family<ByAccount, Counter>,
    disputes: Family<By, Counter>,
    refused: Family<By, Counter>,
    providers: Gauge,
    pending: Gauge,
    open: Gauge,
    unpaid: Gauge<f64, AtomicU64>,
    escrow: Gauge<f64, AtomicU64>,
}

impl Default for Energy {
    fn default() -> Self {
        // From a fast block to a day.
        let bounds =
            [0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0];
        let energy = Self {
            came: Mutex::default(),
            named: Mutex::default(),
            batches: Counter::default(),
            readings: Family::default(),
            energy: Family::default(),
            reports: Family::default(),
            late: Family::default(),
            latency: Histogram::new(bounds),
            settlements: Family::default(),
            cleared: Counter::default(),
            slashes: Family::default(),
            reasons: Family::default(),
            oracle_slashes: Family::default(),
            disputes: Family::default(),
            refused: Family::default(),
            providers: Gauge::default(),
            pending: Gauge::default(),
            open: Gauge::default(),
            unpaid: Gauge::default(),
            escrow: Gauge::default(),
        };
        for outcome in ReadingOutcome::ALL {
            let _ = energy.readings.get_or_create(&[("outcome", outcome.name())]);
        }
        for step in ["attested", "sold", "revoked", "lapsed"] {
            let _ = energy.energy.get_or_create(&[("step", step)]);
        }
        for reason in EnergySlashReason::ALL {
            let _ = energy.reasons.get_or_create(&[("reason", reason.name())]);
        }
        for code in CODES.map(Code::new) {
            let name = codes::name_of(code);
            if codes::from_name(name) == Some(code) {
                let _ = energy.refused.get_or_create(&[("code", name)]);
            }
        }
        for family in [&energy.settlements, &energy.slashes] {
            let _ = family.get_or_create(&[("provider", OTHERS.to_owned())]);
        }
        for family in [&energy.reports, &energy.late, &energy.oracle_slashes] {
            let _ = family.get_or_create(&[("oracle", OTHERS.to_owned())]);
        }
        let _ = energy.disputes.get_or_create(&[("step", "opened")]);
        for end in DisputeEnd::ALL {
            let _ = energy.disputes.get_or_create(&[("step", end.name())]);
        }
        energy
    }
}

impl Energy {
    pub(super) fn register(&self, registry: &mut Registry) {
        let mut by = |name: &str, help: &str, family: &Family<By, Counter>| {
            registry.register(name, help, family.clone());
        };
        by("energy_readings", "Readings that were decided, by outcome", &self.readings);
        by("energy_wh", "Energy, by what became of it, in Wh", &self.energy);
        by("energy_slash_reasons", "What was counted against providers, by reason", &self.reasons);
        by("energy_disputes", "Disputes, by step", &self.disputes);
        by("energy_refused", "Transactions about energy that failed, by code", &self.refused);
        let mut by = |name: &str, help: &str, family: &Family<ByAccount, Counter>| {
            registry.register(name, help, family.clone());
        };
        by("oracle_reports", "Reports about batches, by oracle", &self.reports);
        by("oracle_reports_late", "Reports that came when all was decided", &self.late);
        by("oracle_slashing", "Slashes, by oracle", &self.oracle_slashes);
        by("energy_settlements", "Sales that were paid, by provider", &self.settlements);
        by("energy_slashing", "Slashes, by provider", &self.slashes);
        registry.register("energy_batches", "Batches of readings", self.batches.clone());
        registry.register("energy_slots_cleared", "Slots that were cleared", self.cleared.clone());
        registry.register(
            "oracle_latency_seconds",
            "From a batch to the report of an oracle about it, in block time",
            self.latency.clone(),
        );
        let mut gauge = |name: &str, help: &str, gauge: &Gauge| {
            registry.register(name, help, gauge.clone());
        };
        gauge("energy_providers", "Providers that have not left", &self.providers);
        gauge(
            "energy_pending_credits_total",
            "Energy of readings that are not decided, in Wh",
            &self.pending,
        );
        gauge("energy_open_wh", "Attested energy on sale or held back, in Wh", &self.open);
        let mut tokens = |name: &str, help: &str, gauge: &Gauge<f64, AtomicU64>| {
            registry.register(name, help, gauge.clone());
        };
        tokens(
            "energy_unpaid",
            "Sales that providers are not paid for yet, in tokens",
            &self.unpaid,
        );
        tokens("energy_escrow", "What buyers have set aside, in tokens", &self.escrow);
    }

    /// What a block left.
    pub(super) fn sums(&self, sums: &Sums) {
        let whole = |wh: u64| i64::try_from(wh).unwrap_or(i64::MAX);
        let gone = sums.sold_wh.saturating_add(sums.revoked_wh).saturating_add(sums.lapsed_wh);
        self.providers.set(sums.providers.into());
        self.pending.set(whole(sums.pending_wh));
        self.open.set(whole(sums.attested_wh.saturating_sub(gone)));
        self.unpaid.set(tokens(sums.unpaid));
        self.escrow.set(tokens(sums.escrow));
    }

    /// What a finalized block of this time did.
    pub(super) fn receipts(&self, now: Timestamp, receipts: &[Receipt]) {
        for receipt in receipts {
            if CODES.contains(&receipt.code.get()) {
                self.refused.get_or_create(&[("code", codes::name_of(receipt.code))]).inc();
            }
            for event in &receipt.events {
                self.reading(now, event);
                self.sale(event);
                self.fault(event);
            }
        }
    }

    /// The label of an account. There are never more than so many.
    fn label(&self, name: &'static str, account: &Address) -> ByAccount {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if named.len() < NAMED {
            named.insert(*account);
        }
        let known = named.contains(account);
        [(name, if known { account.to_string() } else { OTHERS.to_owned() })]
    }

    /// Readings and reports about them.
    fn reading(&self, now: Timestamp, event: &Event) {
        match event {
            Event::ReadingsSubmitted { batch, .. } => {
                self.batches.inc();
                let mut came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
                if came.len() >= TIMED {
                    came.pop_first();
                }
                came.insert(*batch, now.get());
            }
            Event::ReadingsDecided { outcome, readings, wh, .. } => {
                let count = readings.count_ones().into();
                self.readings.get_or_create(&[("outcome", outcome.name())]).inc_by(count);
                if *outcome == ReadingOutcome::Attested {
                    self.step("attested", *wh);
                }
            }
            Event::OracleReported { oracle, report, late } => {
                self.reports.get_or_create(&self.label("oracle", oracle)).inc();
                if *late {
                    self.late.get_or_create(&self.label("oracle", oracle)).inc();
                }
                let came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(then) = came.get(&report.batch) {
                    self.latency.observe(now.get().saturating_sub(*then) as f64 / 1_000.0);
                }
            }
            Event::BatchClosed { batch, .. } => {
                self.came.lock().unwrap_or_else(PoisonError::into_inner).remove(batch);
            }
            _ => {}
        }
    }

    fn step(&self, step: &'static str, wh: u64) {
        self.energy.get_or_create(&[("step", step)]).inc_by(wh);
    }

    /// What became of attested energy.
    fn sale(&self, event: &Event) {
        match event {
            Event::EnergySold { wh, .. } => self.step("sold", *wh),
            Event::EnergyLapsed { wh, .. } => self.step("lapsed", *wh),
            Event::EnergyPaid { provider, .. } => {
                self.settlements.get_or_create(&self.label("provider", provider)).inc();
            }
            Event::SlotCleared { .. } => _ = self.cleared.inc(),
            _ => {}
        }
    }

    /// Slashes and disputes.
    fn fault(&self, event: &Event) {
        match event {
            Event::ProviderSlashed { provider, reason, .. } => {
                self.slashes.get_or_create(&self.label("provider", provider)).inc();
                self.reasons.get_or_create(&[("reason", reason.name())]).inc();
            }
            Event::OracleSlashed { oracle, .. } => {
                self.oracle_slashes.get_or_create(&self.label("oracle", oracle)).inc();
            }
            Event::EnergyDisputeOpened { .. } => {
                self.disputes.get_or_create(&[("step", "opened")]).inc();
            }
            Event::EnergyDisputeEnded { end, revoked_wh, .. } => {
                self.disputes.get_or_create(&[("step", end.name())]).inc();
                self.step("revoked", *revoked_wh);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{Amount, Receipt, energy::ReportItem};
    use prometheus_client::encoding::text;

    fn shown(energy: &Energy) -> String {
        let mut registry = Registry::default();
        energy.register(&mut registry);
        let mut out = String::new();
        text::encode(&mut out, &registry).unwrap();
        out
    }

    fn receipt(code: althing_types::Code, events: Vec<Event>) -> Receipt {
        Receipt { code, ..Receipt::of_block(events) }
    }

    #[test]
    fn a_report_is_timed_from_its_batch() {
        let (energy, provider) = (Energy::default(), Address::new([1; 20]));
        let batch = Event::ReadingsSubmitted { provider, batch: 7, readings: 2, wh: 30 };
        let report = ReportItem { batch: 7, agree: 3, contradict: 0 };
        let oracle = Address::new([2; 20]);
        let reported = Event::OracleReported { oracle, report, late: true };
        let ok = althing_types::Code::OK;
        energy.receipts(Timestamp::new(1_000), &[receipt(ok, vec![batch])]);
        energy.receipts(Timestamp::new(3_500), &[receipt(ok, vec![reported])]);
        let text = shown(&energy);
        assert!(text.contains("oracle_latency_seconds_sum 2.5"), "{text}");
        assert!(
            text.contains(&format!("oracle_reports_late_total{{oracle=\"{oracle}\"}} 1")),
            "{text}"
        );
        assert!(text.contains("energy_batches_total 1"), "{text}");
    }

    #[test]
    fn refusals_are_counted_by_their_code() {
        let energy = Energy::default();
        let skew = codes::from_name("timestamp_skew").unwrap();
        let funds = codes::from_name("insufficient_balance").unwrap();
        energy.receipts(Timestamp::ZERO, &[receipt(skew, vec![]), receipt(funds, vec![])]);
        let text = shown(&energy);
        assert!(text.contains("energy_refused_total{code=\"timestamp_skew\"} 1"), "{text}");
        assert!(text.contains("energy_refused_total{code=\"meter_revoked\"} 0"), "{text}");
        assert!(!text.contains("insufficient") && !text.contains("unknown\""), "{text}");
    }

    #[test]
    fn every_rule_about_energy_is_in_the_range_that_is_counted() {
        for name in ["provider_exists", "signature_invalid", "quorum_failed", "rate_limited"] {
            let code = codes::from_name(name);
            assert!(code.is_some_and(|code| CODES.contains(&code.get())), "{name}: {code:?}");
        }
    }

    #[test]
    fn accounts_with_counters_of_their_own_are_bounded() {
        let energy = Energy::default();
        for number in 0..=NAMED as u32 {
            let mut bytes = [0; 20];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            let (provider, amount) = (Address::new(bytes), Amount::ZERO);
            let reason = EnergySlashReason::Quorum;
            energy.fault(&Event::ProviderSlashed { provider, reason, amount });
        }
        let text = shown(&energy);
        let own = text.lines().filter(|line| line.starts_with("energy_slashing_total{")).count();
        assert_eq!(own, NAMED + 1);
        assert!(text.contains("energy_slashing_total{provider=\"others\"} 1"));
        assert!(text.contains("energy_slash_reasons_total{reason=\"quorum\"} 1001"));
    }
}
