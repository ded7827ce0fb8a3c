//! Finds the devices of this machine, tests them, and makes them ready to be offered.

use crate::{
    config::Config,
    executor::{ComputeError, CpuEngine},
    run::Device,
    selftest,
};
use althing_compute::{CpuConfig, SelfTestError};
use althing_devices::{
    collect,
    evidence::{DeviceKind as EvidenceKind, Evidence},
    inventory::{Inventory, processor},
    system_probe,
};
use althing_types::compute::DeviceKind;
use std::{path::Path, sync::Arc};

/// The number of the processor: the same, whatever graphics processors come and go.
const CPU_NUMBER: u8 = 15;

/// Why a device is not offered.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// It computes something else than it should.
    #[error(transparent)]
    Test(#[from] SelfTestError),
    /// It does not compute.
    #[error(transparent)]
    Compute(#[from] ComputeError),
    /// What is known about it cannot be written down.
    #[error("the evidence about a device cannot be written: {0}")]
    Evidence(#[from] serde_json::Error),
    /// There are too many.
    #[error("device {0} of the driver is not offered: a worker has at most 15 of them")]
    TooMany(u16),
    /// This build drives no graphics processors.
    #[error(
        "device {0} is not offered: this program was built without the feature `nvidia`; use one \
         that has it"
    )]
    NotBuilt(u16),
    /// The driver refuses it, or it computes something else than it should.
    #[error("device {ordinal} is not offered: {reason}")]
    Refused {
        /// Its number, as the driver counts.
        ordinal: u16,
        /// Why.
        reason: String,
    },
}

/// What a machine offers.
pub struct Offered {
    /// Devices that passed their tests.
    pub devices: Vec<Device>,
    /// Devices that did not, and why.
    pub refused: Vec<OfferError>,
    /// Why there is no graphics processor, as a sentence.
    pub note: Option<String>,
}

/// Looks for the devices that the configuration offers, and tests each. Takes seconds, and blocks.
pub fn offer(config: &Config) -> Offered {
    offer_of(config, &Inventory::take(system_probe().as_ref(), Path::new("/")), Path::new("/"))
}

/// The same with an inventory, of the machine whose files lie under `root`.
pub fn offer_of(config: &Config, inventory: &Inventory, root: &Path) -> Offered {
    let mut offered =
        Offered { devices: Vec::new(), refused: Vec::new(), note: inventory.note.clone() };
    let add = |offered: &mut Offered, device: Result<Device, OfferError>| match device {
        Ok(device) => offered.devices.push(device),
        Err(error) => offered.refused.push(error),
    };
    let graphics = |evidence: &Evidence| evidence.device.kind == EvidenceKind::Gpu;
    let wanted = |evidence: &Evidence| {
        let gpus = config.devices.gpus.as_ref();
        gpus.is_none_or(|gpus| gpus.contains(&evidence.device.index.into()))
    };
    for evidence in collect::evidence(inventory, root).into_iter().filter(graphics).filter(wanted) {
        add(&mut offered, graphics_device(config, &evidence));
    }
    if config.devices.cpu || offered.devices.is_empty() {
        add(&mut offered, cpu_device(config, root));
    }
    offered
}

fn cpu_device(config: &Config, root: &Path) -> Result<Device, OfferError> {
    let alone = Inventory { devices: vec![processor(root)], library: None, note: None };
    let evidence = serde_json::to_vec(&collect::evidence(&alone, root).first())?;
    let limits = CpuConfig { threads: config.threads(), memory_bytes: config.memory_bytes() };
    let engine = CpuEngine::new(limits).map_err(ComputeError::from)?;
    let backend = engine.backend().map_err(ComputeError::from)?;
    selftest::known_results(&backend)?;
    let units_per_second = selftest::units_per_second(&engine)?;
    Ok(Device {
        number: CPU_NUMBER,
        kind: DeviceKind::Cpu,
        evidence,
        engine: Arc::new(engine),
        units_per_second,
        memory_bytes: config.memory_bytes(),
    })
}

#[cfg(not(feature = "nvidia"))]
fn graphics_device(_: &Config, evidence: &Evidence) -> Result<Device, OfferError> {
    Err(OfferError::NotBuilt(evidence.device.index))
}

#[cfg(feature = "nvidia")]
fn graphics_device(config: &Config, evidence: &Evidence) -> Result<Device, OfferError> {
    use crate::{cuda::Cuda, executor::Engine as _};
    let ordinal = evidence.device.index;
    let number = u8::try_from(ordinal).ok().filter(|number| *number < CPU_NUMBER);
    let number = number.ok_or(OfferError::TooMany(ordinal))?;
    let refused = |reason: String| OfferError::Refused { ordinal, reason };
    let engine = Cuda::open(ordinal.into(), config.memory_bytes())
        .map_err(|error| refused(error.to_string()))?;
    selftest::known_results(&engine).map_err(|error| refused(error.to_string()))?;
    tracing::info!(name = engine.name(), "a graphics processor passed its tests");
    let units_per_second = selftest::units_per_second(&engine)?;
    Ok(Device {
        number,
        kind: DeviceKind::Gpu,
        evidence: serde_json::to_vec(evidence)?,
        engine: Arc::new(engine),
        units_per_second,
        memory_bytes: config.memory_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_devices::inventory::NoProbe;

    #[test]
    fn a_machine_without_a_driver_offers_its_processor_as_a_processor() {
        let config = Config { threads: 1, ..Config::default() };
        let inventory = Inventory::take(&NoProbe, Path::new("/"));
        let offered = offer_of(&config, &inventory, Path::new("/"));
        assert!(offered.refused.is_empty() && offered.note.is_some());
        let [device] = &offered.devices[..] else { panic!("one device") };
        assert_eq!((device.number, device.kind), (CPU_NUMBER, DeviceKind::Cpu));
        let evidence: Evidence = serde_json::from_slice(&device.evidence).unwrap();
        evidence.check().unwrap();
        assert_eq!(evidence.device.kind, EvidenceKind::Cpu);
        assert!(evidence.driver.is_none() && evidence.host_pci.is_empty());
        assert!(device.units_per_second > 1 && device.evidence.len() < 8 * 1_024);
    }
}
