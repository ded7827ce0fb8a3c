//! Reports that the hardware signs: collected, carried, verified, and what they are worth.

mod common;

use althing_devices::{
    attestation::{Policy, Precision, Reason, ReportOutcome, Verified, doubt, score},
    collect::{self, CollectError},
    evidence::{DeviceInfo, Evidence, EvidenceError, MAX_EVIDENCE_BYTES, ModelName, Release},
    inventory::{ProbeError, SignedReport},
    report::{Expected, HardwareReport, MAX_CERTIFICATES, ReportError, Statement, is_root},
    text::{Bytes, Digest, Text},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::*;

const ROOT: &[u8] = include_bytes!("../data/nvidia-device-identity-ca.der");

/// An H100 with confidential computing, as its driver describes it.
fn h100() -> DeviceInfo {
    let mut device = rtx_4090();
    device.model = ModelName::fitted("NVIDIA H100 80GB HBM3");
    device.memory_bytes = 81_559 << 20;
    device.cores = Some(16_896);
    device.compute_capability = Some(Release { major: 9, minor: 0 });
    device.driver_version = Some("550.90.07".parse().expect("a version"));
    device.pci = Some(board(0x2330));
    device.confidential_computing = Some(true);
    device
}

/// Evidence from a machine that shows nothing else, as a confidential virtual machine may.
fn evidence(device: DeviceInfo) -> Evidence {
    Machine::bare().evidence(&answering(vec![device])).remove(0)
}

fn statement() -> Statement {
    Statement {
        chip: Text::fitted("GH100"),
        identity: Digest([7; 32]),
        driver: Text::fitted("550.90.07"),
        vbios: Text::fitted("96.00.9F.00.01"),
        board: Text::fitted("1010-0200-882"),
    }
}

fn with(report: ReportOutcome) -> Verified {
    Verified { report: Some(report), ..proved(Precision::Fp16, 600) }
}

fn signed(change: impl Fn(&mut Statement)) -> Verified {
    let mut statement = statement();
    change(&mut statement);
    with(ReportOutcome::Verified { statement })
}

fn judge(evidence: &Evidence, verified: &Verified) -> althing_devices::attestation::Report {
    score(evidence, verified, &whitelist(), &Policy::MAINNET).expect("evidence of this version")
}

fn points(evidence: &Evidence, verified: &Verified) -> Vec<u32> {
    judge(evidence, verified).levels.iter().map(|level| level.points).collect()
}

fn tier(name: &str) -> u32 {
    whitelist().model(&ModelName::fitted(name)).expect("a listed model").tier_ppm
}

#[test]
fn a_verified_report_earns_what_words_would_have() {
    let silent = judge(&evidence(h100()), &proved(Precision::Fp16, 600));
    assert_eq!((silent.vouched, silent.score), (false, 50), "{:?}", silent.sentences());
    let report = judge(&evidence(h100()), &signed(|_| ()));
    assert_eq!((report.vouched, report.score), (true, 100), "{:?}", report.sentences());
    assert!(report.is_eligible());
    // The chip is in several models, and nothing says in which: the least counts.
    let least = ["H100 80GB HBM3", "H100 NVL", "H100 PCIe", "H200", "H200 NVL"]
        .into_iter()
        .map(|name| tier(&format!("NVIDIA {name}")))
        .min();
    assert_eq!(Some(report.tier_ppm), least);
}

#[test]
fn report_and_bus_together_confirm_the_model() {
    let machine = Machine::bare().with_pci(board(0x2330));
    let evidence = machine.evidence(&answering(vec![h100()])).remove(0);
    let report = judge(&evidence, &signed(|_| ()));
    assert_eq!((report.score, report.tier_ppm), (100, tier("NVIDIA H100 80GB HBM3")));
}

#[test]
fn speed_counts_with_a_report_too() {
    let verified = Verified { challenge: None, ..signed(|_| ()) };
    let report = judge(&evidence(h100()), &verified);
    assert_eq!((report.score, report.is_eligible()), (70, false));
    assert_eq!(report.tier_ppm, whitelist().unknown_tier_ppm);
}

#[test]
fn a_refused_report_takes_the_points_of_words() {
    let machine = Machine::bare().with_pci(board(0x2330));
    let evidence = machine.evidence(&answering(vec![h100()])).remove(0);
    assert_eq!(points(&evidence, &proved(Precision::Fp16, 600)), [10, 0, 30, 30, 10]);
    let verified = with(ReportOutcome::Refused { error: ReportError::Nonce });
    assert_eq!(points(&evidence, &verified), [0, 0, 0, 30, 10]);
    let report = judge(&evidence, &verified);
    assert_eq!(report.tier_ppm, whitelist().unknown_tier_ppm);
    for level in &report.levels[..3] {
        assert_eq!(level.reasons, [Reason::ReportRefused { error: ReportError::Nonce }]);
    }
    assert!(report.sentences().join(" ").contains("it was made for another nonce"));
}

#[test]
fn a_report_must_fit_what_the_worker_says() {
    let only = |evidence: &Evidence, verified: &Verified| {
        let report = judge(evidence, verified);
        assert_eq!((report.levels[1].points, report.vouched), (0, false));
        let reason = report.levels[1].reasons[0].clone();
        let hardware = verified.report.clone().expect("a report");
        assert_eq!(doubt(evidence, hardware, &whitelist()), Some(reason.clone()));
        reason
    };
    let mut off = h100();
    off.confidential_computing = Some(false);
    assert_eq!(only(&evidence(off), &signed(|_| ())), Reason::ReportContradicts);
    let processor = Machine::bare().evidence(&no_driver()).remove(0);
    assert_eq!(only(&processor, &signed(|_| ())), Reason::ReportContradicts);
    let mut card = rtx_4090();
    (card.confidential_computing, card.driver_version) = (None, h100().driver_version);
    assert!(matches!(only(&evidence(card), &signed(|_| ())), Reason::ReportChip { .. }));
    let older = signed(|statement| statement.driver = Text::fitted("535.1"));
    assert!(matches!(only(&evidence(h100()), &older), Reason::ReportDriver { .. }));
}

#[test]
fn where_nothing_can_be_compared_words_count_for_themselves() {
    let words = proved(Precision::Fp16, 600);
    let other = signed(|statement| statement.chip = Text::fitted("GX900"));
    assert_eq!(points(&evidence(h100()), &other), points(&evidence(h100()), &words));
    let mut unlisted = h100();
    unlisted.model = ModelName::fitted("NVIDIA H900");
    let unlisted = evidence(unlisted);
    assert_eq!(points(&unlisted, &signed(|_| ())), points(&unlisted, &words));
}

fn pem(certificates: &[&[u8]]) -> Vec<u8> {
    let one = |der: &&[u8]| {
        let text = STANDARD.encode(der);
        let lines: Vec<String> = text
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    };
    certificates.iter().map(one).collect::<String>().into_bytes()
}

fn collected(probe: &Signing, device: &DeviceInfo) -> Result<Option<HardwareReport>, CollectError> {
    collect::signed_report(probe, device, 42, [0; 32])
}

/// What a device would answer, of the size that real ones have; its maker signed none of it.
fn answer() -> SignedReport {
    let chain: [&[u8]; 5] = [&[1; 897], &[2; 596], &[3; 686], &[4; 654], ROOT];
    SignedReport { report: vec![0x11; 4_117], certificates: pem(&chain) }
}

#[test]
fn a_report_is_collected_and_carried_and_not_believed_without_the_maker() {
    assert!(is_root(ROOT) && !is_root(&[4; 654]));
    let report = collected(&Signing(Ok(Some(answer()))), &h100()).expect("no error");
    let report = report.expect("a report");
    // The root is known, and not carried.
    assert_eq!((report.height, report.chain.len()), (42, 4));
    let evidence = Evidence { report: Some(report), ..evidence(h100()) };
    evidence.check().expect("within its bounds");
    let json = serde_json::to_string(&evidence).expect("JSON");
    assert!(json.len() < MAX_EVIDENCE_BYTES / 2, "{} bytes", json.len());
    let read: Evidence = serde_json::from_str(&json).expect("evidence");
    assert_eq!(read, evidence);
    let expected = Expected { nonce: [0x11; 32], time_seconds: 1_780_000_000 };
    let outcome = ReportOutcome::of(&read.report.expect("a report"), &expected);
    assert!(outcome.statement().is_none());
    assert_eq!(points(&evidence, &with(outcome)), [0, 0, 0, 30, 10]);
}

#[test]
fn nothing_is_collected_where_nothing_is_signed() {
    let genuine = answer();
    let probe = Signing(Ok(Some(genuine.clone())));
    let mut off = h100();
    off.confidential_computing = Some(false);
    assert!(collected(&probe, &off).expect("no error").is_none());
    assert!(collected(&probe, &rtx_4090()).expect("no error").is_none());
    assert!(collected(&Signing(Ok(None)), &h100()).expect("no error").is_none());
    let lost = Signing(Err(ProbeError::Failed("GPU is lost".to_owned())));
    assert!(matches!(collected(&lost, &h100()), Err(CollectError::Probe(_))));
    let odd = SignedReport {
        certificates: b"-----BEGIN CERTIFICATE-----\n???".to_vec(),
        ..genuine.clone()
    };
    assert!(matches!(collected(&Signing(Ok(Some(odd))), &h100()), Err(CollectError::Certificates)));
    let long = SignedReport { report: vec![0; 9_000], ..genuine };
    assert!(matches!(collected(&Signing(Ok(Some(long))), &h100()), Err(CollectError::Report(_))));
}

#[test]
fn a_chain_has_bounds_in_evidence() {
    let many = |length: usize, bytes: usize| {
        let certificate = Bytes::new(vec![0; bytes]).expect("few bytes");
        let chain = vec![certificate; length];
        let report = HardwareReport { height: 1, report: Bytes::default(), chain };
        Evidence { report: Some(report), ..evidence(h100()) }.check()
    };
    assert_eq!(many(MAX_CERTIFICATES, 10), Ok(()));
    let length = MAX_CERTIFICATES + 1;
    let too_many = EvidenceError::TooMany { list: "chain", length, maximum: MAX_CERTIFICATES };
    assert_eq!(many(length, 10), Err(too_many));
    assert_eq!(many(2, 2_000), Err(EvidenceError::ChainTooLong { length: 4_000, maximum: 3_840 }));
}
