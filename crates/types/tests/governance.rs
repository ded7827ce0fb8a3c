//! What governance brought: bounded lists, values of every type, and events that name a proposal.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_types::{
    ChainParams, Event, Payload, Period,
    governance::{Action, Ballot, Choice, Criticality, Houses, ParameterChange, ParameterChanges},
    params::{Area, PARAMETERS, Parameter, ParameterValue},
};
use common::governance::*;
use commonware_codec::{DecodeExt as _, Encode as _};

#[test]
fn a_value_of_every_type_is_the_same_in_bytes_and_in_json() {
    for value in values() {
        assert_eq!(ParameterValue::decode(value.encode()).unwrap(), value);
        let text = serde_json::to_string(&value).unwrap();
        assert!(text.contains(&format!("\"type\":\"{}\"", value.name())), "{text}");
        assert_eq!(serde_json::from_str::<ParameterValue>(&text).unwrap(), value);
    }
    let tags: Vec<u16> = values().iter().map(ParameterValue::tag).collect();
    assert_eq!(tags, ParameterValue::NAMES.iter().map(|(tag, _)| *tag).collect::<Vec<_>>());
    assert!(serde_json::from_str::<ParameterValue>(r#"{"type":"number","value":"7"}"#).is_err());
}

#[test]
fn there_is_a_vector_of_every_action() {
    let mut found = Vec::new();
    let modules = common::compute::payloads().into_iter().chain(common::energy::payloads());
    for (_, payload) in payloads().into_iter().chain(modules) {
        if let Payload::SubmitProposal(message) = payload {
            found.push(message.action.tag());
        }
    }
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, Action::NAMES.iter().map(|(tag, _)| *tag).collect::<Vec<_>>());
}

#[test]
fn more_than_sixteen_changes_are_no_list_of_changes() {
    let list = |count: usize| vec![change(); count];
    assert!(ParameterChanges::new(list(17)).is_none());
    let most = ParameterChanges::new(list(16)).unwrap();
    assert_eq!(ParameterChanges::decode(most.encode()).unwrap(), most);
    let mut more = vec![17u8];
    list(17).iter().for_each(|change: &ParameterChange| more.extend(change.encode()));
    assert!(ParameterChanges::decode(more).is_err());
    let text = serde_json::to_string(&list(17)).unwrap();
    assert!(serde_json::from_str::<ParameterChanges>(&text).is_err());
}

#[test]
fn every_event_of_a_proposal_names_it() {
    for event in events() {
        let of_none = [
            "treasury-stalled",
            "treasury-earned",
            "preferences-set",
            "spec-watched",
            "spec-withdrawn",
            "spec-adopted",
            "override-approved",
            "override-used",
            "change-ended",
        ];
        let of_one = !of_none.contains(&event.name());
        assert_eq!(event.proposal(), of_one.then_some(300), "{}", event.name());
        let of_validator = ["voted", "preferences-set", "spec-adopted"].contains(&event.name());
        assert_eq!(event.validator().is_some(), of_validator, "{}", event.name());
    }
    let accounts = |event: &Event| event.accounts().len();
    assert_eq!(events().iter().map(accounts).sum::<usize>(), 5);
}

#[test]
fn a_message_in_json_needs_only_what_it_cannot_do_without() {
    let vote: Payload =
        serde_json::from_str(r#"{"type":"vote","proposal":3,"ballot":{"yes":1000000}}"#).unwrap();
    let Payload::Vote(vote) = vote else { panic!("a vote is a vote") };
    assert_eq!((vote.ballot, vote.validator), (Ballot::all(Choice::Yes), None));
    let text = r#"{"type":"submit-proposal","title":"x","criticality":"standard","action":{"type":"text"}}"#;
    assert_eq!(serde_json::from_str::<Payload>(text).unwrap().name(), "submit-proposal");
    let text = text.replace("standard", "urgent");
    let error = serde_json::from_str::<Payload>(&text).unwrap_err().to_string();
    assert!(error.contains("optional, standard, important, critical, emergency"), "{error}");
}

#[test]
fn who_decides_about_a_parameter_follows_from_its_area() {
    let houses = |name| Parameter::find(name).unwrap().area.houses();
    assert_eq!(houses("block_gas_limit"), Houses::VALIDATORS);
    assert_eq!(houses("emission.schedule"), Houses::STAKE);
    assert_eq!(houses("governance.quorum"), Houses::BOTH);
    assert!(Parameter::find("epoch_length").is_none());
    for parameter in PARAMETERS {
        assert!(!parameter.about.is_empty() && parameter.name.len() <= 48);
        let governs = ["governance.", "upgrade.", "safety."]
            .iter()
            .any(|area| parameter.name.starts_with(area));
        assert_eq!(governs, parameter.area == Area::Governance, "{}", parameter.name);
    }
}

#[test]
fn bounds_hold_for_values_that_are_set_by_name() {
    let mut params = ChainParams::devnet();
    let quorum = Parameter::find("governance.quorum").unwrap();
    assert!(quorum.set(&mut params, ParameterValue::Part { value: common::ppm(9_999) }));
    assert!(params.validate().unwrap_err().to_string().starts_with("governance.quorum"));
    let voting = Parameter::find("governance.standard.voting").unwrap();
    assert!(!voting.set(&mut params, ParameterValue::Number { value: 7 }));
    assert!(voting.set(&mut params, ParameterValue::Period { value: Period::blocks(7) }));
}

/// The payload as an example file has it, and back.
fn example(text: &str) -> Payload {
    let payload: Payload = serde_json::from_str(text).unwrap();
    let again = serde_json::to_string(&payload).unwrap();
    assert_eq!(serde_json::from_str::<Payload>(&again).unwrap(), payload);
    assert_eq!(Payload::decode(payload.encode()).unwrap(), payload);
    payload
}

#[test]
fn the_examples_are_payloads_and_come_back_from_bytes_and_from_json() {
    let names = [
        include_str!("../../../examples/governance/compute_prices.json"),
        include_str!("../../../examples/governance/compute_whitelist.json"),
        include_str!("../../../examples/governance/energy_admin.json"),
        include_str!("../../../examples/governance/energy_oracle.json"),
        include_str!("../../../examples/governance/energy_settlement.json"),
        include_str!("../../../examples/governance/network_adopt.json"),
        include_str!("../../../examples/governance/network_optional.json"),
        include_str!("../../../examples/governance/network_rollout.json"),
        include_str!("../../../examples/governance/parameter_change.json"),
        include_str!("../../../examples/governance/treasury_disbursement.json"),
        include_str!("../../../examples/governance/treasury_rollback.json"),
        include_str!("../../../examples/governance/upgrade.json"),
        include_str!("../../../examples/governance/upgrade_cancel.json"),
        include_str!("../../../examples/governance/vote.json"),
    ]
    .map(|text| match example(text) {
        Payload::SubmitProposal(message) => message.action.name(),
        payload => payload.name(),
    });
    assert_eq!(
        names,
        [
            "compute-prices",
            "compute-whitelist",
            "energy-admin",
            "energy-oracle",
            "energy-settlement",
            "adopt-spec",
            "network",
            "network",
            "parameters",
            "treasury",
            "treasury-rollback",
            "upgrade",
            "upgrade-cancel",
            "vote"
        ]
    );
    let change = example(include_str!("../../../examples/governance/parameter_change.json"));
    let Payload::SubmitProposal(change) = change else { panic!("a proposal is a proposal") };
    let Action::Parameters { changes } = change.action else { panic!("it is about parameters") };
    let present = Parameter::find(&changes[0].name).unwrap().get(&ChainParams::devnet());
    assert_eq!(changes[0].from, present);
}

#[test]
fn the_examples_of_configurations_keep_their_bounds() {
    for text in [
        include_str!("../../../examples/governance/network_optional.json"),
        include_str!("../../../examples/governance/network_rollout.json"),
    ] {
        let Payload::SubmitProposal(message) = example(text) else { panic!("it is a proposal") };
        let Action::Network { spec, rollout, .. } = message.action else {
            panic!("it is about the configuration")
        };
        assert_eq!(spec.validate(), Ok(()));
        let optional = message.criticality == Criticality::Optional;
        assert_eq!(rollout.is_none(), optional);
        assert!(rollout.is_none_or(|plan| plan.validate().is_ok()));
    }
}
