//! Proposals about the whitelist and the prices.

use super::*;
use althing_types::{
    List,
    compute::{KnownDriver, KnownRate, Price, Prices, WhitelistChange},
    governance::{Action, Ballot, Choice, Criticality},
    message::{SubmitProposal, Vote},
};
use common::network::operator;

fn propose(action: Action) -> Payload {
    Payload::SubmitProposal(SubmitProposal {
        title: "What devices there are".parse().unwrap(),
        summary: Default::default(),
        link: Default::default(),
        criticality: Criticality::Standard,
        action,
    })
}

fn world() -> World {
    World::with(|genesis| {
        let track = &mut genesis.params.governance.standard;
        (track.voting, track.delay) = (Period::blocks(5), Period::blocks(5));
    })
}

/// Proposes, votes and waits; what the enacting block did.
fn enact(world: &mut World, action: Action) -> Vec<Event> {
    let events = world.does(0, propose(action));
    let Some(Event::ProposalSubmitted { proposal, .. }) = events.first() else {
        panic!("{events:?}")
    };
    let proposal = *proposal;
    while !world.chain.height.is_multiple_of(10) {
        world.pass(1);
    }
    for number in 0..VALIDATORS {
        let ballot = Ballot::all(Choice::Yes);
        let vote = Vote { proposal, ballot, validator: Some(validator_key(number)) };
        world.does(operator(number), Payload::Vote(vote));
    }
    world.pass(20)
}

#[test]
fn the_whitelist_of_drivers_is_decided_on_and_binds_the_next_attestation() {
    let mut world = world();
    let drivers =
        |world: &World| query::decode_drivers(&world.chain.state[&query::drivers_key()]).unwrap();
    let before = drivers(&world).len();
    let driver = KnownDriver {
        digest: secret(1),
        version: "999.1".parse().unwrap(),
        architecture: "x86_64".parse().unwrap(),
        bytes: 7,
    };
    let change = WhitelistChange {
        add_drivers: List::new(vec![driver.clone()]).unwrap(),
        ..WhitelistChange::default()
    };
    let events = enact(&mut world, Action::ComputeWhitelist { change });
    assert!(events.iter().any(|event| event.name() == "whitelist-changed"), "{events:?}");
    assert_eq!(drivers(&world).len(), before + 1);
    assert!(drivers(&world).contains(&driver));
}

#[test]
fn a_model_without_sense_is_refused_when_it_is_proposed() {
    let mut world = world();
    let models = query::decode_models(&world.chain.state[&query::models_key()]).unwrap();
    let mut model = models.models[0].clone();
    model.fp16 = KnownRate { peak: 10, low: 20, high: 30 };
    let change = WhitelistChange {
        add_models: List::new(vec![model]).unwrap(),
        ..WhitelistChange::default()
    };
    world.fails(0, propose(Action::ComputeWhitelist { change }), "whitelist_bounds");
}

#[test]
fn other_shapes_earn_credit_once_it_is_decided() {
    let mut world = world();
    let odd = Shape { m: 320, ..SHAPE };
    let price = Price { shape: odd, difficulty_ppm: 3_000_000, cpu: true };
    let illegal = Price { shape: Shape { m: 7, ..SHAPE }, ..price };
    let action = |price| Action::ComputePrices { prices: Prices::new(vec![price]).unwrap() };
    world.fails(0, propose(action(illegal)), "parameter_bounds");
    let events = enact(&mut world, action(price));
    assert!(events.iter().any(|event| event.name() == "prices-changed"), "{events:?}");
    world.equip(1);
    world.fails(0, take_work(0, SHAPE, 1), "shape_not_priced");
    world.does(0, take_work(0, odd, 1));
}
