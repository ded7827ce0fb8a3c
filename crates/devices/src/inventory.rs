//! Which devices a machine has.
//!
//! Graphics devices answer through a [`Probe`]: NVML on a real machine, a script in tests. A machine
//! without them offers its processor as a processor. Programs such as `nvidia-smi` are never run:
//! their output is whatever somebody put into the search path.

use crate::{
    evidence::{DeviceInfo, DeviceKind, MAX_FEATURES, ModelName},
    text::Text,
};
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Why no graphics device could be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// The management library is not installed.
    #[error(
        "the NVIDIA management library cannot be loaded ({0}): install the NVIDIA driver, or go on with the processor"
    )]
    NoLibrary(String),
    /// The library is there, its kernel module is not.
    #[error(
        "the NVIDIA driver is installed but not running ({0}): load its kernel module (modprobe nvidia) or restart the machine"
    )]
    NotRunning(String),
    /// The library refused or failed.
    #[error(
        "the NVIDIA management library failed ({0}): check the driver with its own tools and restart the worker"
    )]
    Failed(String),
    /// Built without the feature `nvidia`.
    #[error("this build has no support for NVIDIA devices: build with the feature nvidia")]
    NotBuilt,
}

/// What the management library answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Path of the library file that answered, links resolved.
    pub library: Option<PathBuf>,
    /// Its devices.
    pub devices: Vec<DeviceInfo>,
}

/// A report that a device signed, as its driver returns it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedReport {
    /// Request and answer.
    pub report: Vec<u8>,
    /// Certificates in PEM, the attestation key's first, the root's last.
    pub certificates: Vec<u8>,
}

/// Something that can list graphics devices.
pub trait Probe {
    /// Asks for all devices.
    ///
    /// # Errors
    /// [`ProbeError`], with how to mend it. Never panics.
    fn ask(&self) -> Result<Answer, ProbeError>;

    /// Has a device sign a report for a nonce; `None` where its confidential computing is missing,
    /// off or not ready.
    ///
    /// # Errors
    /// [`ProbeError`], with how to mend it.
    fn report(&self, _index: u16, _nonce: [u8; 32]) -> Result<Option<SignedReport>, ProbeError> {
        Ok(None)
    }
}

/// A probe for builds without the feature `nvidia`.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    fn ask(&self) -> Result<Answer, ProbeError> {
        Err(ProbeError::NotBuilt)
    }
}

/// The devices of one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// Graphics devices, or the processor alone where there are none.
    pub devices: Vec<DeviceInfo>,
    /// File of the management library that answered.
    pub library: Option<PathBuf>,
    /// Why there are no graphics devices, as a sentence.
    pub note: Option<String>,
}

impl Inventory {
    /// Lists the devices of the machine whose files lie under `root` (`/`, or a folder in tests).
    pub fn take(probe: &dyn Probe, root: &Path) -> Self {
        match probe.ask() {
            Ok(answer) if !answer.devices.is_empty() => {
                Self { devices: answer.devices, library: answer.library, note: None }
            }
            Ok(answer) => Self {
                devices: vec![processor(root)],
                library: answer.library,
                note: Some("the NVIDIA driver runs but lists no device".to_owned()),
            },
            Err(error) => Self {
                devices: vec![processor(root)],
                library: None,
                note: Some(error.to_string()),
            },
        }
    }
}

/// Extensions that speed up small-integer products; others would only make evidence longer.
const EXTENSIONS: [&str; 18] = [
    "amx_bf16",
    "amx_fp16",
    "amx_int8",
    "amx_tile",
    "asimd",
    "asimddp",
    "asimdhp",
    "avx",
    "avx2",
    "avx512_vnni",
    "avx512bw",
    "avx512f",
    "avx_vnni",
    "fma",
    "i8mm",
    "sse4_2",
    "sve",
    "sve2",
];

/// The processor, as `/proc/cpuinfo` and `/proc/meminfo` under `root` describe it.
pub fn processor(root: &Path) -> DeviceInfo {
    let cpuinfo = fs::read_to_string(root.join("proc/cpuinfo")).unwrap_or_default();
    let meminfo = fs::read_to_string(root.join("proc/meminfo")).unwrap_or_default();
    let counted = cpuinfo.lines().filter(|line| field(line, "processor").is_some()).count();
    let cores = if counted > 0 {
        Some(counted)
    } else {
        std::thread::available_parallelism().ok().map(std::num::NonZero::get)
    };
    DeviceInfo {
        kind: DeviceKind::Cpu,
        index: 0,
        model: ModelName::fitted(&processor_name(&cpuinfo)),
        memory_bytes: memory_bytes(&meminfo),
        cores: cores.and_then(|cores| u32::try_from(cores).ok()),
        compute_capability: None,
        driver_version: None,
        cuda_version: None,
        uuid: None,
        pci: None,
        multi_instance: None,
        confidential_computing: None,
        features: extensions(&cpuinfo),
    }
}

fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = line.split_once(':')?;
    (key.trim() == name).then(|| value.trim())
}

fn first<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| field(line, name)).filter(|value| !value.is_empty())
}

fn processor_name(cpuinfo: &str) -> String {
    if let Some(name) = first(cpuinfo, "model name") {
        return name.to_owned();
    }
    // Arm gives numbers instead of a name.
    match (first(cpuinfo, "CPU implementer"), first(cpuinfo, "CPU part")) {
        (Some(implementer), Some(part)) => format!("Arm implementer {implementer} part {part}"),
        _ => format!("unnamed {} processor", std::env::consts::ARCH),
    }
}

fn memory_bytes(meminfo: &str) -> u64 {
    first(meminfo, "MemTotal")
        .and_then(|value| value.strip_suffix("kB"))
        .and_then(|kibibytes| kibibytes.trim().parse::<u64>().ok())
        .map_or(0, |kibibytes| kibibytes.saturating_mul(1024))
}

fn extensions(cpuinfo: &str) -> Vec<Text<16>> {
    let flags = first(cpuinfo, "flags").or_else(|| first(cpuinfo, "Features")).unwrap_or_default();
    let present: Vec<&str> = flags.split_whitespace().collect();
    EXTENSIONS
        .into_iter()
        .filter(|extension| present.contains(extension))
        .take(MAX_FEATURES)
        .map(Text::fitted)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arm_processor_is_described_by_its_numbers() {
        let root = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(root.path().join("proc")).expect("proc");
        let cpuinfo = "processor\t: 0\nFeatures\t: fp asimd asimddp i8mm\nCPU implementer\t: 0x41\n\
                       CPU part\t: 0xd4f\n\nprocessor\t: 1\n";
        fs::write(root.path().join("proc/cpuinfo"), cpuinfo).expect("cpuinfo");
        fs::write(root.path().join("proc/meminfo"), "MemTotal:  2048 kB\n").expect("meminfo");
        let device = processor(root.path());
        assert_eq!(device.model.as_str(), "Arm implementer 0x41 part 0xd4f");
        assert_eq!((device.cores, device.memory_bytes), (Some(2), 2 << 20));
        let features: Vec<&str> = device.features.iter().map(Text::as_str).collect();
        assert_eq!(features, ["asimd", "asimddp", "i8mm"]);
    }

    #[test]
    fn the_list_of_extensions_is_ascending() {
        assert!(EXTENSIONS.is_sorted());
    }
}
