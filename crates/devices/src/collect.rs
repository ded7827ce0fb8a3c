//! Fills evidence from files: the driver library that is loaded, the kernel module, the PCI bus.
//!
//! Every function takes the folder under which the machine's files lie, so that tests build trees of
//! their own. Nothing here runs a program.

use crate::{
    evidence::{
        DeviceInfo, DeviceKind, DriverEvidence, EVIDENCE_VERSION, Evidence, MAX_PCI_FUNCTIONS,
        PciFunction, Version,
    },
    inventory::{Inventory, Probe, ProbeError},
    report::{self, HardwareReport},
    text::{Bytes, Digest, NVIDIA, PciAddress, PciId, Text, TextError},
    whitelist::DriverEntry,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};
use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Larger files are no driver library; the largest known one has about 4 MB.
const MAX_LIBRARY_BYTES: u64 = 1 << 30;
/// Name under which the driver's management library is installed.
const LIBRARY: &str = "libnvidia-ml.so";
/// PCI class of displays: the two upper digits of the class code.
const DISPLAY_CLASS: &str = "0x03";

/// Why a driver's file could not be described.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The file cannot be read.
    #[error("cannot read {path}: {error}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Too large.
    #[error("{0} is larger than any driver library: name the file libnvidia-ml.so.<version>")]
    TooLarge(PathBuf),
    /// Not a shared library.
    #[error(
        "{0} is not an ELF shared library: unpack the driver with --extract-only and name its libnvidia-ml.so.<version>"
    )]
    NotALibrary(PathBuf),
    /// A processor that no entry names.
    #[error("{0} is built for a processor that the whitelist has no name for (ELF machine {1})")]
    UnknownArchitecture(PathBuf, u16),
    /// The name holds no version.
    #[error("{0} must be named libnvidia-ml.so.<version>, as the driver's package names it")]
    NoVersion(PathBuf),
    /// The device signs no report now.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// A report or a certificate that is longer than evidence may carry.
    #[error("the report of the hardware cannot be carried: {0}")]
    Report(#[from] TextError),
    /// Certificates that are not PEM.
    #[error("the driver returned certificates that are not PEM: update the driver")]
    Certificates,
    /// A source that does not fit.
    #[error("the source of an entry is at most 256 printable ASCII characters")]
    BadSource,
}

/// Evidence about every device of an inventory.
pub fn evidence(inventory: &Inventory, root: &Path) -> Vec<Evidence> {
    let host_pci = host_functions(root);
    let driver = inventory.library.as_deref().and_then(|library| driver(library, root).ok());
    inventory.devices.iter().map(|device| about(device, driver.clone(), &host_pci)).collect()
}

fn about(
    device: &DeviceInfo,
    driver: Option<DriverEvidence>,
    host_pci: &[PciFunction],
) -> Evidence {
    // A processor offers itself as a processor, also on a machine that has a driver.
    let graphics = device.kind == DeviceKind::Gpu;
    Evidence {
        version: EVIDENCE_VERSION,
        device: device.clone(),
        driver: driver.filter(|_| graphics),
        host_pci: if graphics { host_pci.to_vec() } else { Vec::new() },
        report: None,
    }
}

/// The report that a device signs for a nonce ([`report::nonce`]), as evidence carries it; `None`
/// where the device signs none. `height` is the one whose randomness is in the nonce.
///
/// # Errors
/// [`CollectError::Probe`], [`CollectError::Report`] or [`CollectError::Certificates`].
pub fn signed_report(
    probe: &dyn Probe,
    device: &DeviceInfo,
    height: u64,
    nonce: [u8; 32],
) -> Result<Option<HardwareReport>, CollectError> {
    if !device.signs_reports() {
        return Ok(None);
    }
    let Some(signed) = probe.report(device.index, nonce)? else {
        return Ok(None);
    };
    let chain = certificates(&signed.certificates).ok_or(CollectError::Certificates)?;
    let chain = chain.into_iter().filter(|each| !report::is_root(each)).map(Bytes::new);
    Ok(Some(HardwareReport {
        height,
        report: Bytes::new(signed.report)?,
        chain: chain.collect::<Result<_, _>>()?,
    }))
}

/// The certificates of a text in PEM, in DER.
fn certificates(pem: &[u8]) -> Option<Vec<Vec<u8>>> {
    let text = std::str::from_utf8(pem).ok()?;
    let parts = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    parts
        .map(|part| {
            let (body, _) = part.split_once("-----END CERTIFICATE-----")?;
            STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
        })
        .collect()
}

