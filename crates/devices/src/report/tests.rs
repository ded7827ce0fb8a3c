//! Chains and reports made here, with one thing wrong each.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a failed index is a failed test"
)]

use super::{certificate::Anchor, *};
use p384::ecdsa::{DerSignature, SigningKey, signature::Signer as _};
use proptest::prelude::*;
use x509_cert::{der::Decode as _, name::Name};

/// 2026, between the dates of all certificates here.
const NOW: u64 = 1_780_000_000;
const ECDSA_SHA384: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
const ECDSA_SHA256: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const EC_P384: &[u8] =
    &[0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 0x06, 5, 0x2b, 0x81, 4, 0, 0x22];
const FIRMWARE: [u8; 48] = [0x5f; 48];

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let mut out = vec![tag];
    match body.len() {
        short @ 0..=0x7f => out.push(short as u8),
        long => out.extend([0x82, (long >> 8) as u8, long as u8]),
    }
    // Lengths of one byte above 127 have their own shortest form.
    if (0x80..=0xff).contains(&body.len()) {
        out.truncate(1);
        out.extend([0x81, body.len() as u8]);
    }
    out.extend(body);
    out
}

fn name(common: &str) -> Vec<u8> {
    let attribute = der(0x30, &[&[0x06, 3, 0x55, 4, 3], &der(0x0c, &[common.as_bytes()])]);
    der(0x30, &[&der(0x31, &[&attribute])])
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 48]).expect("a scalar")
}

fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let flag: &[u8] = if critical { &[0x01, 1, 0xff] } else { &[] };
    der(0x30, &[&der(0x06, &[id]), flag, &der(0x04, &[value])])
}

fn constraints(most: Option<u8>) -> Vec<u8> {
    let most = most.map_or(Vec::new(), |most| der(0x02, &[&[most]]));
    extension(&[0x55, 0x1d, 19], true, &der(0x30, &[&[0x01, 1, 0xff], &most]))
}

/// Usage as the bits of its one byte: 0x80 signs, 0x04 issues.
fn usage(bits: u8) -> Vec<u8> {
    let unused = bits.trailing_zeros() as u8;
    extension(&[0x55, 0x1d, 15], true, &der(0x03, &[&[unused, bits]]))
}

fn firmware(hash: &[u8]) -> Vec<u8> {
    let inner = der(0x30, &[&[0x06, 1, 0x2a], &der(0x04, &[hash])]);
    let value = der(0x30, &[&[0x02, 1, 0], &der(0x30, &[]), &inner]);
    extension(&[0x67, 0x81, 5, 5, 4, 1], false, &value)
}

/// A certificate before it is signed.
#[derive(Clone)]
struct Plan {
    version: u8,
    subject: &'static str,
    issuer: &'static str,
    key: u8,
    signer: u8,
    from: &'static [u8],
    to: &'static [u8],
    algorithm: &'static [u8],
    extensions: Vec<Vec<u8>>,
}

impl Plan {
    fn new(subject: &'static str, key: u8, issuer: &'static str, extensions: Vec<Vec<u8>>) -> Self {
        Self {
            version: 2,
            subject,
            issuer,
            key,
            signer: key + 1,
            from: b"200101000000Z",
            to: b"491231235959Z",
            algorithm: ECDSA_SHA384,
            extensions,
        }
    }

    fn made(&self) -> Vec<u8> {
        let algorithm = der(0x30, &[self.algorithm]);
        let point = key(self.key).verifying_key().to_sec1_point(false);
        let spki = der(0x30, &[&der(0x30, &[EC_P384]), &der(0x03, &[&[0], point.as_bytes()])]);
        let extensions: Vec<&[u8]> = self.extensions.iter().map(Vec::as_slice).collect();
        let body = der(
            0x30,
            &[
                &der(0xa0, &[&der(0x02, &[&[self.version]])]),
                &der(0x02, &[&[7]]),
                &algorithm,
                &name(self.issuer),
                &der(0x30, &[&der(0x17, &[self.from]), &der(0x17, &[self.to])]),
                &name(self.subject),
                &spki,
                &der(0xa3, &[&der(0x30, &extensions)]),
            ],
        );
        let signature: DerSignature = key(self.signer).sign(&body);
        der(0x30, &[&body, &algorithm, &der(0x03, &[&[0], signature.as_bytes()])])
    }
}

/// A report before it is signed.
#[derive(Clone)]
struct Answer {
    request: [u8; 4],
    answer: [u8; 2],
    nonce: [u8; 32],
    blocks: Vec<Vec<u8>>,
    counted: u8,
    fields: Vec<(u16, Vec<u8>)>,
    tail: Vec<u8>,
    signer: u8,
}

