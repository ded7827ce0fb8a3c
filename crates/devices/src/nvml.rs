//! The real [`Probe`]: NVIDIA's management library, loaded at run time.

use crate::{
    collect,
    evidence::{DeviceInfo, DeviceKind, ModelName, PciFunction, Release, Version},
    inventory::{Answer, Probe, ProbeError, SignedReport},
    text::{PciAddress, PciId},
};
use nvml_wrapper::{Device, Nvml, error::NvmlError, struct_wrappers::device::PciInfo};
use std::path::Path;

/// Asks NVML.
#[derive(Clone, Copy, Debug, Default)]
pub struct NvmlProbe;

impl Probe for NvmlProbe {
    fn ask(&self) -> Result<Answer, ProbeError> {
        let nvml = Nvml::init().map_err(refusal)?;
        let count = nvml.device_count().map_err(refusal)?;
        let driver_version =
            nvml.sys_driver_version().ok().map(|version| Version::fitted(&version));
        let cuda_version = nvml.sys_cuda_driver_version().ok().and_then(cuda_version);
        // One device that fails must not hide the others; it is left out, and so cannot work.
        let devices = (0..count)
            .filter_map(|index| {
                let device = nvml.device_by_index(index).ok()?;
                let index = u16::try_from(index).ok()?;
                Some(describe(&device, index, driver_version.clone(), cuda_version))
            })
            .collect();
        let library = collect::loaded_library(Path::new("/"));
        Ok(Answer { library, devices })
    }

    fn report(&self, index: u16, nonce: [u8; 32]) -> Result<Option<SignedReport>, ProbeError> {
        let nvml = Nvml::init().map_err(refusal)?;
        let device = nvml.device_by_index(index.into()).map_err(refusal)?;
        // No answer means that the driver or the device knows nothing of it.
        if !device.check_confidential_compute_status().unwrap_or(false) {
            return Ok(None);
        }
        let signed = device.confidential_compute_gpu_attestation_report(nonce).map_err(refusal)?;
        let chain = device.confidential_compute_gpu_certificate().map_err(refusal)?;
        Ok(Some(SignedReport {
            report: signed.attestation_report,
            certificates: chain.attestation_cert_chain,
        }))
    }
}

fn refusal(error: NvmlError) -> ProbeError {
    let text = error.to_string();
    match error {
        NvmlError::LibloadingError(_) | NvmlError::LibraryNotFound => ProbeError::NoLibrary(text),
        NvmlError::DriverNotLoaded => ProbeError::NotRunning(text),
        _ => ProbeError::Failed(text),
    }
}

/// NVML writes version 12.4 as 12040.
fn cuda_version(version: i32) -> Option<Release> {
    let version = u16::try_from(version).ok()?;
    Some(Release { major: version / 1_000, minor: version % 1_000 / 10 })
}

fn describe(
    device: &Device<'_>,
    index: u16,
    driver_version: Option<Version>,
    cuda_version: Option<Release>,
) -> DeviceInfo {
    let capability = device.cuda_compute_capability().ok().and_then(|capability| {
        Some(Release {
            major: u16::try_from(capability.major).ok()?,
            minor: u16::try_from(capability.minor).ok()?,
        })
    });
    DeviceInfo {
        kind: DeviceKind::Gpu,
        index,
        model: ModelName::fitted(&device.name().unwrap_or_default()),
        memory_bytes: device.memory_info().map_or(0, |memory| memory.total),
        cores: device.num_cores().ok(),
        compute_capability: capability,
        driver_version,
        cuda_version,
        uuid: device.uuid().ok().map(|uuid| ModelName::fitted(&uuid)),
        pci: device.pci_info().ok().and_then(|info| function(&info)),
        multi_instance: device.mig_mode().ok().map(|mode| mode.current != 0),
        confidential_computing: device.check_confidential_compute_status().ok(),
        features: Vec::new(),
    }
}

/// NVML packs each pair of identifiers into 32 bits, the vendor in the lower half. It counts
/// devices, not functions: graphics are always function 0.
fn function(info: &PciInfo) -> Option<PciFunction> {
    let low = |pair: u32| PciId((pair & 0xffff) as u16);
    let high = |pair: u32| PciId((pair >> 16) as u16);
    let board = info.pci_sub_system_id?;
    Some(PciFunction {
        address: PciAddress {
            domain: u16::try_from(info.domain).ok()?,
            bus: u8::try_from(info.bus).ok()?,
            device: u8::try_from(info.device).ok()?,
            function: 0,
        },
        vendor: low(info.pci_device_id),
        device: high(info.pci_device_id),
        subsystem_vendor: low(board),
        subsystem_device: high(board),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_identifiers_are_taken_apart() {
        let info = PciInfo {
            bus: 1,
            bus_id: "00000000:01:00.0".to_owned(),
            device: 0,
            domain: 0,
            pci_device_id: 0x2684_10de,
            pci_sub_system_id: Some(0x165b_1462),
        };
        let function = function(&info).expect("a function");
        assert_eq!(function.identifiers(), "10de:2684 (board 1462:165b)");
        assert_eq!(function.address.to_string(), "0000:01:00.0");
    }

    #[test]
    fn cuda_versions_are_read() {
        assert_eq!(cuda_version(12_040), Some(Release { major: 12, minor: 4 }));
        assert_eq!(cuda_version(13_010), Some(Release { major: 13, minor: 1 }));
        assert_eq!(cuda_version(-1), None);
    }
}
