//! Honest machines and imitations, from files to the verdict.

mod common;

use althing_devices::{
    attestation::{Flag, Policy, Precision, Reason, Rejection, Report, Verified, score},
    evidence::{DeviceKind, Evidence, EvidenceError},
    text::PciId,
    whitelist::Whitelist,
};
use common::*;

fn judge(evidence: &Evidence, verified: &Verified) -> Report {
    score(evidence, verified, &whitelist(), &Policy::MAINNET).expect("evidence of this version")
}

fn points(report: &Report) -> Vec<u32> {
    report.levels.iter().map(|level| level.points).collect()
}

fn honest() -> Evidence {
    honest_machine().evidence(&answering(vec![rtx_4090()])).remove(0)
}

#[test]
fn an_honest_4090_has_all_points_and_its_tier() {
    let report = judge(&honest(), &proved(Precision::Fp16, 150));
    assert_eq!(points(&report), [10, 20, 30, 30, 10]);
    assert_eq!((report.score, report.tier_ppm), (100, 1_600_000));
    assert_eq!(report.performance_milli_tflops / 1_000, 150);
    assert!(report.is_eligible() && report.sentences().is_empty());
}

#[test]
fn an_honest_4090_passes_while_no_driver_is_listed_yet() {
    let report = score(
        &honest(),
        &proved(Precision::Int8, 500),
        &Whitelist::built_in().expect("the built-in list"),
        &Policy::MAINNET,
    )
    .expect("evidence of this version");
    assert_eq!((report.score, report.is_eligible()), (80, true));
    assert!(matches!(report.levels[1].reasons[..], [Reason::LibraryUnknown { .. }]));
}

#[test]
fn a_fake_nvidia_smi_is_never_asked() {
    let machine = Machine::bare();
    for folder in ["bin", "usr/bin", "usr/local/bin"] {
        machine.write(
            &format!("{folder}/nvidia-smi"),
            b"#!/bin/sh\necho NVIDIA GeForce RTX 4090, 24564 MiB\n",
        );
    }
    let evidence = machine.evidence(&no_driver());
    assert_eq!(evidence.len(), 1);
    assert_eq!(evidence[0].device.kind, DeviceKind::Cpu);
    let report = judge(&evidence[0], &proved(Precision::Int8, 1));
    assert!(report.score < 60 && !report.is_eligible());
}

/// A worker that was changed to copy the script's words into its evidence.
#[test]
fn words_of_a_fake_nvidia_smi_score_below_60_even_with_a_borrowed_device() {
    let mut evidence = Machine::bare().evidence(&answering(vec![rtx_4090()])).remove(0);
    evidence.driver = None;
    let report = judge(&evidence, &proved(Precision::Fp16, 150));
    assert_eq!(points(&report), [10, 0, 0, 30, 10]);
    assert!(report.score < 60);
    assert_eq!(report.levels[1].reasons, [Reason::NoDriver]);
    assert_eq!(report.levels[2].reasons, [Reason::NoPciOnHost]);
    assert_eq!(report.tier_ppm, 500_000);
}

#[test]
fn a_fake_nvml_library_scores_below_60() {
    let machine = Machine::bare().with_library(b"#define nvmlInit() 0");
    let evidence = machine.evidence(&answering(vec![rtx_4090()])).remove(0);
    let driver = evidence.driver.as_ref().expect("a library was loaded");
    assert_eq!(driver.module_version, None);
    assert_eq!(
        driver.library_path.as_str(),
        "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.550.54.15",
        "the file behind the link is what is hashed"
    );
    let report = judge(&evidence, &proved(Precision::Fp16, 150));
    assert_eq!(points(&report), [10, 0, 0, 30, 10]);
    assert!(report.levels[1].reasons.contains(&Reason::NoKernelModule));
    assert!(matches!(report.levels[1].reasons[1], Reason::LibraryUnknown { .. }));
}

#[test]
fn a_copied_pci_identifier_gives_no_points_for_the_bus() {
    // The machine holds an RTX 4070; its library was changed to report a 4090's identifiers.
    let machine = Machine::bare().with_pci(board(0x2786)).with_library(OFFICIAL).with_module();
    let evidence = machine.evidence(&answering(vec![rtx_4090()])).remove(0);
    let report = judge(&evidence, &proved(Precision::Fp16, 150));
    assert_eq!(report.levels[2].points, 0);
    assert!(matches!(report.levels[2].reasons[..], [Reason::PciDiffers { .. }]));

    // Both agree on the 4070's chip, but the name says 4090.
    let mut renamed = rtx_4090();
    renamed.pci = Some(board(0x2786));
    let evidence = machine.evidence(&answering(vec![renamed])).remove(0);
    let report = judge(&evidence, &proved(Precision::Fp16, 150));
    let [Reason::ModelMismatch { device, actual, .. }] = &report.levels[2].reasons[..] else {
        panic!("{:?}", report.levels[2].reasons);
    };
    assert_eq!((*device, actual.as_str()), (PciId(0x2786), "NVIDIA GeForce RTX 4070"));
    assert_eq!(report.tier_ppm, 500_000);
}

