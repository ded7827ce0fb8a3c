//! Ten workers, of which three cheat in seven ways, in random interleavings: money is conserved, every
//! honest result is paid once, and no false one ever is. The audit runs after every block.

use super::*;
use althing_types::{
    compute::RejectReason,
    message::{CancelTask, ClaimRewards, ProveWrong},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// How the three cheat, one way after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cheat {
    /// Commits to anything.
    Guess,
    /// Leaves the last rows out.
    Truncate,
    /// Commits again to what it computed for an earlier task.
    Replay,
    /// Commits to what another worker has committed to.
    Copy,
    /// Computes for another seed.
    SwapSeed,
    /// Commits too late, or never.
    Late,
    /// Commits to the right result and shows nothing.
    Withhold,
}

const CHEATS: [Cheat; 7] = [
    Cheat::Guess,
    Cheat::Truncate,
    Cheat::Replay,
    Cheat::Copy,
    Cheat::SwapSeed,
    Cheat::Late,
    Cheat::Withhold,
];

#[derive(Clone, Debug)]
enum Step {
    Take { worker: usize },
    Order,
    Cancel,
    Dispute,
    Claim { worker: usize },
    Pass { blocks: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..10usize).prop_map(|worker| Step::Take { worker }),
        3 => Just(Step::Order),
        1 => Just(Step::Cancel),
        1 => Just(Step::Dispute),
        1 => (0..10usize).prop_map(|worker| Step::Claim { worker }),
        3 => (1..4usize).prop_map(|blocks| Step::Pass { blocks }),
    ]
}

/// What a test knows about an attempt that was committed to.
struct Claim {
    cheat: Option<Cheat>,
    solved: Option<Solved>,
    root: althing_types::Hash,
    worker: usize,
}

struct Play {
    world: World,
    claims: BTreeMap<(u64, u32), Claim>,
    seen: BTreeSet<(u64, u32)>,
    cheats: usize,
    wrong: u32,
}

impl Play {
    fn new() -> Self {
        // Each duty takes a block: there is time for all of them.
        let mut world = World::with(|genesis| {
            let compute = &mut genesis.params.compute;
            compute.max_strikes = 100;
            compute.base_time = Period::blocks(60);
            compute.vote_window = Period::blocks(60);
            compute.open_time = Period::blocks(100);
        });
        world.equip(10);
        let claims = BTreeMap::new();
        Self { world, claims, seen: BTreeSet::new(), cheats: 0, wrong: 0 }
    }

    fn open_tasks(&self) -> Vec<(u64, Task)> {
        let all = self.world.chain.state.iter().filter(|(key, _)| key.prefix() == 0x38);
        all.map(|(key, value)| {
            let number = u64::from_be_bytes(key[1..9].try_into().unwrap());
            (number, query::decode_task(value).unwrap())
        })
        .filter(|(_, task)| !task.state.is_over())
        .collect()
    }

    /// Everybody does what it has to do, as it does it: workers commit, members check and vote, and
    /// who finds something wrong proves it.
    fn duties(&mut self) {
        for (number, task) in self.open_tasks() {
            match task.state {
                TaskState::Assigned => self.work(number, &task),
                TaskState::Challenged => self.check(number, &task),
                _ => {}
            }
        }
    }

    fn work(&mut self, number: u64, task: &Task) {
        let assignment = task.assignment.unwrap();
        let ready = self.world.chain.height >= assignment.seed_height.get();
        if !ready || !self.seen.insert((number, task.attempt)) {
            return;
        }
        let worker = self.world.owner(number);
        let cheat = (worker < 3).then(|| {
            self.cheats += 1;
            CHEATS[self.cheats % CHEATS.len()]
        });
        let Some(claim) = self.claim(number, worker, cheat) else { return };
        let commitment = Commitment { task: number, root: claim.root, digest: None };
        let receipt = self.world.send(Sender::User(worker), commit(vec![commitment]));
        assert_eq!(codes::name_of(receipt.code), "ok");
        self.claims.insert((number, task.attempt), claim);
    }

    /// What a worker commits to; nothing if it is late.
    fn claim(&mut self, number: u64, worker: usize, cheat: Option<Cheat>) -> Option<Claim> {
        let earlier = |own: bool| {
            let mut claims = self.claims.values();
            claims.find(|claim| (claim.worker == worker) == own).map(|claim| claim.root)
        };
        let (solved, root) = match cheat {
            Some(Cheat::Late) => return None,
            Some(Cheat::Guess) => (None, secret(77)),
            Some(Cheat::Replay) => (None, earlier(true).unwrap_or(secret(78))),
            Some(Cheat::Copy) => (None, earlier(false).unwrap_or(secret(79))),
            Some(Cheat::Truncate) => {
                let solved = self.world.wrong(number, |_, entries| entries[200 * 256..].fill(0));
                let root = solved.root;
                (Some(solved), root)
            }
            Some(Cheat::SwapSeed) => {
                let solved = solve(&SHAPE, 1, &secret(80), |_, _| {});
                let seed = self.world.seed(number);
                let solved = Solved { seed, ..solved };
                let root = solved.root;
                (Some(solved), root)
            }
            None | Some(Cheat::Withhold) => {
                let solved = self.world.wrong(number, |_, _| {});
                let root = solved.root;
                (Some(solved), root)
            }
        };
        Some(Claim { cheat, solved, root, worker })
    }

