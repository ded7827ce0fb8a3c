//! The five levels. Each returns the reasons why its points are missing; none means full points.
//!
//! All or nothing on purpose: a partial match of identifiers is what an imitation looks like.
#![deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)]

use super::{Reason, Verified};
use crate::{
    evidence::{DeviceInfo, DeviceKind, DriverEvidence, Evidence, PciComparison, PciFunction},
    whitelist::{Model, Whitelist},
};

/// The description is complete, and consistent with the claimed model where that is listed.
pub(super) fn device(
    evidence: &Evidence,
    model: Option<&Model>,
    whitelist: &Whitelist,
) -> Vec<Reason> {
    let device = &evidence.device;
    let mut reasons: Vec<Reason> = missing_fields(device)
        .map(|field| Reason::MissingField { field: field.to_owned() })
        .collect();
    let Some(model) = model else {
        return reasons;
    };
    if !whitelist.memory_fits(model, device.memory_bytes) {
        reasons.push(Reason::MemoryInconsistent {
            model: model.name.clone(),
            expected_mib: model.memory_mib,
            reported_bytes: device.memory_bytes,
        });
    }
    if let Some(reported) = device.compute_capability
        && reported != model.compute_capability
    {
        reasons.push(Reason::CapabilityInconsistent {
            model: model.name.clone(),
            expected: model.compute_capability,
            reported,
        });
    }
    reasons
}

fn missing_fields(device: &DeviceInfo) -> impl Iterator<Item = &'static str> {
    let graphics = device.kind == DeviceKind::Gpu;
    [
        ("model", device.model.is_empty()),
        ("memory", device.memory_bytes == 0),
        ("number of cores", !graphics && device.cores.is_none()),
        ("compute capability", graphics && device.compute_capability.is_none()),
        ("driver version", graphics && device.driver_version.is_none()),
        ("CUDA version", graphics && device.cuda_version.is_none()),
        ("UUID", graphics && device.uuid.is_none()),
        ("PCI function", graphics && device.pci.is_none()),
    ]
    .into_iter()
    .filter_map(|(field, missing)| missing.then_some(field))
}

/// The driver library is a known official build, and everybody names its version.
pub(super) fn driver(evidence: &Evidence, whitelist: &Whitelist) -> Vec<Reason> {
    if evidence.device.kind == DeviceKind::Cpu {
        return vec![Reason::NotGraphics];
    }
    let Some(driver) = &evidence.driver else {
        return vec![Reason::NoDriver];
    };
    let mut reasons = Vec::new();
    if driver.module_version.is_none() {
        reasons.push(Reason::NoKernelModule);
    }
    match whitelist.driver(driver.library_sha256) {
        None => reasons.push(Reason::LibraryUnknown { sha256: driver.library_sha256 }),
        Some(entry) => reasons.extend(
            versions(&evidence.device, driver)
                .into_iter()
                .filter_map(|(place, version)| version.map(|version| (place, version)))
                .filter(|(_, version)| **version != entry.version)
                .map(|(place, version)| Reason::VersionsDisagree {
                    library: entry.version.clone(),
                    source_of_other: place.to_owned(),
                    other: version.clone(),
                }),
        ),
    }
    reasons
}

type Said<'a> = (&'static str, Option<&'a crate::evidence::Version>);

fn versions<'a>(device: &'a DeviceInfo, driver: &'a DriverEvidence) -> [Said<'a>; 3] {
    [
        ("the management library", device.driver_version.as_ref()),
        ("/sys/module/nvidia/version", driver.module_version.as_ref()),
        ("/proc/driver/nvidia/version", driver.banner_version.as_ref()),
    ]
}

/// Driver and operating system agree on the PCI function, and it belongs to the claimed model.
pub(super) fn bus(
    evidence: &Evidence,
    model: Option<&Model>,
    whitelist: &Whitelist,
) -> Vec<Reason> {
    if evidence.device.kind == DeviceKind::Cpu {
        return vec![Reason::NotGraphics];
    }
    match evidence.compare_pci() {
        PciComparison::NotReported => vec![Reason::NoPciReported],
        PciComparison::NoneOnHost => vec![Reason::NoPciOnHost],
        PciComparison::NotAtAddress(address) => vec![Reason::NotAtAddress { address }],
        PciComparison::Different { reported, observed } => {
            vec![Reason::PciDiffers { reported, observed }]
        }
        PciComparison::OtherVendor(function) => {
            vec![Reason::OtherVendor { vendor: function.vendor }]
        }
        PciComparison::Agree(function) => {
            belongs(evidence, function, model, whitelist).into_iter().collect()
        }
    }
}

fn belongs(
    evidence: &Evidence,
    function: PciFunction,
    model: Option<&Model>,
    whitelist: &Whitelist,
) -> Option<Reason> {
    let device = function.device;
    let claimed = evidence.device.model.clone();
    match (model, whitelist.model_of_device(device)) {
        (Some(model), Some(actual)) if model.name == actual.name => None,
        (_, Some(actual)) => {
            Some(Reason::ModelMismatch { device, actual: actual.name.clone(), claimed })
        }
        (Some(_), None) => Some(Reason::DeviceUnlisted { device, claimed }),
        (None, None) => Some(Reason::ModelUnknown { model: claimed }),
    }
}

/// The challenge was right, at a speed that the claimed model has. A device that is not listed has
/// no range, so that only the result counts; its tier is the lowest.
pub(super) fn challenge(verified: &Verified, model: Option<&Model>) -> Vec<Reason> {
    let Some(challenge) = verified.challenge else {
        return vec![Reason::NoChallenge];
    };
    if !challenge.correct {
        return vec![Reason::WrongResult];
    }
    let precision = challenge.benchmark.precision;
    let milli_tflops = challenge.benchmark.milli_tflops();
    if challenge.benchmark.multiply_adds == 0 || challenge.benchmark.duration_micros == 0 {
        return vec![Reason::NoSpeed];
    }
    let Some(model) = model else {
        return Vec::new();
    };
    let rate = model.rate(precision);
    let name = || model.name.clone();
    if milli_tflops < rate.low {
        vec![Reason::TooSlow { model: name(), precision, milli_tflops, minimum: rate.low }]
    } else if milli_tflops > rate.high {
        vec![Reason::TooFast { model: name(), precision, milli_tflops, maximum: rate.high }]
    } else {
        Vec::new()
    }
}

/// The worker's registered key signed the evidence.
pub(super) fn signature(verified: &Verified) -> Vec<Reason> {
    if verified.signature { Vec::new() } else { vec![Reason::NotSigned] }
}
