//! What the safety override brought: orders, rules, and the examples of both.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_types::{
    Genesis, Payload,
    governance::{Action, Order, OrderKind, SafetyRules},
};
use common::{full_genesis, governance::*};
use commonware_codec::{DecodeExt as _, Encode as _};

#[test]
fn an_order_has_the_name_of_its_kind_and_comes_back_from_bytes_and_from_json() {
    let mut kinds = Vec::new();
    for order in orders() {
        assert_eq!(order.name(), order.kind().name());
        assert_eq!(u16::from(order.kind().byte()) + 1, order.tag());
        kinds.push(order.kind());
        assert_eq!(Order::decode(order.encode()).unwrap(), order);
        let text = serde_json::to_string(&order).unwrap();
        assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), order);
    }
    assert_eq!(kinds.len(), Order::NAMES.len());
    assert!(kinds.iter().all(|kind| OrderKind::ALL.contains(kind)));
}

#[test]
fn rules_in_a_genesis_are_read_in_any_order_and_refused_if_they_break_a_rule() {
    let genesis = full_genesis();
    let text = genesis.to_json();
    assert_eq!(Genesis::from_json(&text).unwrap(), genesis);
    let broken = text.replace("\"needed\": 2", "\"needed\": 4");
    let error = Genesis::from_json(&broken).unwrap_err().to_string();
    assert!(error.contains("1 to all of its members"), "{error}");
    let [first, second] = [0, 1].map(|at| genesis.safety.as_ref().unwrap().members()[at]);
    let swapped = text
        .replace(&first.to_string(), "<first>")
        .replace(&second.to_string(), &first.to_string())
        .replace("<first>", &second.to_string());
    assert_ne!(swapped, text);
    assert_eq!(Genesis::from_json(&swapped).unwrap().hash(), genesis.hash());
}

#[test]
fn rules_without_limits_need_not_name_them() {
    let text =
        format!(r#"{{"members":["{}"],"needed":1,"allowed":["set-spec"]}}"#, rules().members()[0]);
    let rules = serde_json::from_str::<SafetyRules>(&text).unwrap();
    assert_eq!((rules.uses(), rules.cooldown()), (None, Default::default()));
    assert!(!serde_json::to_string(&rules).unwrap().contains("uses"));
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
        include_str!("../../../examples/governance/safety_override.json"),
        include_str!("../../../examples/governance/safety_set_spec.json"),
        include_str!("../../../examples/governance/safety_pause.json"),
        include_str!("../../../examples/governance/safety_emergency.json"),
        include_str!("../../../examples/governance/safety_rules.json"),
        include_str!("../../../examples/governance/safety_abolish.json"),
        include_str!("../../../examples/governance/safety_ratify.json"),
    ]
    .map(|text| match example(text) {
        Payload::SubmitProposal(message) => match message.action {
            Action::Emergency { order } => order.name(),
            action => action.name(),
        },
        Payload::Override(message) => message.order.name(),
        payload => payload.name(),
    });
    let expected = [
        "cancel-proposal",
        "set-spec",
        "pause-treasury",
        "cancel-upgrade",
        "safety-rules",
        "safety-rules",
        "ratify",
    ];
    assert_eq!(names, expected);
}
