//! The client against a server that answers from a script.

use super::*;
use althing_types::{
    Address, Amount, Gas, GasPrice, Hash, Height, KeyScheme, Nonce, Payload, SecretKey,
    SignedTransaction, Transaction, Transfer,
};
use futures::StreamExt as _;
use serde_json::json;
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A request as the server saw it.
#[derive(Clone, Debug)]
struct Request {
    line: String,
    head: String,
    body: Vec<u8>,
}

/// Answers one request after the other with the texts of a script; an empty text cuts the
/// connection.
struct Server {
    client: Client,
    requests: Arc<Mutex<Vec<Request>>>,
}

async fn receive(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?.to_lowercase();
    let length = head.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.lines().next()?.parse().ok()).unwrap_or(0);
    while bytes.len() < end + length {
        stream.read_buf(&mut bytes).await.ok()?;
    }
    let line = head.lines().next().unwrap_or_default().to_owned();
    Some(Request { line, head, body: bytes[end..].to_vec() })
}

impl Server {
    async fn start(script: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            for answer in script {
                let Ok((mut stream, _)) = listener.accept().await else { return };
                let Some(request) = receive(&mut stream).await else { continue };
                seen.lock().unwrap().push(request);
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { client, requests }
    }

    fn lines(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|request| request.line.replace(" http/1.1", "")).collect()
    }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    )
}

fn ok(body: serde_json::Value) -> String {
    answer("200 OK", "", &body.to_string())
}

fn busy() -> String {
    let body = r#"{"code":"overloaded","message":"busy","detail":null}"#;
    answer("503 Service Unavailable", "retry-after: 0\r\n", body)
}

fn account() -> serde_json::Value {
    json!({ "address": "a", "height": 7, "exists": true, "balance": "12", "nonce": 3,
        "pending_nonce": 5, "a_field_of_the_future": [1] })
}

fn signed() -> SignedTransaction {
    let key = SecretKey::from_seed(KeyScheme::Ed25519, [1; 32]).unwrap();
    let transaction = Transaction {
        chain_id: "test-1".parse().unwrap(),
        sender: key.address(),
        nonce: Nonce::ZERO,
        gas_limit: Gas::new(30_000),
        gas_price: GasPrice::new(1),
        valid_until: Height::new(9),
        memo: String::new(),
        payload: Payload::Transfer(Transfer { to: Address::default(), amount: Amount::new(1) }),
    };
    transaction.sign(&key).unwrap()
}

fn place(status: &str) -> serde_json::Value {
    json!({ "hash": hex::encode(signed().hash()), "status": status })
}

#[tokio::test]
async fn an_account_is_read_whatever_fields_a_newer_node_adds() {
    let server = Server::start(vec![ok(account())]).await;
    let read = server.client.account(Address::default()).await.unwrap();
    assert_eq!((read.balance, read.pending_nonce), (Amount::new(12), Nonce::new(5)));
    assert_eq!(server.lines(), [format!("get /v1/accounts/{}", Address::default())]);
}

#[tokio::test]
async fn reads_are_repeated_while_the_node_is_busy_or_cuts_the_connection() {
    let server = Server::start(vec![busy(), String::new(), busy(), ok(account())]).await;
    assert!(server.client.account(Address::default()).await.is_ok());
    assert_eq!(server.lines().len(), 4);
    let server = Server::start(vec![busy(), busy(), busy(), busy(), ok(account())]).await;
    let error = server.client.account(Address::default()).await.unwrap_err();
    assert_eq!(error.code(), "overloaded");
    assert_eq!(server.lines().len(), 4);
}

#[tokio::test]
async fn a_pause_that_the_node_asks_for_is_kept_and_a_long_one_is_not_waited_for() {
    let limited = |seconds: u64| {
        let body = r#"{"code":"rate_limited","message":"slow down"}"#;
        answer("429 Too Many Requests", &format!("retry-after: {seconds}\r\n"), body)
    };
    let server = Server::start(vec![limited(1), ok(account())]).await;
    let started = Instant::now();
    assert!(server.client.account(Address::default()).await.is_ok());
    assert!(started.elapsed() >= Duration::from_secs(1));
    let server = Server::start(vec![limited(60), ok(account())]).await;
    let error = server.client.account(Address::default()).await.unwrap_err();
    assert_eq!(error.code(), "rate_limited");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_refusal_keeps_its_code_message_and_detail_and_is_not_repeated() {
    let body = r#"{"code":"nonce_too_low","message":"use 4","detail":{"expected":4}}"#;
    let server = Server::start(vec![answer("409 Conflict", "", body)]).await;
    let error = server.client.submit(&signed()).await.unwrap_err();
    let ClientError::Api(refusal) = &error else { panic!("{error}") };
    assert_eq!((refusal.status, refusal.detail["expected"].as_u64()), (409, Some(4)));
    assert_eq!((error.code(), error.to_string().as_str()), ("nonce_too_low", "use 4"));
    let server = Server::start(vec![answer("502 Bad Gateway", "", "<html>"), busy()]).await;
    let error = server.client.submit(&signed()).await.unwrap_err();
    assert_eq!(error.code(), "http");
    assert_eq!(server.lines(), ["post /v1/transactions"]);
}

#[tokio::test]
async fn a_node_that_is_not_there_is_named_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let started = Instant::now();
    let error = Client::new(&url).unwrap().version().await.unwrap_err();
    assert_eq!(error.code(), "node_unreachable");
    assert!(error.to_string().contains(&url), "{error}");
    assert!(started.elapsed() < Duration::from_secs(1));
    for bad in ["", "127.0.0.1:8080", "ftp://host", "http://"] {
        assert_eq!(Client::new(bad).unwrap_err().code(), "bad_url", "{bad}");
    }
    assert_eq!(Client::new("https://node.example").unwrap_err().code(), "no_tls");
}

