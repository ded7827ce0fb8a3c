//! Keys and records of module `compute`.

use super::{record, same};
use althing_ledger::compute::{
    Agenda, Assignment, Awaiting, Check, Checker, Compute, Counters, Credit, Credits, Device,
    DeviceReport, Drivers, DueCount, DueItem, Measured, Member, MinerPool, Models, Task,
    TaskResult, Verifying, Worker, query::*,
};
use althing_types::{
    Address, Amount, Due, Epoch, Hash, Height, List, Ppm, Timestamp, ValidatorKey,
    compute::{
        DeviceId, DeviceKind, Inventory, KnownDriver, KnownModel, KnownRate, Operands, Points,
        ProductKind, Purpose, RejectReason, Shape, TaskState, Verdict, WorkerState,
    },
};

const WORKER: Address = Address::new([0x11; 20]);
const DEVICE: DeviceId = DeviceId { worker: WORKER, device: 3 };

fn hash(byte: u8) -> Hash {
    Hash::from([byte; 32])
}

fn due(height: u64, time: u64) -> Due {
    Due { height: Height::new(height), time: Timestamp::new(time) }
}

fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

#[test]
fn keys_of_compute_keep_their_bytes() {
    let (worker, hash, height) = ("11".repeat(20), hash(0x22), Height::new(258));
    let validator = ValidatorKey::new([0x33; 32]);
    for (what, actual, expected) in [
        ("compute key", compute_key(), "30".to_owned()),
        ("agenda key", agenda_key(), "31".to_owned()),
        ("worker key", worker_key(WORKER), format!("32{worker}")),
        ("beats key", beats_key(WORKER), format!("33{worker}")),
        ("device key", device_key(DEVICE), format!("34{worker}03")),
        ("evidence key", evidence_key(DEVICE), format!("35{worker}03")),
        ("uuid key", uuid_key(hash), format!("36{}", "22".repeat(32))),
        ("eligible key", eligible_key(DeviceKind::Gpu, 258), "370100000102".to_owned()),
        ("task key", task_key(258), "380000000000000102".to_owned()),
        ("due key", due_key(height), "390000000000000102".to_owned()),
        ("entry key", entry_key(height, 7), "3a000000000000010200000007".to_owned()),
        ("verifying key", verifying_key(), "3b".to_owned()),
        ("credits key", credits_key(WORKER), format!("3c{worker}")),
        ("pool key", pool_key(Epoch::new(258)), "3d0000000000000102".to_owned()),
        ("checker key", checker_key(validator), format!("3e{}", "33".repeat(32))),
        ("drivers key", drivers_key(), "3f".to_owned()),
        ("models key", models_key(), "40".to_owned()),
    ] {
        same(what, &actual, &expected);
    }
}

#[test]
fn records_of_workers_keep_their_bytes() {
    let counters = Counters {
        assigned: 1,
        committed: 2,
        late: 3,
        accepted: 4,
        wrong: 5,
        withheld: 6,
        expired: 7,
        planted: 8,
    };
    let worker = Worker {
        state: WorkerState::Leaving,
        endpoint: "https://w.example".parse().unwrap(),
        stake: Amount::new(300),
        plant: hash(0x22),
        registered: Height::new(300),
        devices: 9,
        tasks: List::new(vec![258]).unwrap(),
        strikes: 2,
        unbonds: due(301, 4),
        counters,
    };
    record("worker", &worker, decode_worker, WORKER_RECORD);
    let inventory = Inventory {
        kind: DeviceKind::Gpu,
        model: "NVIDIA H200".parse().unwrap(),
        memory_mib: 143_771,
        capability: "9.0".parse().unwrap(),
        driver: "550.54.15".parse().unwrap(),
        pci_id: "10de:2335".parse().unwrap(),
        uuid: hash(0x44),
        cores: 16_896,
    };
    let measured = Measured {
        task: 258,
        multiply_adds: 1 << 40,
        micros: 5,
        elapsed_ms: 6,
        performance: 7,
        expires: due(302, 8),
    };
    let device = Device {
        inventory,
        evidence: hash(0x55),
        points: Points { info: 10, driver: 20, pci: 30, benchmark: 30, signature: 10 },
        passed: true,
        attested: Height::new(300),
        expires: due(303, 9),
        tier: ppm(900_000),
        flagged: true,
        measured: Some(measured),
        benchmark: Some(259),
        must_measure: true,
        open: 2,
        place: Some(7),
    };
    record("device", &device, decode_device, DEVICE_RECORD);
    let report = DeviceReport {
        verified: true,
        chip: "GH100".parse().unwrap(),
        identity: hash(0x66),
        driver: "550.54.15".parse().unwrap(),
        vbios: "96.00.9F.00.01".parse().unwrap(),
        board: "1010-0200-882".parse().unwrap(),
        height: Height::new(300),
        expires: due(303, 9),
    };
    record("report of a device", &report, decode_report, REPORT_RECORD);
    record("owner of a device", &DEVICE, decode_uuid, &format!("{}03", "11".repeat(20)));
    let credits = Credits::new(vec![Credit { epoch: Epoch::new(300), weight: Amount::new(5) }]);
    record("credits", &credits.unwrap(), decode_credits, "01ac0205");
}

