use super::*;
use crate::modules::bank::{self, BankError, ProtocolAccounts, Supply};
use althing_types::{Nonce, Ppm};
use proptest::prelude::*;

const A: Address = Address::new([1; 20]);
const B: Address = Address::new([2; 20]);
/// Free from 2,000 on, all free at 5,000.
const LINE: Vesting = Vesting {
    start: Timestamp::new(1_000),
    cliff: Timestamp::new(2_000),
    end: Timestamp::new(5_000),
};

fn at(ms: u64) -> Timestamp {
    Timestamp::new(ms)
}

fn amount(units: u128) -> Amount {
    Amount::new(units)
}

/// `A` owns `balance`, `total` of it locked; `B` has a record without money.
fn view(total: u128, balance: u128) -> View {
    let mut view = View::new();
    let protocol = ProtocolAccounts::new();
    for address in [B, protocol.stake] {
        accounts::save(&mut view, &address, &Account::default()).unwrap();
    }
    let account = Account { nonce: Nonce::new(3), balance: amount(balance), vesting: false };
    accounts::save(&mut view, &A, &account).unwrap();
    let supply = Supply { genesis: amount(balance), ..Supply::default() };
    bank::save(&mut view, &supply).unwrap();
    begin(&mut view, &A, amount(total), LINE).unwrap();
    view
}

fn balance(view: &View) -> u128 {
    bank::balance_of(view, &A).unwrap().units()
}

fn free(view: &View, ms: u64) -> u128 {
    let account = accounts::load(view, &A).unwrap().unwrap();
    spendable(view, &A, &account, at(ms)).unwrap().units()
}

fn staked(view: &View) -> u128 {
    store::load(view, &A).unwrap().staked.units()
}

fn send(view: &mut View, ms: u64, units: u128) -> Result<(), BankError> {
    bank::transfer(view, &A, &B, amount(units), at(ms)).map(|_| ())
}

fn delegate(view: &mut View, ms: u64, units: u128) -> Result<(), BankError> {
    bank::take_for_stake(view, &ProtocolAccounts::new(), &A, amount(units), at(ms))
}

fn pay(view: &mut View, units: u128) {
    bank::pay_from_stake(view, &ProtocolAccounts::new(), &A, amount(units)).unwrap();
}

#[test]
fn nothing_is_free_before_the_cliff_and_all_at_the_end() {
    let mut view = view(1_000, 1_000);
    for (ms, expected) in [(0, 0), (1_999, 0), (2_000, 250), (3_000, 500), (4_999, 999)] {
        assert_eq!(free(&view, ms), expected, "at {ms}");
        assert_eq!(send(&mut view.clone(), ms, expected + 1), Err(BankError::FundsLocked));
        assert_eq!(send(&mut view.clone(), ms, expected), Ok(()));
    }
    assert_eq!(free(&view, 5_000), 1_000);
    assert_eq!(send(&mut view, 5_000, 1_001), Err(BankError::InsufficientBalance));
    assert_eq!(send(&mut view, 5_000, 1_000), Ok(()));
}

#[test]
fn locked_money_is_rounded_up() {
    let view = view(7, 7);
    // 7 * 2,999 / 4,000 = 5.25 is locked.
    assert_eq!(free(&view, 2_001), 1);
    assert_eq!(free(&view, 4_999), 6);
}

#[test]
fn money_that_came_later_is_free() {
    let mut view = view(1_000, 1_000);
    let given = Account { nonce: Nonce::ZERO, balance: amount(40), vesting: false };
    accounts::save(&mut view, &B, &given).unwrap();
    bank::transfer(&mut view, &B, &A, amount(40), at(0)).unwrap();
    assert_eq!(free(&view, 0), 40);
    assert_eq!(send(&mut view, 0, 41), Err(BankError::FundsLocked));
    assert_eq!(send(&mut view, 0, 40), Ok(()));
    assert_eq!(balance(&view), 1_000);
}

#[test]
fn a_transfer_to_oneself_moves_no_locked_money_either() {
    let mut view = view(1_000, 1_000);
    let to_self = bank::transfer(&mut view, &A, &A, amount(1), at(0));
    assert_eq!(to_self, Err(BankError::FundsLocked));
}

#[test]
fn locked_money_can_be_delegated_and_comes_back_locked() {
    let mut view = view(1_000, 1_100);
    delegate(&mut view, 0, 700).unwrap();
    // 100 were free and went first.
    assert_eq!((balance(&view), staked(&view), free(&view, 0)), (400, 600, 0));
    assert_eq!(send(&mut view, 0, 1), Err(BankError::FundsLocked));
    pay(&mut view, 700);
    assert_eq!((balance(&view), staked(&view), free(&view, 0)), (1_100, 0, 100));
}

#[test]
fn free_money_is_delegated_without_touching_the_schedule() {
    let mut view = view(1_000, 1_100);
    delegate(&mut view, 0, 100).unwrap();
    assert_eq!((staked(&view), free(&view, 0)), (0, 0));
    delegate(&mut view, 0, 1).unwrap();
    assert_eq!(staked(&view), 1);
    assert_eq!(delegate(&mut view, 0, 1_000), Err(BankError::InsufficientBalance));
}

