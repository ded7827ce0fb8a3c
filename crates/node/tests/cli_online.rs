//! Commands that ask a node, against a server that answers from a table.

use crate::cli::{althing, document, failure, text};
use serde_json::{Value, json};
use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
};

/// First line and body.
pub(crate) type Request = (String, Vec<u8>);
pub(crate) type Table = Vec<(&'static str, u16, Value)>;

/// Answers every request whose line starts like an entry of its table, until the test ends.
pub(crate) struct Fake {
    pub(crate) url: String,
    pub(crate) requests: Arc<Mutex<Vec<Request>>>,
}

fn receive(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 65_536]);
    loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = text(&bytes[..end]).to_lowercase();
        let length = head.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.lines().next()?.parse().ok()).unwrap_or(0);
        if bytes.len() >= end + 4 + length {
            let line = text(&bytes[..end]).lines().next()?.replace(" HTTP/1.1", "");
            return Some((line, bytes[end + 4..].to_vec()));
        }
    }
}

impl Fake {
    pub(crate) fn start(mut table: Table) -> Self {
        table.push((
            "GET /v1/version",
            200,
            json!({
                "version": "0.1.0", "commit": "c", "protocol": 1, "chain_id": "test-1",
                "genesis_hash": "ab", "symbol": "TST", "decimals": 18, "address_prefix": "cpc",
            }),
        ));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let Some(request) = receive(&mut stream) else { continue };
                let entry = table.iter().find(|(start, ..)| request.0.starts_with(start));
                seen.lock().unwrap().push(request);
                let lost = (404, json!({ "code": "route_not_found", "message": "no such path" }));
                let (status, body) =
                    entry.map_or(lost, |(_, status, body)| (*status, body.clone()));
                let body = body.to_string();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self { url, requests }
    }

    pub(crate) fn document(&self, home: &Path, arguments: &[&str]) -> Value {
        document(home, &[&["--node", &self.url], arguments].concat())
    }

    pub(crate) fn failure(&self, home: &Path, arguments: &[&str]) -> (i32, Value) {
        failure(home, &[&["--node", &self.url], arguments].concat())
    }

