//! The market in batches: one clearing a slot, at one price; certificates of origin.

use super::{common::*, messages::*, world::*};
use althing_types::{Amount, Event, energy::SettlementMode};

/// What a clearing says: price, Wh, paid, paid back.
fn cleared(events: &[Event]) -> (Amount, u64, Amount, Amount) {
    let found = events.iter().find_map(|event| match event {
        Event::SlotCleared { price, wh, paid, refunds, .. } => Some((*price, *wh, *paid, *refunds)),
        _ => None,
    });
    found.unwrap()
}

/// Both providers have so much of a slot by the time it is cleared; what the clearing did.
fn clear(world: &mut World, slot: u64, energy: [u64; 2]) -> Vec<Event> {
    world.until(slot + SLOT_S);
    for (device, wh) in [(0, energy[0]), (2, energy[1])] {
        if wh > 0 {
            let batch = world.read(device, slot, wh);
            world.attest(batch);
        }
    }
    world.until(slot + 2 * SLOT_S + 30)
}

#[test]
fn a_slot_is_cleared_once_at_the_middle_of_the_marginal_prices() {
    let mut world = World::new();
    let slot = world.slot() + SLOT_S;
    world.does(PROVIDER, offer(PROVIDER, slot, 10_000, price(100)));
    world.does(OTHER, offer(OTHER, slot, 10_000, price(200)));
    world.does(BUYER, order(slot, 12_000, price(400)));
    world.does(RIVAL, order(slot, 5_000, price(250)));
    // What is set aside: 12 kWh at 400 and 5 kWh at 250.
    assert_eq!(world.energy().escrow, price(4_800 + 1_250));
    assert_eq!(world.spent(BUYER), price(4_800));
    let treasury = world.treasury();
    let events = clear(&mut world, slot, [10_000, 10_000]);
    // The marginal pair asks for 200 and pays 250.
    let (at, wh, paid, refunds) = cleared(&events);
    assert_eq!((at, wh, paid), (price(225), 17_000, price(225 * 17)));
    assert_eq!(refunds, price(4_800 + 1_250 - 225 * 17));
    let sold = sales(&events);
    let energy: Vec<u64> = sold.iter().map(|(_, wh, _)| *wh).collect();
    assert_eq!(energy, [10_000, 2_000, 5_000]);
    assert_eq!((world.spent(BUYER), world.spent(RIVAL)), (price(225 * 12), price(225 * 5)));
    assert_eq!((world.energy().escrow, world.energy().unpaid), (Amount::ZERO, paid));
    assert_eq!(world.credit(OTHER, slot).unwrap().available, 3_000);
    // Nobody is paid before the sales can be disputed no more; then the fee is half a percent.
    assert_eq!(world.spent(PROVIDER), tokens(STAKE));
    let events = world.pass(10);
    let fees: Vec<Amount> = events
        .iter()
        .filter_map(|event| match event {
            Event::EnergyPaid { fee, .. } => Some(*fee),
            _ => None,
        })
        .collect();
    let fee = |parts: u128| Amount::new(parts * 1_000_000 / 200);
    assert_eq!(fees, [fee(2_250), fee(450), fee(1_125)]);
    let earned = world.treasury().checked_sub(treasury).unwrap();
    assert_eq!(earned, fee(2_250 + 450 + 1_125));
    let stake = tokens(STAKE).checked_add(fee(2_250)).unwrap();
    assert_eq!(world.spent(PROVIDER).checked_add(price(2_250)), Ok(stake));
    assert_eq!(world.energy().unpaid, Amount::ZERO);
    assert_eq!(world.provider(PROVIDER).counters.sold_wh, 10_000);
    assert_eq!(world.count("slot-cleared"), 1);
}

#[test]
fn orders_at_the_marginal_price_share_what_is_left_in_proportion() {
    let mut world = World::new();
    let slot = world.slot() + SLOT_S;
    world.does(PROVIDER, offer(PROVIDER, slot, 9_000, price(100)));
    world.does(BUYER, order(slot, 10_000, price(200)));
    world.does(RIVAL, order(slot, 5_000, price(200)));
    let events = clear(&mut world, slot, [9_000, 0]);
    let energy: Vec<u64> = sales(&events).iter().map(|(_, wh, _)| *wh).collect();
    assert_eq!(energy, [6_000, 3_000]);
    assert_eq!((world.spent(BUYER), world.spent(RIVAL)), (price(150 * 6), price(150 * 3)));
}

#[test]
fn offers_are_cut_to_what_was_attested_and_that_is_remembered() {
    let mut world = World::new();
    let slot = world.slot() + SLOT_S;
    world.does(PROVIDER, offer(PROVIDER, slot, 10_000, price(100)));
    world.does(BUYER, order(slot, 10_000, price(100)));
    let events = clear(&mut world, slot, [4_000, 0]);
    assert_eq!(cleared(&events).1, 4_000);
    assert_eq!(world.spent(BUYER), price(400));
    let reputation = world.provider(PROVIDER).reputation;
    assert!(reputation.delivery.bad > 0 && reputation.delivery.good == 0);
}