impl Answer {
    fn made(&self) -> Vec<u8> {
        let blocks = self.blocks.concat();
        let fields: Vec<u8> = self
            .fields
            .iter()
            .flat_map(|(kind, value)| {
                let length = (value.len() as u16).to_le_bytes();
                [&kind.to_le_bytes(), &length, value.as_slice()].concat()
            })
            .chain(self.tail.iter().copied())
            .collect();
        let mut report = [
            &self.request[..],
            &self.nonce,
            &[0],
            &self.answer,
            &[0, 0, self.counted],
            &(blocks.len() as u32).to_le_bytes()[..3],
            &blocks,
            &[0xd0; 32],
            &(fields.len() as u16).to_le_bytes(),
            &fields,
        ]
        .concat();
        let signature: Signature = key(self.signer).sign(&report);
        report.extend(signature.to_bytes());
        report
    }
}

fn block(index: u8, specification: u8, length: u16) -> Vec<u8> {
    let mut block = vec![index, specification, 6, 0, 1];
    block.extend(length.to_le_bytes());
    block.extend([1, 2, 3]);
    block
}

/// All of it, so that a test changes one thing.
#[derive(Clone)]
struct Lab {
    chain: Vec<Plan>,
    report: Answer,
    time_seconds: u64,
    height: u64,
}

impl Lab {
    fn new() -> Self {
        let authority = |most| vec![constraints(most), usage(0x04)];
        Self {
            chain: vec![
                Plan::new("key", 1, "device", vec![usage(0x80), firmware(&FIRMWARE)]),
                Plan::new("device", 2, "maker", authority(None)),
                Plan::new("maker", 3, "NVIDIA GH100 Identity", authority(Some(1))),
                Plan::new("NVIDIA GH100 Identity", 4, "root", authority(Some(2))),
            ],
            report: Answer {
                request: [0x11, 0xe0, 1, 0xff],
                answer: [0x11, 0x60],
                nonce: [9; 32],
                blocks: vec![block(1, 1, 3), block(2, 1, 3)],
                counted: 2,
                fields: vec![
                    (3, b"550.54.15\0".to_vec()),
                    (6, vec![0, 0x9f, 0, 0x96, 1, 0, 0, 0]),
                    (77, vec![1, 2, 3]),
                    (20, FIRMWARE.to_vec()),
                ],
                tail: Vec::new(),
                signer: 1,
            },
            time_seconds: NOW,
            height: 5,
        }
    }

    fn record(&self) -> HardwareReport {
        let chain = self.chain.iter().map(|plan| Bytes::new(plan.made()).expect("few bytes"));
        HardwareReport {
            height: self.height,
            report: Bytes::new(self.report.made()).expect("few bytes"),
            chain: chain.collect(),
        }
    }

    fn verify(&self) -> Result<Statement, ReportError> {
        check(&self.record(), self.time_seconds)
    }
}

fn anchor() -> Anchor {
    let name = Name::from_der(&name("root")).expect("a name");
    Anchor { name, key: *key(5).verifying_key() }
}

fn check(record: &HardwareReport, time_seconds: u64) -> Result<Statement, ReportError> {
    verify_under(&anchor(), record, &Expected { nonce: [9; 32], time_seconds })
}

fn refused(change: impl Fn(&mut Lab)) -> ReportError {
    let mut lab = Lab::new();
    change(&mut lab);
    lab.verify().expect_err("one thing is wrong")
}

#[test]
fn a_whole_chain_and_report_are_verified() {
    let statement = Lab::new().verify().expect("nothing is wrong");
    assert_eq!(statement.chip.as_str(), "GH100");
    assert_eq!(statement.driver.as_str(), "550.54.15");
    assert_eq!(statement.vbios.as_str(), "96.00.9F.00.01");
    assert_eq!(statement.board.as_str(), "");
    let point = key(2).verifying_key().to_sec1_point(false);
    assert_eq!(statement.identity.0, <[u8; 32]>::from(Sha256::digest(point.as_bytes())));
}

