//! The life of a provider: stake, capacity, leaving.

use super::{common::*, messages::*, world::*};
use althing_ledger::energy::{pending_limit, required_stake};
use althing_types::{Amount, KeyScheme, energy::ProviderState};

#[test]
fn a_provider_stakes_what_its_capacity_and_its_reputation_ask_for() {
    let mut world = World::empty(|_| {});
    let short = tokens(STAKE).checked_sub(Amount::new(1)).unwrap();
    world.fails(PROVIDER, register(CAPACITY_W, short), "energy_stake_too_low");
    world.fails(PROVIDER, register(CAPACITY_W, tokens(2 * FUNDS)), "insufficient_balance");
    world.does(PROVIDER, register(CAPACITY_W, tokens(STAKE)));
    let provider = world.provider(PROVIDER);
    assert_eq!((provider.state, provider.stake), (ProviderState::Active, tokens(STAKE)));
    assert_eq!((world.energy().stakes, world.energy().providers), (tokens(STAKE), 1));
    assert_eq!(world.spent(PROVIDER), tokens(STAKE));
    world.fails(PROVIDER, register(CAPACITY_W, tokens(STAKE)), "provider_exists");
    world.fails(OTHER, update(None, tokens(1)), "unknown_provider");
}

#[test]
fn more_capacity_asks_for_more_stake_and_less_than_the_meters_measure_is_refused() {
    let mut world = World::new();
    world.fails(PROVIDER, update(Some(2 * CAPACITY_W), Amount::ZERO), "energy_stake_too_low");
    // 600 CPC for 6,000 kW more, and half of that again.
    world.does(PROVIDER, update(Some(2 * CAPACITY_W), tokens(900)));
    let provider = world.provider(PROVIDER);
    assert_eq!((provider.capacity_w, provider.stake), (2 * CAPACITY_W, tokens(STAKE + 900)));
    world.fails(PROVIDER, update(Some(2 * METER_W - 1), Amount::ZERO), "energy_capacity");
}

#[test]
fn a_good_reputation_asks_for_less_stake_and_allows_more_open_readings() {
    let mut world = World::new();
    let params = world.chain.ledger.genesis().params.energy.clone();
    let before = world.provider(PROVIDER).reputation.score(&params);
    assert_eq!(before, ppm(500_000));
    for _ in 0..6 {
        world.produce(0, 1_000);
        world.pass(6);
    }
    let after = world.provider(PROVIDER).reputation.score(&params);
    assert!(after > ppm(600_000), "{after:?}");
    let stake = |score| required_stake(&params, CAPACITY_W, score).unwrap();
    assert!(stake(after) < stake(before));
    assert!(pending_limit(&params, after) > pending_limit(&params, before));
    // The other one did nothing, and is where it began.
    assert_eq!(world.provider(OTHER).reputation.score(&params), before);
}

#[test]
fn what_is_known_of_a_provider_fades_from_epoch_to_epoch() {
    let mut world = World::with(|genesis| genesis.params.energy.memory = ppm(500_000));
    let params = world.chain.ledger.genesis().params.energy.clone();
    for _ in 0..3 {
        world.produce(0, 1_000);
        world.pass(6);
    }
    let before = world.provider(PROVIDER).reputation.score(&params);
    world.pass(100);
    // It is brought to the present when something happens to it.
    world.does(PROVIDER, update(None, tokens(1)));
    let after = world.provider(PROVIDER).reputation.score(&params);
    assert!(before > ppm(550_000) && after < ppm(510_000), "{before:?} {after:?}");
}

#[test]
fn a_provider_that_leaves_is_paid_once_all_it_did_is_settled() {
    let mut world = World::new();
    let slot = world.slot() - SLOT_S;
    let batch = world.read(0, slot, 1_000);
    world.does(PROVIDER, leave());
    assert_eq!(world.provider(PROVIDER).state, ProviderState::Leaving);
    world.fails(PROVIDER, leave(), "provider_not_active");
    world.fails(PROVIDER, update(None, tokens(1)), "provider_not_active");
    let next = world.measure(0, slot + SLOT_S, 1, 1);
    world.fails(PROVIDER, submit(PROVIDER, vec![next]), "provider_not_active");
    // The stake has unbonded long ago, and the batch is not decided.
    world.pass(20);
    assert_eq!(world.spent(PROVIDER), tokens(STAKE));
    world.attest(batch);
    assert!(world.find_provider(PROVIDER).is_some());
    world.pass(12);
    assert!(world.find_provider(PROVIDER).is_none());
    assert_eq!(world.spent(PROVIDER), Amount::ZERO);
    assert_eq!(world.count("energy-stake-paid"), 1);
    assert_eq!(world.energy().providers, 1);
}

#[test]
fn a_provider_that_comes_back_registers_its_meters_again_and_they_go_on_where_they_were() {
    let mut world = World::new();
    world.produce(0, 1_000);
    world.pass(10);
    world.does(PROVIDER, leave());
    world.pass(12);
    assert!(world.find_provider(PROVIDER).is_none());
    world.does(PROVIDER, register(CAPACITY_W, tokens(STAKE)));
    let slot = world.slot() - SLOT_S;
    let early = world.draft(0, slot, SLOT_S as u32, 5);
    world.fails(PROVIDER, submit(PROVIDER, vec![early]), "meter_mismatch");
    let device = world.devices[0].clone();
    world.does(PROVIDER, device.registration(METER_W));
    assert_eq!(world.provider(PROVIDER).metered_w, METER_W);
    world.fails(PROVIDER, device.registration(METER_W), "meter_exists");
    // The sequence goes on: what was signed before does not count again.
    assert_eq!((world.meter(0).sequence, world.meter(0).attested_wh), (1, 1_000));
    world.produce(0, 2_000);
    assert_eq!((world.meter(0).sequence, world.meter(0).attested_wh), (2, 3_000));
}

#[test]
fn a_provider_has_as_many_meters_as_it_may() {
    let mut world = World::with(|genesis| genesis.params.energy.max_meters = 2);
    let third = Device::new(PROVIDER, KeyScheme::Ed25519, 9);
    world.fails(PROVIDER, third.registration(1), "too_many_meters");
}