#[test]
fn nothing_is_sold_where_prices_do_not_meet_and_all_is_paid_back() {
    let mut world = World::new();
    let slot = world.slot() + SLOT_S;
    world.does(PROVIDER, offer(PROVIDER, slot, 10_000, price(300)));
    world.does(BUYER, order(slot, 10_000, price(299)));
    let events = clear(&mut world, slot, [10_000, 0]);
    assert_eq!(cleared(&events), (Amount::ZERO, 0, Amount::ZERO, price(2_990)));
    assert_eq!(world.spent(BUYER), Amount::ZERO);
    assert_eq!(world.energy().next_certificate, 0);
}

#[test]
fn what_is_offered_or_ordered_can_be_taken_back_by_its_owner_until_the_slot_is_cleared() {
    let mut world = World::new();
    let slot = world.slot() + SLOT_S;
    let offered = order_of(&world.does(PROVIDER, offer(PROVIDER, slot, 10_000, price(100))));
    let ordered = order_of(&world.does(BUYER, order(slot, 10_000, price(299))));
    world.fails(RIVAL, cancel(slot, ordered), "not_energy_order_owner");
    world.fails(BUYER, cancel(slot, 999), "unknown_energy_order");
    world.fails(BUYER, cancel(slot + SLOT_S, ordered), "unknown_energy_order");
    world.does(BUYER, cancel(slot, ordered));
    assert_eq!((world.spent(BUYER), world.energy().escrow), (Amount::ZERO, Amount::ZERO));
    world.fails(BUYER, cancel(slot, ordered), "unknown_energy_order");
    world.does(PROVIDER, cancel(slot, offered));
    let events = clear(&mut world, slot, [10_000, 0]);
    assert_eq!(cleared(&events).1, 0);
}

#[test]
fn offers_and_orders_that_cannot_be_are_refused() {
    let mut world = World::with(|genesis| {
        genesis.params.energy.min_trade_wh = 100;
        genesis.params.energy.ahead_s = 3_600;
    });
    let slot = world.slot() + SLOT_S;
    world.fails(PROVIDER, offer(PROVIDER, slot, 99, price(1)), "trade_too_small");
    world.fails(PROVIDER, offer(PROVIDER, slot, 100_001, price(1)), "capacity_exceeded");
    world.fails(PROVIDER, offer(PROVIDER, slot + 1, 100, price(1)), "slot_invalid");
    world.fails(STRANGER, offer(STRANGER, slot, 100, price(1)), "unknown_provider");
    world.fails(STRANGER, offer(PROVIDER, slot, 100, price(1)), "scope_missing");
    world.fails(BUYER, order(slot, 99, price(1)), "trade_too_small");
    world.fails(BUYER, order(slot + 7_200, 100, price(1)), "slot_invalid");
    world.fails(BUYER, order(slot - 10 * SLOT_S, 100, price(1)), "slot_closed");
    world.fails(BUYER, order(slot, u64::MAX, Amount::MAX), "energy_overflow");
    world.fails(BUYER, order(slot, 1_000_000_000, tokens(1)), "insufficient_balance");
    world.fails(BUYER, tariff(BUYER, price(1), 100), "wrong_settlement_mode");
    world.fails(BUYER, buy(PROVIDER, slot, 100, price(1)), "wrong_settlement_mode");
}

#[test]
fn in_a_full_book_a_better_order_takes_the_place_of_the_worst_which_is_paid_back() {
    let mut world = World::new();
    world.chain.audit_every = 7;
    let slot = world.slot() + 20 * SLOT_S;
    for _ in 0..8 {
        let many: Vec<_> = (0..32).map(|_| (RIVAL, order(slot, 1_000, price(10)))).collect();
        world.all(&many);
    }
    assert_eq!(world.spent(RIVAL), price(2_560));
    world.fails(BUYER, order(slot, 1_000, price(10)), "energy_book_full");
    let events = world.does(BUYER, order(slot, 1_000, price(11)));
    assert!(events.iter().any(|event| event.name() == "energy-order-cancelled"), "{events:?}");
    assert_eq!((world.spent(RIVAL), world.spent(BUYER)), (price(2_550), price(11)));
    for _ in 0..8 {
        let many: Vec<_> = (0..32).map(|_| (OTHER, offer(OTHER, slot, 1_000, price(20)))).collect();
        world.all(&many);
    }
    world.fails(PROVIDER, offer(PROVIDER, slot, 1_000, price(20)), "energy_book_full");
    world.does(PROVIDER, offer(PROVIDER, slot, 1_000, price(19)));
    world.chain.audit();
}

