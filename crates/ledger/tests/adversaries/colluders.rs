//! Adversary 2: a colluding minority. At most `f` members vote against one member's turns, do not
//! propose, or leave out its transactions.

use crate::{
    common::tokens,
    world::{EPOCH, User, Verdict, World, by_rate, delegate, key, operator, plan},
};
use althing_types::{Amount, Epoch, ValidatorEntry, ValidatorSet, View};

const MEMBERS: usize = 7;
const F: usize = 2;

fn world() -> World {
    World::new(by_rate(plan(&[10_000; MEMBERS], 1)))
}

fn victim() -> usize {
    (0..MEMBERS).max_by_key(|number| key(*number)).unwrap()
}

fn colluders() -> Vec<usize> {
    (0..MEMBERS).filter(|number| *number != victim()).take(F).collect()
}

fn users(members: &[usize]) -> Vec<User> {
    members.iter().map(|number| operator(*number)).collect()
}

#[test]
fn f_members_can_neither_skip_a_view_nor_stop_a_block() {
    for count in 1..=100 {
        let entry = |number| ValidatorEntry {
            key: key(number),
            endpoint: String::new(),
            stake: Amount::new(1),
        };
        let set = ValidatorSet::new((0..count).map(entry).collect()).unwrap();
        let f = (count - 1) / 3;
        assert!(f < set.quorum(), "{f} of {count} skip a view");
        assert!(count - f >= set.quorum(), "{f} of {count} stop a block");
        // And to skip one that all others notarized, enough others would have to vote twice.
        assert!(2 * set.quorum() - count > f, "a view of {count} is decided twice");
    }
}

#[test]
fn turns_that_a_victim_loses_are_nobodys_gain() {
    // The network helps them: every turn of the victim in three epochs is skipped.
    let (mut attack, mut twin) = (world(), world());
    attack.dead.insert(key(victim()));
    attack.idle(3 * EPOCH);
    attack.dead.clear();
    attack.epochs(2);
    twin.idle(attack.chain.height - twin.chain.height);
    assert_eq!(attack.jails(), 0);
    Verdict::of(&attack, &twin, &users(&colluders()), &users(&[victim()]))
        .expect_no_gain("2 colluding minority, a victim's turns skipped");
}

#[test]
fn colluders_who_do_not_propose_are_the_ones_who_pay() {
    let (mut attack, mut twin) = (world(), world());
    attack.dead.extend(colluders().into_iter().map(key));
    attack.idle(10 * EPOCH);
    twin.idle(attack.chain.height - twin.chain.height);
    for number in 0..MEMBERS {
        assert_eq!(attack.validator(number).slashes > 0, colluders().contains(&number));
    }
    Verdict::of(&attack, &twin, &users(&colluders()), &users(&[victim()]))
        .expect_no_gain("2 colluding minority, turns not used");
}

#[test]
fn a_transaction_that_colluders_leave_out_enters_the_next_block_of_another() {
    let mut world = world();
    for _ in 0..20 {
        let mut waited = 0;
        while colluders().iter().any(|number| key(*number) == world.chain.next().proposer) {
            world.idle(1);
            waited += 1;
        }
        assert!(waited <= F, "waited for {waited} blocks");
        world.must(0, delegate(victim(), tokens(100)));
        world.idle(1);
    }
}

#[test]
fn members_take_turns_however_much_stake_they_have() {
    let mut world = World::new(plan(&[10_000, 1_000_000, 2_000, 1_000], 0));
    world.until(EPOCH * 3);
    let set = world.chain.set(Epoch::new(3));
    let mut turns = [0; 4];
    for view in 1..=400 {
        let leader = set.leader(Epoch::new(3), View::new(view)).key;
        turns[(0..4).find(|number| key(*number) == leader).unwrap()] += 1;
    }
    assert_eq!(turns, [100; 4]);
}
