//! The miners' pool: weights and claims, computed again from events alone.

use super::*;
use althing_types::{compute::Factors, message::ClaimRewards};

fn claim(user: usize) -> Payload {
    Payload::ClaimRewards(ClaimRewards { worker: account(user) })
}

/// Works through batches of the network: `counts[n]` products by worker `n`.
fn work(world: &mut World, counts: &[u32]) {
    let payloads: Vec<_> = counts
        .iter()
        .enumerate()
        .map(|(user, count)| (user, take_work(0, SHAPE, *count)))
        .collect();
    let tasks: Vec<u64> =
        world.all(&payloads).iter().map(|receipt| created(&receipt.events)).collect();
    world.finish(&tasks);
}

/// What an auditor makes of the events alone: weights by epoch and worker, and the pools.
#[derive(Default)]
struct Sheet {
    weights: BTreeMap<(u64, Address), u128>,
    totals: BTreeMap<u64, u128>,
    pools: BTreeMap<u64, (u128, u128)>,
}

fn sheet(world: &World) -> Sheet {
    let mut sheet = Sheet::default();
    for (_, event) in &world.log {
        match event {
            Event::TaskSettled { worker, epoch, factors: Some(factors), credit, .. } => {
                let Factors { count, units, difficulty_ppm, tier, uptime, reputation } = *factors;
                let weight = u128::from(count)
                    * u128::from(units)
                    * u128::from(difficulty_ppm)
                    * u128::from(tier.get())
                    * u128::from(uptime.get())
                    * u128::from(reputation.get())
                    / 10u128.pow(18);
                assert_eq!(weight, credit.units());
                *sheet.weights.entry((epoch.get(), *worker)).or_default() += weight;
                *sheet.totals.entry(epoch.get()).or_default() += weight;
            }
            Event::MinersReleased { epoch, pool, total } => {
                sheet.pools.insert(epoch.get(), (pool.units(), total.units()));
            }
            _ => {}
        }
    }
    sheet
}

#[test]
fn parts_of_the_pool_follow_from_events_to_the_unit() {
    let mut world = World::working(3);
    work(&mut world, &[1, 2, 4]);
    work(&mut world, &[3, 1, 1]);
    world.fails(5, claim(5), "nothing_to_claim");
    while !(world.chain.height + 1).is_multiple_of(10) {
        world.pass(1);
    }
    world.pass(1);
    let sheet = sheet(&world);
    assert!(!sheet.pools.is_empty());
    for (epoch, (pool, total)) in &sheet.pools {
        assert_eq!(sheet.totals[epoch], *total);
        assert!(*pool > 0);
    }
    let mut paid_all = 0;
    for user in 0..3 {
        let expected: u128 = sheet
            .weights
            .iter()
            .filter(|((_, worker), _)| *worker == account(user))
            .map(|((epoch, _), weight)| {
                let (pool, total) = sheet.pools[epoch];
                pool * weight / total
            })
            .sum();
        let before = world.balance(user);
        // Anybody may do it for it.
        let events = world.does(STRANGER, claim(user));
        assert!(
            matches!(events[..], [Event::RewardsClaimed { amount, .. }] if amount.units() == expected)
        );
        assert_eq!(world.balance(user), before.checked_add(Amount::new(expected)).unwrap());
        world.fails(user, claim(user), "nothing_to_claim");
        paid_all += expected;
    }
    let released: u128 = sheet.pools.values().map(|(pool, _)| pool).sum();
    assert!(paid_all <= released && released - paid_all < 10, "{released} {paid_all}");
    assert_eq!(world.compute().rewards.units(), released - paid_all);
}

#[test]
fn without_work_the_pool_is_carried_over_and_what_nobody_claims_goes_back() {
    let mut world = World::with(|genesis| genesis.params.compute.claim_epochs = 2);
    world.pass(30);
    assert_eq!(world.count("miners-released"), 0);
    world.equip(1);
    work(&mut world, &[1]);
    while world.count("miners-released") == 0 {
        world.pass(1);
    }
    let released = world.log.iter().find_map(|(_, event)| match event {
        Event::MinersReleased { epoch, pool, .. } => Some((*epoch, *pool)),
        _ => None,
    });
    let (epoch, amount) = released.unwrap();
    let last = epoch.get() * 10 + 9;
    // All epochs until then: three tokens a block, less a hundred bounties of a hundredth.
    assert_eq!(amount, tokens(3 * last - 1));
    while world.chain.height < last + 19 {
        world.pass(1);
    }
    assert_eq!(world.count("miners-returned"), 0);
    let events = world.pass(1);
    assert!(events.contains(&Event::MinersReturned { epoch, amount }), "{events:?}");
    world.fails(0, claim(0), "nothing_to_claim");
    assert_eq!(world.compute().rewards, Amount::ZERO);
}
