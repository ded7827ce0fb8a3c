//! Proposals and votes as people make them: the real binary on a development network whose epochs and
//! votes are short.

use crate::{
    cli::text,
    network::{Network, free_home},
};
use althing_types::Address;
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Votes of two epochs, which take some seconds: as long as somebody needs to vote.
const QUICK: [&str; 18] = [
    "--block-time",
    "80ms",
    "--epoch-length",
    "20",
    "--param",
    "governance.standard.voting=35blocks",
    "--param",
    "governance.standard.delay=1block",
    "--param",
    "governance.important.voting=95blocks",
    "--param",
    "governance.important.delay=1block",
    "--param",
    "treasury.rollback_window=5blocks",
    "--param",
    "treasury.retry=5blocks",
    "--validators",
    "1",
];

/// A network, and the folder of who uses it.
pub(crate) struct World {
    network: Network,
    pub(crate) home: tempfile::TempDir,
}

impl World {
    fn start() -> Self {
        Self::with(&[])
    }

    /// With further options of `althing dev`.
    pub(crate) fn with(options: &[&str]) -> Self {
        Self { network: Network::start(&[&QUICK[..], options].concat()), home: free_home() }
    }

    pub(crate) fn ask(&self, arguments: &[&str]) -> Value {
        self.network.json(self.home.path(), arguments)
    }

