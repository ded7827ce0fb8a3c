//! The recount of the whole state: it agrees with an honest chain, and notices every record that
//! does not fit.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_ledger::{
    audit::{self, Audit, SupplyReport},
    query, staking,
};
use althing_state::{StateKey, StateValue};
use althing_types::{
    Address, Amount, Epoch, Height, Payload, Period, Shares, ValidatorKey,
    message::{Delegate, Redelegate, Undelegate},
};
use common::{Chain, address, network::*, tokens};
use commonware_codec::Encode;
use std::collections::BTreeMap;

type State = BTreeMap<StateKey, StateValue>;

/// A chain with delegations that count, that are pending, that moved and that unbond, in the
/// middle of an epoch.
fn busy() -> Chain {
    let mut genesis = network(&[tokens(5_000); 4], 3, 4, tokens(50_000));
    genesis.params.staking.unbonding = Period::blocks(50);
    genesis.params.emission = althing_types::params::EmissionParams::devnet();
    let mut chain = Chain::new(genesis.normalized().unwrap());
    chain.advance_without(&[], &[]);
    let [one, two] = [0, 1].map(validator_key);
    let delegate = |validator, amount| Payload::Delegate(Delegate { validator, amount });
    let take = |amount| Payload::Undelegate(Undelegate { validator: one, amount: Some(amount) });
    for user in 0..3 {
        assert!(chain.send(user, delegate(one, tokens(900))).code.is_ok());
    }
    chain.end_epoch(&[]);
    assert!(chain.send(0, take(tokens(200))).code.is_ok());
    assert!(chain.send(0, take(tokens(100))).code.is_ok());
    let amount = Some(tokens(300));
    let moved = Payload::Redelegate(Redelegate { from: one, to: two, amount });
    assert!(chain.send(1, moved).code.is_ok());
    assert!(chain.send(2, delegate(two, tokens(400))).code.is_ok());
    chain.advance_without(&[1], &[]);
    chain
}

fn count(state: &State, height: u64) -> Result<SupplyReport, althing_ledger::Broken> {
    let records = state.iter().map(|(key, value)| (*key, &**value));
    audit::invariants(Height::new(height), records)
}

#[test]
fn a_recount_tells_every_part_of_the_supply() {
    let chain = busy();
    let report = chain.audit();
    assert!(report.agrees());
    assert_eq!(report.supply, chain.supply());
    assert_eq!(Some(report.counted), chain.supply().total());
    assert_eq!((report.pending, report.unbonding), (tokens(700), tokens(300)));
    let parts = [
        report.accounts,
        report.stake,
        report.stakers,
        report.miners,
        report.treasury,
        report.reserve,
    ];
    let sum = parts.into_iter().fold(Amount::ZERO, |sum, part| sum.checked_add(part).unwrap());
    assert_eq!(sum, report.counted);
    assert_eq!(report.stake, chain.account(Address::of_module("stake")).balance);
    assert_eq!((report.validator_count, report.delegation_count), (4, 4 + 3 + 2));
    assert_eq!(report.unbonding_count, 2);
}

#[test]
fn records_may_come_in_any_order() {
    let chain = busy();
    let mut audit = Audit::new(Height::new(chain.height));
    for (key, value) in chain.state.iter().rev() {
        audit.add(*key, value).unwrap();
    }
    assert_eq!(audit.report().counted, chain.audit().counted);
    assert_eq!(audit.finish().unwrap(), chain.audit());
}

fn put(state: &mut State, key: StateKey, record: &impl Encode) {
    state.insert(key, StateValue::new(record.encode()).unwrap());
}

fn validator(state: &mut State, key: ValidatorKey, change: impl FnOnce(&mut staking::Validator)) {
    let at = query::validator_key(key);
    let mut record = query::decode_validator(&state[&at]).unwrap();
    change(&mut record);
    put(state, at, &record);
}

fn delegation(
    state: &mut State,
    owner: Address,
    key: ValidatorKey,
    change: impl FnOnce(&mut staking::Delegation),
) {
    let at = query::delegation_key(owner, key);
    let mut record = query::decode_delegation(&state[&at]).unwrap();
    change(&mut record);
    put(state, at, &record);
}

fn totals(state: &mut State, change: impl FnOnce(&mut staking::Totals)) {
    let mut record = query::decode_totals(&state[&query::totals_key()]).unwrap();
    change(&mut record);
    put(state, query::totals_key(), &record);
}

fn balance(state: &mut State, owner: Address, units: i128) {
    let at = query::account_key(owner);
    let mut account = query::decode_account(&state[&at]).unwrap();
    let balance = account.balance.units().checked_add_signed(units).unwrap();
    account.balance = Amount::new(balance);
    put(state, at, &account);
}

fn less(amount: Amount) -> Amount {
    Amount::new(amount.units() - 1)
}

type Damage = Box<dyn Fn(&mut State)>;

