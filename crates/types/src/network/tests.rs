use super::*;
use crate::{KeyScheme, SecretKey};
use commonware_codec::{DecodeExt as _, Encode as _};

fn key(seed: u8) -> ValidatorKey {
    let public = SecretKey::from_seed(KeyScheme::Ed25519, [seed; 32]).unwrap().public_key();
    ValidatorKey::new(public.bytes().as_ref().try_into().unwrap())
}

fn node(seed: u8) -> BootNode {
    BootNode { key: key(seed), endpoint: format!("n{seed}.example:4000").parse().unwrap() }
}

fn spec(nodes: Vec<BootNode>) -> NetworkSpec {
    NetworkSpec {
        boot_nodes: BootNodes::new(nodes).unwrap(),
        min_version: Version::new(1, 1, 0),
        strictness: Strictness::Soft,
        limits: NetworkLimits::default(),
    }
}

fn plan(first: u32, min_health: u32) -> RolloutPlan {
    let ppm = |parts| Ppm::new(parts).unwrap();
    RolloutPlan { first: ppm(first), watch: Period::blocks(10), min_health: ppm(min_health) }
}

#[test]
fn a_configuration_is_the_same_in_bytes_and_in_json() {
    let spec = spec(vec![node(1), node(2)]);
    assert_eq!(spec.validate(), Ok(()));
    assert_eq!(NetworkSpec::decode(spec.encode()).unwrap(), spec);
    let text = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<NetworkSpec>(&text).unwrap(), spec);
    assert!(text.contains(r#""min_version":"1.1.0","strictness":"soft""#), "{text}");
    assert!(BootNodes::new((0..65).map(node).collect()).is_none());
}

#[test]
fn a_configuration_leads_to_nodes_that_can_be_dialled() {
    assert_eq!(spec(vec![]).validate(), Err(SpecError::NoBootNode));
    let twice = spec(vec![node(1), node(2), node(1)]);
    assert_eq!(twice.validate(), Err(SpecError::DuplicateBootNode(key(1))));
    for endpoint in ["", "one.example", "one.example:0", ":4000", "one.example:70000"] {
        let node = BootNode { key: key(1), endpoint: endpoint.parse().unwrap() };
        assert_eq!(spec(vec![node]).validate(), Err(SpecError::Endpoint(key(1))), "{endpoint}");
    }
}

#[test]
fn limits_outside_their_range_are_refused() {
    let with = |change: fn(&mut NetworkLimits)| {
        let mut spec = spec(vec![node(1)]);
        change(&mut spec.limits);
        spec.validate().map_err(|error| error.to_string().split(' ').next().unwrap().to_owned())
    };
    let refused = |name: &str| Err(name.to_owned());
    assert_eq!(with(|limits| limits.max_peers = 7), refused("limits.max_peers"));
    assert_eq!(with(|limits| limits.max_peers = 1_001), refused("limits.max_peers"));
    let gossip = refused("limits.gossip_bytes_per_second");
    assert_eq!(with(|limits| limits.gossip_bytes_per_second = (1 << 20) - 1), gossip);
    assert_eq!(with(|limits| limits.gossip_bytes_per_second = (1 << 30) + 1), gossip);
    assert_eq!(with(|limits| limits.gossip_bytes_per_second = 1 << 30), Ok(()));
}

#[test]
fn a_plan_outside_its_bounds_is_refused() {
    assert_eq!(plan(10_000, 500_000).validate(), Ok(()));
    for bad in [
        plan(9_999, 900_000),
        plan(900_001, 900_000),
        plan(100_000, 499_999),
        RolloutPlan { watch: Period::default(), ..plan(100_000, 900_000) },
        RolloutPlan { watch: Period::blocks(Period::MAX_BLOCKS + 1), ..plan(100_000, 900_000) },
        RolloutPlan { watch: Period::ms(Period::MAX_MS + 1), ..plan(100_000, 900_000) },
    ] {
        assert!(bad.validate().is_err(), "{bad:?}");
    }
    assert_eq!(RolloutPlan { watch: Period::ms(1), ..plan(100_000, 900_000) }.validate(), Ok(()));
}

#[test]
fn some_run_it_first_and_some_do_not() {
    for (first, of, cohort) in [
        (100_000, 100, 10),
        (100_000, 101, 11),
        (10_000, 4, 1),
        (250_000, 4, 1),
        (250_001, 4, 2),
        (900_000, 4, 3),
        (900_000, 2, 1),
        (900_000, 1, 1),
    ] {
        assert_eq!(plan(first, 900_000).cohort(of), cohort, "{first} of {of}");
    }
}

#[test]
fn those_who_run_it_first_may_miss_a_little_more_than_the_others() {
    let plan = plan(250_000, 900_000);
    let health = |missed, other_missed| RolloutHealth {
        cohort: 1,
        applied: 1,
        turns: 100,
        missed,
        other_turns: 300,
        other_missed,
    };
    assert_eq!(plan.judge(&health(10, 0), false), None);
    assert_eq!(plan.judge(&health(11, 0), false), Some(RollbackReason::Misses));
    // The whole network does badly: they are not to blame.
    assert_eq!(plan.judge(&health(43, 100), false), None);
    assert_eq!(plan.judge(&health(44, 100), false), Some(RollbackReason::Misses));
    // Two turns may be chance.
    let few = |missed| RolloutHealth { turns: missed, ..health(missed, 0) };
    assert_eq!(plan.judge(&few(2), true), None);
    assert_eq!(plan.judge(&few(3), true), Some(RollbackReason::Misses));
    let alone = RolloutHealth { other_turns: 0, ..few(9) };
    assert_eq!(plan.judge(&alone, false), Some(RollbackReason::Misses));
    let huge = RolloutHealth { turns: u64::MAX, missed: u64::MAX, ..health(0, 0) };
    assert_eq!(plan.judge(&huge, false), Some(RollbackReason::Misses));
}

#[test]
fn enough_of_those_who_run_it_first_must_say_so_in_the_end() {
    let plan = plan(100_000, 800_000);
    let health = |applied| RolloutHealth { cohort: 10, applied, ..RolloutHealth::default() };
    assert_eq!(plan.judge(&health(7), true), Some(RollbackReason::Silence));
    assert_eq!(plan.judge(&health(7), false), None);
    assert_eq!(plan.judge(&health(8), true), None);
}

#[test]
fn older_software_reads_what_it_knows_of_a_configuration() {
    let spec = spec(vec![node(1), node(2)]);
    let first = spec.render(7, 1).unwrap();
    let line = format!("{}@n1.example:4000", key(1));
    assert_eq!((&first["version"], &first["boot_nodes"][0]), (&json!(7), &json!(line)));
    assert_eq!(first.as_object().unwrap().len(), 3);
    let second = spec.render(7, 2).unwrap();
    assert_eq!(second["boot_nodes"][1]["endpoint"], "n2.example:4000");
    assert_eq!((&second["min_version"], &second["strictness"]), (&json!("1.1.0"), &json!("soft")));
    assert_eq!(second["limits"]["max_peers"], 256);
    for format in NetworkSpec::FORMATS {
        assert_eq!(spec.render(7, *format).unwrap()["format"], *format);
    }
    assert_eq!((spec.render(7, 0), spec.render(7, 3)), (None, None));
}

#[test]
fn software_that_is_too_old_is_told_or_stopped() {
    let old = Version::new(1, 0, 9);
    let mut spec = spec(vec![node(1)]);
    assert_eq!(spec.judge(old), Strictness::Soft);
    assert_eq!(spec.judge(spec.min_version), Strictness::Off);
    spec.strictness = Strictness::Hard;
    assert_eq!(spec.judge(old), Strictness::Hard);
}
