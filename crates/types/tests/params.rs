//! The bounds of every parameter, and the presets against `docs/parameters.md`.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use althing_types::{
    Amount, ChainParams, Gas, GasPrice, Period, Ppm,
    compute::{Price, Prices},
    params::{Schedule, StakingParams},
};
use commonware_codec::{DecodeExt as _, Encode as _};

fn tokens(count: u64) -> Amount {
    Amount::from_tokens(count).unwrap()
}

fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

type Change = fn(&mut ChainParams, u64);

/// A number, how to set it, and its least and greatest legal value.
const NUMBERS: [(&str, u64, u64, Change); 118] = [
    ("epoch_length", 10, 1_000_000, |params, value| params.epoch_length = value),
    ("idle_interval_ms", 10, 60_000, |params, value| {
        (params.idle_interval_ms, params.busy_interval_ms) = (value, 1);
    }),
    ("busy_interval_ms", 1, 1_000, |params, value| params.busy_interval_ms = value),
    ("block_gas_limit", 1_000_000, 1_000_000_000_000, |params, value| {
        params.block_gas_limit = Gas::new(value);
    }),
    ("max_block_bytes", 65_536, 4_194_304, |params, value| params.max_block_bytes = value),
    ("max_validity_blocks", 10, 1_000_000, |params, value| params.max_validity_blocks = value),
    ("min_gas_price", 0, u64::MAX / 2, |params, value| {
        params.min_gas_price = GasPrice::new(value);
    }),
    ("staking.max_validators", 1, 100, |params, value| params.staking.max_validators = value),
    ("staking.max_candidates", 5, 1_000, |params, value| params.staking.max_candidates = value),
    ("staking.max_validators_per_delegator", 1, 32, |params, value| {
        params.staking.max_validators_per_delegator = value;
    }),
    ("staking.power_cap", 10_000, 1_000_000, |params, value| {
        params.staking.power_cap = parts(value);
    }),
    ("staking.power_cap_from", 2, 100, |params, value| params.staking.power_cap_from = value),
    ("staking.power_cap_slack", 10_000, 500_000, |params, value| {
        params.staking.power_cap_slack = parts(value);
    }),
    ("staking.max_unbonding_per_epoch", 10_000, 1_000_000, |params, value| {
        params.staking.max_unbonding_per_epoch = parts(value);
    }),
    ("staking.unbonding", 0, Period::MAX_BLOCKS, |params, value| {
        params.staking.unbonding.blocks = value;
    }),
    ("staking.commission_cooldown", 0, Period::MAX_MS, |params, value| {
        params.staking.commission_cooldown.ms = value;
    }),
    ("staking.commission_announcement", 0, Period::MAX_BLOCKS, |params, value| {
        params.staking.commission_announcement.blocks = value;
    }),
    ("emission.schedule.period", 1, u64::MAX, |params, value| {
        let initial = tokens(10);
        params.emission.schedule = Schedule::Halving { initial, period: value };
    }),
    ("emission.schedule.start", 0, 500_000, |params, value| target(params, value, 0, 0)),
    ("emission.schedule.step", 0, 300_000, |params, value| target(params, 300_000, value, 0)),
    ("emission.schedule.floor", 0, 300_000, |params, value| target(params, 300_000, 0, value)),
    ("slashing.ejecting_jail", 1, 8, |params, value| params.slashing.ejecting_jail = value),
    ("registry.score_slots", 8, 256, |params, value| params.registry.score_slots = value),
    ("slashing.reporter_reward", 0, 200_000, |params, value| {
        params.slashing.reporter_reward = parts(value);
    }),
    ("slashing.max_consecutive_misses", 5, 100_000, |params, value| {
        params.slashing.max_consecutive_misses = value;
    }),
    ("slashing.min_due", 1, 100_000, |params, value| params.slashing.min_due = value),
    ("slashing.score_window", 1, 8, |params, value| params.slashing.score_window = value),
    ("slashing.jail", 0, Period::MAX_MS, |params, value| params.slashing.jail.ms = value),
    ("slashing.evidence_epochs", 1, 2_000, |params, value| {
        params.slashing.evidence_epochs = value;
    }),
    ("registry.heartbeat_interval_ms", 1_000, 86_400_000, |params, value| {
        params.registry.heartbeat_interval_ms = value;
    }),
    ("governance.max_open", 1, 500, |params, value| {
        (params.governance.max_open, params.governance.max_open_per_account) = (value, 1);
    }),
    ("governance.max_open_per_account", 1, 500, |params, value| {
        (params.governance.max_open, params.governance.max_open_per_account) = (500, value);
    }),
    ("governance.quorum", 10_000, 1_000_000, |params, value| {
        params.governance.quorum = parts(value);
    }),
    ("governance.veto", 100_000, 1_000_000, |params, value| params.governance.veto = parts(value)),
    ("governance.optional.threshold", 10_000, 600_000, |params, value| {
        thresholds(params, [600_000, 600_000, 600_000]);
        params.governance.optional.threshold = parts(value);
    }),
    ("governance.optional.voting", 0, Period::MAX_MS, |params, value| {
        params.governance.optional.voting.ms = value;
    }),
    ("governance.standard.threshold", 500_000, 1_000_000, |params, value| {
        thresholds(params, [value, 1_000_000, 1_000_000]);
    }),
    ("governance.important.threshold", 500_000, 1_000_000, |params, value| {
        thresholds(params, [500_000, value, 1_000_000]);
    }),
    ("governance.critical.threshold", 500_000, 1_000_000, |params, value| {
        thresholds(params, [500_000, 500_000, value]);
    }),
    ("governance.standard.voting", 0, Period::MAX_BLOCKS, |params, value| {
        params.governance.standard.voting.blocks = value;
    }),
    ("treasury.batch", 1, 64, |params, value| params.treasury.batch = value),
    ("treasury.max_pending", 1, 1_000, |params, value| params.treasury.max_pending = value),
    ("treasury.max_age", 0, Period::MAX_BLOCKS, |params, value| {
        params.treasury.max_age.blocks = value;
    }),
    ("treasury.rollback_window", 0, Period::MAX_MS, |params, value| {
        params.treasury.rollback_window.ms = value;
    }),
    ("treasury.retry", 0, Period::MAX_MS, |params, value| params.treasury.retry.ms = value),
    ("treasury.stall_pending", 1, 1_000, |params, value| params.treasury.stall_pending = value),
    ("treasury.stall_epochs", 1, 1_000, |params, value| params.treasury.stall_epochs = value),
    ("upgrade.min_ready", 666_667, 1_000_000, |params, value| {
        params.upgrade.min_ready = parts(value);
    }),
    ("treasury.penalty_share", 0, 1_000_000, |params, value| {
        params.treasury.penalty_share = parts(value);
    }),
    ("upgrade.patience", 0, 100, |params, value| params.upgrade.patience = value),
    ("safety.call", 0, Period::MAX_BLOCKS, |params, value| params.safety.call.blocks = value),
    ("safety.ratification", 0, Period::MAX_MS, |params, value| {
        params.safety.ratification.ms = value;
    }),
    ("safety.max_pause", 0, Period::MAX_BLOCKS, |params, value| {
        params.safety.max_pause.blocks = value;
    }),
    ("safety.threshold", 666_667, 1_000_000, |params, value| {
        params.safety.threshold = parts(value);
    }),
    ("safety.voting", 0, Period::MAX_MS, |params, value| params.safety.voting.ms = value),
    ("governance.critical.voting", 0, Period::MAX_MS, |params, value| {
        params.governance.critical.voting.ms = value;
    }),
    ("governance.critical.delay", 0, Period::MAX_MS, |params, value| {
        params.governance.critical.delay.ms = value;
    }),
    ("compute.max_strikes", 1, 100, |params, value| params.compute.max_strikes = value),
    ("compute.wrong_slash", 0, 500_000, |params, value| params.compute.wrong_slash = parts(value)),
    ("compute.prover_share", 0, 500_000, |params, value| {
        params.compute.prover_share = parts(value)
    }),
    ("compute.plant_rate", 0, 100_000, |params, value| params.compute.plant_rate = parts(value)),
    ("compute.samples", 1, 4_096, |params, value| params.compute.samples = value),
    ("compute.own_samples", 0, 4_096, |params, value| params.compute.own_samples = value),
    ("compute.max_verifying", 1, 1_024, |params, value| params.compute.max_verifying = value),
    ("compute.claim_epochs", 1, 8, |params, value| params.compute.claim_epochs = value),
    ("compute.beacon_delay", 1, 100, |params, value| params.compute.beacon_delay = value),
    ("compute.committee", 1, 32, |params, value| params.compute.committee = value),
    ("compute.unit_time_us", 1, 10_000_000, |params, value| params.compute.unit_time_us = value),
    ("compute.cpu_unit_time_us", 1, 10_000_000, |params, value| {
        params.compute.cpu_unit_time_us = value
    }),
    ("compute.max_units", 1, 100_000_000, |params, value| params.compute.max_units = value),
    ("compute.max_attempts", 1, 16, |params, value| params.compute.max_attempts = value),
    ("compute.due_per_block", 1, 256, |params, value| params.compute.due_per_block = value),
    ("compute.max_open_per_device", 1, 16, |params, value| {
        params.compute.max_open_per_device = value
    }),
    ("compute.min_score", 0, 100, |params, value| params.compute.min_score = value),
    ("compute.min_memory_mib", 0, 1_048_576, |params, value| params.compute.min_memory_mib = value),
    ("compute.min_performance", 0, 1_000_000_000, |params, value| {
        params.compute.min_performance = value
    }),
    ("compute.spot_check", 0, 500_000, |params, value| params.compute.spot_check = parts(value)),
    ("compute.benchmark_count", 1, 64, |params, value| params.compute.benchmark_count = value),
    ("compute.benchmark_latency_ms", 0, 60_000, |params, value| {
        params.compute.benchmark_latency_ms = value
    }),
    ("compute.validator_share", 0, 150_000, |params, value| {
        params.compute.validator_share = parts(value)
    }),
    ("compute.vote_window", 1, Period::MAX_BLOCKS, |params, value| {
        params.compute.vote_window.blocks = value
    }),
    ("compute.dispute_window", 1, Period::MAX_BLOCKS, |params, value| {
        params.compute.dispute_window.blocks = value
    }),
    ("compute.base_time", 1, Period::MAX_BLOCKS, |params, value| {
        params.compute.base_time.blocks = value
    }),
    ("compute.unbonding", 0, Period::MAX_MS, |params, value| params.compute.unbonding.ms = value),
    ("compute.open_time", 0, Period::MAX_MS, |params, value| params.compute.open_time.ms = value),
    ("compute.retention", 0, Period::MAX_BLOCKS, |params, value| {
        params.compute.retention.blocks = value
    }),
    ("compute.attestation", 0, Period::MAX_MS, |params, value| {
        params.compute.attestation.ms = value
    }),
    ("compute.max_variance", 0, 1_000_000, |params, value| {
        params.compute.max_variance = parts(value)
    }),
    ("compute.cpu_tier", 0, 1_000_000, |params, value| params.compute.cpu_tier = parts(value)),
    ("energy.clock_skew_s", 1, 3_600, |params, value| params.energy.clock_skew_s = value),
    ("energy.max_age_s", 0, 31_622_400, |params, value| params.energy.max_age_s = value),
    ("energy.timely_s", 1, 31_622_400, |params, value| params.energy.timely_s = value),
    ("energy.slot_s", 60, 86_400, |params, value| params.energy.slot_s = value),
    ("energy.clear_delay_s", 1, 604_800, |params, value| params.energy.clear_delay_s = value),
    ("energy.ahead_s", 60, 31_622_400, |params, value| params.energy.ahead_s = value),
    ("energy.min_trade_wh", 1, 1_000_000_000, |params, value| params.energy.min_trade_wh = value),
    ("energy.credit_life_s", 60, 31_622_400, |params, value| params.energy.credit_life_s = value),
    ("energy.stale_s", 1, 31_622_400, |params, value| params.energy.stale_s = value),
    ("energy.dispute_epochs", 1, 3, |params, value| params.energy.dispute_epochs = value),
    ("energy.max_meters", 1, 1_000_000, |params, value| params.energy.max_meters = value),
    ("energy.max_pending", 64, 10_000_000, |params, value| params.energy.max_pending = value),
    ("energy.rate_window", 1, 100_000, |params, value| params.energy.rate_window = value),
    ("energy.provider_rate", 1, 1_000_000, |params, value| params.energy.provider_rate = value),
    ("energy.oracle_rate", 1, 1_000_000, |params, value| params.energy.oracle_rate = value),
    ("energy.admin_rate", 1, 1_000_000, |params, value| params.energy.admin_rate = value),
    ("energy.prior_good", 1, 1_000, |params, value| params.energy.prior_good = value),
    ("energy.prior_bad", 1, 1_000, |params, value| params.energy.prior_bad = value),
    ("energy.due_per_block", 1, 1_024, |params, value| params.energy.due_per_block = value),
    ("energy.fee", 0, 200_000, |params, value| params.energy.fee = parts(value)),
    ("energy.dispute_fee", 0, 1_000_000, |params, value| params.energy.dispute_fee = parts(value)),
    ("energy.quorum_slash", 0, 500_000, |params, value| params.energy.quorum_slash = parts(value)),
    ("energy.conflict_slash", 0, 500_000, |params, value| {
        params.energy.conflict_slash = parts(value)
    }),
    ("energy.oracle_slash", 0, 500_000, |params, value| params.energy.oracle_slash = parts(value)),
    ("energy.dispute_reward", 0, 500_000, |params, value| {
        params.energy.dispute_reward = parts(value)
    }),
    ("energy.memory", 0, 1_000_000, |params, value| params.energy.memory = parts(value)),
    ("energy.unbonding", 0, Period::MAX_MS, |params, value| params.energy.unbonding.ms = value),
    ("energy.dispute_window", 0, Period::MAX_BLOCKS, |params, value| {
        params.energy.dispute_window.blocks = value;
    }),
    ("energy.key_cooldown", 0, Period::MAX_MS, |params, value| {
        params.energy.key_cooldown.ms = value;
    }),
];

