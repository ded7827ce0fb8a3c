//! Counters of what the chain decides about itself, from the events of finalized blocks.

use super::tokens;
use althing_ledger::{governance::Entry, treasury::Disbursement};
use althing_types::{
    Event, Height, Timestamp,
    governance::{DisbursementReason, DisbursementState, OrderKind},
    network::{GENESIS_SPEC, RollbackReason},
};
use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError, atomic::AtomicU64},
};

type By = [(&'static str, &'static str); 1];

/// States of a disbursement in which something is still to happen.
const BACKLOG: [DisbursementState; 5] = [
    DisbursementState::Draft,
    DisbursementState::Voting,
    DisbursementState::Queued,
    DisbursementState::Timelocked,
    DisbursementState::Executed,
];
/// Of these, the ones from which it is executed.
const WAITS: [DisbursementState; 2] = [DisbursementState::Queued, DisbursementState::Timelocked];
/// What a proposal that something will happen to waits for.
const OPEN: [&str; 3] = ["waiting", "voting", "queued"];
/// How proposals end.
const ENDS: [&str; 4] = ["enacted", "rejected", "failed", "cancelled"];
/// Steps of an upgrade.
const UPGRADES: [&str; 5] = ["scheduled", "postponed", "cancelled", "done", "failed"];
/// Why disbursements cannot go on.
const ERRORS: [DisbursementReason; 5] = [
    DisbursementReason::InsufficientFunds,
    DisbursementReason::InvalidTarget,
    DisbursementReason::StaleDependency,
    DisbursementReason::CircularDependency,
    DisbursementReason::ExecutionFailed,
];

/// What brings the treasury money.
const SOURCES: [&str; 3] = ["fees", "penalties", "deposits"];

/// What is open now.
#[derive(Default)]
struct Open {
    proposals: BTreeMap<u64, &'static str>,
    disbursements: BTreeMap<u64, DisbursementState>,
    /// When those that wait were accepted, in milliseconds.
    queued: BTreeMap<u64, u64>,
}

/// Counters of governance and of the treasury.
pub(super) struct Governance {
    open: Mutex<Open>,
    proposals: Family<By, Gauge>,
    decided: Family<By, Counter>,
    votes: Family<By, Counter>,
    changes: Counter,
    disbursements: Family<By, Counter>,
    backlog: Family<By, Gauge>,
    lag: Histogram,
    errors: Family<By, Counter>,
    stalls: Counter,
    /// In tokens.
    income: Family<By, Counter<f64, AtomicU64>>,
    /// The version of the configuration of the network that this node runs.
    pub(super) spec: Gauge,
    rollbacks: Family<By, Counter>,
    overrides: Family<By, Counter>,
    upgrades: Family<By, Counter>,
    /// The height of the upgrade that is planned, or 0.
    pub(super) planned: Gauge,
}

impl Default for Governance {
    fn default() -> Self {
        // From a second to a month.
        let bounds = [
            1.0,
            10.0,
            60.0,
            600.0,
            3_600.0,
            21_600.0,
            43_200.0,
            86_400.0,
            172_800.0,
            604_800.0,
            2_592_000.0,
        ];
        let governance = Self {
            open: Mutex::default(),
            proposals: Family::default(),
            decided: Family::default(),
            votes: Family::default(),
            changes: Counter::default(),
            disbursements: Family::default(),
            backlog: Family::default(),
            lag: Histogram::new(bounds),
            errors: Family::default(),
            stalls: Counter::default(),
            income: Family::default(),
            spec: Gauge::default(),
            rollbacks: Family::default(),
            overrides: Family::default(),
            upgrades: Family::default(),
            planned: Gauge::default(),
        };
        governance.show(&Open::default());
        governance.spec.set(GENESIS_SPEC as i64);
        for order in OrderKind::ALL {
            let _ = governance.overrides.get_or_create(&[("order", order.name())]);
        }
        for outcome in UPGRADES {
            let _ = governance.upgrades.get_or_create(&[("outcome", outcome)]);
        }
        for reason in RollbackReason::ALL {
            let _ = governance.rollbacks.get_or_create(&[("reason", reason.name())]);
        }
        for outcome in ENDS {
            let _ = governance.decided.get_or_create(&[("outcome", outcome)]);
        }
        for house in ["stake", "validators"] {
            let _ = governance.votes.get_or_create(&[("house", house)]);
        }
        for state in DisbursementState::ALL {
            let _ = governance.disbursements.get_or_create(&[("status", state.name())]);
        }
        for source in SOURCES {
            let _ = governance.income.get_or_create(&[("source", source)]);
        }
        for reason in ERRORS {
            let _ = governance.errors.get_or_create(&[("reason", reason.name())]);
        }
        governance
    }
}

