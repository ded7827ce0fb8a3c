//! Plans about money: adversaries who want others to be punished, and a large network whose
//! validators come and go.

use super::{Byzantine, Draft, Event, Expect, LinkSpec};

/// What the chain's parameters say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Turns missed in a row that lead to jail.
    pub misses: u64,
    /// Least part of its turns that a validator must use, in parts per million.
    pub min_score: u32,
    /// Turns that must have been due for that.
    pub min_due: u64,
    /// Shortest time between blocks, in milliseconds.
    pub busy_ms: u64,
    /// Time between blocks when nothing happens, in milliseconds.
    pub idle_ms: u64,
    /// Blocks in an epoch.
    pub epoch_length: u64,
    /// Time between two heartbeats of a validator, in milliseconds.
    pub heartbeat_ms: u64,
    /// Validators from which on none may hold more than the power cap.
    pub power_cap_from: u64,
    /// Blocks after which the emission is halved; 0 if nothing is emitted.
    pub halving: u64,
    /// Blocks for which is voted at least, for every criticality; then there is no delay but one
    /// block.
    pub voting_blocks: u64,
    /// Validators that check a result of computation.
    pub committee: u64,
}

impl Rules {
    /// Nothing: faults last longer in simulations than epochs.
    pub const LENIENT: Self = Self {
        misses: 100_000,
        min_score: 0,
        min_due: 1,
        busy_ms: 25,
        idle_ms: 200,
        epoch_length: 10,
        heartbeat_ms: 2_000,
        power_cap_from: 5,
        halving: 0,
        voting_blocks: 20,
        committee: 4,
    };
    /// Five turns in a row, or less than three quarters of ten.
    pub const STRICT: Self = Self { misses: 5, min_score: 750_000, min_due: 10, ..Self::LENIENT };
    /// Slow blocks, long epochs, and money that is emitted.
    pub const DAY: Self = Self {
        idle_ms: 4_000,
        epoch_length: 100,
        heartbeat_ms: 300_000,
        power_cap_from: 100,
        halving: 5_000,
        ..Self::STRICT
    };
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

/// A hundred nodes take that long to start, on one simulated machine.
const STARTED_MS: u64 = 4_000;

/// Epochs have ten blocks, and transactions make some nine blocks a second: forty epochs and more.
pub(super) fn hundred(draft: &mut Draft) {
    draft.scenario.validators = FIRST;
    draft.changing(JOINERS);
    // With a hundred validators a turn comes seldom: whoever misses one is jailed.
    draft.scenario.rules = Rules { min_due: 1, ..Rules::STRICT };
    for index in FIRST..FIRST + JOINERS {
        let at = STARTED_MS + draft.rng.range(500, 12_000);
        draft.enter(index, at);
        draft.expect([Expect::Member(index)]);
    }
    for index in 30..36 {
        let at = STARTED_MS + draft.rng.range(4_000, 20_000);
        draft.at(at, Event::Unstake(index));
        draft.at(STARTED_MS + 36_000, Event::Retire(index));
        draft.expect([Expect::Gone(index), Expect::Free(index)]);
    }
    // Their turns come in the first ten epochs: the order of leaders begins anew in each.
    for index in 12..15 {
        draft.at(STARTED_MS + 1_000, Event::Crash(index));
        draft.at(STARTED_MS + 18_000, Event::Restart(index));
        draft.at(STARTED_MS + 30_000, Event::Unjail(index));
        draft.expect([Expect::Jailed(index), Expect::Member(index)]);
    }
    for index in 40..80 {
        let to = if index % 2 == 0 { 16 + index % 14 } else { 80 + index % 14 };
        let at = STARTED_MS + draft.rng.range(1_000, 20_000);
        let amount = draft.rng.range(5, 20);
        draft.at(at, Event::Delegate(index, to, amount));
        if index % 3 == 0 {
            draft.at(at + 14_000, Event::Undelegate(index, to));
        }
    }
    let others = (0..FIRST).filter(|index| !(12..15).contains(index));
    draft.expect(others.map(Expect::Reliable));
    draft.expect([Expect::NoPause(5_000)]);
    draft.scenario.heal_ms = STARTED_MS + 44_000;
    draft.scenario.blocks_after = 40;
    draft.scenario.patience_ms = 120_000;
}

const HOUR: u64 = 3_600_000;

/// Of six validators one contradicts itself, one is down for a while, one leaves; two join. The
/// network is cut, loses power and stops. All the while operators delegate, and money is emitted.
pub(super) fn day(draft: &mut Draft) {
    draft.scenario.validators = 6;
    draft.changing(2);
    draft.scenario.rules = Rules::DAY;
    draft.scenario.load_every_ms = 10_000;
    draft.scenario.byzantine.insert(4, Byzantine::Equivocator);
    draft.enter(6, HOUR);
    draft.at(6 * HOUR, Event::Crash(0));
    draft.at(6 * HOUR + HOUR / 4, Event::Restart(0));
    draft.at(6 * HOUR + HOUR / 2, Event::Unjail(0));
    draft.at(9 * HOUR, Event::Unstake(1));
    draft.at(10 * HOUR, Event::Retire(1));
    draft.at(12 * HOUR, Event::Partition(vec![0, 0, 0, 0, 0, 1, 1, 1]));
    draft.at(12 * HOUR + HOUR / 6, Event::Link(LinkSpec::GOOD));
    draft.at(15 * HOUR, Event::PowerLoss { kept_percent: 50 });
    for index in [0, 2, 3, 4, 5, 6] {
        draft.at(18 * HOUR, Event::Crash(index));
        draft.at(18 * HOUR + HOUR / 12, Event::Restart(index));
    }
    draft.enter(7, 20 * HOUR);
    let operators = [0, 2, 3, 5];
    for hour in 2..24 {
        let from = draft.rng.index(operators.len());
        let to = (from + 1 + draft.rng.index(operators.len() - 1)) % operators.len();
        let (from, to) = (operators[from], operators[to]);
        let at = hour * HOUR + draft.rng.range(0, HOUR / 2);
        let amount = draft.rng.range(1, 20);
        draft.at(at, Event::Delegate(from, to, amount));
        if hour % 2 == 0 {
            draft.at(at + HOUR / 3, Event::Undelegate(from, to));
        }
    }
    draft.expect([Expect::Gone(1), Expect::Gone(4), Expect::Reported(4), Expect::Jailed(0)]);
    draft.expect([0, 2, 3, 5, 6, 7].map(Expect::Member));
    draft.expect([1, 2, 3, 5, 6, 7].map(Expect::Free));
    draft.scenario.heal_ms = 24 * HOUR;
    draft.scenario.patience_ms = HOUR;
}
