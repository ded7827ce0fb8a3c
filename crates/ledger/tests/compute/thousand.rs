//! A thousand tasks of ten workers of which three cheat, with the real kernels and the real checks:
//! nothing false is paid, everything true is.

use super::*;
use althing_types::{
    Hash,
    compute::RejectReason,
    message::{ClaimRewards, ProveWrong},
};
use std::{collections::BTreeSet, fmt};

const TASKS: usize = 1_000;
/// How many of them somebody pays for; the others are work of the network.
const PAID: usize = 400;
const HONEST: usize = 7;
const CHEATS: usize = 3;
/// Rows that all members of a committee check, of 256.
const SAMPLES: u64 = 32;
/// Rows that each member checks besides.
const OWN_SAMPLES: u64 = 8;

/// What a worker does instead of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// Entries that were not computed.
    Guess,
    /// Only the first half of each sum is computed.
    Truncate,
    /// Its own result of an earlier task.
    Replay,
    /// What another worker has committed to.
    Copy,
    /// A product of matrices out of a seed that it likes better.
    Seed,
    /// The result of the task before, in a transaction with a nonce that was used.
    Nonce,
    /// The right result, when the time is over.
    Late,
    /// The right result, which it does not show.
    Withhold,
}

impl Way {
    const ALL: [Self; 8] = [
        Self::Guess,
        Self::Truncate,
        Self::Replay,
        Self::Copy,
        Self::Seed,
        Self::Nonce,
        Self::Late,
        Self::Withhold,
    ];

    /// As what the chain rejects it.
    const fn rejected_as(self) -> RejectReason {
        match self {
            Self::Guess | Self::Truncate | Self::Replay | Self::Copy | Self::Seed => {
                RejectReason::Wrong
            }
            Self::Nonce | Self::Late => RejectReason::Late,
            Self::Withhold => RejectReason::Withheld,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}").to_lowercase())
    }
}

/// A task and which of its attempts.
type Job = (u64, u32);

/// What a worker made of a job.
struct Claim {
    user: usize,
    /// `None` of an honest one.
    way: Option<Way>,
    /// What it shows to who checks, if it shows anything.
    shown: Option<Solved>,
}

struct Market {
    world: World,
    claims: BTreeMap<Job, Claim>,
    /// Whose jobs will have no commitment that the chain takes.
    idle: BTreeMap<Job, usize>,
    /// How many jobs each cheat has had.
    had: [usize; CHEATS],
    /// The last right result of each worker, which it may try again.
    last: BTreeMap<usize, Solved>,
    taken: usize,
    ordered: usize,
    /// Proofs that are in the chain.
    proven: BTreeSet<Job>,
}

fn again(solved: &Solved) -> Solved {
    solve(&solved.shape, solved.count, &solved.seed, |_, _| {})
}

impl Market {
    fn new() -> Self {
        let mut world = World::with(|genesis| {
            let compute = &mut genesis.params.compute;
            (compute.samples, compute.own_samples) = (SAMPLES, OWN_SAMPLES);
            // Nobody is banned: all of them go on to the end.
            (compute.max_strikes, compute.min_stake) = (100, tokens(10));
            // And an order waits until somebody is free.
            (compute.max_attempts, compute.open_time) = (16, Period::blocks(500));
        });
        world.equip(HONEST + CHEATS);
        let (claims, idle, last) = Default::default();
        let (taken, ordered, proven) = Default::default();
        Self { world, claims, idle, had: [0; CHEATS], last, taken, ordered, proven }
    }

    /// Every second job of a cheat is cheated, each time in the next way.
    fn way(&mut self, user: usize) -> Option<Way> {
        let had = self.had.get_mut(user.checked_sub(HONEST)?)?;
        *had += 1;
        had.is_multiple_of(2).then(|| Way::ALL[(*had / 2 + user) % Way::ALL.len()])
    }