/// Describes the driver: the library file and what the kernel says about its module.
///
/// # Errors
/// [`CollectError`] where the library cannot be read.
pub fn driver(library: &Path, root: &Path) -> Result<DriverEvidence, CollectError> {
    let resolved = resolve(root, library);
    let (library_bytes, library_sha256) = hash(&resolved)?;
    let shown =
        resolved.strip_prefix(root).map_or(resolved.clone(), |path| Path::new("/").join(path));
    Ok(DriverEvidence {
        library_path: Text::fitted(&shown.to_string_lossy()),
        library_bytes,
        library_sha256,
        module_version: read_line(&root.join("sys/module/nvidia/version")),
        banner_version: fs::read_to_string(root.join("proc/driver/nvidia/version"))
            .ok()
            .and_then(|banner| banner_version(&banner)),
    })
}

/// The file behind the links of an absolute path under a root.
fn resolve(root: &Path, path: &Path) -> PathBuf {
    let below = path.strip_prefix("/").unwrap_or(path);
    let below = if path.starts_with(root) { path.to_path_buf() } else { root.join(below) };
    fs::canonicalize(&below).unwrap_or(below)
}

/// The management library that this process has mapped, from `/proc/self/maps` under `root`: what
/// really answered, whatever the search path held.
pub fn loaded_library(root: &Path) -> Option<PathBuf> {
    let maps = fs::read_to_string(root.join("proc/self/maps")).ok()?;
    maps.lines().find_map(|line| {
        // address permissions offset device inode path; the path may hold spaces.
        let path = line.get(line.find('/')?..)?;
        let name = Path::new(path).file_name().and_then(OsStr::to_str)?;
        // A replaced file is mapped but no longer there: nothing can be said about it.
        (name.starts_with(LIBRARY) && !path.ends_with(" (deleted)")).then(|| PathBuf::from(path))
    })
}

/// Display functions of NVIDIA on the PCI bus, from sysfs under `root`, ascending by address.
pub fn host_functions(root: &Path) -> Vec<PciFunction> {
    let Ok(entries) = fs::read_dir(root.join("sys/bus/pci/devices")) else {
        return Vec::new();
    };
    let mut functions: Vec<PciFunction> = entries
        .filter_map(|entry| function(&entry.ok()?.path()))
        .filter(|function| function.vendor == NVIDIA)
        .collect();
    functions.sort_unstable();
    functions.truncate(MAX_PCI_FUNCTIONS);
    functions
}

fn function(folder: &Path) -> Option<PciFunction> {
    let class = fs::read_to_string(folder.join("class")).ok()?;
    if !class.starts_with(DISPLAY_CLASS) {
        return None;
    }
    let address: PciAddress = folder.file_name()?.to_str()?.parse().ok()?;
    let id = |name: &str| -> Option<PciId> {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        text.trim().strip_prefix("0x")?.parse().ok()
    };
    Some(PciFunction {
        address,
        vendor: id("vendor")?,
        device: id("device")?,
        subsystem_vendor: id("subsystem_vendor")?,
        subsystem_device: id("subsystem_device")?,
    })
}

fn read_line(path: &Path) -> Option<Version> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| Version::fitted(line))
}

/// The version in a banner such as `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  …`:
/// the first word of digits with dots between.
fn banner_version(banner: &str) -> Option<Version> {
    banner.split_whitespace().find(|word| is_version(word)).map(Version::fitted)
}

fn is_version(word: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    word.contains('.') && word.split('.').all(digits)
}

fn hash(path: &Path) -> Result<(u64, Digest), CollectError> {
    let unreadable = |error| CollectError::Unreadable { path: path.to_path_buf(), error };
    let file = File::open(path).map_err(unreadable)?;
    let mut limited = file.take(MAX_LIBRARY_BYTES + 1);
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0_u64;
    loop {
        let read = limited.read(&mut buffer).map_err(unreadable)?;
        if read == 0 {
            return Ok((bytes, Digest(hasher.finalize().into())));
        }
        bytes += read as u64;
        if bytes > MAX_LIBRARY_BYTES {
            return Err(CollectError::TooLarge(path.to_path_buf()));
        }
        hasher.update(&buffer[..read]);
    }
}

