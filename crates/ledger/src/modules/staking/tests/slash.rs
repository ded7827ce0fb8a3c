use super::*;

#[test]
fn a_slash_takes_its_part_of_all_stake_rounded_up() {
    let mut world = World::new(1);
    world.does(user(1), delegate(1, 10_000));
    world.turn();
    world.does(user(2), delegate(1, 101));
    let supply = world.supply().total().unwrap().units();
    let result = world.slash(1, 50_000, 1);
    // 1,000 of 20,000 and 5.05 of 101.
    assert_eq!((result.amount, result.reward), (units(1_006), Amount::ZERO));
    let (validator, fraction, amount) = (key(1), ppm(50_000), units(1_006));
    let reason = SlashReason::Downtime;
    assert_eq!(result.event, Event::Slashed { validator, reason, fraction, amount });
    assert_eq!(world.supply().total().unwrap().units(), supply - 1_006);
    assert_eq!((world.worth(user(1), 1), world.worth(user(2), 1)), (9_500, 95));
    assert_eq!(world.worth(operator(1), 1), 9_500);
}

#[test]
fn a_reporter_gets_its_part_and_the_rest_is_burned() {
    let mut world = World::new(1);
    let supply = world.supply().total().unwrap().units();
    let order = SlashOrder {
        fraction: ppm(100_000),
        since: Height::new(3),
        reason: SlashReason::Equivocation,
        reward: Some((user(9), ppm(50_000))),
    };
    let result = world.run(|view, moment| api::slash(view, moment, &key(1), order));
    world.check();
    assert_eq!((result.amount, result.reward), (units(1_000), units(50)));
    assert_eq!(world.balance(user(9)), FUNDS + 50);
    assert_eq!(world.supply().total().unwrap().units(), supply - 950);
    let slashes = world.read(|view| api::load_slashes(view, &key(1))).0;
    assert_eq!((slashes.len(), slashes[0].since), (1, Height::new(3)));
    assert_eq!(world.validator(1).slashes, 1);
}

#[test]
fn a_slash_of_everything_leaves_shares_that_are_worth_nothing() {
    let mut world = World::new(2);
    world.does(user(1), delegate(1, 500));
    world.turn();
    world.slash(1, 1_000_000, 1);
    assert_eq!((world.tokens(1), world.worth(user(1), 1)), (0, 0));
    world.does(user(1), undelegate(1, None));
    assert_eq!(world.delegator(user(1)).validators, []);
    world.skip(UNBONDING + 1);
    assert_eq!(world.balance(user(1)), FUNDS - 500);
}

#[test]
fn jail_and_ejection_close_the_way_into_a_set() {
    let mut world = World::new(2);
    world.jail(1);
    assert!(!world.validator(1).is_eligible());
    world.run(|view, _| api::unjail(view, &key(1)));
    assert!(world.validator(1).is_eligible());
    world.eject(1);
    assert!(!world.validator(1).is_eligible());
}

#[test]
fn a_reward_for_nobody_is_a_fault() {
    let mut world = World::new(4);
    world.does(operator(5), register(5, 2_000));
    let mut view = world.view.clone();
    let result = api::add_reward(&mut view, &key(5), units(1));
    assert!(matches!(result, Err(Fault::Corrupt { .. })));
    assert!(api::add_reward(&mut view, &key(5), Amount::ZERO).is_ok());
}

#[test]
fn an_invariant_that_is_broken_is_noticed() {
    let mut world = World::new(2);
    world.does(user(1), delegate(1, 500));
    world.turn();
    world.does(user(1), undelegate(1, 100));
    let good = world.records();
    let broken = |key: StateKey, value: Option<&dyn Fn() -> StateValue>| {
        let mut records = invariants::Records::default();
        for (known, bytes) in &good {
            if *known != key {
                records.add(known, bytes).unwrap();
            }
        }
        if let Some(value) = value {
            records.add(&key, &value()).unwrap();
        }
        let held = units(world.balance(world.protocol.stake));
        records.check(world.epoch(), held).is_err()
    };
    let tables = [
        prefix::VALIDATOR,
        prefix::PROFILE,
        prefix::OPERATOR,
        prefix::CANDIDATES,
        prefix::STAKING_TOTALS,
        prefix::UNBONDING_QUEUE,
        prefix::UNBONDING,
        prefix::DELEGATION,
        prefix::DELEGATOR,
    ];
    for table in tables {
        let key = *good.keys().find(|key| key.prefix() == table).unwrap();
        assert!(broken(key, None), "table {table}");
    }
    let mut validator = world.validator(1);
    validator.shares = validator.shares.checked_add(althing_types::Shares::new(1)).unwrap();
    let record = commonware_codec::Encode::encode(&validator);
    let value = || StateValue::new(record.clone()).unwrap();
    assert!(broken(super::super::validator_key(&key(1)), Some(&value)));
}
