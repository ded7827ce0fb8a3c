//! Every parameter that a proposal can change: its name, its type, who decides about it, and what it
//! is.

use super::{ChainParams, FeeSplit, Schedule};
use crate::{
    Amount, Gas, GasPrice, Period, Ppm, codec::byte_enum, governance::Houses, tagged_enum,
};
use serde::{Deserialize, Serialize};

tagged_enum! {
    /// The value of a parameter.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
    pub enum ParameterValue {
        /// A whole number.
        0x0001 "number" Number {
            /// The number, in the unit of the parameter.
            value: u64,
        },
        /// Money.
        0x0002 "amount" Amount {
            /// In base units.
            value: Amount,
        },
        /// A part of a whole.
        0x0003 "part" Part {
            /// In parts per million.
            value: Ppm,
        },
        /// A length of time.
        0x0004 "period" Period {
            /// Blocks and time, both of which must pass.
            value: Period,
        },
        /// How fees are split.
        0x0005 "fee-split" FeeSplit {
            /// Four parts of a whole.
            value: FeeSplit,
        },
        /// How much is emitted.
        0x0006 "schedule" Schedule {
            /// The schedule.
            value: Schedule,
        },
    }
}

byte_enum! {
    /// What a parameter is about, which says who decides.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Area {
        /// How the network runs: the validators decide.
        0 "network" Network,
        /// Money: those who stake decide.
        1 "economy" Economy,
        /// How decisions are made: both houses decide.
        2 "governance" Governance,
    }
}

impl Area {
    /// Who decides.
    pub const fn houses(self) -> Houses {
        match self {
            Self::Network => Houses::VALIDATORS,
            Self::Economy => Houses::STAKE,
            Self::Governance => Houses::BOTH,
        }
    }
}

/// A parameter that a proposal can change.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name, for example `staking.min_delegation`.
    pub name: &'static str,
    /// What it is about.
    pub area: Area,
    /// A sentence with its unit.
    pub about: &'static str,
    get: fn(&ChainParams) -> ParameterValue,
    set: fn(&mut ChainParams, ParameterValue) -> bool,
}

impl Parameter {
    /// The parameter of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        PARAMETERS.iter().find(|parameter| parameter.name == name)
    }

    /// Its value.
    pub fn get(&self, params: &ChainParams) -> ParameterValue {
        (self.get)(params)
    }

    /// Changes it, without checking bounds. Returns whether the value is of its type.
    pub fn set(&self, params: &mut ChainParams, value: ParameterValue) -> bool {
        (self.set)(params, value)
    }
}

/// A type of parameters.
trait Value: Sized {
    fn wrap(&self) -> ParameterValue;
    fn unwrap(value: ParameterValue) -> Option<Self>;
}

macro_rules! values {
    ($( $ty:ty => $variant:ident ($from:expr, $to:expr) ),* $(,)?) => {
        $(
            impl Value for $ty {
                fn wrap(&self) -> ParameterValue {
                    let value = ($from)(*self);
                    ParameterValue::$variant { value }
                }
                fn unwrap(value: ParameterValue) -> Option<Self> {
                    match value {
                        ParameterValue::$variant { value } => Some(($to)(value)),
                        _ => None,
                    }
                }
            }
        )*
    };
}

const fn same<T: Copy>(value: T) -> T {
    value
}

values! {
    u64 => Number(same, same),
    Gas => Number(Gas::get, Gas::new),
    GasPrice => Number(GasPrice::get, GasPrice::new),
    Amount => Amount(same, same),
    Ppm => Part(same, same),
    Period => Period(same, same),
    FeeSplit => FeeSplit(same, same),
    Schedule => Schedule(same, same),
}

macro_rules! parameters {
    ($( $area:ident { $( $name:literal $($field:ident).+ : $about:literal; )* } )*) => {
        /// Every parameter, by area. `epoch_length` is none of them: it never changes. Nor is
        /// `compute.prices`: proposals of their own kind change it as a whole.
        pub const PARAMETERS: &[Parameter] = &[$( $(
            Parameter {
                name: $name,
                area: Area::$area,
                about: $about,
                get: |params| Value::wrap(&params.$($field).+),
                set: |params, value| match Value::unwrap(value) {
                    Some(value) => {
                        params.$($field).+ = value;
                        true
                    }
                    None => false,
                },
            },
        )* )*];
    };
}

