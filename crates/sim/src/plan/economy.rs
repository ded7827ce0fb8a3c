//! Plans about money: adversaries who want others to be punished, and a large network whose
//! validators come and go.

use super::{Byzantine, Draft, Event, Expect};

/// What missed turns cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Turns missed in a row that lead to jail.
    pub misses: u64,
    /// Least part of its turns that a validator must use, in parts per million.
    pub min_score: u32,
    /// Turns that must have been due for that.
    pub min_due: u64,
}

impl Rules {
    /// Nothing: faults last longer in simulations than epochs.
    pub const LENIENT: Self = Self { misses: 100_000, min_score: 0, min_due: 1 };
    /// Five turns in a row, or less than three quarters of ten.
    pub const STRICT: Self = Self { misses: 5, min_score: 750_000, min_due: 10 };
}

/// Three of seven are cut off, three times, and come back; nobody is punished. Then one is dead.
pub(super) fn accuse(draft: &mut Draft) {
    draft.scenario.validators = 7;
    draft.changing(0);
    draft.scenario.rules = Rules::STRICT;
    for round in 0..3 {
        let from = 1_500 + 9_000 * round + draft.rng.range(0, 1_000);
        let to = from + draft.rng.range(3_000, 6_000);
        draft.cut(3, from, to);
    }
    let dead = draft.anybody();
    draft.at(30_000, Event::Retire(dead));
    draft.expect([Expect::Jailed(dead)]);
    draft.expect((0..7).filter(|index| *index != dead).map(Expect::Free));
    draft.scenario.heal_ms = 30_000;
    draft.scenario.blocks_after = 70;
    draft.scenario.patience_ms = 120_000;
}

/// Two of seven want a third to miss its turns.
pub(super) fn collude(draft: &mut Draft) {
    draft.scenario.validators = 7;
    draft.changing(0);
    draft.scenario.rules = Rules::STRICT;
    let victim = draft.anybody();
    let first = draft.rng.range(1, 6) as usize;
    for step in [first, first % 6 + 1] {
        let colluder = (victim + step) % 7;
        draft.scenario.byzantine.insert(colluder, Byzantine::Colluder(victim));
    }
    draft.expect([Expect::Undisturbed(victim), Expect::Proposed(victim)]);
    draft.expect((0..7).map(Expect::Free));
    draft.scenario.heal_ms = 12_000;
    draft.scenario.blocks_after = 60;
}

/// Validators of the genesis, and those who join.
const FIRST: usize = 94;
const JOINERS: usize = 6;

/// Blocks come five times a second and epochs have ten: twenty epochs take some 45 seconds.
pub(super) fn hundred(draft: &mut Draft) {
    draft.scenario.validators = FIRST;
    draft.changing(JOINERS);
    // With a hundred validators a turn comes seldom: whoever misses one is jailed.
    draft.scenario.rules = Rules { min_due: 1, ..Rules::STRICT };
    for index in FIRST..FIRST + JOINERS {
        let at = draft.rng.range(500, 12_000);
        draft.enter(index, at);
        draft.expect([Expect::Member(index)]);
    }
    for index in 30..36 {
        let at = draft.rng.range(4_000, 20_000);
        draft.at(at, Event::Unstake(index));
        draft.expect([Expect::Gone(index), Expect::Free(index)]);
    }
    // Their turns come in the first ten epochs: the order of leaders begins anew in each.
    for index in 12..15 {
        draft.at(3_000, Event::Crash(index));
        draft.at(18_000, Event::Restart(index));
        draft.at(30_000, Event::Unjail(index));
        draft.expect([Expect::Jailed(index), Expect::Member(index)]);
    }
    for index in 40..80 {
        let (to, at) = (index - 20 + 40 * (index % 2), draft.rng.range(1_000, 20_000));
        let amount = draft.rng.range(5, 20);
        draft.at(at, Event::Delegate(index, to, amount));
        if index % 3 == 0 {
            draft.at(at + 14_000, Event::Undelegate(index, to));
        }
    }
    draft.expect([Expect::NoPause(5_000)]);
    draft.scenario.heal_ms = 44_000;
    draft.scenario.blocks_after = 40;
    draft.scenario.patience_ms = 120_000;
}
