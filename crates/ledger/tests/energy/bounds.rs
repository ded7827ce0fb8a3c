//! Bounded work and bounded state: a block moves on so much of what is due and no more, and what is
//! over leaves nothing behind but roots and sums.

use super::{messages::*, world::*};
use althing_ledger::energy::query;
use althing_types::{
    Event,
    energy::{Reading, SettlementMode},
};

/// How many records the tables of batches, credits, books and what is due have.
fn open_records(world: &World) -> usize {
    let open = |prefix: u8| [0x43, 0x44, 0x48, 0x4c, 0x4d].contains(&prefix);
    world.chain.state.keys().filter(|key| open(key.prefix())).count()
}

/// How many records all tables of energy have.
fn records(world: &World) -> usize {
    world.chain.state.keys().filter(|key| (0x41..=0x53).contains(&key.prefix())).count()
}

#[test]
fn what_is_due_at_once_takes_as_many_blocks_as_the_bound_says() {
    let mut world = World::with(|genesis| genesis.params.energy.due_per_block = 8);
    let slot = world.slot() - SLOT_S;
    let readings: Vec<Reading> = (0..48).map(|n| world.measure(0, slot + n, 1, 1)).collect();
    let sent: Vec<_> =
        readings.into_iter().map(|reading| (PROVIDER, submit(PROVIDER, vec![reading]))).collect();
    world.all(&sent);
    let [first, second] = [0, 1].map(|oracle| ORACLES[oracle]);
    let items = |from: u64| (from..from + 24).map(|batch| (batch, 1, 0)).collect::<Vec<_>>();
    world.all(&[
        (first, report(first, &items(0))),
        (first, report(first, &items(24))),
        (second, report(second, &items(0))),
        (second, report(second, &items(24))),
    ]);
    // All 48 are over 8 blocks later, and 8 a block are closed.
    let mut closed = Vec::new();
    for _ in 0..16 {
        let events = world.pass(1);
        let over = |event: &&Event| event.name() == "batch-closed";
        closed.push(events.iter().filter(over).count());
    }
    assert_eq!(closed.iter().sum::<usize>(), 48);
    assert!(closed.iter().all(|count| *count <= 8), "{closed:?}");
    assert_eq!(world.meter(0).absorbed, 48);
}

#[test]
fn readings_leave_no_records_behind_when_they_are_over() {
    let mut world = World::with(|genesis| genesis.params.energy.credit_life_s = 60);
    world.enact(vec![(ADMIN, settlement(SettlementMode::Batch, 666_666, 12))]);
    let (before, all) = (open_records(&world), records(&world));
    for round in 0..5 {
        let slot = world.produce(0, 1_000 + round);
        assert!(world.credit(PROVIDER, slot).is_some());
        world.pass(6);
    }
    world.pass(30);
    assert_eq!(open_records(&world), before);
    // Besides, each account counts its messages of the present window, and that is all.
    assert!(records(&world) <= all + 3, "{} {all}", records(&world));
    let agenda = query::decode_agenda(&world.chain.state[&query::agenda_key()]).unwrap();
    assert_eq!(agenda.open, 0);
    assert_eq!(world.energy().lapsed_wh, world.energy().attested_wh);
}

/// Bytes of all records of energy, their keys included, once so many intervals are over: each was
/// measured, attested, half of it sold and used up, and the rest lapsed.
fn size_after(intervals: usize) -> usize {
    let mut world = World::with(|genesis| genesis.params.energy.credit_life_s = 60);
    world.enact(vec![(ADMIN, settlement(SettlementMode::RealTime, 666_666, 12))]);
    world.chain.audit_every = 10;
    // Heights are encoded in two bytes from 128 to 16,383.
    world.pass(128);
    for _ in 0..intervals {
        let slot = world.produce(0, 2_000);
        world.does(PROVIDER, tariff(PROVIDER, price(100), 1_000));
        let sold = sales(&world.does(BUYER, buy(PROVIDER, slot, 1_000, price(100))));
        world.does(BUYER, retire(sold[0].0));
        world.pass(6);
    }
    // The last sale is paid, and the last energy lapses.
    world.pass(40);
    let energy = world.energy();
    let made = 2_000 * intervals as u64;
    let half = made / 2;
    assert_eq!((energy.attested_wh, energy.retired_wh, energy.lapsed_wh), (made, half, half));
    let own = |prefix: u8| (0x41..=0x53).contains(&prefix);
    let records = world.chain.state.iter().filter(|(key, _)| own(key.prefix()));
    records.map(|(key, value)| key.len() + value.len()).sum()
}

#[test]
fn after_thirty_intervals_the_state_is_as_large_as_after_three() {
    assert_eq!(size_after(30), size_after(3));
}
