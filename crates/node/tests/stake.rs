//! Commands of stake, against a server that answers from a table.

use crate::{
    cli::document,
    cli_online::{Fake, Table, receipt},
};
use althing_types::{
    ChainParams, Payload, SignedTransaction, ValidatorKey,
    message::{Delegate, Possession, Stake, UpdateValidator},
};
use serde_json::{Value, json};
use std::path::Path;

const KEYS: [&str; 3] = [
    "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c",
    "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
    "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394",
];

fn validator(index: usize, name: &str) -> Value {
    json!({
        "rank": index + 1, "key": KEYS[index], "name": name, "status": "active",
        "operator": "cpc1zh2kmzu6edzdvep0pyz3zq77ehugmkp7j9pcyt", "tokens": "5000000000000000000000",
        "pending": "250000000000000000000", "own_stake": "1000000000000000000000",
        "share": 250_000, "commission": 50_000, "score": 987_500, "registry_score": 1_000_000,
        "jailed_until": if index == 1 { json!({ "height": 376, "time": 5 }) } else { Value::Null },
    })
}

/// A node with three validators, two of which have names that differ in case only.
fn node() -> Fake {
    let money = |amount: &str| json!({ "amount": amount, "amount_display": "x" });
    let page = json!({ "height": 40, "epoch": 0, "members": 3, "quorum": 3, "total": 3,
        "bonded": "15000000000000000000000",
        "validators": [validator(0, "north"), validator(1, "Twin"), validator(2, "twin")] });
    let economics = json!({
        "block_time_ms": 1_000, "blocks_per_year": 31_536_000, "epoch_length": 100,
        "blocks_to_epoch_end": 59, "members": 3, "delegator_rate": 84_000, "profitable": true,
        "commission_rate": 50_000, "operator_income": money("7000000000000000000"),
        "break_even_commission": 12_000,
    });
    let one = |index: usize, name: &str| (200, validator(index, name));
    let mut table: Table = vec![
        ("GET /v1/validators?", 200, page),
        ("GET /v1/economics", 200, economics),
        ("GET /v1/params", 200, serde_json::to_value(ChainParams::devnet()).unwrap()),
        (
            "GET /v1/status",
            200,
            json!({ "chain_id": "test-1", "genesis_hash": "ab", "height": 40, "block_time_ms": 9,
                "network_height": 40, "epoch": 0, "peers": 3, "mempool_transactions": 1,
                "ready": true }),
        ),
        (
            "GET /v1/accounts/",
            200,
            json!({ "height": 40, "exists": true, "balance": "5000000000000000000000",
                "nonce": 3, "pending_nonce": 4 }),
        ),
        (
            "GET /v1/fees",
            200,
            json!({ "height": 40, "min_gas_price": 1,
                "gas_price": { "slow": 1, "normal": 2, "fast": 3 } }),
        ),
        (
            "POST /v1/transactions/simulate",
            200,
            json!({ "height": 40, "valid": true, "receipt": receipt(true) }),
        ),
        ("POST /v1/transactions", 202, json!({ "hash": "cd".repeat(32), "status": "pending" })),
    ];
    let (status, body) = one(0, "north");
    table.push(("GET /v1/validators/ea4a", status, body.clone()));
    // The operator of `north`.
    table.push(("GET /v1/validators/cpc1", status, body));
    Fake::start(table)
}

/// What the last dry run asked for.
fn tried(fake: &Fake) -> Payload {
    let requests = fake.requests.lock().unwrap();
    let (_, body) = requests.iter().rfind(|(line, _)| line.ends_with("/simulate")).unwrap();
    SignedTransaction::from_bytes(body.clone().into()).unwrap().body().payload.clone()
}

#[test]
fn a_delegation_says_when_it_counts_what_it_earns_and_how_it_is_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let fake = node();
    let arguments = ["tx", "delegate", "NORTH", "250", "--from", "dev:0", "--dry-run"];
    let text = fake.human(home.path(), &arguments);
    for expected in [
        "north (ea4a6c63…d22c)",
        "active, commission 5 %, performance 98.75 %",
        "from epoch 1 on, in 60 blocks, about 1m",
        "about 21 TST a year (8.4 %)",
        "in about 1m 40s, at block 140",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let notes = fake.document(home.path(), &arguments)["notes"].clone();
    assert_eq!(notes["amount"], "250 TST");
    let Payload::Delegate(Delegate { validator, amount }) = tried(&fake) else { panic!("no") };
    assert_eq!((validator.to_string().as_str(), amount.to_tokens().as_str()), (KEYS[0], "250"));
}

#[test]
fn a_validator_is_named_by_key_or_by_a_name_of_its_own() {
    let home = tempfile::tempdir().unwrap();
    let fake = node();
    let delegate = |name| ["tx", "delegate", name, "250", "--from", "dev:0", "--dry-run"];
    for (name, key) in [(KEYS[0], 0), ("north", 0), ("Twin", 1), ("twin", 2)] {
        fake.document(home.path(), &delegate(name));
        let Payload::Delegate(message) = tried(&fake) else { panic!("no delegation") };
        assert_eq!(message.validator.to_string(), KEYS[key], "{name}");
    }
    let (exit, error) = fake.failure(home.path(), &delegate("TWIN"));
    assert_eq!((exit, &error["code"]), (2, &"usage".into()));
    assert!(error["message"].as_str().unwrap().contains(KEYS[2]), "{error}");
    let (exit, error) = fake.failure(home.path(), &delegate("nobody"));
    assert_eq!((exit, &error["code"]), (5, &"validator_not_found".into()));
}

