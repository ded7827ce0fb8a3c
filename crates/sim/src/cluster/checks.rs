//! What the nodes of validators do as members of committees, each by its own state: they check rows
//! of results, vote, and prove wrong results wrong, through the mempool of their own node.

use super::{Machine, World};
use crate::{
    node::Live,
    work::{Claim, Finding},
};
use althing_ledger::compute::{
    Task, query,
    query::{batch_of, samples},
};
use althing_state::StateKey;
use althing_types::{
    Hash, List, Payload,
    compute::{TaskState, Verdict},
    consensus_namespace, hash,
    message::{ProveWrong, ResultVote, VoteResults, seed_message},
    validator,
};
use std::collections::BTreeMap;

/// Time between looks at what waits for votes, in milliseconds.
const LOOK_MS: u64 = 500;
/// A vote that is not in the chain after this is handed in once more, in milliseconds.
const AGAIN_MS: u64 = 20_000;
/// A member that did not get rows so often says so.
const PATIENCE: u32 = 3;

/// A task and the committee that is asked about it.
type Round = (u64, u8);

/// What a node remembers about results while it runs.
#[derive(Default)]
struct Memory {
    /// When it voted, in milliseconds.
    voted: BTreeMap<Round, u64>,
    /// How often it did not get rows.
    refused: BTreeMap<Round, u32>,
}

/// What all nodes remember.
pub(super) struct Checks {
    nodes: Vec<Memory>,
    next_ms: u64,
}

/// A task that waits for the vote of a node.
struct Waiting {
    number: u64,
    round: u8,
    challenge: Hash,
    task: Task,
}

impl Checks {
    pub(super) fn new(nodes: usize) -> Self {
        Self { nodes: (0..nodes).map(|_| Memory::default()).collect(), next_ms: 0 }
    }

    /// A node starts again, and knows nothing.
    pub(super) fn forget(&mut self, index: usize) {
        self.nodes[index] = Memory::default();
    }
}

impl World<'_> {
    /// Every node that runs looks at what waits for its votes.
    pub(super) async fn check_results(&mut self, machine: &Machine) {
        if self.scenario.workers.is_empty() || self.now_ms < self.checks.next_ms {
            return;
        }
        self.checks.next_ms = self.now_ms + LOOK_MS;
        for (index, node) in &machine.nodes {
            if let Some(live) = node.live() {
                let waiting = self.waiting(*index, &live).await;
                self.vote_on(*index, &live, waiting.unwrap_or_default());
            }
        }
    }

    /// What waits for the vote of a node, by its own state. `None` if it cannot be read.
    async fn waiting(&mut self, index: usize, live: &Live) -> Option<Vec<Waiting>> {
        let own = self.shared.setup.key(index);
        let verifying = read(live, &[query::verifying_key()]).await?.pop()??;
        let verifying = query::decode_verifying(&verifying).ok()?;
        let numbers: Vec<u64> = verifying.iter().map(|awaiting| awaiting.task).collect();
        let keys: Vec<StateKey> = numbers.iter().map(|number| query::task_key(*number)).collect();
        let tasks = if keys.is_empty() { Vec::new() } else { read(live, &keys).await? };
        let (now_ms, memory) = (self.now_ms, &mut self.checks.nodes[index]);
        memory.voted.retain(|_, at| now_ms < *at + AGAIN_MS);
        let mut waiting = Vec::new();
        for (number, value) in numbers.into_iter().zip(tasks) {
            let Some(task) = value.and_then(|value| query::decode_task(&value).ok()) else {
                continue;
            };
            let Some(check) = task.check.as_ref().filter(|_| task.state == TaskState::Challenged)
            else {
                continue;
            };
            let member = check.members.iter().find(|member| member.validator == own);
            let open = member.is_some_and(|member| member.verdict.is_none());
            let (round, challenge) = (check.round, check.challenge);
            if let Some(challenge) = challenge.filter(|_| open)
                && !memory.voted.contains_key(&(number, round))
            {
                waiting.push(Waiting { number, round, challenge, task });
            }
        }
        Some(waiting)
    }

    /// Checks results, and hands the votes to the node.
    fn vote_on(&mut self, index: usize, live: &Live, waiting: Vec<Waiting>) {
        let (mut votes, mut voted) = (Vec::new(), Vec::new());
        for waiting in waiting {
            if let Some(vote) = self.check(index, live, &waiting) {
                votes.push(vote);
                voted.push(((waiting.number, waiting.round), self.now_ms));
            }
        }
        let Some(votes) = List::new(votes).filter(|votes| !votes.is_empty()) else { return };
        let message = VoteResults { validator: self.shared.setup.key(index), votes };
        if live.errands.push(Payload::VoteResults(message)).is_ok() {
            self.checks.nodes[index].voted.extend(voted);
        }
    }

    /// Checks a result. `None` if there is nothing to vote yet. Who breaks the rules says the
    /// opposite of what is.
    fn check(&mut self, index: usize, live: &Live, waiting: &Waiting) -> Option<ResultVote> {
        let Waiting { number, round, challenge, task } = waiting;
        let mut namespace = consensus_namespace(&self.shared.setup.genesis.hash());
        namespace.extend_from_slice(b"_COMPUTE");
        let key = &self.shared.setup.validators[index];
        let seed = validator::sign(key, &namespace, &seed_message(*number, challenge));
        let member_seed = query::member_seed(challenge, &seed);
        let params = live.chain.params().compute.clone();
        let mut rows = samples(&task.shape, task.count, challenge, params.samples);
        rows.extend(samples(&task.shape, task.count, &member_seed, params.own_samples));
        let lost = self.rng.chance(self.link.loss_percent);
        let shown = self.workers.shown(*number, task).filter(|_| !lost);
        let openings = shown.and_then(|work| work.open(&rows));
        let lies = self.scenario.byzantine.contains_key(&index);
        let vote = |verdict, transcript| ResultVote { task: *number, verdict, seed, transcript };
        let Some(openings) = openings else {
            let refused = self.checks.nodes[index].refused.entry((*number, *round)).or_default();
            *refused += 1;
            let verdict = if lies { Verdict::Valid } else { Verdict::Unavailable };
            return (*refused >= PATIENCE).then(|| vote(verdict, hash::zero()));
        };
        let result = task.result?;
        let batch = batch_of(&task.shape, task.count)?;
        let claim = Claim { batch, seed: result.seed, root: result.root, member_seed };
        match claim.examine(&openings) {
            _ if lies && self.workers.is_right(*number, task) => {
                Some(vote(Verdict::Unavailable, hash::zero()))
            }
            _ if lies => Some(vote(Verdict::Valid, hash::zero())),
            Finding::Right(values) => {
                Some(vote(Verdict::Valid, query::transcript(*number, &values)))
            }
            Finding::Wrong(opening) => {
                let proof = ProveWrong { task: *number, opening: *opening };
                live.errands.push(Payload::ProveWrong(proof)).ok()?;
                Some(vote(Verdict::Abstain, hash::zero()))
            }
            Finding::Unclear => Some(vote(Verdict::Abstain, hash::zero())),
        }
    }
}

/// Records of the newest state of a node. `None` if it cannot be read.
async fn read(live: &Live, keys: &[StateKey]) -> Option<Vec<Option<Vec<u8>>>> {
    let references: Vec<&StateKey> = keys.iter().collect();
    let database = live.state.subscribe_databases().await;
    let values = database.read().await.get_many(&references).await.ok()?;
    Some(values.into_iter().map(|value| value.map(|value| value.to_vec())).collect())
}