    pub(crate) fn human(&self, arguments: &[&str]) -> String {
        let output = self.network.cli(self.home.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// The exit code and the document on standard error.
    pub(crate) fn refusal(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.network.cli(self.home.path(), &[&["--json"], arguments].concat());
        let error = text(&output.stderr);
        let error = error.lines().last().unwrap_or_default();
        let error = serde_json::from_str(error).unwrap_or_else(|_| panic!("{error}"));
        (output.status.code().unwrap(), error)
    }

    /// Sends, and waits until it did what it asked for.
    pub(crate) fn transact(&self, from: &str, arguments: &[&str]) -> Value {
        let all = [arguments, &["--from", from, "--yes", "--wait"]].concat();
        let done = self.ask(&all);
        assert_eq!((&done["status"], &done["success"]), (&"finalized".into(), &true.into()));
        done
    }

    fn submit(&self, from: &str, arguments: &[&str]) -> Value {
        self.transact(from, &[&["gov"], arguments].concat())
    }

    /// Proposes, and returns the number.
    pub(crate) fn propose(&self, arguments: &[&str]) -> u64 {
        let done = self.submit("dev:0", &[&["propose"], arguments].concat());
        let events = done["events"].as_array().unwrap();
        let event = events.iter().find(|event| event["type"] == "proposal-submitted").unwrap();
        event["proposal"].as_u64().unwrap()
    }

    pub(crate) fn until(&self, what: &str, mut is: impl FnMut(&Self) -> bool) {
        let limit = Instant::now() + Duration::from_secs(120);
        while !is(self) {
            assert!(Instant::now() < limit, "{what} did not come");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub(crate) fn until_status(&self, proposal: u64, status: &str) {
        let number = proposal.to_string();
        self.until(&format!("{status} of {proposal}"), |world| {
            world.ask(&["gov", "show", &number])["status"] == status
        });
    }

    /// The validator says yes as soon as the vote has begun.
    pub(crate) fn approve(&self, proposal: u64) {
        self.until_status(proposal, "voting");
        let number = proposal.to_string();
        self.submit("dev-operator:0", &["vote", &number, "yes", "--validator"]);
    }

    pub(crate) fn write(&self, name: &str, value: &Value) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, format!("{value:#}")).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

pub(crate) fn example(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/governance");
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn a_parameter_is_proposed_voted_on_and_changed_and_its_history_is_kept() {
    let world = World::start();
    let set = ["params", "--set", "staking.min_delegation=50CPC"];
    let tried = [&["gov", "propose"], &set[..], &["--from", "dev:0", "--dry-run"]].concat();
    let shown = world.human(&tried);
    for expected in [
        "100 CPC → 50 CPC",
        "those who stake, by their stake",
        "33 % of all stake takes part, and 51 %",
        "35 blocks, about from block",
        "1 block after that",
        "100 CPC, which comes back",
        "success",
    ] {
        assert!(shown.contains(expected), "{expected}:\n{shown}");
    }
    let plan = world.ask(&tried)["plan"].clone();
    assert_eq!(plan["way"]["houses"], json!({ "stake": true, "validators": false }));
    assert_eq!(plan["changes"][0]["to"]["value"], "50000000000000000000");
    let number = world.propose(&set);
    let text = number.to_string();
    world.until_status(number, "voting");
    let page = world.human(&["gov", "tally", &text]);
    assert!(page.contains("would be rejected (no-quorum)") && page.contains("needs:"), "{page}");
    world.approve(number);
    let page = world.human(&["gov", "tally", &text, "--watch", "--every", "100ms"]);
    assert!(page.contains("accepted"), "{page}");
    world.until_status(number, "enacted");
    let value = world.ask(&["gov", "params", "staking.min_delegation"]);
    assert_eq!(value["value"], "50000000000000000000");
    let history = world.ask(&["gov", "params", "staking.min_delegation", "--history"]);
    assert_eq!(history["changes"][0]["proposal"], number);
    let shown = world.human(&["gov", "show", &text]);
    for expected in ["Change staking.min_delegation", "validator-0", "enacted", "yes"] {
        assert!(shown.contains(expected), "{expected}:\n{shown}");
    }
    let listed = world.human(&["gov", "list", "--status", "enacted"]);
    assert!(listed.contains("Change staking.min_delegation"), "{listed}");
    // What was voted on is not any more.
    let again = world.write("again.json", &example("parameter_change.json"));
    let arguments = ["gov", "propose", "--file", &again, "--from", "dev:0", "--yes"];
    let (exit, error) = world.refusal(&arguments);
    assert_eq!((exit, &error["code"]), (4, &"parameter_changed".into()), "{error}");
    let output = world.network.cli(
        world.home.path(),
        &["gov", "propose", "--file", &again, "--from", "dev:0", "--dry-run"],
    );
    assert!(crate::cli::text(&output.stdout).contains("but now it is 50 CPC"));
}

#[test]
fn the_override_is_used_by_its_members_and_everybody_sees_how_it_stands() {
    let world = World::with(&["--override", "2/3"]);
    let status = || world.ask(&["gov", "override", "status"]);
    let before = status();
    let held = &before["override"];
    assert_eq!((&held["needed"], held["members"].as_array().unwrap().len()), (&json!(2), 3));
    assert_eq!((&before["events"], &held["calls"]), (&json!([]), &json!([])));
    let call = ["override", "7", "pause-treasury", "50blocks"];
    world.submit("dev:0", &call);
    let waits = status();
    let waiting = &waits["override"]["calls"][0];
    assert_eq!((&waiting["call"], &waiting["missing"]), (&json!(7), &json!(1)), "{waits}");
    let page = world.human(&["gov", "override", "status"]);
    for expected in ["2 of 3 members", "the treasury pays nothing for 50 blocks", "approves"] {
        assert!(page.contains(expected), "{expected}:\n{page}");
    }
    world.submit("dev:1", &call);
    let used = status();
    assert_eq!((&used["override"]["used"], &used["changes"][0]["change"]), (&json!(1), &json!(1)));
    let page = world.human(&["gov", "treasury", "status"]);
    assert!(page.contains("PAUSED") && page.contains("earned in this epoch"), "{page}");
    world.until("the index", |world| {
        let all = world.ask(&["gov", "override", "status"]);
        all["events"].as_array().unwrap().iter().any(|it| it["event"]["type"] == "override-used")
    });
    // Rules and ratification are proposed by command.
    let ratify = ["gov", "propose", "ratify", "1", "--from", "dev:2", "--dry-run"];
    let shown = world.human(&ratify);
    assert!(shown.contains("change 1: pause-treasury") && shown.contains("success"), "{shown}");
    let (exit, error) = world.refusal(&["gov", "propose", "ratify", "9", "--from", "dev:2"]);
    assert_eq!((exit, &error["code"]), (5, &"nothing_to_override".into()), "{error}");
    let rules = ["gov", "propose", "safety-rules", "--forbid", "set-spec", "--uses", "3"];
    let shown = world.human(&[&rules[..], &["--from", "dev:2", "--dry-run"]].concat());
    assert!(shown.contains("success") && !shown.contains("set-spec"), "{shown}");
    let abolish = ["gov", "propose", "safety-rules", "--abolish", "--from", "dev:2", "--dry-run"];
    assert!(world.human(&abolish).contains("for good"));
    let nothing = ["gov", "propose", "safety-rules", "--from", "dev:2"];
    assert_eq!(world.refusal(&nothing).0, 2);
    // One view of upgrades under two names, and its history.
    let upgrade = world.ask(&["upgrade", "status"]);
    assert_eq!(upgrade["upgrade"]["version"], world.ask(&["gov", "upgrade"])["upgrade"]["version"]);
    assert_eq!(world.ask(&["upgrade", "history"])["events"], json!([]));
    assert_eq!(world.ask(&["gov", "network", "events"])["events"], json!([]));
    let income = world.ask(&["gov", "treasury", "income"]);
    assert!(income["events"].is_array(), "{income}");
}

#[test]
fn a_text_can_be_taken_back_and_what_cannot_happen_is_refused_with_its_reason() {
    let world = World::start();
    let number = world.propose(&["text", "Meet in Reykjavik", "--criticality", "important"]);
    let text = number.to_string();
    world.until_status(number, "voting");
    let cases: [(&[&str], i32, &str); 9] = [
        (&["gov", "vote", &text, "yes", "--from", "dev:1", "--yes"], 4, "no_voting_power"),
        (&["gov", "vote", &text, "yes=60,no=50", "--from", "dev:1"], 2, "usage"),
        (&["gov", "vote", "99", "yes", "--from", "dev:1", "--yes"], 4, "unknown_proposal"),
        (&["gov", "vote", &text, "yes", "--validator", "--from", "dev:1"], 5, "not_operator"),
        (&["gov", "cancel", &text, "--from", "dev:1", "--yes"], 4, "not_proposer"),
        (&["gov", "show", "99"], 5, "proposal_not_found"),
        (&["gov", "params", "staking.min_stakes"], 5, "parameter_unknown"),
        (
            &["gov", "propose", "params", "--set", "governance.quorum=0.1%", "--from", "dev:0"],
            4,
            "parameter_bounds",
        ),
        (
            &[
                "gov",
                "propose",
                "params",
                "--set",
                "governance.quorum=40%",
                "--criticality",
                "standard",
                "--from",
                "dev:0",
            ],
            4,
            "wrong_criticality",
        ),
    ];
    for (arguments, exit, code) in cases {
        let (ended, error) = world.refusal(arguments);
        assert_eq!((ended, &error["code"]), (exit, &code.into()), "{arguments:?}: {error}");
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
    world.submit("dev:0", &["cancel", &text]);
    assert_eq!(world.ask(&["gov", "show", &text])["status"], "cancelled");
    let (exit, error) = world.refusal(&["gov", "vote", &text, "yes", "--from", "dev:1", "--yes"]);
    assert_eq!((exit, &error["code"]), (4, &"not_voting".into()), "{error}");
}

#[test]
fn a_payment_waits_for_the_one_that_it_depends_on_and_both_are_paid_once() {
    let world = World::start();
    let treasury = Address::of_module("treasury").to_string();
    world.ask(&["tx", "send", &treasury, "5000", "--from", "dev:1", "--yes", "--wait"]);
    let first = world.propose(&["treasury", "--pay", "dev:5=300", "--purpose", "Planks"]);
    let dep = first.to_string();
    let mut file = example("treasury_disbursement.json");
    let to = world.ask(&["state", "account", "dev:6"])["address"].clone();
    file["action"]["deps"] = json!([first]);
    file["action"]["payments"] = json!([
        { "to": to, "amount": "200000000000000000000" },
        { "to": to, "amount": "100000000000000000000", "milestone": { "blocks": 10, "ms": 0 } },
    ]);
    let path = world.write("bridge.json", &file);
    let done = world.submit("dev:0", &["treasury", "submit", &path]);
    let second = done["events"].as_array().unwrap().iter().find_map(|event| {
        (event["type"] == "proposal-submitted").then(|| event["proposal"].as_u64().unwrap())
    });
    let second = second.unwrap();
    // The second is accepted before the first, and waits for it.
    world.approve(second);
    let number = second.to_string();
    let state = |world: &World, number: &str| {
        world.ask(&["gov", "treasury", "status", number])["state"].clone()
    };
    world.approve(first);
    world.until("the end of both", |world| {
        state(world, &dep) == "finalized" && state(world, &number) == "finalized"
    });
    for (account, tokens) in [("dev:5", "1000300"), ("dev:6", "1000300")] {
        let balance = world.ask(&["query", "balance", account]);
        assert_eq!(balance["balance"], format!("{tokens}000000000000000000"), "{account}");
    }
    let shown = world.human(&["gov", "treasury", "status", &number]);
    for expected in ["finalized", "timelocked", "planned", "300 CPC", "A bridge over"] {
        assert!(shown.contains(expected), "{expected}:\n{shown}");
    }
    let all = world.human(&["gov", "treasury", "status"]);
    assert!(all.contains("600 CPC") && all.contains("Planks"), "{all}");
    let exported = world.ask(&["gov", "treasury", "export"]);
    let one = world.ask(&["gov", "treasury", "export", &number]);
    assert_eq!(exported["disbursements"][1]["payments"], one["payments"]);
    let (exit, error) =
        world.refusal(&["gov", "treasury", "execute", &number, "--from", "dev:1", "--yes"]);
    assert_eq!((exit, &error["code"]), (4, &"wrong_state".into()), "{error}");
    let circle =
        ["gov", "propose", "treasury", "--pay", "dev:5=1", "--dep", "3", "--from", "dev:0"];
    let (exit, error) = world.refusal(&circle);
    assert_eq!((exit, &error["code"]), (4, &"circular_dependency".into()), "{error}");
}

#[test]
fn a_file_with_an_unknown_field_is_refused_with_its_line_before_anything_is_sent() {
    let home = free_home();
    let path = home.path().join("x.json");
    let file = example("parameter_change.json");
    let text = format!("{file:#}").replacen("\"title\"", "\"tittle\": \"\",\n\"title\"", 1);
    std::fs::write(&path, text).unwrap();
    let arguments = ["gov", "propose", "--file", path.to_str().unwrap(), "--from", "dev:0"];
    let (exit, error) = crate::cli::failure(home.path(), &arguments);
    assert_eq!((exit, &error["code"]), (2, &"payload_file".into()), "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(": line ") && message.contains("tittle"), "{message}");
    let (exit, error) = crate::cli::failure(home.path(), &["gov", "propose"]);
    assert_eq!((exit, &error["code"]), (2, &"usage".into()), "{error}");
}
