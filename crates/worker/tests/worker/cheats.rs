//! Workers that cheat, each in its own way, against a verifier.

use crate::setup::{engine, verifier};
use althing_compute::{Backend, BackendError, Batch, Control, Matrix, Operands, Portable};
use althing_types::{
    Hash,
    compute::{Operands as WireOperands, ProductKind, Shape, draw},
    hash::sha256,
};
use althing_worker::{
    Judgement, Question, Verifier,
    executor::{self, BackendEngine, Engine, Watch},
    job::{self, JobKey},
    results::{Results, Stored},
    serve::{self, Contents, ServeConfig},
};
use axum::{Router, extract::Request, http::StatusCode, middleware::Next, response::Response};
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const KEY: JobKey = JobKey { task: 5, attempt: 1 };
const COUNT: u32 = 4;

fn shape() -> Shape {
    Shape { kind: ProductKind::Int8, m: 320, n: 512, k: 256 }
}

fn batch() -> Batch {
    job::batch(&shape(), COUNT).unwrap()
}

fn seed(name: &str) -> Hash {
    sha256(&[b"seed of", name.as_bytes()])
}

/// What a worker computes instead of the product.
struct Cheat<F>(F);

impl<F: Fn(u32, Matrix) -> Vec<i32>> Backend for Cheat<F> {
    fn name(&self) -> &str {
        "cheat"
    }

    fn multiply(
        &self,
        operands: &Operands,
        product: u32,
        control: &Control<'_>,
    ) -> Result<Matrix, BackendError> {
        let right = Portable.multiply(operands, product, control)?;
        let shape = right.shape();
        Matrix::new(shape, (self.0)(product, right)).ok_or(BackendError::Cancelled)
    }
}

fn cheat(
    change: impl Fn(u32, Matrix) -> Vec<i32> + Send + Sync + 'static,
) -> BackendEngine<Cheat<impl Fn(u32, Matrix) -> Vec<i32> + Send + Sync>> {
    BackendEngine::new(Cheat(change), 1 << 30)
}

/// A worker that is bound to what it computed with `of`, for a task whose seed is another perhaps.
struct Bound {
    _folder: TempDir,
    results: Arc<Results>,
    root: Hash,
    stop: CancellationToken,
    url: String,
}