    /// Takes and orders as long as there are tasks to come and devices that are free.
    fn begin(&mut self, sent: &mut Vec<(usize, Payload)>) {
        for user in 0..HONEST + CHEATS {
            if self.taken < TASKS - PAID && self.world.worker(user).tasks.len() < 2 {
                sent.push((user, take_work(0, SHAPE, 1)));
                self.taken += 1;
            }
        }
        for _ in 0..2 {
            if self.ordered < PAID && self.open() < 12 {
                sent.push((REQUESTER, create(SHAPE, 1, tokens(1))));
                self.ordered += 1;
            }
        }
    }

    /// Tasks that wait for a worker.
    fn open(&self) -> usize {
        self.tasks().filter(|(_, task)| task.state == TaskState::Open).count()
    }

    /// The tasks that have a record.
    fn tasks(&self) -> impl Iterator<Item = (u64, Task)> {
        let last = self.world.log.iter().filter_map(|(_, event)| match event {
            Event::TaskCreated { task, .. } => Some(*task),
            _ => None,
        });
        let last = last.max().unwrap_or(0);
        (0..=last).filter_map(|number| Some((number, self.world.find(number)?)))
    }

    /// What the worker of a task commits to now, if it does.
    fn work(&mut self, number: u64, task: &Task) -> Option<(usize, Payload)> {
        let (job, assignment) = ((number, task.attempt), task.assignment.as_ref()?);
        let height = self.world.chain.height;
        if self.claims.contains_key(&job) || height < assignment.seed_height.get() {
            return None;
        }
        let user = self.world.owner(number);
        let way = self.way(user);
        let right = again(self.world.right(number));
        let (root, shown) = match way {
            None => (right.root, Some(again(&right))),
            Some(way) => self.cheat(way, (number, user), &right)?,
        };
        self.last.insert(user, right);
        self.claims.insert(job, Claim { user, way, shown });
        Some((user, commit(vec![Commitment { task: number, root, digest: None }])))
    }

    /// What a cheat commits to, and what it shows. `None` if the chain takes no commitment of it.
    fn cheat(
        &mut self,
        way: Way,
        (number, user): (u64, usize),
        right: &Solved,
    ) -> Option<(Hash, Option<Solved>)> {
        let seed = right.seed;
        let of = |solved: Solved| (solved.root, Some(Solved { seed, ..solved }));
        match way {
            Way::Guess => Some(of(self.world.wrong(number, |product, entries| {
                let mut guess = product.wrapping_add(0x9e37_79b9);
                for entry in entries {
                    guess = guess.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    *entry = (guess >> 12) as i32 - (1 << 19);
                }
            }))),
            Way::Truncate => Some(of(self.world.wrong(number, |_, entries| {
                for entry in entries {
                    *entry /= 2;
                }
            }))),
            Way::Replay => Some(of(again(self.last.get(&user)?))),
            Way::Copy => {
                let (_, other) = self.last.iter().find(|(other, _)| **other != user)?;
                Some(of(again(other)))
            }
            Way::Seed => Some(of(solve(&SHAPE, 1, &secret(user as u8), |_, _| {}))),
            Way::Withhold => Some((right.root, None)),
            Way::Late | Way::Nonce => {
                let job = (number, self.world.task(number).attempt);
                self.idle.insert(job, user);
                self.claims.insert(job, Claim { user, way: Some(way), shown: None });
                None
            }
        }
    }

    /// What the members of a committee find: votes, and a proof if something is wrong.
    fn check(&mut self, number: u64, task: &Task) -> (Vec<(usize, ResultVote)>, Option<Payload>) {
        let claim = &self.claims[&(number, task.attempt)];
        let check = task.check.as_ref().unwrap();
        let challenge = check.challenge.unwrap();
        let (mut votes, mut wrong) = (Vec::new(), false);
        for member in check.members.iter().filter(|member| member.verdict.is_none()) {
            let validator = number_of(&member.validator);
            let seed = Signature64::new([validator as u8 + 1; 64]);
            let verdict = match &claim.shown {
                None => Verdict::Unavailable,
                Some(shown) => {
                    let own = query::member_seed(&challenge, &seed);
                    let passes =
                        shown.passes(&challenge, SAMPLES) && shown.passes(&own, OWN_SAMPLES);
                    wrong |= !passes;
                    if passes { Verdict::Valid } else { Verdict::Abstain }
                }
            };
            let transcript = query::transcript(number, &[1, 2, 3]);
            votes.push((validator, ResultVote { task: number, verdict, seed, transcript }));
        }
        let shown =
            claim.shown.as_ref().filter(|_| wrong && self.proven.insert((number, task.attempt)));
        let proof = shown.and_then(|shown| {
            let (product, row, column) = shown.first_wrong()?;
            let opening = shown.opening(product, row, column);
            Some(Payload::ProveWrong(ProveWrong { task: number, opening }))
        });
        (votes, proof)
    }