/// As much as a part can hold: values above a million are cut to one that is above every bound.
fn parts(value: u64) -> Ppm {
    ppm(value.min(1_000_000) as u32)
}

fn thresholds(params: &mut ChainParams, values: [u64; 3]) {
    let governance = &mut params.governance;
    let tracks = [&mut governance.standard, &mut governance.important, &mut governance.critical];
    for (track, value) in tracks.into_iter().zip(values) {
        track.threshold = parts(value);
    }
}

fn target(params: &mut ChainParams, start: u64, step: u64, floor: u64) {
    let [start, step, floor] = [start, step, floor].map(parts);
    params.emission.schedule = Schedule::TargetApr { start, step, floor };
}

#[test]
fn numbers_are_legal_to_their_bounds_and_no_further() {
    for (name, least, most, set) in NUMBERS {
        let with = |value| {
            let mut params = ChainParams::devnet();
            set(&mut params, value);
            params
        };
        for value in [least, most] {
            assert_eq!(with(value).validate(), Ok(()), "{name} {value}");
            assert_eq!(ChainParams::decode(with(value).encode()).unwrap(), with(value));
        }
        let beyond = [least.checked_sub(1), most.checked_add(1)].into_iter().flatten();
        // A part of a whole cannot be above the whole.
        for value in beyond.filter(|value| with(*value) != with(most)) {
            let error = with(value).validate().unwrap_err().to_string();
            assert!(error.starts_with(name), "{name} {value}: {error}");
            assert!(ChainParams::decode(with(value).encode()).is_err());
        }
    }
}