impl Drop for Bound {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn bound(engine: &dyn Engine, seed: Hash, wrap: impl Fn(Router) -> Router) -> Bound {
    let folder = tempfile::tempdir().unwrap();
    let results = Arc::new(Results::new(folder.path().join("results"), 1 << 30).unwrap());
    let operands = job::seeded(batch(), &seed);
    let work = (batch(), &operands);
    let found = executor::compute(engine, &results, KEY, work, None, &Watch::default()).unwrap();
    let stored =
        Stored { batch: batch(), root: found.root, operands: Arc::new(operands), plant: None };
    results.show(KEY, stored).unwrap();
    let config = ServeConfig::default();
    let router = wrap(serve::router(results.clone(), Arc::new(Contents::default()), &config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(serve::serve(listener, router, config, stop.clone()));
    Bound { _folder: folder, results, root: found.root, stop, url }
}

fn question(bound: &Bound, seed: Hash) -> Question {
    let challenge = draw::challenge(KEY.task, 1, 0, &sha256(&[b"beacon"]));
    Question {
        key: KEY,
        shape: shape(),
        count: COUNT,
        operands: WireOperands::Seed {},
        source: String::new(),
        seed,
        root: bound.root,
        endpoint: bound.url.clone(),
        challenge,
        member_seed: sha256(&[b"member", challenge.as_ref()]),
        samples: 64,
        own_samples: 64,
    }
}

async fn judged(engine: &dyn Engine, computed: Hash, asked: Hash) -> Judgement {
    let bound = bound(engine, computed, |router| router).await;
    verifier().judge(&question(&bound, asked)).await
}

/// That a judgement is a proof which a ledger would accept: it leads to the root, and the entry is not
/// the one that follows from the operands.
fn assert_proves(judgement: &Judgement, root: Hash, seed: Hash) {
    let Judgement::Wrong { entry, opening } = judgement else { panic!("{judgement:?}") };
    let tile = althing_compute::TileOpening::from_bytes(batch(), &opening.tile).unwrap();
    tile.verify(batch(), &root.0).unwrap();
    assert_eq!((tile.position.product, tile.position.row), (entry.product, entry.row));
    assert_eq!(opening.column, entry.column);
    let operands = job::seeded(batch(), &seed);
    let right =
        althing_compute::recompute::entry(&operands, entry.product, entry.row, entry.column)
            .unwrap();
    assert_ne!(tile.entries()[entry.column as usize % 256], right);
}

async fn assert_caught(engine: &dyn Engine, computed: Hash, asked: Hash) {
    let bound = bound(engine, computed, |router| router).await;
    let judgement = verifier().judge(&question(&bound, asked)).await;
    assert_proves(&judgement, bound.root, asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_worker_passes_with_each_engine() {
    let right = judged(engine().as_ref(), seed("a"), seed("a")).await;
    let portable = judged(&BackendEngine::new(Portable, 1 << 30), seed("a"), seed("a")).await;
    assert!(matches!(right, Judgement::Valid { .. }), "{right:?}");
    assert_eq!(right, portable);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_transcript_is_of_the_rows_in_the_order_of_the_samples() {
    let bound = bound(engine().as_ref(), seed("a"), |router| router).await;
    let question = question(&bound, seed("a"));
    let Judgement::Valid { transcript } = verifier().judge(&question).await else {
        panic!("it is right");
    };
    let mut rows = job::sampled(batch(), &question.challenge, question.samples).unwrap();
    rows.extend(job::sampled(batch(), &question.member_seed, question.own_samples).unwrap());
    let r = althing_compute::field::expand(&question.member_seed.0, 512);
    let value = |(product, row): &(u32, u32)| {
        use althing_compute::field::{add, from_signed, multiply};
        let operands = job::seeded(batch(), &seed("a"));
        let entries = althing_compute::recompute::row(&operands, *product, *row).unwrap();
        entries
            .iter()
            .zip(&r)
            .fold(0, |sum, (entry, r)| add(sum, multiply(from_signed(i64::from(*entry)), *r)))
    };
    let values: Vec<u64> = rows.iter().map(value).collect();
    assert_eq!(values.len(), 128);
    assert_eq!(transcript, draw::transcript(KEY.task, &values));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_is_proven_wrong() {
    let guess = cheat(|product, right| {
        let entry = |at: usize| (at as i32).wrapping_mul(7_919 + product as i32) % 90_000;
        (0..right.entries().len()).map(entry).collect()
    });
    assert_caught(&guess, seed("a"), seed("a")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_out_a_part_is_proven_wrong() {
    // A tenth of the columns of one product of four: 128 samples of 1,280 rows meet 32 of its rows.
    let truncate = cheat(|product, right| {
        let n = right.shape().n() as usize;
        let mut entries = right.entries().to_vec();
        if product == 2 {
            entries.chunks_mut(n).for_each(|row| row[n - 51..].fill(0));
        }
        entries
    });
    assert_caught(&truncate, seed("a"), seed("a")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_replays_an_older_result_is_proven_wrong() {
    assert_caught(engine().as_ref(), seed("an older task"), seed("a")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_swaps_the_seed_is_proven_wrong() {
    // One bit of the seed, as a worker would grind that looks for easy operands.
    let mut ground = seed("a");
    ground.0[0] ^= 1;
    assert_caught(engine().as_ref(), ground, seed("a")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_copies_a_commitment_has_no_rows_for_it_or_is_proven_wrong() {
    // The root of another worker, whose seed is another: there are rows of its own behind it only.
    let honest = bound(engine().as_ref(), seed("another worker"), |router| router).await;
    let own = bound(engine().as_ref(), seed("a"), |router| router).await;
    let copied = Question { root: honest.root, ..question(&own, seed("a")) };
    let judgement = verifier().judge(&copied).await;
    assert!(matches!(judgement, Judgement::Unavailable { .. }), "{judgement:?}");
    // With the other's rows, they are not of its own operands.
    let shown = Question { endpoint: honest.url.clone(), ..copied };
    assert_proves(&verifier().judge(&shown).await, honest.root, seed("a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shifts_an_entry_by_the_modulus_or_beyond_the_bound_is_proven_wrong() {
    let shift = cheat(|_, right| {
        let bound = right.shape().bound();
        right.entries().iter().map(|entry| entry.wrapping_add(2 * bound + 1)).collect()
    });
    assert_caught(&shift, seed("a"), seed("a")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_its_rows_too_late_is_unavailable() {
    let slow = async |request: Request, next: Next| -> Response {
        tokio::time::sleep(Duration::from_secs(3)).await;
        next.run(request).await
    };
    let bound =
        bound(engine().as_ref(), seed("a"), |router| router.layer(axum::middleware::from_fn(slow)))
            .await;
    let limits = althing_worker::Limits {
        time: Duration::from_secs(2),
        answer: Duration::from_secs(1),
        allow_private: true,
        ..Default::default()
    };
    let begun = std::time::Instant::now();
    let judgement = Verifier::new(limits).unwrap().judge(&question(&bound, seed("a"))).await;
    assert!(matches!(judgement, Judgement::Unavailable { .. }), "{judgement:?}");
    assert!(begun.elapsed() < Duration::from_secs(3), "the budget of time holds");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_withholds_its_rows_is_unavailable() {
    let withhold =
        async |_: Request, _: Next| -> Result<Response, StatusCode> { Err(StatusCode::FORBIDDEN) };
    let refusing = bound(engine().as_ref(), seed("a"), |router| {
        router.layer(axum::middleware::from_fn(withhold))
    })
    .await;
    let judgement = verifier().judge(&question(&refusing, seed("a"))).await;
    assert!(matches!(judgement, Judgement::Unavailable { .. }), "{judgement:?}");
    let gone = bound(engine().as_ref(), seed("a"), |router| router).await;
    gone.results.remove(KEY);
    let judgement = verifier().judge(&question(&gone, seed("a"))).await;
    let Judgement::Unavailable { reason } = judgement else { panic!("{judgement:?}") };
    assert!(reason.contains("no committed result"), "{reason}");
}

async fn endless(_: Request, _: Next) -> Vec<u8> {
    vec![0; 64 << 20]
}

async fn redirect(_: Request, _: Next) -> axum::response::Redirect {
    axum::response::Redirect::temporary("http://127.0.0.1:1/")
}

async fn garbage(_: Request, _: Next) -> &'static str {
    "these are no rows"
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_endless_redirected_or_garbage_are_unavailable() {
    let layers: [fn(Router) -> Router; 3] = [
        |router| router.layer(axum::middleware::from_fn(endless)),
        |router| router.layer(axum::middleware::from_fn(redirect)),
        |router| router.layer(axum::middleware::from_fn(garbage)),
    ];
    for layer in layers {
        let bound = bound(engine().as_ref(), seed("a"), layer).await;
        let (judgement, cost) = verifier().judge_with_cost(&question(&bound, seed("a"))).await;
        assert!(matches!(judgement, Judgement::Unavailable { .. }), "{judgement:?}");
        assert_eq!(cost.bytes, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_verifier_cannot_afford_is_no_vote_against_the_worker() {
    let bound = bound(engine().as_ref(), seed("a"), |router| router).await;
    let limits =
        althing_worker::Limits { memory_bytes: 10_000, allow_private: true, ..Default::default() };
    let judgement = Verifier::new(limits).unwrap().judge(&question(&bound, seed("a"))).await;
    assert!(matches!(judgement, Judgement::Abstain { .. }), "{judgement:?}");
    // A public verifier does not fetch from a private address.
    let public = Verifier::new(althing_worker::Limits::default()).unwrap();
    let judgement = public.judge(&question(&bound, seed("a"))).await;
    let Judgement::Unavailable { reason } = judgement else { panic!("{judgement:?}") };
    assert!(reason.contains("public address"), "{reason}");
}
