//! Matrices that a requester has.

use crate::{
    chain::Script,
    setup::{committed, config, engine, free_port, measure, question, start, verifier},
};
use althing_compute::{Backend as _, Control, Matrix, Portable};
use althing_types::{
    compute::{Operands as WireOperands, ProductKind, Purpose, Shape},
    message::Opening,
};
use althing_worker::{
    Judgement,
    content::Matrices,
    executor::{ComputeError, Engine},
    job,
    results::Results,
    serve::{self, Contents, ServeConfig},
};
use std::{io, sync::Arc};
use tokio_util::sync::CancellationToken;

fn shape() -> Shape {
    Shape { kind: ProductKind::Int8, m: 256, n: 256, k: 320 }
}

const COUNT: u32 = 2;

fn matrices() -> Matrices {
    let line = |index: usize, side: usize| -> Vec<i8> {
        (0..320).map(|entry| ((index * 31 + entry * 7 + side) % 251) as u8 as i8).collect()
    };
    let a = (0..512).map(|index| line(index, 1)).collect();
    let b = (0..256).map(|index| line(index, 2)).collect();
    Matrices::new(job::batch(&shape(), COUNT).unwrap(), a, b).unwrap()
}

/// A requester that shows its matrices.
async fn requester() -> (String, CancellationToken, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let results = Arc::new(Results::new(folder.path().to_owned(), 0).unwrap());
    let contents = Arc::new(Contents::default());
    contents.insert(1, matrices());
    let config = ServeConfig::default();
    let router = serve::router(results, contents, &config);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(serve::serve(listener, router, config, stop.clone()));
    (url, stop, folder)
}

fn order(chain: &Script, source: &str) -> u64 {
    let (a, b) = matrices().roots();
    let operands = WireOperands::Content { a, b };
    chain.lock().give_with(Purpose::Paid, (shape(), COUNT), operands, source, 0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matrices_go_from_the_requester_to_the_worker_and_on_to_whoever_checks() {
    let (folder, chain) = (tempfile::tempdir().unwrap(), Arc::new(Script::default()));
    let (source, stop, _files) = requester().await;
    let mut config = config(folder.path(), free_port());
    config.network_work = false;
    let (url, http) = (config.endpoint.clone(), reqwest::Client::new());
    let started = start(config, &chain).await;
    measure(&chain).await;
    let task = order(&chain, &source);
    committed(&chain, task).await;
    // The requester goes away; the worker shows its matrices on.
    stop.cancel();
    chain.block();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let judged = verifier().judge(&question(&chain, task)).await;
    assert!(matches!(judged, Judgement::Valid { .. }), "{judged:?}");
    // The whole result, as the requester fetches it.
    let result = http.get(format!("{url}/v1/result/{task}")).send().await.unwrap();
    let bytes = result.bytes().await.unwrap();
    let right = |product| {
        let matrices = matrices();
        let found = Portable.multiply(matrices.operands(), product, &Control::default()).unwrap();
        found.to_bytes()
    };
    assert!(bytes == [right(0), right(1)].concat());
    started.crash().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_committed_without_the_matrices_that_the_task_names() {
    let (folder, chain) = (tempfile::tempdir().unwrap(), Arc::new(Script::default()));
    let mut config = config(folder.path(), free_port());
    config.network_work = false;
    let started = start(config, &chain).await;
    measure(&chain).await;
    let task = order(&chain, "http://127.0.0.1:1");
    for _ in 0..40 {
        chain.block();
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(chain.lock().tasks[&task].result.is_none());
    let trouble = started.live.borrow().trouble.clone().unwrap();
    assert!(trouble.contains("does not send lines"), "{trouble}");
    started.crash().await;
}

/// Wrong by one in the last entry of every row.
struct OffByOne(Arc<althing_worker::executor::CpuEngine>);

impl Engine for OffByOne {
    fn name(&self) -> String {
        "off by one".to_owned()
    }

    fn fits(&self, _: althing_compute::Shape) -> Result<(), althing_compute::BackendError> {
        Ok(())
    }

    fn products(
        &self,
        operands: &althing_compute::Operands,
        count: u32,
        control: &Control<'_>,
        each: &mut dyn FnMut(Matrix) -> io::Result<()>,
    ) -> Result<(), ComputeError> {
        self.0.products(operands, count, control, &mut |matrix| {
            let mut entries = matrix.entries().to_vec();
            let n = matrix.shape().n() as usize;
            entries.iter_mut().skip(n - 1).step_by(n).for_each(|entry| *entry += 1);
            each(Matrix::new(matrix.shape(), entries).unwrap())
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispute_about_matrices_of_a_requester_carries_their_lines() {
    let (source, _stop, _files) = requester().await;
    let folder = tempfile::tempdir().unwrap();
    let results = Results::new(folder.path().join("results"), 1 << 30).unwrap();
    let batch = job::batch(&shape(), COUNT).unwrap();
    let key = job::JobKey { task: 1, attempt: 1 };
    let matrices = matrices();
    let work = (batch, matrices.operands().as_ref());
    let watch = Default::default();
    let engine = OffByOne(engine());
    let found =
        althing_worker::executor::compute(&engine, &results, key, work, None, &watch).unwrap();
    let stored = althing_worker::results::Stored {
        batch,
        root: found.root,
        operands: matrices.operands().clone(),
        plant: None,
    };
    results.show(key, stored).unwrap();
    let config = ServeConfig::default();
    let router = serve::router(Arc::new(results), Arc::new(Contents::default()), &config);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve::serve(listener, router, config, CancellationToken::new()));
    let (a, b) = matrices.roots();
    let zero = althing_types::hash::sha256(&[b"zero"]);
    let question = althing_worker::Question {
        key,
        shape: shape(),
        count: COUNT,
        operands: WireOperands::Content { a, b },
        source,
        seed: zero,
        root: found.root,
        endpoint,
        challenge: zero,
        member_seed: zero,
        samples: 8,
        own_samples: 8,
    };
    let judgement = verifier().judge(&question).await;
    let Judgement::Wrong { entry, opening } = judgement else { panic!("{judgement:?}") };
    let Opening { column, lines: Some(lines), .. } = *opening else { panic!("no lines") };
    assert_eq!((column, entry.column), (255, 255));
    let opened = matrices.opened(entry.product, entry.row, entry.column).unwrap();
    assert_eq!(lines, opened);
}
