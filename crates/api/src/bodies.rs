//! What callers send, field by field: the source of the JSON Schemas. Handlers read the types of the
//! chain itself; a test keeps both in step.

mod compute;
mod energy;

pub use compute::{
    CreateTaskBody, DriverBody, ModelBody, OperandsBody, PriceBody, RateBody, RegisterWorkerBody,
    ShapeBody, TakeWorkBody, UpdateWorkerBody, WhitelistChangeBody,
};
pub use energy::{EnergySettlementBody, OracleChangeBody, ScopesBody};

use althing_types::message::SubmitProposal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much depends on a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CriticalityBody {
    /// Each validator's own choice.
    Optional,
    /// The common case.
    Standard,
    /// More must agree, and it takes longer.
    Important,
    /// Nearly all must agree.
    Critical,
    /// At once, and only for a while.
    Emergency,
}

/// Something that is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalBody {
    /// `submit-proposal`, or nothing.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^submit-proposal$")]
    pub kind: Option<String>,
    /// A line for people, at most 140 bytes.
    #[schema(min_length = 1, max_length = 140)]
    pub title: String,
    /// Why; at most 2,000 bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 2000)]
    pub summary: String,
    /// Where more stands; at most 280 bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 280)]
    pub link: String,
    /// How much depends on it.
    pub criticality: CriticalityBody,
    /// What happens if it is accepted.
    pub action: ActionBody,
}

/// What happens if a proposal is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ActionBody {
    /// Nothing: the vote is what it is about.
    Text {},
    /// Parameters of the chain change.
    Parameters {
        /// Which, from what, to what.
        #[schema(min_items = 1, max_items = 16)]
        changes: Vec<ChangeBody>,
    },
    /// The configuration of the network changes, or a variant of it is offered.
    Network {
        /// The version that is in force now.
        base: u64,
        /// What the configuration will be.
        spec: NetworkSpecBody,
        /// Who runs it first; without this, everybody at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rollout: Option<RolloutBody>,
    },
    /// Money leaves the treasury.
    Treasury {
        /// Who is paid what, and when.
        #[schema(min_items = 1, max_items = 32)]
        payments: Vec<PaymentBody>,
        /// Disbursements that must be executed before, by the numbers of their proposals.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schema(max_items = 100)]
        deps: Vec<u64>,
        /// What it is for.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        memo: String,
    },
    /// The rules of the chain become those of a later version.
    Upgrade {
        /// Which, such as `1.1.0`.
        version: String,
        /// The height from which on they hold; without one, the first that is possible.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        height: Option<u64>,
        /// Where the software that knows them is found.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        notes: String,
        /// SHA-256 of that software, hex, if it is one file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
    },
    /// An upgrade that is planned will not happen.
    UpgradeCancel {
        /// To which version.
        version: String,
    },
    /// A disbursement that is not final is rolled back.
    TreasuryRollback {
        /// The number of its proposal.
        disbursement: u64,
        /// The part of each payment not made that its recipient gets, in parts per million.
        #[schema(maximum = 1_000_000)]
        compensation: u32,
    },
    /// Nearly all validators let something happen at once.
    Emergency {
        /// What.
        order: OrderBody,
    },
    /// The safety override gets other rules, or is abolished for good.
    SafetyRules {
        /// The rules; without them there is no override any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rules: Option<SafetyRulesBody>,
    },
    /// What the safety override or an emergency changed stays.
    Ratify {
        /// The number of the change.
        change: u64,
        /// What it is about, such as `pause-treasury`.
        order: String,
    },
    /// The lists of drivers and models of devices change.
    ComputeWhitelist {
        /// What is added and removed.
        change: WhitelistChangeBody,
    },
    /// Other shapes of work earn credit.
    ComputePrices {
        /// All of them, from then on.
        #[schema(min_items = 1, max_items = 32)]
        prices: Vec<PriceBody>,
    },
    /// Readings are attested and energy is sold by other rules.
    EnergySettlement {
        /// The rules.
        settlement: EnergySettlementBody,
    },
    /// An oracle gets another weight, or none.
    EnergyOracle {
        /// Its account, which has staked for it.
        oracle: String,
        /// What happens to it.
        change: OracleChangeBody,
    },
    /// An account may look after the market of energy, or may no more.
    EnergyAdmin {
        /// Which.
        account: String,
        /// What it may do; without any, its role ends.
        scopes: ScopesBody,
        /// The first height at which it may no more.
        expires: u64,
    },
}