    /// Members ask for rows. Who shows none is unavailable; who shows wrong ones is proven wrong.
    fn check(&mut self, number: u64, task: &Task) {
        let check = task.check.clone().unwrap();
        if check.members.iter().any(|member| member.verdict.is_some()) {
            return;
        }
        let claim = &self.claims[&(number, task.attempt)];
        // A root without its rows: a guess, and what was committed to for other matrices, cannot be
        // opened by who has not computed it, or shows other rows.
        let shown = claim.solved.as_ref().filter(|_| claim.cheat != Some(Cheat::Withhold));
        let verdict = match shown {
            None => Verdict::Unavailable,
            Some(solved) if solved.passes(&check.challenge.unwrap(), 32) => Verdict::Valid,
            Some(solved) => {
                let (product, row, column) = solved.first_wrong().unwrap();
                let opening = solved.opening(product, row, column);
                let prove = ProveWrong { task: number, opening };
                self.world.does(STRANGER, Payload::ProveWrong(prove));
                self.wrong += 1;
                return;
            }
        };
        self.world.vote_all(&[number], verdict);
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Take { worker } => {
                let take = take_work(0, SHAPE, 1);
                let receipt = self.world.send(Sender::User(*worker), take);
                let code = codes::name_of(receipt.code);
                assert!(["ok", "device_busy"].contains(&code), "{code}");
            }
            Step::Order => {
                self.world.order(1, Amount::new(1_000_001));
            }
            Step::Cancel => {
                let open = self.open_tasks();
                let own = open.iter().find(|(_, task)| task.requester.is_some());
                let Some((number, _)) = own else { return };
                let cancel = Payload::CancelTask(CancelTask { task: *number });
                let receipt = self.world.send(Sender::User(REQUESTER), cancel);
                assert!(["ok", "task_not_open"].contains(&codes::name_of(receipt.code)));
            }
            Step::Dispute => self.dispute(),
            Step::Claim { worker } => {
                let claim = ClaimRewards { worker: account(*worker) };
                let receipt = self.world.send(Sender::User(*worker), Payload::ClaimRewards(claim));
                assert!(["ok", "nothing_to_claim"].contains(&codes::name_of(receipt.code)));
            }
            Step::Pass { blocks } => {
                self.world.pass(*blocks);
            }
        }
    }

    /// Somebody disputes a result that is right.
    fn dispute(&mut self) {
        let committed = [TaskState::Committed, TaskState::Challenged, TaskState::Accepted];
        for (number, task) in self.open_tasks() {
            let Some(claim) = self.claims.get(&(number, task.attempt)) else { continue };
            if claim.cheat.is_none() && committed.contains(&task.state) {
                let opening = claim.solved.as_ref().unwrap().opening(0, 1, 1);
                let events = self
                    .world
                    .does(STRANGER, Payload::ProveWrong(ProveWrong { task: number, opening }));
                assert_eq!(events[0].name(), "dispute-failed");
                return;
            }
        }
    }

    /// Lets everything come to its end, and judges what was paid.
    fn judge(mut self) {
        for _ in 0..500 {
            self.duties();
            self.world.pass(1);
            if self.open_tasks().is_empty() {
                break;
            }
        }
        assert!(self.open_tasks().is_empty());
        let mut paid: BTreeMap<u64, u32> = BTreeMap::new();
        let mut attempts: BTreeMap<u64, u32> = BTreeMap::new();
        let mut rejected = BTreeMap::new();
        for (_, event) in &self.world.log {
            match event {
                Event::TaskAssigned { task, attempt, .. } => {
                    attempts.insert(*task, *attempt);
                }
                Event::TaskSettled { task, .. } => *paid.entry(*task).or_default() += 1,
                Event::TaskRejected { task, attempt, reason, .. } => {
                    rejected.insert((*task, *attempt), *reason);
                }
                _ => {}
            }
        }
        for (key @ (task, attempt), claim) in &self.claims {
            let settled = paid.get(task).copied().unwrap_or(0) == 1 && attempts[task] == *attempt;
            match claim.cheat {
                None => {
                    assert!(settled, "an honest result of task {task} was not paid");
                    assert!(!rejected.contains_key(key));
                }
                Some(cheat) => {
                    assert!(!settled, "{cheat:?} of task {task} was paid");
                    let reason = rejected[key];
                    let shown = [Cheat::Truncate, Cheat::SwapSeed].contains(&cheat);
                    let expected = if shown { RejectReason::Wrong } else { RejectReason::Withheld };
                    assert_eq!(reason, expected, "{cheat:?}");
                }
            }
        }
        assert!(paid.values().all(|times| *times == 1));
        let strikes: u32 = (0..10).map(|user| self.world.worker(user).strikes).sum();
        assert_eq!(strikes, self.wrong);
        assert!((3..10).all(|user| self.world.worker(user).strikes == 0));
        assert_eq!(self.world.compute().prices, Amount::ZERO);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_honest_result_is_paid_once_and_no_false_one_ever_is(
        steps in proptest::collection::vec(step(), 20..60),
    ) {
        let mut play = Play::new();
        for step in &steps {
            play.step(step);
            play.duties();
        }
        play.judge();
    }
}

#[test]
fn every_way_to_cheat_is_tried_and_none_pays() {
    let mut play = Play::new();
    for round in 0..16 {
        for worker in 0..4 {
            play.step(&Step::Take { worker });
        }
        if round % 3 == 0 {
            play.step(&Step::Order);
        }
        for _ in 0..6 {
            play.duties();
            play.step(&Step::Pass { blocks: 1 });
        }
    }
    let tried: BTreeSet<String> = play
        .claims
        .values()
        .filter_map(|claim| claim.cheat)
        .map(|cheat| format!("{cheat:?}"))
        .collect();
    // Who is late has committed to nothing.
    assert_eq!(tried.len(), CHEATS.len() - 1, "{tried:?}");
    play.judge();
}
