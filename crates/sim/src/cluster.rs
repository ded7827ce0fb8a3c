//! A network that lives through a scenario.

mod checks;
mod energy;
mod inspect;
mod members;
mod orders;
mod specs;
mod trade;
mod votes;
mod weather;
mod workers;

use self::{checks::Checks, energy::Market, members::Members, orders::Orders, workers::Workers};
use crate::{
    audit::{Auditor, Violation},
    chain::{START_MS, Setup},
    guard,
    load::Load,
    node::{self, Face, Node, Pair},
    plan::{Byzantine, LinkSpec, Scenario, StorageSpec},
    rng::Rng,
};
use althing_engine::types::PublicKey;
use althing_ledger::audit::SupplyReport;
use althing_mempool::{Verifier, VerifierConfig};
use commonware_p2p::{
    Manager as _,
    simulated::{self, Oracle, SplitTarget},
};
use commonware_runtime::{Clock as _, Supervisor as _, deterministic};
use commonware_utils::{NZUsize, TryCollect as _, ordered::Set};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// How often the harness looks, in milliseconds.
const STEP_MS: u64 = 20;

/// What came of a scenario.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Name of the plan.
    pub plan: String,
    /// Seed of the scenario.
    pub seed: u64,
    /// How many validators there were.
    pub validators: usize,
    /// Highest final block.
    pub height: u64,
    /// Transactions that became final.
    pub transactions: usize,
    /// Of those, the ones that failed inside.
    pub failed: usize,
    /// Times a validator was stopped: on purpose, or by its storage.
    pub stops: usize,
    /// Of those, the ones that failing storage caused.
    pub storage_deaths: usize,
    /// Distinct faults of dishonest validators that honest ones have evidence of.
    pub evidence: usize,
    /// Heartbeats in final blocks.
    pub heartbeats: usize,
    /// The money of a validator's database, counted record by record at the end.
    pub supply: Option<SupplyReport>,
    /// The longest time between two blocks, in milliseconds, and the height it led to.
    pub longest_gap: (u64, u64),
    /// What became of nodes that joined.
    pub joined: Vec<Joined>,
    /// What became of proposals.
    pub polls: Vec<Poll>,
    /// How configurations of the network reached the nodes.
    pub propagations: Vec<Propagation>,
    /// What workers did and earned.
    pub labour: Vec<Labour>,
    /// What became of energy, where there is any.
    pub traded: Option<Traded>,
    /// Simulated time, in milliseconds.
    pub simulated_ms: u64,
    /// Real time.
    pub wall: Duration,
    /// Hash of everything that the runtime did.
    pub trace: String,
    /// Broken promises.
    pub violations: Vec<Violation>,
}

pub use energy::Traded;
pub use specs::Propagation;
pub use votes::Poll;
pub use workers::Labour;

/// What became of a node that joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Its number.
    pub index: usize,
    /// When it started, in milliseconds.
    pub started_ms: u64,
    /// The highest block when it started.
    pub behind: u64,
    /// When it had that block, in milliseconds.
    pub caught_up_ms: Option<u64>,
    /// The height of its first block.
    pub proposed: Option<u64>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Simulated time, in milliseconds.
    pub simulated_ms: u64,
    /// Highest final block.
    pub height: u64,
    /// The height of the honest validator that is furthest behind.
    pub slowest: u64,
}

/// Runs a scenario to its end.
pub fn run(scenario: &Scenario) -> Report {
    run_with(scenario, &mut |_| {})
}

