//! The API on a real socket.

use crate::node::Node;
use althing_api::{ApiConfig, router, serve};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

async fn start(config: ApiConfig) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let router = router(Node::new(), config.clone());
    let server = tokio::spawn(async move {
        let stopped = async { drop(stopped.await) };
        serve(listener, router, &config, stopped).await.unwrap();
    });
    (address, stop, server)
}

async fn send(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn read_until(stream: &mut TcpStream, needle: &str) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.contains(needle) {
        let count =
            timeout(Duration::from_secs(5), stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(count > 0, "closed after {text:?}");
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    text
}

#[tokio::test]
async fn requests_are_served_and_streams_end_at_shutdown() {
    let (address, stop, server) = start(ApiConfig::default()).await;
    let mut plain = send(address, "GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let text = read_until(&mut plain, "}").await;
    assert!(text.starts_with("HTTP/1.1 200 OK") && text.contains("\"height\":24"), "{text}");
    let mut events = send(address, "GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n").await;
    read_until(&mut events, "connected").await;
    stop.send(()).unwrap();
    timeout(Duration::from_secs(2), server).await.unwrap().unwrap();
    let mut rest = Vec::new();
    timeout(Duration::from_secs(2), events.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_client_that_dawdles_over_its_headers_is_cut_off() {
    let config = ApiConfig { header_timeout: Duration::from_millis(100), ..ApiConfig::default() };
    let (address, _stop, _server) = start(config).await;
    let mut slow = send(address, "GET /v1/status HTTP/1.1\r\nhos").await;
    let mut rest = Vec::new();
    timeout(Duration::from_secs(3), slow.read_to_end(&mut rest)).await.unwrap().unwrap();
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_a_place() {
    let (address, _stop, _server) =
        start(ApiConfig { max_connections: 1, ..ApiConfig::default() }).await;
    let request = "GET /v1/version HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut first = send(address, request).await;
    read_until(&mut first, "}").await;
    let mut second = send(address, request).await;
    let mut buffer = [0; 16];
    let early = timeout(Duration::from_millis(100), second.read(&mut buffer)).await;
    assert!(early.is_err(), "served beside the first");
    drop(first);
    read_until(&mut second, "}").await;
}

#[test]
fn the_router_can_be_shared() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    shared(&router(Node::new() as Arc<_>, ApiConfig::default()));
}
