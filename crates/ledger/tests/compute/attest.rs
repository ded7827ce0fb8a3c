//! Evidence, benchmarks, eligibility.

use super::*;
use althing_ledger::compute::DeviceReport;
use althing_types::{
    Due, Timestamp,
    compute::{DeviceKind, Points, Purpose},
};

fn benchmark(device: u8) -> Payload {
    Payload::RequestBenchmark(RequestBenchmark { device })
}

/// Evidence of a graphics processor of a listed model, with no driver of the whitelist.
fn gpu(uuid: &str) -> Blob<{ althing_types::limits::MAX_EVIDENCE_BYTES }> {
    let function = r#"{"address":"0000:01:00.0","vendor":"10de","device":"2684","subsystem_vendor":"10de","subsystem_device":"165b"}"#;
    let text = format!(
        r#"{{"version":1,"device":{{"kind":"gpu","index":0,"model":"NVIDIA GeForce RTX 4090","memory_bytes":25757220864,"cores":16384,"compute_capability":{{"major":8,"minor":9}},"driver_version":"550.54.15","cuda_version":{{"major":12,"minor":4}},"uuid":"{uuid}","pci":{function},"multi_instance":null,"confidential_computing":null,"features":[]}},"driver":null,"host_pci":[{function}]}}"#
    );
    Blob::new(text.into_bytes()).unwrap()
}

fn attest_gpu(device: u8, uuid: &str) -> Payload {
    Payload::Attest(Attest { device, evidence: gpu(uuid) })
}

#[test]
fn a_processor_may_work_once_it_was_measured() {
    let mut world = World::new();
    world.does(0, register());
    world.fails(0, take_work(0, SHAPE, 1), "unknown_device");
    world.fails(0, benchmark(0), "unknown_device");
    world.does(0, attest(0, 0));
    let device = world.device(0, 0);
    assert_eq!(device.inventory.kind, DeviceKind::Cpu);
    assert_eq!(&*device.inventory.model, "AMD EPYC 9354 32-Core Processor");
    assert_eq!((device.inventory.memory_mib, device.inventory.cores), (32_768, 64));
    let points = Points { info: 10, signature: 10, ..Points::default() };
    assert_eq!((device.points, device.passed, device.place), (points, false, None));
    world.fails(0, take_work(0, SHAPE, 1), "device_not_eligible");

    let task = created(&world.does(0, benchmark(0)));
    assert_eq!(world.task(task).purpose, Purpose::Benchmark);
    world.fails(0, benchmark(0), "device_busy");
    world.finish(&[task]);
    let device = world.device(0, 0);
    let points = Points { benchmark: 30, ..points };
    assert_eq!((device.points.score(), device.points, device.passed), (50, points, true));
    assert_eq!((device.tier, device.place, world.compute().cpus), (ppm(50_000), Some(0), 1));
    let measured = device.measured.unwrap();
    // From the block of the seed to that of the commitment.
    assert_eq!((measured.task, measured.elapsed_ms), (task, 3_000));
    assert_eq!(measured.multiply_adds, 256 * 256 * 256);
    world.take(0, 1);
}

#[test]
fn processors_get_nothing_where_they_count_nothing() {
    let mut world = World::with(|genesis| genesis.params.compute.cpu_tier = Ppm::ZERO);
    world.does(0, register());
    world.does(0, attest(0, 0));
    let task = created(&world.does(0, benchmark(0)));
    world.finish(&[task]);
    let device = world.device(0, 0);
    assert_eq!((device.points.score(), device.passed, device.place), (50, false, None));
    world.fails(0, take_work(0, SHAPE, 1), "device_not_eligible");
}

#[test]
fn evidence_that_nobody_can_read_is_refused() {
    let mut world = World::new();
    world.does(0, register());
    let attest = |bytes: &[u8]| {
        Payload::Attest(Attest { device: 0, evidence: Blob::new(bytes.to_vec()).unwrap() })
    };
    let later = String::from_utf8(evidence(0)).unwrap().replace("\"version\":1", "\"version\":2");
    for bytes in [&b"{}"[..], b"\xff", later.as_bytes()] {
        world.fails(0, attest(bytes), "device_evidence_malformed");
    }
    world.fails(0, self::attest(16, 0), "unknown_device");
}