#[test]
fn what_a_slash_took_of_locked_money_locks_nothing_else() {
    let mut view = view(1_000, 1_000);
    delegate(&mut view, 0, 1_000).unwrap();
    pay(&mut view, 900);
    assert_eq!((staked(&view), free(&view, 0)), (100, 0));
    let gift = Account { nonce: Nonce::ZERO, balance: amount(50), vesting: false };
    accounts::save(&mut view, &B, &gift).unwrap();
    bank::transfer(&mut view, &B, &A, amount(50), at(0)).unwrap();
    assert_eq!(free(&view, 0), 50);
}

#[test]
fn rewards_on_locked_money_are_free() {
    let mut view = view(1_000, 1_000);
    let stake = ProtocolAccounts::new().stake;
    delegate(&mut view, 0, 1_000).unwrap();
    bank::mint(&mut view, &stake, amount(30)).unwrap();
    pay(&mut view, 1_030);
    assert_eq!((balance(&view), staked(&view), free(&view, 0)), (1_030, 0, 30));
}

#[test]
fn the_example_of_the_readme_is_right() {
    let year = 1_000;
    let mut view = view(1_000, 1_000);
    // Start 1,000, cliff 2,000, end 5,000: four years of 1,000.
    let now = 1_000 + year + year / 2;
    assert_eq!(free(&view, now), 375);
    delegate(&mut view, now, 700).unwrap();
    assert_eq!((staked(&view), free(&view, now)), (325, 0));
    pay(&mut view, 630);
    assert_eq!((staked(&view), balance(&view), free(&view, now)), (0, 930, 305));
}

#[test]
fn penalties_take_free_money_only() {
    let mut view = view(1_000, 1_005);
    let protocol = bank::ProtocolAccounts::new();
    let mut pay =
        |units| bank::pay_penalty(&mut view, &protocol, &A, (amount(units), Ppm::ZERO), at(0));
    assert_eq!(pay(6), Err(BankError::FundsLocked));
    assert_eq!(pay(5), Ok(()));
    assert_eq!(balance(&view), 1_000);
}

#[test]
fn an_account_without_a_schedule_needs_no_record() {
    let mut view = View::new();
    let account = Account { nonce: Nonce::ZERO, balance: amount(5), vesting: false };
    accounts::save(&mut view, &A, &account).unwrap();
    assert_eq!(spendable(&view, &A, &account, at(0)), Ok(amount(5)));
    assert_eq!(keys_of(&view, &A), Ok(None));
    assert!(keys_of(&view, &B).is_err(), "the account is not known");
}

#[test]
fn the_schedule_of_an_account_is_asked_for_by_its_key() {
    let mut view = View::new();
    let account = Account { nonce: Nonce::ZERO, balance: amount(5), vesting: true };
    accounts::save(&mut view, &A, &account).unwrap();
    assert_eq!(keys_of(&view, &A), Ok(Some(key(&A))));
    let Err(Fault::Missing(missing)) = spendable(&view, &A, &account, at(0)) else {
        panic!("the schedule is not in the view")
    };
    assert_eq!(missing.0, vec![key(&A)]);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Wait(u64),
    Send(u128),
    Delegate(u128),
    Return(u128),
    Slash(u128),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0u64..900).prop_map(Step::Wait),
        (0u128..400).prop_map(Step::Send),
        (0u128..1_200).prop_map(Step::Delegate),
        (0u128..1_200).prop_map(Step::Return),
        (0u128..100).prop_map(Step::Slash),
    ];
    proptest::collection::vec(step, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever an account does, it never gets rid of more than what the line has set free: what
    /// it still has, here and in stake and taken by slashes, is at least what is locked.
    #[test]
    fn no_sequence_of_actions_frees_locked_money(steps in steps(), extra in 0u128..300) {
        let (total, stake) = (1_000, ProtocolAccounts::new().stake);
        let mut view = view(total, total + extra);
        let (mut now, mut slashed) = (0, 0);
        for step in steps {
            let in_stake = bank::balance_of(&view, &stake).unwrap().units();
            match step {
                Step::Wait(ms) => now += ms,
                Step::Send(units) => {
                    let before = free(&view, now);
                    prop_assert_eq!(send(&mut view, now, units).is_ok(), units <= before);
                }
                Step::Delegate(units) => {
                    let before = balance(&view);
                    prop_assert_eq!(delegate(&mut view, now, units).is_ok(), units <= before);
                }
                Step::Return(units) => pay(&mut view, units.min(in_stake)),
                Step::Slash(units) => {
                    let units = units.min(in_stake);
                    bank::burn(&mut view, &stake, amount(units)).unwrap();
                    slashed += units;
                }
            }
            let in_stake = bank::balance_of(&view, &stake).unwrap().units();
            let locked = LINE.locked(amount(total), at(now)).units();
            prop_assert!(balance(&view) + in_stake + slashed >= locked);
            prop_assert!(staked(&view) <= in_stake + slashed);
        }
    }
}
