//! Random members approve random calls under random rules. A model that only reads what was sent says when
//! the override may be used; the audit counts all money after every block.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What can happen.
#[derive(Clone, Debug)]
enum Op {
    Approve { user: usize, call: u64, blocks: u64 },
    Wait { blocks: u64 },
    Turn,
    Rules { members: BTreeSet<usize>, needed: u32, uses: Option<u32>, cooldown: u64 },
}

fn op() -> impl Strategy<Value = Op> {
    let approve = (0..7usize, 1..3u64, 0..3u64).prop_map(|(user, call, pause)| {
        let user = if user == 6 { operator(0) } else { user };
        Op::Approve { user, call, blocks: 40 + 50 * pause }
    });
    let rules = (
        proptest::collection::btree_set(0..6usize, 1..5),
        1..5u32,
        proptest::option::of(0..4u32),
        0..12u64,
    );
    let rules = rules.prop_map(|(members, needed, uses, cooldown)| {
        let needed = needed.min(members.len() as u32);
        Op::Rules { members, needed, uses, cooldown }
    });
    prop_oneof![
        20 => approve,
        2 => (1..9u64).prop_map(|blocks| Op::Wait { blocks }),
        1 => Just(Op::Turn),
        1 => rules,
    ]
}

/// What anybody can know who reads the chain.
struct Model {
    rules: SafetyRules,
    used: u32,
    last: Option<u64>,
    /// Who has approved what since when, under these rules.
    approvals: BTreeMap<(u64, u64), Vec<(Address, u64)>>,
}

impl Model {
    /// An approval was accepted at this height: what the receipt says about it is right, and the order was
    /// executed if and only if it had to be.
    fn approved(
        &mut self,
        (user, call, blocks): (usize, u64, u64),
        height: u64,
        events: &[Event],
    ) -> Result<(), TestCaseError> {
        let (member, of) = (address(user), (call, blocks));
        prop_assert!(self.rules.has(&member), "no member");
        prop_assert!(self.rules.uses().is_none_or(|uses| self.used < uses), "spent");
        let rest = self.rules.cooldown().blocks;
        prop_assert!(self.last.is_none_or(|last| height >= last + rest), "too early");
        let Event::OverrideApproved { approvals, needed, .. } = events[0] else {
            panic!("{events:?}")
        };
        let known = self.approvals.entry(of).or_default();
        // A call that the end of an epoch forgot, or that its first member took back, begins anew.
        if approvals == 1 {
            known.clear();
        }
        prop_assert!(!known.iter().any(|(by, _)| *by == member), "twice");
        known.push((member, height));
        let distinct: BTreeSet<Address> = known.iter().map(|(by, _)| *by).collect();
        prop_assert_eq!(distinct.len(), approvals as usize);
        prop_assert!(
            distinct.iter().all(|by| self.rules.has(by)),
            "somebody is no member any more"
        );
        prop_assert!(height < known[0].1 + 15, "too late");
        prop_assert_eq!(needed, self.rules.needed());
        let executed = events.iter().any(|event| event.name() == "override-used");
        prop_assert_eq!(executed, distinct.len() as u32 >= self.rules.needed());
        if executed {
            (self.used, self.last) = (self.used + 1, Some(height));
            self.approvals.remove(&of);
        }
        Ok(())
    }
}

fn run(ops: Vec<Op>) -> Result<(), TestCaseError> {
    let first = limited(&MEMBERS, 2, OrderKind::ALL, (Some(3), 4));
    let mut world = World::of(with(Some(first.clone())));
    let mut model = Model { rules: first, used: 0, last: None, approvals: BTreeMap::new() };
    for op in ops {
        match op {
            Op::Approve { user, call: number, blocks } => {
                let receipt = world.send(user, call(number, &pause(blocks)));
                if receipt.code.is_ok() {
                    let height = world.chain.height;
                    model.approved((user, number, blocks), height, &receipt.events)?;
                } else {
                    prop_assert!(receipt.events.is_empty());
                }
            }
            Op::Wait { blocks } => drop(world.blocks(blocks)),
            Op::Turn => drop(world.turn()),
            Op::Rules { members, needed, uses, cooldown } => {
                let members: Vec<usize> = members.into_iter().collect();
                let rules = limited(&members, needed, OrderKind::ALL, (uses, cooldown));
                world.enact(Action::SafetyRules { rules: Some(rules.clone()) });
                let last = model.last;
                model = Model { rules, used: 0, last, approvals: BTreeMap::new() };
            }
        }
        let safety = world.safety().unwrap();
        prop_assert_eq!((&safety.rules, safety.used), (&model.rules, model.used));
        prop_assert_eq!(safety.last.map(|used| used.height.get()), model.last);
        // Nothing holds that is older than the time to ratify it and an epoch.
        let height = world.chain.height;
        for change in world.changes().open.iter() {
            prop_assert!(height < change.lapses.height.get() + 10, "it never lapses");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_override_is_never_used_with_fewer_present_members_than_its_rules_ask_for(
        ops in proptest::collection::vec(op(), 1..60),
    ) {
        run(ops)?;
    }
}
