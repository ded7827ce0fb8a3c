//! Whatever nodes do while a version is tried, the rollout ends exactly once, and as what it was
//! judged by says.

use super::*;
use althing_types::{
    View,
    network::{RollbackReason, RolloutHealth},
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const VALIDATORS: usize = 5;

/// What happens in an epoch of a rollout: who is switched off, and who says what.
#[derive(Clone, Debug)]
struct Turn {
    down: Vec<usize>,
    says: Vec<(usize, bool)>,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let down = prop_oneof![
        3 => Just(Vec::new()),
        2 => (0..VALIDATORS).prop_map(|one| vec![one]),
        1 => (0..VALIDATORS, 0..VALIDATORS).prop_map(|(one, other)| vec![one, other]),
    ];
    let says = proptest::collection::vec((0..VALIDATORS, any::<bool>()), 0..6);
    let turn = (down, says).prop_map(|(down, says)| Turn { down, says });
    proptest::collection::vec(turn, 6)
}

/// Turns had and missed, counted from whose views pass.
type Counts = BTreeMap<ValidatorKey, (u64, u64)>;

impl World {
    /// One block while these are off; what it did by itself.
    fn block(&mut self, down: &[usize], counts: &mut Counts) -> Vec<Event> {
        let next = self.chain.next();
        let set = self.chain.set(next.epoch);
        let off: Vec<ValidatorKey> = down.iter().map(|number| validator_key(*number)).collect();
        for skip in 0.. {
            let view = View::new(next.view.get() + skip);
            let leader = set.leader(next.epoch, view).key;
            let count = counts.entry(leader).or_default();
            count.0 += 1;
            if !off.contains(&leader) {
                break;
            }
            count.1 += 1;
        }
        own_events(&self.chain.advance_without(down, &[]))
    }
}

/// The same judgement in fractions of whole numbers, written down once more.
fn expected(plan: &RolloutPlan, health: &RolloutHealth, over: bool) -> Option<RollbackReason> {
    let part = |missed: u64, turns: u64| missed as f64 / turns.max(1) as f64;
    let allowed = 1.0 - f64::from(plan.min_health.get()) / 1e6;
    let worse = part(health.missed, health.turns) - part(health.other_missed, health.other_turns);
    if health.missed >= 3 && worse > allowed + 1e-9 {
        return Some(RollbackReason::Misses);
    }
    let enough = f64::from(health.applied) + 1e-9
        >= f64::from(health.cohort) * f64::from(plan.min_health.get()) / 1e6;
    (over && !enough).then_some(RollbackReason::Silence)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_rollout_ends_exactly_once_and_as_its_health_says(
        first in 10_000u32..900_000,
        watch in 1u64..45,
        min_health in 500_000u32..=1_000_000,
        turns in turns(),
    ) {
        let mut world = World::new(VALIDATORS);
        let plan = RolloutPlan {
            first: ppm(first),
            watch: Period::blocks(watch),
            min_health: ppm(min_health),
        };
        let (version, _) = world.stage(plan);
        let (cohort, _) = world.sides(version);
        let until = world.network().staged.unwrap().until;
        let (mut counts, mut ended) = (Counts::new(), Vec::new());
        let mut said: BTreeMap<usize, u64> = BTreeMap::new();
        for turn in turns {
            for (number, applied) in turn.says {
                let spec = if applied { version } else { 1 };
                // Heartbeats come in blocks of their own, where nobody is off.
                let next = world.chain.next();
                let leader = world.chain.set(next.epoch).leader(next.epoch, next.view).key;
                counts.entry(leader).or_default().0 += 1;
                world.says(number, spec);
                said.insert(number, spec);
            }
            let own = loop {
                let epoch = world.chain.next().epoch;
                let own = world.block(&turn.down, &mut counts);
                if world.chain.next().epoch != epoch {
                    break own;
                }
            };
            let over = world.chain.height >= until.height.get();
            let steps = steps(&own);
            if !ended.is_empty() {
                prop_assert!(steps.is_empty(), "{steps:?}");
                continue;
            }
            let mut health = RolloutHealth::default();
            for number in 0..VALIDATORS {
                let (had, missed) = counts.get(&validator_key(number)).copied().unwrap_or_default();
                if cohort.contains(&number) {
                    health.cohort += 1;
                    health.applied += u32::from(said.get(&number) == Some(&version));
                    health.turns += had;
                    health.missed += missed;
                } else {
                    health.other_turns += had;
                    health.other_missed += missed;
                }
            }
            prop_assert!(own.contains(&Event::SpecWatched { version, health }), "{own:?}");
            match expected(&plan, &health, over) {
                Some(reason) => {
                    prop_assert_eq!(&steps, &["spec-watched", "spec-rolled-back"]);
                    prop_assert_eq!(world.spec(version).reason, Some(reason));
                    prop_assert_eq!(world.network().current, 1);
                    ended.push(SpecStatus::RolledBack);
                }
                None if over => {
                    prop_assert_eq!(&steps, &["spec-watched", "spec-activated"]);
                    prop_assert_eq!(world.network().current, version);
                    ended.push(SpecStatus::Active);
                }
                None => prop_assert_eq!(&steps, &["spec-watched"]),
            }
        }
        // Six epochs are longer than any watch of these.
        prop_assert_eq!(ended.as_slice(), &[world.status(version)]);
        prop_assert_eq!(world.network().staged, None);
    }
}
