//! Roles, scopes, and how often an account may do something.

use super::{messages::*, world::*};
use althing_types::energy::{EnergyRole, Scopes};

const SUBMIT: Scopes = Scopes { submit_reading: true, dispute: false, settle: false };
const SETTLE: Scopes = Scopes { submit_reading: false, dispute: false, settle: true };
const DISPUTE: Scopes = Scopes { submit_reading: false, dispute: true, settle: false };
const FOR_EVER: u64 = 100_000;

#[test]
fn a_delegate_does_what_its_scopes_say_and_nothing_else() {
    let mut world = World::new();
    let slot = world.slot() - SLOT_S;
    let reading = world.draft(0, slot, SLOT_S as u32, 10);
    world.fails(DELEGATE, submit(PROVIDER, vec![reading]), "scope_missing");
    world.does(PROVIDER, grant(DELEGATE, EnergyRole::Provider, SUBMIT, FOR_EVER));
    let next = world.slot() + SLOT_S;
    world.fails(DELEGATE, offer(PROVIDER, next, 10, price(1)), "scope_missing");
    let reading = world.measure(0, slot, SLOT_S as u32, 10);
    let batch = batch_of(&world.does(DELEGATE, submit(PROVIDER, vec![reading])));
    world.does(PROVIDER, grant(DELEGATE, EnergyRole::Provider, SETTLE, FOR_EVER));
    let number = order_of(&world.does(DELEGATE, offer(PROVIDER, next, 10, price(1))));
    world.does(DELEGATE, cancel(next, number));
    let reading = world.draft(0, slot + SLOT_S, 1, 0);
    world.fails(DELEGATE, submit(PROVIDER, vec![reading]), "scope_missing");
    // Of one provider, not of the other; and not for an oracle.
    world.fails(DELEGATE, offer(OTHER, next, 10, price(1)), "scope_missing");
    let found = report(ORACLES[0], &[(batch, 1, 0)]);
    world.fails(DELEGATE, found.clone(), "scope_missing");
    world.does(ORACLES[0], grant(DELEGATE, EnergyRole::Oracle, SUBMIT, FOR_EVER));
    world.does(DELEGATE, found);
    world.does(PROVIDER, grant(DELEGATE, EnergyRole::Provider, Scopes::NONE, FOR_EVER));
    world.fails(DELEGATE, offer(PROVIDER, next, 10, price(1)), "scope_missing");
}

#[test]
fn a_grant_ends_at_its_height() {
    let mut world = World::new();
    let expires = world.chain.height + 4;
    world.does(PROVIDER, grant(DELEGATE, EnergyRole::Provider, SETTLE, expires));
    let slot = world.slot() + 2 * SLOT_S;
    world.does(DELEGATE, offer(PROVIDER, slot, 10, price(1)));
    world.does(DELEGATE, offer(PROVIDER, slot, 10, price(1)));
    world.fails(DELEGATE, offer(PROVIDER, slot, 10, price(1)), "scope_missing");
}

#[test]
fn an_account_grants_only_what_it_is_and_not_to_itself() {
    let mut world = World::new();
    let wrong = [
        (STRANGER, grant(DELEGATE, EnergyRole::Provider, SUBMIT, FOR_EVER)),
        (PROVIDER, grant(DELEGATE, EnergyRole::Oracle, SUBMIT, FOR_EVER)),
        (PROVIDER, grant(DELEGATE, EnergyRole::Admin, SUBMIT, FOR_EVER)),
        (PROVIDER, grant(PROVIDER, EnergyRole::Provider, SUBMIT, FOR_EVER)),
    ];
    for (user, payload) in wrong {
        world.fails(user, payload, "role_invalid");
    }
}

#[test]
fn messages_of_a_provider_are_counted_its_delegates_included_window_by_window() {
    let mut world = World::with(|genesis| genesis.params.energy.provider_rate = 2);
    world.does(PROVIDER, grant(DELEGATE, EnergyRole::Provider, SETTLE, FOR_EVER));
    while world.chain.height % 10 != 9 {
        world.pass(1);
    }
    let slot = world.slot() + 3 * SLOT_S;
    let offer = || offer(PROVIDER, slot, 10, price(1));
    world.does(PROVIDER, offer());
    world.does(DELEGATE, offer());
    world.fails(PROVIDER, offer(), "rate_limited");
    world.fails(DELEGATE, offer(), "rate_limited");
    // The other one has a rate of its own, and the next window begins anew.
    world.pass(6);
    world.does(PROVIDER, offer());
    assert_eq!(world.count("energy-offered"), 3);
}

#[test]
fn messages_of_an_oracle_are_counted() {
    let mut world = World::with(|genesis| genesis.params.energy.oracle_rate = 1);
    while world.chain.height % 10 != 8 {
        world.pass(1);
    }
    let slot = world.slot() - SLOT_S;
    let (one, two) = (world.read(0, slot, 10), world.read(1, slot, 10));
    world.does(ORACLES[0], report(ORACLES[0], &[(one, 1, 0)]));
    world.fails(ORACLES[0], report(ORACLES[0], &[(two, 1, 0)]), "rate_limited");
}

#[test]
fn an_admin_by_decision_of_governance_takes_orders_back_that_do_harm() {
    let mut world = World::with(|genesis| genesis.params.energy.admin_rate = 1);
    let slot = world.slot() + 100 * SLOT_S;
    let one = order_of(&world.does(BUYER, order(slot, 1_000, price(100))));
    let two = order_of(&world.does(BUYER, order(slot, 1_000, price(100))));
    world.fails(ADMIN, cancel(slot, one), "not_energy_order_owner");
    world.enact(vec![(STRANGER, admin(ADMIN, SETTLE, FOR_EVER))]);
    world.does(ADMIN, cancel(slot, one));
    assert_eq!(world.spent(BUYER), price(100));
    world.fails(ADMIN, cancel(slot, two), "rate_limited");
    // A scope that was not given: no bond is left out.
    world.enact(vec![(STRANGER, admin(ADMIN, DISPUTE, FOR_EVER))]);
    world.fails(ADMIN, cancel(slot, two), "not_energy_order_owner");
    world.enact(vec![(STRANGER, admin(ADMIN, Scopes::NONE, FOR_EVER))]);
    assert_eq!(world.count("energy-role-granted"), 3);
}
