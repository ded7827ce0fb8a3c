use super::*;
use crate::codes;

#[test]
fn the_set_holds_the_largest_stakes_by_stake_and_then_by_key() {
    let mut world = World::new(4);
    world.does(operator(5), register(5, OWN));
    world.does(operator(6), register(6, 12_000));
    world.does(user(1), delegate(3, 100));
    world.turn();
    let mut tied: Vec<_> = [1, 2, 4, 5].map(key).to_vec();
    tied.sort_unstable();
    let mut expected = vec![key(6), key(3), tied[0], tied[1]];
    expected.sort_unstable();
    assert_eq!(world.members(3), expected);
    assert_eq!(world.totals().active, 4);
    for n in 1..=6 {
        let until = world.validator(n).chosen_until;
        let chosen = expected.contains(&key(n)).then_some(Epoch::new(3));
        let before = (n <= 4).then_some(Epoch::new(2));
        assert_eq!(until, chosen.or(before));
    }
}

#[test]
fn too_little_stake_is_not_chosen() {
    let mut world = World::new(2);
    world.does(operator(3), register(3, 1_000));
    world.slash(3, 1, 1);
    world.turn();
    assert_eq!(world.members(3).len(), 2);
    world.does(user(1), delegate(3, 100));
    world.turn();
    assert_eq!(world.members(4).len(), 3);
}

#[test]
fn a_member_that_is_jailed_or_ejected_loses_its_place_in_the_next_epoch() {
    let mut world = World::new(4);
    world.jail(1);
    world.eject(2);
    world.turn();
    let mut left = vec![key(3), key(4)];
    left.sort_unstable();
    assert_eq!((world.members(2), world.members(3)), (left.clone(), left));
    assert!(!world.validator(1).is_active(Epoch::new(2)));
    let candidates = world.read(|view| api::load_candidates(view)).0;
    assert!(candidates.contains(&key(1)) && !candidates.contains(&key(2)));
    world.run(|view, _| api::unjail(view, &key(1)));
    world.turn();
    assert!(!world.members(3).contains(&key(1)) && world.members(4).contains(&key(1)));
}

#[test]
fn a_set_that_would_be_empty_stays_as_it_is() {
    let mut world = World::new(2);
    world.jail(1);
    world.eject(2);
    world.turn();
    assert_eq!((world.members(2).len(), world.members(3).len()), (2, 2));
    world.turn();
    assert_eq!((world.members(3).len(), world.members(4).len()), (2, 2));
}

#[test]
fn the_stake_in_a_set_is_what_counts_under_the_cap() {
    let mut params = small();
    params.staking.power_cap = ppm(300_000);
    params.staking.power_cap_from = 4;
    let mut world = World::with(3, params);
    world.does(user(1), delegate(1, 50_000));
    world.does(operator(4), register(4, 10_000));
    world.turn();
    let stakes = |epoch: u64, world: &World| {
        let of = |n| world.set(epoch).entries().iter().find(|e| e.key == key(n)).unwrap().stake;
        [1, 2, 3, 4].map(of).map(Amount::units)
    };
    // c = 0.3 (c + 30,000)
    assert_eq!(stakes(3, &world), [12_857, 10_000, 10_000, 10_000]);
}

#[test]
fn sets_are_kept_as_long_as_evidence_about_them_counts() {
    let mut params = small();
    params.slashing.evidence_epochs = 3;
    let mut world = World::with(1, params);
    for _ in 0..5 {
        world.turn();
    }
    let is_there = |epoch| world.records().contains_key(&validators::set_key(Epoch::new(epoch)));
    assert_eq!(world.epoch(), Epoch::new(6));
    assert_eq!(
        [1, 2, 3, 4, 5, 6, 7, 8].map(is_there),
        [false, false, true, true, true, true, true, false]
    );
}

#[test]
fn conversions_are_kept_until_all_have_counted() {
    let mut world = World::new(1);
    world.does(user(1), delegate(1, 100));
    world.does(user(2), delegate(1, 100));
    let at = super::super::conversion_key(&key(1), world.epoch());
    world.turn();
    world.turn();
    world.does(user(1), undelegate(1, None));
    assert!(world.records().contains_key(&at));
    world.does(user(2), undelegate(1, None));
    assert!(!world.records().contains_key(&at));
}

#[test]
fn a_validator_that_nobody_has_a_stake_in_is_forgotten() {
    let mut world = World::new(4);
    world.does(operator(5), register(5, 2_000));
    world.turn();
    let before = world.records();
    world.does(operator(5), unstake(None));
    assert_eq!(world.turn(), [Event::ValidatorRemoved { validator: key(5) }]);
    for at in [super::super::validator_key(&key(5)), super::super::profile_key(&key(5))] {
        assert!(before.contains_key(&at) && !world.records().contains_key(&at));
    }
    world.fails(user(1), delegate(5, 100), codes::UNKNOWN_VALIDATOR);
}

#[test]
fn the_turn_misses_nothing_that_was_asked_for() {
    let mut world = World::new(4);
    world.does(user(1), delegate(1, 500));
    world.does(operator(2), unstake(None));
    world.jail(3);
    world.turn();
    world.does(user(1), redelegate(1, 4, None));
    world.slash(1, 50_000, 1);
    world.turn();
    // `next` runs the turn on what the questions named; a key that was not would panic there.
    let state = world.records();
    let mut bare = world.clone();
    bare.view = View::new();
    let mut asked = Vec::new();
    loop {
        let mut keys = Vec::new();
        block::missing_for_block(&bare.view, &bare.moment(), &mut keys).unwrap();
        block::missing_for_epoch_end(&bare.view, &bare.moment(), &mut keys).unwrap();
        keys.retain(|key| !bare.view.knows(key));
        if keys.is_empty() {
            break;
        }
        asked.push(keys.len());
        keys.into_iter().for_each(|key| bare.view.prefetch(key, state.get(&key).cloned()));
    }
    assert!(asked.len() <= 5, "{asked:?}");
    let mut view = core::mem::take(&mut bare.view);
    let moment = bare.moment();
    block::pay_unbonding(&mut view, &moment).unwrap();
    block::end_epoch_commissions(&mut view, &moment).unwrap();
    block::end_epoch_conversions(&mut view, &moment).unwrap();
    block::end_epoch_leaving(&mut view, &moment).unwrap();
    validators::choose(&mut view, &moment).unwrap();
    block::end_epoch_removals(&mut view, &moment).unwrap();
}
