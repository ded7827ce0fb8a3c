//! Plans: what a simulated network has to live through. A plan and a seed give a scenario, which
//! is plain data.

mod economy;

pub use economy::Rules;

use crate::rng::Rng;
use std::collections::BTreeMap;

/// A link between two validators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkSpec {
    /// Mean delay of a message, in milliseconds.
    pub latency_ms: u64,
    /// Standard deviation of the delay, in milliseconds.
    pub jitter_ms: u64,
    /// Messages that are lost, in percent.
    pub loss_percent: u64,
}

impl LinkSpec {
    /// 10 ms, nothing lost.
    pub const GOOD: Self = Self { latency_ms: 10, jitter_ms: 3, loss_percent: 0 };
}

/// How a validator breaks the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Byzantine {
    /// Listens and never speaks.
    Silent,
    /// Signs votes that contradict its votes.
    Equivocator,
    /// Runs twice with one key, and shows one half of the network one face.
    Twins,
    /// Its blocks claim a wrong outcome.
    Liar,
    /// Proposes blocks that it shows to one other validator only.
    Withholder,
    /// Sends damaged copies of everything.
    Garbler,
    /// Votes to skip every turn of another validator, and never for its blocks.
    Colluder(usize),
}

impl Byzantine {
    const ALL: [Self; 6] =
        [Self::Silent, Self::Equivocator, Self::Twins, Self::Liar, Self::Withholder, Self::Garbler];
}

/// How storage fails while it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageSpec {
    /// Syncs that fail, in tenths of a percent.
    pub sync_per_mille: u64,
    /// Writes that fail, in tenths of a percent; a part of them reaches the disk.
    pub write_per_mille: u64,
}

/// Something that happens to the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Only validators on the same side reach each other.
    Partition(Vec<u8>),
    /// Every link becomes this.
    Link(LinkSpec),
    /// A validator stops at once; what was not synced is lost.
    Crash(usize),
    /// A crashed validator starts again from its disk.
    Restart(usize),
    /// Storage begins to fail, everywhere. A validator whose storage fails dies and is restarted.
    Storage(StorageSpec),
    /// Storage works again.
    StorageWorks,
    /// The operator of a validator stakes for it, and registers it with that.
    Stake(usize),
    /// The operator of a validator takes everything out: it leaves.
    Unstake(usize),
    /// The operator of the first validator delegates so many tokens to the second.
    Delegate(usize, usize, u64),
    /// The operator of the first validator takes what it delegates to the second.
    Undelegate(usize, usize),
    /// The operator of a validator asks for its release from jail.
    Unjail(usize),
    /// The operator of the first node adds the second as a peer by hand.
    AddPeer(usize, usize),
    /// A node stops for good.
    Retire(usize),
    /// All validators lose power together; of what was not synced, any part may survive.
    PowerLoss {
        /// Bytes of writes that were not synced and survive, in percent.
        kept_percent: u64,
    },
}

/// Where a validator must be in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It is a validator of the last epoch.
    Member(usize),
    /// It is none.
    Gone(usize),
    /// It proposed a block that became final.
    Proposed(usize),
    /// It was jailed and slashed once.
    Jailed(usize),
    /// It was never jailed or slashed.
    Free(usize),
    /// It missed two turns at most.
    Undisturbed(usize),
    /// It was slashed for contradicting itself, once, and its reporter was paid.
    Reported(usize),
    /// Blocks were never further apart than so many milliseconds.
    NoPause(u64),
}

/// One network and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Name of the plan.
    pub plan: String,
    /// Seed of everything.
    pub seed: u64,
    /// How many validators the genesis has.
    pub validators: usize,
    /// How many may join; their nodes start when they are restarted first. If there are any, or if
    /// `changes`, only nodes that know each other are connected, and each fulfils its duties.
    pub joiners: usize,
    /// Whether the validators change.
    pub changes: bool,
    /// What missed turns cost.
    pub rules: Rules,
    /// What must have come of that in the end.
    pub expected: Vec<Expect>,
    /// Those that break the rules; fewer than a third.
    pub byzantine: BTreeMap<usize, Byzantine>,
    /// Links at the start.
    pub link: LinkSpec,
    /// What happens when, in milliseconds from the start, ordered.
    pub events: Vec<(u64, Event)>,
    /// From here on nothing bad happens, in milliseconds from the start.
    pub heal_ms: u64,
    /// Blocks that must become final after that.
    pub blocks_after: u64,
    /// Time that they may take, in milliseconds.
    pub patience_ms: u64,
    /// New transactions in 100 ms.
    pub load: usize,
}