impl Governance {
    pub(super) fn register(&self, registry: &mut Registry) {
        let mut add = |name: &str, help: &str, family: &Family<By, Counter>| {
            registry.register(name, help, family.clone());
        };
        add("governance_decisions", "Proposals that ended, by outcome", &self.decided);
        add("governance_votes", "Votes, by house, changed ones included", &self.votes);
        add(
            "governance_disbursements",
            "Disbursements that came to a state, by state",
            &self.disbursements,
        );
        add(
            "treasury_execution_errors",
            "Disbursements that could not go on, by reason",
            &self.errors,
        );
        add(
            "network_spec_rollbacks",
            "Configurations of the network that were rolled back, by reason",
            &self.rollbacks,
        );
        add(
            "safety_override",
            "Orders of the safety override and of emergencies, by order",
            &self.overrides,
        );
        add("protocol_upgrades", "Steps of upgrades of the protocol", &self.upgrades);
        registry.register(
            "upgrade_planned_height",
            "Height of the upgrade of the protocol that is planned, or 0",
            self.planned.clone(),
        );
        registry.register(
            "network_spec_applied",
            "Version of the configuration of the network that this node runs",
            self.spec.clone(),
        );
        registry.register(
            "governance_proposals",
            "Proposals that something will happen to, by what they wait for",
            self.proposals.clone(),
        );
        registry.register(
            "governance_parameter_changes",
            "Parameters that were changed by vote",
            self.changes.clone(),
        );
        registry.register(
            "treasury_disbursement_backlog",
            "Disbursements that are not over, by state",
            self.backlog.clone(),
        );
        registry.register(
            "treasury_disbursement_lag_seconds",
            "From the acceptance of a disbursement to its execution",
            self.lag.clone(),
        );
        registry.register(
            "treasury_income",
            "What the treasury got, in tokens, by source, counted when an epoch ends",
            self.income.clone(),
        );
        registry.register(
            "treasury_stalls",
            "Epochs that ended with too many disbursements that waited too long",
            self.stalls.clone(),
        );
    }

