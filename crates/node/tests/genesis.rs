//! The ceremony of a genesis, as people do it: plan, draft, entries, merge, verify.

use crate::cli::{althing, document, failure, text};
use althing_types::Address;
use serde_json::Value;
use std::{fs, path::PathBuf};
use tempfile::TempDir;

/// A folder in which everything happens.
struct Ceremony(TempDir);

impl Ceremony {
    /// With a plan, its draft, and the keys of four validators.
    fn new() -> Self {
        let new = Self(tempfile::tempdir().unwrap());
        let mut plan = text(&althing(new.0.path(), &["genesis", "plan"]).stdout);
        let mut account = 0u8;
        while let Some(at) = plan.find("REPLACE-") {
            let end = at + plan[at..].find('"').unwrap();
            account += 1;
            plan.replace_range(at..end, &Address::new([account; 20]).to_string());
        }
        fs::write(new.file("plan.toml"), plan).unwrap();
        fs::create_dir(new.file("entries")).unwrap();
        let [net, dev] = ["net", "dev.json"].map(|name| new.path(name));
        new.document(&["new", "--validators", "4", "--homes", &net, "--output", &dev]);
        new.document(&[
            "new",
            "--plan",
            &new.path("plan.toml"),
            "--output",
            &new.path("draft.json"),
        ]);
        new
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn path(&self, name: &str) -> String {
        self.file(name).to_str().unwrap().to_owned()
    }

    fn document(&self, arguments: &[&str]) -> Value {
        document(self.0.path(), &[&["genesis"], arguments].concat())
    }

    /// Exit code, stable name and sentence.
    fn failure(&self, arguments: &[&str]) -> (i32, String, String) {
        let (exit, error) = failure(self.0.path(), &[&["genesis"], arguments].concat());
        let field = |name: &str| error[name].as_str().unwrap().to_owned();
        (exit, field("code"), field("message"))
    }

    /// The arguments that make the entry of validator `index`, into `entries/`.
    fn entry(&self, index: u8, stake: &str) -> Vec<String> {
        let account = Address::new([100 + index; 20]).to_string();
        let (name, endpoint) = (format!("node {index}"), format!("n{index}.example:26600"));
        let output = self.path(&format!("entries/{index}.json"));
        let key = self.path(&format!("net/node{index}/validator.key"));
        let draft = self.path("draft.json");
        [
            ["entry", &draft, "--key", &key, "--account", &account, "--name", &name],
            ["--endpoint", &endpoint, "--stake", stake, "--commission", "7.5", "--output", &output],
        ]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect()
    }

    fn sign_all(&self) {
        for index in 0..4 {
            let arguments = self.entry(index, &format!("10000{index}"));
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let entry = &self.document(&arguments)["entry"]["validator"];
            assert_eq!(entry["commission"], 75_000);
        }
    }

    fn merge(&self, entries: &[&str], output: &str) -> Value {
        let entries: Vec<String> = entries.iter().map(|entry| self.path(entry)).collect();
        let [draft, plan, output] = ["draft.json", "plan.toml", output].map(|name| self.path(name));
        let mut arguments = vec!["merge", draft.as_str()];
        arguments.extend(entries.iter().map(String::as_str));
        arguments.extend(["--plan", &plan, "--output", &output]);
        self.document(&arguments)
    }
}

#[test]
fn a_ceremony_gives_the_same_genesis_to_everybody_and_a_billion_tokens() {
    let ceremony = Ceremony::new();
    ceremony.sign_all();
    let here = ceremony.merge(&["entries"], "here.json");
    let shuffled = ["entries/2.json", "entries/0.json", "entries/3.json", "entries/1.json"];
    let there = ceremony.merge(&shuffled, "there.json");
    assert_eq!(here, there);
    assert_eq!(here["supply"], "1000000000000000000000000000");
    assert_eq!(here["validators"], 4);
    let [file, entries, plan] =
        ["here.json", "entries", "plan.toml"].map(|name| ceremony.path(name));
    let verified = ceremony.document(&["verify", &file, "--entries", &entries, "--plan", &plan]);
    assert_eq!(verified["hash"], here["hash"]);
    assert_eq!(ceremony.document(&["hash", &file])["hash"], here["hash"]);
}

#[test]
fn what_nobody_signed_is_refused() {
    let ceremony = Ceremony::new();
    ceremony.sign_all();
    ceremony.merge(&["entries"], "genesis.json");
    let [file, entries] = ["genesis.json", "entries"].map(|name| ceremony.path(name));
    let verify = ["verify", file.as_str(), "--entries", &entries];
    let entry = ceremony.file("entries/1.json");
    let good = fs::read_to_string(&entry).unwrap();
    fs::write(&entry, good.replace("n1.example", "x1.example")).unwrap();
    let (exit, code, sentence) = ceremony.failure(&verify);
    assert_eq!((exit, code.as_str()), (6, "entry_bad_signature"));
    assert!(sentence.contains("node 1"), "{sentence}");
    fs::remove_file(&entry).unwrap();
    assert_eq!(ceremony.failure(&verify).1, "entry_not_signed");
    fs::write(&entry, &good).unwrap();
    fs::write(ceremony.file("entries/again.json"), &good).unwrap();
    assert_eq!(ceremony.failure(&verify).1, "entry_duplicate");
}

#[test]
fn an_entry_that_the_chain_would_refuse_is_not_written() {
    let ceremony = Ceremony::new();
    let arguments = ceremony.entry(0, "99999");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (exit, code, _) = ceremony.failure(&arguments);
    assert_eq!((exit, code.as_str()), (6, "genesis_stake_too_low"));
    assert!(!ceremony.file("entries/0.json").exists());
}

#[test]
fn a_plan_that_is_a_unit_off_is_refused_with_its_line() {
    let ceremony = Ceremony::new();
    let [plan, output] = ["plan.toml", "other.json"].map(|name| ceremony.path(name));
    let text = fs::read_to_string(&plan).unwrap();
    fs::write(&plan, text.replace("\"80000000\"", "\"80000000.000000000000000001\"")).unwrap();
    let (exit, code, sentence) = ceremony.failure(&["new", "--plan", &plan, "--output", &output]);
    assert_eq!((exit, code.as_str()), (6, "plan_field"));
    assert!(sentence.contains("line 21") && sentence.contains("share \"team\""), "{sentence}");
    assert!(sentence.contains("0.000000000000000001 more"), "{sentence}");
}

#[test]
fn a_genesis_that_leaves_its_plan_is_noticed() {
    let ceremony = Ceremony::new();
    ceremony.sign_all();
    ceremony.merge(&["entries"], "genesis.json");
    let [file, plan] = ["genesis.json", "plan.toml"].map(|name| ceremony.path(name));
    let account = Address::new([200; 20]).to_string();
    ceremony.document(&["add-account", &file, &account, "1"]);
    let (exit, code, _) = ceremony.failure(&["verify", &file, "--plan", &plan]);
    assert_eq!((exit, code.as_str()), (6, "plan_differs"));
}

#[test]
fn an_account_is_added_with_a_vesting_schedule() {
    let ceremony = Ceremony::new();
    let (file, account) = (ceremony.path("draft.json"), Address::new([200; 20]).to_string());
    let add = ["add-account", &file, &account, "5", "--vesting-end", "2031-01-15T12:00:00Z"];
    let early = [&add[..], &["--vesting-cliff", "2026-01-15T12:00:00Z"]].concat();
    assert_eq!(ceremony.failure(&early).1, "genesis_vesting");
    ceremony.document(&[&add[..], &["--vesting-cliff", "2028-01-15T12:00:00Z"]].concat());
    let genesis: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let added = genesis["allocations"].as_array().unwrap().iter();
    let added = added.clone().find(|entry| entry["address"] == account.as_str()).unwrap();
    assert_eq!(added["vesting"]["start"], genesis["genesis_time"]);
    assert_eq!(added["vesting"]["end"], 1_926_244_800_000u64);
}

#[test]
fn a_preset_has_the_parameters_of_its_network() {
    let home = tempfile::tempdir().unwrap();
    for (preset, epoch_length, schedule) in
        [("devnet", 100, "halving"), ("testnet", 600, "halving"), ("mainnet", 3_600, "target-apr")]
    {
        let path = home.path().join(preset);
        let output = path.to_str().unwrap();
        document(home.path(), &["genesis", "new", "--preset", preset, "--output", output]);
        let genesis: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(genesis["params"]["epoch_length"], epoch_length);
        assert_eq!(genesis["params"]["emission"]["schedule"]["type"], schedule);
        let reserve = (preset == "mainnet").then(|| "300000000000000000000000000".into());
        assert_eq!(genesis.get("reserve").cloned(), reserve);
    }
}
