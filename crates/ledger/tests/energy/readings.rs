//! Readings: each rule by its code, the borders of the clock, and what a batch keeps.

use super::{messages::*, world::*};
use althing_ledger::energy::split;
use althing_types::{
    Hash,
    energy::{MeterSignature, Reading, ReadingOutcome},
    hash,
};

/// Submits one changed reading of the first meter, signed again.
fn refused(world: &mut World, change: impl Fn(&mut Reading), code: &str) {
    let mut reading = world.draft(0, world.slot() - SLOT_S, SLOT_S as u32, 1_000);
    change(&mut reading);
    let reading = world.sign(0, reading);
    world.fails(PROVIDER, submit(PROVIDER, vec![reading]), code);
}

#[test]
fn readings_that_cannot_be_true_are_refused_each_with_its_code() {
    let mut world = World::new();
    world.produce(0, 1_000);
    world.pass(6);
    refused(&mut world, |reading| reading.sequence = 0, "reading_replayed");
    refused(&mut world, |reading| reading.sequence = 2, "reading_gap");
    refused(&mut world, |reading| reading.total_wh += 1, "counter_mismatch");
    refused(&mut world, |reading| reading.total_wh -= 1, "counter_mismatch");
    refused(&mut world, |reading| reading.seconds = 0, "interval_invalid");
    refused(&mut world, |reading| reading.seconds = 601, "interval_invalid");
    refused(&mut world, |reading| reading.start = reading.signed_at, "interval_invalid");
    refused(&mut world, |reading| reading.start -= 100 * SLOT_S, "interval_overlap");
    let wh = 50_001;
    let above = move |reading: &mut Reading| (reading.wh, reading.total_wh) = (wh, 1_001_000 + wh);
    refused(&mut world, above, "capacity_exceeded");
    refused(&mut world, |reading| reading.meter = Hash::from([7; 32]), "meter_mismatch");
    // And this one is right.
    world.produce(0, 50_000);
}

#[test]
fn a_clock_may_be_off_by_300_seconds_and_no_more() {
    let mut world = World::new();
    world.pass(60);
    for off in [301, u64::MAX / 2] {
        refused(&mut world, |reading| reading.signed_at -= off.min(1_000), "timestamp_skew");
        refused(&mut world, |reading| reading.signed_at += off, "timestamp_skew");
    }
    let slot = world.slot() - SLOT_S;
    let mut early = world.measure(0, slot - 600, SLOT_S as u32, 10);
    early.signed_at -= 300;
    let early = world.sign(0, early);
    world.does(PROVIDER, submit(PROVIDER, vec![early]));
    let mut late = world.measure(1, slot, SLOT_S as u32, 10);
    late.signed_at += 300;
    let late = world.sign(1, late);
    world.does(PROVIDER, submit(PROVIDER, vec![late]));
}

#[test]
fn only_what_the_meter_signed_for_this_chain_counts() {
    let mut world = World::new();
    let slot = world.slot() - SLOT_S;
    let mut other_chain = world.draft(0, slot, SLOT_S as u32, 10);
    let bytes = other_chain.signed_bytes(&"other-chain".parse().unwrap());
    other_chain.signature = MeterSignature::sign(&world.devices[0].key, &bytes).unwrap();
    world.fails(PROVIDER, submit(PROVIDER, vec![other_chain]), "signature_invalid");
    let reading = world.draft(0, slot, SLOT_S as u32, 10);
    let forged = Reading { wh: 11, total_wh: reading.total_wh + 1, ..reading };
    world.fails(PROVIDER, submit(PROVIDER, vec![forged]), "signature_invalid");
    let reading = world.draft(0, slot, SLOT_S as u32, 10);
    world.fails(OTHER, submit(OTHER, vec![reading]), "meter_mismatch");
    let reading = world.draft(0, slot, SLOT_S as u32, 10);
    world.fails(STRANGER, submit(PROVIDER, vec![reading]), "scope_missing");
}

#[test]
fn a_replayed_transaction_of_readings_counts_once() {
    let mut world = World::new();
    let slot = world.slot() - SLOT_S;
    let reading = world.measure(0, slot, SLOT_S as u32, 10);
    world.does(PROVIDER, submit(PROVIDER, vec![reading.clone()]));
    world.fails(PROVIDER, submit(PROVIDER, vec![reading]), "reading_replayed");
    assert_eq!(world.energy().pending_wh, 10);
}

