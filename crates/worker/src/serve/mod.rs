//! The server that shows rows of committed results to whoever checks them.
//!
//! It shows results that the worker is bound to, and nothing else: before the commitment somebody could
//! copy them. It knows no accounts and no secrets.

mod guard;
mod routes;
mod stream;

pub use routes::{Contents, router};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::{Deserialize, Serialize};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Limits of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServeConfig {
    /// Rows or lines that an address may ask for in a minute; 0 for no limit.
    pub rows_per_minute: u32,
    /// Rows or lines that it may ask for at once.
    pub burst: u32,
    /// Most connections.
    pub connections: u32,
    /// Requests that are answered at the same time.
    pub concurrency: u32,
    /// Whole results that are sent at the same time.
    pub streams: u32,
    /// How long a request may take until its answer begins, in seconds.
    pub timeout_seconds: u32,
    /// How long a whole result may take, in seconds.
    pub stream_seconds: u32,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            rows_per_minute: 60_000,
            burst: 8_192,
            connections: 512,
            concurrency: 16,
            streams: 4,
            timeout_seconds: 20,
            stream_seconds: 1_800,
        }
    }
}

/// Serves until `stop` is cancelled; what is being answered then has five seconds.
///
/// # Errors
/// None while it runs; connections that fail are closed.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: ServeConfig,
    stop: CancellationToken,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(config.connections.max(1) as usize));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            next = next => next,
        };
        match (place, accepted) {
            (Ok(place), Ok((stream, address))) => {
                let connection = connection(stream, address, router.clone(), config, stop.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            (_, Err(error)) => {
                tracing::debug!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            (Err(_), _) => break,
        }
    }
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(SHUTDOWN_GRACE, finish).await.is_err() {
        connections.shutdown().await;
    }
    Ok(())
}

async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    router: Router,
    config: ServeConfig,
    stop: CancellationToken,
) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request)
    });
    let mut builder = http1::Builder::new();
    let timeout = Duration::from_secs(config.timeout_seconds.max(1).into());
    builder.timer(TokioTimer::new()).header_read_timeout(timeout);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, %address, "a connection ended early");
    }
}