type ChangeAmount = fn(&mut ChainParams, Amount);

/// An amount, how to set it, and its least and greatest legal value in tokens (0 for one unit).
const AMOUNTS: [(&str, u128, u64, ChangeAmount); 17] = [
    ("energy.provider_stake", 1, 1_000_000_000, |params, amount| {
        params.energy.provider_stake = amount;
    }),
    ("energy.stake_per_kw", 0, 1_000_000, |params, amount| params.energy.stake_per_kw = amount),
    ("energy.oracle_stake", 1, 1_000_000_000, |params, amount| {
        params.energy.oracle_stake = amount;
    }),
    ("energy.dispute_bond", 0, 1_000_000, |params, amount| params.energy.dispute_bond = amount),
    ("compute.min_stake", 1, 1_000_000_000, |params, amount| params.compute.min_stake = amount),
    ("compute.dispute_bond", 0, 1_000_000, |params, amount| params.compute.dispute_bond = amount),
    ("compute.plant_bounty", 0, 1_000, |params, amount| params.compute.plant_bounty = amount),
    ("treasury.grant_limit", 0, 1_000_000_000, |params, amount| {
        params.treasury.grant_limit = amount;
    }),
    ("governance.deposit", 1, 1_000_000, |params, amount| params.governance.deposit = amount),
    ("staking.min_validator_stake", 1, 1_000_000_000, |params, amount| {
        params.staking.min_validator_stake = amount;
    }),
    ("staking.min_delegation", 1, 1_000_000_000, |params, amount| {
        params.staking.min_delegation = amount;
    }),
    ("emission.schedule.initial", 0, 1_000_000, |params, initial| {
        params.emission.schedule = Schedule::Halving { initial, period: 1 };
    }),
    ("emission.validator_cap", 0, 1_000_000, |params, amount| {
        params.emission.validator_cap = amount;
    }),
    ("emission.miner_cap", 0, 1_000_000, |params, amount| params.emission.miner_cap = amount),
    ("emission.miner_pool_cap", 0, 1_000_000_000, |params, amount| {
        params.emission.miner_pool_cap = amount;
    }),
    ("slashing.unjail_fee", 0, 1_000_000, |params, amount| params.slashing.unjail_fee = amount),
    ("registry.node_allowance", 0, 1_000, |params, amount| {
        params.registry.node_allowance = amount;
    }),
];

