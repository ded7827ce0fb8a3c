//! What a message or the end of a block touches is read in few rounds, however much it is about: each
//! round waits for the database, and everything is done again.

use super::{messages::*, world::*};
use althing_ledger::codes;
use althing_types::{
    Event, Payload, Period,
    energy::{Reading, SettlementMode},
};

/// Batches of one report.
const BATCHES: u64 = 32;
/// Readings of one batch.
const READINGS: u64 = 64;

/// A world in which nothing is over before it is looked at.
fn world(dispute_blocks: u64) -> World {
    let mut world = World::with(|genesis| {
        genesis.params.energy.dispute_window = Period::blocks(dispute_blocks);
    });
    world.chain.audit_every = 1_000;
    world
}

/// The rounds of a message that would succeed in the next block.
fn rounds(world: &World, user: usize, payload: Payload) -> u64 {
    let (rounds, receipt) = world.chain.rounds(&world.transaction(user, 0, payload));
    assert_eq!(codes::name_of(receipt.code), "ok");
    rounds
}

fn assert_few(what: &str, rounds: u64, most: u64) {
    println!("{what}: {rounds} rounds of reads");
    assert!(rounds <= most, "{what} takes {rounds} rounds of reads instead of {most}");
}

/// As many readings of two slots each as a batch has, of two meters in turn.
fn full_batch(world: &mut World, since: u64) -> Vec<Reading> {
    let counted = |n: u64| {
        let device = (n % 2) as usize;
        world.measure(device, since + n / 2 * 2 * SLOT_S, 2 * SLOT_S as u32, 500)
    };
    (0..READINGS).map(counted).collect()
}

/// As many full batches as a report is about; no two are about the same slots.
fn full_report(world: &mut World) -> Vec<u64> {
    let long_ago = world.slot() - 10_000 * SLOT_S;
    let batch = |n: u64| {
        let readings = full_batch(world, long_ago + n * READINGS * SLOT_S);
        batch_of(&world.does(PROVIDER, submit(PROVIDER, readings)))
    };
    (0..BATCHES).map(batch).collect()
}

/// The rounds of blocks that do this by themselves, and how often they do it in all.
fn rounds_of_blocks(world: &mut World, name: &str, blocks: usize) -> (u64, usize) {
    let (mut most, mut count) = (0, 0);
    for _ in 0..blocks {
        let rounds = world.chain.block_rounds();
        let done = world.pass(1).iter().filter(|event| event.name() == name).count();
        if done > 0 {
            most = most.max(rounds);
        }
        count += done;
    }
    (most, count)
}

#[test]
fn a_report_about_32_batches_takes_as_many_rounds_as_one_about_one() {
    for (agree, contradict, what) in [(u64::MAX, 0, "attests"), (0, u64::MAX, "refuses")] {
        let mut world = world(500);
        let batches = full_report(&mut world);
        let items: Vec<_> = batches.iter().map(|batch| (*batch, agree, contradict)).collect();
        let [first, second, _] = ORACLES;
        let opens = rounds(&world, first, report(first, &items));
        assert_few("attest-readings that decides nothing", opens, 2);
        world.does(first, report(first, &items));
        let one = rounds(&world, second, report(second, &items[..1]));
        let all = rounds(&world, second, report(second, &items));
        assert_few(&format!("attest-readings that {what} a batch"), one, 3);
        assert_few(&format!("attest-readings that {what} 32 batches"), all, one);
    }
}

#[test]
fn a_batch_of_64_readings_takes_two_rounds() {
    let mut world = world(500);
    let since = world.slot() - 1_000 * SLOT_S;
    let readings = full_batch(&mut world, since);
    let rounds = rounds(&world, PROVIDER, submit(PROVIDER, readings));
    assert_few("submit-readings", rounds, 2);
}

#[test]
fn batches_that_are_over_take_few_rounds_however_many_they_are() {
    let mut world = world(8);
    let batches = full_report(&mut world);
    let items: Vec<_> = batches.iter().map(|batch| (*batch, u64::MAX, 0)).collect();
    let [first, second, _] = ORACLES;
    world.all(&[(first, report(first, &items)), (second, report(second, &items))]);
    let (rounds, closed) = rounds_of_blocks(&mut world, "batch-closed", 12);
    assert_eq!(closed as u64, BATCHES);
    assert_few("the end of 32 batches", rounds, 7);
}

