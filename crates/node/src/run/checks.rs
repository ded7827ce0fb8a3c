//! What a validator's node does as a member of committees: it checks results of computation away from
//! consensus, votes on them, and proves wrong ones wrong.

use althing_engine::{node::EngineHandle, types::PrivateKey};
use althing_ledger::compute::{Task, query};
use althing_types::{
    Hash, List, Payload, ValidatorKey,
    compute::{TaskState, Verdict},
    consensus_namespace, hash,
    message::{ProveWrong, ResultVote, VoteResults, seed_message},
    params::ComputeParams,
    validator,
};
use althing_worker::{Judgement, Limits, Question, Verifier, job::JobKey};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

/// Time between looks at what waits for votes.
const PERIOD: Duration = Duration::from_millis(500);
/// A vote that is not in the chain after this is handed in once more.
const AGAIN: Duration = Duration::from_secs(20);
/// Tasks that are checked before votes are handed in.
const AT_ONCE: usize = 16;

/// Checks results for one validator.
pub(super) struct Checks {
    engine: EngineHandle,
    key: PrivateKey,
    own: ValidatorKey,
    namespace: Vec<u8>,
    verifier: Verifier,
    /// When a task was voted on, by its number and the committee.
    voted: BTreeMap<(u64, u8), Instant>,
}

/// A task that waits for this validator's vote.
struct Waiting {
    number: u64,
    round: u8,
    challenge: Hash,
    task: Task,
}

impl Checks {
    /// Those of the validator with this key. `None` if there can be no HTTP client, which is logged.
    pub(super) fn new(
        engine: EngineHandle,
        key: PrivateKey,
        own: ValidatorKey,
        allow_private: bool,
    ) -> Option<Self> {
        let limits = Limits { allow_private, ..Limits::default() };
        let verifier = Verifier::new(limits)
            .inspect_err(|error| warn!(%error, "this node cannot check results of computation"));
        let mut namespace = consensus_namespace(&engine.ledger().genesis().hash());
        namespace.extend_from_slice(b"_COMPUTE");
        let verifier = verifier.ok()?;
        Some(Self { engine, key, own, namespace, verifier, voted: BTreeMap::new() })
    }

    /// Runs until the node stops.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PERIOD) => {}
            }
            // What cannot be read now is read at the next look.
            let _ = self.look().await;
        }
    }

    /// Checks what waits, and hands the votes in.
    async fn look(&mut self) -> Option<()> {
        let waiting = self.waiting().await?;
        let params = self.engine.params().compute.clone();
        let (mut votes, mut voted) = (Vec::new(), Vec::new());
        for waiting in waiting.into_iter().take(AT_ONCE) {
            let Some(vote) = self.check(&waiting, &params).await else { continue };
            voted.push(((waiting.number, waiting.round), Instant::now()));
            votes.push(vote);
        }
        let votes = List::new(votes).filter(|votes| !votes.is_empty())?;
        let message = VoteResults { validator: self.own, votes };
        match self.engine.errands().push(Payload::VoteResults(message)) {
            Ok(()) => self.voted.extend(voted),
            Err(error) => debug!(%error, "votes on results wait"),
        }
        Some(())
    }

    /// The tasks whose committee this validator is in, and that it has not voted on.
    async fn waiting(&mut self) -> Option<Vec<Waiting>> {
        let (_, values) = self.engine.read(vec![query::verifying_key()]).await?;
        let verifying =
            values.into_iter().next()?.and_then(|value| query::decode_verifying(&value).ok());
        let numbers: Vec<u64> = verifying?.iter().map(|awaiting| awaiting.task).collect();
        self.voted.retain(|(number, _), at| numbers.contains(number) && at.elapsed() < AGAIN);
        let keys = numbers.iter().map(|number| query::task_key(*number)).collect();
        let (_, tasks) = self.engine.read(keys).await?;
        let mut waiting = Vec::new();
        for (number, value) in numbers.into_iter().zip(tasks) {
            let Some(task) = value.and_then(|value| query::decode_task(&value).ok()) else {
                continue;
            };
            let Some(check) = &task.check else { continue };
            let own = check.members.iter().find(|member| member.validator == self.own);
            let (round, challenge) = (check.round, check.challenge);
            let open = own.is_some_and(|member| member.verdict.is_none());
            let Some(challenge) = challenge.filter(|_| open && task.state == TaskState::Challenged)
            else {
                continue;
            };
            if !self.voted.contains_key(&(number, round)) {
                waiting.push(Waiting { number, round, challenge, task });
            }
        }
        Some(waiting)
    }

    /// Checks one result. `None` if there is nothing to vote on.
    async fn check(&self, waiting: &Waiting, params: &ComputeParams) -> Option<ResultVote> {
        let Waiting { number, challenge, task, .. } = waiting;
        let (assignment, result) = (task.assignment.as_ref()?, task.result.as_ref()?);
        let worker = assignment.device.worker;
        let (_, values) = self.engine.read(vec![query::worker_key(worker)]).await?;
        let record =
            values.into_iter().next()?.and_then(|value| query::decode_worker(&value).ok())?;
        let seed = validator::sign(&self.key, &self.namespace, &seed_message(*number, challenge));
        let question = Question {
            key: JobKey { task: *number, attempt: task.attempt },
            shape: task.shape,
            count: task.count,
            operands: task.operands,
            source: task.source.to_string(),
            seed: result.seed,
            root: result.root,
            endpoint: record.endpoint.to_string(),
            challenge: *challenge,
            member_seed: query::member_seed(challenge, &seed),
            samples: params.samples,
            own_samples: params.own_samples,
        };
        let (judgement, cost) = self.verifier.judge_with_cost(&question).await;
        debug!(task = number, bytes = cost.bytes, check = ?cost.check, "a result was checked");
        let none = hash::zero();
        let (verdict, transcript) = match judgement {
            Judgement::Valid { transcript } => (Verdict::Valid, transcript),
            Judgement::Unavailable { reason } => {
                info!(task = number, %worker, reason, "a worker does not show its result");
                (Verdict::Unavailable, none)
            }
            Judgement::Abstain { reason } => {
                warn!(task = number, reason, "this node could not check a result");
                (Verdict::Abstain, none)
            }
            Judgement::Wrong { entry, opening } => {
                info!(task = number, %worker, ?entry, "a result is wrong; proving it");
                let proof = ProveWrong { task: *number, opening: *opening };
                if let Err(error) = self.engine.errands().push(Payload::ProveWrong(proof)) {
                    debug!(%error, "the proof waits");
                    return None;
                }
                (Verdict::Abstain, none)
            }
        };
        Some(ResultVote { task: *number, verdict, seed, transcript })
    }
}