#[test]
fn memory_and_capability_must_be_those_of_the_model() {
    let mut device = rtx_4090();
    device.memory_bytes = 12_282 << 20;
    device.compute_capability = Some(althing_devices::evidence::Release { major: 8, minor: 6 });
    let evidence = honest_machine().evidence(&answering(vec![device])).remove(0);
    let report = judge(&evidence, &proved(Precision::Fp16, 150));
    assert_eq!(report.levels[0].points, 0);
    assert!(matches!(
        report.levels[0].reasons[..],
        [Reason::MemoryInconsistent { .. }, Reason::CapabilityInconsistent { .. }]
    ));
    assert!(report.rejections.iter().any(|why| matches!(why, Rejection::Memory { .. })));
}

#[test]
fn a_processor_that_poses_as_a_4090_is_rejected_by_its_time() {
    // Everything was copied from an honest 4090, and the signature is right; only the speed is not.
    let report = judge(&honest(), &proved(Precision::Fp16, 1));
    assert_eq!(points(&report), [10, 20, 30, 0, 10]);
    assert!(report.score >= Policy::MAINNET.minimum_score, "its copied words have the points");
    assert!(report.rejections.iter().any(|why| matches!(why, Rejection::Emulation { .. })));
    assert!(!report.is_eligible());
    assert_eq!(report.tier_ppm, 500_000);
}

#[test]
fn slower_than_the_model_loses_the_points_faster_than_possible_too() {
    let slow = judge(&honest(), &proved(Precision::Fp16, 40));
    assert!(matches!(slow.levels[3].reasons[..], [Reason::TooSlow { .. }]));
    assert!(!slow.rejections.iter().any(|why| matches!(why, Rejection::Emulation { .. })));
    let fast = judge(&honest(), &proved(Precision::Fp16, 800));
    assert!(matches!(fast.levels[3].reasons[..], [Reason::TooFast { .. }]));
}

#[test]
fn without_a_right_result_nobody_works_whatever_the_score() {
    let mut wrong = proved(Precision::Fp16, 150);
    wrong.challenge = wrong
        .challenge
        .map(|challenge| althing_devices::attestation::Challenge { correct: false, ..challenge });
    let silent = Verified { challenge: None, ..wrong.clone() };
    for verified in [wrong, silent] {
        let report = judge(&honest(), &verified);
        assert_eq!((report.score, report.performance_milli_tflops), (70, 0));
        assert!(report.rejections.contains(&Rejection::Unproved));
    }
}

#[test]
fn a_machine_without_a_driver_is_honestly_a_processor() {
    let machine = Machine::bare();
    let evidence = machine.evidence(&no_driver()).remove(0);
    assert_eq!(evidence.device.model.as_str(), "AMD EPYC 9354 32-Core Processor");
    assert_eq!(evidence.device.cores, Some(2));
    assert_eq!((evidence.driver.is_none(), evidence.host_pci.len()), (true, 0));
    let on = |policy| {
        score(&evidence, &proved(Precision::Int8, 1), &whitelist(), &policy).expect("a report")
    };
    let development = on(Policy::DEVNET);
    assert_eq!(points(&development), [10, 0, 0, 30, 10]);
    assert!(development.is_eligible());
    assert_eq!(development.tier_ppm, 500_000);
    let mainnet = on(Policy::MAINNET);
    assert!(mainnet.rejections.contains(&Rejection::Processor));
}

#[test]
fn a_processor_named_like_a_card_is_no_card() {
    let mut evidence = Machine::bare().evidence(&no_driver()).remove(0);
    evidence.device.model = rtx_4090().model;
    let report = judge(&evidence, &proved(Precision::Int8, 1));
    assert_eq!((report.model, report.tier_ppm), (None, 500_000));
}

#[test]
fn versions_that_disagree_are_named() {
    let machine = honest_machine();
    machine.write("sys/module/nvidia/version", b"535.54.03\n");
    let evidence = machine.evidence(&answering(vec![rtx_4090()])).remove(0);
    let report = judge(&evidence, &proved(Precision::Fp16, 150));
    assert_eq!(report.levels[1].points, 0);
    let sentence = report.sentences().join(" ");
    assert!(sentence.contains("/sys/module/nvidia/version says 535.54.03"), "{sentence}");
}

#[test]
fn benchmarks_that_differ_by_more_than_a_tenth_are_flagged() {
    let with = |earlier: &[u64]| {
        let mut verified = proved(Precision::Fp16, 150);
        verified.earlier = earlier.iter().map(|&speed| at_tflops(Precision::Fp16, speed)).collect();
        judge(&honest(), &verified).flags
    };
    assert!(with(&[]).is_empty());
    assert!(with(&[140, 160]).is_empty());
    assert!(matches!(with(&[120])[..], [Flag::Variance { .. }]));
}

#[test]
fn a_split_device_is_flagged() {
    let mut device = rtx_4090();
    device.multi_instance = Some(true);
    let evidence = honest_machine().evidence(&answering(vec![device])).remove(0);
    let report = judge(&evidence, &proved(Precision::Fp16, 150));
    assert_eq!(report.flags, [Flag::MultiInstance]);
    assert!(report.is_eligible());
}

#[test]
fn evidence_of_another_version_is_unsupported_not_judged() {
    let mut evidence = honest();
    evidence.version = 2;
    let refusal = score(&evidence, &Verified::default(), &whitelist(), &Policy::MAINNET);
    assert_eq!(refusal, Err(EvidenceError::UnknownVersion(2)));
    evidence.version = 1;
    evidence.host_pci.push(evidence.host_pci[0]);
    let refusal = score(&evidence, &Verified::default(), &whitelist(), &Policy::MAINNET);
    assert_eq!(refusal, Err(EvidenceError::NotSorted("host_pci")));
}
