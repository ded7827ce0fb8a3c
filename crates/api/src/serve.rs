//! Accepts connections: bounded in number and in the time a client may take to send its headers.

use crate::config::ApiConfig;
use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    collections::HashMap,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Pause after the system refuses a connection (for example when file descriptors are used up).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Tells long answers (event streams) that the server stops.
#[derive(Clone, Debug)]
pub(crate) struct Stopping(pub(crate) CancellationToken);

/// Serves `router` on `listener` until `shutdown` ends; then lets open requests finish for at most
/// `config.shutdown_grace`.
///
/// # Errors
/// The listener has no address.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: &ApiConfig,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    listener.local_addr()?;
    let stopping = CancellationToken::new();
    let places = Arc::new(Semaphore::new(config.max_connections));
    let addresses = Arc::new(Addresses::default());
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        // A place first: while all are taken, the system's queue holds newcomers back.
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut shutdown => break,
            next = next => next,
            // Keeps the set small.
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        match (place, accepted) {
            (Ok(place), Ok((stream, address))) => {
                let limit = config.max_connections_per_address;
                let Some(slot) = addresses.enter(address.ip(), limit) else { continue };
                let connection =
                    connection(stream, address, router.clone(), config, stopping.clone());
                connections.spawn(hold(connection, place, slot));
            }
            (_, Err(error)) => {
                tracing::debug!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            (Err(_), _) => break,
        }
    }
    drop(listener);
    stopping.cancel();
    let finish = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(config.shutdown_grace, finish).await.is_err() {
        connections.shutdown().await;
    }
    Ok(())
}

async fn hold(connection: impl Future<Output = ()>, _place: OwnedSemaphorePermit, _slot: Slot) {
    connection.await;
}

fn connection(
    stream: TcpStream,
    address: SocketAddr,
    router: Router,
    config: &ApiConfig,
    stopping: CancellationToken,
) -> impl Future<Output = ()> + use<> {
    // Answers are small and awaited: never hold them back for more.
    let no_delay = stream.set_nodelay(true);
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(config.header_timeout);
    let stop = stopping.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        request.extensions_mut().insert(Stopping(stopping.clone()));
        router.clone().oneshot(request)
    });
    async move {
        if no_delay.is_err() {
            return;
        }
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        tokio::select! {
            _ = connection.as_mut() => return,
            () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        // A failure is the client's: it went away, or sent what is no HTTP.
        if let Err(error) = connection.await {
            tracing::trace!(%error, %address, "connection");
        }
    }
}

/// Open connections of each address.
#[derive(Debug, Default)]
struct Addresses(Mutex<HashMap<IpAddr, usize>>);

/// One open connection.
#[derive(Debug)]
struct Slot {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Addresses {
    fn enter(self: &Arc<Self>, address: IpAddr, limit: usize) -> Option<Slot> {
        let address = address.to_canonical();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= limit && !address.is_loopback() {
            return None;
        }
        *count += 1;
        Some(Slot { addresses: Arc::clone(self), address })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}