impl Scenario {
    /// How many validators may be faulty at once.
    pub const fn faulty(validators: usize) -> usize {
        validators.saturating_sub(1) / 3
    }

    /// Whether storage fails in this scenario, so that validators may die of it.
    pub fn storage_fails(&self) -> bool {
        self.events.iter().any(|(_, event)| matches!(event, Event::Storage(_)))
    }
}

/// A plan.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Name on the command line.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    draw: fn(&mut Draft),
}

/// All plans.
pub const PLANS: &[Plan] = &[
    Plan { name: "good", about: "nothing bad happens", draw: |_| {} },
    Plan { name: "lossy", about: "a fifth of all messages is lost", draw: lossy },
    Plan { name: "slow", about: "messages take long and overtake each other", draw: slow },
    Plan { name: "minority", about: "a minority is cut off and comes back", draw: minority },
    Plan { name: "split", about: "nobody has a quorum for a while", draw: split },
    Plan { name: "crashes", about: "validators crash at random points", draw: crashes },
    Plan { name: "rolling", about: "every validator is restarted in turn", draw: rolling },
    Plan { name: "outage", about: "all validators stop and start again", draw: outage },
    Plan { name: "power", about: "power is lost; unsynced writes survive in part", draw: power },
    Plan { name: "storage", about: "writes and syncs fail", draw: storage },
    Plan { name: "silent", about: "a leader never speaks", draw: |d| d.corrupt(Byzantine::Silent) },
    Plan { name: "equivocator", about: "a validator contradicts its votes", draw: equivocator },
    Plan { name: "twins", about: "one key runs twice", draw: |d| d.corrupt(Byzantine::Twins) },
    Plan {
        name: "liar",
        about: "blocks with a wrong outcome",
        draw: |d| d.corrupt(Byzantine::Liar),
    },
    Plan { name: "withholder", about: "blocks that nobody gets to see", draw: withholder },
    Plan { name: "garbler", about: "damaged messages", draw: |d| d.corrupt(Byzantine::Garbler) },
    Plan { name: "join", about: "a fifth validator joins from an empty disk", draw: join },
    Plan { name: "leave", about: "a validator leaves for good", draw: leave },
    Plan { name: "grow", about: "one validator becomes four, and four become one", draw: grow },
    Plan { name: "replace", about: "all validators of the genesis are replaced", draw: replace },
    Plan {
        name: "punish",
        about: "who contradicts its votes is reported and ejected",
        draw: punish,
    },
    Plan {
        name: "accuse",
        about: "more than a third is cut off, and nobody is punished for it",
        draw: economy::accuse,
    },
    Plan {
        name: "collude",
        about: "a minority votes against the turns of one validator",
        draw: economy::collude,
    },
    Plan { name: "fault", about: "4, 7 or 16 validators and any mixture of all that", draw: fault },
];

/// Plans that take minutes.
pub const LONG_PLANS: &[Plan] = &[Plan {
    name: "hundred",
    about: "a hundred validators join, leave, are jailed and delegate for twenty epochs",
    draw: economy::hundred,
}];

/// The plan with this name.
pub fn plan(name: &str) -> Option<&'static Plan> {
    PLANS.iter().chain(LONG_PLANS).find(|plan| plan.name == name)
}

