//! Keys and records of module `treasury`.

use super::{record, same};
use althing_ledger::{
    Income,
    query::{decode_income, income_key},
    treasury::{Disbursement, Moment, Pending, Step, Treasury, Waiting, query::*},
};
use althing_types::{
    Address, Amount, Due, Height, List, Period, Timestamp,
    governance::{
        Dependencies, DisbursementReason as Reason, DisbursementState as State, Payment, Payments,
    },
};

#[test]
fn keys_of_the_treasury_keep_their_bytes() {
    for (what, actual, expected) in [
        ("treasury key", treasury_key(), "1d"),
        ("disbursement key", disbursement_key(258), "1e0000000000000102"),
        ("pending key", pending_key(), "1f"),
        ("dependents key", dependents_key(258), "200000000000000102"),
        ("income key", income_key(), "2d"),
    ] {
        same(what, &actual, expected);
    }
}

#[test]
fn records_of_the_treasury_keep_their_bytes() {
    let due = |height, time| Due { height: Height::new(height), time: Timestamp::new(time) };
    let height = Height::new(300);
    let payment = Payment {
        to: Address::new([0x11; 20]),
        amount: Amount::new(300),
        milestone: Period { blocks: 7, ms: 8 },
    };
    let disbursement = Disbursement {
        state: State::Executed,
        history: List::new(vec![Step { state: State::Draft, reason: Reason::Planned, height }])
            .unwrap(),
        payments: Payments::new(vec![payment]).unwrap(),
        deps: Dependencies::new(vec![258]).unwrap(),
        total: Amount::new(300),
        delay: Period { blocks: 9, ms: 10 },
        due: due(301, 1),
        expires: due(302, 2),
        short: true,
        executed: Some(Moment { height, time: Timestamp::new(3) }),
        paid: 1,
    };
    record("disbursement", &disbursement, decode_disbursement, DISBURSEMENT);
    let treasury = Treasury {
        reserved: Amount::new(300),
        held: Amount::new(1),
        paid: Amount::new(2),
        pending: 3,
        wake: due(300, 4),
        stalled: 5,
        paused_until: due(301, 6),
    };
    record("treasury", &treasury, decode_treasury, "ac02010200000003ac020400000005ad0206");
    let waiting = Waiting { number: 258, wake: due(300, 4) };
    let expected = "010000000000000102ac0204";
    record("pending", &Pending::new(vec![waiting]).unwrap(), decode_pending, expected);
    let dependents = List::new(vec![258u64]).unwrap();
    record("dependents", &dependents, decode_dependents, "010000000000000102");
}

const DISBURSEMENT: &str = "04010000ac02011111111111111111111111111111111111111111ac0200000000000000070000000000000008010000000000000102ac020000000000000009000000000000000aad0201ae02020101ac020300000001";

#[test]
fn what_the_treasury_has_earned_keeps_its_bytes() {
    let income =
        Income { fees: Amount::new(300), penalties: Amount::new(1), deposits: Amount::new(2) };
    record("income", &income, decode_income, "ac020102");
}