#[test]
fn amounts_are_legal_to_their_bounds_and_no_further() {
    for (name, least, most, set) in AMOUNTS {
        let with = |units| {
            let mut params = ChainParams::devnet();
            set(&mut params, Amount::new(units));
            params
        };
        let most = tokens(most).units();
        for units in [least, most] {
            assert_eq!(with(units).validate(), Ok(()), "{name} {units}");
            assert_eq!(ChainParams::decode(with(units).encode()).unwrap(), with(units));
        }
        for units in [least.checked_sub(1), Some(most + 1)].into_iter().flatten() {
            let error = with(units).validate().unwrap_err().to_string();
            assert!(error.starts_with(name), "{name} {units}: {error}");
            assert!(ChainParams::decode(with(units).encode()).is_err());
        }
    }
}

#[test]
fn a_cap_that_only_equal_validators_could_keep_gives_way_to_an_equal_share_and_some_slack() {
    let staking = ChainParams::devnet().staking;
    let caps = [0, 4, 5, 6, 100].map(|members| staking.cap_among(members).map(Ppm::get));
    assert_eq!(caps, [None, None, Some(220_000), Some(200_000), Some(200_000)]);
    let narrow = StakingParams { power_cap: ppm(10_000), power_cap_from: 2, ..staking };
    let caps = [1, 2, 3, 100].map(|members| narrow.cap_among(members).map(Ppm::get));
    assert_eq!(caps, [None, Some(550_000), Some(366_666), Some(11_000)]);
    // Together they may always hold more than there is.
    let least = StakingParams { power_cap_slack: ppm(10_000), ..narrow };
    assert!((2..=100).all(|n| u64::from(least.cap_among(n).unwrap().get()) * n > 1_000_000));
}