/// Runs a scenario to its end, and says now and then how far it is.
pub fn run_with(scenario: &Scenario, tell: &mut dyn FnMut(Progress)) -> Report {
    guard::watch_panics();
    let started = Instant::now();
    let mut world = World::new(scenario, tell);
    let outcome = catch_unwind(AssertUnwindSafe(|| world.live()));
    let trace = outcome.unwrap_or_else(|_| "panicked".to_owned());
    for panic in guard::take_panics() {
        world.auditor.report(Violation::Died(format!("the harness or the network: {panic}")));
    }
    Report {
        plan: scenario.plan.clone(),
        seed: scenario.seed,
        validators: scenario.validators,
        height: world.auditor.height(),
        transactions: world.auditor.transactions(),
        failed: world.auditor.failed(),
        stops: world.stops,
        storage_deaths: world.storage_deaths,
        evidence: world.evidence.len(),
        heartbeats: world.heartbeats(),
        supply: world.supply,
        longest_gap: world.auditor.replay().longest_gap(),
        joined: world.joined(),
        polls: world.polls(),
        propagations: world.propagations(),
        labour: world.workers.labour(),
        traded: world.traded(),
        simulated_ms: world.now_ms,
        wall: started.elapsed(),
        trace,
        violations: world.auditor.violations().to_vec(),
    }
}

/// Why a phase ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// The scenario is over.
    Done,
    /// Power was lost: the machine begins anew with what is on its disks.
    PowerLost,
}

/// Everything that outlives the simulated machine.
struct World<'a> {
    scenario: &'a Scenario,
    shared: node::Shared,
    auditor: Auditor,
    load: Load,
    rng: Rng,
    /// Events that have happened.
    happened: usize,
    link: LinkSpec,
    sides: Vec<u8>,
    storage: Option<StorageSpec>,
    lives: Vec<u32>,
    members: Members,
    orders: Orders,
    specs: specs::Specs,
    workers: Workers,
    checks: Checks,
    market: Market,
    now_ms: u64,
    next_load_ms: u64,
    next_repeat_ms: u64,
    goal: Option<u64>,
    stops: usize,
    storage_deaths: usize,
    evidence: BTreeSet<Proof>,
    supply: Option<SupplyReport>,
    tell: &'a mut dyn FnMut(Progress),
    next_tell_ms: u64,
}

