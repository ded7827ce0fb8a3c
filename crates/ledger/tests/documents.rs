//! The pages about self-government name the test of each transition: none that does not exist, and
//! nothing that can be refused or can end is left out.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use althing_types::{
    governance::{
        ChangeEnd, DisbursementReason, DisbursementState, Rejection, UpgradeEnd, UpgradeFailure,
    },
    network::{RollbackReason, SpecStatus},
};
use std::{collections::BTreeSet, fs, path::Path};

/// Modules whose errors have a row each.
const MODULES: [&str; 5] = ["governance", "network", "safety", "treasury", "upgrade"];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs/modules").join(name)).unwrap()
}

/// Adds the names of all functions in the Rust files of a folder.
fn functions(folder: &Path, out: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, out);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn "));
            out.extend(names.filter_map(|rest| rest.split(['(', '<']).next().map(str::to_owned)));
        }
    }
}

/// What a page has between backticks in its tables.
fn quoted(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The names of the codes in the errors of a module.
fn codes(module: &str) -> BTreeSet<String> {
    let path = format!("{}/src/modules/{module}/error.rs", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).unwrap();
    let constants = text.split("codes::").skip(1);
    let name = |rest: &str| {
        let end = rest.find(|sign: char| !sign.is_ascii_uppercase() && sign != '_');
        rest[..end.unwrap_or(rest.len())].to_lowercase()
    };
    constants.map(name).filter(|name| !name.is_empty()).collect()
}

#[test]
fn every_test_that_a_page_names_exists() {
    let mut known = BTreeSet::new();
    for crate_name in ["engine", "ledger"] {
        for part in ["src", "tests"] {
            functions(&root().join("crates").join(crate_name).join(part), &mut known);
        }
    }
    let codes: BTreeSet<String> = MODULES.into_iter().flat_map(codes).collect();
    // A test is a fact in many words; what has fewer is a code or a field.
    let is_test = |word: &&String| {
        word.matches('_').count() >= 3
            && word.chars().all(|sign| sign.is_ascii_lowercase() || sign == '_')
            && !codes.contains(*word)
    };
    let mut named = 0;
    for name in MODULES {
        for test in quoted(&page(&format!("{name}.md"))).iter().filter(is_test) {
            assert!(known.contains(test), "docs/modules/{name}.md names {test}: there is none");
            named += 1;
        }
    }
    assert!(named > 150, "only {named} tests were found: the tables have another form");
}

#[test]
fn every_error_of_self_government_has_a_row() {
    let rows = quoted(&page("governance.md"));
    for module in MODULES {
        let codes = codes(module);
        assert!(codes.len() >= 4, "{module}: {codes:?}");
        for code in codes {
            assert!(rows.contains(&code), "docs/modules/governance.md has no row for {code}");
        }
    }
}

#[test]
fn every_end_and_every_reason_has_a_row() {
    let page = page("governance.md");
    let text = page.split("## Every transition").nth(1).unwrap();
    let mut names: Vec<&str> = Vec::new();
    names.extend(Rejection::ALL.iter().map(|reason| reason.name()));
    names.extend(DisbursementState::ALL.iter().map(|state| state.name()));
    let reasons = DisbursementReason::ALL.iter().filter(|why| **why != DisbursementReason::Planned);
    names.extend(reasons.map(|reason| reason.name()));
    names.extend(RollbackReason::ALL.iter().map(|reason| reason.name()));
    names.extend(SpecStatus::ALL.iter().map(|status| status.name()));
    names.extend(UpgradeEnd::ALL.iter().map(|end| end.name()));
    names.extend(UpgradeFailure::ALL.iter().map(|why| why.name()));
    names.extend(ChangeEnd::ALL.iter().map(|end| end.name()));
    names.extend(["waiting", "voting", "queued", "enacted", "rejected", "failed", "cancelled"]);
    for name in names {
        assert!(text.contains(name), "docs/modules/governance.md has no row for {name}");
    }
}