#[test]
fn a_shape_of_the_prices_has_legal_sides_and_stands_there_once() {
    let with = |change: fn(&mut Vec<Price>)| {
        let mut params = ChainParams::devnet();
        let mut prices = params.compute.prices.to_vec();
        change(&mut prices);
        params.compute.prices = Prices::new(prices).unwrap();
        params.validate().map_err(|error| error.to_string())
    };
    assert_eq!(with(|prices| prices.truncate(1)), Ok(()));
    type Change = fn(&mut Vec<Price>);
    let refused: [(Change, &str); 6] = [
        (Vec::clear, "from 1 to 32, not 0"),
        (|prices| prices.push(prices[0]), "from 0 to 0, not 1"),
        (|prices| prices[0].shape.m = 320 + 1, "a multiple of 64, not 321"),
        (|prices| prices[0].shape.n = 320, "a multiple of 256, not 320"),
        (|prices| prices[0].shape.k = 16_448, "from 256 to 16384, not 16448"),
        (|prices| prices[0].difficulty_ppm = 10_000_001, "from 1 to 10000000, not 10000001"),
    ];
    for (change, rule) in refused {
        let error = with(change).unwrap_err();
        assert!(error.starts_with("compute.prices") && error.ends_with(rule), "{error}");
    }
}

#[test]
fn benchmarks_have_whole_tiles_and_shares_of_a_price_are_at_most_the_whole() {
    let mut params = ChainParams::devnet();
    params.compute.benchmark_size = 300;
    assert!(params.validate().unwrap_err().to_string().contains("a multiple of 256, not 300"));
    let mut params = ChainParams::devnet();
    params.compute.worker_share = ppm(900_001);
    let error = params.validate().unwrap_err().to_string();
    assert!(error.starts_with("compute.validator_share must be from 0 to 99999"), "{error}");
}

#[test]
fn every_preset_is_legal_and_the_same_in_json_and_in_bytes() {
    for params in [ChainParams::devnet(), ChainParams::testnet(), ChainParams::mainnet()] {
        assert_eq!(params.validate(), Ok(()));
        assert_eq!(ChainParams::decode(params.encode()).unwrap(), params);
        let text = serde_json::to_string(&params).unwrap();
        assert_eq!(serde_json::from_str::<ChainParams>(&text).unwrap(), params);
    }
}