    pub(crate) fn human(&self, home: &Path, arguments: &[&str]) -> String {
        let output = althing(home, &[&["--node", &self.url], arguments].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests.lock().unwrap().iter().map(|(line, _)| line.clone()).collect()
    }
}

pub(crate) fn receipt(success: bool) -> Value {
    let (code, name, message) = match success {
        true => (0, "ok", "done"),
        false => (12, "insufficient_balance", "the sender owns too little"),
    };
    json!({ "transaction": "ab", "success": success, "code": code, "code_name": name,
        "message": message, "gas_used": 21_000, "fee": "42000", "fee_display": "x", "events": [] })
}

/// A node on which a transfer is simulated and settled like that.
fn bank(simulated: bool, settled: Value) -> Fake {
    Fake::start(vec![
        (
            "GET /v1/accounts/",
            200,
            json!({
                "address": "a", "height": 40, "exists": true, "balance": "5000000000000000000",
                "balance_display": "5 TST", "nonce": 3, "pending_nonce": 4,
            }),
        ),
        (
            "GET /v1/fees",
            200,
            json!({
                "height": 40, "min_gas_price": 1, "gas_price": { "slow": 1, "normal": 2, "fast": 3 },
            }),
        ),
        (
            "POST /v1/transactions/simulate",
            200,
            json!({
                "height": 40, "valid": true, "receipt": receipt(simulated),
            }),
        ),
        ("POST /v1/transactions", 200, settled),
    ])
}

fn finalized(success: bool) -> Value {
    json!({ "hash": "cd".repeat(32), "status": "finalized", "height": 41, "index": 0,
        "block_hash": "ef", "time_ms": 1_700_000_000_000_u64, "receipt": receipt(success) })
}

const SEND: [&str; 6] = ["tx", "send", "--from", "dev:0", "dev:1", "1.5"];

#[test]
fn a_dry_run_shows_fee_gas_and_outcome_and_sends_nothing() {
    let home = tempfile::tempdir().unwrap();
    let fake = bank(true, Value::Null);
    let shown = fake.document(home.path(), &[&SEND[..], &["--dry-run"]].concat());
    assert_eq!((&shown["gas_used"], &shown["gas_limit"]), (&21_000.into(), &25_200.into()));
    assert_eq!((&shown["success"], &shown["sent"]), (&true.into(), &false.into()));
    assert_eq!((&shown["expected_fee"], &shown["max_fee"]), (&"42000".into(), &"50400".into()));
    let transaction = &shown["transaction"];
    assert_eq!((&transaction["nonce"], &transaction["chain_id"]), (&4.into(), &"test-1".into()));
    let text = fake.human(home.path(), &[&SEND[..], &["--dry-run"]].concat());
    for expected in ["1.5 TST", "21000, at most 25200", "success: done", "block 1040"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(fake.lines().iter().all(|line| !line.contains("wait")), "{:?}", fake.lines());
}

#[test]
fn a_transfer_that_would_fail_is_not_sent() {
    let home = tempfile::tempdir().unwrap();
    let fake = bank(false, Value::Null);
    let (exit, error) = fake.failure(home.path(), &[&SEND[..], &["--yes"]].concat());
    assert_eq!((exit, &error["code"]), (4, &"insufficient_balance".into()));
    assert!(fake.lines().iter().all(|line| line != "POST /v1/transactions"));
}

#[test]
fn without_a_terminal_a_transfer_needs_yes() {
    let home = tempfile::tempdir().unwrap();
    let fake = bank(true, Value::Null);
    let (exit, error) = fake.failure(home.path(), &SEND);
    assert_eq!((exit, &error["code"]), (2, &"usage".into()));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("1.5 TST") && message.contains("--yes"), "{message}");
}

#[test]
fn a_transfer_is_signed_sent_and_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let fake = bank(true, finalized(true));
    let arguments = ["tx", "send", "--wait", "--yes", "--from", "dev:0", "dev:1", "1"];
    let sent = fake.document(home.path(), &arguments);
    assert_eq!((&sent["status"], &sent["success"]), (&"finalized".into(), &true.into()));
    assert_eq!((&sent["height"], &sent["fee"]), (&41.into(), &"42000".into()));
    let requests = fake.requests.lock().unwrap();
    let (line, body) = requests.last().unwrap();
    assert_eq!(line, "POST /v1/transactions?wait=finalized&timeout_ms=15000");
    let signed = althing_types::SignedTransaction::from_bytes(body.clone().into()).unwrap();
    assert_eq!(signed.verify_signature(), Ok(()));
    assert_eq!(signed.body().nonce.get(), 4);
}

#[test]
fn a_transfer_that_fails_in_its_block_ends_with_4() {
    let home = tempfile::tempdir().unwrap();
    let fake = bank(true, finalized(false));
    let (exit, error) = fake.failure(home.path(), &[&SEND[..], &["--yes", "--wait"]].concat());
    assert_eq!((exit, &error["code"]), (4, &"insufficient_balance".into()));
}

#[test]
fn refusals_keep_code_message_and_detail_and_have_their_exit_code() {
    let home = tempfile::tempdir().unwrap();
    let cases = [
        (409, "nonce_too_low", 4),
        (422, "bad_signature", 4),
        (503, "pool_full", 4),
        (429, "rate_limited", 1),
        (400, "invalid_transaction", 2),
        (403, "admin_forbidden", 1),
        (404, "faucet_disabled", 5),
    ];
    for (status, code, expected) in cases {
        let refusal = json!({ "code": code, "message": "mend it", "detail": { "at": 1 } });
        let fake = Fake::start(vec![("POST /v1/faucet", status, refusal)]);
        let (exit, error) = fake.failure(home.path(), &["faucet", "dev:1"]);
        assert_eq!(exit, expected, "{code}");
        assert_eq!(error, json!({ "code": code, "message": "mend it", "detail": { "at": 1 } }));
    }
}