#[test]
fn what_is_late_takes_few_rounds_on_however_many_heights_it_was_due() {
    let mut world = World::with(|genesis| genesis.params.energy.due_per_block = 8);
    world.chain.audit_every = 1_000;
    let slot = world.slot() - SLOT_S;
    let readings: Vec<Reading> = (0..60).map(|n| world.measure(0, slot + n, 1, 1)).collect();
    let sent: Vec<_> =
        readings.into_iter().map(|reading| (PROVIDER, submit(PROVIDER, vec![reading]))).collect();
    world.all(&sent);
    let [first, second, _] = ORACLES;
    let items = |from: u64| (from..from + 24).map(|batch| (batch, 1, 0)).collect::<Vec<_>>();
    let reports =
        [0, 24].map(|from| [first, second].map(|user| (user, report(user, &items(from)))));
    world.all(&reports.concat());
    // One a block: they are due on as many heights, while 48 are done that were due before.
    (48..60).for_each(|batch| world.attest(batch));
    let (rounds, closed) = rounds_of_blocks(&mut world, "batch-closed", 16);
    assert!(closed > 12, "{closed}");
    assert_few("the end of batches that are late", rounds, 7);
    assert_eq!(world.count("batch-closed"), 60);
}

#[test]
fn a_full_book_is_cleared_and_paid_in_few_rounds() {
    let mut world = world(20);
    let slot = world.slot() + 20 * SLOT_S;
    let buyers = [BUYER, RIVAL, DELEGATE, ADMIN, STRANGER];
    for part in 0..16 {
        let offers = (0..16).map(|n| {
            let provider = [PROVIDER, OTHER][n % 2];
            (provider, offer(provider, slot, 300, price((part * 16 + n) as u128)))
        });
        let orders = (0..16).map(|n| (buyers[(part + n) % 5], order(slot, 250, price(300))));
        let entries: Vec<_> = offers.chain(orders).collect();
        world.all(&entries);
    }
    world.until(slot + SLOT_S);
    for device in [0, 2] {
        let batch = world.read(device, slot, 40_000);
        world.attest(batch);
    }
    let (rounds, cleared) = rounds_of_blocks(&mut world, "slot-cleared", 12);
    assert_eq!(cleared, 1);
    assert_few("the clearing of 256 offers and 256 orders", rounds, 6);
    assert!(world.count("energy-sold") > 400);
    let (rounds, paid) = rounds_of_blocks(&mut world, "energy-paid", 24);
    assert!(paid > 400, "{paid}");
    assert_few("payments of a block", rounds, 6);
}

#[test]
fn what_buyers_send_takes_few_rounds() {
    let mut world = world(8);
    world.enact(vec![(ADMIN, settlement(SettlementMode::RealTime, 666_666, 600))]);
    let slot = world.produce(0, 2_000);
    world.does(PROVIDER, tariff(PROVIDER, price(100), 1_000));
    assert_few("buy-energy", rounds(&world, BUYER, buy(PROVIDER, slot, 500, price(100))), 2);
    let (number, ..) = sales(&world.does(BUYER, buy(PROVIDER, slot, 500, price(100))))[0];
    assert_few("retire-certificate", rounds(&world, BUYER, retire(number)), 1);
    let transfer = transfer_certificate(number, RIVAL);
    assert_few("transfer-certificate", rounds(&world, BUYER, transfer), 1);
}

/// A reading of eight slots that were sold four times each: 32 sales are held back.
#[test]
fn a_dispute_about_32_sales_takes_few_rounds() {
    let mut world = world(500);
    world.enact(vec![(ADMIN, settlement(SettlementMode::RealTime, 666_666, 600))]);
    let since = world.slot() - 10 * SLOT_S;
    let counted = world.measure(0, since, 8 * SLOT_S as u32, 8_000);
    let batch = batch_of(&world.does(PROVIDER, submit(PROVIDER, vec![counted])));
    world.attest(batch);
    world.does(PROVIDER, tariff(PROVIDER, price(100), 8_000));
    let buyers = [BUYER, RIVAL, DELEGATE, STRANGER];
    let buys = |slot: u64| buyers.map(|user| (user, buy(PROVIDER, slot, 250, price(100))));
    let bought: Vec<_> = (0..8).flat_map(|n| buys(since + n * SLOT_S)).collect();
    world.all(&bought);
    let open = dispute(RIVAL, reading(batch, 0));
    assert_few("open-energy-dispute", rounds(&world, RIVAL, open.clone()), 5);
    let number = dispute_of(&world.does(RIVAL, open));
    assert_eq!(world.dispute(number).sales.len(), 32);
    let [first, second, _] = ORACLES;
    world.does(first, vote(first, number, true));
    let last = vote(second, number, true);
    assert_few("vote-energy-dispute", rounds(&world, second, last.clone()), 5);
    let events = world.does(second, last);
    let ended =
        |event: &Event| matches!(event, Event::EnergyDisputeEnded { revoked_wh: 8_000, .. });
    assert!(events.iter().any(ended), "{events:?}");
}
