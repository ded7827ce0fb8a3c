//! A development network as its users meet it: the real binary, its output, its HTTP API.

use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

const BINARY: &str = env!("CARGO_BIN_EXE_althing");

/// A running `althing dev`. Killed when dropped.
pub(crate) struct Network {
    process: Child,
    url: String,
    ready: Value,
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn free_home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Network {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let api = format!("127.0.0.1:{}", free_port());
        let mut process = Command::new(BINARY)
            .args(["--json", "dev", "--api", &api])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not ready: {line:?}"));
        Self { process, url: format!("http://{api}"), ready }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    pub(crate) fn cli(&self, home: &Path, arguments: &[&str]) -> Output {
        Command::new(BINARY)
            .args(["--node", &self.url, "--home", home.to_str().unwrap()])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    pub(crate) fn json(&self, home: &Path, arguments: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend_from_slice(arguments);
        let output = self.cli(home, &all);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {err}");
        serde_json::from_str(out.lines().last().unwrap_or("")).unwrap_or_else(|_| panic!("{out}"))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn the_ready_line_names_the_api_the_chain_and_funded_accounts() {
    let network = Network::start(&["--accounts", "3"]);
    assert_eq!(network.ready["api"], network.url);
    assert_eq!(network.ready["chain_id"], "cpc-devnet-1");
    let accounts = network.ready["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 3);
    assert!(accounts[0]["address"].as_str().unwrap().starts_with("cpc1"));
    assert_eq!(accounts[0]["secret"].as_str().unwrap().len(), 64);
    let home = tempfile::tempdir().unwrap();
    let tip = network.json(home.path(), &["state", "tip"]);
    assert!(tip["height"].as_u64().unwrap() >= 1);
}

#[test]
fn keys_of_every_scheme_receive_and_send_and_prove_it() {
    let network = Network::start(&[]);
    let home = tempfile::tempdir().unwrap();
    let password = home.path().join("password");
    std::fs::write(&password, "correct horse\n").unwrap();
    let password = password.to_str().unwrap();
    let genesis = home.path().join("genesis.json");
    let shown = network.json(home.path(), &["query", "genesis"]);
    std::fs::write(&genesis, shown.to_string()).unwrap();
    for scheme in ["ed25519", "secp256r1", "ml-dsa-65"] {
        let secured = ["--password-file", password];
        let mut arguments = vec!["keys", "add", scheme, "--scheme", scheme];
        arguments.extend_from_slice(&secured);
        network.json(home.path(), &arguments);
        let paid = ["tx", "send", "--from", "dev:0", scheme, "5", "--yes", "--wait"];
        assert_eq!(network.json(home.path(), &paid)["status"], "finalized");
        let mut arguments = vec!["tx", "send", "--from", scheme, "dev:1", "2", "--yes", "--wait"];
        arguments.extend_from_slice(&secured);
        let sent = network.json(home.path(), &arguments);
        assert_eq!((&sent["status"], &sent["success"]), (&"finalized".into(), &true.into()));

        let hash = sent["hash"].as_str().unwrap();
        let bundle = network.json(home.path(), &["query", "tx", hash, "--proof"]);
        let file = home.path().join("bundle.json");
        std::fs::write(&file, bundle.to_string()).unwrap();
        let genesis = genesis.to_str().unwrap();
        let check = ["verify", "--genesis", genesis, file.to_str().unwrap()];
        let output = network.cli(home.path(), &check);
        assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
        let account = network.json(home.path(), &["query", "account", scheme, "--proof"]);
        std::fs::write(&file, account.to_string()).unwrap();
        let output = network.cli(home.path(), &check);
        assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
        let mut forged = account.clone();
        let value = account["value"].as_str().unwrap();
        let last = if value.ends_with('0') { "1" } else { "0" };
        forged["value"] = format!("{}{last}", &value[..value.len() - 1]).into();
        std::fs::write(&file, forged.to_string()).unwrap();
        assert_eq!(code(&network.cli(home.path(), &check)), Some(6));
    }
}

#[test]
fn what_cannot_be_done_is_said_with_a_code_and_changes_nothing() {
    let network = Network::start(&["--accounts", "2"]);
    let home = tempfile::tempdir().unwrap();
    let cases: [(&[&str], i32, &str); 6] = [
        (
            &["tx", "send", "--from", "dev:0", "dev:1", "99999999", "--yes"],
            4,
            "insufficient_balance",
        ),
        (&["tx", "send", "--from", "dev:0", "nobody", "1", "--yes"], 2, "bad_address"),
        (&["tx", "send", "--from", "dev:0", "dev:1", "1"], 2, "usage"),
        (&["tx", "status", "zz"], 2, "usage"),
        (&["tx", "status", &"ab".repeat(32)], 5, "transaction_not_found"),
        (&["query", "block", "99999999"], 5, "block_not_found"),
    ];
    for (arguments, exit, name) in cases {
        let mut all = vec!["--json"];
        all.extend_from_slice(arguments);
        let output = network.cli(home.path(), &all);
        let error: Value = serde_json::from_slice(&output.stderr)
            .unwrap_or_else(|_| panic!("{arguments:?}: {}", text(&output.stderr)));
        assert_eq!((code(&output), &error["code"]), (Some(exit), &name.into()), "{error}");
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
    let account = network.json(home.path(), &["state", "account", "dev:0"]);
    assert_eq!(account["nonce"], 0);
}

#[test]
fn a_taken_port_and_a_silent_node_are_clear_errors() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(BINARY).args(["dev", "--api", &address]).output().unwrap();
    assert_eq!(code(&output), Some(1));
    assert!(text(&output.stderr).contains("--api"), "{}", text(&output.stderr));
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let output = Command::new(BINARY).args(["--node", &nobody, "state", "tip"]).output().unwrap();
    assert_eq!(code(&output), Some(3));
    assert!(text(&output.stderr).contains("althing dev"), "{}", text(&output.stderr));
}

#[test]
fn a_stopped_network_goes_on_where_it_was_and_reset_starts_over() {
    let data = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    let folder = data.path().to_str().unwrap();
    let mut network = Network::start(&["--data-dir", folder]);
    network.json(home.path(), &["tx", "send", "--from", "dev:0", "dev:1", "3", "--yes", "--wait"]);
    network.signal("-TERM");
    assert_eq!(network.process.wait().unwrap().code(), Some(0));
    drop(network);
    let network = Network::start(&["--data-dir", folder]);
    let account = network.json(home.path(), &["state", "account", "dev:0"]);
    assert_eq!(account["nonce"], 1);
    drop(network);
    let network = Network::start(&["--data-dir", folder, "--reset"]);
    let account = network.json(home.path(), &["state", "account", "dev:0"]);
    assert_eq!(account["nonce"], 0);
}

#[test]
fn nothing_that_was_final_is_lost_by_kill_minus_9() {
    let data = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    let folder = data.path().to_str().unwrap();
    let mut acknowledged: Vec<(String, u64)> = Vec::new();
    let mut height = 0;
    for round in 0..6_u64 {
        let network = Network::start(&["--data-dir", folder, "--block-time", "50ms"]);
        let tip = network.json(home.path(), &["state", "tip"]);
        assert!(tip["height"].as_u64().unwrap() >= height, "round {round}: {tip} < {height}");
        for (hash, at) in &acknowledged {
            let found = network.json(home.path(), &["tx", "status", hash]);
            assert_eq!(found["status"], "finalized", "round {round}: {found}");
            assert_eq!(found["height"].as_u64(), Some(*at), "round {round}");
        }
        let until = Instant::now() + Duration::from_millis(300 + 97 * round);
        while Instant::now() < until {
            let send = ["tx", "send", "--from", "dev:0", "dev:1", "1", "--yes", "--wait"];
            let sent = network.json(home.path(), &send);
            height = sent["height"].as_u64().unwrap();
            acknowledged.push((sent["hash"].as_str().unwrap().to_owned(), height));
        }
        network.signal("-KILL");
    }
    let network = Network::start(&["--data-dir", folder]);
    let account = network.json(home.path(), &["state", "account", "dev:0"]);
    assert_eq!(account["nonce"].as_u64(), Some(acknowledged.len() as u64));
}