/// Who did what, when.
type Proof = (usize, &'static str, u64, u64);

/// What exists while the machine has power.
struct Machine {
    context: deterministic::Context,
    oracle: Oracle<PublicKey, deterministic::Context>,
    nodes: BTreeMap<usize, Node>,
    twins: BTreeMap<usize, Node>,
    /// When a validator that died is started again, in milliseconds.
    revive: BTreeMap<usize, u64>,
}

impl<'a> World<'a> {
    fn new(scenario: &'a Scenario, tell: &'a mut dyn FnMut(Progress)) -> Self {
        let setup = Setup::of(scenario);
        let nodes = setup.validators.len();
        let load = Load::new(setup.genesis.clone(), &setup.users, Rng::new(scenario.seed, 2));
        let market = Market::new(scenario, &setup.actors);
        let verifier = Verifier::new(VerifierConfig { keys: 64, verified: 4_096 });
        Self {
            scenario,
            auditor: Auditor::new(setup.genesis.clone(), !scenario.changes),
            shared: node::Shared { setup, verifier: Arc::new(verifier), seed: scenario.seed },
            load,
            rng: Rng::new(scenario.seed, 4),
            happened: 0,
            link: scenario.link,
            sides: vec![0; nodes],
            storage: None,
            lives: vec![0; nodes],
            members: Members::new(nodes),
            orders: Orders::default(),
            specs: specs::Specs::default(),
            workers: Workers::new(scenario),
            checks: Checks::new(nodes),
            market,
            now_ms: 0,
            next_load_ms: 0,
            next_repeat_ms: 1_000,
            goal: None,
            stops: 0,
            storage_deaths: 0,
            evidence: BTreeSet::new(),
            supply: None,
            tell,
            next_tell_ms: 0,
        }
    }

    fn live(&mut self) -> String {
        let config = deterministic::Config::new()
            .with_seed(self.scenario.seed)
            .with_start_time(UNIX_EPOCH + Duration::from_millis(START_MS))
            .with_catch_panics(true);
        let mut runner = deterministic::Runner::new(config);
        loop {
            let (ended, checkpoint) = runner.start_and_recover(|context| self.phase(context));
            if ended == Ended::Done {
                return checkpoint.auditor().state();
            }
            runner = deterministic::Runner::from(checkpoint);
        }
    }

    /// The time between two losses of power.
    async fn phase(&mut self, context: deterministic::Context) -> Ended {
        let mut machine = self.power_on(context).await;
        loop {
            machine.context.sleep(Duration::from_millis(STEP_MS)).await;
            self.now_ms = elapsed(machine.context.current());
            if self.events(&mut machine).await == Ended::PowerLost {
                return Ended::PowerLost;
            }
            self.collect(&mut machine).await;
            self.send(&machine);
            if self.scenario.changes {
                self.watch_specs(&mut machine);
                self.work();
                self.check_results(&machine).await;
                self.trade();
                self.follow_orders(&machine);
                self.reconnect(&machine).await;
            }
            self.tell();
            if self.is_over() {
                self.last_look(&mut machine).await;
                return Ended::Done;
            }
        }
    }

    async fn power_on(&mut self, context: deterministic::Context) -> Machine {
        let config = simulated::Config {
            max_size: althing_engine::limits::max_payload(),
            max_peers_per_set: NZUsize!(128),
            disconnect_on_block: true,
            tracked_peer_sets: NZUsize!(1),
        };
        let (network, oracle) = simulated::Network::new(context.child("network"), config);
        network.start();
        let keys = self.shared.setup.public_keys();
        let peers: Set<PublicKey> = keys.into_iter().try_collect().expect("keys are distinct");
        oracle.manager().track(0, peers);
        let mut machine = Machine {
            context,
            oracle,
            nodes: BTreeMap::new(),
            twins: BTreeMap::new(),
            revive: BTreeMap::new(),
        };
        self.apply_storage(&machine);
        self.connect(&machine).await;
        for index in 0..self.lives.len() {
            if self.members.is_awaited(index, self.scenario) {
                self.start(&mut machine, index).await;
            }
        }
        machine
    }

    async fn start(&mut self, machine: &mut Machine, index: usize) {
        machine.revive.remove(&index);
        let byzantine = self.scenario.byzantine.get(&index).copied();
        let key = self.shared.setup.public_keys()[index].clone();
        let control = machine.oracle.control(key);
        let mut first: Vec<Pair> = Vec::new();
        let mut second: Vec<Pair> = Vec::new();
        let dutiful = self.scenario.changes;
        for channel in node::channels(dutiful) {
            let registered = control.register(channel.id, channel.quota()).await;
            let (sender, receiver) = registered.expect("the simulated network runs");
            if byzantine == Some(Byzantine::Twins) {
                let (one, two) = self.divide(machine, index, receiver);
                first.push((sender.clone(), one));
                second.push((sender, two));
            } else {
                first.push((sender, receiver));
            }
        }
        let life = self.lives[index];
        self.lives[index] += 1;
        self.auditor.restarted(index);
        self.members.started(index, self.now_ms, self.auditor.height());
        self.checks.forget(index);
        let known = self.members.known(index);
        let start = |face, channels| {
            let (oracle, known) = (&machine.oracle, known.clone());
            let start =
                node::Start { index, life, byzantine, face, oracle, channels, known, dutiful };
            node::start(&machine.context, &self.shared, start)
        };
        machine.nodes.insert(index, start(Face::First, first));
        if !second.is_empty() {
            machine.twins.insert(index, start(Face::Second, second));
        }
    }

    /// Each of two twins hears those that it speaks to.
    fn divide(
        &self,
        machine: &Machine,
        index: usize,
        receiver: simulated::Receiver<PublicKey>,
    ) -> (simulated::Receiver<PublicKey>, simulated::Receiver<PublicKey>) {
        let keys = self.shared.setup.public_keys();
        let group = |face| -> Vec<PublicKey> {
            let audience = node::audience(index, keys.len(), face);
            audience.into_iter().map(|member| keys[member].clone()).collect()
        };
        let (one, two) = (group(Face::First), group(Face::Second));
        let router =
            move |(from, _): &(PublicKey, _)| match (one.contains(from), two.contains(from)) {
                (true, true) => SplitTarget::Both,
                (true, false) => SplitTarget::Primary,
                (false, true) => SplitTarget::Secondary,
                (false, false) => SplitTarget::None,
            };
        receiver.split_with(machine.context.child("divide"), router)
    }

    fn stop(&mut self, machine: &mut Machine, index: usize) {
        if let Some(node) = machine.nodes.remove(&index) {
            self.hear(index, &node);
            node.kill();
            self.stops += 1;
        }
        if let Some(twin) = machine.twins.remove(&index) {
            twin.kill();
        }
    }

    /// Takes what the validators have finalized, and buries the dead.
    async fn collect(&mut self, machine: &mut Machine) {
        let mut dead = Vec::new();
        for (index, node) in &mut machine.nodes {
            while let Ok(block) = node.blocks.try_recv() {
                if !self.scenario.byzantine.contains_key(index) {
                    self.auditor.observe(*index, block);
                }
            }
            if let Some(reason) = node.death.reason() {
                dead.push((*index, reason));
            }
        }
        for (index, twin) in &machine.twins {
            if let Some(reason) = twin.death.reason() {
                dead.push((*index, reason));
            }
        }
        for (index, reason) in dead {
            self.stop(machine, index);
            machine.revive.insert(index, self.now_ms + 200);
            // A sync that failed is noticed when somebody asks for it, which may be later.
            let injected = self.scenario.storage_fails() && reason.contains("injected");
            if self.storage.is_some() || injected {
                self.storage_deaths += 1;
            } else if !self.scenario.byzantine.contains_key(&index) {
                let text = format!("v{index} at {} ms: {reason}", self.now_ms);
                self.auditor.report(Violation::Died(text));
            }
        }
    }

    fn honest(&self) -> impl Iterator<Item = usize> {
        let all = 0..self.lives.len();
        let awaited = |index: &usize| self.members.is_awaited(*index, self.scenario);
        all.filter(|index| !self.scenario.byzantine.contains_key(index)).filter(awaited)
    }

    fn tell(&mut self) {
        if self.now_ms < self.next_tell_ms {
            return;
        }
        self.next_tell_ms = self.now_ms + 1_000;
        let slowest = self.honest().map(|index| self.auditor.height_of(index)).min().unwrap_or(0);
        let height = self.auditor.height();
        (self.tell)(Progress { simulated_ms: self.now_ms, height, slowest });
    }

    /// Whether the goal is reached, or will never be.
    fn is_over(&mut self) -> bool {
        if self.now_ms < self.scenario.heal_ms + STEP_MS {
            return false;
        }
        let reached = self.auditor.height();
        let blocks = self.scenario.blocks_after;
        let goal = *self.goal.get_or_insert(reached + blocks);
        let slowest = self.honest().map(|index| self.auditor.height_of(index)).min();
        let open = self.workers.open().or_else(|| self.market.open());
        if slowest.unwrap_or(0) >= goal && open.is_none() {
            return true;
        }
        if self.now_ms > self.scenario.heal_ms + self.scenario.patience_ms {
            let heights: Vec<u64> =
                self.honest().map(|index| self.auditor.height_of(index)).collect();
            self.auditor.report(Violation::Stalled(format!(
                "{} ms after the faults ended, honest validators are at {heights:?}; \
                 the goal was {goal}; open is {}",
                self.scenario.patience_ms,
                open.as_deref().unwrap_or("nothing")
            )));
            return true;
        }
        false
    }
}

fn elapsed(now: SystemTime) -> u64 {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_millis() as u64).saturating_sub(START_MS)
}
