//! An upgrade at any point of a chain on which anything happens.

use super::*;
use althing_state::StateValue;
use althing_types::{
    Address, Transfer, ValidatorKey,
    governance::{Dependencies, ParameterChange, ParameterChanges, Payment, Payments},
    message::{Delegate, Redelegate, Undelegate},
    params::{Parameter, ParameterValue},
};
use commonware_codec::Encode as _;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Op {
    Send(usize, Box<Payload>),
    Turn,
    Skip,
}

fn ballot() -> impl Strategy<Value = Ballot> {
    (0..4usize).prop_map(|choice| Ballot::all(Choice::ALL[choice]))
}

fn action() -> impl Strategy<Value = Action> {
    let change = (0..3u64).prop_map(|more| {
        let name = "max_validity_blocks";
        let from = ParameterValue::Number { value: 100 };
        let to = ParameterValue::Number { value: 101 + more };
        let change = ParameterChange { name: name.parse().unwrap(), from, to };
        assert!(Parameter::find(name).is_some());
        Action::Parameters { changes: ParameterChanges::new(vec![change]).unwrap() }
    });
    let pay = (1..50u64).prop_map(|amount| {
        let (to, milestone) = (Address::new([9; 20]), Period::default());
        let payment = Payment { to, amount: tokens(amount), milestone };
        let payments = Payments::new(vec![payment]).unwrap();
        Action::Treasury { payments, deps: Dependencies::default(), memo: "".parse().unwrap() }
    });
    prop_oneof![Just(Action::Text {}), change, pay, Just(to(V1_2))]
}

fn payload() -> impl Strategy<Value = (usize, Payload)> {
    let key = || (0..VALIDATORS).prop_map(validator_key);
    let amount = || (100..3_000u64).prop_map(tokens);
    let user = || 0..4usize;
    let delegate = (user(), key(), amount()).prop_map(|(user, validator, amount)| {
        (user, Payload::Delegate(Delegate { validator, amount }))
    });
    let undelegate = (user(), key(), amount()).prop_map(|(user, validator, amount)| {
        (user, Payload::Undelegate(Undelegate { validator, amount: Some(amount) }))
    });
    let redelegate = (user(), key(), key()).prop_map(|(user, from, to): (_, ValidatorKey, _)| {
        (user, Payload::Redelegate(Redelegate { from, to, amount: None }))
    });
    let submit = (user(), action())
        .prop_map(|(user, action)| (user, super::submit(Criticality::Important, action)));
    let own = (user(), 1..8u64, ballot()).prop_map(|(user, proposal, ballot)| {
        (user, Payload::Vote(Vote { proposal, ballot, validator: None }))
    });
    let of = (0..VALIDATORS, 1..8u64, ballot()).prop_map(|(number, proposal, ballot)| {
        let validator = Some(validator_key(number));
        (operator(number), Payload::Vote(Vote { proposal, ballot, validator }))
    });
    let fund = user().prop_map(|user| {
        let to = Address::of_module("treasury");
        (user, Payload::Transfer(Transfer { to, amount: tokens(200) }))
    });
    let cancel = (user(), 1..8u64)
        .prop_map(|(user, proposal)| (user, Payload::CancelProposal(CancelProposal { proposal })));
    prop_oneof![
        2 => delegate, 1 => undelegate, 1 => redelegate, 3 => submit,
        3 => own, 6 => of, 1 => fund, 1 => cancel,
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => payload().prop_map(|(user, payload)| Op::Send(user, Box::new(payload))),
        2 => Just(Op::Turn),
        1 => Just(Op::Skip),
    ]
}

impl World {
    fn op(&mut self, op: Op) {
        match op {
            Op::Send(user, payload) => drop(self.send(user, *payload)),
            Op::Turn => drop(self.turn()),
            Op::Skip => drop(self.step()),
        }
    }

    /// Writes a plan for the next block, as if it had been decided; nodes that are ready are written too.
    fn plan_now(&mut self) {
        self.chain.time += 1_000;
        self.beat(0..VALIDATORS, V1_1);
        let mut protocol = self.protocol();
        let height = Height::new(self.height() + 1);
        protocol.plan = Some(Plan { version: V1_1, height, proposal: 1, postponed: 0 });
        let value = StateValue::new(protocol.encode()).unwrap();
        self.chain.state.insert(upgrade::protocol_key(), value);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// After every block, also that of the upgrade, the audit recounts all money and all votes.
    #[test]
    fn an_upgrade_at_any_point_keeps_all_money_and_all_votes(
        before in proptest::collection::vec(op(), 0..60),
        after in proptest::collection::vec(op(), 0..40),
    ) {
        let mut world = World::new();
        before.into_iter().for_each(|op| world.op(op));
        world.plan_now();
        let money = world.chain.supply();
        let (stakes, agenda) = (world.records_of(0x05), world.agenda());
        let outcome = world.chain.execute(&[], common::Fetch::OnDemand).0;
        let backwards = world.chain.execute(&[], common::Fetch::AllBackwards).0;
        prop_assert_eq!(&outcome, &backwards);
        let events = world.step();
        prop_assert_eq!(&events[0], &Event::Upgraded { proposal: 1, from: V1, to: V1_1 });
        prop_assert_eq!(world.protocol().version, V1_1);
        // A block of no epoch's end changes neither stakes nor the agenda.
        if !world.height().is_multiple_of(EPOCH) && !(world.height() + 1).is_multiple_of(EPOCH) {
            prop_assert_eq!(world.chain.supply(), money);
            prop_assert_eq!(world.records_of(0x05), stakes);
            let mut described = world.agenda();
            described.entries.iter_mut().for_each(|entry| entry.kind = None);
            prop_assert_eq!(described, agenda);
        }
        after.into_iter().for_each(|op| world.op(op));
    }
}

impl World {
    fn records_of(&self, prefix: u8) -> Vec<StateValue> {
        let all = self.chain.state.iter().filter(|(key, _)| key.prefix() == prefix);
        all.map(|(_, value)| value.clone()).collect()
    }
}