impl Plan {
    /// The scenario of a seed.
    pub fn scenario(&self, seed: u64) -> Scenario {
        let scenario = Scenario {
            plan: self.name.to_owned(),
            seed,
            validators: 4,
            joiners: 0,
            changes: false,
            rules: Rules::LENIENT,
            expected: Vec::new(),
            byzantine: BTreeMap::new(),
            link: LinkSpec::GOOD,
            events: Vec::new(),
            heal_ms: 1_500,
            blocks_after: 14,
            patience_ms: 60_000,
            load: 4,
        };
        let mut draft = Draft { scenario, rng: Rng::new(seed, 1) };
        (self.draw)(&mut draft);
        let Draft { mut scenario, .. } = draft;
        scenario.events.sort_by_key(|(at, _)| *at);
        scenario
    }
}

/// A scenario that is being drawn.
struct Draft {
    scenario: Scenario,
    rng: Rng,
}

impl Draft {
    fn at(&mut self, ms: u64, event: Event) {
        self.scenario.events.push((ms, event));
    }

    fn anybody(&mut self) -> usize {
        self.rng.index(self.scenario.validators)
    }

    /// An honest validator.
    fn somebody(&mut self) -> usize {
        loop {
            let index = self.anybody();
            if !self.scenario.byzantine.contains_key(&index) {
                return index;
            }
        }
    }

    fn corrupt(&mut self, kind: Byzantine) {
        let index = self.somebody();
        self.scenario.byzantine.insert(index, kind);
    }

    fn crash(&mut self, from: u64, to: u64) {
        let victim = self.somebody();
        let at = self.rng.range(from, to);
        let back = at + self.rng.range(20, 900);
        self.at(at, Event::Crash(victim));
        self.at(back.min(self.scenario.heal_ms), Event::Restart(victim));
    }

    /// Cuts the network in two; `group` validators are on one side.
    fn cut(&mut self, group: usize, from: u64, to: u64) {
        let mut order: Vec<usize> = (0..self.scenario.validators).collect();
        self.rng.shuffle(&mut order);
        let mut sides = vec![0; self.scenario.validators];
        order.iter().take(group).for_each(|index| sides[*index] = 1);
        self.at(from, Event::Partition(sides));
        let link = self.scenario.link;
        self.at(to, Event::Link(link));
    }
}

fn lossy(draft: &mut Draft) {
    draft.scenario.link = LinkSpec { latency_ms: 15, jitter_ms: 10, loss_percent: 20 };
    draft.at(3_000, Event::Link(LinkSpec::GOOD));
    draft.scenario.heal_ms = 3_000;
}

fn slow(draft: &mut Draft) {
    draft.scenario.link = LinkSpec { latency_ms: 120, jitter_ms: 80, loss_percent: 0 };
    draft.at(4_000, Event::Link(LinkSpec::GOOD));
    draft.scenario.heal_ms = 4_000;
}

fn minority(draft: &mut Draft) {
    let group = Scenario::faulty(draft.scenario.validators);
    draft.scenario.heal_ms = 3_500;
    draft.cut(group, 500, 3_500);
}

fn split(draft: &mut Draft) {
    let group = draft.scenario.validators / 2;
    draft.scenario.heal_ms = 3_500;
    draft.cut(group, 700, 3_500);
}

fn crashes(draft: &mut Draft) {
    draft.scenario.heal_ms = 4_000;
    for _ in 0..draft.rng.range(3, 8) {
        draft.crash(100, 3_500);
    }
}

fn rolling(draft: &mut Draft) {
    let count = draft.scenario.validators;
    for index in 0..count {
        let at = 600 + 700 * index as u64;
        draft.at(at, Event::Crash(index));
        draft.at(at + 300, Event::Restart(index));
    }
    draft.scenario.heal_ms = 600 + 700 * count as u64;
}

fn outage(draft: &mut Draft) {
    let at = draft.rng.range(300, 2_500);
    for index in 0..draft.scenario.validators {
        draft.at(at, Event::Crash(index));
        draft.at(at + 500, Event::Restart(index));
    }
    draft.scenario.heal_ms = at + 500;
}

fn power(draft: &mut Draft) {
    draft.scenario.heal_ms = 3_500;
    for _ in 0..draft.rng.range(1, 3) {
        let at = draft.rng.range(100, 3_400);
        let kept_percent = draft.rng.range(0, 100);
        draft.at(at, Event::PowerLoss { kept_percent });
    }
}