#[test]
fn an_unknown_transaction_is_not_found_and_a_pending_one_times_out() {
    let home = tempfile::tempdir().unwrap();
    let hash = "cd".repeat(32);
    let place = |status: &str| {
        Fake::start(vec![("GET /v1/transactions/", 200, json!({ "hash": hash, "status": status }))])
    };
    for arguments in [["tx", "status", &hash], ["query", "tx", &hash]] {
        let (exit, error) = place("unknown").failure(home.path(), &arguments);
        assert_eq!((exit, &error["code"]), (5, &"transaction_not_found".into()));
    }
    let waiting = place("pending");
    assert_eq!(waiting.document(home.path(), &["tx", "status", &hash])["status"], "pending");
    let arguments = ["tx", "wait", &hash, "--timeout", "100ms"];
    let (exit, error) = waiting.failure(home.path(), &arguments);
    assert_eq!((exit, &error["code"]), (8, &"timed_out".into()));
    let dropped = json!({ "hash": hash, "status": "dropped",
        "reason": { "code": "expired", "message": "it waited too long" } });
    let fake = Fake::start(vec![("GET /v1/transactions/", 200, dropped)]);
    let (exit, error) = fake.failure(home.path(), &["tx", "wait", &hash]);
    assert_eq!((exit, &error["code"]), (4, &"expired".into()));
}

#[test]
fn a_node_that_is_not_there_is_named_with_the_way_to_start_one() {
    let home = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    for arguments in [&["state", "tip"][..], &["peers", "list"], &SEND] {
        let (exit, error) = failure(home.path(), &[&["--node", &url], arguments].concat());
        assert_eq!((exit, &error["code"]), (3, &"node_unreachable".into()));
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(&url) && message.contains("althing dev"), "{message}");
    }
    let (exit, error) = failure(home.path(), &["--node", "localhost", "state", "tip"]);
    assert_eq!((exit, &error["code"]), (2, &"bad_url".into()));
}

#[test]
fn a_proof_is_printed_or_written_to_a_file() {
    let home = tempfile::tempdir().unwrap();
    let bundle = json!({ "kind": "account", "height": 9 });
    let fake = Fake::start(vec![("GET /v1/accounts/", 200, json!({ "proof": bundle }))]);
    for command in ["state", "query"] {
        let arguments = [command, "account", "dev:1", "--proof"];
        assert_eq!(fake.document(home.path(), &arguments), bundle);
        let file = home.path().join(command);
        let path = file.to_str().unwrap();
        let said = fake.human(home.path(), &[&arguments[..], &["--output", path]].concat());
        assert!(said.contains("althing verify"), "{said}");
        let written: Value =
            serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(written, bundle);
    }
    assert!(fake.lines().iter().any(|line| line.ends_with("?proof=true")));
}

#[test]
fn blocks_are_named_by_height_hash_or_latest_only() {
    let home = tempfile::tempdir().unwrap();
    let fake = Fake::start(vec![("GET /v1/blocks/", 200, json!({ "height": 3 }))]);
    for good in ["3", "latest", &"AB".repeat(32)] {
        assert_eq!(fake.document(home.path(), &["query", "block", good])["height"], 3);
    }
    assert!(fake.lines().contains(&format!("GET /v1/blocks/{}", "ab".repeat(32))));
    for bad in ["-", "../peers", "3?x", "first"] {
        let (exit, _) = fake.failure(home.path(), &["query", "block", "--", bad]);
        assert_eq!(exit, 2, "{bad}");
    }
}

/// A node's folder whose API is at `url`; the path of its config.toml.
fn node_folder(home: &Path, url: &str) -> std::path::PathBuf {
    let api = url.strip_prefix("http://").unwrap();
    document(home, &["init", "--api", api]);
    home.join("config.toml")
}