#[test]
fn one_uuid_is_one_device() {
    let mut world = World::new();
    world.all(&[(0, register()), (1, register())]);
    world.does(0, attest_gpu(0, "GPU-1"));
    world.fails(1, attest_gpu(0, "GPU-1"), "device_taken");
    world.fails(0, attest_gpu(1, "GPU-1"), "device_taken");
    world.does(0, attest_gpu(0, "GPU-1"));
    world.does(1, attest_gpu(0, "GPU-2"));
    // Another device in the same place makes the first one free.
    world.does(0, attest_gpu(0, "GPU-3"));
    world.does(1, attest_gpu(1, "GPU-1"));
}

#[test]
fn who_is_too_slow_for_the_model_that_it_claims_may_not_work() {
    let mut world = World::with(|genesis| {
        let compute = &mut genesis.params.compute;
        (compute.benchmark_size, compute.benchmark_count) = (512, 1);
        compute.benchmark_latency_ms = 1_000;
        compute.base_time = Period::blocks(20);
    });
    world.all(&[(0, register()), (1, register())]);
    for (user, uuid, blocks) in [(0, "GPU-1", 2), (1, "GPU-2", 10)] {
        world.does(user, attest_gpu(0, uuid));
        let task = created(&world.does(user, benchmark(0)));
        world.pass(blocks);
        world.commit_all(&[task]);
        world.pass(2);
        world.vote_all(&[task], Verdict::Valid);
    }
    // A block after the seed: as fast as one of its model can be, as far as the chain can tell.
    let (fast, slow) = (world.device(0, 0), world.device(1, 0));
    assert_eq!(fast.points, Points { info: 10, driver: 0, pci: 30, benchmark: 30, signature: 10 });
    assert_eq!((fast.measured.unwrap().elapsed_ms, fast.passed), (1_000, true));
    assert!(fast.tier > ppm(50_000) && fast.place == Some(0));
    // Nine blocks after it: whatever computes there is no such model.
    assert_eq!(slow.points, Points { benchmark: 0, ..fast.points });
    assert_eq!((slow.measured.unwrap().elapsed_ms, slow.passed), (9_000, false));
    world.fails(1, take_work(0, SHAPE, 1), "device_not_eligible");
    world.take(0, 1);
}

#[test]
fn an_attestation_ends_and_the_device_leaves_the_list_when_it_is_drawn() {
    let mut world = World::with(|genesis| genesis.params.compute.attestation = Period::blocks(20));
    world.equip(1);
    assert_eq!(world.compute().cpus, 1);
    world.pass(20);
    world.fails(0, take_work(0, SHAPE, 1), "device_not_eligible");
    world.order(1, tokens(1));
    world.pass(2);
    assert_eq!((world.compute().cpus, world.device(0, 0).passed), (0, false));
    let task = created(&world.does(0, benchmark(0)));
    world.finish(&[task]);
    assert_eq!(world.compute().cpus, 1);
}

#[test]
fn a_spot_check_stands_before_other_work() {
    let mut world = World::working(1);
    let mut parameters = world.chain.ledger.genesis().params.clone();
    parameters.compute.spot_check = ppm(500_000);
    let key = althing_ledger::query::params_key();
    let value = commonware_codec::Encode::encode(&parameters);
    world.chain.state.insert(key, althing_state::StateValue::new(value).unwrap());
    // At half the chance, some take soon demands one.
    let mut taken = 0;
    while !world.device(0, 0).must_measure {
        let task = world.take(0, 1);
        taken += 1;
        assert!(taken < 40);
        if !world.device(0, 0).must_measure {
            world.finish(&[task]);
        }
    }
    assert!(
        world
            .log
            .iter()
            .any(|(_, event)| { matches!(event, Event::TaskAssigned { spot_check: true, .. }) })
    );
    world.fails(0, take_work(0, SHAPE, 1), "benchmark_due");
    // It does not have to wait for the task that it has.
    let task = created(&world.does(0, benchmark(0)));
    world.finish(&[task]);
    assert!(!world.device(0, 0).must_measure);
}