/// Computes the whitelist entry of an installed or unpacked driver from its management library.
///
/// `path` names `libnvidia-ml.so.<version>` or a link to it. `source` says where the driver was
/// fetched, so that others can compute the same entry.
///
/// # Errors
/// [`CollectError`], with what to name instead.
pub fn driver_entry(path: &Path, source: &str) -> Result<DriverEntry, CollectError> {
    let unreadable = |error| CollectError::Unreadable { path: path.to_path_buf(), error };
    let file = fs::canonicalize(path).map_err(unreadable)?;
    let version = file
        .file_name()
        .and_then(OsStr::to_str)
        .and_then(|name| name.strip_prefix(LIBRARY)?.strip_prefix('.'))
        .filter(|version| is_version(version))
        .and_then(|version| Version::new(version).ok())
        .ok_or_else(|| CollectError::NoVersion(file.clone()))?;
    let architecture = architecture(&file)?;
    let (bytes, sha256) = hash(&file)?;
    let source = Text::new(source).map_err(|_| CollectError::BadSource)?;
    Ok(DriverEntry { sha256, version, architecture: Text::fitted(architecture), bytes, source })
}

/// Architecture from the ELF header: type at byte 16, machine at byte 18.
fn architecture(path: &Path) -> Result<&'static str, CollectError> {
    const SHARED_LIBRARY: [u8; 2] = [3, 0];
    let unreadable = |error| CollectError::Unreadable { path: path.to_path_buf(), error };
    let mut header = Vec::new();
    File::open(path).map_err(unreadable)?.take(20).read_to_end(&mut header).map_err(unreadable)?;
    let machine = match header.as_slice() {
        [0x7f, b'E', b'L', b'F', _, 1, .., low, high] if header.len() == 20 => {
            u16::from_le_bytes([*low, *high])
        }
        _ => return Err(CollectError::NotALibrary(path.to_path_buf())),
    };
    if header[16..18] != SHARED_LIBRARY {
        return Err(CollectError::NotALibrary(path.to_path_buf()));
    }
    match machine {
        62 => Ok("x86_64"),
        183 => Ok("aarch64"),
        other => Err(CollectError::UnknownArchitecture(path.to_path_buf(), other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_both_kinds_of_banner() {
        let closed =
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56";
        let open =
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  560.35.03  Release Build";
        assert_eq!(banner_version(closed).map(|v| v.to_string()).as_deref(), Some("550.54.15"));
        assert_eq!(banner_version(open).map(|v| v.to_string()).as_deref(), Some("560.35.03"));
        assert_eq!(banner_version("no version here x86_64"), None);
    }

    #[test]
    fn an_entry_needs_a_library_with_its_version_in_the_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).expect("file");
            path
        };
        let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
        elf.resize(16, 0);
        elf.extend([3, 0, 62, 0]);
        let library = write("libnvidia-ml.so.550.54.15", &elf);
        let entry = driver_entry(&library, "https://example.org/driver").expect("an entry");
        assert_eq!(entry.version.as_str(), "550.54.15");
        assert_eq!((entry.architecture.as_str(), entry.bytes), ("x86_64", 20));
        assert_eq!(entry.sha256.0, <[u8; 32]>::from(Sha256::digest(&elf)));

        let script = write("libnvidia-ml.so.1.2", b"#!/bin/sh\necho a driver, honestly\n");
        assert!(matches!(driver_entry(&script, ""), Err(CollectError::NotALibrary(_))));
        let unnamed = write("libnvidia-ml.so", &elf);
        assert!(matches!(driver_entry(&unnamed, ""), Err(CollectError::NoVersion(_))));
        let missing = folder.path().join("libnvidia-ml.so.2.3");
        assert!(matches!(driver_entry(&missing, ""), Err(CollectError::Unreadable { .. })));
        elf[18] = 8;
        let other = write("libnvidia-ml.so.3.4", &elf);
        assert!(matches!(driver_entry(&other, ""), Err(CollectError::UnknownArchitecture(_, 8))));
    }

    #[test]
    fn the_loaded_library_comes_from_the_memory_map() {
        let root = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(root.path().join("proc/self")).expect("proc");
        let maps = root.path().join("proc/self/maps");
        fs::write(
            &maps,
            "7f00-7f01 r-xp 0 08:01 5  /usr/lib/libc.so.6\n\
            7f02-7f03 r-xp 0 08:01 6  /opt/my drivers/libnvidia-ml.so.1\n",
        )
        .expect("maps");
        assert_eq!(
            loaded_library(root.path()),
            Some(PathBuf::from("/opt/my drivers/libnvidia-ml.so.1"))
        );
        fs::write(&maps, "7f02-7f03 r-xp 0 08:01 6  /usr/lib/libnvidia-ml.so.1 (deleted)\n")
            .expect("maps");
        assert_eq!(loaded_library(root.path()), None);
    }
}
