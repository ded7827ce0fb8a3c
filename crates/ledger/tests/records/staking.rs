//! Keys and records of module `staking`.

use super::{record, same};
use althing_ledger::{
    query,
    staking::{
        Announcement, Candidates, Conversion, Delegation, Delegator, Liability, Pending, Profile,
        Queue, Slash, Slashes, Totals, Unbonding, Validator,
    },
};
use althing_types::{
    Address, Amount, Due, Epoch, Height, Ppm, Shares, Timestamp, ValidatorDetails, ValidatorKey,
};
use commonware_codec::Encode as _;

const ACCOUNT: Address = Address::new([0x11; 20]);
const KEY: ValidatorKey = ValidatorKey::new([0x22; 32]);
const OTHER: ValidatorKey = ValidatorKey::new([0x33; 32]);

fn due(height: u64, time: u64) -> Due {
    Due { height: Height::new(height), time: Timestamp::new(time) }
}

fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

#[test]
fn keys_of_stake_keep_their_bytes() {
    let (account, key) = ("11".repeat(20), "22".repeat(32));
    let epoch = Epoch::new(258);
    for (what, actual, expected) in [
        ("validator key", query::validator_key(KEY), format!("05{key}")),
        ("profile key", query::profile_key(KEY), format!("06{key}")),
        ("operator key", query::operator_key(ACCOUNT), format!("07{account}")),
        ("slashes key", query::slashes_key(KEY), format!("08{key}")),
        ("candidates key", query::candidates_key(), "09".into()),
        ("totals key", query::totals_key(), "0a".into()),
        ("queue key", query::queue_key(), "0b".into()),
        ("unbonding key", query::unbonding_key(258), "0c0000000000000102".into()),
        ("delegation key", query::delegation_key(ACCOUNT, KEY), format!("0d{account}{key}")),
        ("delegator key", query::delegator_key(ACCOUNT), format!("0e{account}")),
        ("conversion key", query::conversion_key(KEY, epoch), format!("0f{key}0000000000000102")),
    ] {
        same(what, &actual, &expected);
    }
}

fn validator() -> Validator {
    Validator {
        operator: ACCOUNT,
        tokens: Amount::new(300),
        shares: Shares::new(299),
        pending: Amount::new(7),
        pending_nominal: Amount::new(8),
        pending_count: 2,
        delegations: 3,
        epoch_tokens: Amount::new(310),
        left: Amount::new(10),
        commission: ppm(50_000),
        announced: Some(Announcement { commission: ppm(60_000), due: due(40, 400) }),
        commission_cooldown: due(50, 500),
        chosen_until: Some(Epoch::new(9)),
        jailed_until: Some(due(60, 600)),
        leaving: true,
        ejected: false,
        slashes: 1,
    }
}

fn delegation() -> Delegation {
    let liability = Liability {
        from: OTHER,
        began: Height::new(90),
        slashes: 1,
        due: due(190, 1_900),
        epoch: Epoch::new(8),
        amount: Amount::new(5),
        shares: Shares::new(4),
    };
    Delegation {
        shares: Shares::new(200),
        pending: Some(Pending { epoch: Epoch::new(9), amount: Amount::new(8) }),
        created: Height::new(70),
        liabilities: vec![liability],
    }
}

#[test]
fn records_of_validators_keep_their_bytes() {
    record("validator record", &validator(), query::decode_validator, VALIDATOR);
    let details = ValidatorDetails {
        name: "one".parse().unwrap(),
        website: "https://one.example".parse().unwrap(),
        description: "first".parse().unwrap(),
    };
    let endpoint = "10.0.0.1:9".parse().unwrap();
    let profile = Profile { details, endpoint, registered: Height::new(300) };
    record("profile", &profile, query::decode_profile, PROFILE);
    record("operator", &KEY, query::decode_operator, &"22".repeat(32));
    let slash = Slash {
        since: Height::new(80),
        height: Height::new(95),
        time: Timestamp::new(950),
        fraction: ppm(50_000),
    };
    record("slashes", &Slashes(vec![slash]), query::decode_slashes, "01505fb607d08603");
    let candidates = Candidates(vec![KEY, OTHER]);
    let expected = format!("02{}{}", "22".repeat(32), "33".repeat(32));
    record("candidates", &candidates, query::decode_candidates, &expected);
}

#[test]
fn records_of_delegators_keep_their_bytes() {
    record("delegation", &delegation(), query::decode_delegation, DELEGATION);
    let lists = Delegator { validators: vec![KEY], unbonding: vec![5, 258] };
    record("delegator", &lists, query::decode_delegator, DELEGATOR);
    let entry = Unbonding {
        delegator: ACCOUNT,
        validator: KEY,
        amount: Amount::new(300),
        began: Height::new(90),
        slashes: 1,
        due: due(190, 1_900),
    };
    record("unbonding entry", &entry, query::decode_unbonding, UNBONDING);
}

#[test]
fn records_of_sums_keep_their_bytes() {
    let queue = Queue { head: 5, tail: 7, head_due: due(190, 1_900), tail_due: due(200, 2_000) };
    record("queue", &queue, query::decode_queue, QUEUE);
    let totals =
        Totals { bonded: Amount::new(300), unbonding: Amount::new(20), active: 4, delegations: 9 };
    record("totals", &totals, query::decode_totals, TOTALS);
    let conversion = Conversion {
        nominal: Amount::new(300),
        shares: Shares::new(299),
        left: Shares::new(99),
        open: 2,
    };
    record("conversion", &conversion, query::decode_conversion, CONVERSION);
}

#[test]
fn lists_of_stake_keep_their_bounds() {
    let too_many = Delegator { validators: vec![KEY; 33], unbonding: Vec::new() };
    assert!(query::decode_delegator(&too_many.encode()).is_err());
    let too_many = Delegator { validators: Vec::new(), unbonding: vec![1; 33] };
    assert!(query::decode_delegator(&too_many.encode()).is_err());
    let [liability] = delegation().liabilities.try_into().unwrap();
    let too_many = Delegation { liabilities: vec![liability; 9], ..delegation() };
    assert!(query::decode_delegation(&too_many.encode()).is_err());
    assert!(query::decode_candidates(&Candidates(vec![KEY; 1_001]).encode()).is_err());
    // The largest lists fit into a value of the state.
    assert!(Candidates(vec![KEY; 1_000]).encode().len() < 65_536);
}

const VALIDATOR: &str = "1111111111111111111111111111111111111111ac02ab0207080000000200000003b6020ad0860301e0d40328900332f4030109013cd804010000000001";
const PROFILE: &str =
    "036f6e651368747470733a2f2f6f6e652e6578616d706c650566697273740a31302e302e302e313a39ac02";
const DELEGATION: &str = "c801010908460133333333333333333333333333333333333333333333333333333333333333335a00000001be01ec0e080504";
const DELEGATOR: &str = "0122222222222222222222222222222222222222222222222222222222222222220200000000000000050000000000000102";
const UNBONDING: &str = "11111111111111111111111111111111111111112222222222222222222222222222222222222222222222222222222222222222ac025a00000001be01ec0e";
const QUEUE: &str = "00000000000000050000000000000007be01ec0ec801d00f";
const TOTALS: &str = "ac0214000000040000000000000009";
const CONVERSION: &str = "ac02ab026300000002";