#[test]
fn a_report_must_have_its_form() {
    assert_eq!(refused(|lab| lab.report.request[0] = 0x12), ReportError::NotMeasurements);
    assert_eq!(refused(|lab| lab.report.request[2] = 0), ReportError::NotMeasurements);
    assert_eq!(refused(|lab| lab.report.request[3] = 1), ReportError::NotMeasurements);
    assert_eq!(refused(|lab| lab.report.answer[1] = 0x7f), ReportError::NotMeasurements);
    assert_eq!(refused(|lab| lab.report.counted = 1), ReportError::Measurements);
    assert_eq!(refused(|lab| lab.report.counted = 3), ReportError::Measurements);
    assert_eq!(refused(|lab| lab.report.blocks.reverse()), ReportError::Measurements);
    assert_eq!(refused(|lab| lab.report.blocks[1] = block(2, 2, 3)), ReportError::Measurements);
    assert_eq!(refused(|lab| lab.report.blocks[1] = block(2, 1, 2)), ReportError::Measurements);
    assert_eq!(refused(|lab| lab.report.tail = vec![1]), ReportError::Opaque);
    assert_eq!(refused(|lab| lab.report.fields[2].0 = 3), ReportError::Opaque);
    assert_eq!(refused(|lab| lab.report.fields[0].1 = vec![0xff]), ReportError::Opaque);
    assert_eq!(refused(|lab| lab.report.fields[1].1 = vec![1]), ReportError::Opaque);
    assert_eq!(refused(|lab| lab.report.fields[0].0 = 99), ReportError::NoVersion);
    assert_eq!(refused(|lab| lab.report.fields[1].0 = 99), ReportError::NoVersion);
    let mut record = Lab::new().record();
    let whole = record.report.as_slice().to_vec();
    for bytes in [&whole[..whole.len() - 1], &whole[1..], &[whole.clone(), vec![0]].concat()] {
        record.report = Bytes::new(bytes).expect("few bytes");
        assert!(check(&record, NOW).is_err());
    }
    record.report = Bytes::new(&whole[..whole.len() - 1]).expect("few bytes");
    assert_eq!(check(&record, NOW), Err(ReportError::Truncated));
}

#[test]
fn a_report_serves_one_nonce_one_key_and_one_firmware() {
    assert_eq!(refused(|lab| lab.report.nonce[31] ^= 1), ReportError::Nonce);
    assert_eq!(refused(|lab| lab.report.signer = 2), ReportError::ReportSignature);
    assert_eq!(refused(|lab| lab.report.fields[3].1[0] ^= 1), ReportError::Firmware);
    assert_eq!(
        refused(|lab| drop(lab.chain[0].extensions.pop())),
        ReportError::Firmware,
        "firmware that no certificate vouches for"
    );
    let mut lab = Lab::new();
    lab.report.fields.pop();
    assert!(lab.verify().is_ok(), "a report may leave it out");
}

#[test]
fn every_certificate_must_have_its_form() {
    let mut record = Lab::new().record();
    record.chain[1] = Bytes::new([0x30, 0]).expect("few bytes");
    assert_eq!(check(&record, NOW), Err(ReportError::Certificate { at: 1 }));
    record.chain.truncate(2);
    assert_eq!(check(&record, NOW), Err(ReportError::ChainLength));
    let long = |lab: &mut Lab| lab.chain = vec![lab.chain[1].clone(); MAX_CERTIFICATES + 1];
    assert_eq!(refused(long), ReportError::ChainLength);
    assert_eq!(refused(|lab| lab.chain[2].version = 1), ReportError::Certificate { at: 2 });
    assert_eq!(
        refused(|lab| lab.chain[3].algorithm = ECDSA_SHA256),
        ReportError::Algorithm { at: 3 }
    );
    let unknown = extension(&[0x2a, 3], true, &[5, 0]);
    assert_eq!(
        refused(|lab| lab.chain[1].extensions.push(unknown.clone())),
        ReportError::Extension { at: 1 }
    );
    assert_eq!(
        refused(|lab| lab.chain[1].extensions.push(usage(0x04))),
        ReportError::Extension { at: 1 }
    );
    let odd = extension(&[0x67, 0x81, 5, 5, 4, 1], false, &[0x30, 0]);
    assert_eq!(
        refused(|lab| lab.chain[0].extensions[1] = odd.clone()),
        ReportError::Extension { at: 0 }
    );
    let bad = extension(&[0x55, 0x1d, 19], true, &[5, 0]);
    assert_eq!(
        refused(|lab| lab.chain[2].extensions[0] = bad.clone()),
        ReportError::Extension { at: 2 }
    );
}

