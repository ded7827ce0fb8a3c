//! Tells the binary which commit it is built from.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=ALTHING_COMMIT");
    println!("cargo::rerun-if-changed=../../.git/logs/HEAD");
    if std::env::var_os("ALTHING_COMMIT").is_some() {
        return;
    }
    let output = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output();
    let Ok(output) = output else { return };
    let commit = String::from_utf8_lossy(&output.stdout);
    // Without a repository (a source archive) the commit stays unknown.
    if output.status.success() && !commit.trim().is_empty() {
        println!("cargo::rustc-env=ALTHING_COMMIT={}", commit.trim());
    }
}