parameters! {
    Network {
        "idle_interval_ms" idle_interval_ms: "time between blocks when there is nothing to do, in milliseconds";
        "busy_interval_ms" busy_interval_ms: "shortest time between two blocks under load, in milliseconds";
        "block_gas_limit" block_gas_limit: "most gas in one block";
        "max_block_bytes" max_block_bytes: "most bytes of transactions in one block";
        "max_validity_blocks" max_validity_blocks: "blocks ahead that valid_until may lie";
        "staking.max_validators" staking.max_validators: "most validators in the active set";
        "staking.max_candidates" staking.max_candidates: "most registered validators";
        "slashing.max_consecutive_misses" slashing.max_consecutive_misses: "proposals missed in a row that lead to jail";
        "slashing.min_score" slashing.min_score: "least part of its proposals that an active validator must make";
        "slashing.min_due" slashing.min_due: "proposals that must have been due before min_score counts";
        "slashing.score_window" slashing.score_window: "epochs that the score looks back";
        "slashing.evidence_epochs" slashing.evidence_epochs: "past epochs of which evidence is accepted";
        "registry.heartbeat_interval_ms" registry.heartbeat_interval_ms: "from one heartbeat to the next, in milliseconds";
        "registry.score_slots" registry.score_slots: "heartbeats that the registry score looks back";
    }
    Economy {
        "min_gas_price" min_gas_price: "lowest gas price that is accepted, in base units a gas";
        "fee_split" fee_split: "how fees are split between proposer, stakers, treasury and fire";
        "staking.min_validator_stake" staking.min_validator_stake: "least own stake of a validator";
        "staking.min_delegation" staking.min_delegation: "least amount of one delegation";
        "staking.max_validators_per_delegator" staking.max_validators_per_delegator: "most validators that one account delegates to";
        "staking.power_cap" staking.power_cap: "most of all stake that one validator may hold";
        "staking.power_cap_from" staking.power_cap_from: "members of the active set from which the cap holds";
        "staking.power_cap_slack" staking.power_cap_slack: "part of an equal share that one of few validators may hold above it";
        "staking.unbonding" staking.unbonding: "from undelegation to payment";
        "staking.max_unbonding_per_epoch" staking.max_unbonding_per_epoch: "part of an active validator's stake that may leave in an epoch";
        "staking.max_commission" staking.max_commission: "highest commission";
        "staking.max_commission_step" staking.max_commission_step: "largest rise of a commission at a time";
        "staking.commission_cooldown" staking.commission_cooldown: "from one change of a commission to the announcement of the next";
        "staking.commission_announcement" staking.commission_announcement: "from the announcement of a commission to the epoch end that applies it";
        "emission.schedule" emission.schedule: "how much is emitted";
        "emission.validator_share" emission.validator_share: "part of the emission that goes to validators and delegators";
        "emission.validator_cap" emission.validator_cap: "most that validators and delegators earn by emission for one block";
        "emission.miner_cap" emission.miner_cap: "most that the miner pool earns by emission for one block";
        "emission.miner_pool_cap" emission.miner_pool_cap: "most that the miner pool carries over the end of an epoch";
        "slashing.first_jail" slashing.first_jail: "part of the stake that the first jail costs";
        "slashing.second_jail" slashing.second_jail: "part of the stake that the second jail costs";
        "slashing.third_jail" slashing.third_jail: "part of the stake that the third jail and any later one costs";
        "slashing.ejecting_jail" slashing.ejecting_jail: "the jail that ejects a validator for good";
        "slashing.equivocation" slashing.equivocation: "part of the stake that a proven contradiction costs";
        "slashing.reporter_reward" slashing.reporter_reward: "part of what evidence takes that goes to who reported it";
        "slashing.jail" slashing.jail: "how long jail lasts";
        "slashing.unjail_fee" slashing.unjail_fee: "what it costs to leave jail earlier";
        "slashing.jailed_unstake_penalty" slashing.jailed_unstake_penalty: "part of own stake that is burned when it is withdrawn in jail";
        "registry.node_allowance" registry.node_allowance: "what a validator that registers gives its node's account";
    }
    Economy {
        "treasury.grant_limit" treasury.grant_limit: "both houses decide about disbursements above this";
        "treasury.batch" treasury.batch: "steps of disbursements in one block";
        "treasury.max_pending" treasury.max_pending: "most disbursements that are accepted and not over";
        "treasury.max_age" treasury.max_age: "how long an accepted disbursement may wait for its execution";
        "treasury.rollback_window" treasury.rollback_window: "how long an executed disbursement can be rolled back";
        "treasury.retry" treasury.retry: "from one attempt to pay what the treasury cannot to the next";
        "treasury.stall_pending" treasury.stall_pending: "more disbursements that wait are a backlog";
        "treasury.stall_epochs" treasury.stall_epochs: "a backlog for more epochs is a stall";
        "treasury.penalty_share" treasury.penalty_share: "part of slashes and penalties that goes to the treasury instead of fire";
    }
    Governance {
        "governance.deposit" governance.deposit: "what a proposal costs until it is decided";
        "governance.max_open" governance.max_open: "most proposals at a time";
        "governance.max_open_per_account" governance.max_open_per_account: "most proposals of one account at a time";
        "governance.quorum" governance.quorum: "part of all stake that must take part";
        "governance.veto" governance.veto: "part of a house that rejects a proposal as harmful";
        "governance.forfeit_no_quorum" governance.forfeit_no_quorum: "part of the deposit that a proposal without a quorum costs";
        "governance.cancel_fee" governance.cancel_fee: "part of the deposit that taking a proposal back costs";
        "governance.min_uptime" governance.min_uptime: "least uptime of a validator that votes in the house of validators";
        "governance.optional.threshold" governance.optional.threshold: "part of all validators that must be for it to offer something";
        "governance.optional.voting" governance.optional.voting: "how long is voted on what is offered";
        "governance.optional.delay" governance.optional.delay: "from the vote on what is offered to its enactment";
        "governance.standard.threshold" governance.standard.threshold: "part that must be for a standard proposal";
        "governance.standard.voting" governance.standard.voting: "how long a standard proposal is voted on";
        "governance.standard.delay" governance.standard.delay: "from the vote on a standard proposal to its enactment";
        "governance.important.threshold" governance.important.threshold: "part that must be for an important proposal";
        "governance.important.voting" governance.important.voting: "how long an important proposal is voted on";
        "governance.important.delay" governance.important.delay: "from the vote on an important proposal to its enactment";
        "governance.critical.threshold" governance.critical.threshold: "part that must be for a critical proposal";
        "governance.critical.voting" governance.critical.voting: "how long a critical proposal is voted on";
        "governance.critical.delay" governance.critical.delay: "from the vote on a critical proposal to its enactment";
        "upgrade.min_ready" upgrade.min_ready: "part of the validators whose nodes must know the rules of an upgrade when it is due";
        "upgrade.patience" upgrade.patience: "how often an upgrade that too few are ready for is put off";
        "safety.call" safety.call: "how long a call of the safety override waits for approvals";
        "safety.ratification" safety.ratification: "how long what the override or an emergency changed holds without being ratified";
        "safety.max_pause" safety.max_pause: "longest pause of the treasury";
        "safety.threshold" safety.threshold: "part of all validators that lets something happen in an emergency";
        "safety.voting" safety.voting: "how long is voted in an emergency";
    }
    Network {
        "compute.beacon_delay" compute.beacon_delay: "blocks from what is bound to the randomness that judges it";
        "compute.committee" compute.committee: "validators that check a result";
        "compute.samples" compute.samples: "rows of a batch that all members of a committee check";
        "compute.own_samples" compute.own_samples: "rows of a batch that each member checks besides";
        "compute.max_verifying" compute.max_verifying: "most results that await votes at a time";
        "compute.vote_window" compute.vote_window: "how long a committee has";
        "compute.dispute_window" compute.dispute_window: "how long an accepted result can be proven wrong";
        "compute.base_time" compute.base_time: "time that every task has besides what its size needs";
        "compute.unit_time_us" compute.unit_time_us: "time of a unit of work on a graphics processor, in microseconds";
        "compute.cpu_unit_time_us" compute.cpu_unit_time_us: "time of a unit of work on a processor, in microseconds";
        "compute.max_units" compute.max_units: "most units of work of one batch";
        "compute.max_attempts" compute.max_attempts: "workers that may try a paid task";
        "compute.open_time" compute.open_time: "how long a paid task waits for a worker";
        "compute.retention" compute.retention: "how long the record of a task that is over stays";
        "compute.due_per_block" compute.due_per_block: "tasks that a block moves on by itself";
        "compute.max_open_per_device" compute.max_open_per_device: "most tasks of a device at a time";
        "compute.min_score" compute.min_score: "least attestation points of a graphics processor";
        "compute.min_memory_mib" compute.min_memory_mib: "least memory of a graphics processor, in MiB";
        "compute.min_performance" compute.min_performance: "least performance of a graphics processor, in milli-TFLOPS";
        "compute.attestation" compute.attestation: "how long an attestation counts";
        "compute.spot_check" compute.spot_check: "how often a device must be measured when it takes a task";
        "compute.max_variance" compute.max_variance: "change of a device's performance from which on it is flagged";
        "compute.benchmark_size" compute.benchmark_size: "side of the matrices of a benchmark of a graphics processor";
        "compute.benchmark_count" compute.benchmark_count: "products of a benchmark of a graphics processor";
        "compute.benchmark_latency_ms" compute.benchmark_latency_ms: "what blocks and messages take of the time of a benchmark, in milliseconds";
        "compute.cpu_benchmark_size" compute.cpu_benchmark_size: "side of the matrices of a benchmark of a processor";
    }
    Economy {
        "compute.min_stake" compute.min_stake: "least stake of a worker";
        "compute.unbonding" compute.unbonding: "from a worker's wish to leave to the payment of its stake";
        "compute.wrong_slash" compute.wrong_slash: "part of its stake that a wrong result costs a worker";
        "compute.prover_share" compute.prover_share: "part of it that goes to who proved it";
        "compute.max_strikes" compute.max_strikes: "wrong results that ban a worker";
        "compute.dispute_bond" compute.dispute_bond: "what it costs to dispute a result that is right";
        "compute.worker_share" compute.worker_share: "part of a task's price that goes to the worker";
        "compute.validator_share" compute.validator_share: "part of a task's price that goes to those who checked the result";
        "compute.plant_rate" compute.plant_rate: "part of the results for the network that workers plant";
        "compute.plant_bounty" compute.plant_bounty: "what the proof that a planted result is wrong earns";
        "compute.claim_epochs" compute.claim_epochs: "epochs for which a worker can claim its part of the miners' pool";
        "compute.cpu_tier" compute.cpu_tier: "what the work of a processor counts; with none, processors get no work";
    }
    Network {
        "energy.clock_skew_s" energy.clock_skew_s: "most seconds between the time that a meter signed and that of the block";
        "energy.max_age_s" energy.max_age_s: "oldest interval that is taken, in seconds; 0 for any";
        "energy.timely_s" energy.timely_s: "seconds from the end of an interval after which its reading is late";
        "energy.slot_s" energy.slot_s: "length of a slot of the market, in seconds";
        "energy.clear_delay_s" energy.clear_delay_s: "seconds from the end of a slot to its clearing";
        "energy.ahead_s" energy.ahead_s: "how far ahead energy can be offered and ordered, in seconds";
        "energy.stale_s" energy.stale_s: "age of a last value from which on it is stale, in seconds";
        "energy.dispute_window" energy.dispute_window: "how long a reading or a sale can be disputed";
        "energy.dispute_epochs" energy.dispute_epochs: "epochs within which a dispute must be decided";
        "energy.key_cooldown" energy.key_cooldown: "how long a meter must have been revoked before it gets a key without the old one's consent";
        "energy.max_meters" energy.max_meters: "most meters of a provider";
        "energy.max_pending" energy.max_pending: "undecided readings of a provider of the best reputation";
        "energy.rate_window" energy.rate_window: "length of a window of rates, in blocks";
        "energy.provider_rate" energy.provider_rate: "messages of a provider in a window";
        "energy.oracle_rate" energy.oracle_rate: "messages of an oracle in a window";
        "energy.admin_rate" energy.admin_rate: "messages of an admin in a window";
        "energy.memory" energy.memory: "part of what is known about a provider that an epoch leaves";
        "energy.prior_good" energy.prior_good: "good observations that a provider begins with";
        "energy.prior_bad" energy.prior_bad: "bad observations that a provider begins with";
        "energy.due_per_block" energy.due_per_block: "units of work that a block does by itself";
    }
    Economy {
        "energy.provider_stake" energy.provider_stake: "least stake of a provider of the best reputation";
        "energy.stake_per_kw" energy.stake_per_kw: "what each kW of capacity adds to it";
        "energy.oracle_stake" energy.oracle_stake: "least stake of an oracle";
        "energy.unbonding" energy.unbonding: "from the wish to leave to the payment of a stake";
        "energy.fee" energy.fee: "part of every sale that goes to the treasury";
        "energy.dispute_bond" energy.dispute_bond: "what it costs to dispute something that is right";
        "energy.dispute_fee" energy.dispute_fee: "part of a bond that goes to the treasury when a dispute is not decided in time";
        "energy.quorum_slash" energy.quorum_slash: "part of its stake that a refused reading costs a provider";
        "energy.conflict_slash" energy.conflict_slash: "part of its stake that an upheld dispute costs a provider";
        "energy.oracle_slash" energy.oracle_slash: "part of its stake that an oracle loses which agreed with what was false";
        "energy.dispute_reward" energy.dispute_reward: "part of what a dispute costs others that goes to who opened it";
        "energy.min_trade_wh" energy.min_trade_wh: "least energy of an offer, an order or a tariff, in Wh";
        "energy.credit_life_s" energy.credit_life_s: "time after which energy that nobody bought is gone, in seconds";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_value_fits_its_own_parameter_and_comes_back() {
        let (devnet, mainnet) = (ChainParams::devnet(), ChainParams::mainnet());
        let mut changed = devnet.clone();
        for parameter in PARAMETERS {
            assert!(parameter.set(&mut changed, parameter.get(&mainnet)), "{}", parameter.name);
            assert_eq!(parameter.get(&changed), parameter.get(&mainnet), "{}", parameter.name);
        }
        changed.epoch_length = mainnet.epoch_length;
        changed.compute.prices = mainnet.compute.prices.clone();
        assert_eq!(changed, mainnet);
        assert_ne!(changed, devnet);
    }

    #[test]
    fn a_value_of_another_type_changes_nothing() {
        let mut params = ChainParams::devnet();
        for parameter in PARAMETERS {
            for value in [
                ParameterValue::Number { value: 7 },
                ParameterValue::Period { value: Period::blocks(7) },
            ] {
                let before = params.clone();
                let same = value.tag() == parameter.get(&params).tag();
                assert_eq!(parameter.set(&mut params, value), same, "{}", parameter.name);
                if !same {
                    assert_eq!(params, before);
                }
            }
        }
    }

    #[test]
    fn every_field_of_the_record_but_the_epoch_length_and_the_prices_is_listed_once() {
        fn leaves(prefix: &str, value: &serde_json::Value, out: &mut BTreeSet<String>) {
            let grouped = |map: &serde_json::Map<String, serde_json::Value>| {
                !map.contains_key("type")
                    && !map.contains_key("blocks")
                    && !map.contains_key("proposer")
            };
            match value {
                serde_json::Value::Object(map) if grouped(map) => {
                    for (name, value) in map {
                        let dot = if prefix.is_empty() { "" } else { "." };
                        leaves(&format!("{prefix}{dot}{name}"), value, out);
                    }
                }
                _ => assert!(out.insert(prefix.to_owned())),
            }
        }
        let mut fields = BTreeSet::new();
        leaves("", &serde_json::to_value(ChainParams::devnet()).unwrap(), &mut fields);
        for unlisted in ["epoch_length", "compute.prices"] {
            assert!(fields.remove(unlisted));
        }
        let listed: BTreeSet<String> =
            PARAMETERS.iter().map(|parameter| parameter.name.to_owned()).collect();
        assert_eq!((listed.len(), &listed), (PARAMETERS.len(), &fields));
    }
}
