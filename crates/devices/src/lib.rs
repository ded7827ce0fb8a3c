#![doc = include_str!("../README.md")]

pub mod attestation;
pub mod collect;
#[cfg(feature = "nvidia")]
pub mod cuda;
pub mod evidence;
pub mod inventory;
pub mod keystream;
pub mod limits;
#[cfg(feature = "nvidia")]
mod nvml;
pub mod product;
pub mod report;
pub mod selftest;
pub mod text;
pub mod whitelist;

#[cfg(feature = "nvidia")]
pub use nvml::NvmlProbe;

/// The probe of this build: NVML with the feature `nvidia`, otherwise one that says that it is
/// missing.
pub fn system_probe() -> Box<dyn inventory::Probe> {
    #[cfg(feature = "nvidia")]
    return Box::new(NvmlProbe);
    #[cfg(not(feature = "nvidia"))]
    Box::new(inventory::NoProbe)
}