#[test]
fn the_node_of_the_folder_is_asked_unless_another_is_named() {
    let home = tempfile::tempdir().unwrap();
    let fake = Fake::start(vec![("GET /v1/params", 200, json!({ "epoch_length": 60 }))]);
    node_folder(home.path(), &fake.url);
    assert_eq!(document(home.path(), &["query", "params"])["epoch_length"], 60);
}

#[test]
fn peers_are_added_to_the_node_and_to_its_file_whose_comments_stay() {
    let home = tempfile::tempdir().unwrap();
    let key = "11".repeat(32);
    let done = json!({ "status": "ok" });
    let fake =
        Fake::start(vec![("POST /v1/peers", 200, done.clone()), ("DELETE /v1/peers", 200, done)]);
    let config = node_folder(home.path(), &fake.url);
    let read = || std::fs::read_to_string(&config).unwrap();
    let before = read();
    document(home.path(), &["peers", "add", &format!("{key}@a.example:1")]);
    document(home.path(), &["peers", "add", &format!("{key}@b.example:2")]);
    assert!(read().contains(&format!("peers = [\"{key}@b.example:2\"]")), "{}", read());
    let body = fake.requests.lock().unwrap().last().unwrap().1.clone();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body, json!({ "key": key, "endpoint": "b.example:2" }));
    document(home.path(), &["peers", "remove", &key]);
    assert_eq!(read(), before);
    for bad in ["", "x@y", &format!("{key}@host"), &format!("{key}@:1"), &format!("{key}@h:99999")]
    {
        let (exit, _) = failure(home.path(), &["peers", "add", bad]);
        assert_eq!(exit, 2, "{bad}");
    }
}

#[test]
fn a_peer_that_the_node_refuses_is_not_stored_and_one_of_a_stopped_node_is() {
    let home = tempfile::tempdir().unwrap();
    let peer = format!("{}@a.example:1", "11".repeat(32));
    let refusal = json!({ "code": "admin_forbidden", "message": "no", "detail": null });
    let fake = Fake::start(vec![("POST /v1/peers", 403, refusal)]);
    let config = node_folder(home.path(), &fake.url);
    let (exit, error) = failure(home.path(), &["peers", "add", &peer]);
    assert_eq!((exit, &error["code"]), (1, &"admin_forbidden".into()));
    assert!(std::fs::read_to_string(&config).unwrap().contains("peers = []"));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("http://127.0.0.1:{port}");
    document(home.path(), &["--node", &nobody, "peers", "add", &peer]);
    assert!(std::fs::read_to_string(&config).unwrap().contains(&peer));
}

#[test]
fn peers_are_a_table_and_bans_go_to_the_node() {
    let home = tempfile::tempdir().unwrap();
    let key = "11".repeat(32);
    let peer = json!({ "key": key, "endpoint": "a.example:1", "connected": true, "banned": null,
        "score": 97, "latency_ms": 1.25, "version": "0.1.0 c", "protocol": 1, "height": 8 });
    let done = json!({ "status": "ok" });
    let fake = Fake::start(vec![
        ("GET /v1/peers", 200, json!({ "connected": 1, "peers": [peer] })),
        ("POST /v1/peers/", 200, done.clone()),
        ("DELETE /v1/peers/", 200, done),
    ]);
    let table = fake.human(home.path(), &["peers", "list"]);
    let mut lines = table.lines();
    assert!(lines.next().unwrap().trim_start().starts_with("KEY"), "{table}");
    for cell in ["11111111…1111", "a.example:1", "connected", "97", "1.2 ms", "8"] {
        assert!(table.contains(cell), "{cell}: {table}");
    }
    assert!(!table.contains('\u{1b}'), "no colour without a terminal");
    fake.document(home.path(), &["peers", "ban", &key, "--for", "90s"]);
    let (line, body) = fake.requests.lock().unwrap().last().unwrap().clone();
    assert_eq!((line, body), (format!("POST /v1/peers/{key}/ban"), br#"{"seconds":90}"#.to_vec()));
    fake.document(home.path(), &["peers", "unban", &key]);
    assert_eq!(fake.lines().last().unwrap(), &format!("DELETE /v1/peers/{key}/ban"));
}
