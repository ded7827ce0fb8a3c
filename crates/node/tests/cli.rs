//! Commands that need no node, and what is said when something is wrong.

use serde_json::Value;
use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

const BINARY: &str = env!("CARGO_BIN_EXE_althing");

/// Runs the program with a home folder of its own and nothing from the environment.
pub(crate) fn althing(home: &Path, arguments: &[&str]) -> Output {
    Command::new(BINARY)
        .args(arguments)
        .env_clear()
        .env("ALTHING_HOME", home)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The JSON document that a successful command prints.
pub(crate) fn document(home: &Path, arguments: &[&str]) -> Value {
    let output = althing(home, &[&["--json"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", text(&output.stdout)))
}

/// Exit code and JSON error of a command that fails, which prints nothing else.
pub(crate) fn failure(home: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = althing(home, &[&["--json"], arguments].concat());
    let error = serde_json::from_slice(&output.stderr)
        .unwrap_or_else(|_| panic!("{arguments:?}: {}", text(&output.stderr)));
    (output.status.code().unwrap(), error)
}

#[test]
fn version_commit_and_protocol_are_printed() {
    let home = tempfile::tempdir().unwrap();
    let output = althing(home.path(), &["version"]);
    assert!(output.status.success());
    assert!(text(&output.stdout).starts_with("althing "));
    let version = document(home.path(), &["version"]);
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    assert!(version["commit"].is_string() && version["protocol"].is_u64(), "{version}");
}

#[test]
fn the_reference_of_commands_is_what_the_program_says() {
    let home = tempfile::tempdir().unwrap();
    let output = althing(home.path(), &["reference"]);
    let written = include_str!("../../../docs/cli.md");
    let actual = text(&output.stdout);
    assert!(actual == written, "docs/cli.md is old: `althing reference > docs/cli.md` renews it");
}

#[test]
fn every_shell_gets_a_completion_script() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = althing(home.path(), &["completions", shell]);
        assert!(output.status.success(), "{shell}");
        assert!(text(&output.stdout).contains("broadcast"), "{shell}");
    }
}

#[test]
fn wrong_usage_ends_with_2_and_is_json_if_asked() {
    let home = tempfile::tempdir().unwrap();
    let cases: [&[&str]; 6] = [
        &["nonsense"],
        &["tx", "send", "dev:0"],
        &["tx", "send", "dev:0", "1.2.3"],
        &["tx", "send", "dev:0", "1", "--timeout", "soon"],
        &["query", "account", "dev:0", "--output", "x"],
        &["peers", "ban", "xyz"],
    ];
    for arguments in cases {
        let output = althing(home.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let (exit, error) = failure(home.path(), arguments);
        assert_eq!((exit, &error["code"]), (2, &"usage".into()), "{arguments:?}");
        let message = error["message"].as_str().unwrap();
        assert!(!message.is_empty() && !message.contains("Usage:"), "{message}");
    }
}

#[test]
fn help_is_no_failure_and_names_the_exit_codes() {
    let home = tempfile::tempdir().unwrap();
    let output = althing(home.path(), &["--help"]);
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("3 node unreachable"));
}

/// A key of `scheme` named like it; the arguments that unlock it.
fn key(home: &Path, scheme: &str) -> [String; 2] {
    let password = home.join("password");
    std::fs::write(&password, "correct horse\n").unwrap();
    let unlock = ["--password-file".to_owned(), password.to_str().unwrap().to_owned()];
    document(home, &["keys", "add", scheme, "--scheme", scheme, &unlock[0], &unlock[1]]);
    unlock
}

const DECIDED: [&str; 10] = [
    "--chain-id",
    "test-1",
    "--nonce",
    "0",
    "--gas-limit",
    "99000",
    "--gas-price",
    "7",
    "--valid-until",
    "500",
];

#[test]
fn every_scheme_builds_and_signs_without_a_node() {
    let home = tempfile::tempdir().unwrap();
    let unsigned = home.path().join("unsigned.json");
    let file = unsigned.to_str().unwrap();
    for (scheme, passkey) in
        [("ed25519", false), ("secp256r1", false), ("secp256r1", true), ("ml-dsa-65", false)]
    {
        if !passkey {
            key(home.path(), scheme);
        }
        let unlock = home.path().join("password");
        let unlock = ["--password-file", unlock.to_str().unwrap()];
        let build = ["tx", "build", "dev:1", "2.5", "--from", scheme, "--output", file];
        althing(home.path(), &[&build[..], &DECIDED].concat());
        let transaction: Value =
            serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let shown = document(home.path(), &["keys", "show", scheme]);
        assert_eq!(transaction["sender"], shown["address"]);
        let flag: &[&str] = if passkey { &["--passkey"] } else { &[] };
        let signed = document(home.path(), &[&["tx", "sign", file], flag, &unlock[..]].concat());
        let bytes = hex::decode(signed["transaction"].as_str().unwrap()).unwrap();
        let signed = althing_types::SignedTransaction::from_bytes(bytes.into()).unwrap();
        assert_eq!(signed.verify_signature(), Ok(()), "{scheme}");
        let assertion = matches!(signed.authorization(), althing_types::Authorization::WebAuthn(_));
        assert_eq!(assertion, passkey);
    }
}

#[test]
fn what_cannot_be_signed_is_refused_with_its_reason() {
    let home = tempfile::tempdir().unwrap();
    let unlock = key(home.path(), "ed25519");
    let file = home.path().join("unsigned.json");
    let file = file.to_str().unwrap();
    let build = ["tx", "build", "dev:1", "1", "--from", "ed25519", "--output", file];
    assert!(althing(home.path(), &[&build[..], &DECIDED].concat()).status.success());
    let wrong = home.path().join("wrong");
    std::fs::write(&wrong, "battery staple\n").unwrap();
    let garbage = home.path().join("garbage.json");
    std::fs::write(&garbage, "{}").unwrap();
    let cases: [(&[&str], i32, &str); 6] = [
        (&["tx", "sign", file], 7, "password_missing"),
        (
            &["tx", "sign", file, "--password-file", wrong.to_str().unwrap()],
            7,
            "key_wrong_password",
        ),
        (&["tx", "sign", file, "--from", "dev:3"], 7, "wrong_key"),
        (&["tx", "sign", file, "--passkey", &unlock[0], &unlock[1]], 2, "usage"),
        (&["tx", "sign", garbage.to_str().unwrap()], 2, "unsigned_transaction"),
        (&["tx", "sign", "missing.json"], 5, "io"),
    ];
    for (arguments, exit, code) in cases {
        let (actual, error) = failure(home.path(), arguments);
        assert_eq!((actual, &error["code"]), (exit, &code.into()), "{arguments:?}: {error}");
    }
}