#[test]
fn an_unknown_parameter_is_refused_by_name() {
    for module in ["staking", "emission", "slashing", "registry", "fee_split"] {
        let mut json = serde_json::to_value(ChainParams::devnet()).unwrap();
        json[module]["surprise"] = 1.into();
        let error = serde_json::from_value::<ChainParams>(json).unwrap_err().to_string();
        assert!(error.contains("surprise"), "{error}");
    }
}

/// Every parameter with its value as the table writes it, in the order of the file.
fn leaves(prefix: &str, value: &serde_json::Value, out: &mut Vec<(String, String)>) {
    let text = match value {
        serde_json::Value::Object(map) if map.contains_key("type") => schedule(value),
        serde_json::Value::Object(map) if map.contains_key("blocks") => period(value),
        serde_json::Value::Object(map) => {
            for (name, value) in map {
                let dot = if prefix.is_empty() { "" } else { "." };
                leaves(&format!("{prefix}{dot}{name}"), value, out);
            }
            return;
        }
        serde_json::Value::Array(shapes) => format!("{} shapes", shapes.len()),
        serde_json::Value::String(units) => cpc(units.parse().unwrap()),
        value => digits(&value.to_string()),
    };
    out.push((prefix.to_owned(), text));
}

fn cpc(amount: Amount) -> String {
    format!("{} CPC", digits(&amount.to_tokens()))
}

/// With a comma between thousands.
fn digits(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let groups: Vec<&str> = whole.as_bytes().rchunks(3).rev().map(as_text).collect();
    groups.join(",") + rest
}

fn as_text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn period(value: &serde_json::Value) -> String {
    let Period { blocks, ms } = serde_json::from_value(value.clone()).unwrap();
    match (blocks, ms) {
        (blocks, 0) => format!("{} blocks", digits(&blocks.to_string())),
        (0, ms) if ms % Period::DAY_MS == 0 => match ms / Period::DAY_MS {
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        },
        (0, Period::HOUR_MS) => "1 hour".to_owned(),
        (0, ms) if ms % Period::HOUR_MS == 0 => format!("{} hours", ms / Period::HOUR_MS),
        (blocks, ms) => format!("{blocks} blocks and {ms} ms"),
    }
}

fn schedule(value: &serde_json::Value) -> String {
    match serde_json::from_value(value.clone()).unwrap() {
        Schedule::Halving { initial, period } => {
            format!("`halving`: {}, {} blocks", cpc(initial), digits(&period.to_string()))
        }
        Schedule::TargetApr { start, step, floor } => {
            let [start, step, floor] =
                [start, step, floor].map(|part| digits(&part.get().to_string()));
            format!("`target-apr`: {start}, {step}, {floor}")
        }
    }
}

/// The rows of the tables of `docs/parameters.md` whose first cell is a name in code style.
fn documented() -> Vec<(String, [String; 3])> {
    let text = include_str!("../../../docs/parameters.md");
    let row = |line: &str| {
        let cells: Vec<String> = line.split('|').map(|cell| cell.trim().to_owned()).collect();
        let [_, name, _, _, devnet, testnet, mainnet, _] = cells.try_into().ok()?;
        let as_above = |cell: String| if cell == "same" { devnet.clone() } else { cell };
        let values = [devnet.clone(), as_above(testnet), as_above(mainnet)];
        Some((name.trim_matches('`').to_owned(), values))
    };
    text.lines().filter(|line| line.starts_with("| `")).filter_map(row).collect()
}

#[test]
fn the_table_of_parameters_says_what_the_presets_are() {
    let presets = [ChainParams::devnet(), ChainParams::testnet(), ChainParams::mainnet()];
    let all = presets.map(|params| {
        let mut out = Vec::new();
        leaves("", &serde_json::to_value(params).unwrap(), &mut out);
        out
    });
    let documented = documented();
    for (position, (name, devnet)) in all[0].iter().enumerate() {
        let row = documented.iter().find(|(documented, _)| documented == name);
        let (_, cells) = row.unwrap_or_else(|| panic!("{name} is not in docs/parameters.md"));
        let value = |preset: usize| all[preset][position].1.as_str();
        let expected = [devnet.as_str(), value(1), value(2)];
        assert_eq!(cells.each_ref().map(String::as_str), expected, "{name}");
    }
    assert_eq!(documented.len(), all[0].len(), "a row of docs/parameters.md is no parameter");
}