/// One unit, one share or one entry that does not fit, and the record that shows it.
fn damages() -> Vec<(&'static str, StateKey, Damage)> {
    let [one, two] = [0, 1].map(validator_key);
    let (stake, stakers) = (Address::of_module("stake"), Address::of_module("stakers"));
    let own = query::validator_key(one);
    vec![
        ("a unit from nowhere", query::supply_key(), Box::new(move |s| balance(s, address(0), 1))),
        (
            "a unit of stake that somebody else holds",
            query::totals_key(),
            Box::new(move |s| {
                balance(s, stake, -1);
                balance(s, address(0), 1);
            }),
        ),
        (
            "fees of proposers that are gone",
            query::account_key(stakers),
            Box::new(move |s| {
                let all = query::decode_account(&s[&query::account_key(stakers)]).unwrap();
                let all = i128::try_from(all.balance.units()).unwrap();
                balance(s, stakers, -all);
                balance(s, address(0), all);
            }),
        ),
        (
            "a sum of stake",
            query::totals_key(),
            Box::new(|s| totals(s, |totals| totals.bonded = less(totals.bonded))),
        ),
        (
            "a sum of unbonding",
            query::totals_key(),
            Box::new(|s| totals(s, |totals| totals.unbonding = less(totals.unbonding))),
        ),
        (
            "a number of delegations",
            query::totals_key(),
            Box::new(|s| totals(s, |totals| totals.delegations += 1)),
        ),
        (
            "a size of the set",
            query::totals_key(),
            Box::new(|s| totals(s, |totals| totals.active += 1)),
        ),
        (
            "a share from nowhere",
            own,
            Box::new(move |s| {
                delegation(s, address(0), one, |record| {
                    record.shares = Shares::new(record.shares.count() + 1);
                });
            }),
        ),
        (
            "a share of nobody",
            own,
            Box::new(move |s| {
                validator(s, one, |record| {
                    record.shares = Shares::new(record.shares.count() + 1);
                });
            }),
        ),
        (
            "a delegation that nobody counted",
            own,
            Box::new(move |s| validator(s, one, |record| record.delegations += 1)),
        ),
        (
            "a pending unit that nobody gave",
            query::validator_key(two),
            Box::new(move |s| {
                validator(s, two, |record| record.pending_nominal = less(record.pending_nominal));
            }),
        ),
        (
            "a conversion that waits for nobody",
            own,
            Box::new(move |s| {
                let at = query::conversion_key(one, Epoch::ZERO);
                let mut record = query::decode_conversion(&s[&at]).unwrap();
                record.open += 1;
                put(s, at, &record);
            }),
        ),
        (
            "a candidate less",
            query::candidates_key(),
            Box::new(|s| {
                let at = query::candidates_key();
                let mut list = query::decode_candidates(&s[&at]).unwrap();
                list.0.pop();
                put(s, at, &list);
            }),
        ),
        (
            "candidates out of order",
            query::candidates_key(),
            Box::new(|s| {
                let at = query::candidates_key();
                let mut list = query::decode_candidates(&s[&at]).unwrap();
                list.0.reverse();
                put(s, at, &list);
            }),
        ),
        (
            "a gap in the queue",
            query::queue_key(),
            Box::new(|s| {
                let entry = s.remove(&query::unbonding_key(1)).unwrap();
                s.insert(query::unbonding_key(2), entry);
            }),
        ),
        (
            "an operator of somebody else's validator",
            query::operator_key(address(0)),
            Box::new(move |s| put(s, query::operator_key(address(0)), &one)),
        ),
        (
            "a validator without a profile",
            query::profile_key(one),
            Box::new(move |s| drop(s.remove(&query::profile_key(one)))),
        ),
        (
            "a set that is missing",
            query::validators_key(Epoch::new(2)),
            Box::new(|s| drop(s.remove(&query::validators_key(Epoch::new(2))))),
        ),
        (
            "a record that is no record",
            query::performance_key(one),
            Box::new(move |s| {
                put(s, query::performance_key(one), &[0xffu8; 3].as_slice().to_vec())
            }),
        ),
    ]
}

#[test]
fn every_record_that_does_not_fit_is_noticed() {
    let chain = busy();
    assert!(count(&chain.state, chain.height).is_ok());
    for (what, key, damage) in damages() {
        let mut state = chain.state.clone();
        damage(&mut state);
        match count(&state, chain.height) {
            Ok(_) => panic!("{what} was not noticed"),
            Err(broken) => assert_eq!(broken.key, key, "{what}: {broken}"),
        }
    }
    for absent in [
        query::supply_key(),
        query::params_key(),
        query::totals_key(),
        query::queue_key(),
        query::candidates_key(),
        query::emission_key(),
    ] {
        let mut state = chain.state.clone();
        state.remove(&absent);
        assert!(count(&state, chain.height).is_err(), "{absent}");
    }
}

#[test]
fn rewards_that_were_not_paid_are_noticed_when_the_epoch_ends() {
    let mut chain = busy();
    chain.end_epoch(&[]);
    let mut state = chain.state.clone();
    let stakers = Address::of_module("stakers");
    put(&mut state, query::account_key(stakers), &althing_ledger::Account::default());
    balance(&mut state, stakers, 1);
    balance(&mut state, address(0), -1);
    let broken = count(&state, chain.height).unwrap_err();
    assert_eq!(broken.key, query::account_key(stakers));
}
