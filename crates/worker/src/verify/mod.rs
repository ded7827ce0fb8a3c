//! Checks the result of another worker: fetches sampled rows, proves that they are those that the worker
//! is bound to, and checks each with Freivalds' method. A member of a committee runs this for each task
//! that it was drawn for, away from consensus.

mod fetch;
mod rows;

use crate::{
    content::{ContentError, Fetcher},
    endpoint::{self, Endpoint, EndpointError},
    job::{self, JobKey},
};
use althing_compute::{Batch, Operands, Row, RowOpening, Side, Source};
use althing_types::{
    Hash,
    compute::{Entry, Operands as WireOperands, Shape as WireShape, draw},
    message::{Lines, Opening},
};
use rows::{Checked, Found};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::Instant;

const LATE: &str = "the matrices did not come in time";

/// What is to be checked, as the chain says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Which attempt at which task.
    pub key: JobKey,
    /// The shape of the products.
    pub shape: WireShape,
    /// How many there are.
    pub count: u32,
    /// Where the matrices come from.
    pub operands: WireOperands,
    /// Where those of the requester are fetched, or empty.
    pub source: String,
    /// The seed of the matrices.
    pub seed: Hash,
    /// What the worker is bound to.
    pub root: Hash,
    /// Where the worker shows its rows.
    pub endpoint: String,
    /// The challenge, out of which the samples follow that every member checks.
    pub challenge: Hash,
    /// The member's seed, out of which its own samples and its random vector follow: nobody else can
    /// know it before it votes.
    pub member_seed: Hash,
    /// Rows that every member checks.
    pub samples: u64,
    /// Rows that this member checks besides.
    pub own_samples: u64,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// All sampled rows are there and right.
    Valid {
        /// What the member vouches for; see [`draw::transcript`].
        transcript: Hash,
    },
    /// The worker did not show what it has to.
    Unavailable {
        /// Why, for the log.
        reason: String,
    },
    /// A row is wrong, and anybody can be shown that.
    Wrong {
        /// Which entry.
        entry: Entry,
        /// The proof, for a message `prove-wrong`.
        opening: Box<Opening>,
    },
    /// This machine could not check, which says nothing about the worker.
    Abstain {
        /// Why, for the log.
        reason: String,
    },
}

/// What a check may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the question to the judgement.
    pub time: Duration,
    /// For one answer of the worker.
    pub answer: Duration,
    /// Memory of rows and matrices, in bytes.
    pub memory_bytes: u64,
    /// Whether addresses of this machine and of private networks are fetched from: development alone.
    pub allow_private: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            answer: Duration::from_secs(15),
            memory_bytes: 1 << 30,
            allow_private: false,
        }
    }
}

/// What a check took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Bytes that were fetched.
    pub bytes: u64,
    /// Time to fetch them.
    pub fetch: Duration,
    /// Processor time of the check, on one thread.
    pub check: Duration,
}

/// Why a check ended without `Valid`.
enum Stop {
    Unavailable(String),
    Abstain(String),
}

impl From<Stop> for Judgement {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Unavailable(reason) => Self::Unavailable { reason },
            Stop::Abstain(reason) => Self::Abstain { reason },
        }
    }
}

/// Checks results of workers.
#[derive(Clone, Debug)]
pub struct Verifier {
    http: reqwest::Client,
    limits: Limits,
}

impl Verifier {
    /// A verifier within these limits.
    ///
    /// # Errors
    /// [`EndpointError::Client`] if there can be no HTTP client.
    pub fn new(limits: Limits) -> Result<Self, EndpointError> {
        Ok(Self { http: endpoint::client(limits.allow_private)?, limits })
    }

    /// Checks a result.
    pub async fn judge(&self, question: &Question) -> Judgement {
        self.judge_with_cost(question).await.0
    }

    /// Checks a result, and says what it took.
    pub async fn judge_with_cost(&self, question: &Question) -> (Judgement, Cost) {
        let mut cost = Cost::default();
        let ends = Instant::now() + self.limits.time;
        let judged = self.check(question, ends, &mut cost).await;
        (judged.unwrap_or_else(Judgement::from), cost)
    }

    async fn check(
        &self,
        question: &Question,
        ends: Instant,
        cost: &mut Cost,
    ) -> Result<Judgement, Stop> {
        let abstain = |error: &dyn ToString| Stop::Abstain(error.to_string());
        let batch = job::batch(&question.shape, question.count).map_err(|error| abstain(&error))?;
        let sampled = |seed, count| job::sampled(batch, seed, count).map_err(|e| abstain(&e));
        let mut order = sampled(&question.challenge, question.samples)?;
        order.extend(sampled(&question.member_seed, question.own_samples)?);
        let wanted: Vec<Row> = order.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        self.check_memory(question, batch, wanted.len())?;
        let endpoint = Endpoint::parse(&question.endpoint, self.limits.allow_private)
            .map_err(|error| Stop::Unavailable(error.to_string()))?;
        let begun = Instant::now();
        let openings = self.rows(question, batch, &wanted, (&endpoint, ends), cost).await?;
        let operands = self.operands(question, batch, &wanted, (&endpoint, ends), cost).await?;
        cost.fetch = begun.elapsed();
        let checked = Checked {
            batch,
            operands,
            root: question.root,
            seed: question.member_seed,
            openings,
            order,
        };
        // What runs on cannot be stopped, but it is short: at most a second at the largest shape.
        let (found, took) = tokio::task::spawn_blocking(move || checked.run())
            .await
            .map_err(|error| abstain(&error))?;
        cost.check = took;
        match found {
            Found::Right(values) => {
                let transcript = draw::transcript(question.key.task, &values);
                Ok(Judgement::Valid { transcript })
            }
            Found::NotCommitted(reason) => Err(Stop::Unavailable(reason)),
            Found::Unclear(reason) => Err(Stop::Abstain(reason)),
            Found::Wrong { entry, tile } => {
                let lines = self.dispute_lines(question, batch, entry, (&endpoint, ends)).await?;
                let opening = crate::content::opening(&tile, entry.column, lines)
                    .ok_or_else(|| Stop::Abstain("the proof is too large".to_owned()))?;
                Ok(Judgement::Wrong { entry, opening: Box::new(opening) })
            }
        }
    }

