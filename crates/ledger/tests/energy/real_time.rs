//! The market in real time: orders are settled at once against posted tariffs.

use super::{messages::*, world::*};
use althing_types::{Amount, energy::SettlementMode};

fn world() -> World {
    let mut world = World::new();
    world.enact(vec![(ADMIN, settlement(SettlementMode::RealTime, 666_666, 600))]);
    world
}

#[test]
fn a_buyer_gets_attested_energy_at_once_at_the_posted_price() {
    let mut world = world();
    let slot = world.produce(0, 10_000);
    world.does(PROVIDER, tariff(PROVIDER, price(100), 8_000));
    let events = world.does(BUYER, buy(PROVIDER, slot, 3_000, price(150)));
    assert_eq!(sales(&events), [(0, 3_000, price(300))]);
    assert_eq!(world.spent(BUYER), price(300));
    // What the tariff is for, and no more: 5,000 are left of it.
    let events = world.does(RIVAL, buy(PROVIDER, slot, 9_000, price(100)));
    assert_eq!(sales(&events), [(1, 5_000, price(500))]);
    world.fails(BUYER, buy(PROVIDER, slot, 1_000, price(150)), "no_tariff");
    world.does(PROVIDER, tariff(PROVIDER, price(200), 8_000));
    world.fails(BUYER, buy(PROVIDER, slot, 1_000, price(199)), "energy_price_too_high");
    world.fails(BUYER, buy(PROVIDER, slot + SLOT_S, 1_000, price(200)), "nothing_for_sale");
    // Of the slot 2,000 are left.
    let events = world.does(BUYER, buy(PROVIDER, slot, 9_000, price(200)));
    assert_eq!(sales(&events), [(2, 2_000, price(400))]);
    world.fails(BUYER, buy(PROVIDER, slot, 9_000, price(200)), "nothing_for_sale");
    let before = world.balance(PROVIDER);
    world.pass(10);
    // 1,200, less half a percent.
    let earned = world.balance(PROVIDER).checked_sub(before).unwrap();
    assert_eq!(earned, price(1_194));
    assert_eq!(world.energy().sold_wh, 10_000);
}

#[test]
fn parts_of_a_unit_are_rounded_up_so_that_nothing_is_free() {
    let mut world = world();
    let slot = world.produce(0, 10);
    world.does(PROVIDER, tariff(PROVIDER, Amount::new(1), 10));
    let events = world.does(BUYER, buy(PROVIDER, slot, 1, Amount::new(1)));
    assert_eq!(sales(&events), [(0, 1, Amount::new(1))]);
}

#[test]
fn a_tariff_ends_when_its_provider_says_so() {
    let mut world = world();
    let slot = world.produce(0, 10_000);
    world.does(PROVIDER, tariff(PROVIDER, price(100), 8_000));
    world.fails(STRANGER, tariff(PROVIDER, price(1), 8_000), "scope_missing");
    world.does(PROVIDER, tariff(PROVIDER, Amount::ZERO, 0));
    world.fails(BUYER, buy(PROVIDER, slot, 1_000, price(150)), "no_tariff");
    world.fails(BUYER, buy(STRANGER, slot, 1_000, price(150)), "unknown_provider");
    world.fails(PROVIDER, offer(PROVIDER, slot + 600, 1_000, price(1)), "wrong_settlement_mode");
}
