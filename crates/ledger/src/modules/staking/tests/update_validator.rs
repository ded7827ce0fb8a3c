use super::*;
use crate::codes;

fn update(change: impl FnOnce(&mut UpdateValidator)) -> Payload {
    let mut message = UpdateValidator::default();
    change(&mut message);
    Payload::UpdateValidator(message)
}

fn commission(parts: u32) -> Payload {
    update(|message| message.commission = Some(ppm(parts)))
}

#[test]
fn what_is_named_changes_and_the_rest_stays() {
    let mut world = World::new(1);
    let website = update(|message| message.website = Some("https://one.example".parse().unwrap()));
    let updated = Event::ValidatorUpdated { validator: key(1) };
    assert_eq!(world.does(operator(1), website.clone()), std::slice::from_ref(&updated));
    assert!(world.does(operator(1), website).is_empty());
    let others = update(|message| {
        message.name = Some("uno".parse().unwrap());
        message.description = Some("first".parse().unwrap());
        message.endpoint = Some("one.example:9".parse().unwrap());
    });
    assert_eq!(world.does(operator(1), others), [updated]);
    let profile = world.read(|view| api::load_profile(view, &key(1)));
    let details = profile.details;
    assert_eq!((&*details.name, &*details.website), ("uno", "https://one.example"));
    assert_eq!((&*details.description, &*profile.endpoint), ("first", "one.example:9"));
    let endpoint = |world: &World, epoch| world.set(epoch).entries()[0].endpoint.clone();
    world.turn();
    assert_eq!(
        (endpoint(&world, 2), endpoint(&world, 3)),
        ("10.0.0.1:1".into(), "one.example:9".into())
    );
}

#[test]
fn what_can_be_seen_without_the_state_never_enters() {
    let mut world = World::new(1);
    let nothing = world.try_send(operator(1), update(|_| ()), 0);
    assert_eq!(nothing, Err(Invalid::NothingToDo));
    let nameless = update(|message| message.name = Some(Default::default()));
    assert_eq!(world.try_send(operator(1), nameless, 0), Err(Invalid::NameMissing));
    let nowhere = update(|message| message.endpoint = Some("nowhere".parse().unwrap()));
    let bad = Invalid::BadEndpoint("nowhere".into());
    assert_eq!(world.try_send(operator(1), nowhere, 0), Err(bad));
}

#[test]
fn a_commission_is_announced_first_and_applies_at_the_turn_of_an_epoch() {
    let mut world = World::new(1);
    let due = world.due_in(3);
    let announced = Event::CommissionAnnounced { validator: key(1), commission: ppm(150_000), due };
    assert_eq!(world.does(operator(1), commission(150_000)), [announced]);
    assert_eq!(world.validator(1).commission, ppm(100_000));
    let changed = Event::CommissionChanged { validator: key(1), commission: ppm(150_000) };
    assert_eq!(world.turn(), [changed]);
    assert_eq!(world.validator(1).commission, ppm(150_000));
    assert_eq!(world.validator(1).announced, None);
}

#[test]
fn an_announcement_shortly_before_the_turn_waits_for_the_next_one() {
    let mut world = World::new(1);
    world.skip(7);
    world.does(operator(1), commission(0));
    assert!(world.turn().is_empty());
    assert_eq!(world.turn().len(), 1);
    assert_eq!(world.validator(1).commission, Ppm::ZERO);
}

#[test]
fn every_rule_has_its_code() {
    let mut world = World::new(1);
    world.fails(user(1), commission(0), codes::NOT_OPERATOR);
    world.fails(operator(1), commission(200_001), codes::COMMISSION_TOO_HIGH);
    world.fails(operator(1), commission(150_001), codes::COMMISSION_STEP);
    world.does(operator(1), commission(150_000));
    world.fails(operator(1), commission(100_000), codes::COMMISSION_COOLDOWN);
    world.skip(29);
    world.fails(operator(1), commission(200_000), codes::COMMISSION_COOLDOWN);
    world.next();
    world.does(operator(1), commission(200_000));
    world.eject(1);
    world.fails(operator(1), commission(0), codes::VALIDATOR_EJECTED);
}

#[test]
fn no_second_commission_is_announced_while_one_waits() {
    let mut world = World::new(1);
    world.params.staking.commission_announcement = Period::blocks(100);
    world.does(operator(1), commission(150_000));
    world.skip(40);
    world.fails(operator(1), commission(0), codes::COMMISSION_COOLDOWN);
}
