//! Machines that exist only as folders, and drivers that exist only as answers.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a module of several test binaries, each of which uses a part"
)]

use althing_devices::{
    attestation::{Benchmark, Challenge, Precision, Verified},
    collect,
    evidence::{DeviceInfo, DeviceKind, Evidence, ModelName, PciFunction, Release, Version},
    inventory::{Answer, Inventory, Probe, ProbeError, SignedReport},
    text::{Digest, NVIDIA, PciId, Text},
    whitelist::{DriverEntry, Whitelist},
};
use std::{fs, path::PathBuf};
use tempfile::TempDir;

pub const DRIVER_VERSION: &str = "550.54.15";
pub const OFFICIAL: &[u8] = b"the bytes of an official management library";
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.550.54.15";

/// A probe that answers what the test says.
pub struct Scripted(pub Result<Answer, ProbeError>);

impl Probe for Scripted {
    fn ask(&self) -> Result<Answer, ProbeError> {
        self.0.clone()
    }
}

/// A probe whose devices sign a report, whatever the nonce.
pub struct Signing(pub Result<Option<SignedReport>, ProbeError>);

impl Probe for Signing {
    fn ask(&self) -> Result<Answer, ProbeError> {
        Ok(Answer::default())
    }

    fn report(&self, _: u16, _: [u8; 32]) -> Result<Option<SignedReport>, ProbeError> {
        self.0.clone()
    }
}

/// A machine as a folder.
pub struct Machine {
    pub root: TempDir,
}

impl Machine {
    /// A processor, and nothing else.
    pub fn bare() -> Self {
        let machine = Self { root: tempfile::tempdir().expect("a temporary folder") };
        machine.write(
            "proc/cpuinfo",
            b"processor\t: 0\nmodel name\t: AMD EPYC 9354 32-Core Processor\n\
              flags\t\t: fpu sse4_2 avx2 avx512f avx512_vnni\n\nprocessor\t: 1\n\
              model name\t: AMD EPYC 9354 32-Core Processor\n",
        );
        machine.write("proc/meminfo", b"MemTotal:       32768000 kB\nMemFree: 1 kB\n");
        machine
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, bytes).expect("a file");
    }

    /// Puts a display device on the bus.
    pub fn with_pci(self, function: PciFunction) -> Self {
        let folder = format!("sys/bus/pci/devices/{}", function.address);
        for (name, value) in [
            ("class", "0x030000".to_owned()),
            ("vendor", format!("0x{}", function.vendor)),
            ("device", format!("0x{}", function.device)),
            ("subsystem_vendor", format!("0x{}", function.subsystem_vendor)),
            ("subsystem_device", format!("0x{}", function.subsystem_device)),
        ] {
            self.write(&format!("{folder}/{name}"), format!("{value}\n").as_bytes());
        }
        self
    }

    /// Installs a library and links its short name to it.
    pub fn with_library(self, bytes: &[u8]) -> Self {
        self.write(&LIBRARY[1..], bytes);
        let link = self.root.path().join("usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1");
        std::os::unix::fs::symlink("libnvidia-ml.so.550.54.15", link).expect("a link");
        self
    }

    /// Loads the kernel module.
    pub fn with_module(self) -> Self {
        self.write("sys/module/nvidia/version", format!("{DRIVER_VERSION}\n").as_bytes());
        let banner = format!(
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  {DRIVER_VERSION}  Tue Mar  5 22:23:56 \
             UTC 2024\nGCC version:  gcc version 12\n"
        );
        self.write("proc/driver/nvidia/version", banner.as_bytes());
        self
    }

    /// What the worker collects on this machine.
    pub fn evidence(&self, probe: &dyn Probe) -> Vec<Evidence> {
        collect::evidence(&Inventory::take(probe, self.root.path()), self.root.path())
    }
}

/// A board of some maker with that chip.
pub fn board(device: u16) -> PciFunction {
    PciFunction {
        address: "0000:01:00.0".parse().expect("an address"),
        vendor: NVIDIA,
        device: PciId(device),
        subsystem_vendor: PciId(0x1462),
        subsystem_device: PciId(0x5103),
    }
}

/// An RTX 4090 as its driver describes it.
pub fn rtx_4090() -> DeviceInfo {
    DeviceInfo {
        kind: DeviceKind::Gpu,
        index: 0,
        model: ModelName::fitted("NVIDIA GeForce RTX 4090"),
        memory_bytes: 24_564 << 20,
        cores: Some(16_384),
        compute_capability: Some(Release { major: 8, minor: 9 }),
        driver_version: Some(Version::fitted(DRIVER_VERSION)),
        cuda_version: Some(Release { major: 12, minor: 4 }),
        uuid: Some(ModelName::fitted("GPU-5f1cde6e-0d5b-4c1f-9f3a-2b9a6a1c7d11")),
        pci: Some(board(0x2684)),
        multi_instance: None,
        confidential_computing: Some(false),
        features: Vec::new(),
    }
}

/// A driver that answers with these devices.
pub fn answering(devices: Vec<DeviceInfo>) -> Scripted {
    Scripted(Ok(Answer {
        library: Some(PathBuf::from("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1")),
        devices,
    }))
}

pub fn no_driver() -> Scripted {
    Scripted(Err(ProbeError::NoLibrary("libnvidia-ml.so.1: no such file".to_owned())))
}

/// A machine with a real RTX 4090.
pub fn honest_machine() -> Machine {
    Machine::bare().with_pci(board(0x2684)).with_library(OFFICIAL).with_module()
}

/// The built-in list, with the library of these tests as the one official driver.
pub fn whitelist() -> Whitelist {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("library");
    fs::write(&file, OFFICIAL).expect("a file");
    let described = collect::driver(&file, folder.path()).expect("a description");
    let mut list = Whitelist::built_in().expect("the built-in list");
    list.drivers = vec![DriverEntry {
        sha256: described.library_sha256,
        version: Version::fitted(DRIVER_VERSION),
        architecture: Text::fitted("x86_64"),
        bytes: described.library_bytes,
        source: Text::fitted("https://example.org/NVIDIA-Linux-x86_64-550.54.15.run"),
    }];
    list
}

pub fn unknown_digest() -> Digest {
    Digest([0x66; 32])
}

/// 100 products of 4096³ at a speed, in TFLOPS.
pub fn at_tflops(precision: Precision, tflops: u64) -> Benchmark {
    let multiply_adds = 100 * 4_096_u64.pow(3);
    Benchmark {
        precision,
        multiply_adds,
        duration_micros: 2 * multiply_adds / (tflops * 1_000_000),
    }
}

/// A right answer at a speed, signed.
pub fn proved(precision: Precision, tflops: u64) -> Verified {
    Verified {
        signature: true,
        challenge: Some(Challenge { correct: true, benchmark: at_tflops(precision, tflops) }),
        earlier: Vec::new(),
        report: None,
    }
}