#[test]
fn a_task_keeps_its_bytes() {
    let member = Member {
        validator: ValidatorKey::new([0x33; 32]),
        verdict: Some(Verdict::Abstain),
        faulted: true,
    };
    let task = Task {
        state: TaskState::Disproved,
        purpose: Purpose::Paid,
        requester: Some(Address::new([0x66; 20])),
        price: Amount::new(300),
        shape: Shape { kind: ProductKind::Fp16, m: 256, n: 512, k: 320 },
        count: 7,
        operands: Operands::Content { a: hash(1), b: hash(2) },
        source: "https://r.example".parse().unwrap(),
        created: Height::new(300),
        attempt: 2,
        due: due(301, 4),
        wake: Height::new(302),
        draw: Height::new(303),
        closes: due(304, 5),
        assignment: Some(Assignment {
            device: DEVICE,
            seed_height: Height::new(305),
            seed_time: Some(Timestamp::new(6)),
            timely: due(306, 7),
            deadline: due(307, 8),
            plant: hash(3),
        }),
        result: Some(TaskResult {
            root: hash(4),
            digest: Some(hash(5)),
            seed: hash(6),
            height: Height::new(308),
            time: Timestamp::new(9),
        }),
        check: Some(Check {
            round: 1,
            height: Height::new(309),
            challenge: Some(hash(7)),
            members: List::new(vec![member]).unwrap(),
            closes: due(310, 10),
        }),
        prover: Some(Address::new([0x77; 20])),
        reason: Some(RejectReason::Withheld),
    };
    record("task", &task, decode_task, TASK_RECORD);
}

#[test]
fn sums_and_lists_of_compute_keep_their_bytes() {
    let compute = Compute {
        next_task: 258,
        stakes: Amount::new(300),
        prices: Amount::new(1),
        rewards: Amount::new(2),
        workers: 3,
        gpus: 4,
        cpus: 5,
    };
    let expected = "0000000000000102ac020102000000030000000400000005";
    record("compute", &compute, decode_compute, expected);
    let agenda = Agenda { height: Height::new(300), place: 7, open: 8 };
    record("agenda", &agenda, decode_agenda, "ac02000000070000000000000008");
    record("due count", &DueCount { entries: 7 }, decode_due, "00000007");
    let item = DueItem::Task { task: 258 };
    record("due task", &item, decode_entry, "00010000000000000102");
    let item = DueItem::Unbond { worker: WORKER };
    record("due stake", &item, decode_entry, &format!("0002{}", "11".repeat(20)));
    let awaiting = Awaiting { task: 258, height: Height::new(300) };
    let verifying = Verifying::new(vec![awaiting]).unwrap();
    record("verifying", &verifying, decode_verifying, "010000000000000102ac02");
    let pool = MinerPool { total: Amount::new(300), pool: Amount::new(1), left: Amount::new(2) };
    record("miner pool", &pool, decode_pool, "ac020102");
    let checker =
        Checker { drawn: 1, valid: 2, unavailable: 3, abstained: 4, missed: 5, faults: 6 };
    let expected: String = (1..=6).map(|count| format!("{count:016x}")).collect();
    record("checker", &checker, decode_checker, &expected);
    let driver = KnownDriver {
        digest: hash(8),
        version: "550.54.15".parse().unwrap(),
        architecture: "x86_64".parse().unwrap(),
        bytes: 7,
    };
    let drivers = Drivers::new(vec![driver]).unwrap();
    record("drivers", &drivers, decode_drivers, DRIVERS_RECORD);
    let rate = KnownRate { peak: 20, low: 10, high: 30 };
    let model = KnownModel {
        name: "NVIDIA H200".parse().unwrap(),
        pci_devices: List::new(vec![0x2335]).unwrap(),
        capability_major: 9,
        capability_minor: 0,
        memory_mib: 143_771,
        tier: ppm(1_000_000),
        fp16: rate,
        int8: rate,
    };
    let models = Models {
        unknown_tier: ppm(100_000),
        memory_low_ppm: 900_000,
        memory_high_ppm: 1_100_000,
        models: List::new(vec![model]).unwrap(),
    };
    record("models", &models, decode_models, MODELS_RECORD);
}

const WORKER_RECORD: &str = "021168747470733a2f2f772e6578616d706c65ac022222222222222222222222222222222222222222222222222222222222222222ac020000000901000000000000010200000002ad020400000000000000010000000000000002000000000000000300000000000000040000000000000005000000000000000600000000000000070000000000000008";
const DEVICE_RECORD: &str = "010b4e56494449412048323030000000000002319b03392e30093535302e35342e313509313064653a3233333544444444444444444444444444444444444444444444444444444444444444440000420055555555555555555555555555555555555555555555555555555555555555550a141e1e0a01ac02af0209a0f736010100000000000001020000010000000000000000000000000500000000000000060000000000000007ae020801000000000000010301000000020100000007";
const REPORT_RECORD: &str = "010547483130306666666666666666666666666666666666666666666666666666666666666666093535302e35342e31350e39362e30302e39462e30302e30310d313031302d303230302d383832ac02af0209";
const TASK_RECORD: &str = "0500016666666666666666666666666666666666666666ac0201000001000000020000000140000000070002010101010101010101010101010101010101010101010101010101010101010102020202020202020202020202020202020202020202020202020202020202021168747470733a2f2f722e6578616d706c65ac0200000002ad0204ae02af02b0020501111111111111111111111111111111111111111103b1020106b20207b3020803030303030303030303030303030303030303030303030303030303030303030104040404040404040404040404040404040404040404040404040404040404040105050505050505050505050505050505050505050505050505050505050505050606060606060606060606060606060606060606060606060606060606060606b402090101b502010707070707070707070707070707070707070707070707070707070707070707013333333333333333333333333333333333333333333333333333333333333333010201b6020a0177777777777777777777777777777777777777770101";
const DRIVERS_RECORD: &str = "010808080808080808080808080808080808080808080808080808080808080808093535302e35342e3135067838365f36340000000000000007";
const MODELS_RECORD: &str = "a08d06000dbba00010c8e0010b4e56494449412048323030012335000900000002319bc0843d0000000000000014000000000000000a000000000000001e0000000000000014000000000000000a000000000000001e";
