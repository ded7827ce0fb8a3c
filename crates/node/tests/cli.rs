//! Commands that need no node.

use std::process::Command;

#[test]
fn version_is_printed() {
    let output = Command::new(env!("CARGO_BIN_EXE_althing")).arg("version").output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("althing "));
}

#[test]
fn the_reference_of_commands_is_what_the_program_says() {
    let output = Command::new(env!("CARGO_BIN_EXE_althing")).arg("reference").output().unwrap();
    let written = include_str!("../../../docs/cli.md");
    let actual = String::from_utf8(output.stdout).unwrap();
    assert!(actual == written, "docs/cli.md is old: `althing reference > docs/cli.md` renews it");
}
