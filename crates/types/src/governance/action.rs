use super::{
    safety::{Order, OrderKind, SafetyRules},
    treasury::{Dependencies, Payments},
};
use crate::{
    Address, Hash, Height, List, Ppm, Text, Version,
    compute::{Prices, WhitelistChange},
    energy::{EnergySettlementPayload, OracleChange, Scopes},
    limits::{
        MAX_DISBURSEMENT_MEMO_BYTES, MAX_PARAMETER_CHANGES, MAX_PARAMETER_NAME_BYTES,
        MAX_UPGRADE_NOTES_BYTES,
    },
    network::{NetworkSpec, RolloutPlan},
    params::ParameterValue,
    struct_codec, tagged_enum,
};
use serde::{Deserialize, Serialize};

tagged_enum! {
    /// What happens when a proposal is enacted.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
    pub enum Action {
        /// Nothing: the vote is what it is about.
        0x0501 "text" Text {},
        /// Parameters of the chain change.
        0x0502 "parameters" Parameters {
            /// Which, from what, to what; 1 to 16 of them.
            changes: ParameterChanges,
        },
        /// The configuration of the network changes, or a variant of it is offered to those who
        /// want it.
        0x0503 "network" Network {
            /// The version that is in force now. If it is any other by then, nothing happens.
            base: u64,
            /// What the configuration will be.
            spec: NetworkSpec,
            /// Who runs it first; without this, everybody at once.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            rollout: Option<RolloutPlan>,
        },
        /// Money leaves the treasury.
        0x0504 "treasury" Treasury {
            /// Who is paid what, and when; 1 to 32 payments.
            payments: Payments,
            /// Disbursements that must be executed before, by the numbers of their proposals.
            #[serde(default)]
            deps: Dependencies,
            /// What it is for.
            #[serde(default)]
            memo: Text<MAX_DISBURSEMENT_MEMO_BYTES>,
        },
        /// The rules of the chain become those of a later version.
        0x0505 "upgrade" Upgrade {
            /// Which.
            version: Version,
            /// The height from which on they hold; without one, the first that is possible.
            #[serde(default)]
            height: Option<Height>,
            /// Where the software that knows them is found.
            #[serde(default)]
            notes: Text<MAX_UPGRADE_NOTES_BYTES>,
            /// SHA-256 of that software, if it is one file.
            #[serde(default, with = "crate::hash::serde_hex_option")]
            digest: Option<Hash>,
        },
        /// Nearly all validators let something happen at once. What it leaves in force must be
        /// ratified.
        0x0506 "emergency" Emergency {
            /// What.
            order: Order,
        },
        /// The safety override gets other rules, or is abolished for good.
        0x0507 "safety-rules" SafetyRules {
            /// The rules from then on; what is allowed cannot become more. Without rules there is no
            /// override any more.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            rules: Option<SafetyRules>,
        },
        /// A disbursement that is not final is rolled back.
        0x0508 "treasury-rollback" TreasuryRollback {
            /// Which.
            disbursement: u64,
            /// The part of each payment not made that its recipient gets, for what it has done
            /// already.
            compensation: Ppm,
        },
        /// An upgrade that is planned will not happen.
        0x0509 "upgrade-cancel" UpgradeCancel {
            /// To which version.
            version: Version,
        },
        /// What the safety override or an emergency changed stays.
        0x050b "ratify" Ratify {
            /// The number of the change.
            change: u64,
            /// What it is about.
            order: OrderKind,
        },
        /// The lists of drivers and models of devices change.
        0x050c "compute-whitelist" ComputeWhitelist {
            /// What is added and removed.
            change: WhitelistChange,
        },
        /// Other shapes of work earn credit.
        0x050d "compute-prices" ComputePrices {
            /// All of them, from then on; 1 to 32.
            prices: Prices,
        },
        /// Readings are attested and energy is sold by other rules.
        0x050e "energy-settlement" EnergySettlement {
            /// The rules.
            settlement: EnergySettlementPayload,
        },
        /// An oracle gets another weight, or none.
        0x050f "energy-oracle" EnergyOracle {
            /// Which.
            oracle: Address,
            /// What happens to it.
            change: OracleChange,
        },
        /// An account may look after the market of energy, or may no more.
        0x0510 "energy-admin" EnergyAdmin {
            /// Which.
            account: Address,
            /// What it may do; without any, its role ends.
            scopes: Scopes,
            /// The first height at which it may no more.
            expires: Height,
        },
    }
}

/// One parameter that is to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterChange {
    /// The parameter, as `docs/parameters.md` names it.
    pub name: Text<MAX_PARAMETER_NAME_BYTES>,
    /// What it is now. If it is anything else by then, nothing happens.
    pub from: ParameterValue,
    /// What it will be.
    pub to: ParameterValue,
}

struct_codec!(ParameterChange { name, from, to });

/// At most 16 parameters that are to change together.
pub type ParameterChanges = List<ParameterChange, MAX_PARAMETER_CHANGES>;