#[tokio::test]
async fn a_submission_is_held_until_it_is_final() {
    let server = Server::start(vec![ok(place("finalized"))]).await;
    let signed = signed();
    let info = server.client.submit_and_wait(&signed, Duration::from_secs(5)).await.unwrap();
    assert!(info.is_settled());
    assert_eq!(server.lines(), ["post /v1/transactions?wait=finalized&timeout_ms=5000"]);
    assert_eq!(server.requests.lock().unwrap()[0].body, signed.bytes().as_ref());
}

#[tokio::test]
async fn a_submission_whose_answer_is_lost_is_followed() {
    let script = vec![String::new(), ok(place("unknown")), busy(), ok(place("finalized"))];
    let server = Server::start(script).await;
    let info = server.client.submit_and_wait(&signed(), Duration::from_secs(9)).await.unwrap();
    assert!(info.is_settled());
    assert_eq!(server.lines().len(), 4);
}

#[tokio::test]
async fn waiting_ends_in_time_and_says_what_was_heard() {
    let server = Server::start(vec![ok(place("pending")); 20]).await;
    let hash: Hash = signed().hash();
    let error = server.client.wait(&hash, Duration::from_millis(120)).await.unwrap_err();
    assert_eq!(error.code(), "timed_out");
    assert!(error.to_string().contains("pending"), "{error}");
}

#[tokio::test]
async fn a_batch_is_a_list_of_lengths_and_transactions() {
    let rejection = json!({ "index": 1, "hash": "ab", "code": "nonce_gap", "message": "m" });
    let server = Server::start(vec![ok(json!({ "accepted": 1, "rejected": [rejection] }))]).await;
    let signed = signed();
    let answer = server.client.submit_batch(encode_batch([&signed, &signed])).await.unwrap();
    assert_eq!((answer.accepted, answer.rejected[0].code.as_str()), (1, "nonce_gap"));
    let request = server.requests.lock().unwrap()[0].clone();
    assert!(request.head.contains("content-type: application/octet-stream"), "{}", request.head);
    let one = [&(signed.bytes().len() as u32).to_be_bytes()[..], signed.bytes()].concat();
    assert_eq!(request.body, [one.clone(), one].concat());
}

#[tokio::test]
async fn a_cut_event_stream_goes_on_after_the_last_event() {
    let stream = |body: &str| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{body}"
        )
    };
    let refused = r#"{"code":"invalid_parameter","message":"no"}"#;
    let server = Server::start(vec![
        stream("id: 4-0\nevent: block\ndata: {\"height\":4}\n\nid: 5-0\ndata: lost"),
        busy(),
        stream(": keep\n\nid: 5-0\nevent: block\ndata: {\"height\":5}\n\n"),
        answer("400 Bad Request", "", refused),
    ])
    .await;
    let address = Address::default();
    let events = server.client.events(&["block"], &[address], None).into_stream();
    let events: Vec<_> = events.collect().await;
    let heights: Vec<_> =
        events.iter().flatten().map(|event| event.data["height"].as_u64()).collect();
    assert_eq!(heights, [Some(4), Some(5)]);
    assert_eq!(events[2].as_ref().unwrap_err().code(), "invalid_parameter");
    let requests = server.requests.lock().unwrap();
    let path = format!("get /v1/events?topics=block&addresses={address} http/1.1");
    assert!(requests.iter().all(|request| request.line == path), "{requests:?}");
    assert!(!requests[0].head.contains("last-event-id"));
    assert!(requests[2].head.contains("last-event-id: 4-0"));
    assert!(requests[3].head.contains("last-event-id: 5-0"));
}

