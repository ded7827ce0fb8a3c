//! Keys of meters: binding, rotation, theft.

use super::{common::*, messages::*, world::*};
use althing_types::{KeyScheme, energy::MeterState};

#[test]
fn a_meter_is_bound_to_one_provider_by_its_own_key() {
    let mut world = World::new();
    let device = Device::new(PROVIDER, KeyScheme::Ed25519, 9);
    // The meter agreed to another provider.
    let stolen = Device { provider: OTHER, ..device.clone() };
    let claimed = Device::new(OTHER, KeyScheme::Ed25519, 9);
    world.does(PROVIDER, update(Some(2 * CAPACITY_W), tokens(900)));
    world.does(OTHER, update(Some(2 * CAPACITY_W), tokens(900)));
    world.fails(PROVIDER, stolen.registration(METER_W), "signature_invalid");
    world.fails(PROVIDER, device.registration(7 * METER_W), "energy_capacity");
    world.does(PROVIDER, device.registration(METER_W));
    world.fails(PROVIDER, device.registration(METER_W), "meter_exists");
    // Nor does it serve two providers, though it would sign for both.
    world.fails(OTHER, claimed.registration(METER_W), "meter_exists");
    assert_eq!(world.provider(PROVIDER).meters, 3);
}

#[test]
fn meters_sign_with_either_scheme() {
    let mut world = World::new();
    world.does(PROVIDER, update(Some(2 * CAPACITY_W), tokens(900)));
    let device = Device::new(PROVIDER, KeyScheme::MlDsa65, 9);
    world.does(PROVIDER, device.registration(METER_W));
    world.devices.push(device);
    world.produce(4, 40_000);
    assert_eq!(world.meter(4).attested_wh, 40_000);
}

#[test]
fn a_key_is_changed_with_the_consent_of_the_old_one() {
    let mut world = World::new();
    world.produce(0, 1_000);
    let mut device = world.devices[0].clone();
    let next = secret(77);
    world.fails(PROVIDER, device.rotation(&next, 1, false), "key_cooldown");
    world.fails(PROVIDER, device.rotation(&next, 2, true), "signature_invalid");
    world.fails(OTHER, device.rotation(&next, 1, true), "meter_mismatch");
    // A key that serves another meter, or has served this one.
    world.fails(PROVIDER, device.rotation(&secret(2), 1, true), "meter_exists");
    world.fails(PROVIDER, device.rotation(&device.key.clone(), 1, true), "meter_exists");
    let events = world.does(PROVIDER, device.rotation(&next, 1, true));
    assert_eq!(events[0].accounts(), [address(PROVIDER)]);
    assert_eq!((world.meter(0).generation, world.meter(0).sequence), (1, 0));
    let slot = world.slot() - SLOT_S;
    world.devices[0].sequence = 0;
    let old = world.draft(0, slot, SLOT_S as u32, 5);
    world.fails(PROVIDER, submit(PROVIDER, vec![old]), "signature_invalid");
    (device.key, device.sequence) = (next, 0);
    world.devices[0] = device.clone();
    world.pass(6);
    world.produce(0, 2_000);
    assert_eq!((world.meter(0).sequence, world.meter(0).attested_wh), (1, 3_000));
    // The first key never comes back.
    world.fails(PROVIDER, device.rotation(&secret(1), 2, true), "meter_exists");
}

#[test]
fn a_stolen_key_counts_for_nothing_from_the_block_that_revokes_it() {
    let mut world = World::new();
    let mut device = world.devices[0].clone();
    let slot = world.slot() - SLOT_S;
    world.fails(OTHER, revoke(device.id), "meter_mismatch");
    let events = world.does(PROVIDER, revoke(device.id));
    assert_eq!(events[0].accounts(), [address(PROVIDER)]);
    world.fails(PROVIDER, revoke(device.id), "meter_revoked");
    assert_eq!(world.meter(0).state, MeterState::Revoked);
    let forged = world.draft(0, slot, SLOT_S as u32, 5);
    world.fails(PROVIDER, submit(PROVIDER, vec![forged]), "meter_revoked");
    // The thief has the old key, so its consent does not shorten the wait.
    let next = secret(77);
    world.fails(PROVIDER, device.rotation(&next, 1, true), "key_cooldown");
    world.pass(3);
    world.does(PROVIDER, device.rotation(&next, 1, false));
    let forged = world.draft(0, slot, SLOT_S as u32, 5);
    world.fails(PROVIDER, submit(PROVIDER, vec![forged]), "signature_invalid");
    (device.key, device.sequence) = (next, 0);
    world.devices[0] = device;
    world.produce(0, 2_000);
    assert_eq!(world.meter(0).state, MeterState::Active);
    assert_eq!(world.count("meter-revoked"), 1);
}

#[test]
fn a_revoked_meter_of_who_left_does_not_come_back_with_its_key() {
    let mut world = World::new();
    let device = world.devices[0].clone();
    world.does(PROVIDER, revoke(device.id));
    world.does(PROVIDER, leave());
    world.pass(12);
    world.does(PROVIDER, register(CAPACITY_W, tokens(STAKE)));
    world.fails(PROVIDER, device.registration(METER_W), "meter_exists");
}