/// Evidence of a device with confidential computing, which brings a report if it names a height.
fn h100(height: Option<Height>) -> Payload {
    let evidence = String::from_utf8(gpu("GPU-1").to_vec()).unwrap();
    let mut evidence = evidence
        .replace("NVIDIA GeForce RTX 4090", "NVIDIA H100 80GB HBM3")
        .replace("25757220864", "85520809984")
        .replace("\"major\":8,\"minor\":9", "\"major\":9,\"minor\":0")
        .replace("\"2684\"", "\"2330\"")
        .replace("\"confidential_computing\":null", "\"confidential_computing\":true");
    if let Some(height) = height {
        evidence.pop();
        evidence += &format!(
            ",\"report\":{{\"height\":{height},\"report\":\"AAAA\",\"chain\":[\"AAAA\"]}}}}"
        );
    }
    Payload::Attest(Attest { device: 0, evidence: Blob::new(evidence.into_bytes()).unwrap() })
}

fn report_key(user: usize) -> althing_state::StateKey {
    query::report_key(DeviceId { worker: address(user), device: 0 })
}

#[test]
fn a_report_that_fails_takes_the_points_of_words_and_is_kept_as_refused() {
    let mut world = World::new();
    world.does(0, register());
    world.does(0, h100(None));
    let (words, digest) = (world.device(0, 0).points, world.device(0, 0).evidence);
    assert_eq!((words.info, words.driver, words.pci), (10, 0, 30));
    assert!(!world.chain.state.contains_key(&report_key(0)));

    let height = Height::new(world.chain.height);
    world.does(0, h100(Some(height)));
    let device = world.device(0, 0);
    assert_eq!(device.points, Points { signature: 10, ..Points::default() });
    let report = query::decode_report(&world.chain.state[&report_key(0)]).unwrap();
    assert_eq!((report.verified, report.height, report.chip.is_empty()), (false, height, true));
    // What is kept is the same evidence without the report.
    assert_eq!(device.evidence, digest);

    world.does(0, h100(None));
    assert_eq!(world.device(0, 0).points, words);
    assert!(!world.chain.state.contains_key(&report_key(0)));
}

#[test]
fn a_report_answers_to_randomness_that_is_there_and_young() {
    let mut world = World::new();
    world.does(0, register());
    let height = world.chain.height;
    let fails = |world: &mut World, height: u64| {
        world.fails(0, h100(Some(Height::new(height))), "device_evidence_malformed");
    };
    fails(&mut world, height + 100);
    fails(&mut world, u64::MAX);
    world.pass(258);
    let height = world.chain.height;
    fails(&mut world, height - 257);
    world.does(0, h100(Some(Height::new(height - 200))));
}

#[test]
fn a_verified_report_counts_until_the_attestation_ends() {
    let mut world = World::with(|genesis| {
        let compute = &mut genesis.params.compute;
        compute.attestation = Period::blocks(20);
        (compute.benchmark_size, compute.benchmark_count) = (512, 1);
        compute.base_time = Period::blocks(20);
    });
    world.does(0, register());
    world.does(0, h100(None));
    // No key of the maker is here: the record stands for a report that was verified.
    let height = Height::new(world.chain.height);
    let report = DeviceReport {
        verified: true,
        chip: "GH100".parse().unwrap(),
        identity: sha256(&[b"chip"]),
        driver: "550.54.15".parse().unwrap(),
        vbios: "96.00.9F.00.01".parse().unwrap(),
        board: "1010-0200-882".parse().unwrap(),
        height,
        expires: Due { height: Height::new(height.get() + 20), time: Timestamp::new(0) },
    };
    let value = commonware_codec::Encode::encode(&report);
    world.chain.state.insert(report_key(0), althing_state::StateValue::new(value).unwrap());
    let task = created(&world.does(0, benchmark(0)));
    world.finish(&[task]);
    let points = world.device(0, 0).points;
    assert_eq!((points.info, points.driver, points.pci, points.signature), (10, 20, 30, 10));
    world.pass(20);
    let task = created(&world.does(0, benchmark(0)));
    world.finish(&[task]);
    let points = world.device(0, 0).points;
    assert_eq!((points.info, points.driver, points.pci, points.signature), (10, 0, 30, 10));
}
