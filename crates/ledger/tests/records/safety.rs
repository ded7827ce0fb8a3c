//! Keys and records of module `safety`.

use super::{record, same};
use althing_ledger::safety::{Before, Call, Change, Changes, OpenCall, Safety, Used, query::*};
use althing_types::{
    Address, Due, Height, List, Period, Timestamp,
    governance::{Order, OrderKind, SafetyMembers, SafetyRules},
    hash::Hash,
};

const MEMBER: Address = Address::new([0x11; 20]);

#[test]
fn keys_of_the_safety_override_keep_their_bytes() {
    let id = Hash::from([0x22; 32]);
    for (what, actual, expected) in [
        ("safety key", safety_key(), "28".to_owned()),
        ("call key", call_key(id), format!("29{}", "22".repeat(32))),
        ("changes key", changes_key(), "2a".to_owned()),
    ] {
        same(what, &actual, &expected);
    }
    let id = Call::id(258, &Order::CancelProposal { proposal: 300 });
    same("id of a call", id.as_ref(), CALL_ID);
}

#[test]
fn records_of_the_safety_override_keep_their_bytes() {
    let due = Due { height: Height::new(300), time: Timestamp::new(4_000) };
    let allowed = vec![OrderKind::PauseTreasury, OrderKind::CancelProposal];
    let members = vec![MEMBER, Address::new([0x33; 20])];
    let rules = SafetyRules::new(members, 2, allowed, Some(5), Period::blocks(7)).unwrap();
    let open = OpenCall { id: Hash::from([0x22; 32]), by: MEMBER, expires: due };
    let safety = Safety {
        rules,
        used: 3,
        last: Some(Used { height: Height::new(258), time: Timestamp::new(9) }),
        open: List::new(vec![open]).unwrap(),
    };
    record("safety", &safety, decode_safety, SAFETY);
    let call = Call {
        number: 258,
        order: Order::PauseTreasury { period: Period { blocks: 7, ms: 8 } },
        approvals: SafetyMembers::new(vec![MEMBER]).unwrap(),
        expires: due,
    };
    record("call", &call, decode_call, CALL);
    let change = Change {
        number: 8,
        order: OrderKind::PauseTreasury,
        before: Before::Pause { until: due },
        lapses: due,
        proposal: Some(259),
    };
    let changes = Changes { next: 9, open: List::new(vec![change]).unwrap() };
    record("changes", &changes, decode_changes, CHANGES);
    assert_eq!(Changes::default().next, 1);
}

const CALL_ID: &str = "62618b0417d44f21267324b286bae442681c5ecfed5c2821ffddb91892004b67";
const SAFETY: &str = "02111111111111111111111111111111111111111133333333333333333333333333333333333333330000000202000301000000050000000000000007000000000000000000000003018202090122222222222222222222222222222222222222222222222222222222222222221111111111111111111111111111111111111111ac02a01f";
const CALL: &str = "0000000000000102000400000000000000070000000000000008011111111111111111111111111111111111111111ac02a01f";
const CHANGES: &str = "0000000000000009010000000000000008030001ac02a01fac02a01f010000000000000103";
