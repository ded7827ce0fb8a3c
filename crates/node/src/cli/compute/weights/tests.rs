use super::*;
use althing_client::http::{MinerWeightInfo, MoneyInfo};
use althing_types::{
    Epoch, Height, Ppm,
    compute::ProductKind,
    compute::{Payment, Purpose},
};

fn ppm(value: u32) -> Ppm {
    Ppm::new(value).unwrap()
}

fn factors() -> Factors {
    Factors {
        count: 16,
        units: 64,
        difficulty_ppm: 1_500_000,
        tier: ppm(500_000),
        uptime: ppm(999_999),
        reputation: ppm(876_543),
    }
}

fn worker(seed: u8) -> Address {
    Address::new([seed; 20])
}

fn credit(task: u64, seed: u8) -> CreditInfo {
    CreditInfo {
        task,
        worker: worker(seed),
        height: Height::new(9),
        shape: Shape::square(ProductKind::Int8, 1_024),
        factors: factors(),
        credit: Amount::new(factors().credit()),
    }
}

fn said(credits: Vec<CreditInfo>) -> WeightsInfo {
    let one = factors().credit();
    let total = one * 3;
    let reward = |count: u128| Some(MoneyInfo { amount: Amount::new(1_000 * count * one / total) });
    let weight = |seed, count: u128| MinerWeightInfo {
        worker: worker(seed),
        weight: Some(Amount::new(one * count)),
        reward: reward(count),
    };
    WeightsInfo {
        height: Height::new(20),
        epoch: 1,
        over: true,
        total: Some(Amount::new(total)),
        pool: Some(MoneyInfo { amount: Amount::new(1_000) }),
        workers: vec![weight(1, 2), weight(2, 1)],
        credits,
        next: None,
    }
}

fn honest() -> Vec<CreditInfo> {
    vec![credit(1, 1), credit(2, 2), credit(3, 1)]
}

fn flaws(said: &WeightsInfo) -> Vec<String> {
    let mut sheet = recompute(&said.credits);
    compare(&mut sheet, said);
    sheet.flaws.into_iter().map(|flaw| flaw.what).collect()
}

#[test]
fn a_weight_is_what_the_ledger_computes_in_another_way() {
    let one = factors();
    let cases = [
        one,
        Factors { count: 64, units: 262_144, difficulty_ppm: 10_000_000, ..one },
        Factors { reputation: Ppm::ZERO, ..one },
        Factors { tier: ppm(1), uptime: ppm(1), reputation: ppm(1), ..one },
        Factors { tier: Ppm::ONE, uptime: Ppm::ONE, reputation: Ppm::ONE, ..one },
    ];
    for factors in cases {
        assert_eq!(weight(&factors), Some(factors.credit()), "{factors:?}");
    }
    let most = Factors { count: u32::MAX, units: u64::MAX, difficulty_ppm: u32::MAX, ..one };
    assert!(weight(&most).is_none_or(|weight| weight > 0));
}

#[test]
fn an_honest_sheet_has_no_flaw() {
    assert_eq!(flaws(&said(honest())), [""; 0]);
}

#[test]
fn whatever_is_false_is_found() {
    let mut more = honest();
    more[0].credit = Amount::new(more[0].credit.units() + 1);
    assert!(flaws(&said(more))[0].contains("its factors give"));
    let mut twice = honest();
    twice[1] = twice[0];
    assert!(flaws(&said(twice))[0].contains("credited twice"));
    let missing = said(honest()[1..].to_vec());
    assert_eq!(flaws(&missing).len(), 3);
    let mut larger = honest();
    larger[2].factors.units = 65;
    assert!(flaws(&said(larger))[0].contains("counts 65 units"));
    let mut richer = said(honest());
    richer.workers[0].reward = Some(MoneyInfo { amount: Amount::new(667) });
    assert!(flaws(&richer)[0].contains("of the pool is not 667"));
    let mut total = said(honest());
    total.total = Some(Amount::new(5));
    assert!(flaws(&total)[0].contains("for all together"));
}

#[test]
fn parts_are_rounded_down_without_overflow() {
    assert_eq!(part_of(1_000, 2, 3), Some(666));
    assert_eq!(part_of(0, 2, 3), Some(0));
    assert_eq!(part_of(7, 3, 3), Some(7));
    assert_eq!(part_of(1, 1, 0), None);
    assert_eq!(part_of(1, 4, 3), None);
    let large = u128::MAX / 2;
    assert_eq!(part_of(large, large, large), Some(large));
}

#[test]
fn events_of_receipts_are_read_as_the_chain_wrote_them() {
    let event = Event::TaskSettled {
        task: 7,
        worker: worker(1),
        purpose: Purpose::Network,
        payment: Payment::default(),
        epoch: Epoch::new(1),
        factors: Some(factors()),
        credit: Amount::new(5),
    };
    let mut value = serde_json::to_value(event).unwrap();
    value["credit_display"] = json!("5 units");
    let receipts = [json!({ "events": [value, { "type": "transferred" }] })];
    assert_eq!(settled(&receipts, 1), [(7, worker(1), factors(), Amount::new(5))]);
    assert!(settled(&receipts, 2).is_empty());
}
