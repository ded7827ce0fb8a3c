//! A plan in which workers compute and committees of validators check them.

use super::{Byzantine, Draft, Event, Expect, LinkSpec, Rules};

/// How a simulated worker computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Craft {
    /// Its results are right, and it shows them.
    Honest,
    /// Its results are wrong, but for benchmarks, without which it gets no work.
    Wrong,
    /// Its results are right, and it shows nobody any but benchmarks.
    Withholding,
}

/// Those who break the rules and stay validators; as members of committees they call every wrong
/// or withheld result right, and every other one withheld.
const KINDS: [Byzantine; 4] =
    [Byzantine::Silent, Byzantine::Liar, Byzantine::Withholder, Byzantine::Garbler];

/// From here on all workers can work: they have been measured.
const MEASURED_MS: u64 = 12_000;
/// The last work is handed out.
const HANDED_OUT_MS: u64 = 45_000;

/// Four workers and a customer; seven validators, of whom one is bad and committees have four
/// members, or two are bad and all are members: less than a third of a committee is bad, as only
/// then honest workers are safe. Meanwhile a minority is cut off, validators crash, messages are
/// lost, and sometimes all lose power.
pub(super) fn compute(draft: &mut Draft) {
    draft.scenario.validators = 7;
    draft.changing(0);
    let (bad, committee) = if draft.rng.chance(50) { (1, 4) } else { (2, 7) };
    draft.scenario.rules = Rules {
        heartbeat_ms: 10_000,
        epoch_length: 40,
        halving: 5_000,
        committee,
        ..Rules::LENIENT
    };
    draft.scenario.load_every_ms = 1_000;
    draft.scenario.workers = vec![Craft::Honest, Craft::Wrong, Craft::Withholding, Craft::Honest];
    for _ in 0..bad {
        let kind = KINDS[draft.rng.index(KINDS.len())];
        draft.corrupt(kind);
    }
    for worker in 0..draft.scenario.workers.len() {
        for _ in 0..3 {
            let at = draft.rng.range(MEASURED_MS, HANDED_OUT_MS);
            draft.at(at, Event::TakeWork(worker));
        }
    }
    for _ in 0..6 {
        let at = draft.rng.range(MEASURED_MS, HANDED_OUT_MS);
        draft.at(at, Event::OrderTask);
    }
    draft.scenario.heal_ms = HANDED_OUT_MS;
    for _ in 0..5 {
        draft.crash(3_000, HANDED_OUT_MS - 2_000);
    }
    let from = draft.rng.range(MEASURED_MS, 30_000);
    draft.cut(2, from, from + 4_000);
    let lossy = draft.rng.range(35_000, 40_000);
    draft.at(lossy, Event::Link(LinkSpec { loss_percent: 10, ..LinkSpec::GOOD }));
    if draft.rng.chance(40) {
        let at = draft.rng.range(6_000, HANDED_OUT_MS - 2_000);
        draft.at(at, Event::PowerLoss { kept_percent: 50 });
    }
    draft.at(HANDED_OUT_MS, Event::Link(LinkSpec::GOOD));
    draft.expect([Expect::Earned(0), Expect::Exposed(1), Expect::Withheld(2), Expect::Earned(3)]);
    draft.expect([Expect::Served(2)]);
    draft.scenario.blocks_after = 20;
    draft.scenario.patience_ms = 300_000;
}