#[test]
fn registering_proves_that_the_sender_holds_the_consensus_key() {
    let home = tempfile::tempdir().unwrap();
    document(home.path(), &["init"]);
    let fake = node();
    let register = [
        "tx",
        "stake",
        "5000",
        "--from",
        "dev:0",
        "--name",
        "south",
        "--endpoint",
        "s.example:1",
        "--commission",
        "7.5%",
        "--dry-run",
    ];
    let text = fake.human(home.path(), &register);
    for expected in ["7.5 %", "from epoch 2 on, in 160 blocks", "1 TST to its node's account"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let Payload::Stake(Stake { validator, registration, .. }) = tried(&fake) else { panic!("no") };
    let registration = registration.unwrap();
    assert_eq!(registration.commission.get(), 75_000);
    let operator = "cpc1zh2kmzu6edzdvep0pyz3zq77ehugmkp7j9pcyt".parse().unwrap();
    let possession = Possession { chain: "test-1".parse().unwrap(), operator };
    assert!(possession.verify(&validator, &registration.possession));
    let (exit, _) = fake.failure(home.path(), &["tx", "stake", "5", "--name", "no-endpoint"]);
    assert_eq!(exit, 2);
}

#[test]
fn an_operator_adds_to_its_own_validator_and_changes_it() {
    let home = tempfile::tempdir().unwrap();
    let fake = node();
    fake.document(home.path(), &["tx", "stake", "50", "--from", "dev:0", "--dry-run"]);
    let Payload::Stake(Stake { validator, registration: None, .. }) = tried(&fake) else {
        panic!("no plain stake")
    };
    assert_eq!(validator, KEYS[0].parse::<ValidatorKey>().unwrap());
    let change = ["tx", "update-validator", "--commission", "6%", "--from", "dev:0", "--dry-run"];
    let text = fake.human(home.path(), &change);
    assert!(text.contains("5 %, then 6 %"), "{text}");
    let Payload::UpdateValidator(update) = tried(&fake) else { panic!("no update") };
    let commission = althing_types::Ppm::new(60_000);
    assert_eq!(update, UpdateValidator { commission, ..UpdateValidator::default() });
    let nothing = ["tx", "update-validator", "--from", "dev:0"];
    assert_eq!(fake.failure(home.path(), &nothing).0, 2);
}

#[test]
fn a_node_speaks_for_itself_with_the_consensus_key() {
    let home = tempfile::tempdir().unwrap();
    document(home.path(), &["init"]);
    let fake = node();
    let register = ["validators", "register", "--region", "eu-north", "--dry-run"];
    fake.document(home.path(), &register);
    let Payload::RegisterNode(message) = tried(&fake) else { panic!("no registration") };
    assert_eq!(message.region.as_str(), "eu-north");
    fake.document(home.path(), &["validators", "heartbeat", "--yes"]);
    let requests = fake.requests.lock().unwrap();
    let (line, body) = requests.last().unwrap();
    assert_eq!(line, "POST /v1/transactions");
    let signed = SignedTransaction::from_bytes(body.clone().into()).unwrap();
    let Payload::Heartbeat(beat) = &signed.body().payload else { panic!("no heartbeat") };
    assert_eq!((beat.health.height.get(), beat.health.peers), (40, 3));
    assert_eq!(signed.verify_signature(), Ok(()));
    assert_eq!(signed.sender(), beat.validator.node_account());
}

fn listed(home: &Path, fake: &Fake, arguments: &[&str]) {
    let text = fake.human(home, arguments);
    for expected in ["RANK", "UPTIME", "JAILED UNTIL", "5000 +250", "98.75 %", "block 376"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn validators_are_listed_by_rank_under_both_names() {
    let home = tempfile::tempdir().unwrap();
    let fake = node();
    listed(home.path(), &fake, &["validators", "ls"]);
    listed(home.path(), &fake, &["query", "validators"]);
    let all = fake.document(home.path(), &["validators", "ls", "--status", "active"]);
    assert_eq!(all["validators"].as_array().unwrap().len(), 3);
    let asked = fake.lines();
    assert!(asked.iter().any(|line| line.contains("status=active")), "{asked:?}");
}

#[test]
fn the_calculator_asks_in_base_units_and_parts_per_million() {
    let home = tempfile::tempdir().unwrap();
    let fake = node();
    let arguments = [
        "query",
        "validator-economics",
        "--validator",
        "north",
        "--stake",
        "2",
        "--commission",
        "5%",
        "--costs",
        "1.5",
    ];
    let text = fake.human(home.path(), &arguments);
    assert!(text.contains("a commission of 1.2 %") && text.contains("surplus"), "{text}");
    assert!(text.contains("no delegation covers the costs"), "{text}");
    let expected = format!(
        "GET /v1/economics?validator={}&stake=2000000000000000000&costs=1500000000000000000&\
         commission=50000",
        KEYS[0]
    );
    assert!(fake.lines().contains(&expected), "{:?}", fake.lines());
}

#[test]
fn an_audit_that_does_not_agree_ends_with_6() {
    let home = tempfile::tempdir().unwrap();
    let supply = |agrees: bool| {
        let audit = json!({ "agrees": agrees, "broken": "the balances do not add up" });
        Fake::start(vec![("GET /v1/supply?audit=true", 200, json!({ "audit": audit }))])
    };
    let good = supply(true).human(home.path(), &["query", "supply", "--audit"]);
    assert!(good.contains("agrees to the unit"), "{good}");
    let (exit, error) = supply(false).failure(home.path(), &["query", "supply", "--audit"]);
    assert_eq!((exit, &error["code"]), (6, &"supply_audit".into()));
    assert!(error["message"].as_str().unwrap().contains("do not add up"), "{error}");
}
