//! Keys and records of module `network`.

use super::{record, same};
use althing_ledger::network::{Cohort, Network, Rollout, Spec, Watched, query::*};
use althing_types::{
    Due, Height, List, Period, Ppm, Timestamp, ValidatorKey, Version,
    network::{
        Adoption, BootNode, BootNodes, NetworkLimits, NetworkSpec, RollbackReason, RolloutHealth,
        RolloutPlan, SpecStatus, Strictness,
    },
};

fn validator() -> ValidatorKey {
    crate::common::network::validator_key(3)
}

#[test]
fn keys_of_the_configuration_keep_their_bytes() {
    let key = validator().to_string();
    for (what, actual, expected) in [
        ("network key", network_key(), "22".to_owned()),
        ("spec key", spec_key(258), "230000000000000102".to_owned()),
        ("adoption key", adoption_key(validator()), format!("24{key}")),
        ("cohort key", cohort_key(258), "250000000000000102".to_owned()),
    ] {
        same(what, &actual, &expected);
    }
}

#[test]
fn records_of_the_configuration_keep_their_bytes() {
    let ppm = |parts| Ppm::new(parts).unwrap();
    let plan = RolloutPlan {
        first: ppm(100_000),
        watch: Period { blocks: 7, ms: 8 },
        min_health: ppm(900_000),
    };
    let until = Due { height: Height::new(300), time: Timestamp::new(4) };
    let network = Network {
        current: 257,
        next: 260,
        staged: Some(Rollout { version: 259, plan, until }),
        offered: List::new(vec![258]).unwrap(),
    };
    record("network", &network, decode_network, NETWORK);
    let node = BootNode { key: validator(), endpoint: "n3.example:4000".parse().unwrap() };
    let spec = Spec {
        document: NetworkSpec {
            boot_nodes: BootNodes::new(vec![node]).unwrap(),
            min_version: Version::new(1, 2, 3),
            strictness: Strictness::Hard,
            limits: NetworkLimits { max_peers: 300, gossip_bytes_per_second: 1 << 20 },
        },
        base: 257,
        proposal: 258,
        made: Height::new(300),
        status: SpecStatus::RolledBack,
        since: Height::new(301),
        reason: Some(RollbackReason::Silence),
        health: Some(RolloutHealth {
            cohort: 1,
            applied: 2,
            turns: 3,
            missed: 4,
            other_turns: 5,
            other_missed: 6,
        }),
        adopted: 7,
    };
    record("spec", &spec, decode_spec, SPEC);
    let adoption = Adoption { version: 258, height: Height::new(300), by_hand: true };
    record("adoption", &adoption, decode_adoption, "0000000000000102ac0201");
    let watched = Watched { validator: validator(), first: true, made: 258, missed: 3 };
    record("cohort", &Cohort::new(vec![watched]).unwrap(), decode_cohort, COHORT);
}

const NETWORK: &str = "00000000000001010000000000000104010000000000000103a08d0600000000000000070000000000000008a0f736ac0204010000000000000102";
const SPEC: &str = "01ec8924090e507c2d8371d2fb0bf965d553e6e5756aeec6c274df3801cf2b49b90f6e332e6578616d706c653a34303030000100020003020000012c000000000010000000000000000001010000000000000102ac0204ad020101010000000100000002000000000000000300000000000000040000000000000005000000000000000600000007";
const COHORT: &str = "01ec8924090e507c2d8371d2fb0bf965d553e6e5756aeec6c274df3801cf2b49b90100000000000001020000000000000003";