#[test]
fn the_chain_must_lead_to_the_root() {
    assert_eq!(refused(|lab| lab.chain[0].issuer = "other"), ReportError::Issuer { at: 0 });
    assert_eq!(refused(|lab| lab.chain[3].issuer = "other"), ReportError::Issuer { at: 3 });
    for at in 0..4 {
        let wrong = refused(|lab| lab.chain[usize::from(at)].signer = 9);
        assert_eq!(wrong, ReportError::CertificateSignature { at });
    }
    assert_eq!(
        refused(|lab| drop(lab.chain[2].extensions.remove(0))),
        ReportError::NotAuthority { at: 2 }
    );
    assert_eq!(
        refused(|lab| lab.chain[1].extensions[1] = usage(0x80)),
        ReportError::NotAuthority { at: 1 }
    );
    assert_eq!(
        refused(|lab| lab.chain[2].extensions[0] = constraints(Some(0))),
        ReportError::PathLength { at: 2 }
    );
    assert_eq!(refused(|lab| lab.chain[0].extensions[0] = usage(0x04)), ReportError::Usage);
    assert_eq!(
        refused(|lab| lab.chain[0].extensions.push(constraints(None))),
        ReportError::Usage,
        "a key that issues certificates is no attestation key"
    );
    let renamed = |lab: &mut Lab| {
        lab.chain[3].subject = "NVIDIA Provisioner";
        lab.chain[2].issuer = "NVIDIA Provisioner";
    };
    assert_eq!(refused(renamed), ReportError::Chip);
    // NVIDIA's own root did not sign this chain.
    let expected = Expected { nonce: [9; 32], time_seconds: NOW };
    let own = verify(&Lab::new().record(), &expected);
    assert_eq!(own, Err(ReportError::Issuer { at: 3 }));
}

#[test]
fn certificates_count_from_their_first_second_to_their_last() {
    let (first, last) = (1_577_836_800, 2_524_607_999);
    let at = |time_seconds| Lab { time_seconds, ..Lab::new() }.verify().map(|_| ());
    assert_eq!(at(first - 1), Err(ReportError::NotYetValid { at: 0 }));
    assert_eq!((at(first), at(last)), (Ok(()), Ok(())));
    assert_eq!(at(last + 1), Err(ReportError::Expired { at: 0 }));
    assert_eq!(refused(|lab| lab.chain[3].to = b"210101000000Z"), ReportError::Expired { at: 3 });
    assert_eq!(
        refused(|lab| lab.chain[2].from = b"490101000000Z"),
        ReportError::NotYetValid { at: 2 }
    );
}

#[test]
fn the_nonce_depends_on_everything_that_goes_in() {
    let base = nonce(&[1; 32], &[2; 20], 3, 4, &[5; 32]);
    let text: String = base.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text, "2292973dc79bdd28e83fe71f8a1db2a00fd4a4374dcab7a04b59e0bc0c1f4114");
    for other in [
        nonce(&[0; 32], &[2; 20], 3, 4, &[5; 32]),
        nonce(&[1; 32], &[0; 20], 3, 4, &[5; 32]),
        nonce(&[1; 32], &[2; 20], 0, 4, &[5; 32]),
        nonce(&[1; 32], &[2; 20], 3, 0, &[5; 32]),
        nonce(&[1; 32], &[2; 20], 3, 4, &[0; 32]),
    ] {
        assert_ne!(other, base);
    }
}

#[test]
fn no_changed_byte_is_overlooked() {
    let record = Lab::new().record();
    let bytes = record.report.as_slice();
    for place in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.to_vec();
        changed[place] ^= 1;
        let changed = HardwareReport {
            report: Bytes::new(changed).expect("as long as before"),
            ..record.clone()
        };
        assert!(check(&changed, NOW).is_err(), "byte {place}");
    }
    for at in 0..record.chain.len() {
        for place in (0..record.chain[at].as_slice().len()).step_by(17) {
            let mut changed = record.clone();
            let mut certificate = changed.chain[at].as_slice().to_vec();
            certificate[place] ^= 1;
            changed.chain[at] = Bytes::new(certificate).expect("as long as before");
            assert!(check(&changed, NOW).is_err(), "byte {place} of certificate {at}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever stands there is judged without a panic.
    #[test]
    fn any_bytes_are_judged(
        report in prop::collection::vec(any::<u8>(), 0..400),
        certificate in prop::collection::vec(any::<u8>(), 0..200),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut record = Lab::new().record();
        let whole = record.report.as_slice().to_vec();
        let first = record.chain[0].as_slice().to_vec();
        record.report = Bytes::new(&whole[..cut.index(whole.len())]).expect("shorter");
        prop_assert!(check(&record, NOW).is_err());
        record.report = Bytes::new(report).expect("short");
        prop_assert!(check(&record, NOW).is_err());
        record.report = Bytes::new(whole).expect("as before");
        record.chain[0] = Bytes::new(&first[..cut.index(first.len())]).expect("shorter");
        prop_assert!(check(&record, NOW).is_err());
        record.chain[0] = Bytes::new(certificate).expect("short");
        prop_assert!(check(&record, NOW).is_err());
    }
}
