//! Workers and verifiers for tests.

use crate::chain::Script;
use althing_compute::CpuConfig;
use althing_types::{
    Hash, KeyScheme, SecretKey,
    compute::{DeviceKind, TaskState, draw},
    hash::sha256,
};
use althing_worker::{
    Chain, Config, Device, Limits, Live, Question, RunError, Summary, Verifier, Worker,
    executor::CpuEngine, job::JobKey, run::Stop,
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    path::Path,
    sync::Arc,
    time::Duration,
};
use tokio::{sync::watch, task::JoinHandle};

pub(crate) const SAMPLES: u64 = 24;
pub(crate) const OWN_SAMPLES: u64 = 24;

pub(crate) fn key() -> SecretKey {
    SecretKey::from_seed(KeyScheme::Ed25519, [7; 32]).unwrap()
}

pub(crate) fn engine() -> Arc<CpuEngine> {
    let config = CpuConfig { threads: NonZeroUsize::MIN, memory_bytes: 1 << 30 };
    Arc::new(CpuEngine::new(config).unwrap())
}

pub(crate) fn device(engine: Arc<dyn althing_worker::executor::Engine>) -> Device {
    Device {
        number: 0,
        kind: DeviceKind::Cpu,
        evidence: b"{}".to_vec(),
        engine,
        units_per_second: 10,
        memory_bytes: 1 << 30,
    }
}

/// A free port of this machine, so that a worker is reached under the same address after a restart.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

pub(crate) fn config(folder: &Path, port: u16) -> Config {
    Config {
        data_dir: folder.to_owned(),
        endpoint: format!("http://127.0.0.1:{port}"),
        listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
        batch_seconds: 1,
        allow_private: true,
        ..Config::default()
    }
}

pub(crate) struct Started {
    pub(crate) stop: Stop,
    pub(crate) live: watch::Receiver<Live>,
    pub(crate) run: JoinHandle<Result<Summary, RunError>>,
}

pub(crate) async fn start(config: Config, chain: &Arc<Script>) -> Started {
    let chain: Arc<dyn Chain> = chain.clone();
    let devices = vec![device(engine())];
    let (worker, live) = Worker::new(config, key(), chain, devices).await.unwrap();
    let stop = Stop::default();
    let run = tokio::spawn(worker.run(stop.clone()));
    Started { stop, live, run }
}

impl Started {
    /// Ends the program where it is, as a crash would.
    pub(crate) async fn crash(self) {
        self.stop.now.cancel();
        self.run.await.unwrap().unwrap();
    }
}

pub(crate) fn verifier() -> Verifier {
    let limits = Limits {
        time: Duration::from_secs(20),
        answer: Duration::from_secs(5),
        allow_private: true,
        ..Limits::default()
    };
    Verifier::new(limits).unwrap()
}

/// The question of a member of the committee about a committed task.
pub(crate) fn question(chain: &Script, task: u64) -> Question {
    let inner = chain.lock();
    let view = &inner.tasks[&task];
    let result = view.result.unwrap();
    let challenge = challenge(task);
    Question {
        key: JobKey { task, attempt: view.attempt },
        shape: view.shape,
        count: view.count,
        operands: view.operands,
        source: view.source.clone(),
        seed: result.seed,
        root: result.root,
        endpoint: inner.worker.as_ref().unwrap().1.endpoint.clone(),
        challenge,
        member_seed: sha256(&[b"member", challenge.as_ref()]),
        samples: SAMPLES,
        own_samples: OWN_SAMPLES,
    }
}

pub(crate) fn challenge(task: u64) -> Hash {
    draw::challenge(task, 1, 0, &sha256(&[b"later", &task.to_be_bytes()]))
}

/// Brings a worker to where its device may work.
pub(crate) async fn measure(chain: &Script) {
    chain
        .until("a benchmark", |inner| {
            inner.tasks.values().any(|task| task.state == TaskState::Committed)
        })
        .await;
    chain.lock().accept_benchmark(1);
}

/// Waits until a task is committed.
pub(crate) async fn committed(chain: &Script, task: u64) {
    chain
        .until("a commitment", |inner| {
            inner.tasks.get(&task).is_some_and(|task| task.state == TaskState::Committed)
        })
        .await;
}