#[test]
fn one_bad_reading_refuses_its_whole_batch() {
    let mut world = World::new();
    let slot = world.slot() - SLOT_S;
    let (good, mut bad) =
        (world.draft(0, slot, SLOT_S as u32, 10), world.draft(1, slot, SLOT_S as u32, 10));
    bad.total_wh += 1;
    let bad = world.sign(1, bad);
    world.fails(PROVIDER, submit(PROVIDER, vec![good, bad]), "counter_mismatch");
    assert_eq!((world.meter(0).sequence, world.provider(PROVIDER).pending), (0, 0));
}

#[test]
fn a_batch_takes_64_readings_of_several_meters_in_order() {
    let mut world = World::new();
    world.pass(60);
    let slot = world.slot() - 10 * SLOT_S;
    let readings: Vec<Reading> =
        (0..64).map(|n| world.measure(n % 2, slot + (n as u64 / 2) * 10, 10, n as u64)).collect();
    let batch = batch_of(&world.does(PROVIDER, submit(PROVIDER, readings.clone())));
    assert_eq!(world.provider(PROVIDER).pending, 64);
    world.attest(batch);
    assert_eq!(world.energy().attested_wh, (0..64).sum::<u64>());
    // When the batch is over, both meters' roots have absorbed their 32 readings.
    world.pass(10);
    assert!(world.find_batch(batch).is_none());
    for device in [0, 1] {
        let own = readings.iter().skip(device).step_by(2);
        let outcome = ReadingOutcome::Attested;
        let root = own.fold(hash::zero(), |root, reading| root_after(&root, reading, outcome));
        assert_eq!((world.meter(device).root, world.meter(device).absorbed), (root, 32));
    }
}

#[test]
fn a_reading_that_spans_slots_is_split_by_seconds_without_losing_a_wh() {
    let mut world = World::new();
    world.pass(60);
    let start = world.slot() - 5 * SLOT_S + 7;
    let reading = world.measure(0, start, 150, 100_001);
    let batch = batch_of(&world.does(PROVIDER, submit(PROVIDER, vec![reading])));
    world.attest(batch);
    let parts = split(start, 150, 100_001, SLOT_S).unwrap();
    assert_eq!(parts.iter().map(|(_, wh)| *wh).collect::<Vec<_>>(), [35_333, 40_000, 24_668]);
    for (slot, wh) in parts {
        assert_eq!(world.credit(PROVIDER, slot).unwrap().available, wh);
    }
}

#[test]
fn readings_can_be_too_old() {
    let mut world = World::with(|genesis| genesis.params.energy.max_age_s = 600);
    world.pass(80);
    let slot = world.slot();
    let old = world.draft(0, slot - 12 * SLOT_S, SLOT_S as u32, 10);
    world.fails(PROVIDER, submit(PROVIDER, vec![old]), "reading_too_old");
    world.read(0, slot - 5 * SLOT_S, 10);
}

#[test]
fn a_provider_has_as_many_undecided_readings_as_its_reputation_allows() {
    let mut world = World::with(|genesis| genesis.params.energy.max_pending = 64);
    world.pass(60);
    let slot = world.slot() - 10 * SLOT_S;
    let readings = (0..64).map(|n| world.measure(0, slot + n, 1, 0)).collect();
    let batch = batch_of(&world.does(PROVIDER, submit(PROVIDER, readings)));
    let next = world.draft(0, slot + 64, 1, 0);
    world.fails(PROVIDER, submit(PROVIDER, vec![next]), "too_many_pending");
    world.attest(batch);
    world.read(0, slot + SLOT_S * 2, 0);
}

#[test]
fn nothing_is_submitted_while_nobody_could_attest_it() {
    let mut world = World::empty(|_| {});
    world.equip();
    world.pass(6);
    let reading = world.draft(0, world.slot() - SLOT_S, SLOT_S as u32, 10);
    world.fails(PROVIDER, submit(PROVIDER, vec![reading]), "no_oracles");
}
