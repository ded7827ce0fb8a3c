//! Validators and money as Prometheus text, in the names that dashboards use.

use super::{Snapshot, Stake};
use althing_api::backend::ValidatorState;
use althing_engine::metrics::tokens;
use althing_index::EnergyCounts;
use althing_types::Amount;
use prometheus_client::{
    encoding::text::encode_registry,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};
use std::sync::atomic::AtomicU64;

type FloatGauge = Gauge<f64, AtomicU64>;
type Labels = [(&'static str, String); 2];
type ByValidator = Family<Labels, FloatGauge>;

const PPM: f64 = 1_000_000.0;

/// A name without what would end the label's value.
fn label(name: &str) -> String {
    name.chars().map(|c| if matches!(c, '"' | '\\') || c.is_control() { '\'' } else { c }).collect()
}

fn status(validator: &ValidatorState) -> &'static str {
    match validator {
        ValidatorState { ejected: true, .. } => "ejected",
        ValidatorState { jailed_until: Some(_), .. } => "jailed",
        ValidatorState { leaving: true, .. } => "leaving",
        ValidatorState { active: true, .. } => "active",
        _ => "waiting",
    }
}

/// One family for each number of a validator.
#[derive(Default)]
struct Families {
    uptime: ByValidator,
    performance: ByValidator,
    power: ByValidator,
    missed: ByValidator,
    made: ByValidator,
    jails: ByValidator,
    jailed: ByValidator,
    slashes: ByValidator,
    stake: ByValidator,
    commission: ByValidator,
}

impl Families {
    fn register(&self, registry: &mut Registry) {
        let mut add = |name: &str, help: &str, family: &ByValidator| {
            registry.register(name, help, family.clone());
        };
        add("validator_uptime", "Registry score: heartbeats of those due, 0 to 1", &self.uptime);
        add(
            "performance",
            "Proposals made of those due over the window, 0 to 1",
            &self.performance,
        );
        add("power", "Part of the stake of the set, 0 to 1", &self.power);
        add("missed_blocks", "Turns without a block since it registered", &self.missed);
        add("made_blocks", "Blocks since it registered", &self.made);
        add("jail_count", "How many times it was jailed", &self.jails);
        add("validator_jailed", "1 while it is in jail, else 0", &self.jailed);
        add("slash_count", "How many times it was slashed", &self.slashes);
        add("validator_stake", "Stake that counts, in tokens", &self.stake);
        add("validator_commission", "Commission, 0 to 1", &self.commission);
    }

    fn set(&self, validator: &ValidatorState, active: Amount) {
        let labels =
            [("validator", validator.key.to_string()), ("name", label(&validator.details.name))];
        let set = |family: &ByValidator, value: f64| {
            family.get_or_create(&labels).set(value);
        };
        let performance = &validator.performance;
        if let Some(node) = &validator.node {
            set(&self.uptime, f64::from(node.score.get()) / PPM);
        }
        if let Some(score) = performance.score {
            set(&self.performance, f64::from(score.get()) / PPM);
        }
        let power = if validator.active && !active.is_zero() {
            validator.tokens.units() as f64 / active.units() as f64
        } else {
            0.0
        };
        set(&self.power, power);
        set(&self.missed, performance.missed_total as f64);
        set(&self.made, performance.made_total as f64);
        set(&self.jails, performance.jails.into());
        set(&self.jailed, f64::from(u8::from(status(validator) == "jailed")));
        set(&self.slashes, validator.slashes.into());
        set(&self.stake, tokens(validator.tokens));
        set(&self.commission, f64::from(validator.commission.get()) / PPM);
    }
}

/// How much metered energy there is of everything.
fn energy(counts: EnergyCounts, registry: &mut Registry) {
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    for (name, help, count) in [
        (
            "energy_active_disputes_total",
            "Disputes about energy that are open",
            counts.open_disputes,
        ),
        ("energy_open_batches", "Batches of readings that are not over", counts.open_batches),
        ("energy_meters", "Meters that were ever bound", counts.meters),
    ] {
        let gauge: Gauge = Gauge::default();
        gauge.set(whole(count));
        registry.register(name, help, gauge);
    }
    let providers: Family<[(&'static str, &'static str); 1], Gauge> = Family::default();
    let inactive = counts.suspended.saturating_add(counts.leaving);
    for (status, count) in [("active", counts.active), ("inactive", inactive)] {
        providers.get_or_create(&[("status", status)]).set(whole(count));
    }
    registry.register("energy_provider_total", "Providers of energy by status", providers);
}

/// A snapshot as Prometheus text, without the closing mark.
fn text(snapshot: &Snapshot) -> String {
    let mut registry = Registry::default();
    let mut number = |name: &str, help: &str, value: f64| {
        let gauge = FloatGauge::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    let stake = &snapshot.stake;
    number("genesis_supply", "Tokens at genesis", tokens(snapshot.supply.genesis));
    number("staked", "Stake of all validators, in tokens", tokens(stake.bonded));
    number("delegated", "The part of it that is not their operators'", tokens(stake.delegated));
    number("unbonding", "What the unbonding queue owes, in tokens", tokens(stake.unbonding));
    number("delegations", "Delegations, operators' own included", stake.delegations as f64);
    number("treasury", "What the treasury owns, in tokens", tokens(stake.treasury));
    number("treasury_balance", "The same", tokens(stake.treasury));
    number("stakers_pool", "What waits for the end of the epoch", tokens(stake.stakers));
    number("miner_pool", "What waits for miners, in tokens", tokens(stake.miners));
    number("emission_reserve", "What can still be released", tokens(stake.reserve));
    number("emission_paid", "Emission that was paid, in tokens", tokens(stake.released));
    energy(snapshot.energy.unwrap_or_default(), &mut registry);
    let standing: Family<[(&'static str, String); 1], Gauge> = Family::default();
    for name in ["active", "waiting", "jailed", "leaving", "ejected"] {
        standing.get_or_create(&[("status", name.to_owned())]).set(0);
    }
    let families = Families::default();
    let active = snapshot.validators.iter().filter(|v| v.active).map(|v| v.tokens.units());
    let active = Amount::new(active.fold(0, u128::saturating_add));
    for validator in snapshot.validators.iter() {
        standing.get_or_create(&[("status", status(validator).to_owned())]).inc();
        families.set(validator, active);
    }
    registry.register("validators", "Registered validators by status", standing);
    families.register(&mut registry);
    let mut text = String::new();
    let _ = encode_registry(&mut text, &registry);
    text
}

impl Stake {
    /// What was read last as Prometheus text; nothing before the first reading.
    pub(in crate::run) fn metrics(&self) -> String {
        self.known().map_or_else(String::new, |snapshot| text(&snapshot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_api::backend::{PerformanceState, StakeState, SupplyState};
    use althing_types::{Due, Height, Ppm, Shares, ValidatorDetails, ValidatorKey};
    use std::{collections::BTreeSet, sync::Arc};

    fn validator(index: u8, name: &str) -> ValidatorState {
        ValidatorState {
            key: ValidatorKey::new([index; 32]),
            operator: althing_types::Address::new([index; 20]),
            details: ValidatorDetails { name: name.parse().unwrap(), ..Default::default() },
            endpoint: String::new(),
            registered: Height::ZERO,
            tokens: Amount::from_tokens(30).unwrap(),
            shares: Shares::new(1),
            pending: Amount::ZERO,
            own_stake: Amount::ZERO,
            delegations: 1,
            may_leave: Amount::ZERO,
            room: None,
            commission: Ppm::new(50_000).unwrap(),
            announced: None,
            commission_cooldown: Due::default(),
            active: index == 1,
            chosen_until: None,
            jailed_until: (index == 2).then(Due::default),
            leaving: false,
            ejected: false,
            slashes: 0,
            performance: PerformanceState {
                score: Some(Ppm::ONE),
                missed_total: 4,
                jails: 1,
                ..Default::default()
            },
            votes: None,
            node: Some(althing_api::backend::NodeState {
                endpoint: String::new(),
                version: String::new(),
                commit: String::new(),
                region: String::new(),
                registered: althing_types::Timestamp::ZERO,
                last: None,
                score: Ppm::ONE,
                health: None,
            }),
        }
    }

    fn sample() -> String {
        let amount = Amount::from_tokens(7).unwrap();
        let supply =
            SupplyState { height: Height::ZERO, genesis: amount, minted: amount, burned: amount };
        text(&Snapshot {
            height: Height::ZERO,
            validators: Arc::new(vec![validator(1, "a\"b"), validator(2, "c")]),
            stake: StakeState { treasury: amount, ..StakeState::default() },
            supply,
            energy: Some(EnergyCounts {
                active: 3,
                suspended: 1,
                leaving: 1,
                ..Default::default()
            }),
        })
    }

    #[test]
    fn validators_and_money_have_the_names_that_dashboards_use() {
        let text = sample();
        let first = format!("{{validator=\"{}\",name=\"a'b\"}}", "01".repeat(32));
        for line in [
            "treasury 7.0".to_owned(),
            "energy_provider_total{status=\"inactive\"} 2".to_owned(),
            "energy_active_disputes_total 0".to_owned(),
            "validators{status=\"jailed\"} 1".to_owned(),
            "validators{status=\"leaving\"} 0".to_owned(),
            format!("power{first} 1.0"),
            format!("missed_blocks{first} 4.0"),
            format!("validator_uptime{first} 1.0"),
            format!("validator_jailed{first} 0.0"),
            format!("validator_jailed{{validator=\"{}\",name=\"c\"}} 1.0", "02".repeat(32)),
        ] {
            assert!(text.contains(&line), "{line} is missing in\n{text}");
        }
    }

    /// Names in an expression that are no functions, labels or keywords of PromQL.
    fn metrics_in(expression: &str) -> BTreeSet<String> {
        const WORDS: &[&str] = &[
            "sum",
            "max",
            "min",
            "avg",
            "count",
            "rate",
            "increase",
            "delta",
            "by",
            "topk",
            "outcome",
            "house",
            "reason",
            "source",
            "order",
            "and",
            "or",
            "on",
            "unless",
            "bool",
            "histogram_quantile",
            "changes",
            "time",
            "without",
            "absent",
            "bottomk",
            "validator",
            "kind",
            "name",
            "state",
            "status",
            "verdict",
            "job",
            "instance",
            "le",
            "ignoring",
            "group_left",
            "clamp_min",
            "abs",
            "quantile",
            "floor",
            "vector",
            "offset",
            "avg_over_time",
            "step",
            "code",
            "oracle",
            "provider",
        ];
        let mut plain = String::new();
        let (mut quoted, mut braces, mut brackets) = (false, 0, 0);
        for c in expression.chars() {
            match c {
                '"' => quoted = !quoted,
                '{' if !quoted => braces += 1,
                '}' if !quoted => braces -= 1,
                '[' if !quoted => brackets += 1,
                ']' if !quoted => brackets -= 1,
                _ if !quoted && braces == 0 && brackets == 0 => {
                    plain.push(c);
                    continue;
                }
                _ => {}
            }
            plain.push(' ');
        }
        plain
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':')
            .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()))
            .filter(|word| !WORDS.contains(word))
            .map(str::to_owned)
            .collect()
    }

    fn expressions(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(fields) => {
                if let Some(expression) = fields.get("expr").and_then(|field| field.as_str()) {
                    found.push(expression.to_owned());
                }
                fields.values().for_each(|value| expressions(value, found));
            }
            serde_json::Value::Array(list) => {
                list.iter().for_each(|value| expressions(value, found));
            }
            _ => {}
        }
    }

    #[test]
    fn every_metric_of_the_dashboards_and_the_alerts_is_emitted() {
        let emitted = sample() + &althing_engine::metrics::Metrics::default().encode();
        let mut all = Vec::new();
        for dashboard in [
            include_str!("../../../../../monitoring/grafana/stake.json"),
            include_str!("../../../../../monitoring/grafana/compute.json"),
            include_str!("../../../../../monitoring/grafana/energy.json"),
            include_str!("../../../../../monitoring/grafana/governance.json"),
            include_str!("../../../../../monitoring/grafana/treasury.json"),
        ] {
            let before = all.len();
            expressions(&serde_json::from_str(dashboard).unwrap(), &mut all);
            assert!(all.len() > before + 5, "{all:?}");
        }
        let rules = concat!(
            include_str!("../../../../../monitoring/prometheus/stake.rules.yml"),
            include_str!("../../../../../monitoring/prometheus/compute.rules.yml"),
            include_str!("../../../../../monitoring/prometheus/energy.rules.yml"),
            include_str!("../../../../../monitoring/prometheus/governance.rules.yml"),
        );
        let alerts = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
        let recorded: BTreeSet<&str> =
            rules.lines().filter_map(|line| line.trim().strip_prefix("- record: ")).collect();
        let before = all.len();
        all.extend(alerts.map(str::to_owned));
        assert!(all.len() > before + 9);
        for metric in all.iter().flat_map(|expression| metrics_in(expression)) {
            let ends = ["_total", "_bucket", "_sum", "_count"];
            let mut names = ends.into_iter().filter_map(|end| metric.strip_suffix(end));
            let typed = |name: &str| emitted.contains(&format!("# TYPE {name} "));
            let known = recorded.contains(metric.as_str()) || typed(&metric) || names.any(typed);
            assert!(known, "nothing emits {metric}");
        }
    }
}
