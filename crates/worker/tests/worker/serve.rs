//! The server of rows.

use crate::setup::engine;
use althing_compute::{Batch, Kind, Operands, Shape};
use althing_worker::{
    executor::{self, Watch},
    job::JobKey,
    results::{Results, Stored},
    serve::{self, Contents, ServeConfig},
    wire::{self, Refusal},
};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

const KEY: JobKey = JobKey { task: 3, attempt: 2 };

fn batch() -> Batch {
    Batch::new(Shape::new(Kind::Fp16, 256, 256, 256).unwrap(), 2).unwrap()
}

struct Served {
    _folder: tempfile::TempDir,
    results: Arc<Results>,
    stored: Stored,
    address: std::net::SocketAddr,
    stop: CancellationToken,
}

async fn served(config: ServeConfig) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let results = Arc::new(Results::new(folder.path().join("results"), 1 << 30).unwrap());
    let operands = Arc::new(Operands::from_seed(batch().shape, [1; 32]));
    let work = (batch(), operands.as_ref());
    let watch = Watch::default();
    let found = executor::compute(engine().as_ref(), &results, KEY, work, None, &watch).unwrap();
    assert_eq!(watch.rows(), 512);
    let stored = Stored { batch: batch(), root: found.root, operands, plant: None };
    let router = serve::router(results.clone(), Arc::new(Contents::default()), &config);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(serve::serve(listener, router, config, stop.clone()));
    Served { _folder: folder, results, stored, address, stop }
}

impl Served {
    async fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let answer = reqwest::get(format!("http://{}{path}", self.address)).await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }

    async fn refused(&self, path: &str) -> (u16, String) {
        let (status, bytes) = self.get(path).await;
        let refusal: Refusal = serde_json::from_slice(&bytes).unwrap();
        assert!(!refusal.message.is_empty());
        (status, refusal.code)
    }
}

#[tokio::test]
async fn rows_are_shown_after_the_commitment_and_not_before() {
    let served = served(ServeConfig::default()).await;
    let path = wire::rows_path(KEY, &[(0, 0), (1, 255)]);
    assert_eq!(served.refused(&path).await, (404, "not_found".to_owned()));
    served.results.show(KEY, served.stored.clone()).unwrap();
    let (status, bytes) = served.get(&path).await;
    assert_eq!(status, 200);
    let rows = wire::read_rows(batch(), &[(0, 0), (1, 255)], &bytes).unwrap();
    rows.iter().for_each(|row| row.verify(batch(), &served.stored.root.0).unwrap());
    assert!(wire::read_rows(batch(), &[(0, 0), (1, 254)], &bytes).is_err());
    assert!(wire::read_rows(batch(), &[(0, 0)], &bytes).is_err());
    let (status, single) = served.get("/v1/rows?task=3&attempt=2&product=1&row=255").await;
    assert_eq!(status, 200);
    assert_eq!(wire::read_rows(batch(), &[(1, 255)], &single).unwrap()[0], rows[1]);
    // Another attempt is another result.
    let other = JobKey { attempt: 1, ..KEY };
    assert_eq!(served.refused(&wire::rows_path(other, &[(0, 0)])).await.0, 404);
    served.results.remove(KEY);
    assert_eq!(served.refused(&path).await.0, 404);
    served.stop.cancel();
}

#[tokio::test]
async fn a_whole_result_is_sent_row_after_row() {
    let served = served(ServeConfig::default()).await;
    served.results.show(KEY, served.stored.clone()).unwrap();
    let (status, whole) = served.get("/v1/result/3").await;
    assert_eq!((status, whole.len()), (200, 512 * 1_024));
    let (_, second) = served.get("/v1/result/3?product=1&attempt=2").await;
    assert!(second == whole[256 * 1_024..]);
    assert_eq!(served.refused("/v1/result/3?product=2").await.0, 404);
    assert_eq!(served.refused("/v1/result/4").await.0, 404);
    assert_eq!(served.refused("/v1/result/x").await.0, 400);
    served.stop.cancel();
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_words() {
    let served = served(ServeConfig::default()).await;
    served.results.show(KEY, served.stored.clone()).unwrap();
    let many = vec!["0-0"; 65].join(",");
    for path in [
        "/v1/rows",
        "/v1/rows?task=3",
        "/v1/rows?task=3&attempt=2",
        "/v1/rows?task=3&attempt=2&product=1",
        "/v1/rows?task=3&attempt=2&rows=0-0&product=1&row=1",
        "/v1/rows?task=-1&attempt=2&rows=0-0",
        "/v1/rows?task=3&attempt=2&rows=0-0&x=1",
        &format!("/v1/rows?task=3&attempt=2&rows={many}"),
        "/v1/lines/zz?first=0&count=1",
        "/v1/lines/zz?first=0&count=257",
        "/v1/lines/zz?lines=x",
    ] {
        assert_eq!(served.refused(path).await, (400, "bad_request".to_owned()), "{path}");
    }
    assert_eq!(served.refused("/v1/rows?task=3&attempt=2&rows=2-0").await.0, 404);
    assert_eq!(served.refused("/v1/rows?task=3&attempt=2&rows=0-256").await.0, 404);
    let root = "00".repeat(32);
    assert_eq!(served.refused(&format!("/v1/lines/{root}?lines=1")).await.0, 404);
    assert_eq!(served.refused("/etc/passwd").await.0, 404);
    let (status, _) = served.get("/v1/health").await;
    assert_eq!(status, 200);
    served.stop.cancel();
}

#[tokio::test]
async fn who_asks_for_too_much_waits() {
    let config = ServeConfig { rows_per_minute: 60, burst: 4, ..ServeConfig::default() };
    let served = served(config).await;
    served.results.show(KEY, served.stored.clone()).unwrap();
    let path = wire::rows_path(KEY, &[(0, 0), (0, 1), (0, 2), (0, 3)]);
    assert_eq!(served.get(&path).await.0, 200);
    assert_eq!(served.refused(&path).await, (429, "rate_limited".to_owned()));
    served.stop.cancel();
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let config = ServeConfig { timeout_seconds: 1, connections: 1, ..ServeConfig::default() };
    let served = served(config).await;
    let mut silent = tokio::net::TcpStream::connect(served.address).await.unwrap();
    silent.write_all(b"GET /v1/health HTTP/1.1\r\nHost:").await.unwrap();
    let mut answer = Vec::new();
    let closed =
        tokio::time::timeout(std::time::Duration::from_secs(5), silent.read_to_end(&mut answer))
            .await;
    assert!(closed.is_ok(), "the server closes it");
    assert_eq!(served.get("/v1/health").await.0, 200, "its place is free again");
    served.stop.cancel();
}
