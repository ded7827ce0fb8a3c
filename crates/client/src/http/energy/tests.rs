use super::*;
use althing_types::{
    Hash, KeyScheme, SecretKey,
    energy::{DisputeEnd, DisputeSubject, MeterKey, ReadingOutcome},
};
use serde_json::json;

fn account(byte: u8) -> Address {
    Address::new([byte; 20])
}

#[test]
fn a_batch_is_read_from_a_listing_and_with_its_readings() {
    let mut value = json!({
        "number": 7, "provider": account(1), "height": 5, "time_ms": 5_000, "over": false,
        "count": 2, "wh": 300, "attested_wh": 100, "undecided": 1, "attested": 1, "refused": 0, "expired": 0,
        "disproved": 0, "expires": 605, "quorum": 666_666, "oracles": 3, "slot_s": 900,
    });
    let row: BatchInfo = serde_json::from_value(value.clone()).unwrap();
    assert_eq!((row.number, row.count, row.closed, row.readings.len()), (7, 2, None, 0));
    assert_eq!((row.expires, row.oracles), (Some(Height::new(605)), Some(3)));
    value["readings"] = json!([
        { "place": 0, "meter": "11".repeat(32), "sequence": 4, "start": 900, "seconds": 900,
          "wh": 100, "total_wh": 1_100, "signed_at": 1_801, "digest": "22".repeat(32),
          "state": "attested" },
        { "place": 1, "meter": "11".repeat(32), "sequence": 5, "start": 1_800, "seconds": 900,
          "wh": 200, "digest": "33".repeat(32), "state": "undecided", "disputed": false },
    ]);
    value["reports"] = json!([{ "oracle": account(3), "agree": [0], "contradict": [], "height": 6, "late": false }]);
    let batch: BatchInfo = serde_json::from_value(value).unwrap();
    let [first, second] = batch.readings[..] else { panic!("two readings") };
    assert_eq!(first.meter, Hash::from([0x11; 32]));
    assert_eq!(first.state, ReadingStatus::Decided(ReadingOutcome::Attested));
    assert_eq!((second.state, second.total_wh), (ReadingStatus::Undecided, None));
    assert_eq!(batch.reports[0].agree, [0]);
    let back = serde_json::to_value(&batch).unwrap();
    assert_eq!(serde_json::from_value::<BatchInfo>(back).unwrap(), batch);
}

#[test]
fn names_of_what_became_of_readings_and_disputes_are_read_and_others_are_not() {
    for (name, status) in [
        ("undecided", ReadingStatus::Undecided),
        ("disproved", ReadingStatus::Decided(ReadingOutcome::Disproved)),
    ] {
        assert_eq!(serde_json::from_value::<ReadingStatus>(json!(name)).unwrap(), status);
        assert_eq!((status.name(), status.to_string().as_str()), (name, name));
    }
    assert_eq!(ReadingStatus::Undecided.outcome(), None);
    assert!(serde_json::from_value::<ReadingStatus>(json!("lost")).is_err());
    assert_eq!("open".parse(), Ok(DisputeStatus::Open));
    assert_eq!("lapsed".parse(), Ok(DisputeStatus::Ended(DisputeEnd::Lapsed)));
    assert!("won".parse::<DisputeStatus>().is_err());
}

#[test]
fn a_meter_and_a_dispute_are_read() {
    let secret = SecretKey::from_seed(KeyScheme::Ed25519, [5; 32]).unwrap();
    let key = MeterKey::new(secret.public_key()).unwrap();
    let meter: MeterInfo = serde_json::from_value(json!({
        "height": 9, "meter": "44".repeat(32), "provider": account(1), "state": "revoked",
        "key": key, "generation": 1, "keyed": 3, "cooled": { "height": 30, "time": 0 },
        "sequence": 5, "total_wh": 9_000, "last_end": 1_800, "signed_at": 1_801, "max_w": 5_000,
        "attested_wh": 500, "root": "00".repeat(32), "absorbed": 4, "age_s": 7, "stale": false,
        "a_field_of_the_future": 1,
    }))
    .unwrap();
    assert_eq!((meter.key, meter.cooled.unwrap().height), (key, Height::new(30)));
    let dispute: EnergyDisputeInfo = serde_json::from_value(json!({
        "number": 2, "state": "upheld", "opener": account(9),
        "subject": { "type": "reading", "batch": 7, "reading": 1 }, "reason": "false-reading",
        "evidence": "55".repeat(32), "provider": account(1), "opened": 8, "ends": 299,
        "uphold": 2, "dismiss": 0,
        "ended": { "revoked_wh": 200, "reward": "17", "height": 12, "time_ms": 12_000 },
    }))
    .unwrap();
    assert_eq!(dispute.subject, DisputeSubject::Reading { batch: 7, reading: 1 });
    assert_eq!(dispute.ended.unwrap().reward, Amount::new(17));
    assert_eq!((dispute.bond, dispute.votes.len()), (None, 0));
}

#[test]
fn what_people_name_zones_does_not_break_a_query() {
    assert_eq!(encoded("NEM-VIC"), "NEM-VIC");
    assert_eq!(encoded("a b&c=ü/%"), "a%20b%26c%3D%C3%BC%2F%25");
}
