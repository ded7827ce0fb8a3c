//! Plans: what a simulated network has to live through. A plan and a seed give a scenario, which
//! is plain data.

mod compute;
mod economy;
mod energy;
mod event;
mod faults;
mod membership;
mod votes;

pub use compute::Craft;
pub use economy::Rules;
pub use energy::Conduct;
pub use event::{Event, Expect};

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
    /// What the chain's parameters say.
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
    /// New transactions of users at a time.
    pub load: usize,
    /// Time between those, in milliseconds.
    pub load_every_ms: u64,
    /// Workers that compute, and how; with any there is a customer too.
    pub workers: Vec<Craft>,
    /// Oracles of energy, and how they report; with any there are an honest provider, a false one,
    /// and a buyer too.
    pub oracles: Vec<Conduct>,
}

impl Scenario {
    /// How many validators may be faulty at once.
    pub const fn faulty(validators: usize) -> usize {
        validators.saturating_sub(1) / 3
    }

    /// Accounts that compute or trade, besides users and operators.
    pub const fn actors(&self) -> usize {
        let computing = if self.workers.is_empty() { 0 } else { self.workers.len() + 1 };
        let trading = if self.oracles.is_empty() { 0 } else { self.oracles.len() + 3 };
        computing + trading
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
    Plan { name: "lossy", about: "a fifth of all messages is lost", draw: faults::lossy },
    Plan { name: "slow", about: "messages take long and overtake each other", draw: faults::slow },
    Plan {
        name: "minority",
        about: "a minority is cut off and comes back",
        draw: faults::minority,
    },
    Plan { name: "split", about: "nobody has a quorum for a while", draw: faults::split },
    Plan { name: "crashes", about: "validators crash at random points", draw: faults::crashes },
    Plan { name: "rolling", about: "every validator is restarted in turn", draw: faults::rolling },
    Plan { name: "outage", about: "all validators stop and start again", draw: faults::outage },
    Plan {
        name: "power",
        about: "power is lost; unsynced writes survive in part",
        draw: faults::power,
    },
    Plan { name: "storage", about: "writes and syncs fail", draw: faults::storage },
    Plan { name: "silent", about: "a leader never speaks", draw: |d| d.corrupt(Byzantine::Silent) },
    Plan {
        name: "equivocator",
        about: "a validator contradicts its votes",
        draw: faults::equivocator,
    },
    Plan { name: "twins", about: "one key runs twice", draw: |d| d.corrupt(Byzantine::Twins) },
    Plan {
        name: "liar",
        about: "blocks with a wrong outcome",
        draw: |d| d.corrupt(Byzantine::Liar),
    },
    Plan { name: "withholder", about: "blocks that nobody gets to see", draw: faults::withholder },
    Plan { name: "garbler", about: "damaged messages", draw: |d| d.corrupt(Byzantine::Garbler) },
    Plan {
        name: "join",
        about: "a fifth validator joins from an empty disk",
        draw: membership::join,
    },
    Plan { name: "leave", about: "a validator leaves for good", draw: membership::leave },
    Plan {
        name: "grow",
        about: "one validator becomes four, and four become one",
        draw: membership::grow,
    },
    Plan {
        name: "replace",
        about: "all validators of the genesis are replaced",
        draw: membership::replace,
    },
    Plan {
        name: "punish",
        about: "who contradicts its votes is reported and ejected",
        draw: membership::punish,
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
    Plan {
        name: "vote",
        about: "nodes vote on parameters as their operators prefer",
        draw: votes::vote,
    },
    Plan {
        name: "rollout",
        about: "a part of the nodes tries a configuration of the network, then all run it",
        draw: votes::rollout,
    },
    Plan {
        name: "sabotage",
        about: "who tries a configuration first fails, and it is rolled back",
        draw: votes::sabotage,
    },
    Plan {
        name: "compute",
        about: "workers compute, committees check them, and some of both are bad",
        draw: compute::compute,
    },
    Plan {
        name: "energy",
        about: "providers sell what meters count and oracles attest, and some are bad",
        draw: energy::energy,
    },
    Plan {
        name: "fault",
        about: "4, 7 or 16 validators and any mixture of all that",
        draw: faults::fault,
    },
];

/// Plans that take minutes.
pub const LONG_PLANS: &[Plan] = &[
    Plan {
        name: "hundred",
        about: "a hundred validators join, leave, are jailed and delegate for twenty epochs",
        draw: economy::hundred,
    },
    Plan {
        name: "votes",
        about: "sixteen validators decide more than a hundred times, with faults",
        draw: votes::votes,
    },
    Plan {
        name: "assembly",
        about: "a hundred validators vote on configurations of their network and run them",
        draw: votes::assembly,
    },
    Plan {
        name: "day",
        about: "24 hours with emission, delegations, joins, slashing, a split, an outage",
        draw: economy::day,
    },
];

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
            load_every_ms: 100,
            workers: Vec::new(),
            oracles: Vec::new(),
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
        let mut sides = vec![0; self.scenario.validators + self.scenario.joiners];
        order.iter().take(group).for_each(|index| sides[*index] = 1);
        self.at(from, Event::Partition(sides));
        let link = self.scenario.link;
        self.at(to, Event::Link(link));
    }
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