/// What the safety override, or nearly all validators in an emergency, can do at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum OrderBody {
    /// A proposal is taken off the agenda.
    CancelProposal {
        /// Its number.
        proposal: u64,
    },
    /// A configuration of the network is taken back.
    RollbackSpec {
        /// Its version.
        version: u64,
    },
    /// The network gets another configuration.
    SetSpec {
        /// The version that is in force now.
        base: u64,
        /// What the configuration will be.
        spec: NetworkSpecBody,
    },
    /// The treasury pays nothing for a while.
    PauseTreasury {
        /// For how long.
        period: PeriodBody,
    },
    /// A disbursement is rolled back.
    RollbackDisbursement {
        /// Its number.
        disbursement: u64,
    },
    /// An upgrade that is planned will not happen.
    CancelUpgrade {
        /// To which version.
        version: String,
    },
}

/// Who holds the safety override, and within which limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SafetyRulesBody {
    /// The members.
    #[schema(min_items = 1, max_items = 16)]
    pub members: Vec<String>,
    /// How many of them must approve.
    #[schema(minimum = 1, maximum = 16)]
    pub needed: u32,
    /// Kinds of orders, such as `pause-treasury`.
    #[schema(min_items = 1, max_items = 6)]
    pub allowed: Vec<String>,
    /// How often it may be used; without this, without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// From one use to the next; without this, nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown: Option<PeriodBody>,
}

/// A version of the configuration of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpecBody {
    /// Nodes to begin with, each key once.
    #[schema(min_items = 1, max_items = 64)]
    pub boot_nodes: Vec<BootNodeBody>,
    /// The oldest protocol that software should be able to run, such as `1.0.0`.
    #[schema(pattern = "^[0-9]+[.][0-9]+[.][0-9]+$")]
    pub min_version: String,
    /// What happens to software that is older.
    pub strictness: StrictnessBody,
    /// How much a node takes from others.
    pub limits: NetworkLimitsBody,
}

/// A node to begin with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BootNodeBody {
    /// Its key, hex.
    pub key: String,
    /// Where it is reached, `host:port`.
    pub endpoint: String,
}

/// What happens to software that is too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StrictnessBody {
    /// Nothing.
    Off,
    /// It is warned of.
    Soft,
    /// It is refused.
    Hard,
}

/// How much a node takes from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkLimitsBody {
    /// Most peers.
    #[schema(minimum = 8, maximum = 1000)]
    pub max_peers: u32,
    /// Most bytes that a peer may send in a second.
    #[schema(minimum = 1_048_576, maximum = 1_073_741_824)]
    pub gossip_bytes_per_second: u64,
}

/// How a version of the configuration reaches everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RolloutBody {
    /// The part of the validators that runs it first, in parts per million.
    #[schema(minimum = 10_000, maximum = 900_000)]
    pub first: u32,
    /// How long these are watched, at least.
    pub watch: PeriodBody,
    /// How healthy they must be, in parts per million.
    #[schema(minimum = 500_000, maximum = 1_000_000)]
    pub min_health: u32,
}

/// The choice of a version of the network's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptSpecBody {
    /// `adopt-spec`, or nothing.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^adopt-spec$")]
    pub kind: Option<String>,
    /// Key of the validator, hex.
    pub validator: String,
    /// The version.
    pub version: u64,
}

