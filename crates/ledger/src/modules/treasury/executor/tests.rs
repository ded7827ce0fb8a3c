//! Steps from records that no sequence of messages leads to, because what is wrong with them is
//! refused when it is proposed.

use super::*;
use crate::modules::{
    accounts::{self, Account},
    bank::ProtocolAccounts,
    treasury::{Dependents, dependents_key},
};
use althing_types::{
    Address, ChainParams, Epoch, Height, Timestamp,
    governance::{Dependencies, Payments},
};

const NUMBER: u64 = 7;
const HELD: u128 = 300;

/// A disbursement of two payments, and the treasury that it is of.
struct Case {
    view: View,
    protocol: ProtocolAccounts,
    params: ChainParams,
}

impl Case {
    fn new(state: State, to: Address, deps: &[u64]) -> Self {
        let protocol = ProtocolAccounts::new();
        let mut view = View::new();
        let payment = |to, amount| Payment {
            to,
            amount: Amount::new(amount),
            milestone: althing_types::Period::default(),
        };
        let executed = state == State::Executed;
        let moment = Moment { height: Height::ZERO, time: Timestamp::ZERO };
        let record = Disbursement {
            state,
            history: List::default(),
            payments: Payments::new(vec![payment(Address::new([1; 20]), 100), payment(to, 200)])
                .unwrap(),
            deps: Dependencies::new(deps.to_vec()).unwrap(),
            total: Amount::new(HELD),
            delay: althing_types::Period::default(),
            due: NOW,
            expires: NOW,
            short: false,
            executed: executed.then_some(moment),
            paid: 0,
        };
        store::save_disbursement(&mut view, NUMBER, &record).unwrap();
        let (held, reserved) = if executed { (HELD, 0) } else { (0, HELD) };
        let treasury = Treasury {
            held: Amount::new(held),
            reserved: Amount::new(reserved),
            ..Treasury::default()
        };
        store::save_treasury(&mut view, &treasury).unwrap();
        let pending = Pending::new(vec![Waiting { number: NUMBER, wake: NOW }]).unwrap();
        store::save_pending(&mut view, &pending).unwrap();
        let mut own = |address: &Address, units| {
            let balance = Amount::new(units);
            accounts::save(&mut view, address, &Account { balance, ..Account::default() }).unwrap();
        };
        own(&Address::new([1; 20]), 0);
        own(&to, if executed { u128::MAX } else { 0 });
        own(&protocol.treasury, HELD);
        own(&protocol.disbursements, held);
        view.set(dependents_key(NUMBER), None);
        Self { view, protocol, params: ChainParams::devnet() }
    }

    fn step(&mut self) -> (State, Reason) {
        let moment = BlockMoment {
            height: Height::new(9),
            epoch: Epoch::ZERO,
            time: Timestamp::new(9),
            version: althing_types::Version::GENESIS,
            params: &self.params,
            protocol: &self.protocol,
            validator_ceiling: 100,
        };
        let mut executor = Executor::begin(&mut self.view, &moment).unwrap();
        assert!(executor.step(NUMBER).unwrap());
        executor.finish().unwrap();
        let record = store::require_disbursement(&self.view, NUMBER).unwrap();
        let last = record.history.last().unwrap();
        assert_eq!(record.state, last.state);
        (last.state, last.reason)
    }

    fn balance(&self, address: &Address) -> u128 {
        bank::balance_of(&self.view, address).unwrap().units()
    }
}

#[test]
fn executed_rolled_back_when_a_payment_is_refused_keeps_what_was_paid_before() {
    let mut case = Case::new(State::Executed, Address::new([2; 20]), &[]);
    assert_eq!(case.step(), (State::RolledBack, Reason::ExecutionFailed));
    let treasury = store::load_treasury(&case.view).unwrap();
    assert_eq!((treasury.held, treasury.paid.units(), treasury.pending), (Amount::ZERO, 100, 0));
    assert_eq!(case.balance(&Address::new([1; 20])), 100);
    assert_eq!(case.balance(&case.protocol.treasury), HELD + 200);
    assert_eq!(case.balance(&case.protocol.disbursements), 0);
}

#[test]
fn timelocked_rolled_back_when_a_recipient_takes_no_payments_any_more() {
    let mut case = Case::new(State::Timelocked, Address::of_module("stake"), &[]);
    assert_eq!(case.step(), (State::RolledBack, Reason::InvalidTarget));
    assert_eq!(store::load_treasury(&case.view).unwrap().reserved, Amount::ZERO);
    assert_eq!(case.balance(&case.protocol.treasury), HELD);
}

#[test]
fn queued_rolled_back_when_it_depends_on_itself() {
    let mut case = Case::new(State::Queued, Address::new([2; 20]), &[NUMBER]);
    assert_eq!(case.step(), (State::RolledBack, Reason::CircularDependency));
    assert!(store::load_pending(&case.view).unwrap().is_empty());
}

#[test]
fn a_list_of_dependents_that_is_absent_is_empty() {
    let mut view = View::new();
    view.prefetch(dependents_key(NUMBER), None);
    assert_eq!(store::load_dependents(&view, NUMBER).unwrap(), Dependents::default());
}