#[tokio::test]
async fn all_pages_of_validators_are_read() {
    let key = crate::validator_key::public_key(&[1; 32]).to_string();
    let one = |name: &str| {
        json!({ "key": key, "name": name, "operator": Address::default(), "status": "active",
            "tokens": "5", "pending": "0", "own_stake": "5", "commission": 50_000, "rank": 1 })
    };
    let pages = vec![
        ok(json!({ "validators": [one("a"), one("b")], "next": "2" })),
        ok(json!({ "validators": [one("c")] })),
    ];
    let server = Server::start(pages).await;
    let found = server.client.validators().await.unwrap();
    let names: Vec<&str> = found.iter().map(|validator| validator.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(found[0].more["rank"], 1);
    assert!(server.lines()[1].contains("offset=2"), "{:?}", server.lines());
}

fn tally() -> serde_json::Value {
    json!({ "proposal": 8, "height": 7, "status": "voting", "outcome": "passed", "blocks_left": 3,
        "ms_left": 0, "a_field_of_the_future": [1],
        "stake": { "total": "24", "yes": "10", "no": "4", "abstain": "0", "veto": "0",
            "turnout": 583_333, "quorum": 330_000, "yes_part": 714_285, "threshold": 510_000,
            "veto_part": 0, "veto_limit": 334_000 } })
}

#[tokio::test]
async fn proposals_are_asked_for_with_what_is_wanted_and_read_with_their_tally() {
    let proposal = json!({ "number": 8, "title": "t", "summary": "", "link": "",
        "proposer": Address::default(), "kind": "text", "criticality": "standard",
        "houses": "stake", "deposit": "50", "submitted_height": 3, "action": { "type": "text" },
        "status": "voting", "due": { "height": 10, "time": 0 }, "tally": tally() });
    let page = json!({ "height": 7, "proposals": [proposal], "next": 8 });
    let server = Server::start(vec![ok(page.clone()), ok(page)]).await;
    let read = server.client.proposals(&ProposalQuery::default()).await.unwrap();
    let stake = read.proposals[0].tally.stake.as_ref().unwrap();
    assert_eq!((stake.yes, stake.threshold, read.next), (Amount::new(10), 510_000, Some(8)));
    assert_eq!(read.proposals[0].tally.more["a_field_of_the_future"], json!([1]));
    let query = ProposalQuery {
        status: Some("voting".to_owned()),
        before: Some(9),
        ..ProposalQuery::default()
    };
    server.client.proposals(&query).await.unwrap();
    assert_eq!(
        server.lines(),
        ["get /v1/governance/proposals", "get /v1/governance/proposals?status=voting&before=9"]
    );
}

#[tokio::test]
async fn a_proposal_is_checked_as_the_file_says_it() {
    let effect = json!({ "what": "staking.min_delegation", "from": "100 CPC", "to": "50 CPC" });
    let said = json!({ "height": 7, "valid": false, "kind": "parameters", "quorum": 330_000,
        "rule": { "code": 46, "code_name": "parameter_changed", "message": "m" },
        "deposit": "100", "deposit_display": "100 CPC", "effects": [effect] });
    let server = Server::start(vec![ok(said)]).await;
    let text = include_str!("../../../../examples/governance/parameter_change.json");
    let Payload::SubmitProposal(proposal) = crate::payload::parse(text).unwrap() else {
        panic!("no proposal")
    };
    let check = server.client.check_proposal(Address::default(), &proposal).await.unwrap();
    assert_eq!(check.rule.unwrap().code_name, "parameter_changed");
    assert_eq!((check.effects[0].to.as_str(), check.houses), ("50 CPC", None));
    let body = server.requests.lock().unwrap()[0].body.clone();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["proposal"]["action"]["changes"][0]["name"], "staking.min_delegation");
}

#[tokio::test]
async fn a_snapshot_is_believed_only_with_its_digest() {
    let digest = hex::encode(althing_types::hash::sha256(&[b"{\"a\":\"1\"}"]));
    let said = |digest: &str| {
        answer("200 OK", &format!("x-content-sha256: {digest}\r\n"), "{\"a\":\"1\"}")
    };
    let server = Server::start(vec![said(&digest), said("00"), ok(json!({}))]).await;
    let (text, read) = server.client.disbursement_snapshot(8).await.unwrap();
    assert_eq!((text.as_str(), read), ("{\"a\":\"1\"}", digest));
    for _ in 0..2 {
        let error = server.client.disbursement_snapshot(8).await.unwrap_err();
        assert!(matches!(error, ClientError::Malformed(_)), "{error}");
    }
}

#[tokio::test]
async fn the_error_of_a_disbursement_comes_with_the_way_out() {
    let body = r#"{"code":"stale_dependency","message":"m","detail":{"disbursement_error":
        {"error":"StaleDependency","recovery":"propose it again"}}}"#;
    let server = Server::start(vec![answer("422 Unprocessable Entity", "", body)]).await;
    let error = server.client.treasury_transaction("submit", &json!({})).await.unwrap_err();
    let ClientError::Api(refusal) = &error else { panic!("{error}") };
    let (name, recovery) = disbursement_error(refusal).unwrap();
    assert_eq!((name.as_str(), recovery.as_str()), ("StaleDependency", "propose it again"));
    assert_eq!(server.lines(), ["post /v1/treasury/submit"]);
}