/// A parameter that is to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    /// Its name, for example `staking.min_delegation`.
    pub name: String,
    /// What it is now.
    pub from: ValueBody,
    /// What it will be.
    pub to: ValueBody,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ValueBody {
    /// A whole number.
    Number {
        /// In the unit of the parameter.
        value: u64,
    },
    /// Money.
    Amount {
        /// Base units.
        #[schema(pattern = "^[0-9]{1,39}$")]
        value: String,
    },
    /// A part of a whole.
    Part {
        /// Parts per million.
        #[schema(maximum = 1_000_000)]
        value: u32,
    },
    /// A length of time.
    Period {
        /// Blocks and time, both of which must pass.
        value: PeriodBody,
    },
    /// How fees are split.
    FeeSplit {
        /// Four parts of a whole.
        value: FeeSplitBody,
    },
    /// How much is emitted.
    Schedule {
        /// The schedule.
        value: ScheduleBody,
    },
}

/// Blocks and time, both of which must pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodBody {
    /// Blocks.
    #[schema(maximum = 1_000_000_000_u64)]
    pub blocks: u64,
    /// Milliseconds of block time.
    #[schema(maximum = 1_000_000_000_000_u64)]
    pub ms: u64,
}

/// How fees are split, in parts per million that add up to 1,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeeSplitBody {
    /// To the validator that proposed the block.
    pub proposer: u32,
    /// To those who stake.
    pub stakers: u32,
    /// To the treasury.
    pub treasury: u32,
    /// Burned.
    pub burn: u32,
}

/// How much is emitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ScheduleBody {
    /// New money for each block, half as much after each period.
    Halving {
        /// Base units a block at the start.
        initial: String,
        /// Blocks from one halving to the next.
        period: u64,
    },
    /// A yearly return, paid from the reserve of genesis.
    TargetApr {
        /// In the first year, in parts per million.
        start: u32,
        /// Less in each later year, in parts per million.
        step: u32,
        /// Never less, in parts per million.
        floor: u32,
    },
}

/// A payment out of the treasury.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentBody {
    /// Address of the recipient.
    pub to: String,
    /// Base units.
    #[schema(pattern = "^[0-9]{1,39}$")]
    pub amount: String,
    /// When, counted from the execution.
    #[serde(default, skip_serializing_if = "is_default")]
    pub milestone: PeriodBody,
}

fn is_default(period: &PeriodBody) -> bool {
    *period == PeriodBody::default()
}

/// A vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoteBody {
    /// `vote`, or nothing.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^vote$")]
    pub kind: Option<String>,
    /// Number of the proposal.
    pub proposal: u64,
    /// How the weight is divided, in parts per million that add up to 1,000,000.
    pub ballot: BallotBody,
    /// The validator whose vote it is, hex; the sender's own stake if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validator: Option<String>,
}

/// How a weight is divided, in parts per million that add up to 1,000,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BallotBody {
    /// For it.
    #[serde(skip_serializing_if = "is_zero")]
    pub yes: u32,
    /// Against it.
    #[serde(skip_serializing_if = "is_zero")]
    pub no: u32,
    /// Neither.
    #[serde(skip_serializing_if = "is_zero")]
    pub abstain: u32,
    /// Against it as harmful.
    #[serde(skip_serializing_if = "is_zero")]
    pub veto: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
const fn is_zero(part: &u32) -> bool {
    *part == 0
}

/// Something that an account wants to propose.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalRequest {
    /// Address of the account that proposes and pays the deposit.
    pub sender: String,
    /// What it proposes. The treasury takes actions `treasury` only.
    #[schema(value_type = ProposalBody)]
    pub proposal: SubmitProposal,
    /// Base units for one gas; the lowest that the chain takes if left out.
    pub gas_price: Option<u64>,
}

/// A step of a disbursement that somebody wants to send.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TreasuryStep {
    /// Address of the account that sends it.
    pub sender: String,
    /// The number of its proposal.
    pub disbursement: u64,
    /// Base units for one gas; the lowest that the chain takes if left out.
    pub gas_price: Option<u64>,
}

