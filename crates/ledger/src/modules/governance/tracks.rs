//! Who decides about what, and how much may depend on it.

use super::error::GovernanceError;
use crate::modules::{safety, treasury};
use althing_types::{
    ChainParams,
    governance::{Action, Criticality, Houses},
    params::{Area, Parameter},
};

/// Who decides about the action, if it may have this criticality.
pub(super) fn houses(
    params: &ChainParams,
    action: &Action,
    criticality: Criticality,
) -> Result<Houses, GovernanceError> {
    let (houses, least) = match action {
        Action::Text {} => (Houses::STAKE, Criticality::Standard),
        Action::Parameters { changes } => {
            let mut track: Option<(Houses, Criticality)> = None;
            for change in changes.iter() {
                let parameter =
                    Parameter::find(&change.name).ok_or(GovernanceError::ParameterUnknown)?;
                let (houses, least) = (parameter.area.houses(), least(parameter.area));
                track = Some(
                    track.map_or((houses, least), |(all, most)| (all.and(houses), most.max(least))),
                );
            }
            track.ok_or(GovernanceError::ParameterUnknown)?
        }
        // What is each validator's own choice cannot be tried by some first.
        Action::Network { rollout: Some(_), .. } => (Houses::VALIDATORS, Criticality::Standard),
        Action::Network { .. } => (Houses::VALIDATORS, Criticality::Optional),
        Action::Treasury { payments, .. } => {
            let small =
                treasury::total(payments).is_some_and(|total| total <= params.treasury.grant_limit);
            if small {
                (Houses::STAKE, Criticality::Standard)
            } else {
                (Houses::BOTH, Criticality::Important)
            }
        }
        Action::TreasuryRollback { .. } | Action::Upgrade { .. } | Action::UpgradeCancel { .. } => {
            (Houses::BOTH, Criticality::Important)
        }
        Action::SafetyRules { .. } => (Houses::BOTH, Criticality::Critical),
        Action::Ratify { order, .. } => (safety::houses(*order), Criticality::Standard),
        // Which devices are genuine is a matter of the network; what work earns one of money.
        Action::ComputeWhitelist { .. } => (Houses::VALIDATORS, Criticality::Standard),
        Action::ComputePrices { .. } => (Houses::STAKE, Criticality::Standard),
        // How energy is sold is a matter of money; who may attest it, of everything.
        Action::EnergySettlement { .. } => (Houses::STAKE, Criticality::Standard),
        Action::EnergyOracle { .. } | Action::EnergyAdmin { .. } => {
            (Houses::BOTH, Criticality::Standard)
        }
        Action::Emergency { .. } => {
            let right = criticality == Criticality::Emergency;
            return right.then_some(Houses::VALIDATORS).ok_or(GovernanceError::Criticality);
        }
    };
    if (least..=Criticality::Critical).contains(&criticality) {
        Ok(houses)
    } else {
        Err(GovernanceError::Criticality)
    }
}

/// The least criticality of a change in this area.
const fn least(area: Area) -> Criticality {
    match area {
        Area::Network | Area::Economy => Criticality::Standard,
        Area::Governance => Criticality::Important,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Criticality::{Critical, Emergency, Important, Optional, Standard};
    use althing_types::governance::{ParameterChange, ParameterChanges};

    fn changes(names: &[&str]) -> Action {
        let value = |name| Parameter::find(name).unwrap().get(&ChainParams::devnet());
        let list = names.iter().map(|name| ParameterChange {
            name: name.parse().unwrap(),
            from: value(*name),
            to: value(*name),
        });
        Action::Parameters { changes: ParameterChanges::new(list.collect()).unwrap() }
    }

    #[test]
    fn the_houses_of_all_parameters_of_a_proposal_decide_together() {
        for (names, houses) in [
            (&["block_gas_limit"][..], Houses::VALIDATORS),
            (&["staking.unbonding"], Houses::STAKE),
            (&["staking.unbonding", "block_gas_limit"], Houses::BOTH),
        ] {
            assert_eq!(
                super::houses(&ChainParams::devnet(), &changes(names), Standard),
                Ok(houses)
            );
        }
        assert_eq!(
            super::houses(&ChainParams::devnet(), &Action::Text {}, Critical),
            Ok(Houses::STAKE)
        );
    }

    #[test]
    fn a_change_of_governance_is_at_least_important() {
        let action = changes(&["block_gas_limit", "governance.quorum"]);
        assert_eq!(
            houses(&ChainParams::devnet(), &action, Standard),
            Err(GovernanceError::Criticality)
        );
        assert_eq!(houses(&ChainParams::devnet(), &action, Important), Ok(Houses::BOTH));
    }

    #[test]
    fn neither_a_choice_of_each_nor_an_emergency_is_voted_on_like_this() {
        for level in [Optional, Emergency] {
            assert_eq!(
                houses(&ChainParams::devnet(), &Action::Text {}, level),
                Err(GovernanceError::Criticality)
            );
        }
    }

    #[test]
    fn no_change_is_no_proposal() {
        assert_eq!(
            houses(&ChainParams::devnet(), &changes(&[]), Standard),
            Err(GovernanceError::ParameterUnknown)
        );
    }
}
