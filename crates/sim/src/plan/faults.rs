//! Plans about faults of machines, networks and validators.

use super::{Byzantine, Draft, Event, LinkSpec, Scenario, StorageSpec};

pub(super) fn lossy(draft: &mut Draft) {
    draft.scenario.link = LinkSpec { latency_ms: 15, jitter_ms: 10, loss_percent: 20 };
    draft.at(3_000, Event::Link(LinkSpec::GOOD));
    draft.scenario.heal_ms = 3_000;
}

pub(super) fn slow(draft: &mut Draft) {
    draft.scenario.link = LinkSpec { latency_ms: 120, jitter_ms: 80, loss_percent: 0 };
    draft.at(4_000, Event::Link(LinkSpec::GOOD));
    draft.scenario.heal_ms = 4_000;
}

pub(super) fn minority(draft: &mut Draft) {
    let group = Scenario::faulty(draft.scenario.validators);
    draft.scenario.heal_ms = 3_500;
    draft.cut(group, 500, 3_500);
}

pub(super) fn split(draft: &mut Draft) {
    let group = draft.scenario.validators / 2;
    draft.scenario.heal_ms = 3_500;
    draft.cut(group, 700, 3_500);
}

pub(super) fn crashes(draft: &mut Draft) {
    draft.scenario.heal_ms = 4_000;
    for _ in 0..draft.rng.range(3, 8) {
        draft.crash(100, 3_500);
    }
}

pub(super) fn rolling(draft: &mut Draft) {
    let count = draft.scenario.validators;
    for index in 0..count {
        let at = 600 + 700 * index as u64;
        draft.at(at, Event::Crash(index));
        draft.at(at + 300, Event::Restart(index));
    }
    draft.scenario.heal_ms = 600 + 700 * count as u64;
}

pub(super) fn outage(draft: &mut Draft) {
    let at = draft.rng.range(300, 2_500);
    for index in 0..draft.scenario.validators {
        draft.at(at, Event::Crash(index));
        draft.at(at + 500, Event::Restart(index));
    }
    draft.scenario.heal_ms = at + 500;
}

pub(super) fn power(draft: &mut Draft) {
    draft.scenario.heal_ms = 3_500;
    for _ in 0..draft.rng.range(1, 3) {
        let at = draft.rng.range(100, 3_400);
        let kept_percent = draft.rng.range(0, 100);
        draft.at(at, Event::PowerLoss { kept_percent });
    }
}

pub(super) fn storage(draft: &mut Draft) {
    draft.scenario.heal_ms = 3_500;
    let spec = StorageSpec {
        sync_per_mille: draft.rng.range(2, 20),
        write_per_mille: draft.rng.range(0, 20),
    };
    let at = draft.rng.range(0, 1_000);
    draft.at(at, Event::Storage(spec));
    draft.at(3_200, Event::StorageWorks);
}

pub(super) fn equivocator(draft: &mut Draft) {
    draft.corrupt(Byzantine::Equivocator);
}

pub(super) fn withholder(draft: &mut Draft) {
    draft.corrupt(Byzantine::Withholder);
}

/// Any mixture. Four validators are drawn most often, because they run fastest and because with
/// them every single fault counts.
pub(super) fn fault(draft: &mut Draft) {
    draft.scenario.validators = match draft.rng.below(100) {
        0..80 => 4,
        80..96 => 7,
        _ => 16,
    };
    draft.scenario.heal_ms = draft.rng.range(2_000, 4_000);
    let heal = draft.scenario.heal_ms;
    draft.scenario.link = LinkSpec {
        latency_ms: draft.rng.range(1, 60),
        jitter_ms: draft.rng.range(0, 30),
        loss_percent: if draft.rng.chance(40) { draft.rng.range(1, 20) } else { 0 },
    };
    let corrupted = draft.rng.below(Scenario::faulty(draft.scenario.validators) as u64 + 1);
    for _ in 0..corrupted {
        let kind = Byzantine::ALL[draft.rng.index(Byzantine::ALL.len())];
        draft.corrupt(kind);
    }
    if draft.rng.chance(35) {
        let group = 1 + draft.rng.index(draft.scenario.validators / 2);
        let from = draft.rng.range(100, heal - 600);
        let to = draft.rng.range(from + 200, heal);
        draft.cut(group, from, to);
    }
    if draft.rng.chance(60) {
        for _ in 0..draft.rng.range(1, 5) {
            draft.crash(50, heal - 100);
        }
    }
    match draft.rng.below(10) {
        0..2 => {
            let at = draft.rng.range(100, heal);
            let kept_percent = draft.rng.range(0, 100);
            draft.at(at, Event::PowerLoss { kept_percent });
        }
        2..5 => {
            let from = draft.rng.range(0, heal / 2);
            let spec = StorageSpec {
                sync_per_mille: draft.rng.range(1, 15),
                write_per_mille: draft.rng.range(0, 15),
            };
            draft.at(from, Event::Storage(spec));
            draft.at(heal - 100, Event::StorageWorks);
        }
        _ => {}
    }
    draft.at(heal, Event::Link(LinkSpec::GOOD));
}