/// A rollback that somebody wants to propose.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TreasuryRollback {
    /// Address of the account that proposes and pays the deposit.
    pub sender: String,
    /// The number of the disbursement's proposal.
    pub disbursement: u64,
    /// The part of each payment not made that its recipient gets, in parts per million.
    #[serde(default)]
    #[schema(maximum = 1_000_000)]
    pub compensation: u32,
    /// A line for people; one that names the disbursement if left out.
    pub title: Option<String>,
    /// Why.
    #[serde(default)]
    pub summary: String,
    /// Where more stands.
    #[serde(default)]
    pub link: String,
    /// `important` or `critical`; `important` if left out.
    pub criticality: Option<CriticalityBody>,
    /// Base units for one gas; the lowest that the chain takes if left out.
    pub gas_price: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{
        ChainParams, Payload,
        governance::{Action, Criticality},
        params::PARAMETERS,
    };
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn example(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_examples_read_the_same_by_the_chain_and_by_the_schemas() {
        for text in [
            include_str!("../../../examples/governance/compute_prices.json"),
            include_str!("../../../examples/governance/compute_whitelist.json"),
            include_str!("../../../examples/governance/energy_admin.json"),
            include_str!("../../../examples/governance/energy_oracle.json"),
            include_str!("../../../examples/governance/energy_settlement.json"),
            include_str!("../../../examples/governance/network_optional.json"),
            include_str!("../../../examples/governance/network_rollout.json"),
            include_str!("../../../examples/governance/parameter_change.json"),
            include_str!("../../../examples/governance/safety_abolish.json"),
            include_str!("../../../examples/governance/safety_emergency.json"),
            include_str!("../../../examples/governance/safety_ratify.json"),
            include_str!("../../../examples/governance/safety_rules.json"),
            include_str!("../../../examples/governance/treasury_disbursement.json"),
            include_str!("../../../examples/governance/treasury_rollback.json"),
            include_str!("../../../examples/governance/upgrade.json"),
            include_str!("../../../examples/governance/upgrade_cancel.json"),
        ] {
            let file = example(text);
            let body: ProposalBody = serde_json::from_value(file.clone()).unwrap();
            assert_eq!(serde_json::to_value(&body).unwrap(), file);
            let payload: Payload = serde_json::from_value(file).unwrap();
            let written = serde_json::to_value(&payload).unwrap();
            let again: ProposalBody = serde_json::from_value(written).unwrap();
            assert_eq!(again, body);
        }
        let vote = example(include_str!("../../../examples/governance/vote.json"));
        let body: VoteBody = serde_json::from_value(vote.clone()).unwrap();
        assert_eq!(serde_json::to_value(&body).unwrap(), vote);
        let adopt = example(include_str!("../../../examples/governance/network_adopt.json"));
        let body: AdoptSpecBody = serde_json::from_value(adopt.clone()).unwrap();
        assert_eq!(serde_json::to_value(&body).unwrap(), adopt);
        for file in [vote, adopt] {
            let payload: Payload = serde_json::from_value(file.clone()).unwrap();
            assert_eq!(serde_json::to_value(&payload).unwrap(), file);
        }
    }

    #[test]
    fn every_value_and_criticality_of_the_chain_has_a_body() {
        for params in [ChainParams::devnet(), ChainParams::mainnet()] {
            for parameter in PARAMETERS {
                let value = serde_json::to_value(parameter.get(&params)).unwrap();
                let body: ValueBody = serde_json::from_value(value.clone()).unwrap();
                assert_eq!(serde_json::to_value(&body).unwrap(), value, "{}", parameter.name);
            }
        }
        for level in Criticality::ALL {
            let value = serde_json::to_value(level).unwrap();
            assert!(serde_json::from_value::<CriticalityBody>(value).is_ok());
        }
    }

    #[test]
    fn every_action_of_the_chain_has_a_body() {
        use utoipa::PartialSchema as _;
        let schema = serde_json::to_value(ActionBody::schema()).unwrap().to_string();
        let names: BTreeSet<&str> = Action::NAMES.iter().map(|(_, name)| *name).collect();
        for name in names {
            assert!(schema.contains(&format!("[\"{name}\"]")), "{name} is not in {schema}");
        }
    }
}
