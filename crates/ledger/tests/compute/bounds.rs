//! Bounded work: however much is due, a block moves on so much of it and no more.

use super::*;

#[test]
fn a_thousand_tasks_that_are_due_at_once_take_as_many_blocks_as_their_bound_says() {
    let mut world = World::with(|genesis| {
        genesis.params.compute.due_per_block = 64;
        genesis.params.block_gas_limit = Gas::new(100_000_000_000);
        genesis.params.compute.open_time = Period::blocks(2);
    });
    world.chain.audit_every = 5;
    let orders: Vec<_> =
        (0..1_000).map(|_| (REQUESTER, create(SHAPE, 1, Amount::new(1_000)))).collect();
    world.all(&orders);
    let begun = world.chain.height;
    assert_eq!(world.compute().prices, Amount::new(1_000_000));
    world.pass(1);
    let moved = |world: &World, since: usize| {
        let events = world.log[since..].iter();
        events.filter(|(_, event)| event.name() == "task-refunded").count()
    };
    let mut all = 0;
    while all < 1_000 {
        let since = world.log.len();
        world.pass(1);
        let now = moved(&world, since);
        assert!(now <= 64, "{now} in one block");
        all += now;
        assert!(world.chain.height < begun + 40);
    }
    // Not before they were due, and as fast as the bound lets them.
    assert!(world.chain.height >= begun + 2 + 1_000 / 64);
    assert_eq!(world.compute().prices, Amount::ZERO);
    // What is left over is forgotten in the same measure.
    world.pass(70);
    let agenda = query::decode_agenda(&world.chain.state[&query::agenda_key()]).unwrap();
    assert_eq!(agenda.open, 0);
    assert!(world.chain.state.keys().all(|key| !(0x38..=0x3a).contains(&key.prefix())));
}
