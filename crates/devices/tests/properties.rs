//! What holds for any evidence.

mod common;

use althing_devices::{
    attestation::{Benchmark, Challenge, MAX_SCORE, Policy, Precision, Verified, score},
    evidence::{DeviceInfo, Evidence},
    text::PciId,
    whitelist::Whitelist,
};
use common::*;
use proptest::prelude::*;
use std::sync::LazyLock;

/// Made once: trees of files for each case would cost most of the time.
static HONEST: LazyLock<Evidence> =
    LazyLock::new(|| honest_machine().evidence(&answering(vec![rtx_4090()])).remove(0));
static LIST: LazyLock<Whitelist> = LazyLock::new(whitelist);

fn about(device: DeviceInfo) -> Evidence {
    Evidence { device, ..HONEST.clone() }
}

/// One thing that is missing or wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Damage {
    Uuid,
    Memory,
    Capability,
    Library,
    LibraryHash,
    Module,
    Banner,
    HostPci,
    OtherChip,
    Challenge,
    WrongResult,
    Slow,
    Signature,
}

const ALL: [Damage; 13] = [
    Damage::Uuid,
    Damage::Memory,
    Damage::Capability,
    Damage::Library,
    Damage::LibraryHash,
    Damage::Module,
    Damage::Banner,
    Damage::HostPci,
    Damage::OtherChip,
    Damage::Challenge,
    Damage::WrongResult,
    Damage::Slow,
    Damage::Signature,
];

fn damaged(damages: &[Damage], base: &Evidence) -> (Evidence, Verified) {
    let (mut evidence, mut verified) = (base.clone(), proved(Precision::Fp16, 150));
    for damage in damages {
        let device = &mut evidence.device;
        match damage {
            Damage::Uuid => device.uuid = None,
            Damage::Memory => device.memory_bytes /= 2,
            Damage::Capability => device.compute_capability = None,
            Damage::Library => evidence.driver = None,
            Damage::LibraryHash => {
                evidence.driver.iter_mut().for_each(|it| it.library_sha256 = unknown_digest());
            }
            Damage::Module => evidence.driver.iter_mut().for_each(|it| it.module_version = None),
            Damage::Banner => evidence
                .driver
                .iter_mut()
                .for_each(|it| it.banner_version = Some("1.2.3".parse().expect("a version"))),
            Damage::HostPci => evidence.host_pci.clear(),
            Damage::OtherChip => {
                evidence.host_pci.iter_mut().for_each(|it| it.device = PciId(0x2786));
            }
            Damage::Challenge => verified.challenge = None,
            Damage::WrongResult => verified.challenge.iter_mut().for_each(|it| it.correct = false),
            Damage::Slow => {
                verified.challenge.iter_mut().for_each(|it| it.benchmark.duration_micros *= 8)
            }
            Damage::Signature => verified.signature = false,
        }
    }
    (evidence, verified)
}

fn device() -> impl Strategy<Value = DeviceInfo> {
    let list = &LIST;
    let names: Vec<_> = list.models.iter().map(|model| model.name.clone()).collect();
    let chips: Vec<u16> =
        list.models.iter().flat_map(|model| &model.pci_devices).map(|id| id.0).collect();
    (
        prop::sample::select(names),
        prop::sample::select(chips),
        any::<u64>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(model, chip, memory_bytes, has_uuid, has_pci)| {
            let mut device = rtx_4090();
            device.model = model;
            device.memory_bytes = memory_bytes;
            device.uuid = device.uuid.filter(|_| has_uuid);
            device.pci = has_pci.then(|| board(chip));
            device
        })
}

fn benchmark() -> impl Strategy<Value = Benchmark> {
    (any::<bool>(), any::<u64>(), any::<u64>()).prop_map(
        |(int8, multiply_adds, duration_micros)| {
            let precision = if int8 { Precision::Int8 } else { Precision::Fp16 };
            Benchmark { precision, multiply_adds, duration_micros }
        },
    )
}

fn verified() -> impl Strategy<Value = Verified> {
    let challenge = (any::<bool>(), benchmark())
        .prop_map(|(correct, benchmark)| Challenge { correct, benchmark });
    (any::<bool>(), prop::option::of(challenge), prop::collection::vec(benchmark(), 0..4)).prop_map(
        |(signature, challenge, earlier)| Verified { signature, challenge, earlier, report: None },
    )
}

proptest! {
    /// More damage never gives more points, a better tier, or fewer rejections than none.
    #[test]
    fn the_score_is_monotone_in_the_evidence(
        fewer in prop::sample::subsequence(ALL.to_vec(), 0..=ALL.len()),
        more in prop::sample::subsequence(ALL.to_vec(), 0..=ALL.len()),
    ) {
        let mut all: Vec<Damage> = fewer.iter().chain(&more).copied().collect();
        all.sort_unstable();
        all.dedup();
        let judge = |damages: &[Damage]| {
            let (evidence, verified) = damaged(damages, &HONEST);
            score(&evidence, &verified, &LIST, &Policy::MAINNET).expect("a report")
        };
        let (better, worse) = (judge(&fewer), judge(&all));
        prop_assert!(worse.score <= better.score);
        prop_assert!(worse.tier_ppm <= better.tier_ppm);
        prop_assert!(better.is_eligible() || !worse.is_eligible());
        prop_assert_eq!(all.is_empty(), worse.score == MAX_SCORE);
    }

    /// Whatever is claimed: at most 100 points, points and reasons agree, nothing panics, and the
    /// same input gives the same report.
    #[test]
    fn any_claim_is_judged_within_bounds(
        device in device(),
        host_chip in any::<u16>(),
        verified in verified(),
    ) {
        let mut evidence = about(device);
        evidence.host_pci.iter_mut().for_each(|function| function.device = PciId(host_chip));
        let judge = || score(&evidence, &verified, &LIST, &Policy::TESTNET).expect("a report");
        let report = judge();
        prop_assert!(report.score <= MAX_SCORE);
        prop_assert_eq!(report.score, report.levels.iter().map(|level| level.points).sum::<u32>());
        for level in &report.levels {
            prop_assert!(level.points == 0 || level.points == level.maximum);
            prop_assert_eq!(level.points == 0, !level.reasons.is_empty());
        }
        prop_assert_eq!(report, judge());
    }

    /// Evidence is read back as it was written.
    #[test]
    fn evidence_survives_its_json(device in device()) {
        let evidence = about(device);
        let json = serde_json::to_string(&evidence).expect("JSON");
        prop_assert!(json.len() <= althing_devices::evidence::MAX_EVIDENCE_BYTES);
        prop_assert_eq!(serde_json::from_str::<Evidence>(&json).expect("evidence"), evidence);
    }
}
