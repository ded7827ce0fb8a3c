//! Plans in which validators join and leave.

use super::{Byzantine, Draft, Event, Expect};

impl Draft {
    /// The validators change: few transactions of users, so that epochs last.
    pub(super) fn changing(&mut self, joiners: usize) {
        self.scenario.joiners = joiners;
        self.scenario.changes = true;
        self.scenario.load = 1;
        self.scenario.blocks_after = 40;
    }

    /// A node with an empty disk starts, and its operator stakes a little later.
    pub(super) fn enter(&mut self, index: usize, at: u64) {
        self.at(at, Event::Restart(index));
        let staked = at + self.rng.range(20, 1_500);
        self.at(staked, Event::Stake(index));
    }

    pub(super) fn expect(&mut self, expected: impl IntoIterator<Item = Expect>) {
        self.scenario.expected.extend(expected);
    }
}

pub(super) fn join(draft: &mut Draft) {
    draft.changing(1);
    let at = draft.rng.range(100, 6_000);
    draft.enter(4, at);
    draft.expect([Expect::Member(4), Expect::Proposed(4)]);
    draft.scenario.heal_ms = 9_000;
}

/// It may follow after that, through one validator that knows it.
pub(super) fn leave(draft: &mut Draft) {
    draft.scenario.validators = 5;
    draft.changing(0);
    let victim = draft.anybody();
    let at = draft.rng.range(100, 4_000);
    draft.at(at, Event::Unstake(victim));
    let after = if draft.rng.chance(50) {
        Event::Retire(victim)
    } else {
        Event::AddPeer((victim + 1) % 5, victim)
    };
    draft.at(9_000, after);
    draft.expect([Expect::Gone(victim)]);
    draft.expect((0..5).filter(|index| *index != victim).map(Expect::Member));
    draft.scenario.heal_ms = 9_000;
}

pub(super) fn grow(draft: &mut Draft) {
    draft.scenario.validators = 1;
    draft.changing(3);
    for index in 1..4 {
        let at = draft.rng.range(100, 3_000);
        draft.enter(index, at);
    }
    let stays = draft.rng.index(4);
    for index in (0..4).filter(|index| *index != stays) {
        let at = 12_000 + draft.rng.range(0, 2_500);
        draft.at(at, Event::Unstake(index));
        draft.at(22_000, Event::Retire(index));
    }
    draft.expect((0..4).map(Expect::Proposed));
    draft.expect([Expect::Member(stays)]);
    draft.expect((0..4).filter(|index| *index != stays).map(Expect::Gone));
    draft.scenario.heal_ms = 22_000;
}

/// One after the other; the last who joins finds nobody whom the genesis names.
pub(super) fn replace(draft: &mut Draft) {
    draft.changing(5);
    for index in 0..4 {
        let at = 500 + 5_000 * index as u64;
        draft.at(at, Event::AddPeer(4 + index, (3 + index).max(1)));
        draft.enter(4 + index, at);
        draft.at(at + 4_000, Event::Unstake(index));
        draft.at(at + 14_000, Event::Retire(index));
    }
    draft.at(32_000, Event::AddPeer(8, 7));
    draft.enter(8, 32_000);
    draft.expect((4..9).flat_map(|index| [Expect::Member(index), Expect::Proposed(index)]));
    draft.expect((0..4).map(Expect::Gone));
    draft.scenario.heal_ms = 36_000;
}

pub(super) fn punish(draft: &mut Draft) {
    draft.changing(0);
    draft.corrupt(Byzantine::Equivocator);
    let guilty: Vec<usize> = draft.scenario.byzantine.keys().copied().collect();
    draft.expect(guilty.into_iter().flat_map(|one| [Expect::Gone(one), Expect::Reported(one)]));
    let honest = (0..4).filter(|index| !draft.scenario.byzantine.contains_key(index));
    let honest: Vec<Expect> = honest.map(Expect::Free).collect();
    draft.expect(honest);
}
