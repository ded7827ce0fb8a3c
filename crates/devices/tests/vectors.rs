//! Pinned forms: another byte is another protocol.

mod common;

use althing_devices::{
    evidence::{
        EVIDENCE_VERSION, Evidence, MAX_EVIDENCE_BYTES, MAX_FEATURES, MAX_PCI_FUNCTIONS, ModelName,
        Version,
    },
    report::{HardwareReport, MAX_CERTIFICATES, MAX_CHAIN_BYTES, MAX_REPORT_BYTES},
    text::{Bytes, PciAddress, Text},
    whitelist::{Whitelist, WhitelistError},
};
use common::*;

const EVIDENCE: &str = include_str!("golden/evidence.json");
const BUILT_IN: &str = include_str!("../data/devices.json");

#[test]
fn the_evidence_of_an_honest_4090_has_its_golden_form() {
    let evidence = honest_machine().evidence(&answering(vec![rtx_4090()])).remove(0);
    let json = serde_json::to_string_pretty(&evidence).expect("JSON") + "\n";
    assert_eq!(json, EVIDENCE);
    assert_eq!(serde_json::from_str::<Evidence>(EVIDENCE).expect("evidence"), evidence);
}

#[test]
fn unknown_fields_are_refused() {
    let extended = EVIDENCE.replacen("\"version\"", "\"extra\": 1,\n  \"version\"", 1);
    assert!(serde_json::from_str::<Evidence>(&extended).is_err());
}

#[test]
fn the_largest_evidence_fits_its_bound() {
    let long = "\"".repeat(512);
    let mut evidence = honest_machine().evidence(&answering(vec![rtx_4090()])).remove(0);
    assert_eq!(evidence.version, EVIDENCE_VERSION);
    evidence.device.model = ModelName::fitted(&long);
    evidence.device.uuid = Some(ModelName::fitted(&long));
    evidence.device.memory_bytes = u64::MAX;
    evidence.device.driver_version = Some(Version::fitted(&long));
    evidence.device.features = (0..MAX_FEATURES)
        .map(|number| Text::fitted(&format!("{number:02}{}", &long[..14])))
        .collect();
    let driver = evidence.driver.as_mut().expect("a driver");
    driver.library_path = Text::fitted(&long);
    driver.library_bytes = u64::MAX;
    driver.module_version = Some(Version::fitted(&long));
    driver.banner_version = Some(Version::fitted(&long));
    let function = evidence.host_pci[0];
    evidence.host_pci = (0..MAX_PCI_FUNCTIONS)
        .map(|bus| {
            let address = PciAddress { bus: bus as u8, ..function.address };
            althing_devices::evidence::PciFunction { address, ..function }
        })
        .collect();
    evidence.check().expect("within its bounds");
    let words = serde_json::to_string(&evidence).expect("JSON").len();
    assert!(words <= 8 * 1024, "{words} bytes");
    let part = MAX_CHAIN_BYTES / MAX_CERTIFICATES;
    evidence.report = Some(HardwareReport {
        height: u64::MAX,
        report: Bytes::new(vec![0; MAX_REPORT_BYTES]).expect("within its bound"),
        chain: vec![Bytes::new(vec![0; part]).expect("within its bound"); MAX_CERTIFICATES],
    });
    evidence.check().expect("within its bounds");
    let all = serde_json::to_string(&evidence).expect("JSON").len();
    assert!(all <= words + 16 * 1024 && all <= MAX_EVIDENCE_BYTES, "{all} bytes");
}

#[test]
fn the_built_in_list_is_canonical() {
    let list = Whitelist::built_in().expect("the built-in list");
    assert_eq!(list.to_json().expect("JSON"), BUILT_IN);
    assert_eq!(
        list.digest().expect("a digest").to_string(),
        include_str!("golden/devices.sha256").trim()
    );
}

/// Identifiers that anybody can look up in the PCI ID database.
#[test]
fn well_known_chips_are_recognised() {
    let list = Whitelist::built_in().expect("the built-in list");
    for (chip, name) in [
        ("2204", "NVIDIA GeForce RTX 3090"),
        ("2786", "NVIDIA GeForce RTX 4070"),
        ("2704", "NVIDIA GeForce RTX 4080"),
        ("2684", "NVIDIA GeForce RTX 4090"),
        ("2b85", "NVIDIA GeForce RTX 5090"),
        ("2230", "NVIDIA RTX A6000"),
        ("20f1", "NVIDIA A100-PCIE-40GB"),
        ("20b5", "NVIDIA A100 80GB PCIe"),
        ("27b8", "NVIDIA L4"),
        ("26b9", "NVIDIA L40S"),
        ("2331", "NVIDIA H100 PCIe"),
        ("2330", "NVIDIA H100 80GB HBM3"),
        ("2335", "NVIDIA H200"),
        ("2901", "NVIDIA B200"),
    ] {
        let model = list.model_of_device(chip.parse().expect("an identifier"));
        assert_eq!(model.map(|model| model.name.as_str()), Some(name), "{chip}");
    }
    let short = ModelName::fitted("GeForce RTX 3090");
    assert_eq!(
        list.model(&short).map(|model| model.name.as_str()),
        Some("NVIDIA GeForce RTX 3090")
    );
    assert!(list.model(&ModelName::fitted("GeForce RTX 3090 Super Fake")).is_none());
}

#[test]
fn unsound_lists_are_refused() {
    let refused = |change: &dyn Fn(&mut Whitelist)| {
        let mut list = Whitelist::built_in().expect("the built-in list");
        change(&mut list);
        list.check().expect_err("an unsound list")
    };
    assert_eq!(refused(&|list| list.version = 2), WhitelistError::UnknownVersion(2));
    assert_eq!(refused(&|list| list.models.reverse()), WhitelistError::NotSorted("models"));
    assert!(matches!(refused(&|list| list.models[0].fp16.low = 0), WhitelistError::BadModel(_)));
    assert_eq!(refused(&|list| list.memory_high_ppm = 1), WhitelistError::BadTolerance);
    let shared = refused(&|list| list.models[1].pci_devices = list.models[0].pci_devices.clone());
    assert!(matches!(shared, WhitelistError::SharedDevice(_)));
}