    /// One block: everybody does what it has to do.
    fn step(&mut self) {
        let mut sent = Vec::new();
        self.begin(&mut sent);
        let mut ballots: BTreeMap<usize, Vec<ResultVote>> = BTreeMap::new();
        for (number, task) in self.tasks().collect::<Vec<_>>() {
            match task.state {
                TaskState::Assigned => sent.extend(self.work(number, &task)),
                TaskState::Challenged if task.check.as_ref().unwrap().challenge.is_some() => {
                    if task.purpose == althing_types::compute::Purpose::Benchmark {
                        continue;
                    }
                    let (votes, proof) = self.check(number, &task);
                    for (validator, vote) in votes {
                        ballots.entry(validator).or_default().push(vote);
                    }
                    sent.extend(proof.map(|proof| (STRANGER, proof)));
                }
                _ => {}
            }
        }
        self.try_late();
        self.send(&sent, ballots);
    }

    /// What comes too late, or with a nonce that was used, is not taken.
    fn try_late(&mut self) {
        let height = self.world.chain.height;
        for (job, user) in self.idle.clone() {
            let Some(task) = self.world.find(job.0).filter(|task| task.attempt == job.1) else {
                continue;
            };
            let Some(assignment) = task.assignment.filter(|_| task.state == TaskState::Assigned)
            else {
                continue;
            };
            let way = self.claims[&job].way;
            if way == Some(Way::Late) && height + 1 < assignment.deadline.height.get() {
                continue;
            }
            let payload = commit(vec![self.world.commitment(job.0)]);
            let mut chain = self.world.chain.clone();
            let transaction = self.world.transaction(Sender::User(user), 0, payload);
            let (outcome, results) = match way {
                Some(Way::Nonce) => {
                    let mut body = transaction.body().clone();
                    body.nonce = Nonce::new(body.nonce.get() - 1);
                    let used = SignedTransaction::new(body, transaction.authorization().clone());
                    chain.advance(&[used])
                }
                _ => chain.advance(&[transaction]),
            };
            match way {
                Some(Way::Nonce) => assert!(results[0].is_err(), "a nonce was used twice"),
                _ => assert_eq!(codes::name_of(outcome.receipts[0].code), "commit_late"),
            }
        }
    }

    fn send(&mut self, sent: &[(usize, Payload)], ballots: BTreeMap<usize, Vec<ResultVote>>) {
        let mut earlier: BTreeMap<usize, u64> = BTreeMap::new();
        let mut transactions = Vec::new();
        for (user, payload) in sent {
            let nonce = earlier.entry(*user).or_default();
            transactions.push(self.world.transaction(Sender::User(*user), *nonce, payload.clone()));
            *nonce += 1;
        }
        let users = transactions.len();
        for (number, votes) in ballots {
            let payload = votes_of(number, votes);
            transactions.push(self.world.transaction(Sender::Node(number), 0, payload));
        }
        let receipts = self.world.block(&transactions);
        for (receipt, (user, payload)) in receipts[..users].iter().zip(sent) {
            let code = codes::name_of(receipt.code);
            assert_eq!(code, "ok", "{} of user {user}", payload.name());
        }
    }

    fn over(&self) -> bool {
        let ended = |task: &Task| matches!(task.state, TaskState::Settled | TaskState::Failed);
        self.taken == TASKS - PAID
            && self.ordered == PAID
            && self.tasks().all(|(_, task)| ended(&task))
    }
}

