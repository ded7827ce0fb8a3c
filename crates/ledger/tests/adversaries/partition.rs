//! Adversary 1: false slashing by partition. He cuts more than `f` members off, so that views pass
//! without blocks, and hopes that those he cut off are punished.

use crate::world::{EPOCH, User, Verdict, World, by_rate, key, operator, plan, ppm};
use althing_types::{Event, ValidatorKey, event::SlashReason};

const MEMBERS: usize = 7;

fn world() -> World {
    let mut genesis = by_rate(plan(&[10_000; MEMBERS], 0));
    genesis.params.slashing.min_score = ppm(750_000);
    World::new(genesis)
}

/// The members in the order of their turns.
fn in_turn() -> Vec<usize> {
    let mut members: Vec<usize> = (0..MEMBERS).collect();
    members.sort_by_key(|number| key(*number));
    members
}

fn cut_off() -> Vec<usize> {
    let members = in_turn();
    vec![members[0], members[2], members[4]]
}

fn keys(members: &[usize]) -> impl Iterator<Item = ValidatorKey> {
    members.iter().map(|number| key(*number))
}

#[test]
fn a_partition_of_more_than_f_punishes_nobody_and_brings_nothing() {
    let (mut attack, mut twin) = (world(), world());
    attack.dead.extend(keys(&cut_off()));
    attack.idle(9 * EPOCH + 5);
    assert_eq!(attack.jails(), 0);
    // After it heals, every member misses one more turn, once all others have had theirs.
    attack.dead.clear();
    attack.idle(10);
    for number in cut_off() {
        attack.dead.insert(key(number));
        attack.idle(7);
        attack.dead.clear();
        attack.idle(7);
    }
    attack.epochs(5);
    twin.idle(attack.chain.height - twin.chain.height);
    assert_eq!(
        (attack.jails(), attack.count(|event| matches!(event, Event::Slashed { .. }))),
        (0, 0)
    );

    let (cut, rest): (Vec<usize>, Vec<usize>) =
        (0..MEMBERS).partition(|number| cut_off().contains(number));
    let users = |of: Vec<usize>| of.into_iter().map(operator).collect::<Vec<User>>();
    Verdict::of(&attack, &twin, &users(rest), &users(cut))
        .expect_no_gain("1 false slashing by partition");

    // One that is truly dead afterwards is jailed, and it alone.
    let dead = cut_off()[1];
    attack.dead.insert(key(dead));
    attack.idle(200);
    let jailed: Vec<&Event> =
        attack.events.iter().filter(|event| matches!(event, Event::Jailed { .. })).collect();
    assert!(
        matches!(jailed[..], [Event::Jailed { validator, count: 1, .. }] if *validator == key(dead))
    );
    assert!(attack.events.iter().any(|event| matches!(
        event,
        Event::Slashed { validator, reason: SlashReason::Downtime, fraction, .. }
            if *validator == key(dead) && *fraction == ppm(50_000)
    )));
}

#[test]
fn a_halt_punishes_nobody_whoever_is_late_afterwards() {
    for views in [30, 400, 5_000] {
        let mut world = world();
        world.idle(30);
        world.chain.skip = views;
        world.idle(10);
        for number in 0..MEMBERS {
            world.dead.insert(key(number));
            world.idle(7);
            world.dead.clear();
            world.idle(7);
        }
        world.epochs(4);
        assert_eq!(world.jails(), 0, "after {views} views");
    }
}

#[test]
fn a_shaky_network_does_not_single_out_who_is_just_below_the_least_score() {
    // Each halt costs every member a turn or two: the scores come to lie on both sides of 75 %.
    for halts in 1..=6 {
        let mut world = world();
        world.idle(EPOCH);
        for _ in 0..4 {
            for _ in 0..halts {
                world.chain.skip = 5;
                world.idle(1);
                world.idle((EPOCH - halts) / halts);
            }
            world.until_first();
        }
        assert_eq!(world.jails(), 0, "{halts} halts an epoch");
    }
}

#[test]
fn a_dead_member_is_jailed_though_others_are_late_now_and_then() {
    let mut world = World::new(plan(&[10_000; 4], 0));
    let mut members = [0, 1, 2, 3];
    members.sort_by_key(|number| key(*number));
    world.dead.insert(key(members[2]));
    // Every fourth round one of the others misses its turn, and with the dead one these are more
    // than consensus of four tolerates.
    for round in 0..80 {
        let late = key(members[[0, 1, 3][round % 3]]);
        if round % 4 == 0 {
            world.dead.insert(late);
        }
        world.idle(3);
        world.dead.remove(&late);
    }
    assert_eq!(world.jails(), 1);
    assert!(world.validator(members[2]).jailed_until.is_some());
}
