//! What the treasury earns is told once an epoch: fees, penalties and deposits, and nothing that
//! somebody sent it.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a failed unwrap is a failed test"
)]

mod common;

use althing_ledger::{Income, codes, query};
use althing_types::{
    Address, Amount, Event, Payload, Period, Ppm, Receipt, Transfer,
    governance::{Action, Criticality},
    message::{CancelProposal, SubmitProposal, Unjail},
    params::FeeSplit,
};
use common::{Chain, network::*, tokens};

const DEPOSIT: u64 = 50;

/// A tenth of the fees, 30 % of penalties and half of what is taken back go to the treasury.
fn started() -> Chain {
    let mut genesis = network(&[tokens(10_000); 4], 3, 5, tokens(50_000));
    let params = &mut genesis.params;
    let ppm = |parts| Ppm::new(parts).unwrap();
    let [proposer, stakers] = [Ppm::ZERO; 2];
    params.fee_split = FeeSplit { proposer, stakers, treasury: ppm(100_000), burn: ppm(900_000) };
    params.treasury.penalty_share = ppm(300_000);
    params.governance.deposit = tokens(DEPOSIT);
    params.governance.cancel_fee = ppm(500_000);
    params.slashing.max_consecutive_misses = 5;
    params.slashing.jail = Period::blocks(300);
    let mut chain = Chain::new(genesis.normalized().unwrap());
    chain.advance_without(&[], &[]);
    chain
}

fn treasury(chain: &Chain) -> Amount {
    chain.account(Address::of_module("treasury")).balance
}

fn running(chain: &Chain) -> Option<Income> {
    let record = chain.state.get(&query::income_key())?;
    Some(query::decode_income(record).unwrap())
}

fn does(chain: &mut Chain, user: usize, payload: Payload) -> Receipt {
    let receipt = chain.send(user, payload);
    assert_eq!(codes::name_of(receipt.code), "ok");
    receipt
}

fn proposal() -> Payload {
    Payload::SubmitProposal(SubmitProposal {
        title: "A question".parse().unwrap(),
        summary: "".parse().unwrap(),
        link: "".parse().unwrap(),
        criticality: Criticality::Standard,
        action: Action::Text {},
    })
}

/// What the treasury earned, as the end of the epoch says.
fn earned(events: &[Event]) -> Option<Income> {
    let mut all = events.iter().filter_map(|event| match event {
        Event::TreasuryEarned { fees, penalties, deposits, .. } => {
            Some(Income { fees: *fees, penalties: *penalties, deposits: *deposits })
        }
        _ => None,
    });
    let one = all.next();
    assert!(all.next().is_none(), "twice in one epoch");
    one
}

#[test]
fn an_epoch_says_what_fees_penalties_and_deposits_brought_and_begins_anew() {
    let mut chain = started();
    let before = treasury(&chain);
    let mut fees = Amount::ZERO;
    let mut pay = |receipt: &Receipt| {
        let part = receipt.fee.units() / 10;
        fees = fees.checked_add(Amount::new(part)).unwrap();
    };
    pay(&does(&mut chain, 0, proposal()));
    pay(&does(&mut chain, 0, Payload::CancelProposal(CancelProposal { proposal: 1 })));
    let gift = Transfer { to: Address::of_module("treasury"), amount: tokens(7) };
    pay(&does(&mut chain, 1, Payload::Transfer(gift)));
    assert_eq!(
        running(&chain),
        Some(Income { fees, penalties: Amount::ZERO, deposits: tokens(DEPOSIT / 2) })
    );
    let income = earned(&chain.end_epoch(&[])).unwrap();
    assert_eq!((income.fees, income.deposits), (fees, tokens(DEPOSIT / 2)));
    assert_eq!(running(&chain), None);
    let all = [income.fees, income.penalties, income.deposits, tokens(7)];
    let all = all.into_iter().fold(before, |sum, amount| sum.checked_add(amount).unwrap());
    assert_eq!(treasury(&chain), all);
    assert_eq!(earned(&chain.end_epoch(&[])), None, "nothing was earned, and nothing is told");
}

#[test]
fn slashes_and_fees_for_leaving_jail_are_penalties() {
    let mut chain = started();
    let before = treasury(&chain);
    let (mut lost, mut told) = (Amount::ZERO, Amount::ZERO);
    let mut note = |events: &[Event]| {
        for event in events {
            if let Event::Slashed { amount, .. } = event {
                lost = lost.checked_add(*amount).unwrap();
            }
        }
        if let Some(income) = earned(events) {
            assert_eq!((income.fees, income.deposits), (Amount::ZERO, Amount::ZERO));
            told = told.checked_add(income.penalties).unwrap();
        }
    };
    for _ in 0..60 {
        note(&own_events(&chain.advance_without(&[1], &[])));
    }
    note(&chain.end_epoch(&[]));
    assert!(!lost.is_zero());
    assert_eq!(told, Amount::new(lost.units() * 3 / 10));
    assert_eq!(treasury(&chain), before.checked_add(told).unwrap());
    let fee = chain.ledger.genesis().params.slashing.unjail_fee;
    does(&mut chain, operator(1), Payload::Unjail(Unjail {}));
    let income = earned(&chain.end_epoch(&[])).unwrap();
    assert_eq!(income.penalties, Amount::new(fee.units() * 3 / 10));
    assert!(!income.penalties.is_zero());
}