    /// What was open when the node started. `disbursements` come with the time at which they were
    /// accepted, if they were.
    pub(super) fn opened(
        &self,
        proposals: &[Entry],
        disbursements: &[(u64, Disbursement, Option<Timestamp>)],
    ) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in proposals {
            let waits_for = match (entry.due, entry.snapshot) {
                (None, _) => "waiting",
                (Some(_), Some(_)) => "voting",
                (Some(_), None) => "queued",
            };
            open.proposals.insert(entry.proposal, waits_for);
        }
        for (number, disbursement, accepted) in disbursements {
            open.disbursements.insert(*number, disbursement.state);
            if let Some(accepted) = accepted.filter(|_| WAITS.contains(&disbursement.state)) {
                open.queued.insert(*number, accepted.get());
            }
        }
        self.show(&open);
    }

    /// What a finalized block of this time says.
    pub(super) fn events<'a>(&self, now: Timestamp, events: impl Iterator<Item = &'a Event>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut any = false;
        for event in events {
            any |= self.event(&mut open, now, event);
        }
        if any {
            self.show(&open);
        }
    }

    /// Whether something is open now that was not, or the other way round.
    fn event(&self, open: &mut Open, now: Timestamp, event: &Event) -> bool {
        let end = |outcome| _ = self.decided.get_or_create(&[("outcome", outcome)]).inc();
        match event {
            Event::ProposalSubmitted { proposal, .. } => {
                open.proposals.insert(*proposal, "waiting");
            }
            Event::ProposalOpened { proposal, .. } => {
                open.proposals.insert(*proposal, "voting");
            }
            Event::ProposalPassed { proposal, .. } => {
                open.proposals.insert(*proposal, "queued");
            }
            Event::ProposalEnacted { proposal } => {
                open.proposals.remove(proposal);
                end("enacted");
            }
            Event::ProposalRejected { proposal, .. } => {
                open.proposals.remove(proposal);
                end("rejected");
            }
            Event::ProposalFailed { proposal, .. } => {
                open.proposals.remove(proposal);
                end("failed");
            }
            Event::ProposalCancelled { proposal, .. } => {
                open.proposals.remove(proposal);
                end("cancelled");
            }
            Event::DisbursementAdvanced { disbursement, state, reason, .. } => {
                self.advanced(open, now, *disbursement, (*state, *reason));
            }
            Event::DisbursementDelayed { reason, .. } => {
                self.errors.get_or_create(&[("reason", reason.name())]).inc();
                return false;
            }
            Event::Voted { validator, .. } => {
                let house = if validator.is_some() { "validators" } else { "stake" };
                self.votes.get_or_create(&[("house", house)]).inc();
                return false;
            }
            Event::ParameterChanged { .. } => {
                self.changes.inc();
                return false;
            }
            Event::SpecRolledBack { reason, .. } => {
                self.rollbacks.get_or_create(&[("reason", reason.name())]).inc();
                return false;
            }
            Event::OverrideUsed { order, .. } | Event::EmergencyUsed { order, .. } => {
                self.overrides.get_or_create(&[("order", order.kind().name())]).inc();
                return false;
            }
            Event::UpgradeScheduled { height, .. } => {
                return self.upgrade("scheduled", Some(*height));
            }
            Event::UpgradePostponed { height, .. } => {
                return self.upgrade("postponed", Some(*height));
            }
            Event::UpgradeCancelled { .. } => return self.upgrade("cancelled", None),
            Event::Upgraded { .. } => return self.upgrade("done", None),
            Event::UpgradeFailed { .. } => return self.upgrade("failed", None),
            Event::TreasuryEarned { fees, penalties, deposits, .. } => {
                for (source, amount) in SOURCES.into_iter().zip([fees, penalties, deposits]) {
                    self.income.get_or_create(&[("source", source)]).inc_by(tokens(*amount));
                }
                return false;
            }
            Event::TreasuryStalled { .. } => {
                self.stalls.inc();
                return false;
            }
            _ => return false,
        }
        true
    }

    /// Nothing is open because of it.
    fn upgrade(&self, outcome: &'static str, planned: Option<Height>) -> bool {
        self.upgrades.get_or_create(&[("outcome", outcome)]).inc();
        self.planned.set(planned.map_or(0, |height| height.get() as i64));
        false
    }

    fn advanced(
        &self,
        open: &mut Open,
        now: Timestamp,
        number: u64,
        (state, reason): (DisbursementState, DisbursementReason),
    ) {
        self.disbursements.get_or_create(&[("status", state.name())]).inc();
        if ERRORS.contains(&reason) {
            self.errors.get_or_create(&[("reason", reason.name())]).inc();
        }
        if BACKLOG.contains(&state) {
            open.disbursements.insert(number, state);
        } else {
            open.disbursements.remove(&number);
        }
        if WAITS.contains(&state) {
            open.queued.entry(number).or_insert(now.get());
        } else if let Some(accepted) = open.queued.remove(&number)
            && state == DisbursementState::Executed
        {
            self.lag.observe(now.get().saturating_sub(accepted) as f64 / 1_000.0);
        }
    }

    fn show(&self, open: &Open) {
        for waits_for in OPEN {
            let count = open.proposals.values().filter(|found| **found == waits_for).count();
            self.proposals.get_or_create(&[("status", waits_for)]).set(count as i64);
        }
        for state in BACKLOG {
            let count = open.disbursements.values().filter(|found| **found == state).count();
            self.backlog.get_or_create(&[("status", state.name())]).set(count as i64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{Amount, Epoch, amount::UNITS_PER_TOKEN};
    use prometheus_client::encoding::text;

    fn shown(governance: &Governance) -> String {
        let mut registry = Registry::default();
        governance.register(&mut registry);
        let mut out = String::new();
        text::encode(&mut out, &registry).unwrap();
        out
    }

    fn step(disbursement: u64, state: DisbursementState, reason: DisbursementReason) -> Event {
        Event::DisbursementAdvanced { disbursement, state, reason, total: Amount::ZERO }
    }

    #[test]
    fn the_life_of_a_disbursement_moves_the_backlog_and_its_lag_is_measured() {
        let governance = Governance::default();
        let planned = DisbursementReason::Planned;
        let at = |second: u64, state| {
            let event = step(7, state, planned);
            governance.events(Timestamp::new(second * 1_000), [&event].into_iter());
            shown(&governance)
        };
        assert!(at(1, DisbursementState::Queued).contains("backlog{status=\"queued\"} 1"));
        let text = at(5, DisbursementState::Timelocked);
        assert!(text.contains("backlog{status=\"queued\"} 0"));
        assert!(text.contains("backlog{status=\"timelocked\"} 1"));
        let text = at(13, DisbursementState::Executed);
        assert!(text.contains("treasury_disbursement_lag_seconds_sum 12.0"), "{text}");
        let text = at(14, DisbursementState::Finalized);
        assert!(text.contains("backlog{status=\"executed\"} 0"));
        assert!(text.contains("governance_disbursements_total{status=\"finalized\"} 1"));
    }

    #[test]
    fn what_the_treasury_gets_adds_up_by_source() {
        let governance = Governance::default();
        let half = Amount::new(UNITS_PER_TOKEN / 2);
        let (epoch, zero) = (Epoch::ZERO, Amount::ZERO);
        let earned = Event::TreasuryEarned { epoch, fees: half, penalties: zero, deposits: half };
        governance.events(Timestamp::ZERO, [&earned, &earned].into_iter());
        let text = shown(&governance);
        for line in
            ["{source=\"fees\"} 1.0", "{source=\"penalties\"} 0.0", "{source=\"deposits\"} 1.0"]
        {
            assert!(text.contains(&format!("treasury_income_total{line}")), "{text}");
        }
    }

    #[test]
    fn what_goes_wrong_is_counted_by_reason_from_nothing_on() {
        let governance = Governance::default();
        let name = "treasury_execution_errors_total{reason=\"insufficient_funds\"}";
        assert!(shown(&governance).contains(&format!("{name} 0")));
        let gone = step(1, DisbursementState::RolledBack, DisbursementReason::InsufficientFunds);
        governance.events(Timestamp::ZERO, [&gone].into_iter());
        assert!(shown(&governance).contains(&format!("{name} 1")));
    }
}