/// What became of the jobs, by what the chain said.
#[derive(Default)]
struct Ends {
    settled: BTreeMap<Job, (Address, Amount, Amount)>,
    rejected: BTreeMap<Job, (Address, RejectReason)>,
}

fn ends(world: &World) -> Ends {
    let (mut ends, mut attempts) = (Ends::default(), BTreeMap::new());
    for (_, event) in &world.log {
        match event {
            Event::TaskAssigned { task, attempt, .. } => {
                attempts.insert(*task, *attempt);
            }
            Event::TaskSettled { task, worker, payment, credit, .. } => {
                let end = (*worker, payment.worker, *credit);
                assert!(ends.settled.insert((*task, attempts[task]), end).is_none());
            }
            Event::TaskRejected { task, attempt, worker, reason } => {
                assert!(ends.rejected.insert((*task, *attempt), (*worker, *reason)).is_none());
            }
            _ => {}
        }
    }
    ends
}

#[test]
fn of_a_thousand_tasks_nothing_false_is_paid_and_everything_true_is() {
    let mut market = Market::new();
    let begun = market.world.chain.height;
    while !market.over() {
        market.step();
        assert!(market.world.chain.height < begun + 4_000, "tasks do not end");
    }
    let ends = ends(&market.world);
    let mut sheet: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let (mut false_positives, mut false_negatives) = (0, 0);
    for (job, claim) in &market.claims {
        let (settled, rejected) = (ends.settled.get(job), ends.rejected.get(job));
        let name = claim.way.map_or_else(|| "honest".to_owned(), |way| way.to_string());
        let row = sheet.entry(name).or_default();
        row[0] += 1;
        row[1] += usize::from(settled.is_some());
        row[2] += usize::from(rejected.is_some());
        match claim.way {
            None => {
                let paid = settled.is_some_and(|(worker, paid, credit)| {
                    *worker == account(claim.user) && !(paid.is_zero() && credit.is_zero())
                });
                false_positives += usize::from(!paid || rejected.is_some());
            }
            Some(way) => {
                let right = Some(&(account(claim.user), way.rejected_as()));
                assert_eq!(rejected, right, "{way} in {job:?}");
                false_negatives += usize::from(settled.is_some());
            }
        }
    }
    println!("way        jobs  paid  rejected");
    for (name, [jobs, paid, rejected]) in &sheet {
        println!("{name:<9} {jobs:>5} {paid:>5} {rejected:>9}");
    }
    println!("false positives {false_positives}, false negatives {false_negatives}");
    assert_eq!((false_positives, false_negatives), (0, 0));
    assert_eq!(sheet.len(), 1 + Way::ALL.len(), "every way was tried");
    let tasks = market.claims.keys().map(|(task, _)| *task);
    assert_eq!(tasks.collect::<BTreeSet<_>>().len(), TASKS);
    settle(&mut market);
}

/// Everybody claims; stakes and money are what they must be.
fn settle(market: &mut Market) {
    let world = &mut market.world;
    world.pass(20);
    for user in 0..HONEST + CHEATS {
        let worker = account(user);
        world.does(user, Payload::ClaimRewards(ClaimRewards { worker }));
    }
    let strikes = |user: usize| {
        let wrong = |claim: &&Claim| {
            claim.user == user
                && claim.way.is_some_and(|way| way.rejected_as() == RejectReason::Wrong)
        };
        market.claims.values().filter(wrong).count()
    };
    for user in 0..HONEST + CHEATS {
        let (worker, strikes) = (world.worker(user), strikes(user));
        let mut stake = tokens(1_000);
        for _ in 0..strikes {
            stake = stake.checked_sub(stake.share(ppm(50_000))).unwrap();
        }
        assert_eq!((worker.strikes as usize, worker.stake), (strikes, stake), "worker {user}");
        assert_eq!(strikes == 0, user < HONEST);
    }
    let report = world.chain.audit();
    println!("height {}, {report:?}", world.chain.height);
}