fn storage(draft: &mut Draft) {
    draft.scenario.heal_ms = 3_500;
    let spec = StorageSpec {
        sync_per_mille: draft.rng.range(2, 20),
        write_per_mille: draft.rng.range(0, 20),
    };
    let at = draft.rng.range(0, 1_000);
    draft.at(at, Event::Storage(spec));
    draft.at(3_200, Event::StorageWorks);
}

fn equivocator(draft: &mut Draft) {
    draft.corrupt(Byzantine::Equivocator);
}

fn withholder(draft: &mut Draft) {
    draft.corrupt(Byzantine::Withholder);
}

impl Draft {
    /// The validators change: few transactions of users, so that epochs last.
    fn changing(&mut self, joiners: usize) {
        self.scenario.joiners = joiners;
        self.scenario.changes = true;
        self.scenario.load = 1;
        self.scenario.blocks_after = 40;
    }

    /// A node with an empty disk starts, and its operator stakes a little later.
    fn enter(&mut self, index: usize, at: u64) {
        self.at(at, Event::Restart(index));
        let staked = at + self.rng.range(20, 1_500);
        self.at(staked, Event::Stake(index));
    }

    fn expect(&mut self, expected: impl IntoIterator<Item = Expect>) {
        self.scenario.expected.extend(expected);
    }
}

fn join(draft: &mut Draft) {
    draft.changing(1);
    let at = draft.rng.range(100, 6_000);
    draft.enter(4, at);
    draft.expect([Expect::Member(4), Expect::Proposed(4)]);
    draft.scenario.heal_ms = 9_000;
}

/// It may follow after that, through one validator that knows it.
fn leave(draft: &mut Draft) {
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

fn grow(draft: &mut Draft) {
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
fn replace(draft: &mut Draft) {
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

fn punish(draft: &mut Draft) {
    draft.changing(0);
    draft.corrupt(Byzantine::Equivocator);
    let guilty: Vec<usize> = draft.scenario.byzantine.keys().copied().collect();
    draft.expect(guilty.into_iter().flat_map(|one| [Expect::Gone(one), Expect::Reported(one)]));
    let honest = (0..4).filter(|index| !draft.scenario.byzantine.contains_key(index));
    let honest: Vec<Expect> = honest.map(Expect::Free).collect();
    draft.expect(honest);
}

/// Any mixture. Four validators are drawn most often, because they run fastest and because with
/// them every single fault counts.
fn fault(draft: &mut Draft) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_ordered_and_within_the_fault_bound() {
        for plan in PLANS {
            for seed in 0..200 {
                let scenario = plan.scenario(seed);
                assert!(scenario.events.is_sorted_by_key(|(at, _)| *at));
                assert!(scenario.events.iter().all(|(at, _)| *at <= scenario.heal_ms));
                let bound = Scenario::faulty(scenario.validators);
                assert!(scenario.byzantine.len() <= bound, "{} {seed}", plan.name);
                for (_, event) in &scenario.events {
                    if let Event::Crash(index) | Event::Restart(index) = event {
                        assert!(!scenario.byzantine.contains_key(index));
                    }
                }
                assert_eq!(scenario, plan.scenario(seed));
            }
        }
    }

    #[test]
    fn the_fault_plan_draws_every_size_and_every_kind_of_fault() {
        let scenarios: Vec<Scenario> =
            (0..200).filter_map(|seed| plan("fault").map(|plan| plan.scenario(seed))).collect();
        let any = |holds: &dyn Fn(&Scenario) -> bool| scenarios.iter().any(holds);
        for size in [4, 7, 16] {
            assert!(any(&|scenario| scenario.validators == size), "{size}");
        }
        for kind in Byzantine::ALL {
            assert!(any(&|scenario| scenario.byzantine.values().any(|found| *found == kind)));
        }
        assert!(any(&|scenario| scenario.storage_fails()));
        let power = |event: &Event| matches!(event, Event::PowerLoss { .. });
        assert!(any(&|scenario| scenario.events.iter().any(|(_, event)| power(event))));
    }
}