    /// Rows, what proves them, and matrices that have to be sent.
    fn check_memory(&self, question: &Question, batch: Batch, rows: usize) -> Result<(), Stop> {
        let rows = crate::wire::most_bytes(batch, rows) as u64;
        let matrices = match question.operands {
            WireOperands::Seed {} => 0,
            WireOperands::Content { .. } => {
                let lines = u64::from(batch.shape.n()) + batch.rows().min(8_192);
                lines * (u64::from(batch.shape.k()) + 2_048)
            }
        };
        let (needed, limit) = (2 * rows + matrices, self.limits.memory_bytes);
        if needed > limit {
            let reason = format!("the check needs {needed} bytes of memory, {limit} are allowed");
            return Err(Stop::Abstain(reason));
        }
        Ok(())
    }

    async fn rows(
        &self,
        question: &Question,
        batch: Batch,
        wanted: &[Row],
        (endpoint, ends): (&Endpoint, Instant),
        cost: &mut Cost,
    ) -> Result<Vec<RowOpening>, Stop> {
        let fetching =
            fetch::Fetching { http: &self.http, endpoint, answer: self.limits.answer, ends };
        let (openings, bytes) =
            fetching.rows(question.key, batch, wanted).await.map_err(Stop::Unavailable)?;
        cost.bytes += bytes;
        Ok(openings)
    }

    async fn operands(
        &self,
        question: &Question,
        batch: Batch,
        wanted: &[Row],
        (endpoint, ends): (&Endpoint, Instant),
        cost: &mut Cost,
    ) -> Result<Operands, Stop> {
        let WireOperands::Content { a, b } = &question.operands else {
            return Ok(job::seeded(batch, &question.seed));
        };
        let m = u64::from(batch.shape.m());
        let indices: Vec<u64> =
            wanted.iter().map(|(product, row)| u64::from(*product) * m + u64::from(*row)).collect();
        let lines = indices.len() as u64 + u64::from(batch.shape.n());
        cost.bytes += lines * u64::from(batch.shape.k());
        let mut reason = String::new();
        for fetcher in self.fetchers(question, endpoint) {
            let fetch = fetch_operands(&fetcher, (a, b), batch, &indices);
            match tokio::time::timeout_at(ends, fetch).await {
                Ok(Ok(operands)) => return Ok(operands),
                Ok(Err(error)) => reason = error.to_string(),
                Err(_) => reason = LATE.to_owned(),
            }
        }
        Err(Stop::Unavailable(reason))
    }

    /// The worker first, which has to show matrices on, then the requester.
    fn fetchers(&self, question: &Question, endpoint: &Endpoint) -> Vec<Fetcher> {
        let source = Endpoint::parse(&question.source, self.limits.allow_private).ok();
        [Some(endpoint.clone()), source]
            .into_iter()
            .flatten()
            .map(|from| Fetcher::new(self.http.clone(), from))
            .collect()
    }

    async fn dispute_lines(
        &self,
        question: &Question,
        batch: Batch,
        entry: Entry,
        (endpoint, ends): (&Endpoint, Instant),
    ) -> Result<Option<Lines>, Stop> {
        let WireOperands::Content { a, b } = &question.operands else { return Ok(None) };
        let mut reason = String::new();
        for fetcher in self.fetchers(question, endpoint) {
            let fetch = fetch_lines(&fetcher, (a, b), batch, entry);
            match tokio::time::timeout_at(ends, fetch).await {
                Ok(Ok(lines)) => return Ok(Some(lines)),
                Ok(Err(error)) => reason = error.to_string(),
                Err(_) => reason = LATE.to_owned(),
            }
        }
        Err(Stop::Unavailable(reason))
    }
}

/// Rows of A with these indices, and all columns of B.
async fn fetch_operands(
    fetcher: &Fetcher,
    (a, b): (&Hash, &Hash),
    batch: Batch,
    indices: &[u64],
) -> Result<Operands, ContentError> {
    let columns: Vec<u64> = (0..batch.shape.n().into()).collect();
    let of_a = fetcher.some(a, Side::A, batch, indices).await?;
    let of_b = fetcher.some(b, Side::B, batch, &columns).await?;
    Ok(Operands::new(batch.shape, Source::Content(of_a), Source::Content(of_b)))
}

/// The lines that an entry is computed of.
async fn fetch_lines(
    fetcher: &Fetcher,
    (a, b): (&Hash, &Hash),
    batch: Batch,
    entry: Entry,
) -> Result<Lines, ContentError> {
    let row = u64::from(entry.product) * u64::from(batch.shape.m()) + u64::from(entry.row);
    let a = fetcher.line(a, Side::A, batch, row).await?;
    let b = fetcher.line(b, Side::B, batch, entry.column.into()).await?;
    Ok(Lines { a, b })
}
