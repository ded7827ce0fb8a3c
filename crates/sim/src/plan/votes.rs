//! Plans in which the network governs itself: operators propose, and nodes vote as their operators
//! prefer.

use super::{Draft, Event, Expect, LinkSpec, Rules};

/// Rounds of proposals, and proposals in each: one for each parameter that the plan changes.
const ROUNDS: u64 = 13;
const IN_ROUND: usize = 8;
/// A vote of a hundred blocks, and the epochs around it.
const ROUND_MS: u64 = 22_000;

/// Sixteen validators decide 104 times, one round of eight after the other. Meanwhile a minority is
/// cut off, validators crash, and messages are lost.
pub(super) fn votes(draft: &mut Draft) {
    draft.scenario.validators = 16;
    draft.changing(0);
    draft.scenario.rules = Rules { voting_blocks: 100, ..Rules::LENIENT };
    let start = 3_000;
    for index in 0..16 {
        draft.at(500, Event::Prefer(index));
    }
    for round in 0..ROUNDS {
        let at = start + round * ROUND_MS;
        for place in 0..IN_ROUND {
            let by = (place + round as usize * IN_ROUND) % 16;
            let proposed = at + draft.rng.range(0, 400);
            draft.at(proposed, Event::Propose { by, parameter: place });
        }
        if round % 3 == 1 {
            let from = at + draft.rng.range(1_000, 8_000);
            draft.cut(5, from, from + 3_000);
        }
        if round % 3 == 2 {
            let victim = draft.anybody();
            let down = at + draft.rng.range(1_000, 8_000);
            let back = down + draft.rng.range(200, 2_000);
            draft.at(down, Event::Crash(victim));
            draft.at(back, Event::Restart(victim));
        }
    }
    let end = start + ROUNDS * ROUND_MS;
    draft.at(end - ROUND_MS, Event::Link(LinkSpec { loss_percent: 5, ..LinkSpec::GOOD }));
    draft.at(end - 8_000, Event::Link(LinkSpec::GOOD));
    draft.expect([Expect::Enacted(ROUNDS as usize * IN_ROUND), Expect::Participation(90)]);
    draft.scenario.heal_ms = end;
}

/// Four validators decide about eight parameters, the time between blocks among them; one is down for a
/// while.
pub(super) fn vote(draft: &mut Draft) {
    draft.changing(0);
    draft.scenario.rules = Rules { voting_blocks: 100, ..Rules::LENIENT };
    for index in 0..4 {
        draft.at(500, Event::Prefer(index));
    }
    for parameter in 0..IN_ROUND {
        let at = 1_500 + draft.rng.range(0, 1_500);
        draft.at(at, Event::Propose { by: parameter % 4, parameter });
    }
    draft.scenario.heal_ms = 30_000;
    draft.crash(4_000, 9_000);
    draft.expect([Expect::Enacted(IN_ROUND), Expect::Participation(75)]);
}

/// Seven validators try a configuration on two of them first, and then run it all; then they change it
/// at once.
pub(super) fn rollout(draft: &mut Draft) {
    draft.scenario.validators = 7;
    draft.changing(0);
    draft.scenario.rules = Rules { voting_blocks: 60, ..Rules::LENIENT };
    for index in 0..7 {
        draft.at(500, Event::Prefer(index));
    }
    draft.at(1_500, Event::ProposeSpec { by: 0, first_percent: 25 });
    draft.at(28_000, Event::ProposeSpec { by: 1, first_percent: 0 });
    draft.expect([Expect::Enacted(2), Expect::Participation(100), Expect::RolledBack(0)]);
    draft.expect([Expect::Runs(3), Expect::Propagated(5_000)]);
    draft.scenario.heal_ms = 45_000;
}

/// The same, but the one that tries it first stops when it does.
pub(super) fn sabotage(draft: &mut Draft) {
    draft.scenario.validators = 7;
    draft.changing(0);
    draft.scenario.rules = Rules { voting_blocks: 60, ..Rules::LENIENT };
    for index in 0..7 {
        draft.at(500, Event::Prefer(index));
    }
    draft.at(600, Event::Sabotage);
    draft.at(1_500, Event::ProposeSpec { by: 0, first_percent: 10 });
    draft.expect([Expect::Enacted(1), Expect::Participation(100), Expect::RolledBack(1)]);
    draft.expect([Expect::Runs(1)]);
    draft.scenario.heal_ms = 34_000;
}

/// A hundred validators decide twice about their configuration: a part tries the first change before all
/// run it, and all run the second at once.
pub(super) fn assembly(draft: &mut Draft) {
    draft.scenario.validators = 100;
    draft.changing(0);
    // As slow as a public network: a block is ten thousand signatures.
    let rules = Rules { busy_ms: 500, idle_ms: 1_000, heartbeat_ms: 10_000, ..Rules::LENIENT };
    draft.scenario.rules = Rules { voting_blocks: 30, ..rules };
    draft.scenario.load_every_ms = 2_000;
    for index in 0..100 {
        draft.at(5_000, Event::Prefer(index));
    }
    draft.at(8_000, Event::ProposeSpec { by: 0, first_percent: 10 });
    draft.at(100_000, Event::ProposeSpec { by: 1, first_percent: 0 });
    draft.expect([Expect::Enacted(2), Expect::Participation(90), Expect::RolledBack(0)]);
    draft.expect([Expect::Runs(3), Expect::Propagated(300_000)]);
    draft.scenario.heal_ms = 150_000;
}