#[test]
fn who_has_left_sells_nothing_and_what_it_made_lapses() {
    let mut world = World::with(|genesis| {
        genesis.params.energy.unbonding = althing_types::Period::blocks(1);
        genesis.params.energy.credit_life_s = 600;
    });
    let made = world.produce(0, 5_000);
    world.pass(9);
    let slot = world.slot() + 2 * SLOT_S;
    world.does(PROVIDER, offer(PROVIDER, slot, 5_000, price(1)));
    world.does(BUYER, order(slot, 5_000, price(1)));
    world.does(PROVIDER, leave());
    world.pass(2);
    assert!(world.find_provider(PROVIDER).is_none());
    let events = world.until(slot + 2 * SLOT_S + 30);
    assert_eq!(cleared(&events), (Amount::ZERO, 0, Amount::ZERO, price(5)));
    world.until(made + SLOT_S + 800);
    assert!(world.credit(PROVIDER, made).is_none());
    assert_eq!(world.energy().lapsed_wh, 5_000);
}

#[test]
fn energy_that_nobody_bought_lapses_when_its_time_is_over() {
    let mut world = World::with(|genesis| genesis.params.energy.credit_life_s = 300);
    let slot = world.produce(0, 5_000);
    assert_eq!(world.credit(PROVIDER, slot).unwrap().available, 5_000);
    world.pass(33);
    assert!(world.credit(PROVIDER, slot).is_none());
    assert_eq!(world.energy().lapsed_wh, 5_000);
}

#[test]
fn a_certificate_of_origin_goes_from_hand_to_hand_and_is_used_up_once() {
    let mut world = World::new();
    let slot = world.slot() + SLOT_S;
    world.does(PROVIDER, offer(PROVIDER, slot, 10_000, price(100)));
    world.does(BUYER, order(slot, 10_000, price(100)));
    let events = clear(&mut world, slot, [10_000, 0]);
    let (number, ..) = sales(&events)[0];
    let certificate = world.certificate(number);
    assert_eq!((certificate.wh, certificate.slot), (10_000, slot));
    assert_eq!(certificate.origin, world.credit(PROVIDER, slot).unwrap().origin);
    world.fails(RIVAL, transfer_certificate(number, STRANGER), "not_certificate_owner");
    world.fails(BUYER, transfer_certificate(999, STRANGER), "unknown_certificate");
    world.does(BUYER, transfer_certificate(number, RIVAL));
    world.fails(BUYER, retire(number), "not_certificate_owner");
    world.does(RIVAL, retire(number));
    // As long as its provider is not paid it can be disputed, so it is still there.
    world.fails(RIVAL, retire(number), "certificate_retired");
    world.fails(RIVAL, transfer_certificate(number, BUYER), "certificate_retired");
    assert_eq!((world.energy().sold_wh, world.energy().retired_wh), (10_000, 10_000));
    world.pass(12);
    // Then it is gone. Who used the energy up stands in the receipt, and in the sum.
    assert!(world.find_certificate(number).is_none());
    world.fails(RIVAL, retire(number), "unknown_certificate");
    assert_eq!((world.energy().sold_wh, world.energy().retired_wh), (10_000, 10_000));
    assert_eq!(world.count("certificate-retired"), 1);
}

#[test]
fn a_certificate_that_is_paid_is_gone_in_the_block_that_uses_it_up() {
    let mut world = World::new();
    let slot = world.slot() + SLOT_S;
    world.does(PROVIDER, offer(PROVIDER, slot, 10_000, price(100)));
    world.does(BUYER, order(slot, 10_000, price(100)));
    let (number, ..) = sales(&clear(&mut world, slot, [10_000, 0]))[0];
    world.pass(12);
    assert_eq!(world.certificate(number).due, None);
    let events = world.does(BUYER, retire(number));
    assert!(matches!(
        events[0],
        Event::CertificateRetired { owner, wh: 10_000, .. } if owner == address(BUYER)
    ));
    assert!(world.find_certificate(number).is_none());
    world.fails(BUYER, transfer_certificate(number, RIVAL), "unknown_certificate");
}

#[test]
fn a_change_of_the_mode_clears_what_was_ordered_before() {
    let mut world = World::new();
    let slot = world.slot() + 60 * SLOT_S;
    world.does(PROVIDER, offer(PROVIDER, slot, 10_000, price(100)));
    world.does(BUYER, order(slot, 10_000, price(100)));
    world.enact(vec![(ADMIN, settlement(SettlementMode::RealTime, 666_666, 600))]);
    world.fails(BUYER, order(slot, 10_000, price(100)), "wrong_settlement_mode");
    world.chain.audit_every = 20;
    let events = clear(&mut world, slot, [10_000, 0]);
    assert_eq!(cleared(&events).1, 10_000);
}
